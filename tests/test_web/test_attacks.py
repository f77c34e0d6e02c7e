"""Attacks on a server in a process of its own.

Each ends within its limit and a second, the processes come to rest, the next client is answered, and no answer that
breaks off looks whole. That second is not stretched: nothing here takes so long that a busy machine would need more.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from urllib.parse import quote

import httpx
import pytest

from tests.test_web.observed import ENDLESS, POINT, STREAM, ask, children, drain, idle, raw

Serving = Callable[..., tuple[subprocess.Popen[str], str]]
Server = tuple[subprocess.Popen[str], str]

# Limits of the servers: seconds of a query, and of a request on its way.
SECONDS, RECEIVING = 2, 1
LATER = 60
_NUMBERS = count()


@dataclass(frozen=True)
class Outcome:
    """What a client made of an answer. status: 0 where there was none. whole: whether it reached its end."""

    status: int
    kind: str
    whole: bool


def outcome(connection: socket.socket) -> Outcome:
    """What comes on a connection, read by a client that holds to HTTP."""
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
    except (OSError, http.client.HTTPException):
        return Outcome(0, "", whole=False)
    try:
        while answer.read(1 << 20):
            pass
    except (OSError, http.client.HTTPException):
        return Outcome(answer.status, answer.headers.get_content_type(), whole=False)
    return Outcome(answer.status, answer.headers.get_content_type(), whole=True)


def connect(url: str) -> socket.socket:
    """A connection to the server."""
    address = httpx.URL(url)
    return socket.create_connection((address.host, address.port or 80), timeout=30)


def posted(url: str, pieces: Iterator[bytes], *, length: int | None = None) -> Outcome:
    """What becomes of a query that is sent in pieces. length: bytes that are promised; chunks where nothing is."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    head = f"POST /sparql HTTP/1.1\r\nHost: e\r\nContent-Type: application/sparql-query\r\n{framing}\r\n\r\n"
    with connect(url) as connection:
        # Who refuses a body need not read it to its end.
        with contextlib.suppress(OSError):
            connection.sendall(head.encode())
            for piece in pieces:
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if length is None else piece)
            connection.sendall(b"0\r\n\r\n" if length is None else b"")
        return outcome(connection)


