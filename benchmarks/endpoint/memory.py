"""Memory of a process and of all that it started."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Peak", "status", "tree", "watching"]

_MB = 1e6
_EVERY = 0.02


@dataclass(slots=True)
class Peak:
    """The most that was seen. whole: MB of all processes. more: MB that the first one held more than before.

    processes, threads: how many there were at once.
    """

    whole: float = 0.0
    more: float = 0.0
    processes: int = 0
    threads: int = 0
    samples: int = field(default=0, repr=False)


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for known in found:
        found += children.get(known, [])
    return found


def status(pid: int, name: str, file: str = "status") -> int:
    """A number of /proc/<pid>/status or of another file there; 0 where the process has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


@contextmanager
def watching(pid: int) -> Iterator[Peak]:
    """The peak of the process and of all that descend from it, while this goes on."""
    peak, stopped = Peak(), threading.Event()
    # The kernel begins anew to note the most that the first one has: proc(5).
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    before = status(pid, "VmRSS")

    def watch() -> None:
        while not stopped.is_set():
            _sample(pid, peak)
            stopped.wait(_EVERY)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        stopped.set()
        thread.join()
        peak.more = max(0, status(pid, "VmHWM") - before) * 1024 / _MB


def _sample(pid: int, peak: Peak) -> None:
    members = tree(pid)
    whole = sum(status(member, "Pss", "smaps_rollup") for member in members) * 1024 / _MB
    peak.whole = max(peak.whole, whole)
    peak.processes = max(peak.processes, len(members))
    peak.threads = max(peak.threads, sum(status(member, "Threads") for member in members))
    peak.samples += 1
