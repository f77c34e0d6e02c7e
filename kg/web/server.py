"""The server: binds, tells when it listens, and leaves when it is asked to."""

import asyncio
import errno
import gc
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from math import ceil
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from kg.errors import UsageError
from kg.web.app import create_app
from kg.web.cache.cache import Cache
from kg.web.http.client import trusting
from kg.web.http.connection import Connection
from kg.web.http.crowd import Crowd
from kg.web.limits import LIMITS, Limits
from kg.web.live import Live
from kg.web.pool.workers import Workers
from kg.web.pool.writer import Writable, Writer
from kg.web.remote import Upstream
from kg.web.settings import Settings
from kg.web.site import Site
from kg.web.watch.monitor import Monitor
from kg.web.watch.notify import watched_seconds

if TYPE_CHECKING:
    from kg.graph.question import Question

__all__ = ["application", "serve"]

_TRIED_PORTS = 100
_LAST_PORT = 65535
# Seconds after which an answer that does not end although its connection is gone is cancelled.
_AT_LAST = 5
# Open files beside connections: those of stores, and pipes.
_FILES = 2000


_SETTINGS = Settings()


def _silent(_: str) -> None:
    """Tell nobody."""


def application(
    current: Callable[[], Path | None],
    limits: Limits = LIMITS,
    workers: Workers | None = None,
    writable: Writable | None = None,
    upstream: Upstream | None = None,
) -> Cache:
    """The application of a server; it needs its lifespan.

    current: tells the folder of the snapshot to serve, whenever it is asked. limits: of requests. workers: its own ones
    where none are given. writable: what may be changed, whose versions `current` tells; None where nothing may be.
    upstream: a store elsewhere that is served in place of snapshots, as its own `current` tells.
    Raises UsageError when there is no snapshot, or one that cannot be read.
    """
    evaluating = workers or Workers(limits)
    if writable is None:

        def opened(folder: Path) -> ASGIApp:
            site = upstream.site if upstream else Site.open
            return create_app(site(folder, evaluating, limits))

        return Cache(Live(current, opened, evaluating), limits)
    return _changing(current, evaluating, limits, writable)


def _changing(current: Callable[[], Path | None], evaluating: Workers, limits: Limits, writable: Writable) -> Cache:
    """The application of a server that lets its working copy be changed; raises as `application`."""

    async def publish() -> None:
        await live.refresh()

    writer = Writer(writable, publish, limits)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with evaluating, writer:
            yield

    questions: Sequence[Question] | None = None

    def opened(folder: Path) -> ASGIApp:
        nonlocal questions
        site = Site.open(folder, evaluating, limits, writer, questions)
        # All versions have the same ones.
        questions = site.questions
        return create_app(site)

    live = Live(current, opened, running(), writable.copy.discard)
    # What is read may be something else already when it is read again.
    return Cache(live, replace(limits, cache=0))


def serve(
    current: Callable[[], Path | None],
    settings: Settings = _SETTINGS,
    ready: Callable[[str], None] = _silent,
    writable: Writable | None = None,
    upstream: Upstream | None = None,
) -> None:
    """Serve the current snapshot until SIGINT or SIGTERM.

    current, writable, upstream: as for `application`. ready: called once with the address, when it answers.
    Raises UsageError when the port is in use, the address cannot be bound, or there is no snapshot to serve.
    """
    limits = settings.limits
    listener = _bind(settings.host, settings.port)
    # What is imported stays as long as the server runs: nobody need look through it for what does not.
    gc.freeze()
    with listener:
        # Who waits for a store elsewhere takes nothing of this machine.
        workers = Workers(limits, limits.workers) if upstream else Workers(limits)
        app = application(current, limits, workers, writable, upstream)
        monitor = Monitor(settings, workers.pools, lambda: app.snapshot, app.held)
        watched = watched_seconds()
        crowd = Crowd(limits.connections, limits.each, trusting(settings.proxies))
        _allow_files(limits.connections)
        config = uvicorn.Config(
            monitor.over(app),
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            callback_notify=monitor.alive if watched else None,
            timeout_notify=watched / 2 if watched else 0,  # type: ignore[arg-type]  # compared with seconds only
            # A class, or what makes one.
            http=partial(Connection, limits=limits, crowd=crowd, at_once=monitor.at_once(app)),  # type: ignore[arg-type]
            timeout_graceful_shutdown=ceil(limits.leaving) + _AT_LAST,
        )
        server = _Server(config, limits.leaving, monitor, lambda: ready(_address(settings.host, listener)))
        _leave_on_signals(server)
        with monitor:
            server.run(sockets=[listener])


def _allow_files(connections: int) -> None:
    """Let the process have as many open files as connections and the store need, as far as the system allows it."""
    try:
        import resource  # noqa: PLC0415 - not on every platform
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


class _Server(uvicorn.Server):
    """A server that tells when it listens, and that leaves when all is answered, or its time to leave is over."""

    def __init__(self, config: uvicorn.Config, leaving: float, monitor: Monitor, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._leaving, self._monitor, self._ready = leaving, monitor, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        if self.started:
            self._loop = asyncio.get_running_loop()
            self._monitor.ready()
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, close what is idle, and wait for what is under way."""
        self._monitor.leave()
        over = self._loop.call_later(self._leaving, self._leave)
        await super().shutdown(sockets)
        over.cancel()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave in order at the first signal, at once at the next."""
        if self.should_exit:
            self._loop.call_soon_threadsafe(self._leave)
        else:
            super().handle_exit(sig, frame)

    def _leave(self) -> None:
        for connection in self.server_state.connections.copy():
            if isinstance(connection, Connection):
                connection.leave()


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
