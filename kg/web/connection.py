"""Connections that cannot be held open by saying little, and that can be broken off so that it shows."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from kg.web.evaluation import CUT

__all__ = ["PATIENCE", "Connection"]

# Extension of the server, whose `renew` gives the client its time for the request once more.
PATIENCE = "pressgraph.patience"

_LEAVING = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\n"
    b"Retry-After: 5\r\nConnection: close\r\n\r\nthe server is leaving\n"
)
# Nothing that is not sent yet is sent, and the other end is told by a reset: see socket(7), SO_LINGER.
_RESET = struct.pack("ii", 1, 0)


AtOnce = Callable[[Any], tuple[int, bytes, bytes] | None]


def _never(_: object) -> None:
    """Leave every request to the application."""


class Connection(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with a limit on the time that a request takes to arrive."""

    _arriving: asyncio.TimerHandle | None = None

    def __init__(self, *, receiving: float, at_once: AtOnce = _never, **uvicorn: Any) -> None:  # noqa: ANN401 - handed on
        """receiving: seconds that a request may take to arrive.

        at_once: status, lines of the header and body of an answer that needs no application; None where it does.
        """
        super().__init__(**uvicorn)
        self._receiving, self._at_once = receiving, at_once

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request."""
        super().connection_made(transport)
        self._lost = asyncio.Event()
        self._wait()

    def on_message_begin(self) -> None:
        """Say how the answer may be broken off."""
        super().on_message_begin()
        self.scope["extensions"] = {CUT: {"now": self._cut}, PATIENCE: {"renew": self._renew}}
        self._wait()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 - handed on
        answer = self._at_once(cycle.scope)
        if answer is None:
            super()._start_asgi_task(cycle, app)
            return
        status, lines, body = answer
        cycle.response_started = cycle.response_complete = True
        told = [b"%b: %b\r\n" % header for header in cycle.default_headers]
        closing = b"" if cycle.keep_alive else b"connection: close\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], *told, lines, closing, b"\r\n", body)))
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def on_message_complete(self) -> None:
        """The request is here."""
        self._arrived()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more arrives."""
        self._arrived()
        super().connection_lost(exc)
        self._lost.set()

    def _renew(self) -> None:
        if self._arriving is not None:
            self._wait()

    def leave(self) -> None:
        """Answer no more: an answer that is not all sent is cut, who waits for one is told to come again."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_started:
            self._reset()
        else:
            self.transport.write(_LEAVING)
            self.transport.close()

    def _wait(self) -> None:
        self._arrived()
        self._arriving = self.loop.call_later(self._receiving, self.transport.close)

    def _arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    async def _cut(self) -> None:
        self._reset()
        await self._lost.wait()

    def _reset(self) -> None:
        """Reset the connection: without a length or chunks, its mere end would look like the end of the answer."""
        plain: Any = self.transport.get_extra_info("socket")
        if plain is not None:
            # uvloop tells a socket that is closed already by a ValueError.
            with contextlib.suppress(OSError, ValueError):
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()
