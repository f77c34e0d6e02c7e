"""A store elsewhere behind our endpoint and pages: real stores, and those that fail in every way."""

import json
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from kg.errors import Problems
from kg.graph.question import Question, read_questions
from kg.graph.remote import with_prologue
from kg.graph.store import PREFIXES
from kg.pipeline import build
from kg.project import DEFAULT_BASE, bundled
from kg.web import application
from kg.web.limits import LIMITS, Limits
from kg.web.pool.workers import Workers
from kg.web.remote import Upstream

HERE = Path(__file__).parent
OXIGRAPH = os.environ.get("OXIGRAPH") or shutil.which("oxigraph")
JSON = "application/sparql-results+json"
SELECT = "SELECT * { ?s ?p ?o }"
EMPTY = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'
QUESTIONS = sorted(path.stem for path in bundled().part("queries").glob("*.rq"))


def questions_in(folder: Path) -> list[Question]:
    """The questions of a folder."""
    problems = Problems()
    found = read_questions(folder, folder.parent, problems)
    problems.stop_if_any()
    return list(found)


@contextmanager
def in_front(
    address: str, queries: Path = HERE / "queries", limits: Limits = LIMITS, **more: Any
) -> Iterator[TestClient]:
    """A client of a server in front of a store elsewhere."""
    texts = {"en": "harbour: what is said of it", "fr": "port : ce qu’on en dit"}
    upstream = Upstream(address, DEFAULT_BASE, texts, texts, questions_in(queries), **more)
    app = application(upstream.current, limits, Workers(limits, limits.workers), upstream=upstream)
    with TestClient(app, follow_redirects=False) as client:
        yield client


@contextmanager
def oxigraph(nquads: Path, folder: Path) -> Iterator[str]:
    """The address of an `oxigraph serve` with the quads of a file."""
    if OXIGRAPH is None:
        pytest.skip("there is no oxigraph on the PATH, and OXIGRAPH does not name it")
    subprocess.run([OXIGRAPH, "load", "--location", folder, "--file", nquads], check=True, capture_output=True)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command: list[str | Path] = [OXIGRAPH, "serve-read-only", "--location", folder, "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as tried:
                if not tried.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/query"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module", params=["pressgraph", "oxigraph"])
