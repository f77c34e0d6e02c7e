"""What others see of a server while one client asks more than it can answer."""

import contextlib
import http.client
import math
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from benchmarks.endpoint.data import Data
from benchmarks.endpoint.memory import watching
from benchmarks.endpoint.servers import Running
from benchmarks.endpoint.shapes import SHAPES

__all__ = ["Fairness", "measure"]

MANY = 200
# Never done: each pair of triples, of which there are 10¹².
_ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE {{ ?a ?b ?c . ?d ?e ?f FILTER(?a != {number}) }}"
# Where another client asks from.
_OTHER = "127.0.0.2"
_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Fairness:
    """Milliseconds at the 95th percentile, infinite where there was no answer; what became of the slow queries.

    statuses: of those that were answered meanwhile. told: how many of status 503 said when to come back.
    """

    health_idle: float
    point_idle: float
    health: float
    point: float
    statuses: dict[str, int]
    told: int
    processes: int
    threads: int
    memory: float


@dataclass(slots=True)
class _Slow:
    """The slow queries. answers: the first bytes of what came back, by socket."""

    answers: dict[socket.socket, bytes] = field(default_factory=dict)


def measure(at: Running, data: Data, seconds: float, health: str) -> Fairness:
    """Measure a server that nobody else asks. health: path that tells that it is there."""
    health_idle, point_idle = _seen(at, data, seconds, health)
    with watching(at.pid) as peak, _slow(at) as slow:
        time.sleep(1)
        under_health, under_point = _seen(at, data, 2 * seconds, health)
        _hear(slow)
        heads = [answer.split(b"\r\n\r\n")[0].lower() for answer in slow.answers.values() if answer]
    statuses = Counter(head.split()[1].decode() for head in heads)
    told = sum(b" 503 " in head.partition(b"\r\n")[0] and b"\r\nretry-after:" in head for head in heads)
    return Fairness(
        health_idle,
        point_idle,
        under_health,
        under_point,
        dict(sorted(statuses.items())),
        told,
        peak.processes,
        peak.threads,
        peak.whole,
    )


@contextmanager
def _slow(at: Running) -> Iterator[_Slow]:
    """So many slow queries at once, none of which is read before its answer begins."""
    slow = _Slow()
    with contextlib.ExitStack() as stack:
        for number in range(MANY):
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", at.port)))
            plain.setblocking(False)  # noqa: FBT003 - the socket's own method
            query = quote(_ENDLESS.format(number=number), safe="")
            plain.send(f"GET {at.path}?query={query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            slow.answers[plain] = b""
        yield slow


def _hear(slow: _Slow) -> None:
    """Read what has arrived."""
    with selectors.DefaultSelector() as selector:
        for plain in slow.answers:
            selector.register(plain, selectors.EVENT_READ, plain)
        for key, _ in selector.select(0):
            plain = key.data
            with contextlib.suppress(OSError):
                slow.answers[plain] = plain.recv(4096)


def _seen(at: Running, data: Data, seconds: float, health: str) -> tuple[float, float]:
    """What another client waits for the health of the server, and for point queries, in turn."""
    shape = SHAPES["point"]
    number = time.time_ns()
    waits: tuple[list[float], list[float]] = ([], [])
    until = time.monotonic() + seconds
    connections = [_connection(at), _connection(at)]
    while time.monotonic() < until:
        number += 1
        for index, path in enumerate((health, f"{at.path}?query={quote(shape.query(data, number), safe='')}")):
            begun = time.perf_counter()
            try:
                connections[index].request("GET", path, headers={"Accept": shape.accept})
                with connections[index].getresponse() as response:
                    response.read()
                good = response.status < 300 or index == 0
            except (OSError, http.client.HTTPException):
                connections[index].close()
                connections[index], good = _connection(at), False
            waits[index].append((time.perf_counter() - begun) * 1000 if good else math.inf)
        time.sleep(0.005)
    return _p95(waits[0]), _p95(waits[1])


def _connection(at: Running) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", at.port, timeout=_PATIENCE, source_address=(_OTHER, 0))


def _p95(waits: list[float]) -> float:
    return sorted(waits)[max(0, math.ceil(len(waits) * 0.95) - 1)] if waits else math.inf
