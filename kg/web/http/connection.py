"""Connections that cannot be held open by saying little or too much, and that can be broken off so that it shows."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from kg.web.http.crowd import Crowd
from kg.web.limits import Limits

__all__ = ["CUT", "PATIENCE", "Connection"]

# Extension of the server, whose `now` is called to break a connection off so that nobody takes what was sent for all.
CUT = "pressgraph.cut"
# Extension of the server, whose `renew` gives the client its time for the request once more.
PATIENCE = "pressgraph.patience"


def _refusal(status: int, text: str, more: bytes = b"") -> bytes:
    """An answer that needs no application, after which the connection is closed."""
    body = text.encode() + b"\n"
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n" % len(body)
    return b"".join((STATUS_LINE[status], head, more, b"Connection: close\r\n\r\n", body))


_LEAVING = _refusal(503, "the server is leaving", b"Retry-After: 5\r\n")
_FULL = _refusal(503, "too many connections; come again in a moment", b"Retry-After: 5\r\n")
_LONG_ADDRESS = _refusal(414, "the address is too long; send a long query by POST")
_LONG_HEADER = _refusal(431, "the header is too long")
# Nothing that is not sent yet is sent, and the other end is told by a reset: see socket(7), SO_LINGER.
_RESET = struct.pack("ii", 1, 0)


AtOnce = Callable[[Any], tuple[int, bytes, bytes] | None]


def _never(_: object) -> None:
    """Leave every request to the application."""


class Connection(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with limits on the time that a request takes to arrive, and on its header."""

    _arriving: asyncio.TimerHandle | None = None

    def __init__(
        self,
        *,
        limits: Limits,
        crowd: Crowd,
        at_once: AtOnce = _never,
        **uvicorn: Any,  # noqa: ANN401 - handed on
    ) -> None:
        """limits: of requests. crowd: of the server's connections.

        at_once: status, lines of the header and body of an answer that needs no application; None where it does.
        """
        super().__init__(**uvicorn)
        self._limits, self._crowd, self._at_once = limits, crowd, at_once
        # Bytes that came since a request began or a body went on; whether a header is not all there yet, whether either
        # happened in what came last, and whether nothing more is listened to.
        self._head, self._in_head, self._went_on, self._refused = 0, False, False, False
        self.url = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request."""
        super().connection_made(transport)
        self._lost = asyncio.Event()
        if self._crowd.enter(self, self._peer):
            self._wait()
        else:
            self._refuse(_FULL)

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def idle(self) -> bool:
        """Whether no request of it is answered, or waits for that."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or (cycle.response_complete and not self.pipeline)

    def make_room(self) -> None:
        """Close, for a connection that may have more to say."""
        self._crowd.leave(self, self._peer)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Read on, as long as what is read is bounded."""
        if self._refused:
            return
        self._went_on = False
        super().data_received(data)
        self._head = 0 if self._went_on else self._head + len(data)
        if self._head <= self._limits.address + self._limits.header:
            return
        if self._in_head:
            self._refuse(_LONG_ADDRESS if len(self.url) > self._limits.address else _LONG_HEADER)
        else:
            # What stands around the chunks of a body. Its request may have been answered already.
            self._refuse(b"")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the header; one that follows the body is passed over.

        https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1
        """
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Answer, unless the header is too long."""
        self._in_head = False
        if len(self.url) > self._limits.address:
            self._refuse(_LONG_ADDRESS)
        elif sum(len(name) + len(value) for name, value in self.headers) > self._limits.header:
            self._refuse(_LONG_HEADER)
        elif not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand on a piece of the body."""
        self._went_on = True
        if not self._refused:
            super().on_body(body)

    def _refuse(self, answer: bytes) -> None:
        """Answer without asking anybody, behind what was asked before, and listen no more."""
        self._refused = True
        if answer and self.idle:
            self.transport.write(answer)
        self.transport.close()

    def on_message_begin(self) -> None:
        """Say how the answer may be broken off."""
        super().on_message_begin()
        self._in_head = self._went_on = True
        self.scope["extensions"] = {CUT: {"now": self._cut}, PATIENCE: {"renew": self._renew}}
        self._wait()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 - handed on
        # Who asks without taking the answers waits for them as all others do.
        answer = None if self.flow.write_paused else self._at_once(cycle.scope)
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
        if self.pipeline:
            # Each of many that came together would be answered inside of the one before.
            self.loop.call_soon(cycle.on_response)
        else:
            cycle.on_response()

    def on_message_complete(self) -> None:
        """The request is here."""
        if self._refused:
            return
        self._arrived()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more arrives."""
        self._arrived()
        self._crowd.leave(self, self._peer)
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
        self._arriving = self.loop.call_later(self._limits.receiving, self.transport.close)

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
