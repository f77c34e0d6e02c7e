"""Run the benchmark and write MATERIALIZE.md and its picture.

python -m benchmarks.materialize [--rows 100000 …] [--runs 3] [--forms csv …] [--only ENGINE …] [--timeout 900]
                                 [--slow 60] [--flexrml BINARY] [--no-graphs] [--scale]

Whole processes, in turn, each run started anew. What was measured before, of other cases or engines, stays in the
table. Inputs, environments and outputs are kept in .bench/, which is ignored by git and may be removed at any time.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.materialize import inputs, mappings
from benchmarks.materialize.engines import ENGINES, TOP, Case, Engine, Job, version
from benchmarks.materialize.measure import Run, run
from benchmarks.materialize.report import Results
from benchmarks.peer import UnavailableError

CACHE = TOP / ".bench"
SCALE = {"default": (), "--low-memory": ("--low-memory",)}


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.materialize", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000], help="records of the input")
    parser.add_argument("--runs", type=int, default=3, help="runs of each engine for each case")
    parser.add_argument("--forms", nargs="+", choices=inputs.FORMATS, default=list(inputs.FORMATS))
    parser.add_argument("--only", nargs="+", choices=ENGINES, default=list(ENGINES), metavar="ENGINE")
    parser.add_argument("--timeout", type=float, default=900, help="seconds after which a run is ended")
    parser.add_argument("--slow", type=float, default=60, help="CPU seconds after which an engine is run only once")
    parser.add_argument("--flexrml", type=Path, help="FlexRML's binary, which is in no registry")
    parser.add_argument("--no-graphs", action="store_true", help="leave out the cases with a graph for each row")
    parser.add_argument("--scale", action="store_true", help="measure only our memory, at 1 and 10 million rows")
    return parser.parse_args(given)


def prepared(case: Case, name: str, engine: Engine, environment: Path) -> Job:
    """The job's folder with the input and the mapping in it."""
    folder = CACHE / "jobs" / case.name / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = inputs.write(case.form, case.rows, CACHE / "inputs")
    source = f"people{data.suffix}"
    (folder / source).symlink_to(data)
    mapping = ""
    if engine.language:
        mapping = mappings.write(engine.language, source, case.form, graphs=case.graphs, folder=folder).name
    return Job(case, folder, source, mapping, environment, engine.out)


def once(job: Job, engine: Engine, timeout: float) -> Run:
    """One run of a job."""
    (job.folder / job.out).unlink(missing_ok=True)
    took = run(engine.command(job), job.folder, job.folder / "log.txt", timeout, engine.extra)
    if not took.error and not (job.folder / job.out).exists():
        return replace(took, error="it wrote nothing")
    return took


def difference(job: Job) -> dict[str, object]:
    """How the output of a job differs from the truth; found by a process of its own, which needs much memory."""
    graphs = "graphs" if job.case.graphs else "none"
    given = [job.case.form, str(job.case.rows), graphs, str(CACHE / "truth"), str(job.folder / job.out)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.materialize.truth", *given],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def installed(names: Sequence[str], flexrml: Path | None, results: Results) -> Mapping[str, Path]:
    """Where each engine is; those that cannot be had are noted in the results."""
    found = {}
    for name in names:
        try:
            if name == "flexrml" and flexrml is not None:
                found[name] = flexrml.resolve()
                said = subprocess.run([found[name], "-v"], capture_output=True, text=True, check=True).stdout
                results.available(name, said.split()[1])
                continue
            found[name] = ENGINES[name].install(CACHE / "peers")
            results.available(name, version(name))
        except UnavailableError as error:
            results.unavailable(name, str(error))
            print(f"{name}: not run: {error}", flush=True)
    return found


def measure(case: Case, found: Mapping[str, Path], results: Results, options: argparse.Namespace) -> None:
    """Run every engine that does the case, in turn, and note what it took and what was wrong."""
    able = {name: where for name, where in found.items() if ENGINES[name].does(case)}
    jobs = {name: prepared(case, name, ENGINES[name], where) for name, where in able.items()}
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    for number in range(options.runs):
        for name, job in jobs.items():
            if any(took.error or took.cpu > options.slow for took in runs[name]):
                continue
            took = once(job, ENGINES[name], options.timeout)
            runs[name].append(took)
            print(f"{case.name} {name}: {took.cpu:.2f} s CPU, {took.peak:.0f} MB {took.error}", flush=True)
            if number == 0 and not took.error:
                results.wrong(case, name, difference(job))
    for name, taken in runs.items():
        results.add(case, name, taken)
        shutil.rmtree(jobs[name].folder)


def scale(results: Results, options: argparse.Namespace) -> None:
    """Measure our memory on inputs that grow tenfold, as it comes and with small batches."""
    engine = ENGINES["pressgraph"]
    for rows in (1_000_000, 10_000_000):
        case = Case("csv", rows)
        for name, extra in SCALE.items():
            job = prepared(case, "scale", engine, engine.install(CACHE))
            command = [*engine.command(job), *extra]
            took = run(command, job.folder, job.folder / "log.txt", options.timeout, engine.extra)
            print(f"{case.name} {name}: {took.cpu:.2f} s CPU, {took.peak:.0f} MB {took.error}", flush=True)
            results.scaled(rows, name, took)
            shutil.rmtree(job.folder)


def main(given: Sequence[str] | None = None) -> None:
    """Measure what is asked for, and write the results after each case."""
    options = _arguments(given)
    results = Results.read()
    if options.scale:
        scale(results, options)
        results.write()
        return
    found = installed(options.only, options.flexrml, results)
    for rows in options.rows:
        for form in options.forms:
            for graphs in (False,) if options.no_graphs else (False, True):
                measure(Case(form, rows, graphs), found, results, options)
                results.write()


if __name__ == "__main__":
    main()
