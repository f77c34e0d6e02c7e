"""Queries that would stall a server, over HTTP against one in a process of its own: each ends, and nobody waits."""

import concurrent.futures
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

POINT = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label }"
_CROSS = " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(9))
_NUMBERS = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(60)))} }}" for n in range(6))
ENDLESS = {
    "count": f"SELECT (COUNT(*) AS ?n) {{ {_CROSS} }}",
    "sort": f"SELECT * {{ {_NUMBERS} }} ORDER BY ?v5",
    "nested list": "ASK { ?s ?p " + "(" * 60 + "1" + ")" * 60 + " }",
    "blank nodes": "ASK { ?s ?p " + "[ ?p " * 60 + "1" + " ]" * 60 + " }",
    "chain": "ASK { " + " ".join(f"?s{n} ?p{n} ?s{n + 1} ." for n in range(240)) + " }",
}
STREAM = f"SELECT * {{ {_NUMBERS} }}"


def ask(url: str, query: str, **more: str) -> httpx.Response:
    """The response to a query by GET."""
    return httpx.get(f"{url}sparql", params={"query": query, **more}, timeout=60)


def children(process: subprocess.Popen[str]) -> list[int]:
    """Numbers of the processes that a process started, itself left out."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in found.split()]


def busy(pids: list[int]) -> float:
    """CPU seconds that processes took."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def idle(process: subprocess.Popen[str]) -> bool:
    """Whether the server and its workers come to rest within 3 s."""
    for _ in range(6):
        try:
            pids = [process.pid, *children(process)]
            before = busy(pids)
            time.sleep(0.5)
            if busy(pids) - before < 0.1:
                return True
        except OSError:
            continue
    return False


@pytest.mark.parametrize("name", ENDLESS)
def test_a_query_without_end_ends(serving: Serving, name: str) -> None:
    """504 with problem details within the limit and a second, or an answer; then rest, and the next is answered."""
    process, url = serving(seconds=2)
    started = time.monotonic()
    response = ask(url, ENDLESS[name])
    assert time.monotonic() - started < 3
    if response.status_code != 200 or name in {"count", "sort"}:
        assert response.status_code == 504 or (name == "sort" and response.status_code == 507)
        assert response.headers["content-type"] == "application/problem+json"
    assert ask(url, POINT).status_code == 200
    assert idle(process)


def test_a_client_may_ask_for_less_time_not_for_more(serving: Serving) -> None:
    """`timeout` shortens the limit of the server; what is no number of seconds is refused."""
    _, url = serving(seconds=2)
    for asked, limit in (("0.5", 1.5), ("60", 3.0)):
        started = time.monotonic()
        assert ask(url, ENDLESS["count"], timeout=asked).status_code == 504
        assert time.monotonic() - started < limit
    for wrong in ("0", "-1", "soon", "nan", "inf"):
        assert ask(url, POINT, timeout=wrong).status_code == 400


def drain(connection: socket.socket) -> bytes:
    """The last of what comes on a connection until it ends."""
    received = b""
    while piece := connection.recv(1 << 20):
        received = received[-100:] + piece
    return received


def raw(url: str, query: str, version: str = "1.1", accept: str = "text/csv") -> socket.socket:
    """A connection on which a query has just been asked."""
    address = httpx.URL(url)
    connection = socket.create_connection((address.host, address.port or 80), timeout=30)
    head = f"GET /sparql?query={quote(query)} HTTP/{version}\r\nHost: {address.host}\r\nAccept: {accept}\r\n\r\n"
    connection.sendall(head.encode())
    return connection


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_stream_that_is_cut_never_looks_whole(serving: Serving, version: str) -> None:
    """Past the limit there is no last chunk, and the connection is reset, which HTTP/1.0 needs to tell."""
    _, url = serving(seconds=2)
    with raw(url, STREAM, version) as connection, pytest.raises(ConnectionResetError):
        drain(connection)


def test_a_client_that_leaves_ends_its_query(serving: Serving) -> None:
    """Before the first byte, in mid-stream, and half-closed: the CPU is idle again long before the limit."""
    process, url = serving(seconds=60)
    with raw(url, ENDLESS["count"]):
        time.sleep(0.5)
    with raw(url, STREAM) as connection:
        connection.recv(100_000)
    with raw(url, ENDLESS["count"]) as connection:
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.2)
        assert idle(process)
    assert ask(url, POINT).status_code == 200


