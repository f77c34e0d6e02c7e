"""Connections that take more than their share, over HTTP against a server in a process of its own."""

import contextlib
import gzip
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

CHUNKED = (
    b"POST /%s HTTP/1.1\r\nHost: e\r\nContent-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def connect(url: str) -> socket.socket:
    """A connection to the server."""
    address = httpx.URL(url)
    return socket.create_connection((address.host, address.port or 80), timeout=30)


def received(connection: socket.socket) -> bytes:
    """All that comes on a connection until it ends."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(1 << 20):
            pieces.append(piece)
    return b"".join(pieces)


def pour(connection: socket.socket, pieces: Iterator[bytes]) -> int:
    """Send until the other end takes no more; how many bytes it took."""
    sent = 0
    with contextlib.suppress(OSError):
        for piece in pieces:
            connection.sendall(piece)
            sent += len(piece)
    return sent


def memory(process: subprocess.Popen[str]) -> int:
    """The most bytes that a process took so far."""
    return 1024 * int(Path(f"/proc/{process.pid}/status").read_text().partition("VmHWM:")[2].split()[0])


def test_idle_connections_make_room(serving: Serving) -> None:
    """1,000 that say nothing keep nobody out: the oldest of them are closed."""
    _, url = serving(connections=100)
    with ExitStack() as opened:
        idle = [opened.enter_context(connect(url)) for _ in range(1000)]
        assert "ok\n" == httpx.get(f"{url}health", timeout=30).text
        assert b"" == received(idle[0])
        idle[-1].sendall(b"GET /health HTTP/1.0\r\n\r\n")
        assert received(idle[-1]).endswith(b"ok\n")


def keep_busy(url: str, opened: ExitStack) -> None:
    """Let two connections wait for answers that do not come soon."""
    slow = quote(f"SELECT (COUNT(*) AS ?n) {{ {' '.join(f'?a{n} ?b{n} ?c{n} .' for n in range(9))} }}")
    for number in range(2):
        connection = opened.enter_context(connect(url))
        connection.sendall(f"GET /sparql?query={slow}%23{number} HTTP/1.1\r\nHost: e\r\n\r\n".encode())
    time.sleep(0.5)


def test_connections_that_wait_for_an_answer_are_not_closed(serving: Serving) -> None:
    """Where all are under way, a newcomer is told to come again; when one is done, there is room."""
    _, url = serving(connections=2, seconds=60)
    with ExitStack() as opened:
        keep_busy(url, opened)
        with connect(url) as refused:
            answer = received(refused)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: " in answer
    for _ in range(50):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}health", timeout=30).status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail("nobody is let in again")


def test_one_client_has_its_share(serving: Serving) -> None:
    """Who has as many as one may have is refused, others are not; a proxy has those of many."""
    for proxies, expected in (([], b"HTTP/1.1 503 "), (None, b"")):
        _, url = serving(each=2, seconds=60, **({} if proxies is None else {"proxies": proxies}))
        with ExitStack() as opened:
            keep_busy(url, opened)
            with connect(url) as third:
                third.settimeout(1)
                answer = b""
                with contextlib.suppress(TimeoutError):
                    answer = received(third)
        assert expected == answer[: len(expected) or None]


def test_many_requests_at_once_are_answered_in_order(serving: Serving) -> None:
    """Pipelined: what is kept, what is not, and what is wrong."""
    _, url = serving()
    kept = "/sparql?query=ASK%7B%7D"
    assert httpx.get(url + kept[1:]).json()["boolean"]
    paths = ["/sparql?query=ASK%7B%7D%23", *[kept] * 2000, "/nothing", *[kept] * 10]
    requests = b"".join(
        f"GET {path} HTTP/1.1\r\nHost: {httpx.URL(url).netloc.decode()}\r\n\r\n".encode() for path in paths
    )
    with connect(url) as connection:
        connection.sendall(requests + b"GET /health HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")
        answers = received(connection).split(b"HTTP/1.1 ")[1:]
    assert [b"404"] == [answer[:3] for answer in answers if answer[:3] != b"200"]
    assert (len(paths) + 1, b"404") == (len(answers), answers[2001][:3])
    assert answers[-1].endswith(b"ok\n")


def test_who_asks_without_reading_takes_no_memory(serving: Serving) -> None:
    """Answers that nobody takes are not made."""
    process, url = serving(receiving=2)
    query = quote("SELECT * { VALUES ?x {" + ' "a"' * 5000 + "} }")
    request = f"GET /sparql?query={query} HTTP/1.1\r\nHost: {httpx.URL(url).netloc.decode()}\r\n\r\n".encode()
    assert 200 == httpx.get(f"{url}sparql?query={query}").status_code
    before = memory(process)
    with connect(url) as connection:
        connection.settimeout(1)
        pour(connection, (request for _ in range(3000)))
        assert "ok\n" == httpx.get(f"{url}health", timeout=30).text
    assert memory(process) - before < 60_000_000


@pytest.mark.parametrize("header", [b"GET /%s", b"GET / HTTP/1.1\r\nx: %s", b"GET / HTTP/1.1\r\n%s"])
def test_a_header_without_end_is_not_kept(serving: Serving, header: bytes) -> None:
    """Its connection ends long before it takes memory: an address, one field, or many."""
    process, url = serving(receiving=60)
    before = memory(process)
    start, _, _ = header.partition(b"%s")
    piece = b"x: y\r\n" * 10_000 if header.endswith(b"\n%s") else b"a" * 60_000
    with connect(url) as connection:
        connection.sendall(start)
        assert pour(connection, (piece for _ in range(1000))) < 30_000_000
    assert memory(process) - before < 60_000_000
    assert "ok\n" == httpx.get(f"{url}health", timeout=30).text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /?%s HTTP/1.1\r\nHost: e\r\n\r\n" % (b"a" * 400_000), b"414"),
        (b"GET / HTTP/1.1\r\nHost: e\r\nx: %s\r\n\r\n" % (b"a" * 80_000), b"431"),
        (b"GET / HTTP/1.1\r\nHost: e\r\n%s\r\n" % (b"x: yyyyyyyy\r\n" * 20_000), b"431"),
    ],
)
def test_a_header_that_is_too_long_is_told(serving: Serving, request_: bytes, status: bytes) -> None:
    """By its own status, and the connection is closed; who is next is answered."""
    _, url = serving()
    with connect(url) as connection:
        pour(connection, iter([request_]))
        assert received(connection)[9:12] in {status, b""}
    assert "ok\n" == httpx.get(f"{url}health", timeout=30).text


def test_a_long_query_may_be_in_the_address(serving: Serving) -> None:
    """Nearly as long as the parser takes."""
    _, url = serving()
    with connect(url) as connection:
        query = quote("ASK {} #" + "ü" * 10_000)
        connection.sendall(f"GET /sparql?query={query} HTTP/1.0\r\nAccept: text/csv, */*\r\n\r\n".encode())
        assert received(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("path", [b"sparql", b"nothing", b"health"])
def test_a_body_without_end_ends(serving: Serving, path: bytes) -> None:
    """It is not kept, and its client is left."""
    process, url = serving(receiving=2)
    before = memory(process)
    with connect(url) as connection:
        connection.sendall(CHUNKED % path)
        pour(connection, (b"10000\r\n" + b"#" * 65536 + b"\r\n" for _ in iter(int, 1)))
    assert memory(process) - before < 60_000_000
    assert "ok\n" == httpx.get(f"{url}health", timeout=30).text


@pytest.mark.parametrize("start", [b"0\r\nx: ", b"0\r\n", b"1;x="], ids=["a field", "fields", "an extension"])
def test_what_stands_around_chunks_is_not_kept(serving: Serving, start: bytes) -> None:
    """Fields behind the body, and what a chunk says of itself: without end, their connection ends as by a header."""
    process, url = serving(receiving=60)
    before = memory(process)
    piece = b"x: y\r\n" * 10_000 if start.endswith(b"\n") else b"a" * 60_000
    with connect(url) as connection:
        connection.sendall(CHUNKED % b"sparql" + b"5\r\nASK{}\r\n" + start)
        assert pour(connection, (piece for _ in range(1000))) < 30_000_000
    assert memory(process) - before < 60_000_000
    assert "ok\n" == httpx.get(f"{url}health", timeout=30).text


def test_a_field_behind_the_body_is_none_of_the_header(serving: Serving) -> None:
    """It decides nothing about the answer, which is given all the same."""
    _, url = serving()
    head = (CHUNKED % b"sparql").replace(b"Host: e\r\n", b"Host: e\r\nConnection: close\r\n")
    with connect(url) as connection:
        connection.sendall(head + b"5\r\nASK{}\r\n0\r\nAccept: application/sparql-results+xml\r\n\r\n")
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"content-type: application/sparql-results+json" in answer


def test_compressed_bodies_are_refused(serving: Serving) -> None:
    """Nothing is unpacked: 415 tells that only what is not packed is taken."""
    process, url = serving()
    before = memory(process)
    for kind, text in (
        ("application/sparql-query", b"ASK {} #"),
        ("application/x-www-form-urlencoded", b"query=ASK+{}#"),
    ):
        body = gzip.compress(text + b" " * 100_000_000)
        headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
        response = httpx.post(f"{url}sparql", content=body, headers=headers, timeout=30)
        assert (415, "identity") == (response.status_code, response.headers["accept-encoding"])
    assert memory(process) - before < 30_000_000


def test_pages_wait_for_nobody(serving: Serving) -> None:
    """Pages, questions and IRIs of the data are answered while queries hold every place."""
    _, url = serving(seconds=30)
    slow = quote(f"SELECT (COUNT(*) AS ?n) {{ {' '.join(f'?a{n} ?b{n} ?c{n} .' for n in range(9))} }}")
    with ExitStack() as opened:
        for number in range(40):
            connection = opened.enter_context(connect(url))
            connection.sendall(f"GET /sparql?query={slow}%23{number} HTTP/1.1\r\nHost: e\r\n\r\n".encode())
        for path in ("", "questions", "id/lighthouse.html", "id/lighthouse.ttl", "health"):
            assert 200 == httpx.get(url + path, timeout=20, follow_redirects=True).status_code
