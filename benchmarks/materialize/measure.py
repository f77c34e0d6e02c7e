"""A process and all that it starts, measured: CPU seconds, wall seconds, peak memory."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Run", "run"]

_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took.

    cpu, wall: seconds. peak: MB (10⁶ bytes) that all its processes held at once. error: why it failed, or empty.
    """

    cpu: float
    wall: float
    peak: float
    error: str = ""


def run(command: Sequence[str], folder: Path, log: Path, timeout: float, extra: Mapping[str, str] | None = None) -> Run:
    """Run a command in a folder, with what it prints in a file, and end it after `timeout` seconds."""
    with log.open("wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        peak, late = 0.0, False
        try:
            while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
                peak = max(peak, _memory(process.pid))
                late = late or time.perf_counter() - start > timeout
                if late:
                    os.killpg(process.pid, signal.SIGKILL)
                time.sleep(_EVERY)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        _, status, usage = ended
        wall = time.perf_counter() - start
    process.returncode = code = os.waitstatus_to_exitcode(status)
    error = f"more than {timeout:.0f} s" if late else _last(log, code) if code else ""
    return Run(usage.ru_utime + usage.ru_stime, wall, peak, error)


def _last(log: Path, code: int) -> str:
    """The last line that a process printed, for a message."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    last = lines[-1] if lines else "it printed nothing"
    said = next((line for line in lines if re.match(r"(Exception|Caused by|\w+Error:)", line)), last)[:160]
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}: {said}"


def _memory(session: int) -> float:
    """MB that the processes of a session hold: the peak of one alone, the proportional share of several."""
    members = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and _session(entry) == session]
    if len(members) == 1:
        return _field(members[0] / "status", "VmHWM:")
    return sum(_field(member / "smaps_rollup", "Pss:") for member in members)


def _session(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return -1


def _field(path: Path, name: str) -> float:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(name)), 0.0)