def front(
    request: pytest.FixtureRequest, snapshot: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A client of a server in front of a store with the graph of the snapshot."""
    if request.param == "pressgraph":
        with in_front(request.getfixturevalue("behind")) as client:
            yield client
    else:
        with (
            oxigraph(snapshot / "graph.nq", tmp_path_factory.mktemp("oxigraph")) as address,
            in_front(address) as client,
        ):
            yield client


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The snapshot of the bundled project."""
    return build(bundled(), home=tmp_path_factory.mktemp("whole"), tell=lambda _: None).folder


@pytest.fixture(scope="module")
def beside(whole: Path) -> Iterator[TestClient]:
    """A client of the server of that snapshot."""
    with TestClient(application(lambda: whole), follow_redirects=False) as client:
        yield client


# ------------------------------------------------------------------------------------------------ same answers


@pytest.fixture(scope="module")
def bundled_front(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server in front of Oxigraph with the graph of the bundled project."""
    folder, queries = tmp_path_factory.mktemp("bundled"), bundled().part("queries")
    with oxigraph(whole / "graph.nq", folder) as address, in_front(address, queries) as client:
        yield client


@pytest.mark.parametrize("name", QUESTIONS)
def test_bundled_questions_have_the_same_answers(name: str, beside: TestClient, bundled_front: TestClient) -> None:
    """As the snapshot's own, in plain JSON with its labels, but for the name of the snapshot."""
    expected, answered = (client.get(f"/questions/{name}?format=json") for client in (beside, bundled_front))
    assert (200, {**expected.json(), "snapshot": ""}) == (answered.status_code, {**answered.json(), "snapshot": ""})


ASKED = {
    "relative": "SELECT ?o { <id/lighthouse> skos:prefLabel ?o } ORDER BY ?o",
    "own base": "BASE <https://w3id.org/> SELECT ?o { <pressgraph/id/lighthouse> skos:prefLabel ?o } ORDER BY ?o",
    "own prefix": "PREFIX skos: <http://e/>\nASK { ?s skos:prefLabel ?o }",
    "from": "SELECT ?s ?o FROM <graph/links> { ?s ?p ?o } ORDER BY ?s ?o",
    "from named": "SELECT ?s ?o FROM NAMED <graph/links> { GRAPH ?g { ?s ?p ?o } } ORDER BY ?s ?o",
    "unknown graph": "SELECT * FROM <http://e/unknown> { ?s ?p ?o }",
    "terms": 'SELECT * { VALUES (?a ?b ?c ?d) { ("01"^^xsd:integer "é\\"\\n"@fr-CA UNDEF <http://e/é>) } }',
    "ask": "ASK { <id/lighthouse> ?p ?o }",
    "no rows": "SELECT * { <id/nobody> ?p ?o }",
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("syntax", ["json", "xml", "csv", "tsv"])
def test_queries_have_the_same_answers(name: str, syntax: str, client: TestClient, front: TestClient) -> None:
    """Byte for byte, whatever the store behind sends."""
    if name == "ask" and syntax == "csv":
        syntax = "xml"
    parameters = {"query": ASKED[name], "format": syntax}
    expected, answered = (one.get("/sparql", params=parameters) for one in (client, front))
    assert (expected.status_code, expected.text) == (answered.status_code, answered.text)
    assert 200 == answered.status_code


@pytest.mark.parametrize("syntax", ["nt", "ttl", "rdf", "jsonld", "nq", "trig"])
def test_graphs_are_the_same(syntax: str, client: TestClient, front: TestClient) -> None:
    """A CONSTRUCT has the same lines, in whatever order."""
    parameters = {"query": "CONSTRUCT { ?s skos:prefLabel ?o } { ?s skos:prefLabel ?o }", "format": syntax}
    expected, answered = (one.get("/sparql", params=parameters) for one in (client, front))
    assert (expected.headers["content-type"], len(expected.content)) == (
        answered.headers["content-type"],
        len(answered.content),
    )
    assert sorted(expected.text.split()) == sorted(answered.text.split())


def test_graphs_of_the_request_are_those_of_the_store(client: TestClient, front: TestClient) -> None:
    """`default-graph-uri` and `named-graph-uri` are passed on."""
    asked = {"query": "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "default-graph-uri": f"{DEFAULT_BASE}graph/links"}
    expected, answered = (one.get("/sparql", params=asked, headers={"Accept": "text/csv"}) for one in (client, front))
    assert expected.text == answered.text
    assert len(answered.text.splitlines()) > 1


PAGES = ("/", "/questions", "/sparql", "/id/lighthouse", "/ns", "/dumps/", f"/sparql?query={SELECT}")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_there(path: str, front: TestClient) -> None:
    """Each page is made by queries, labels too."""
    answered = front.get(path, headers={"Accept": "text/html"})
    assert (200, "text/html; charset=utf-8") == (answered.status_code, answered.headers["content-type"])


@pytest.mark.parametrize("path", ["/id/lighthouse.json", "/ns.json"])
def test_descriptions_are_the_same(path: str, client: TestClient, front: TestClient) -> None:
    """With the same labels and statements, in whatever order, but for the name of the snapshot."""
    expected, answered = (one.get(path).json() for one in (client, front))
    assert expected["label"] == answered["label"]
    for section in ("recorded", "said", "mentioned", "content"):
        assert sorted(map(json.dumps, expected[section])) == sorted(map(json.dumps, answered[section]))


@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void"])
def test_counts_are_the_same(path: str, client: TestClient, front: TestClient) -> None:
    """The store is described by counting it."""
    expected, answered = (one.get(path, headers={"Accept": "application/n-triples"}).text for one in (client, front))
    sizes = [sorted(line for line in text.splitlines() if "void#triples" in line) for text in (expected, answered)]
    assert sizes[0] == sizes[1] != []


def test_graphs_can_be_read(front: TestClient) -> None:
    """Each at its own address; one that is not there is not found."""
    found = front.get("/store", params={"graph": f"{DEFAULT_BASE}graph/links"})
    missing = front.get("/store", params={"graph": "http://e/none"})
    assert (200, 404) == (found.status_code, missing.status_code)


# ---------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT * { ?s ?p }", 400),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403),
        ("SELECT * { SERVICE SILENT <http://e/> { ?s ?p ?o } }", 403),
        ("ASK " + "{" * 70 + "}" * 70, 400),
        ("INSERT DATA { <http://e/a> <http://e/b> <http://e/c> }", 400),
    ],
)
def test_what_is_refused_is_never_sent(query: str, status: int) -> None:
    """It is read here first, with the place of the fault, before the store is asked."""
    with fails(lambda _: pytest.fail("asked")) as (address, seen), in_front(address) as client:
        answered = client.get("/sparql", params={"query": query})
        assert (status, []) == (answered.status_code, seen)
        assert 1 == answered.json()["line"]


# ------------------------------------------------------------------------------------------------- what is kept


def test_answers_are_kept_for_a_while(behind: str) -> None:
    """For half their time here, for half with who has them; an ETag is of the content."""
    with in_front(behind, age=60) as client:
        first, second = (client.get("/sparql", params={"query": "ASK {}"}) for _ in range(2))
        assert ("max-age=30", "pressgraph; hit") == (first.headers["cache-control"], second.headers["cache-status"])
        known = client.get("/sparql", params={"query": "ASK {}"}, headers={"If-None-Match": first.headers["etag"]})
        assert 304 == known.status_code


def test_what_may_vary_is_not_kept(behind: str) -> None:
    """Nor is a refusal."""
    with in_front(behind) as client:
        for query in ("SELECT (RAND() AS ?n) {}", "SELECT"):
            assert "no-store" == client.get("/sparql", params={"query": query}).headers["cache-control"]


def test_what_changes_is_seen_in_time() -> None:
    """As soon as an answer may not be older, the store is asked again."""
    bodies = [b'{"head":{},"boolean":true}', b'{"head":{},"boolean":false}']
    with fails(lambda sent: sent(reply(bodies[0]))) as (address, seen), in_front(address, age=2) as client:
        asked = {"query": "ASK { ?s ?p ?o }"}
        assert client.get("/sparql", params=asked).json()["boolean"]
        bodies[0] = bodies[1]
        deadline = time.monotonic() + 6
        while client.get("/sparql", params=asked).json()["boolean"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert 2 <= len(seen) <= 6


# ----------------------------------------------------------------------------------------------------- failures

Send = Callable[[bytes], None]


class _Failing(socketserver.ThreadingTCPServer):
    """Reads a request, and lets a function answer."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    answer: Callable[[Send], object]
    seen: list[bytes]


class _Handler(socketserver.BaseRequestHandler):
    server: _Failing

    def handle(self) -> None:
        read = b""
        while b"\r\n\r\n" not in read:
            read += self.request.recv(65536)
        head, _, body = read.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        while len(body) < length:
            body += self.request.recv(65536)
        self.server.seen.append(head + b"\n" + body)
        try:
            self.server.answer(self.request.sendall)
        except OSError:
            self.server.seen.append(b"left")


@contextmanager
def fails(answer: Callable[[Send], object]) -> Iterator[tuple[str, list[bytes]]]:
    """The address of a store that answers so, and what it was asked; `left` where the other end is closed."""
    with _Failing(("127.0.0.1", 0), _Handler) as server:
        server.answer, server.seen = answer, []
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/sparql", server.seen
        server.shutdown()


def reply(body: bytes, kind: str = JSON, status: str = "200 OK", more: str = "", length: int | None = None) -> bytes:
    """An answer of HTTP."""
    told = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {told}\r\n\r\n".encode() + body


def _hang(send: Send, begun: bytes = b"") -> None:
    send(begun)
    time.sleep(20)


TRIPLES = "application/n-triples"
TRIPLE = b"<http://e/s> <http://e/p> <http://e/o> .\n"
CONSTRUCT = "CONSTRUCT WHERE { ?s ?p ?o }"
FAILURES: dict[str, tuple[Callable[[Send], object], int, str, str]] = {
    "hangs": (_hang, 504, "longer than 2 s", SELECT),
    "hangs in its header": (lambda send: _hang(send, b"HTTP/1.1 200 OK\r\n"), 504, "longer than 2 s", SELECT),
    "hangs in its answer": (lambda send: _hang(send, reply(EMPTY[:9], length=99)), 504, "2 s", SELECT),
    "says nothing": (lambda _: None, 502, "closed", SELECT),
    "is garbage": (lambda send: send(os.urandom(5000) + b"\r\n\r\n"), 502, "", SELECT),
    "is no JSON": (lambda send: send(reply(b"{]")), 502, "cannot be read", SELECT),
    "is cut": (lambda send: send(reply(EMPTY[:-2], length=len(EMPTY))), 502, "cut", SELECT),
    "ends early": (lambda send: send(reply(EMPTY[:-2])), 502, "cannot be read", SELECT),
    "is triples that are cut": (lambda send: send(reply(TRIPLE, TRIPLES, length=900)), 502, "cut", CONSTRUCT),
    "is triples without an end": (
        lambda send: send(b"HTTP/1.0 200 OK\r\nContent-Type: application/n-triples\r\n\r\n" + TRIPLE),
        502,
        "where its answer ends",
        CONSTRUCT,
    ),
    "is a page": (lambda send: send(reply(b"<html></html>", "text/html")), 502, "text/html", SELECT),
    "is of another kind": (lambda send: send(reply(b'{"head":{},"boolean":true}')), 502, "another kind", SELECT),
    "has a long header": (
        lambda send: send(b"HTTP/1.1 200 OK\r\nA: " + b"a" * 10_000_000 + b"\r\n\r\n"),
        502,
        "header line",
        SELECT,
    ),
    "has many headers": (
        lambda send: send(b"HTTP/1.1 200 OK\r\n" + b"A: a\r\n" * 100_000 + b"\r\n"),
        502,
        "headers",
        SELECT,
    ),
    "redirects to this machine": (
        lambda send: send(reply(b"", status="307 Moved", more="Location: http://127.0.0.1:1/\r\n")),
        502,
        "redirects to where it may not",
        SELECT,
    ),
    "redirects for ever": (
        lambda send: send(reply(b"", status="307 Moved", more="Location: /sparql\r\n")),
        502,
        "redirects too often",
        SELECT,
    ),
    "fails": (lambda send: send(reply(b"", status="500 Broken")), 502, "it answers 500", SELECT),
    "does not take it": (lambda send: send(reply(b"", status="400 Bad")), 422, "it answers 400", SELECT),
    "wants a login": (lambda send: send(reply(b"", status="401 Unauthorized")), 502, "it answers 401", SELECT),
    "is late": (lambda send: send(reply(b"", status="504 Late")), 504, "it answers 504", SELECT),
    "is packed": (lambda send: send(reply(EMPTY, more="Content-Encoding: br\r\n")), 502, "packed", SELECT),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_is_told_in_time(name: str) -> None:
    """With its reason, within the limit and a second, as problem details that nobody keeps."""
    answer, status, told, query = FAILURES[name]
    with fails(answer) as (address, _), in_front(address, limits=replace(LIMITS, seconds=2.0)) as client:
        client.get("/health")
        begun = time.monotonic()
        answered = client.get("/sparql", params={"query": query})
        assert (status, "application/problem+json") == (answered.status_code, answered.headers["content-type"])
        assert told in answered.json()["detail"]
        assert "no-store" == answered.headers["cache-control"]
        assert time.monotonic() - begun < 4


def test_nobody_there() -> None:
    """A store that does not listen is told of, by pages too."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with in_front(f"http://127.0.0.1:{port}/sparql") as client:
        for path in ("/sparql?query=ASK{}", "/id/lighthouse", "/.well-known/void"):
            answered = client.get(path)
            assert 502 == answered.status_code, path
        assert 200 == client.get("/questions").status_code


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        ("503 Busy", "Retry-After: 17\r\n", "17"),
        ("429 Slow down", "Retry-After: 120\r\n", "120"),
        ("503 Busy", "", "5"),
        ("503 Busy", "Retry-After: 99999999999\r\n", "5"),
        ("503 Busy", "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", "5"),
    ],
)
def test_who_is_busy_says_for_how_long(status: str, header: str, expected: str) -> None:
    """A Retry-After in seconds is passed on."""
    with fails(lambda send: send(reply(b"", status=status, more=header))) as (address, _), in_front(address) as client:
        answered = client.get("/sparql", params={"query": SELECT})
        assert (503, expected) == (answered.status_code, answered.headers["retry-after"])


ROW = b'{"s":{"type":"literal","value":"' + b"x" * 1000 + b'"}}'


def _many(send: Send, rows: int) -> None:
    send(b"HTTP/1.0 200 OK\r\nContent-Type: " + JSON.encode() + b"\r\n\r\n")
    send(b'{"head":{"vars":["s"]},"results":{"bindings":[' + ROW)
    for _ in range(rows):
        send(b"," + ROW)


def served(port: int, query: str) -> Iterator[bytes]:
    """The pieces of an answer of a server that listens."""
    asked: dict[str, Any] = {"params": {"query": query, "format": "tsv"}, "headers": {"Accept-Encoding": "identity"}}
    with httpx.stream("GET", f"http://127.0.0.1:{port}/sparql", **asked) as answered:
        assert 200 == answered.status_code
        yield from answered.iter_bytes()


@contextmanager
def listening(address: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`kg serve` in front of a store, in a process of its own, and its port."""
    environment = {**os.environ, "KG_LOGIN": "somebody:secret", "KG_SERVE_STORE": address}
    command = [sys.executable, "-m", "kg", "serve", "--port", "0", "--timeout", "20"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=environment, **pipes)
    try:
        assert process.stdout
        yield process, int(process.stdout.readline().split("/   ")[0].rpartition(":")[2])
    finally:
        process.kill()
        process.communicate()


def test_what_breaks_off_never_looks_whole() -> None:
    """Once the answer is begun, it is cut where the store's is: even as TSV, of which any line may be the last."""
    with (
        fails(lambda send: _many(send, 5000)) as (address, _),
        listening(address) as (_, port),
        pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)),
    ):
        list(served(port, SELECT))


