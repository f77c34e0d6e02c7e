"""The SPARQL 1.1 Protocol at /sparql, and the faults of the router below that are got around."""

import json
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import rdflib
import rdflib.plugins.sparql.evaluate
import rdflib.plugins.sparql.processor
from starlette.testclient import TestClient

BASE = "https://w3id.org/pressgraph/"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LABELS = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label } ORDER BY ?label"
GRAPH = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o . FILTER(?s = <id/lighthouse>) }"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ask(client: TestClient, query: str, **headers: str) -> Any:
    """The response to a query by GET."""
    return client.get("/sparql", params={"query": query}, headers={k.replace("_", "-"): v for k, v in headers.items()})


def values(response: Any, variable: str) -> list[str]:
    """The values of one variable in JSON results."""
    return [row[variable]["value"] for row in response.json()["results"]["bindings"]]


# ------------------------------------------------------------------------------------------------- operations


def test_query_by_get(client: TestClient) -> None:
    """Results are JSON for a client that takes anything; relative IRIs start from the base, prefixes are known."""
    response = ask(client, LABELS)
    assert (200, "application/sparql-results+json") == (response.status_code, response.headers["content-type"])
    assert values(response, "label") == ["le phare", "lighthouse"]


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_query_by_post(client: TestClient, path: str) -> None:
    """A form and the query itself are read alike."""
    form = client.post(path, content=urlencode({"query": LABELS}), headers=FORM)
    direct = client.post(path, content=LABELS, headers={"Content-Type": "application/sparql-query; charset=UTF-8"})
    assert ["le phare", "lighthouse"] == values(form, "label") == values(direct, "label")


def test_a_form_is_decoded_once(client: TestClient) -> None:
    """`100%25` in a query stays `100%25`, as do `+` and `&`; the router below decodes twice."""
    query = 'SELECT ("100%25 + a&b" AS ?x) {}'
    for content in (urlencode({"query": query}), "query=" + quote(query, safe="")):
        assert values(client.post("/sparql", content=content, headers=FORM), "x") == ["100%25 + a&b"]
    assert values(client.post("/sparql", content="query=" + quote('SELECT ("100%" AS ?x) {}'), headers=FORM), "x") == [
        "100%"
    ]


def test_head(client: TestClient) -> None:
    """HEAD answers as GET, without a body; the router below answers 405."""
    response = client.head("/sparql", params={"query": LABELS})
    assert (200, "application/sparql-results+json") == (response.status_code, response.headers["content-type"])


def test_options(client: TestClient) -> None:
    """A preflight is answered."""
    response = client.options(
        "/sparql", headers={"Origin": "https://e.example", "Access-Control-Request-Method": "POST"}
    )
    assert response.status_code == 204
    assert "POST" in response.headers["access-control-allow-methods"]


