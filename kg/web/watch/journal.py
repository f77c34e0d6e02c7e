"""The journal: numbers each request, times it, and hands what is noted of it to whoever counts or writes it down."""

import os
import re
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.web.entry import LEFT, Entry, enter
from kg.web.http.client import client_of
from kg.web.http.connection import CUT

__all__ = ["AtOnce", "Journal", "request_id", "server_timing"]

# Headers of what is answered without a task, which takes no time that a client could see.
_AT_ONCE = b"%bx-request-id: %b\r\nserver-timing: cache;desc=hit\r\n"
# Status, lines of the header and body.
Answered = tuple[int, bytes, bytes]
AtOnce = Callable[[Scope], Answered | None]

_NAMES = frozenset({b"x-request-id", b"traceparent"})
_GIVEN = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._~+/=@:-]{0,127}")
# Version, trace, parent, flags: https://www.w3.org/TR/trace-context/#traceparent-header.
_TRACE = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
# A name is a number of this process and one of the request: no secret, because who guesses another's gains nothing.
_PROCESS = os.urandom(8).hex()
_number = count(int.from_bytes(os.urandom(4), "big")).__next__


class Reader(Protocol):
    """Whoever counts or writes down requests. hits: whether those too that the cache answered, which cost little."""

    @property
    def hits(self) -> bool: ...

    def __call__(self, entry: Entry, /) -> None: ...


class Journal:
    """A layer that notes every request.

    An answer that breaks off by a fault of ours is cut, so that nobody takes what was sent for all.
    """

    def __init__(self, app: ASGIApp, readers: Sequence[Reader]) -> None:
        """readers: each is handed the entry of a request once it is answered, or left."""
        self._app, self._readers = app, readers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        method: str = scope["method"]
        entry = Entry(request_id(scope["headers"]), method, scope["raw_path"].decode("latin-1"), scope["query_string"])
        entry.client = client_of((scope.get("client") or ("",))[0])
        enter(entry)
        head = method == "HEAD"

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                own = (
                    (b"x-request-id", entry.id.encode("latin-1")),
                    (b"server-timing", server_timing(entry, time.perf_counter() - begun)),
                )
                message = {**message, "headers": [*message["headers"], *own]}
            else:
                if not head:
                    entry.bytes += len(message.get("body", b""))
                entry.whole = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:  # noqa: BLE001 - nothing is above that could tell of it
            entry.error = traceback.format_exc()
            if not entry.whole:
                await _break_off(scope, noted, begun=bool(entry.status))
        finally:
            entry.seconds = time.perf_counter() - begun
            entry.status = entry.status or LEFT
            for read in self._readers:
                read(entry)

    def at_once(self, answer: AtOnce, snapshot: Callable[[], str]) -> AtOnce:
        """What answers without a task, noting what it answers. snapshot: tells the name of the one that answers."""
        readers = [reader for reader in self._readers if reader.hits]

        def noted(scope: Scope) -> Answered | None:
            begun = time.perf_counter()
            answered = answer(scope)
            if answered is None:
                return None
            status, lines, body = answered
            name = request_id(scope["headers"])
            if readers:
                entry = Entry(
                    name, scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"], status=status
                )
                entry.bytes, entry.whole, entry.cache, entry.snapshot = len(body), True, "hit", snapshot()
                entry.seconds = time.perf_counter() - begun
                for read in readers:
                    read(entry)
            return status, _AT_ONCE % (lines, name.encode("ascii")), body

        return noted


async def _break_off(scope: Scope, send: Send, *, begun: bool) -> None:
    """End an answer that nothing more comes of."""
    if begun:
        await scope["extensions"][CUT]["now"]()
    else:
        await send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """What the client calls the request: its `X-Request-Id`, else the trace of its `traceparent`; else a new name.

    >>> request_id([(b"x-request-id", b"order-66")])
    'order-66'
    >>> request_id([(b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")])
    '0af7651916cd43dd8448eb211c80319c'
    """
    traced = None
    for name, value in headers:
        if name in _NAMES:
            if name == b"traceparent":
                traced = _TRACE.fullmatch(value)
            elif _GIVEN.fullmatch(value):
                return value.decode("ascii")
    return traced[1].decode("ascii") if traced else f"{_PROCESS}{_number():016x}"


def server_timing(entry: Entry, seconds: float) -> bytes:
    """What took how long until now, in milliseconds: https://www.w3.org/TR/server-timing/#the-server-timing-header-field.

    >>> server_timing(Entry(cache="hit"), 0.0123)
    b'cache;desc=hit, total;dur=12.3'
    """
    told = f"cache;desc={entry.cache}, " if entry.cache else ""
    if entry.queued is not None:
        told += f"queue;dur={1000 * entry.queued:.1f}, "
    if entry.evaluated is not None:
        told += f"eval;dur={1000 * entry.evaluated:.1f}, "
    return f"{told}total;dur={1000 * seconds:.1f}".encode()
