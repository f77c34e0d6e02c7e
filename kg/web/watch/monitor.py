"""How a server is watched: layers in front of it that note requests, answer probes and write the log."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp

from kg.web.cache.cache import Cache
from kg.web.http.forwarded import Forwarded
from kg.web.pool.pool import Pool
from kg.web.settings import Settings
from kg.web.watch.journal import AtOnce, Journal
from kg.web.watch.log import Log, Sink, events
from kg.web.watch.metrics import Metrics
from kg.web.watch.notify import notify
from kg.web.watch.probes import Probes

__all__ = ["Monitor"]

_STDERR = 2
# What logs: the server's library, the event loop, and we.
_LOGGERS = ("uvicorn.error", "asyncio", "kg")


class Monitor(AbstractContextManager["Monitor"]):
    """Watches a server from when it is entered until it is left.

    leaving: whether the server has been asked to leave.
    """

    def __init__(
        self,
        settings: Settings,
        pools: Mapping[str, Pool],
        snapshot: Callable[[], str],
        cache: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        """Set up what watches; arguments as for `Metrics`."""
        self.leaving = False
        self._settings, self._pools, self._snapshot = settings, pools, snapshot
        self._sink = Sink(_STDERR)
        self._handler = events(self._sink, settings.log)
        self._metrics = Metrics(pools, snapshot, cache, lambda: self._sink.dropped) if settings.metrics else None
        log = None if settings.log == "none" else Log.of(self._sink, settings.log, settings.slow)
        self._readers = [reader for reader in (log, self._metrics) if reader is not None]
        self._forwarded = Forwarded(settings.proxies)

    def over(self, app: ASGIApp) -> ASGIApp:
        """The application with the layers in front of it."""
        probes = Probes(app, self.unready, self._metrics)
        return self._forwarded.over(Journal(probes, self._readers))

    def at_once(self, app: Cache) -> AtOnce:
        """What the cache answers without a task for it, noted as any other request."""
        answer, as_sent = Journal(app, self._readers).at_once(app.at_once, self._snapshot), self._forwarded.as_sent
        return lambda scope: answer(as_sent(scope))

    def unready(self) -> str:
        """Why no query can be answered now; empty where one can."""
        if self.leaving:
            return "the server is leaving"
        return next((reason for pool in self._pools.values() if (reason := pool.unready())), "")

    def ready(self) -> None:
        """The server listens."""
        notify("READY=1")

    def leave(self) -> None:
        """The server has been asked to leave."""
        self.leaving = True
        notify("STOPPING=1")

    async def alive(self) -> None:
        """The event loop runs."""
        notify("WATCHDOG=1")

    def __enter__(self) -> Self:
        """Write down what is logged from now on."""
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.addHandler(self._handler)
            logger.propagate = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write down what is left."""
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.removeHandler(self._handler)
            logger.propagate = True
        self._sink.close()