def test_who_leaves_ends_the_query_of_the_store() -> None:
    """The store is hung up on as soon as nobody waits for it."""
    with fails(lambda send: _many(send, 10**9)) as (address, seen), listening(address) as (_, port):
        next(served(port, SELECT))
        deadline = time.monotonic() + 5
        while b"left" not in seen:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_the_login_is_sent_and_never_shown() -> None:
    """To the store, but in no list of processes, nor in their environment once they run."""
    with fails(lambda send: send(reply(EMPTY))) as (address, seen), listening(address) as (process, port):
        list(served(port, SELECT))
        assert b"Authorization: Basic c29tZWJvZHk6c2VjcmV0" in seen[-1]
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in (str(process.pid), *children):
            assert b"secret" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert not any(b"secret" in Path(f"/proc/{pid}/environ").read_bytes() for pid in children)


def test_the_login_is_sent_nowhere_else() -> None:
    """Another address that may be reached is asked without it."""
    with fails(lambda send: send(reply(EMPTY))) as (other, seen):
        moved = reply(b"", status="307 Moved", more=f"Location: {other}\r\n")
        limits = replace(LIMITS, reach=(other,))
        with (
            fails(lambda send: send(moved)) as (address, first),
            in_front(address, limits=limits, login="Bearer x") as client,
        ):
            assert 200 == client.get("/sparql", params={"query": SELECT}).status_code
        assert (True, False) == (b"Bearer x" in first[0], b"Bearer x" in seen[0])


def test_the_prologue_has_what_is_used() -> None:
    """Line breaks stay; what the query declares is its own."""
    text = "PREFIX rdf: <http://e/>\nASK { ?s rdf:type kg:Claim }"
    assert f"BASE <http://b/> PREFIX kg: <{PREFIXES['kg']}> {text}" == with_prologue(text, "http://b/", PREFIXES)
