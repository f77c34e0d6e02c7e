"""`kg materialize`: a mapping over files and databases, to N-Quads."""

import re
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from kg.errors import Problems, UsageError
from kg.mapping import (
    Fetched,
    LogicalTarget,
    OnError,
    Output,
    Reading,
    Series,
    Summary,
    Targets,
    TriplesMap,
    materialize_files,
    read_rml,
    read_yarrrml,
    sort_lines,
    write_lines,
)
from kg.mapping.function import bind, read_functions

__all__ = ["Job", "run"]

# A database, or a file elsewhere. Alone it stands for the database that R2RML leaves unnamed.
_ADDRESS = re.compile(r"(?:jdbc:)?(?:sqlite|duckdb|postgres(?:ql)?|https?|s3|gs|az):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Job:
    """What `kg materialize` is asked for.

    mapping: YARRRML, or RML in a file that ends in `.ttl`. out: None for standard output. sources: `NAME=PATH`, the
    file, database or address to read in place of the one that the mapping names. shards: files to write. batch:
    records held at a time. functions: Python files and modules of the user. allowed: what addresses of sources may
    begin with.
    """

    mapping: Path
    out: Path | None
    sources: Sequence[str] = ()
    base: str = ""
    on_error: OnError = "stop"
    shards: int = 1
    batch: int = 50_000
    sort: bool = False
    functions: Sequence[str] = ()
    allowed: Sequence[str] = ()


def run(job: Job, tell: Callable[[str], None], progress: Callable[[str], None]) -> int:
    """Write the quads of a mapping.

    tell: called with each line of the summary and each warning. progress: with where the run is, now and then.
    Returns 1 when triples were left out, else 0. Raises `ContentError` and `UsageError`.
    """
    if job.out is None and (job.shards > 1 or job.sort):
        raise UsageError("--shards and --sort need a file: add -o OUT")
    maps = _read(job)
    folder = job.mapping.resolve().parent
    fetched = Fetched(progress)
    paths = dict(map(_named, job.sources))
    reading = Reading(folder, paths=paths, batch=job.batch, allowed=job.allowed, fetched=fetched)
    targets = Targets(Path.cwd())
    start = time.perf_counter()
    last = start

    def after(summary: Summary) -> None:
        nonlocal last
        if output is not None:
            output.turn()
        now = time.perf_counter()
        if now - last > 0.5:
            last = now
            progress(f"{summary.records:,} records, {summary.total:,} quads, {summary.total / (now - start):,.0f}/s")

    def emit(target: LogicalTarget | None, lines: Series) -> None:
        if target is not None:
            targets.add(target, lines)
        elif output is not None:
            output.write(lines)
        else:
            write_lines(lines, sys.stdout.buffer)

    output = Output(job.out, job.shards) if job.out else None
    with output or nullcontext():
        summary = materialize_files(maps, reading, emit, base=job.base, on_error=job.on_error, tell=after)
    for address, size in fetched.sizes.items():
        tell(f"fetched {address} ({size:,} bytes)")
    written = output.paths if output is not None else []
    for path in written if job.sort else ():
        sort_lines(path)
    _conclude(summary, [*written, *targets.write()], time.perf_counter() - start, tell)
    tell(
        "sorted, each quad once" if job.sort else "in the order of the records; a quad that two make stands there twice"
    )
    return int(summary.skipped > 0)


def _conclude(summary: Summary, written: Sequence[Path], seconds: float, tell: Callable[[str], None]) -> None:
    for name in summary.silent:
        tell(f"warning: triples map {name!r} made nothing")
    for problem in summary.problems:
        tell(f"left out: {problem.render()}")
    tell(
        f"{summary.records:,} records, {summary.total:,} quads in {seconds:.1f} s ({summary.total / seconds:,.0f}/s)"
        + (f", {summary.skipped:,} left out" if summary.skipped else "")
        + (f" → {', '.join(map(str, written))}" if written else "")
    )


def _read(job: Job) -> Sequence[TriplesMap]:
    if not job.mapping.is_file():
        raise UsageError(f"there is no mapping {job.mapping}")
    read = read_rml if job.mapping.suffix in (".ttl", ".nt", ".rml") else read_yarrrml
    problems = Problems()
    base = job.base or "http://example.com/"
    maps = read(job.mapping, Path.cwd(), (base, base), problems)
    maps = bind(maps, read_functions(job.functions, problems), problems)
    problems.stop_if_any()
    return maps


def _named(text: str) -> tuple[str, Path | str]:
    if _ADDRESS.match(text):
        return "", text
    name, equal, path = text.partition("=")
    if not equal:
        raise UsageError(f"--source {text!r}: write NAME=PATH, with the name that the mapping gives")
    return name, path if _ADDRESS.match(path) else Path(path)