def test_a_client_that_does_not_read_is_left(serving: Serving) -> None:
    """The worker waits for it, no memory grows, and it is cut off after a while."""
    process, url = serving(seconds=60, receiving=1)
    with raw(url, STREAM) as connection:
        time.sleep(1)
        status = Path(f"/proc/{process.pid}/status").read_text()
        time.sleep(2)
        assert idle(process)
        with pytest.raises(ConnectionResetError):
            drain(connection)
    assert int(status.partition("VmRSS:")[2].split()[0]) < 250_000


def test_a_client_that_says_little_is_left(serving: Serving) -> None:
    """A request that does not arrive in time ends its connection, head or body, whatever dribbles in."""
    _, url = serving(receiving=1)
    address = httpx.URL(url)
    post = b"POST /sparql HTTP/1.1\r\nHost: e\r\nContent-Type: application/sparql-query\r\nContent-Length: 99\r\n\r\nA"
    for start in (b"", b"GET /sp", post):
        with socket.create_connection((address.host, address.port or 80), timeout=5) as connection:
            connection.sendall(start)
            began = time.monotonic()
            drain(connection)
            assert time.monotonic() - began < 3


def test_a_worker_that_is_killed_is_replaced(serving: Serving) -> None:
    """Whoever it answers is told so, before the first byte by 503; the next is answered."""
    process, url = serving(seconds=60)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        asked = threads.submit(ask, url, ENDLESS["count"])
        time.sleep(1)
        for pid in children(process):
            os.kill(pid, signal.SIGKILL)
        response = asked.result()
    assert (503, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert response.headers["retry-after"]
    assert ask(url, POINT).status_code == 200
    with raw(url, STREAM) as connection:
        connection.recv(100_000)
        for pid in children(process):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(ConnectionResetError):
            drain(connection)
    assert ask(url, POINT).status_code == 200


@pytest.mark.parametrize("query", [ENDLESS["count"], STREAM, ENDLESS["nested list"]])
def test_no_worker_outlives_its_server(serving: Serving, query: str) -> None:
    """A server that is killed outright leaves no process behind, whatever they were at."""
    process, url = serving(seconds=60)
    with raw(url, query):
        time.sleep(0.5)
        pids = children(process)
        process.kill()
        process.wait()
        time.sleep(1)
    assert pids
    assert [pid for pid in pids if alive(pid)] == []


def test_memory_has_a_limit(serving: Serving) -> None:
    """A query that needs more than it may have is told so, and takes nothing else with it."""
    _, url = serving(seconds=60, megabytes=100)
    response = ask(url, ENDLESS["sort"])
    assert (507, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert ask(url, POINT).status_code == 200


def test_answers_have_a_limit(serving: Serving) -> None:
    """One that is not sent yet is refused, one under way is cut."""
    _, url = serving(answer=10_000)
    assert ask(url, "SELECT * { VALUES ?x {" + " 1" * 3000 + " } }").status_code == 507
    _, url = serving(answer=20_000_000)
    with raw(url, STREAM) as connection, pytest.raises(ConnectionResetError):
        drain(connection)


def test_many_slow_queries_stop_nobody(serving: Serving) -> None:
    """200 at once: some wait, the rest are refused with Retry-After; health and point queries go on; bounds hold."""
    process, url = serving(seconds=10)
    ask(url, POINT)
    with httpx.Client(timeout=60) as client, concurrent.futures.ThreadPoolExecutor(200) as threads:
        # One query asked by all at once would be evaluated once.
        slow = [threads.submit(ask, url, f"{ENDLESS['count']} # {number}") for number in range(200)]
        time.sleep(1)
        point = f"sparql?query={quote(POINT)}&nocache="
        answers = [client.get(f"{url}{path}").status_code for n in range(20) for path in ("health", f"{point}{n}")]
        under_way = sum(not future.done() for future in slow)
        running = len(children(process))
        tasks = len(list(Path(f"/proc/{process.pid}/task").iterdir()))
        statuses = [future.result().status_code for future in slow]
        refused = [future.result() for future in slow if future.result().status_code == 503]
    assert set(answers) == {200}
    assert under_way
    assert set(statuses) == {503, 504}
    assert all(response.headers["retry-after"] for response in refused)
    assert running < 20
    assert tasks < 60
