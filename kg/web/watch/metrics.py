"""Metrics for Prometheus, counted as requests are noted. The one door to prometheus_client."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from kg import __version__
from kg.web.entry import Entry
from kg.web.pool.pool import Pool

__all__ = ["Metrics", "route"]

# Seconds, up to which the requests of a histogram's bucket took.
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_BUCKETS = (*map(str, _BOUNDS), "+Inf")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# What there is at the top, and whether something is below it.
_ALONE = frozenset({"", "sparql", "store", "health", "ready", "metrics", "ns", "ontology.ttl", "openapi.json"})
_ABOVE = frozenset({"questions", "dumps", "static", ".well-known"})
_START = "pressgraph_"
# Values of the labels -> number.
_Values = Mapping[Any, float]


@lru_cache(1000)
def route(path: str) -> str:
    """The template of an address, of which there are few whatever is asked for.

    >>> route("/questions/who-directs-it"), route("/sparql/"), route("/wp-login.php")
    ('/questions/{name}', '/sparql', '/{path}')
    """
    first, _, rest = path.removeprefix("/").partition("/")
    if not rest:
        return f"/{first}" if first in _ALONE or first in _ABOVE else "/{path}"
    return f"/{first}/{{name}}" if first in _ABOVE else "/{path}"


class _Series:
    """Requests of a route, by method and status, their bytes, and how long they took."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.bytes = 0
        self.counts = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0


class Metrics(Collector):
    """What is counted and measured of a server, in a registry of its own.

    All counting happens in the thread of the event loop, so that nothing is locked.
    """

    hits = True

    def __init__(
        self,
        pools: Mapping[str, Pool],
        snapshot: Callable[[], str],
        cache: Callable[[], Mapping[str, float]],
        dropped: Callable[[], int],
    ) -> None:
        """Begin to count.

        pools: by name. snapshot: tells the name of the one that is served. cache: tells what the cache holds, by unit
        (bytes, answers). dropped: tells how many lines of the log were lost.
        """
        self._pools, self._snapshot, self._cache, self._dropped = pools, snapshot, cache, dropped
        self._series: defaultdict[str, _Series] = defaultdict(_Series)
        self._queries: Counter[str] = Counter(dict.fromkeys(("ok", "late", "memory", "refused", "busy", "gone"), 0))
        self._cached: Counter[str] = Counter(hit=0, miss=0)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        for kind in (ProcessCollector, PlatformCollector, GCCollector):
            kind(registry=self._registry)

    def __call__(self, entry: Entry, /) -> None:
        """Count a request."""
        series = self._series[route(entry.path)]
        series.requests[entry.method if entry.method in _METHODS else "other", entry.status] += 1
        series.bytes += entry.bytes
        series.counts[bisect_left(_BOUNDS, entry.seconds)] += 1
        series.seconds += entry.seconds
        if entry.outcome:
            self._queries[entry.outcome] += 1
        if entry.cache:
            self._cached[entry.cache] += 1

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics, and their media type, as a client accepts it.

        https://prometheus.io/docs/instrumenting/exposition_formats/
        """
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def collect(self) -> Iterator[Metric]:
        """The metrics that are our own."""
        yield _info("build", "What serves.", {"version": __version__})
        yield _info("snapshot", "What is served.", {"name": self._snapshot()})
        yield from self._requests()
        yield _counter("queries", "Queries that were evaluated.", ("outcome",), _keyed(self._queries))
        yield _counter("cache_requests", "Requests that could be cached.", ("result",), _keyed(self._cached))
        for unit, value in self._cache().items():
            yield GaugeMetricFamily(f"{_START}cache_{unit}", f"What the cache holds, in {unit}.", value)
        yield from self._lanes()
        yield from self._workers()
        yield CounterMetricFamily(f"{_START}log_dropped_lines", "Lines of the log that were lost.", self._dropped())

    def _requests(self) -> Iterator[Metric]:
        all_ = self._series.items()
        counts = {
            (template, method, str(status)): number
            for template, series in all_
            for (method, status), number in series.requests.items()
        }
        yield _counter("requests", "Requests.", ("route", "method", "status"), counts)
        sizes = {(template,): series.bytes for template, series in all_}
        yield _counter("response_bytes", "Bytes of answers.", ("route",), sizes)
        family = HistogramMetricFamily(f"{_START}request_seconds", "Seconds to the last byte.", labels=("route",))
        for template, series in all_:
            buckets = list(zip(_BUCKETS, accumulate(series.counts), strict=True))
            family.add_metric([template], buckets, series.seconds)
        yield family

    def _lanes(self) -> Iterator[Metric]:
        lanes = {(pool, name): lane for pool, held in self._pools.items() for name, lane in held.lanes.items()}
        labels = ("pool", "lane")
        yield _gauge("lane_places", "Queries that may run at once.", labels, {k: v.size for k, v in lanes.items()})
        yield _gauge("lane_running", "Queries that run.", labels, {k: v.runs for k, v in lanes.items()})
        yield _gauge("lane_waiting", "Queries that wait.", labels, {k: v.waits for k, v in lanes.items()})

    def _workers(self) -> Iterator[Metric]:
        pools, labels = self._pools.items(), ("pool",)
        yield _gauge("workers", "Worker processes.", labels, {(name,): len(pool.pids) for name, pool in pools})
        yield _counter("workers_started", "Worker processes started.", labels, {(n,): p.started for n, p in pools})
        held = {(name,): sum(map(_resident, pool.pids)) for name, pool in pools}
        yield _gauge("workers_resident_memory_bytes", "Memory that worker processes take.", labels, held)


def _keyed(counts: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    return {(key,): value for key, value in counts.items()}


def _info(name: str, about: str, labels: Mapping[str, str]) -> Metric:
    return InfoMetricFamily(f"{_START}{name}", about, dict(labels))


def _counter(name: str, about: str, labels: Iterable[str], values: _Values) -> Metric:
    family = CounterMetricFamily(f"{_START}{name}", about, labels=list(labels))
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _gauge(name: str, about: str, labels: Iterable[str], values: _Values) -> Metric:
    family = GaugeMetricFamily(f"{_START}{name}", about, labels=list(labels))
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _resident(pid: int) -> int:
    """Bytes of memory that a process takes, zero where it has ended or the platform does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return 1024 * int((status.partition("VmRSS:")[2].split() or ["0"])[0])
