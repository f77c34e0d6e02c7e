"""The Graph Store Protocol at /store, and at the addresses of the graphs."""

from typing import Any
from urllib.parse import quote

import pytest
import rdflib
from rdflib.compare import isomorphic
from starlette.testclient import TestClient

BASE = "https://w3id.org/pressgraph/"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
TURTLE = {"Content-Type": "text/turtle"}
LINKS = f"/store?graph={BASE}graph/links"
# A syntax that is read and written, its name in rdflib, and the same two triples in it.
_ONE = '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'
_LINES = f"<{BASE}graph/same/s> <http://e/p> _:x .\n_:x <http://e/p> {_ONE} .\n".encode()
_XML = b"""<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">
<r:Description r:about="s"><e:p r:parseType="Resource">
<e:p r:datatype="http://www.w3.org/2001/XMLSchema#integer">1</e:p>
</e:p></r:Description></r:RDF>"""
SYNTAXES = {
    "text/turtle": ("turtle", b"<s> <http://e/p> _:x . _:x <http://e/p> 1 ."),
    "application/n-triples": ("nt", _LINES),
    "application/trig": ("trig", b"{ <s> <http://e/p> _:x . _:x <http://e/p> 1 }"),
    "application/n-quads": ("nquads", _LINES),
    "application/ld+json": ("json-ld", b'{"@id": "s", "http://e/p": {"http://e/p": 1}}'),
    "application/rdf+xml": ("xml", _XML),
}


def triples(response: Any, syntax: str = "turtle") -> rdflib.Graph:
    """The graph of a response."""
    assert response.status_code == 200
    if syntax in {"trig", "nquads"}:
        dataset = rdflib.Dataset().parse(data=response.content, format=syntax)
        assert isinstance(dataset, rdflib.Graph)
        return dataset
    return rdflib.Graph().parse(data=response.content, format=syntax)


def own(name: str) -> str:
    """The address of the store for a graph of the project."""
    return f"/store?graph={BASE}graph/{name}"


# ------------------------------------------------------------------------------------------------- reading


def test_reading_is_always_on(client: TestClient) -> None:
    """The default graph, a named one, and a named one at its own address."""
    default = triples(client.get("/store?default"))
    assert (rdflib.URIRef(f"{BASE}id/lighthouse"), None, None) in default
    links = triples(client.get(LINKS))
    assert len(links) > 0
    assert isomorphic(links, triples(client.get("/graph/links", headers={"Accept": "text/turtle"})))
    assert not isomorphic(links, default)


@pytest.mark.parametrize("accept", SYNTAXES)
def test_a_graph_in_every_syntax(client: TestClient, accept: str) -> None:
    """Negotiated, and the same to another implementation."""
    response = client.get(LINKS, headers={"Accept": accept})
    assert response.headers["content-type"].partition(";")[0] == accept
    assert response.headers["access-control-allow-origin"] == "*"
    assert "Accept" in response.headers["vary"]
    found = triples(response, SYNTAXES[accept][0])
    assert {(s, p, o) for s, p, o, *_ in found} == set(triples(client.get(LINKS)))


def test_a_browser_reads(client: TestClient) -> None:
    """At the store the graph itself, at its own address its page."""
    assert client.get(LINKS, headers=BROWSER).headers["content-type"].startswith("text/turtle")
    assert client.get("/graph/links", headers=BROWSER).headers["content-type"].startswith("text/html")
    assert client.get("/graph/none", headers=BROWSER).status_code == 404


def test_head(client: TestClient) -> None:
    """As GET, without the content."""
    response = client.head(LINKS, headers={"Accept": "application/n-triples"})
    assert (200, "application/n-triples") == (response.status_code, response.headers["content-type"])
    assert response.content == b""
    assert client.head("/store?graph=http://e/none").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/store", 400),
        ("GET", "/store?graph=nope", 400),
        ("GET", "/store?graph=", 400),
        ("GET", "/store?default&graph=http://e/g", 400),
        ("GET", "/store?graph=http://e/g&graph=http://e/h", 400),
        ("GET", "/store?graph=http://e/none", 404),
        ("GET", "/graph/none", 404),
        ("GET", "/store?default&format=docx", 400),
        ("PATCH", "/store?default", 405),
        ("PATCH", "/graph/links", 405),
    ],
)
def test_reading_that_is_refused(client: TestClient, method: str, path: str, status: int) -> None:
    """Problem details say what to do."""
    response = client.request(method, path)
    assert (status, "application/problem+json") == (response.status_code, response.headers["content-type"])
    if status == 405:
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"


