"""Worker processes that answer queries, in lanes, so that cheap queries never wait for expensive ones.

A query enters the lane of its shape, which is its text without the terms in it: `quick` where a query of that shape
was seen to be, `long` where one of the same client was seen to be, `trial` where none was; `remote` where it asks
another endpoint, and may wait for that. Who is not done within a moment, or whose answer is larger than what is held,
moves to the long lane with its process, which from then on lets every other go first. Where the long lane is full it is
stopped, nothing of it having been sent, and waits there to start over. Each lane has so many places and so many who
wait; who comes later is refused. Only an answer that is whole, or larger than what is held, leaves.

What is long is remembered for each client: nobody can send the queries of others to the end of the queue by asking for
much of the same shape. A quick query of a shape that was long goes back to the quick lane.
"""

import asyncio
import contextlib
import hashlib
import re
from collections import OrderedDict
from collections.abc import AsyncIterator

from kg.graph.worker import Task
from kg.web.entry import Entry, current
from kg.web.pool.lane import BusyError, Lane
from kg.web.pool.process import EndedError, Process

__all__ = ["HELD", "Answer", "BusyError", "EndedError", "Lane", "LateError", "MemoryLimitError", "Pool"]

# Seconds of CPU time after which a query is no quick one, and those of a clock after which one that is answered
# elsewhere is none; bytes of an answer that are held until it is whole.
_MOMENT = 0.1
_WAIT = 1.0
HELD = 1 << 20
_SHAPES = 10_000
# Processes that are kept for the next query, beside those at work.
_SPARE = 2
_TERMS = re.compile(r"<[^<>\s]*>|\"[^\"\n]*\"|'[^'\n]*'|\d+")
_TRIAL, _QUICK, _LONG, _REMOTE = "trial", "quick", "long", "remote"

# A client, and a shape; what holds for everybody is of a client without a name.
_NOBODY = "-"
_Key = tuple[str, bytes]


class LateError(Exception):
    """A query that was not answered within its time."""


class MemoryLimitError(Exception):
    """A query that needed more memory than it may have."""


class Answer:
    """What a query answers. head: as the worker tells it. body: all of it; None for one that is sent in pieces."""

    def __init__(self, run: "_Run") -> None:
        """Take over a run that holds an answer, whole or at least as much as is held."""
        process = run.process
        self.head, self.fault = process.head, process.fault
        self._first = process.take()
        self.body = self._first if process.whole else None
        self._run = run

    async def pieces(self) -> AsyncIterator[bytes]:
        """The answer as it comes; raises LateError or EndedError where it breaks off. Closes what it leaves."""
        process = self._run.process
        try:
            yield self._first
            while not process.whole:
                await self._run.hold(1)
                if process.fault is not None:
                    raise EndedError(0)
                if piece := process.take():
                    yield piece
        finally:
            await self.close()

    async def close(self) -> None:
        """Give the process back if its answer is whole, else end it."""
        await self._run.leave()


class _Run:
    """A query that has a place and a process. deadline: in the time of the event loop. entry: notes what it takes."""

    def __init__(self, pool: "Pool", lane: str, process: Process, deadline: float, entry: Entry) -> None:
        self._pool, self.lane, self.process, self._deadline = pool, lane, process, deadline
        self._entry, self._client = entry, entry.client or _NOBODY
        self._begun = asyncio.get_running_loop().time()
        self._left = False

    async def hold(self, size: int) -> None:
        """Read on; raises LateError at the deadline, EndedError when the process ends."""
        try:
            async with asyncio.timeout_at(self._deadline):
                await self.process.hold(size)
        except TimeoutError as error:
            raise LateError from error

    async def hold_a_moment(self) -> bool:
        """Read on for a moment of its CPU time, or a wait; whether the answer is whole then."""
        clock, process = asyncio.get_running_loop(), self.process
        moment = _WAIT if process.waits else _MOMENT
        while clock.time() < self._deadline:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(clock.time() + _MOMENT, self._deadline)):
                    await process.hold(HELD)
                    return process.whole
            if not process.opening and process.seconds >= process.begun + moment:
                break
        return False

    def move(self, lane: str) -> None:
        """Leave the place for another one, which is taken already."""
        self._pool.lanes[self.lane].leave(self._client)
        self.lane = self._entry.lane = lane

    async def leave(self) -> None:
        """Give the place back, and the process where it is done; what is not done ends."""
        if self._left:
            return
        self._left = True
        self._pool.lanes[self.lane].leave(self._client)
        # What took no longer is not worth asking the system for.
        if asyncio.get_running_loop().time() > self._begun + _MOMENT:
            taken = None if self.process.waits else self.process.cpu_seconds
            self._entry.worker = None if taken is None else max(0.0, taken - self.process.begun)
        await self._pool.put_back(self.process)


