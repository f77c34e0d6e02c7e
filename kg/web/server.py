"""The server: binds, tells when it listens, and leaves when it is asked to."""

import errno
import gc
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from kg.errors import UsageError
from kg.web.app import create_app
from kg.web.connection import Connection
from kg.web.limits import LIMITS, Limits
from kg.web.live import Live
from kg.web.site import Site
from kg.web.workers import Workers
from kg.web.writer import Writable, Writer

__all__ = ["application", "serve"]

_TRIED_PORTS = 100
_LAST_PORT = 65535
# How long answers under way are waited for when the server is asked to leave.
_DRAIN_SECONDS = 3


def _silent(_: str) -> None:
    """Tell nobody."""


def application(
    current: Callable[[], Path | None], limits: Limits = LIMITS, writable: Writable | None = None
) -> ASGIApp:
    """The application of a server; it needs its lifespan.

    current: tells the folder of the snapshot to serve, whenever it is asked. limits: of requests. writable: what may be
    changed, whose versions `current` tells; None for a server that is read-only.
    Raises UsageError when there is no snapshot, or one that cannot be read.
    """
    workers = Workers(limits)
    if writable is None:
        return Live(current, lambda folder: create_app(Site.open(folder, workers, limits)), workers)

    async def publish() -> None:
        await live.refresh()

    writer = Writer(writable, publish, limits)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with workers, writer:
            yield

    def opened(folder: Path) -> ASGIApp:
        return create_app(Site.open(folder, workers, limits, writer))

    live = Live(current, opened, running(), writable.copy.discard)
    return live


def serve(
    current: Callable[[], Path | None],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[str], None] = _silent,
    limits: Limits = LIMITS,
    writable: Writable | None = None,
) -> None:
    """Serve the current snapshot until SIGINT or SIGTERM; arguments as for `application`.

    port: 0 takes any that is free. ready: called once with the address, when it answers.
    Raises UsageError when the port is in use, the address cannot be bound, or there is no snapshot to serve.
    """
    listener = _bind(host, port)
    # What is imported stays as long as the server runs: nobody need look through it for what does not.
    gc.freeze()
    with listener:
        app = application(current, limits, writable)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="on",
            http=partial(Connection, receiving=limits.receiving),  # type: ignore[arg-type]  # a class, or what makes one
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        server = _Server(config, lambda: ready(_address(host, listener)))
        _leave_on_signals(server)
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that tells when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        if self.started:
            self._ready()


def _leave_on_signals(server: uvicorn.Server) -> None:
    """Leave by returning: uvicorn raises the signal again for whoever handled it before, and that is this handler."""

    def leave(*_: object) -> None:
        server.should_exit = True

    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, leave)


def _bind(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(f"there is no port {port}: ports go from 0 to {_LAST_PORT}")
    try:
        return _listener(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            free = _next_free(host, port)
            told = f"try --port {free}" if free else "choose another with --port"
            raise UsageError(f"port {port} is in use; {told}") from error
        raise UsageError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error


def _listener(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def _next_free(host: str, port: int) -> int | None:
    for candidate in range(port + 1, min(port + _TRIED_PORTS, _LAST_PORT) + 1):
        try:
            _listener(host, candidate).close()
        except OSError:
            continue
        return candidate
    return None


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}/"