def test_406(client: TestClient) -> None:
    """A graph is no picture."""
    assert client.get("/store?default", headers={"Accept": "image/png"}).status_code == 406


# ------------------------------------------------------------------------------------------------- writing


def test_put_replaces(writer: TestClient) -> None:
    """201 where there was no such graph, 204 where there was; what was there before is gone."""
    for status, content in ((201, b"<> <http://e/p> 1, 2 ."), (204, b"<> <http://e/p> 3 .")):
        assert writer.put(own("put"), content=content, headers=TURTLE).status_code == status
        assert isomorphic(
            triples(writer.get(own("put"))), rdflib.Graph().parse(data=content, publicID=f"{BASE}graph/put")
        )


def test_post_adds(writer: TestClient) -> None:
    """201 where there was no such graph, 204 where there was; what was there before stays."""
    for status, number in ((201, 1), (204, 2)):
        response = writer.post(own("post"), content=f"_:b <http://e/p> {number} .", headers=TURTLE)
        assert (status, b"") == (response.status_code, response.content)
    assert len(triples(writer.get(own("post")))) == 2


def test_a_change_after_faults_of_every_kind(writer: TestClient) -> None:
    """What went wrong before does not hold the store."""
    update = {"Content-Type": "application/sparql-update"}
    for text in ("INSERT DATA {", "DROP GRAPH <none>", "LOAD <x>; CLEAR", "SELECT"):
        assert writer.post("/sparql", content=text, headers=update).status_code in {400, 409}
        path = "/sparql?using-graph-uri=http://e/g"
        assert writer.post(path, content="DELETE WHERE { ?s", headers=update).status_code == 400
        assert writer.delete("/store?graph=http://e/none").status_code == 404
        assert writer.put(own("after"), content=b"nonsense", headers=TURTLE).status_code == 400
        assert writer.put(own("after"), content=b"", headers=TURTLE).status_code in {201, 204}


def test_delete(writer: TestClient) -> None:
    """204, then there is none."""
    writer.put(own("delete"), content=b"", headers=TURTLE)
    assert writer.get(own("delete")).status_code == 200
    statuses = [writer.delete(own("delete")).status_code, writer.get(own("delete")).status_code]
    assert [*statuses, writer.delete(own("delete")).status_code] == [204, 404, 404]


def test_the_default_graph(writer: TestClient) -> None:
    """It is there always, and emptied where a named one is removed."""
    before = writer.get("/store?default").content
    assert writer.delete("/store?default").status_code == 204
    assert len(triples(writer.get("/store?default"))) == 0
    assert writer.get(LINKS).status_code == 200
    assert writer.put("/store?default", content=before, headers=TURTLE).status_code == 201
    assert writer.put("/store?default", content=before, headers=TURTLE).status_code == 204
    assert isomorphic(triples(writer.get("/store?default")), rdflib.Graph().parse(data=before))


def test_a_new_graph(writer: TestClient) -> None:
    """POST to the store makes a graph, and says where: an address that names it in every way."""
    response = writer.post("/store", content=b"<> <http://e/p> 1 .", headers=TURTLE)
    assert response.status_code == 201
    here = response.headers["location"]
    assert here.startswith("http://testserver/graph/")
    iri = here.replace("http://testserver/", BASE)
    found = triples(writer.get(f"/store?graph={quote(iri, safe='')}"))
    assert set(found.subjects()) == {rdflib.URIRef(iri)}
    for address in (here, f"/store?graph={here}"):
        assert isomorphic(found, triples(writer.get(address, headers={"Accept": "text/turtle"})))
    assert writer.put("/store", content=b"", headers=TURTLE).status_code == 400
    assert writer.delete("/store").status_code == 400


