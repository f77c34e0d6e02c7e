"""A worker process as the server holds it: frames come in, are held, and are handed on."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from kg.graph.worker import DATA, END, FAULT, FRAME, HEAD, OPENED, Task
from kg.graph.writer import Change

__all__ = ["EndedError", "Process"]

# Bytes that are read ahead of what is taken; the worker waits beyond.
_AHEAD = 1 << 17
# Of a process that lets others go first: about a tenth of what they get, where there is not enough for all, so that it
# still comes to its end.
_PATIENT = 10
# What Rust, C++ and Python say where there is no more memory.
_OUT_OF_MEMORY = (b"memory allocation of", b"bad_alloc", b"MemoryError")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 1


class EndedError(Exception):
    """A worker that ended before its answer did.

    code: its exit code, negative for a signal. out_of_memory: whether it ended because it was given no more.
    """

    def __init__(self, code: int, told: bytes = b"") -> None:
        """Note the exit code. told: what it wrote to standard error."""
        super().__init__(f"a worker ended with {code}")
        self.code = code
        # An overflow of the stack, a failed assertion and what else is fatal end a process by the same signal.
        self.out_of_memory = code == -signal.SIGABRT and any(sign in told for sign in _OUT_OF_MEMORY)


class Process:
    """A running `kg.graph.worker` or `kg.graph.writer`.

    head, fault: of the task under way, once they are there. whole: it is answered. opening: it opens the store of the
    task. waits: the task is answered elsewhere. begun: `seconds` when it began to evaluate the task.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Hold a process that `start` started."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self._stat = f"/proc/{process.pid}/stat"
        self._frame: tuple[bytes, int] | None = None
        self.patient = self.opening = self.waits = False
        self._store, self.begun = "", 0.0
        self._clear()

    def _clear(self) -> None:
        self.head: dict[str, Any] = {}
        self.fault: dict[str, Any] | None = None
        self.whole = False
        self._held: deque[bytes] = deque()
        self.held = 0

    @classmethod
    async def start(cls, megabytes: int, module: str = "kg.graph.worker", *arguments: str) -> "Process":
        """Start a process whose tasks may take so much memory; raises EndedError where it cannot start.

        module, arguments: what it runs, and what that is told beside the memory.
        """
        command = (sys.executable, "-m", module, str(megabytes), *arguments)
        started = cls(
            await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_AHEAD,
                start_new_session=True,
            )
        )
        try:
            await started.hold(1)
        except BaseException:
            await asyncio.shield(started.stop())
            raise
        return started

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended, as far as is known."""
        return self._process.returncode is None

    def send(self, task: Task | Change) -> None:
        """Hand it a task, when it has none."""
        self._clear()
        store = task.store if isinstance(task, Task) else ""
        self.waits = isinstance(task, Task) and task.waits
        self.opening, self._store = store != self._store, store
        self.begun = self.seconds
        self._stdin.write(task.line())

    async def hold(self, size: int) -> None:
        """Read until the answer is whole, or `size` bytes of it are held; may be cancelled and called again.

        Raises EndedError when the process ends before.
        """
        try:
            while not self.whole and self.held < size:
                await self._read()
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise EndedError(await self._process.wait(), await self._told()) from error

    async def _told(self) -> bytes:
        """The first that it wrote to standard error, once it has ended."""
        assert self._process.stderr is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                return await self._process.stderr.read(_AHEAD)
        return b""

    def take(self) -> bytes:
        """What is held, which is then held no more."""
        taken = b"".join(self._held)
        self._held.clear()
        self.held = 0
        return taken

    async def _read(self) -> None:
        if self._frame is None:
            self._frame = FRAME.unpack(await self._stdout.readexactly(FRAME.size))
        kind, length = self._frame
        body = await self._stdout.readexactly(length)
        self._frame = None
        if kind == DATA:
            self._held.append(body)
            self.held += length
        elif kind == OPENED:
            self.opening, self.begun = False, self.seconds
        elif kind == HEAD:
            self.head = json.loads(body)
        elif kind == FAULT:
            self.fault, self.whole = json.loads(body), True
        elif kind == END:
            self.whole = True

    @property
    def cpu_seconds(self) -> float | None:
        """CPU time that it took so far; None where it has ended, or the platform does not tell."""
        try:
            file = os.open(self._stat, os.O_RDONLY)
        except OSError:
            return None
        try:
            fields = os.read(file, 1024).rpartition(b") ")[2].split()
        except OSError:
            return None
        finally:
            os.close(file)
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def seconds(self) -> float:
        """CPU time that it took so far; the time of a clock where that is not known, or is taken elsewhere."""
        taken = None if self.waits else self.cpu_seconds
        return time.monotonic() if taken is None else taken

    def step_back(self) -> None:
        """Let others go first, from now on."""
        self.patient = True
        # Only a process that has ended cannot be told.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _PATIENT)
            # Where each session is a group of its own, only the group's priority counts: see sched(7), autogroup.
            Path(f"/proc/{self.pid}/autogroup").write_text(str(_PATIENT), encoding="ascii")

    async def stop(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()
        await self._process.wait()
