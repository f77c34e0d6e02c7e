"""The one who changes the working copy: a process that makes new versions, one change after the other."""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kg.graph.working import WorkingCopy
from kg.graph.writer import Change
from kg.web.limits import LIMITS, Limits
from kg.web.pool.lane import Lane
from kg.web.pool.pool import EndedError, LateError, MemoryLimitError
from kg.web.pool.process import Process
from kg.web.pool.token import Token

__all__ = ["Made", "Writable", "Writer"]

# Seconds that a process has until it is ready.
_STARTING = 60.0
# Changes that may wait for those before them.
_WAITING = 32


@dataclass(frozen=True, slots=True)
class Made:
    """A change that was made and can be seen. version: its name. created: whether its graph was not there before."""

    version: str
    created: bool


@dataclass(frozen=True, slots=True)
class Writable:
    """What may be changed, and by whom: a working copy, and the token of who changes it."""

    copy: WorkingCopy
    token: Token


class Writer(AbstractAsyncContextManager["Writer"]):
    """Makes changes durable and visible, or does not make them at all.

    copy: that is changed. token: of who may change it. limits: of each change.
    """

    def __init__(self, writable: Writable, publish: Callable[[], Awaitable[None]], limits: Limits = LIMITS) -> None:
        """Begin without a process.

        publish: called when there is a new version; returns when it is what queries see.
        """
        self.copy, self.token = writable.copy, writable.token
        self._publish, self.limits = publish, limits
        self._lane = Lane(1, _WAITING)
        self._process: Process | None = None
        self._hand: Path | None = None

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process; a change that is not acknowledged is not made."""
        await self._stop()

    async def write(self, change: Change, seconds: float) -> Made | dict[str, Any]:
        """Make a change, or tell the fault for which nothing has changed.

        On return the new version is on the disk, and is what queries see. When the caller is cancelled before the
        change counts, nothing has changed.
        Raises BusyError where too many wait, LateError, MemoryLimitError, EndedError, OSError where the disk refuses.
        """
        await self._lane.enter()
        try:
            try:
                async with asyncio.timeout(_STARTING):
                    process = self._process or await self._start()
                async with asyncio.timeout(seconds):
                    process.send(replace(change, version=str(self.copy.version)))
                    await process.hold(1)
            except TimeoutError as error:
                raise LateError from error
            except EndedError as error:
                if error.out_of_memory:
                    raise MemoryLimitError from error
                raise
            if process.fault is not None:
                return process.fault
            committing = asyncio.ensure_future(self._commit(process.head))
            try:
                return await asyncio.shield(committing)
            except asyncio.CancelledError:
                await committing
                raise
        except BaseException:
            await asyncio.shield(self._stop())
            raise
        finally:
            self._lane.leave()

    async def _commit(self, head: dict[str, Any]) -> Made:
        version = await asyncio.to_thread(self.copy.commit, Path(head["made"]))
        await self._publish()
        return Made(version.name, head["created"])

    async def _start(self) -> Process:
        self._hand = self.copy.hand()
        arguments = (str(self.limits.store), str(self.copy.version), str(self._hand))
        self._process = await Process.start(self.limits.megabytes, "kg.graph.writer", *arguments)
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        hand, self._hand = self._hand, None
        if process is not None:
            await process.stop()
        if hand is not None:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(shutil.rmtree, hand, ignore_errors=True)