class Pool:
    """Processes that answer queries.

    lanes: by name. megabytes: memory that a query may take. started: how many processes were. broken: whether the last
    one could not be.
    """

    def __init__(self, lanes: dict[str, Lane], megabytes: int) -> None:
        """Begin without processes: they start when they are needed."""
        self.lanes = lanes
        self.started = 0
        self.broken = False
        self._megabytes = megabytes
        self._shapes: OrderedDict[_Key, None] = OrderedDict()
        self._idle: list[Process] = []
        self._patient: list[Process] = []
        self._all: set[Process] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._preparing = asyncio.Lock()
        self._closed = False

    @classmethod
    def of(cls, size: int, megabytes: int) -> "Pool":
        """A pool whose lanes run so many queries each; where they are long, and one more that is of another client."""
        lanes = {
            _QUICK: Lane(size, 256),
            _TRIAL: Lane(size, 32),
            _LONG: Lane(size + 1, 16, size),
            _REMOTE: Lane(2 * size + 1, 16, 2 * size),
        }
        return cls(lanes, megabytes)

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes."""
        return [process.pid for process in self._all]

    async def ask(self, task: Task, seconds: float) -> Answer:
        """The answer, within so many seconds; it must be closed.

        Raises BusyError, LateError, MemoryLimitError, EndedError.
        """
        clock, entry = asyncio.get_running_loop(), current()
        asked = clock.time()
        try:
            return await self._ask(task, asked, asked + seconds, entry)
        finally:
            if entry.queued is not None:
                entry.evaluated = clock.time() - asked - entry.queued

    async def _ask(self, task: Task, asked: float, deadline: float, entry: Entry) -> Answer:
        shape = hashlib.blake2b(_TERMS.sub("", task.query).encode(), digest_size=16).digest()
        key = (entry.client or _NOBODY, shape)
        remote = bool(task.reach) and "SERVICE" in task.query.upper()
        lane = await self._enter(key, deadline, remote=remote)
        try:
            run = _Run(self, lane, await self._process(lane), deadline, entry)
        except BaseException:
            self.lanes[lane].leave(key[0])
            raise
        entry.lane, entry.queued = lane, asyncio.get_running_loop().time() - asked
        try:
            run.process.send(task)
            if not remote:
                if await run.hold_a_moment():
                    self._remember(key, _QUICK)
                    return await self._whole(run)
                self._remember(key, _LONG)
            if lane not in {_LONG, _REMOTE}:
                if not self.lanes[_LONG].has_place(key[0]):
                    await run.leave()
                    return await self._ask(task, asked, deadline, entry)
                await self.lanes[_LONG].enter(key[0])
                run.move(_LONG)
                run.process.step_back()
            await run.hold(HELD)
            return await self._whole(run)
        except EndedError as error:
            await run.leave()
            if error.out_of_memory:
                raise MemoryLimitError from error
            raise
        except BaseException:
            await run.leave()
            raise

    async def _whole(self, run: _Run) -> Answer:
        answer = Answer(run)
        if answer.body is not None:
            await run.leave()
        return answer

    async def _enter(self, key: _Key, deadline: float, *, remote: bool) -> str:
        """A place in the lane of the shape; who waited goes on where the shape belongs by then."""
        client, entered = key[0], ""
        try:
            async with asyncio.timeout_at(deadline):
                while True:
                    lane = _REMOTE if remote else self._lane(key)
                    if lane == entered:
                        return lane
                    if entered:
                        self.lanes[entered].leave(client)
                        entered = ""
                    await self.lanes[lane].enter(client)
                    entered = lane
        except BaseException as error:
            if entered:
                self.lanes[entered].leave(client)
            if isinstance(error, TimeoutError):
                raise BusyError from error
            raise

    def _lane(self, key: _Key) -> str:
        """The lane of a shape that a client asks."""
        if key in self._shapes:
            return _LONG
        return _QUICK if ("", key[1]) in self._shapes else _TRIAL

    def _remember(self, key: _Key, lane: str) -> None:
        """Note that a shape is quick, for everybody; or long, for one client."""
        noted = ("", key[1]) if lane == _QUICK else key
        if lane == _QUICK:
            self._shapes.pop(key, None)
        self._shapes[noted] = None
        self._shapes.move_to_end(noted)
        if len(self._shapes) > _SHAPES:
            self._shapes.popitem(last=False)

    async def _process(self, lane: str) -> Process:
        """A process that has nothing to do; a new one where there is none."""
        process = None
        while process is None and (kept := (lane == _LONG and self._patient) or self._idle):
            process = kept.pop()
            if not process.alive:
                self._all.discard(process)
                process = None
        if len(self._idle) < _SPARE:
            self.warm()
        process = process or await self._start()
        if lane == _LONG and not process.patient:
            process.step_back()
        return process

    async def _start(self) -> Process:
        try:
            process = await Process.start(self._megabytes)
        except (EndedError, OSError) as error:
            self.broken = True
            raise EndedError(getattr(error, "code", 0)) from error
        self.broken = False
        self.started += 1
        self._all.add(process)
        return process

    def warm(self) -> None:
        """Begin to start the processes that are kept for the next queries."""
        task = asyncio.get_running_loop().create_task(self._prepare())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _prepare(self) -> None:
        """Start processes until as many have nothing to do as are kept for the next queries."""
        async with self._preparing:
            # Who needs a process is told; until then `broken` tells.
            with contextlib.suppress(EndedError):
                while not self._closed and len(self._idle) < _SPARE:
                    self._idle.append(await self._start())

    async def put_back(self, process: Process) -> None:
        """Keep a process that is done for the next query; end one that is not, or that is one too many."""
        kept, most = (self._patient, self.lanes[_LONG].size) if process.patient else (self._idle, self.most)
        if process.whole and process.alive and len(kept) < most and not self._closed:
            kept.append(process)
            return
        self._all.discard(process)
        await asyncio.shield(process.stop())

    def unready(self) -> str:
        """Why no query can be answered now; empty where one can."""
        if not self.broken:
            return "" if self.started else "the worker processes are starting"
        if not self._preparing.locked():
            self.warm()
        return "no worker process can be started"

    @property
    def most(self) -> int:
        """How many quick processes are kept."""
        return self.lanes[_QUICK].size + _SPARE

    async def close(self) -> None:
        """End all processes."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(process.stop() for process in self._all))
        self._all.clear()
