"""Builds on save, beside a server that goes on."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.pipeline import fresh, input_files
from kg.project import Project

__all__ = ["watching"]

# How often files are looked at; what was saved is built when it has not changed for as long.
_SECONDS = 0.3

Tell = Callable[[str], None]
_Saved = dict[str, tuple[int, int]]


@contextmanager
def watching(project: Project, home: Path, tell: Tell) -> Iterator[None]:
    """Build the project into `home` whenever it is saved, and at once where its snapshot is stale; until left.

    tell: called with a line about each build. What is wrong with one that fails goes to standard error.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(project, home, tell, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _watch(project: Project, home: Path, tell: Tell, ended: threading.Event) -> None:
    built = _saved(project) if fresh(project, home) else None
    seen = _saved(project)
    while not ended.wait(_SECONDS):
        before, seen = seen, _saved(project)
        if before == seen != built:
            built = seen
            started = time.monotonic()
            code = _build(project, home, ended)
            if code == 0:
                tell(f"built anew in {time.monotonic() - started:.1f} s")
            elif code is not None:
                tell("not built: what was built before is served on")


def _saved(project: Project) -> _Saved:
    """When each file was saved and how long it is; locks, which a build itself renews, are left out."""
    saved = {}
    for name, path in input_files(project):
        if path.suffix == ".lock":
            continue
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        saved[name] = (status.st_mtime_ns, status.st_size)
    return saved


def _build(project: Project, home: Path, ended: threading.Event) -> int | None:
    """The exit code of a build, in a process of its own that hinders no answer; None where it was ended."""
    command = [sys.executable, "-m", "kg", "--project", str(project.root), "--data", str(home), "build", "--quiet"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own
    while process.poll() is None:
        if ended.wait(0.05):
            process.terminate()
            process.wait()
            return None
    return process.returncode
