"""`kg materialize`: a mapping over files and databases, to N-Quads or into a store."""

import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import UsageError
from kg.mapping import Fetched, OnError, Summary, WriteSettings, write
from kg.temporary import sweep

__all__ = ["INCOMPLETE", "Job", "run"]

INCOMPLETE = 3
"""The exit code when something was left out of what was written."""

_LOW_MEMORY = 5_000
_BATCH = 50_000
_ALONE = ("sqlite:", "duckdb:", "postgres", "jdbc:", "http:", "https:", "s3:", "gs:", "az:")


@dataclass(frozen=True, slots=True)
class Job:
    """What `kg materialize` is asked for.

    mapping: YARRRML, or RML in a file that ends in `.ttl`. out: None for standard output. store: the folder of a new
    Oxigraph store, in place of `out`. sources: `NAME=PATH`, the file, database or address to read in place of the one
    that the mapping names. shards: files to write. batch: records held at a time; 0 for the usual. functions: Python
    files and modules of the user. allowed: what addresses of sources may begin with. quarantine: the file for records
    that make no valid term.
    """

    mapping: Path
    out: Path | None
    store: Path | None = None
    sources: Sequence[str] = ()
    base: str = ""
    on_error: OnError = "stop"
    quarantine: Path | None = None
    shards: int = 1
    batch: int = 0
    low_memory: bool = False
    sort: bool = False
    functions: Sequence[str] = ()
    allowed: Sequence[str] = ()


@dataclass(slots=True)
class _Told:
    """What is told of a run: where it is, twice a second; what it did, at the end."""

    job: Job
    tell: Callable[[str], None]
    progress: Callable[[str], None]
    start: float = field(default_factory=time.perf_counter)
    last: float = field(default_factory=time.perf_counter)

    def batch(self, summary: Summary) -> None:
        """Tell where the run is."""
        now = time.perf_counter()
        if now - self.last > 0.5:
            self.last = now
            rate = summary.total / (now - self.start)
            size = f", {summary.size / 1e6:,.0f} MB" if summary.size else ""
            self.progress(f"{summary.records:,} records, {summary.total:,} quads, {rate:,.0f}/s{size}")

    def end(self, summary: Summary, written: Sequence[Path]) -> None:
        """Tell what was done: problems and warnings, quads by triples map, rates, duplicates, files."""
        for problem in summary.problems:
            self.tell(f"left out: {problem.render()}")
        for warning in summary.warnings:
            self.tell(f"warning: {warning.render()}")
        width = max((len(f"{made:,}") for made in summary.quads.values()), default=0)
        for name, made in summary.quads.items() if len(summary.quads) > 1 else ():
            self.tell(f"{made:>{width},} quad{'s' if made != 1 else ' '} by {name.removeprefix('#')}")
        seconds = time.perf_counter() - self.start
        self.tell(f"{_count(summary.records, 'record')}, {_count(summary.total, 'quad')} in {seconds:.1f} s")
        peak = _peak()
        memory = f", {peak:,.0f} MB of memory at most" if peak else ""
        self.tell(f"{summary.total / seconds:,.0f} quads/s{memory}")
        if summary.skipped:
            aside = f"; {_count(summary.set_aside, 'line')} in {self.job.quarantine}" if self.job.quarantine else ""
            self.tell(f"{_count(summary.skipped, 'quad')} left out{aside}")
        self.tell(self._duplicates(summary))
        for path in written:
            self.tell(f"→ {_short(path)}")

    def _duplicates(self, summary: Summary) -> str:
        if self.job.store is not None:
            return f"a store holds each quad once: {summary.different:,} different"
        if self.job.sort:
            return f"sorted, each quad once: {summary.different or 0:,} different"
        return "streamed: equal quads may be written more than once (--sort: once)"


def run(job: Job, tell: Callable[[str], None], progress: Callable[[str], None]) -> int:
    """Write the quads of a mapping.

    tell: called with each line of the summary and each warning. progress: with where the run is, now and then.
    Returns `INCOMPLETE` when something was left out, else 0. Raises `ContentError` and `UsageError`.
    """
    told = _Told(job, tell, progress)
    fetched = Fetched(progress)
    settings = WriteSettings(
        sources=dict(map(_named, job.sources)),
        base=job.base,
        functions=job.functions,
        allowed=job.allowed,
        on_error=job.on_error,
        batch=_batch(job),
        tell=told.batch,
        fetched=fetched,
        shards=job.shards,
        sort=job.sort,
    )
    if job.quarantine is not None:
        settings["quarantine"] = job.quarantine
    try:
        summary, written = _load(job, settings) if job.store is not None else _write(job, settings)
    finally:
        progress("")
    for address, size in fetched.sizes.items():
        tell(f"fetched {address} ({size:,} bytes)")
    told.end(summary, written)
    return INCOMPLETE if summary.problems else 0


def _write(job: Job, settings: WriteSettings) -> tuple[Summary, Sequence[Path]]:
    out = None if job.out == Path("-") else job.out
    if out is None and job.shards > 1:
        raise UsageError("--shards needs a file: add -o OUT")
    summary = write(job.mapping, out, **settings)
    return summary, summary.paths


def _load(job: Job, settings: WriteSettings) -> tuple[Summary, Sequence[Path]]:
    """Write the quads beside the store, and load them into it."""
    from kg.graph.store import write_store  # noqa: PLC0415 - slow to import, and few runs need it

    store = job.store
    assert store is not None
    if job.out is not None or job.shards > 1 or job.sort:
        raise UsageError("--store takes the place of -o, --shards and --sort: leave them out")
    if store.exists():
        raise UsageError(f"{store} is there already: a store is written once")
    try:
        sweep(store.parent, re.compile(rf"\.{re.escape(store.name)}-(?P<process>[0-9]+)-.*"))
        aside = tempfile.TemporaryDirectory(prefix=f".{store.name}-{os.getpid()}-", dir=store.parent)
    except OSError as error:
        raise UsageError(f"cannot write {store}: {error.strerror}") from error
    with aside as folder:
        quads = Path(folder) / "quads.nq"
        summary = write(job.mapping, quads, **settings)
        summary.different = write_store(quads, store)
    return summary, [store, *(path for path in summary.paths if path != quads.resolve())]


def _batch(job: Job) -> int:
    if job.low_memory and job.batch:
        raise UsageError("--low-memory is a --batch of its own: give one of them")
    return job.batch or (_LOW_MEMORY if job.low_memory else _BATCH)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def _peak() -> float | None:
    """The most memory that was resident at a time, in MB; None where the platform does not tell.

    What `getrusage` tells begins, on Linux, with the memory of the process that started this one.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    (peak,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(peak.split()[1]) * 1024 / 1e6


def _short(path: Path) -> str:
    """The path from here, where that is shorter."""
    return min(str(path), os.path.relpath(path), key=len)


def _named(text: str) -> tuple[str, str]:
    if text.lower().startswith(_ALONE):
        # Alone it stands for the database that R2RML leaves unnamed.
        return "", text
    name, equal, path = text.partition("=")
    if not equal:
        raise UsageError(
            f"--source {text!r}: write NAME=PATH, with the name that the mapping gives, or for the database of R2RML"
            " sqlite:PATH, duckdb:PATH or postgresql://HOST/NAME"
        )
    return name, path