def test_a_graph_at_its_own_address(writer: TestClient) -> None:
    """It can be put, added to and removed there."""
    assert writer.put("/graph/own/%C3%A9t%C3%A9", content=b"<> <http://e/p> 1 .", headers=TURTLE).status_code == 201
    assert writer.post("/graph/own/%C3%A9t%C3%A9", content=b"<> <http://e/p> 2 .", headers=TURTLE).status_code == 204
    found = triples(writer.get(own("own/été")))
    assert {str(subject) for subject in found.subjects()} == {f"{BASE}graph/own/été"}
    assert len(found) == 2
    assert writer.delete("/graph/own/%C3%A9t%C3%A9").status_code == 204


@pytest.mark.parametrize("kind", SYNTAXES)
def test_a_graph_from_every_syntax(writer: TestClient, kind: str) -> None:
    """They are read alike, relative IRIs and blank nodes included."""
    content = SYNTAXES[kind][1]
    assert writer.put(own("same/"), content=content, headers={"Content-Type": kind}).status_code in {201, 204}
    expected = rdflib.Graph().parse(data=SYNTAXES["text/turtle"][1], publicID=f"{BASE}graph/same/")
    assert isomorphic(triples(writer.get(own("same/"))), expected)


def test_a_form_of_files(writer: TestClient) -> None:
    """Each in its own syntax, all in one graph; a form may also make a new graph."""
    files = [
        ("a", ("a.ttl", b"_:x <http://e/p> 1 .", "text/turtle")),
        ("b", ("b.nt", b'_:x <http://e/p> "2" .', "application/n-triples")),
    ]
    assert writer.post(own("form"), files=files).status_code == 201
    assert len(set(triples(writer.get(own("form"))).subjects())) == 2
    assert writer.post("/store", files=files).status_code == 201


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 415),
        (b"<s> <p> 1 .", {"Content-Type": "text/plain"}, 415),
        (b"<s> <p> 1 .", {"Content-Type": "text/turtle; charset=latin-1"}, 415),
        (b"<s> <p> 1 .", {"Content-Type": "text/turtle", "Content-Encoding": "gzip"}, 415),
        (b"<s> <p> 1 . <s> .", TURTLE, 400),
        (b"<s> <p> '\xff' .", TURTLE, 400),
        (b"GRAPH <http://e/other> { <s> <p> 1 }", {"Content-Type": "application/trig"}, 400),
        (b'{"@context": "http://127.0.0.1:9/"}', {"Content-Type": "application/ld+json"}, 400),
        (b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, 400),
        (b"--x--", {"Content-Type": "multipart/form-data"}, 400),
    ],
)
def test_a_body_that_is_refused(writer: TestClient, content: bytes, headers: dict[str, str], status: int) -> None:
    """Nothing of it is there: the graph is what it was, and so is every other."""
    writer.put(own("kept"), content=b"<> <http://e/p> 1 .", headers=TURTLE)
    for method in ("PUT", "POST"):
        response = writer.request(method, own("kept"), content=content, headers=headers)
        assert (status, "application/problem+json") == (response.status_code, response.headers["content-type"])
        if status == 415:
            assert {"accept-post", "accept-encoding"} & set(response.headers)
    assert len(triples(writer.get(own("kept")))) == 1
    assert writer.get("/store?graph=http://e/other").status_code == 404


def test_a_mistake_in_a_graph_is_told_with_its_place(writer: TestClient) -> None:
    """Line, column, and the line itself."""
    told = writer.put(own("wrong"), content="<s> <p> 1 .\n<s> <p> ; .", headers=TURTLE).json()
    assert (2, 9, "<s> <p> ; .") == (told["line"], told["column"], told["text"])
    assert writer.get(own("wrong")).status_code == 404


def test_escapes_in_the_address_are_read_once(writer: TestClient) -> None:
    """`%2531` is `%31`, another graph than `1`."""
    assert writer.put("/store?graph=http://e/%31", content=b"<s> <p> 1 .", headers=TURTLE).status_code == 201
    assert writer.put("/store?graph=http://e/%2531", content=b"<s> <p> 2 .", headers=TURTLE).status_code == 201
    assert writer.get("/store?graph=http://e/1").content != writer.get("/store?graph=http%3A%2F%2Fe%2F%2531").content


def test_options(client: TestClient, writer: TestClient) -> None:
    """What may be done here, by who has the token and by pages of other sites."""
    assert client.options("/store").headers["allow"] == "GET, HEAD, OPTIONS"
    for path in ("/store", "/graph/x"):
        response = writer.options(path)
        assert "PUT" in response.headers["allow"]
        assert response.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
