"""Places for what is evaluated at once, shared fairly among clients."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["BusyError", "Lane"]


class BusyError(Exception):
    """All places are taken, and so are those to wait at."""


@dataclass
class Lane:
    """Places for queries.

    size: how many run at once. waiting: how many may wait for that. share: how many places one client may have; all of
    them where it is 0.

    Clients take turns, so that who asks much waits behind who asks little; of one client, who came first goes first.
    Where all who may wait do, a newcomer takes the turn of the last one of the client with the most of them.
    """

    size: int
    waiting: int
    share: int = 0
    runs: int = field(default=0, init=False)
    waits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Begin with every place free."""
        self._running: dict[str, int] = {}
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}

    def has_place(self, client: str) -> bool:
        """Whether there is a place at once."""
        return self.runs < self.size and self._may_run(client) and not self._queues.get(client)

    async def enter(self, client: str = "") -> None:
        """Take a place, waiting for one; raises BusyError where too many wait already."""
        if self.has_place(client):
            self._take(client)
            return
        if self.waits >= self.waiting:
            self._make_room(client)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(client, deque()).append(turn)
        self.waits += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(client)
            else:
                self._forget(client, turn)
            raise

    def leave(self, client: str = "") -> None:
        """Give the place back."""
        self.runs -= 1
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]
        while self.runs < self.size and (following := next(self._eligible(), None)) is not None:
            turn = self._queues[following].popleft()
            queue = self._queues.pop(following)
            # The client's next turn comes after everybody else's.
            if queue:
                self._queues[following] = queue
            self.waits -= 1
            # Who has just given up does not know it yet.
            if not turn.done():
                self._take(following)
                turn.set_result(None)

    def _eligible(self) -> Iterator[str]:
        return (client for client in self._queues if self._may_run(client))

    def _may_run(self, client: str) -> bool:
        return not self.share or self._running.get(client, 0) < self.share

    def _take(self, client: str) -> None:
        self.runs += 1
        self._running[client] = self._running.get(client, 0) + 1

    def _make_room(self, client: str) -> None:
        """Turn away the last one of who waits most; raises BusyError where that is the client itself."""
        most = max(self._queues, key=lambda name: len(self._queues[name]), default=client)
        if len(self._queues.get(most, ())) <= len(self._queues.get(client, ())) + 1:
            raise BusyError
        last = self._queues[most][-1]
        self._forget(most, last)
        if not last.done():
            last.set_exception(BusyError())

    def _forget(self, client: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(client)
        if queue is None or turn not in queue:
            return
        queue.remove(turn)
        if not queue:
            del self._queues[client]
        self.waits -= 1
