"""The connections of a server, of which there are so many at most, and so many of one client."""

from collections.abc import Callable
from typing import Protocol

from kg.web.http.client import client_of

__all__ = ["Crowd", "Held"]


class Held(Protocol):
    """A connection. idle: whether no request of it is under way."""

    @property
    def idle(self) -> bool:
        """Whether it may be closed without anybody losing an answer."""

    def make_room(self) -> None:
        """Close it."""


class Crowd:
    """Keeps the number of connections within bounds: idle ones make room for new ones, those under way do not."""

    def __init__(self, most: int, each: int, trusts: Callable[[str], bool]) -> None:
        """most: connections at once. each: of one client. trusts: whether an address is a proxy's, of many clients."""
        self._most, self._each, self._trusts = most, each, trusts
        self._held: dict[str, dict[Held, None]] = {}
        self._number = 0

    def enter(self, connection: Held, address: str) -> bool:
        """Whether there is room for a connection, which is held then until it leaves."""
        client = client_of(address)
        own = self._held.get(client, {})
        if not self._trusts(address) and len(own) >= self._each and not self._make_room(own):
            return False
        if self._number >= self._most:
            largest = max(self._held.values(), key=len)
            if not (self._make_room(largest) or any(self._make_room(held) for held in list(self._held.values()))):
                return False
        self._held.setdefault(client, {})[connection] = None
        self._number += 1
        return True

    def leave(self, connection: Held, address: str) -> None:
        """Hold a connection no longer; nothing happens where it is not held."""
        client = client_of(address)
        held = self._held.get(client, {})
        if connection not in held:
            return
        del held[connection]
        self._number -= 1
        if not held:
            del self._held[client]

    def _make_room(self, held: dict[Held, None]) -> bool:
        """Whether there was an idle one, the oldest of which is closed."""
        idle = next((connection for connection in held if connection.idle), None)
        if idle is None:
            return False
        idle.make_room()
        return True