def test_cors_lets_all_ask_and_none_with_credentials(client: TestClient) -> None:
    """Any origin, the star, no credentials, also where an answer is refused; the router below reflects the origin."""
    for query in (LABELS, "nonsense"):
        response = ask(client, query, Origin="https://e.example")
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    ("method", "content", "content_type", "status"),
    [
        ("PUT", "", "", 405),
        ("DELETE", "", "", 405),
        ("PATCH", "", "", 405),
        ("POST", "ASK {}", "text/plain", 415),
        ("POST", "ASK {}", "", 415),
        ("POST", "ASK {}", "application/sparql-query; charset=utf-16", 415),
        ("POST", b"ASK { ?s ?p '\xff' }", "application/sparql-query", 400),
        ("POST", "", "application/x-www-form-urlencoded", 400),
        ("POST", "query=ASK{}&query=ASK{}", "application/x-www-form-urlencoded", 400),
        ("POST", "update=CLEAR+ALL", "application/x-www-form-urlencoded", 403),
        ("POST", "query=ASK{}&update=CLEAR+ALL", "application/x-www-form-urlencoded", 403),
        ("POST", "CLEAR ALL", "application/sparql-update", 403),
        ("POST", "query=CLEAR+ALL", "application/x-www-form-urlencoded", 400),
        ("POST", "#" * 1_000_001, "application/sparql-query", 413),
        ("POST", "#" * 100_001, "application/sparql-query", 413),
    ],
)
def test_refused_operations(
    client: TestClient, method: str, content: str | bytes, content_type: str, status: int
) -> None:
    """What the protocol does not know, and every update, is refused with problem details."""
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.request(method, "/sparql", content=content, headers=headers)
    assert (status, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert response.json()["status"] == status
    assert response.json()["detail"]
    if status == 405:
        assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_updates_change_nothing(client: TestClient) -> None:
    """After an update by every door, the graph is what it was."""
    before = ask(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").content
    client.post("/sparql", content="update=CLEAR+ALL", headers=FORM)
    client.post("/sparql", content="CLEAR ALL", headers={"Content-Type": "application/sparql-update"})
    client.get("/sparql", params={"update": "CLEAR ALL"})
    assert before == ask(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").content


# ------------------------------------------------------------------------------------------------- the dataset


def test_default_graph_uri(client: TestClient) -> None:
    """The graphs that a request names replace the dataset, FROM of the query included."""
    links, named = f"{BASE}graph/links", f"{BASE}graph/ontology"
    query = "SELECT ?s FROM <graph/ontology> { ?s ?p ?o }"
    response = client.get("/sparql", params=[("query", query), ("default-graph-uri", links)])
    assert values(response, "s") == [f"{BASE}id/lighthouse"]
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    response = client.get("/sparql", params=[("query", query), ("named-graph-uri", links), ("named-graph-uri", named)])
    assert sorted(values(response, "g")) == [links, named]
    form = urlencode([("query", "SELECT ?s { ?s ?p ?o }"), ("named-graph-uri", links)])
    assert values(client.post("/sparql", content=form, headers=FORM), "s") == []


def test_a_graph_that_is_no_iri(client: TestClient) -> None:
    """A relative graph name is refused."""
    assert client.get("/sparql", params={"query": "ASK {}", "default-graph-uri": "no iri"}).status_code == 400


def test_the_default_graph_is_no_union(client: TestClient) -> None:
    """What somebody only says is not asserted: attributed triples stay out of the default graph."""
    assert ask(client, "ASK { <id/lighthouse> kg:opensOn ?o }").json()["boolean"] is False
    assert ask(client, "ASK { GRAPH ?claim { <id/lighthouse> kg:opensOn ?o } }").json()["boolean"] is True


def test_nothing_is_fetched(client: TestClient, tmp_path: Path) -> None:
    """FROM, FROM NAMED and the graphs of the request open no file and no connection."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    secret = tmp_path / "secret.nt"
    secret.write_text('<http://e/s> <http://e/p> "secret" .\n')
    try:
        for iri in (secret.as_uri(), f"http://127.0.0.1:{server.server_port}/x.nt"):
            both = "SELECT * {clause} <{iri}> {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
            for clause in ("FROM", "FROM NAMED"):
                assert ask(client, both.format(clause=clause, iri=iri)).json()["results"]["bindings"] == []
            for name in ("default-graph-uri", "named-graph-uri"):
                response = client.get("/sparql", params={"query": both.format(clause="FROM", iri=iri), name: iri})
                assert response.json()["results"]["bindings"] == []
            for text in (f"ASK {{ SERVICE <{iri}> {{}} }}", f"ASK {{ SERVICE SILENT <{iri}> {{}} }}", f"LOAD <{iri}>"):
                response = ask(client, text)
                assert (403, "application/problem+json") == (response.status_code, response.headers["content-type"])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert asked == []


def test_queries_are_evaluated_natively(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of rdflib prepares or evaluates what is served; the router below has it do both, 26 times slower."""

    def explode(*_: object, **__: object) -> None:
        raise AssertionError("rdflib evaluates a served query")

    monkeypatch.setattr(rdflib.plugins.sparql.evaluate, "evalQuery", explode)
    monkeypatch.setattr(rdflib.plugins.sparql.processor, "evalQuery", explode)
    monkeypatch.setattr(rdflib.plugins.sparql.processor.SPARQLProcessor, "query", explode)
    monkeypatch.setattr(rdflib.Graph, "query", explode)
    monkeypatch.setattr(rdflib.Dataset, "query", explode)
    monkeypatch.setattr("rdflib_endpoint.sparql_router.prepareQuery", explode)
    assert values(ask(client, LABELS), "label") == ["le phare", "lighthouse"]
    assert ask(client, GRAPH).status_code == 200
    assert client.get("/questions/where-does-it-stand").status_code == 200


# ------------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (LABELS, "application/sparql-results+xml", "application/sparql-results+xml"),
        (LABELS, "text/csv", "text/csv; charset=utf-8"),
        (LABELS, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        (LABELS, "application/json", "application/json"),
        (LABELS, "text/turtle;q=0.9, text/csv;q=0.1", "text/csv; charset=utf-8"),
        ("ASK {}", "application/sparql-results+xml", "application/sparql-results+xml"),
        (GRAPH, "*/*", "text/turtle; charset=utf-8"),
        (GRAPH, "application/trig", "application/trig"),
        (GRAPH, "application/n-triples", "application/n-triples"),
        (GRAPH, "application/n-quads", "application/n-quads"),
        (GRAPH, "application/rdf+xml", "application/rdf+xml"),
        (GRAPH, "application/ld+json", "application/ld+json"),
        ("DESCRIBE <id/lighthouse>", "text/turtle", "text/turtle; charset=utf-8"),
    ],
)
def test_formats(client: TestClient, query: str, accept: str, expected: str) -> None:
    """Every format is sent under its media type, and says that it depends on Accept."""
    response = ask(client, query, Accept=accept)
    assert (200, expected) == (response.status_code, response.headers["content-type"])
    assert "Accept" in response.headers["vary"]
    assert response.content


def test_graph_formats_hold_the_same_triples(client: TestClient) -> None:
    """Another implementation reads the same graph from each format."""
    formats = {
        "text/turtle": "turtle",
        "application/trig": "trig",
        "application/n-triples": "nt",
        "application/n-quads": "nquads",
        "application/rdf+xml": "xml",
        "application/ld+json": "json-ld",
    }
    read = {}
    for accept, name in formats.items():
        dataset = rdflib.Dataset()
        dataset.parse(data=ask(client, GRAPH, Accept=accept).content, format=name)
        read[name] = {(s, p, o) for s, p, o, _ in dataset.quads()}
    assert len(read["nt"]) == 4
    assert all(found == read["nt"] for found in read.values())


def test_406(client: TestClient) -> None:
    """A format that no answer has is refused with those that it has; the router below sends XML."""
    for query in (LABELS, GRAPH):
        response = ask(client, query, Accept="image/png")
        assert (406, "application/problem+json") == (response.status_code, response.headers["content-type"])
        assert "Accept" in response.headers["vary"]
    assert client.get("/sparql", params={"query": LABELS, "format": "docx"}).status_code == 400


def test_the_address_may_name_a_format(client: TestClient) -> None:
    """`format` serves links, which cannot send a header."""
    response = client.get("/sparql", params={"query": LABELS, "format": "csv"}, headers=BROWSER)
    assert response.text == "label\r\nle phare\r\nlighthouse\r\n"


# ------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("SELECT ?s\nWHERE { ?s ?p ?o }\nLIMIT x", 3, 7),
        ("SELECT ?s WHERE {\n  ?s a kg:Claim .\n  FILTR(?s)\n}", 3, 3),
        ("SELECT ?s {\n  ?s nope:x ?o\n}", 2, 6),
        ("SELECT * {", 1, 10),
        ("", 1, 1),
    ],
)
def test_a_mistake_is_told_with_its_place(client: TestClient, query: str, line: int, column: int) -> None:
    """400, with line and column of where to look."""
    response = ask(client, query)
    assert (400, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert (line, column) == (response.json()["line"], response.json()["column"])


def test_nesting_leaves_the_server_alive(client: TestClient) -> None:
    """10,000 nested parentheses, which end the process of the router below, are refused."""
    query = "ASK { FILTER(" + "(" * 10_000 + "1" + ")" * 10_000 + ") }"
    response = client.post("/sparql", content=query, headers={"Content-Type": "application/sparql-query"})
    assert response.status_code == 400
    assert client.get("/sparql", params={"query": "ASK {}"}).status_code == 200


# ------------------------------------------------------------------------------------------------- description


@pytest.mark.parametrize(
    ("accept", "name"), [("*/*", "turtle"), ("application/rdf+xml", "xml"), ("application/ld+json", "json-ld")]
)
def test_service_description(client: TestClient, accept: str, name: str) -> None:
    """Without a query the service describes itself, with its address, and truly."""
    response = client.get("/sparql", headers={"Accept": accept})
    described = rdflib.Graph().parse(data=response.content, format=name)
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    service = described.value(predicate=rdflib.RDF.type, object=sd.Service)
    assert described.value(service, sd.endpoint) == rdflib.URIRef("http://testserver/sparql")
    assert set(described.objects(service, sd.supportedLanguage)) == {sd.SPARQL11Query}
    assert (None, None, sd.BasicFederatedQuery) not in described
    assert (None, sd.inputFormat, None) not in described
    assert (None, None, sd.UnionDefaultGraph) not in described
    formats = {str(found).rpartition("/")[2] for found in described.objects(service, sd.resultFormat)}
    assert {"SPARQL_Results_JSON", "SPARQL_Results_TSV", "Turtle", "JSON-LD", "N-Quads"} <= formats


def test_service_description_lists_no_claim_graph(client: TestClient) -> None:
    """The graphs of the project are named, those of single claims are not."""
    described = rdflib.Graph().parse(data=client.get("/sparql").content, format="turtle")
    names = set(described.objects(None, rdflib.URIRef("http://www.w3.org/ns/sparql-service-description#name")))
    assert {str(name) for name in names} == {f"{BASE}graph/links", f"{BASE}graph/ontology"}


def test_openapi(client: TestClient) -> None:
    """The document describes the endpoint, and no page of it loads scripts from elsewhere."""
    document = client.get("/openapi.json").json()
    assert {"/sparql", "/store"} <= set(document["paths"])
    assert "application/sparql-query" in json.dumps(document["paths"]["/sparql"]["post"])
    assert client.get("/docs").status_code == 404


# ------------------------------------------------------------------------------------------------- browsers


def test_a_browser_sees_a_page(client: TestClient) -> None:
    """A browser's Accept header gets HTML, not XML: labels instead of IRIs, quotes with their language."""
    response = client.get(
        "/sparql", params={"query": "SELECT ?s ?quote { ?s ?p <id/lighthouse> . ?x kg:quote ?quote }"}, headers=BROWSER
    )
    assert (200, "text/html; charset=utf-8") == (response.status_code, response.headers["content-type"])
    assert '<q lang="fr">rouvrira le 9 juin</q>' in response.text
    page = client.get("/sparql", params={"query": "SELECT ?s { ?c rdf:subject ?s }"}, headers=BROWSER).text
    assert 'title="https://w3id.org/pressgraph/id/lighthouse">lighthouse</a>' in page


def test_a_browser_sees_mistakes_beside_the_query(client: TestClient) -> None:
    """The query stays in the form, the line is marked, and the status tells programs."""
    query = "SELECT ?s {\n  ?s nope:x ?o\n}"
    response = client.get("/sparql", params={"query": query}, headers=BROWSER)
    assert (400, "text/html; charset=utf-8") == (response.status_code, response.headers["content-type"])
    assert re.search(r'class="line at">.*<mark>n</mark>ope:x', response.text)
    assert query in response.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ASK {}", "Yes"),
        ("SELECT ?x { ?x kg:nothing ?y }", "Nothing in the graph answers this."),
        (GRAPH, "stands in"),
        ("SELECT ?s ?p ?o { ?s ?p ?o OPTIONAL { ?o ?q ?z } } LIMIT 3", "3 answers"),
        ("SELECT ?x { VALUES ?x {" + " 1" * 1200 + " } }", "The first 1,000"),
    ],
)
def test_answers_as_pages(client: TestClient, query: str, expected: str) -> None:
    """Every kind of answer has a page."""
    assert expected in client.get("/sparql", params={"query": query}, headers=BROWSER).text


def test_another_base(asking: Callable[..., AbstractContextManager[TestClient]]) -> None:
    """Relative IRIs resolve against the base that the project has."""
    with asking(base="http://e.example/") as client:
        assert values(ask(client, "SELECT (<id/x> AS ?x) {}"), "x") == ["http://e.example/id/x"]
