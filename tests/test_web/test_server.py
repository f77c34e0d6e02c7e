"""The server: a port in use, signals, and a slow query that stops nobody."""

import concurrent.futures
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from kg.errors import UsageError
from kg.web import serve
from kg.web.settings import Settings

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

_NUMBERS = [f"VALUES ?v{n} {{ {' '.join(map(str, range(40)))} }}" for n in range(6)]
STREAM = f"SELECT * {{ {' '.join(_NUMBERS[:3])} }}"
ENDLESS = f"SELECT * {{ {' '.join(_NUMBERS)} }}"
SECONDS_LONG = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(_NUMBERS[:4])} VALUES ?w {{ 1 2 3 4 }} }}"

# Joins that would go on for hours, and cannot be told to stop.
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o . ?p ?q ?r }"


def test_it_tells_its_address_when_it_answers(serving: Serving) -> None:
    """The address is told once, and answers at once."""
    _, url = serving()
    assert httpx.get(f"{url}health").text == "ok\n"
    assert httpx.get(f"{url}sparql", params={"query": "ASK {}"}).json() == {"head": {}, "boolean": True}


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_by_a_signal(serving: Serving, name: signal.Signals) -> None:
    """A signal ends the server cleanly: `serve` returns, the exit code is 0, nothing is printed."""
    process, _ = serving()
    process.send_signal(name)
    out, errors = process.communicate(timeout=10)
    assert (0, "left\n", "") == (process.returncode, out, errors)


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_what_is_under_way_is_answered(serving: Serving, name: signal.Signals) -> None:
    """After the signal nobody new is let in, idle connections are closed, and answers go on to their end."""
    process, url = serving(leaving=60)
    address = ("127.0.0.1", httpx.URL(url).port or 0)
    with (
        httpx.Client(base_url=url, timeout=60) as client,
        concurrent.futures.ThreadPoolExecutor() as threads,
        socket.create_connection(address) as idle,
        client.stream("GET", "sparql", params={"query": STREAM}, headers={"Accept": "text/csv"}) as stream,
    ):
        answer = threads.submit(client.get, "sparql", params={"query": SECONDS_LONG})
        time.sleep(0.3)
        assert not answer.done()
        process.send_signal(name)
        assert idle.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
        assert 64_001 == sum(1 for _ in stream.iter_lines())
        assert (200, "close") == (answer.result().status_code, answer.result().headers["connection"])
    out, errors = process.communicate(timeout=30)
    assert (0, "left\n", "") == (process.returncode, out, errors)


def test_what_does_not_end_is_broken_off(serving: Serving) -> None:
    """Past the limit, what has begun is visibly cut, what has not is told to come again, and the exit code is 0."""
    process, url = serving(leaving=1, log="none")
    with httpx.Client(base_url=url, timeout=60) as client, concurrent.futures.ThreadPoolExecutor() as threads:
        answer = threads.submit(client.get, "sparql", params={"query": SLOW})
        with client.stream("GET", "sparql", params={"query": ENDLESS}, headers={"Accept": "text/csv"}) as stream:
            process.send_signal(signal.SIGTERM)
            with pytest.raises(httpx.TransportError):
                sum(1 for _ in stream.iter_lines())
        assert (503, "5") == (answer.result().status_code, answer.result().headers["retry-after"])
        assert "the server is leaving\n" == answer.result().text
    out, errors = process.communicate(timeout=30)
    assert (0, "left\n", "") == (process.returncode, out, errors)


def test_a_second_signal_is_obeyed_at_once(serving: Serving) -> None:
    """Who is asked twice waits for nothing."""
    process, url = serving(leaving=600)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        answer = threads.submit(httpx.get, f"{url}sparql", params={"query": SLOW}, timeout=60)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert 503 == answer.result().status_code
    assert "left\n" == process.communicate(timeout=30)[0]


def test_a_slow_query_stops_nobody(serving: Serving) -> None:
    """While queries that never end run, other queries, pages and health answer at once."""
    _, url = serving()
    for _ in range(3):
        threading.Thread(target=_ask_quietly, args=(url, SLOW), daemon=True).start()
    time.sleep(0.5)
    for path in ("health", "", "id/lighthouse", "sparql?query=ASK%7B%7D"):
        started = time.monotonic()
        assert httpx.get(f"{url}{path}", headers={"Accept": "*/*"}, timeout=10).status_code in {200, 406}
        assert time.monotonic() - started < 5


def test_a_port_in_use_names_the_next_free_one(snapshot: Path) -> None:
    """The message says which port to take, and it can be taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} is in use; try --port \d+") as caught:
            serve(lambda: snapshot, Settings(port=port))
        free = int(str(caught.value).rsplit(maxsplit=1)[1])
        assert free > port
        socket.create_server(("127.0.0.1", free)).close()


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 8000), ("no.such.host.invalid", 8000), ("127.0.0.1", 70000)])
def test_an_address_that_cannot_be_bound(snapshot: Path, host: str, port: int) -> None:
    """It is told in one line."""
    with pytest.raises(UsageError):
        serve(lambda: snapshot, Settings(host=host, port=port))


def test_a_folder_that_is_no_snapshot(tmp_path: Path) -> None:
    """It is told in one line, and the port is given back."""
    with pytest.raises(UsageError):
        serve(lambda: tmp_path, Settings(port=0))


def _ask_quietly(url: str, query: str) -> None:
    try:
        httpx.get(f"{url}sparql", params={"query": query}, timeout=60)
    except httpx.HTTPError:
        return
