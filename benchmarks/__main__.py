"""Measure the main job and write the table of benchmarks/README.md.

    python -m benchmarks [RUNS]

Whole processes, started anew for each run; the figure is the median, with the least and the greatest beside it.
"""

import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
QUESTION = "SELECT ?o WHERE { <id/rats> <https://w3id.org/pressgraph/ns#basedIn> ?o }"


def command(*arguments: str, data: Path, cold: bool = False) -> tuple[list[str], dict[str, str]]:
    """The command line and environment of a run; cold: no compiled Python is at hand."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"} if cold else dict(os.environ)
    if cold:
        environment["PYTHONPYCACHEPREFIX"] = str(data / "no-bytecode")
    return [sys.executable, "-m", "kg", "--data", str(data), *arguments], environment


def finished(line: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a process that ends by itself."""
    start = time.perf_counter()
    process = subprocess.Popen(line, cwd=TOP, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(line)} ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def answered(line: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from starting a server to its first answer, and its peak memory (MB)."""
    start = time.perf_counter()
    process = subprocess.Popen(
        line, cwd=TOP, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    match = re.search(r"http://\S+/", process.stdout.readline())
    if match is None:
        raise SystemExit("the server gave no address")
    request = urllib.request.Request(  # noqa: S310 - the address that our own server printed
        f"{match[0]}sparql?{urllib.parse.urlencode({'query': QUESTION})}", headers={"Accept": "text/csv"}
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310 - see above
        assert b"tashkent" in response.read()
    seconds = time.perf_counter() - start
    process.terminate()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return seconds, usage.ru_maxrss / 1024


def measured(runs: int, run: Callable[[], tuple[float, float]]) -> tuple[str, str]:
    """Median, least and greatest seconds, and the greatest memory, of some runs."""
    figures = [run() for _ in range(runs)]
    seconds = [figure[0] for figure in figures]
    told = f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f})"
    return told, f"{max(figure[1] for figure in figures):.0f} MB"


def table(runs: int) -> Iterable[str]:
    """The rows of the table."""
    yield "| job | time, median (least–greatest) | peak memory |"
    yield "|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        jobs = {
            "`kg build`, nothing compiled yet": lambda: finished(*command("build", data=data, cold=True)),
            "`kg build`": lambda: finished(*command("build", data=data)),
            "`kg check`": lambda: finished(*command("check", data=data)),
            "`kg query where-is-it-based`": lambda: finished(*command("query", "where-is-it-based", data=data)),
            "`kg serve` to its first answer": lambda: answered(*command("serve", "--port", "0", data=data)),
        }
        for name, job in jobs.items():
            told, memory = measured(runs, job)
            yield f"| {name} | {told} | {memory} |"


def main() -> None:
    """Measure, print, and write the table between the marks of the README."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rows = list(table(runs))
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    text = "\n".join([f"{os.cpu_count()} cores, {system}, {runs} runs each.", "", *rows])
    sys.stdout.write(text + "\n")
    readme = Path(__file__).with_name("README.md")
    old = readme.read_text(encoding="utf-8")
    readme.write_text(
        re.sub(r"(?s)(<!-- table -->\n).*(\n<!-- end -->)", lambda m: m[1] + text + m[2], old), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