@pytest.fixture(scope="module")
def hanging() -> Iterator[str]:
    """The address of a listener that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"


@pytest.fixture(scope="module")
def hasty(serving_all: Serving, hanging: str) -> Server:
    """A server with small limits, which may ask the listener."""
    return serving_all(seconds=SECONDS, receiving=RECEIVING, reach=[hanging])


@pytest.fixture(scope="module")
def patient(serving_all: Serving) -> Server:
    """A server on which nothing ends by its limit while a test runs."""
    return serving_all(seconds=LATER)


@contextlib.contextmanager
def ending(server: Server, seconds: float) -> Iterator[None]:
    """What is done inside ends within so many seconds and one more, with rest, and an answer for who is next."""
    process, url = server
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds + 1
    assert idle(process)
    started = time.monotonic()
    # Never asked before, so that a worker answers.
    assert ask(url, f"{POINT} # {next(_NUMBERS)}").status_code == 200
    assert time.monotonic() - started < seconds + 1


# What is asked -> statuses of which one is answered. A planner may be done in time.
REFUSED = {
    "endless COUNT": (ENDLESS["count"], {504}),
    "ORDER BY over a Cartesian product": (ENDLESS["sort"], {504, 507}),
    "ORDER BY over all triples thrice": (
        "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?l",
        {504, 507},
    ),
    "hanging SERVICE": ("SELECT * { SERVICE <LISTENER> { ?s ?p ?o } }", {504}),
    "hanging SERVICE, SILENT": ("SELECT * { ?s ?p ?o SERVICE SILENT <LISTENER> { ?s ?p ?x } }", {504}),
    "list of 420 bytes": ("ASK { ?s ?p " + "(" * 210 + ")" * 210 + " }", {400}),
    "list as deep as is let through": (ENDLESS["nested list"], {200, 504}),
    "100 nested blank nodes": ("ASK { ?s ?p " + "[ ?p " * 100 + "1" + " ]" * 100 + " }", {400}),
    "blank nodes as deep as is let through": (ENDLESS["blank nodes"], {200, 504}),
    "chain of 300 patterns": ("ASK { " + " ".join(f"?s{n} ?p{n} ?s{n + 1} ." for n in range(300)) + " }", {400}),
    "chain as long as is let through": (ENDLESS["chain"], {200, 504}),
    "10,000 nested parentheses": ("ASK { FILTER(" + "(" * 10_000 + "1" + ")" * 10_000 + ") }", {400}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_query_that_would_stall_is_refused(hasty: Server, hanging: str, name: str) -> None:
    """By problem details, before anything of an answer is sent."""
    query, statuses = REFUSED[name]
    content = query.replace("LISTENER", hanging).encode()
    with ending(hasty, SECONDS):
        made = posted(hasty[1], iter([content]), length=len(content))
    assert made.status in statuses
    assert made.whole
    assert made.status == 200 or made.kind == "application/problem+json"


def test_an_endless_answer_is_cut(hasty: Server) -> None:
    """There is no last chunk: nobody takes it for all."""
    with ending(hasty, SECONDS), raw(hasty[1], STREAM) as connection:
        made = outcome(connection)
    assert Outcome(200, "text/csv", whole=False) == made


def test_an_endless_answer_is_cut_for_who_knows_no_chunks(hasty: Server) -> None:
    """HTTP/1.0 has an answer end with its connection: it is reset, which is no such end."""
    with ending(hasty, SECONDS), raw(hasty[1], STREAM, "1.0") as connection, pytest.raises(ConnectionResetError):
        drain(connection)


def test_an_endless_packed_answer_is_cut(hasty: Server) -> None:
    """What packs it does not end it either."""
    headers = {"Accept": "text/csv", "Accept-Encoding": "gzip"}
    with ending(hasty, SECONDS), pytest.raises(httpx.NetworkError):
        httpx.get(f"{hasty[1]}sparql?query={quote(STREAM)}", headers=headers, timeout=30)


@pytest.mark.parametrize("promised", [True, False])
def test_a_body_of_51_mb_is_refused(hasty: Server, promised: bool) -> None:  # noqa: FBT001 - a table
    """VALUES with its length, and in chunks: 413, or a connection that ends while it is sent."""
    piece = b" 1" * 500_000
    with ending(hasty, SECONDS):
        made = posted(hasty[1], (piece for _ in range(51)), length=51_000_000 if promised else None)
    assert made.status in {0, 413}


def test_a_client_that_leaves_ends_its_query(patient: Server) -> None:
    """Before the first byte and in mid-stream: the processes rest long before the limit."""
    with ending(patient, 1), raw(patient[1], ENDLESS["count"]):
        time.sleep(0.5)
    with ending(patient, 1), raw(patient[1], STREAM) as connection:
        connection.recv(100_000)


_HEAD = b"POST /sparql HTTP/1.1\r\nHost: e\r\nContent-Type: application/sparql-query\r\n"
SLOW = {
    "nothing": (b"", b""),
    "header": (b"GET /sp", b"a"),
    "field after field": (b"GET /sparql HTTP/1.1\r\nHost: e\r\n", b"x: y\r\n"),
    "body": (_HEAD + b"Content-Length: 1000\r\n\r\nASK {} ", b"#"),
    "chunks": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n#\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_request_that_dribbles_in_is_left(hasty: Server, name: str) -> None:
    """However little comes at a time, header and body have their seconds together, not each piece."""
    start, piece = SLOW[name]
    with ending(hasty, RECEIVING), connect(hasty[1]) as connection:
        connection.settimeout(0.1)
        connection.sendall(start)
        ended, given_up = False, time.monotonic() + RECEIVING + 2
        while not ended and time.monotonic() < given_up:
            with contextlib.suppress(TimeoutError):
                ended = _is_over(connection)
            with contextlib.suppress(OSError):
                connection.sendall(piece)


def _is_over(connection: socket.socket) -> bool:
    """Whether the other end is done with a connection."""
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /sp", _HEAD, _HEAD + b"Content-Length: 1000\r\n\r\nASK"])
def test_a_half_closed_connection_ends(patient: Server, sent: bytes) -> None:
    """A request that cannot become whole is not waited for, nor is its query begun."""
    with ending(patient, 0), connect(patient[1]) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert not outcome(connection).whole


def test_a_half_closed_connection_ends_its_query(patient: Server) -> None:
    """Who can say nothing more has left."""
    with ending(patient, 1), raw(patient[1], ENDLESS["count"]) as connection:
        time.sleep(0.5)
        connection.shutdown(socket.SHUT_WR)
        assert not outcome(connection).whole


def test_a_worker_that_is_killed_before_the_first_byte(patient: Server) -> None:
    """503 with Retry-After for whom it worked."""
    process, url = patient
    with raw(url, ENDLESS["count"]) as connection:
        time.sleep(0.5)
        with ending(patient, 1):
            for pid in children(process):
                os.kill(pid, signal.SIGKILL)
            made = outcome(connection)
    assert Outcome(503, "application/problem+json", whole=True) == made


def test_a_worker_that_is_killed_in_mid_stream(patient: Server) -> None:
    """The answer is cut, and looks so."""
    process, url = patient
    with raw(url, STREAM) as connection:
        connection.recv(1, socket.MSG_PEEK)
        with ending(patient, 1):
            for pid in children(process):
                os.kill(pid, signal.SIGKILL)
            made = outcome(connection)
    assert Outcome(200, "text/csv", whole=False) == made
