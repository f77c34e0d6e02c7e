"""SERVICE and LOAD: what is allowed is asked, by us; nothing else is, whatever is written."""

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kg.address import ForbiddenError, Reach
from kg.errors import ContentError, UsageError
from kg.graph.federation import ServiceError, forwarding
from kg.graph.store import PREFIXES, memory_store, query, read_results, serialize_results
from kg.web.limits import Limits

Serving = Callable[..., tuple[subprocess.Popen[str], str]]
Writing = Callable[..., AbstractContextManager[TestClient]]

ROWS = json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"type": "literal", "value": "far"}}]}})
TURTLE = "<#a> <http://e/p> <b> ."
SECRET = "secret-of-this-machine"


class Listener:
    """Answers on loopback, and notes what it was asked. url: its address. asked: paths, in order. told: bodies."""

    def __init__(self, family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> None:
        """Begin to answer."""
        self.asked: list[str] = []
        self.told: list[bytes] = []
        self.leads: dict[str, str] = {}
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.asked.append(self.path)
                listener.told.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                listener._answer(self)

            do_POST = do_GET  # noqa: N815 - as the library has it

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            address_family = family
            daemon_threads = True

        self._server = Server((host, 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path
        status, kind, body = 200, "application/sparql-results+json", ROWS
        if path in self.leads:
            status, body = 307, ""
        elif path.startswith("/ttl"):
            kind, body = "text/turtle; charset=utf-8", TURTLE
        elif path.startswith("/broken"):
            status, body = 500, SECRET
        elif path.startswith("/odd"):
            body = "{"
        elif path.startswith("/hang"):
            handler.connection.recv(1)
            return
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        if path in self.leads:
            handler.send_header("Location", self.leads[path])
        if path.startswith("/endless"):
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(b" " * 1_000_000)
            except OSError:
                return
        handler.send_header("Content-Length", str(len(body) + 5 * path.startswith("/cut")))
        handler.end_headers()
        handler.wfile.write(body.encode())

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """One on 127.0.0.1."""
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def listeners(listener: Listener) -> Iterator[list[Listener]]:
    """One on 127.0.0.1, one on ::1, and one that IPv4-mapped addresses reach."""
    more = [Listener(socket.AF_INET6, "::1")]
    try:
        mapped = Listener(socket.AF_INET6, "::ffff:127.0.0.1")
        more.append(mapped)
    except OSError:
        pass
    yield [listener, *more]
    for one in more:
        one.close()


def spellings(port: int) -> list[str]:
    """Ways to write an address of loopback."""
    hosts = [
        *("127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.0.1.", "2130706433", "0x7f000001"),
        *("0177.0.0.1", "0x7f.0.0.1", "017700000001", "0.0.0.0", "0", "[::1]", "[::ffff:127.0.0.1]", "[::]"),
        *("[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "user@127.0.0.1", "a:b@localhost", "127.0.0.2"),
        *("%31%32%37.0.0.1", "e.org@127.0.0.1", "①②⑦.0.0.1", socket.gethostname()),
    ]
    return [f"http://{host}:{port}/secret" for host in hosts]


def reached(listeners: list[Listener]) -> list[str]:
    """What any of them was asked."""
    return [path for listener in listeners for path in listener.asked]


def service(address: str, silent: str = "") -> str:
    """A query that asks another endpoint."""
    return f"SELECT * {{ SERVICE {silent} <{address}> {{ ?s ?p ?x }} }}"


def asked_by(client: TestClient | httpx.Client, text: str, **more: str) -> httpx.Response:
    """The response to a query."""
    response: httpx.Response = client.post("/sparql", data={"query": text, **more})
    return response


def change(client: TestClient, text: str) -> httpx.Response:
    """The response to an update."""
    response: httpx.Response = client.post("/sparql", data={"update": text})
    return response


@pytest.mark.parametrize("reach", [(), ("https://example.org/",)])
def test_nothing_on_this_machine_is_asked(listeners: list[Listener], writing: Writing, reach: tuple[str, ...]) -> None:
    """However it is written, SILENT or not; neither where nothing is allowed, nor where something else is."""
    with writing(Limits(reach=reach)) as client:
        for address in [each for one in listeners for each in spellings(one.port)]:
            for silent in ("", "SILENT"):
                response = asked_by(client, service(address, silent))
                assert response.status_code in {400, 403}, (address, response.text)
            assert change(client, f"LOAD <{address}>").status_code in {400, 403}, address
    assert [] == reached(listeners)


def test_no_clause_reaches_this_machine(listeners: list[Listener], writing: Writing, tmp_path: Path) -> None:
    """Neither a listener nor a file."""
    secret = tmp_path / "secret.ttl"
    secret.write_text(f'<http://e/s> <http://e/p> "{SECRET}" .')
    addresses = [f"{one.url}/secret" for one in listeners]
    addresses += [secret.as_uri(), f"file:{secret}", f"file://localhost{secret}", str(secret)]
    with writing(Limits(reach=("https://example.org/",))) as client:
        for address in addresses:
            for text in (
                service(address),
                service(address, "SILENT"),
                f"SELECT * FROM <{address}> {{ ?s ?p ?x }}",
                f"SELECT * FROM NAMED <{address}> {{ GRAPH ?g {{ ?s ?p ?x }} }}",
            ):
                response = asked_by(client, text)
                assert response.status_code in {200, 400, 403}
                assert SECRET not in response.text
            for name in ("default-graph-uri", "named-graph-uri"):
                for text in ("SELECT * { ?s ?p ?x }", "SELECT * { GRAPH ?g { ?s ?p ?x } }"):
                    assert SECRET not in asked_by(client, text, **{name: address}).text
            for method in ("GET", "HEAD", "DELETE"):
                response = client.request(method, "/store", params={"graph": address})
                assert response.status_code in {400, 404}, (method, address)
            for text in (
                f"LOAD <{address}>",
                f"LOAD SILENT <{address}> INTO GRAPH <http://e/loaded>",
                f"INSERT {{ <http://e/got> ?p ?x }} USING <{address}> WHERE {{ ?s ?p ?x }}",
                f"INSERT {{ <http://e/got> ?p ?x }} USING NAMED <{address}> WHERE {{ GRAPH ?g {{ ?s ?p ?x }} }}",
                f"INSERT {{ <http://e/got> ?p ?x }} WHERE {{ SERVICE <{address}> {{ ?s ?p ?x }} }}",
            ):
                assert change(client, text).status_code in {204, 400, 403}, (address, text)
            for name in ("using-graph-uri", "using-named-graph-uri"):
                text = "INSERT { <http://e/got> ?p ?x } WHERE { { ?s ?p ?x } UNION { GRAPH ?g { ?s ?p ?x } } }"
                response = client.post("/sparql", data={"update": text, name: address})
                assert response.status_code in {204, 400}, (address, name)
        there = asked_by(client, "ASK { { <http://e/got> ?p ?x } UNION { GRAPH <http://e/loaded> { ?s ?p ?x } } }")
        assert there.json()["boolean"] is False
    assert [] == reached(listeners)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0"])
def test_a_name_that_leads_here_is_refused_although_it_is_allowed(listener: Listener, host: str) -> None:
    """What a name leads to is looked at when it is known, and reached only where it is written by number."""
    address = f"http://{host}:{listener.port}/sparql"
    with pytest.raises(ForbiddenError):
        Reach.of([address]).resolve(address)
    written = Reach.of([address, "127.0.0.0/8", "0.0.0.0/8", "::1/128"])
    assert written.resolve(address)


@pytest.mark.parametrize(
    "number",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"),
        *("0.0.0.0", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "fec0::1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::1"),
        "2001:0:102:304:0:ffff:80ff:fffe",
    ],
)
def test_numbers_that_are_not_public(number: str) -> None:
    """Addresses of this machine, of the network around it and of no machine are refused, also inside of others."""
    host = f"[{number}]" if ":" in number else number
    assert not Reach(("https://e.org/",))._may_be(number)
    assert Reach((f"http://{host}/",))._may_be(number)


@pytest.mark.parametrize(
    "number", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "64:ff9b::808:808"]
)
def test_numbers_that_are_public(number: str) -> None:
    """An allowed name may lead there."""
    assert Reach(("https://e.org/",))._may_be(number)


@pytest.mark.parametrize(
    "entry", ["example.org", "ftp://example.org/", "file:///etc", "", "http://a:b@e.org/", "s3://b/"]
)
def test_what_cannot_be_allowed(entry: str) -> None:
    """An entry that would allow nothing is an error."""
    with pytest.raises(UsageError, match="allowed"):
        Reach.of([entry])


def test_an_endpoint_that_is_allowed_is_asked(listener: Listener, writing: Writing) -> None:
    """By its address or by a prefix; the answer is not kept. Only so much of the address as is allowed."""
    with writing(Limits(reach=(f"{listener.url}/sparql",))) as client:
        for text in (
            service(f"{listener.url}/sparql"),
            f"PREFIX e: <{listener.url}/> SELECT * {{ SERVICE e:sparql {{ ?s ?p ?x }} }}",
            f"SELECT * {{ service silent<{listener.url.replace('h', chr(92) + 'u0068', 1)}/sparql>{{ ?s ?p ?x }} }}",
        ):
            response = asked_by(client, text)
            assert (200, "far") == (response.status_code, response.json()["results"]["bindings"][0]["x"]["value"])
            assert "no-store" == response.headers["cache-control"]
        assert ["/sparql"] * 3 == listener.asked
        for other in ("/", "/sparql2", "/sparql/../x", "/sparql/%2e%2e/x"):
            assert 403 == asked_by(client, service(listener.url + other, "SILENT")).status_code
        assert ["/sparql"] * 3 == listener.asked


def test_service_within_service_is_asked_by_the_other_endpoint(listener: Listener, writing: Writing) -> None:
    """It is told whom the query names, not where this server would ask them; both must be allowed."""
    inner = f"{listener.url}/inner"
    with writing(Limits(reach=(f"{listener.url}/outer", inner))) as client:
        text = "SELECT * { SERVICE <%s> { ?s ?p ?x OPTIONAL { SERVICE SILENT <%s> { ?x ?y ?z } } } }"
        assert 200 == asked_by(client, text % (f"{listener.url}/outer", inner)).status_code
        assert 403 == asked_by(client, text % (f"{listener.url}/outer", f"{listener.url}/else")).status_code
    assert ["/outer"] == listener.asked
    assert 1 == listener.told[0].count(f"SERVICE SILENT <{inner}>".encode())


def test_a_variable_asks_nobody(listener: Listener, writing: Writing) -> None:
    """Whom a query asks is known before it is evaluated."""
    with writing(Limits(reach=(listener.url,))) as client:
        for silent in ("", "SILENT "):
            values = f"VALUES ?e {{ <{listener.url}/> }}"
            response = asked_by(client, f"SELECT * {{ {values} SERVICE {silent}?e {{ ?s ?p ?x }} }}")
            assert 403 == response.status_code
            assert "SERVICE ?e" in response.json()["detail"]
    assert [] == listener.asked


def test_silent_is_for_failures_alone(listener: Listener, writing: Writing) -> None:
    """Who fails is told as 502, or passed over; who is not allowed is refused either way, after a redirect too."""
    other = Listener()
    listener.leads = {
        "/away": f"{other.url}/secret",
        "/named": f"http://localhost:{other.port}/secret",
        "/file": "file:///etc/hostname",
        "/inside": "/sparql",
        "/round": "/round",
    }
    try:
        with writing(Limits(reach=(listener.url,))) as client:
            for path in ("/broken", "/odd", "/cut", "/round", "/endless"):
                response = asked_by(client, service(listener.url + path))
                assert (502, SECRET in response.text) == (response.status_code, False), (path, response.text)
                assert 200 == asked_by(client, service(listener.url + path, "SILENT")).status_code
            for path in ("/away", "/named", "/file"):
                for silent in ("", "SILENT"):
                    response = asked_by(client, service(listener.url + path, silent))
                    assert 403 == response.status_code, (path, silent, response.text)
                    assert 403 == change(client, f"LOAD {silent} <{listener.url}{path}>").status_code
            assert 200 == asked_by(client, service(f"{listener.url}/inside")).status_code
        assert [] == other.asked
    finally:
        other.close()


def test_no_redirect_reaches_this_machine(listeners: list[Listener], writing: Writing, tmp_path: Path) -> None:
    """From a host that is allowed to one that is not, in IPv4, IPv6, IPv4 within IPv6, and by name; nor to a file."""
    secret = tmp_path / "secret.ttl"
    secret.write_text(f'<http://e/s> <http://e/p> "{SECRET}" .')
    door = Listener()
    hosts = ("localhost", "0", "127.0.0.2", "[::ffff:7f00:1]", "[::1]")
    places = [f"{one.url}/secret" for one in listeners]
    places += [f"http://{host}:{one.port}/secret" for host in hosts for one in listeners]
    places += [secret.as_uri(), f"//localhost:{listeners[0].port}/secret"]
    door.leads = {f"/{number}": place for number, place in enumerate(places)}
    # A name may be allowed, but where it leads is not.
    named = tuple(f"http://0:{one.port}/" for one in listeners)
    try:
        with writing(Limits(reach=(door.url, *named))) as client:
            for path in door.leads:
                response = asked_by(client, service(door.url + path))
                assert (403, False) == (response.status_code, SECRET in response.text), (path, response.text)
                assert 403 == change(client, f"LOAD <{door.url}{path}> INTO GRAPH <http://e/loaded>").status_code
            assert not asked_by(client, "ASK { GRAPH <http://e/loaded> { ?s ?p ?x } }").json()["boolean"]
        assert 2 * len(places) == len(door.asked)
    finally:
        door.close()
    assert [] == reached(listeners)


def test_documents_are_loaded(listener: Listener, writing: Writing) -> None:
    """From where they are, whose address their relative IRIs start from; all or nothing, in the order of the update."""
    with writing(Limits(reach=(listener.url,))) as client:
        loaded = f"LOAD <{listener.url}/ttl/x> INTO GRAPH <http://e/g> ; INSERT DATA {{ <http://e/a> <http://e/b> 1 }}"
        assert 204 == change(client, loaded).status_code
        ask = f"ASK {{ GRAPH <http://e/g> {{ <{listener.url}/ttl/x#a> <http://e/p> <{listener.url}/ttl/b> }} }}"
        assert asked_by(client, ask).json()["boolean"]
        for path in ("/broken", "/sparql", "/cut", "/endless"):
            response = change(client, f"DROP GRAPH <http://e/g> ; LOAD <{listener.url}{path}>")
            assert 502 == response.status_code, (path, response.text)
            assert asked_by(client, ask).json()["boolean"]
        assert 204 == change(client, f"LOAD SILENT <{listener.url}/broken>").status_code
        inserted = f"INSERT {{ <http://e/n> <http://e/p> ?x }} WHERE {{ SERVICE <{listener.url}/q> {{ ?s ?p ?x }} }}"
        assert 204 == change(client, inserted).status_code
        assert asked_by(client, 'ASK { <http://e/n> <http://e/p> "far" }').json()["boolean"]


def test_a_change_that_was_refused_leaves_nothing(listener: Listener, writing: Writing) -> None:
    """Also where the store has made it already, because it was SILENT."""
    listener.leads = {"/away": "http://localhost:1/"}
    with writing(Limits(reach=(listener.url,))) as client:
        text = f"INSERT DATA {{ <http://e/was> <http://e/b> 1 }} ; LOAD SILENT <{listener.url}/away>"
        assert 403 == change(client, text).status_code
        assert 204 == change(client, "INSERT DATA { <http://e/is> <http://e/b> 1 }").status_code
        assert asked_by(client, "ASK { <http://e/was> ?p ?o }").json()["boolean"] is False


def test_a_mistake_has_its_place_in_the_query_as_it_was_written(listener: Listener, writing: Writing) -> None:
    """The address of the forwarder is nowhere to be seen."""
    with writing(Limits(reach=(listener.url,))) as client:
        wrong = f"SELECT * {{\n  SERVICE <{listener.url}/> {{ ?s ?p ?x }} ?s nope:p ?o }}"
        response = asked_by(client, wrong)
        assert 400 == response.status_code
        told = response.json()
        assert (2, wrong.split("\n")[1].index("nope") + 1) == (told["line"], told["column"])
        assert wrong.split("\n")[1] in response.text.replace("\\/", "/")


def test_a_service_that_hangs_ends_with_its_query(listener: Listener, serving: Serving) -> None:
    """504 at the limit; many of them leave the places of other queries alone."""
    _, url = serving(seconds=2, reach=[listener.url])
    with httpx.Client(base_url=url, timeout=30) as client:
        point = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label }"
        assert 200 == asked_by(client, point).status_code
        threads = [
            threading.Thread(
                target=httpx.get,
                args=(f"{url}sparql?query={quote(service(f'{listener.url}/hang/{n}'))}",),
                kwargs={"timeout": 30},
            )
            for n in range(40)
        ]
        for thread in threads:
            thread.start()
        assert [200] * 20 == [asked_by(client, f"{point} #{n}").status_code for n in range(20)]
        for thread in threads:
            thread.join()
        assert 504 == asked_by(client, service(f"{listener.url}/hang")).status_code
        assert 200 == asked_by(client, point).status_code


def test_another_server_answers_a_part(serving: Serving) -> None:
    """A query of one server is answered together with a second one."""
    _, far = serving()
    _, near = serving(reach=[f"{far}sparql"])
    lighthouse = "<https://w3id.org/pressgraph/id/lighthouse>"
    text = f"SELECT ?label {{ SERVICE <{far}sparql> {{ {lighthouse} ?p ?label }} ?s ?p ?label }}"
    with httpx.Client(base_url=near, timeout=30) as client:
        response = asked_by(client, text)
    assert 200 == response.status_code
    assert response.json()["results"]["bindings"]


FRAGMENTS = st.sampled_from(
    [
        *("SERVICE", "SERVICE ", "SILENT", "SILENT ", "<ALLOWED>", "<TARGET>", "a:x", "?e", "{}", "{", "}", " ", "\n"),
        *("#", "'", '"', '"""', "\\", "PREFIX a:<TARGET>", "PREFIX a:<ALLOWED>", "BASE <TARGET>", "<x>", "ex:SILENT"),
        *("VALUES ?e{<TARGET>}", "FILTER(", ")", "OPTIONAL", "GRAPH ", "?s ?p ?o", ".", "SERVICEa:x", "SILENTa:x"),
    ]
)


@given(st.lists(FRAGMENTS, max_size=8), st.lists(FRAGMENTS, max_size=3))
def test_whatever_is_written_asks_only_what_is_allowed(inside: list[str], before: list[str]) -> None:
    """Evaluated with an allow list, no text asks another address: port 9 is refused by the store's client itself,
    so that the way there would show as an error that names it.
    """
    target, allowed = "http://127.0.0.1:9/", "http://127.0.0.1:1/sparql"
    text = f"{' '.join(before)} SELECT * {{ {''.join(inside)} }}".replace("TARGET", target).replace("ALLOWED", allowed)
    store = memory_store(b"<http://e/a> <http://e/p> <http://e/a> .")
    told = ""
    try:
        with forwarding(text, Reach((allowed,)), PREFIXES, "query") as asked:
            serialize_results(query(store, asked.text, base=target, origin=asked.origin), "json", BytesIO())
    except ServiceError as error:
        told = error.problems[0].message
    except (ContentError, UsageError):
        pass
    assert target not in told


def test_what_the_listener_answers_can_be_read() -> None:
    """Else the tests above would show nothing."""
    assert 1 == len(list(read_results(ROWS.encode(), "json")))  # type: ignore[arg-type]
