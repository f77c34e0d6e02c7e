"""Which snapshot's application answers: the one that is current when a request arrives, until it is answered."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from kg.errors import KgError, UsageError
from kg.web.entry import current

__all__ = ["Live"]

# How often is looked for a new snapshot.
_SECONDS = 1.0
_log = logging.getLogger(__name__)


def _forget(_: Path) -> None:
    """Leave what is served no more as it is."""


@dataclass(slots=True)
class _Version:
    """A snapshot that answers. under_way: how many of its requests are not answered yet."""

    folder: Path
    app: ASGIApp
    under_way: int = 0
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Note the name, which every request asks for."""
        self.name = self.folder.name


class Live:
    """The application of a server: hands each request to the application of a snapshot.

    A snapshot that cannot be opened is logged, and the one before goes on.
    """

    def __init__(
        self,
        current: Callable[[], Path | None],
        opened: Callable[[Path], ASGIApp],
        running: AbstractAsyncContextManager[object],
        closed: Callable[[Path], None] = _forget,
    ) -> None:
        """Open the current snapshot.

        current: tells the folder of the snapshot to serve, None where there is none; asked once a second.
        opened: makes the application of a snapshot, in a thread; raises KgError or OSError where it cannot.
        running: what runs as long as the server does, whatever the snapshot. closed: called with the folder of a
        snapshot when the last of its requests is answered and another one is served.
        Raises UsageError when there is no snapshot, and what `opened` raises.
        """
        self._current, self._opened, self._running, self._closed = current, opened, running, closed
        folder = current()
        if folder is None:
            raise UsageError("there is no snapshot to serve: run kg build")
        self._version = _Version(folder, opened(folder))
        self._refused: Path | None = None
        self._switching = asyncio.Lock()

    @property
    def snapshot(self) -> str:
        """The name of the snapshot that is served."""
        return self._version.name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the current snapshot: https://asgi.readthedocs.io/en/latest/specs/lifespan.html as well."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        version = self._version
        version.under_way += 1
        current().snapshot = version.name
        try:
            # A copy: the server keeps a scope until the next request, and an application writes itself into it.
            await version.app(dict(scope), receive, send)
        finally:
            version.under_way -= 1
            self._close_if_done(version)

    async def refresh(self) -> None:
        """Serve the snapshot that is current now; it is opened before the switch, and requests go on meanwhile."""
        async with self._switching:
            folder = self._current()
            if folder is None or folder == self._version.folder:
                return
            try:
                app = await asyncio.to_thread(self._opened, folder)
            except (KgError, OSError) as error:
                if folder != self._refused:
                    _log.error("snapshot %s cannot be served, %s goes on: %s", folder.name, self.snapshot, error)
                self._refused = folder
                return
            before, self._version = self._version, _Version(folder, app)
            _log.info("serving snapshot %s", self.snapshot)
            self._close_if_done(before)

    def _close_if_done(self, version: _Version) -> None:
        if version is not self._version and not version.under_way:
            asyncio.get_running_loop().call_soon(self._close, version.folder)

    def _close(self, folder: Path) -> None:
        # An application is full of circles, and its store is open until they are found.
        gc.collect()
        self._closed(folder)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._running:
            watching = asyncio.create_task(self._watch())
            await send({"type": "lifespan.startup.complete"})
            await receive()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        await send({"type": "lifespan.shutdown.complete"})

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS)
            await self.refresh()
