"""Requests as the SPARQL 1.1 Protocol has them, beyond the cases of its suite."""

from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

BASE = "https://w3id.org/pressgraph/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
LABELS = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label } ORDER BY ?label"
SUBJECTS = "SELECT DISTINCT ?s { ?s a|owl:sameAs ?o }"
# More rows than could ever be sent.
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?p ?q ?r }"
LINKS, ONTOLOGY = f"{BASE}graph/links", f"{BASE}graph/ontology"


def subjects(response: Any) -> set[str]:
    """What the variable s stands for in JSON results, without the base."""
    return {row["s"]["value"].removeprefix(BASE) for row in response.json()["results"]["bindings"]}


# ------------------------------------------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("method", "address", "content", "headers"),
    [
        ("GET", "query=SELECT+(%22%FF%22+AS+?s)+%7B%7D", b"", {}),
        ("GET", "query=SELECT+(%22%C3%22+AS+?s)+%7B%7D", b"", {}),
        ("POST", "", b"query=SELECT+(%22%FF%22+AS+?s)+%7B%7D", FORM),
        ("POST", "", b'query=SELECT ("\xff" AS ?s) {}', FORM),
        ("POST", "query=ASK%7B%7D", b"ASK {}", DIRECT),
        ("POST", "query=ASK%7B%7D", b"query=ASK%7B%7D", FORM),
        ("GET", "default-graph-uri=http%3A%2F%2Fe%2Fg", b"", {}),
        ("GET", "query=ASK%7B%7D&" + "default-graph-uri=http%3A%2F%2Fe%2Fg&" * 1001, b"", {}),
        ("GET", "query=ASK%7B%7D&timeout=soon", b"", {}),
        ("GET", "query=ASK%7B%7D&default-graph-uri=", b"", {}),
    ],
)
def test_what_cannot_be_read_is_refused(
    client: TestClient, method: str, address: str, content: bytes, headers: dict[str, str]
) -> None:
    """What is not UTF-8 is not guessed at, no query is left out in silence, and no dataset is without a query."""
    response = client.request(method, f"/sparql?{address}", content=content, headers=headers)
    assert (400, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert response.json()["fix"]


def test_utf_8_may_stand_in_the_address_as_it_is(client: TestClient) -> None:
    """A query of characters outside ASCII is the same, escaped or not."""
    query = 'SELECT ("é" AS ?s) {}'
    for written in (quote(query), quote(query, safe="é")):
        assert subjects(client.get(f"/sparql?query={written}")) == {"é"}


def test_the_address_of_a_post_names_graphs_too(client: TestClient) -> None:
    """Graphs in the address of a POST and in its form are one dataset; none is dropped."""
    expected = {"id/lighthouse", "ns", "ns#Claim", "ns#standsIn"}
    address = f"/sparql?default-graph-uri={quote(LINKS, safe='')}"
    form = f"query={quote(SUBJECTS)}&default-graph-uri={quote(ONTOLOGY, safe='')}"
    assert subjects(client.post(address, content=form, headers=FORM)) == expected
    address += f"&default-graph-uri={quote(ONTOLOGY, safe='')}"
    assert subjects(client.post(address, content=SUBJECTS, headers=DIRECT)) == expected


def test_the_dataset_of_a_request_wins_over_that_of_the_query(client: TestClient) -> None:
    """FROM and FROM NAMED of the query count for nothing where the request names a graph of either kind.

    https://www.w3.org/TR/sparql11-protocol/#dataset
    """
    query = f"SELECT ?s FROM <{LINKS}> FROM NAMED <{LINKS}> {{ {{ ?s a ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
    assert subjects(client.get("/sparql", params={"query": query})) == {"id/lighthouse"}
    response = client.get("/sparql", params={"query": query, "default-graph-uri": ONTOLOGY})
    assert subjects(response) == {"ns", "ns#Claim", "ns#standsIn"}
    response = client.get("/sparql", params={"query": query, "named-graph-uri": ONTOLOGY})
    assert subjects(response) == {"ns", "ns#Claim", "ns#standsIn"}


@pytest.mark.parametrize("headers", [FORM, DIRECT])
def test_a_post_without_a_body_is_no_get(client: TestClient, headers: dict[str, str]) -> None:
    """It brings an empty query, or none, whatever a GET of the same address was answered before."""
    assert client.get("/sparql").status_code == 200
    assert client.post("/sparql", headers=headers).status_code == 400


# ------------------------------------------------------------------------------------------------- methods


@pytest.mark.parametrize(
    ("parameters", "accept"),
    [
        ({"query": LABELS}, "text/csv"),
        ({"query": "nonsense"}, "*/*"),
        ({"query": LABELS}, "image/png"),
        ({"query": LABELS}, "text/html"),
        ({}, "text/turtle"),
    ],
)
def test_head_answers_as_get_does(client: TestClient, parameters: dict[str, str], accept: str) -> None:
    """The same status and the same headers, length included, and no body."""
    asked: dict[str, Any] = {"params": parameters, "headers": {"Accept": accept}}
    head, get = client.head("/sparql", **asked), client.get("/sparql", **asked)
    for answered in (head, get):
        # Whether it was answered before is the only thing that may differ.
        answered.headers.pop("cache-status", None)
    assert (get.status_code, dict(get.headers), b"") == (head.status_code, dict(head.headers), head.content)


def test_head_of_an_endless_answer_ends(client: TestClient) -> None:
    """Nothing is evaluated further than the head of the answer needs."""
    response = client.head("/sparql", params={"query": ENDLESS})
    assert (200, b"") == (response.status_code, response.content)
    assert "content-length" not in response.headers


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_options_allow_every_page_to_ask(client: TestClient, path: str) -> None:
    """A preflight is told methods, headers and for how long; none is told to send cookies or a password along."""
    headers = client.options(path, headers={"Origin": "https://e.example"}).headers
    assert headers["allow"] == headers["access-control-allow-methods"] == "GET, HEAD, POST, OPTIONS"
    assert {"Accept", "Content-Type"} <= set(headers["access-control-allow-headers"].split(", "))
    assert int(headers["access-control-max-age"]) > 0
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "PROPFIND", "TRACE"])
def test_other_methods_are_told_which_there_are(client: TestClient, method: str) -> None:
    """405, with every method that there is."""
    response = client.request(method, "/sparql")
    assert (405, "GET, HEAD, POST, OPTIONS") == (response.status_code, response.headers["allow"])


# ------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("ttl", "text/turtle; charset=utf-8"),
        ("trig", "application/trig"),
        ("nt", "application/n-triples"),
        ("nq", "application/n-quads"),
        ("jsonld", "application/ld+json"),
        ("rdf", "application/rdf+xml"),
        ("application/n-quads", "application/n-quads"),
    ],
)
def test_a_format_by_name(client: TestClient, name: str, media_type: str) -> None:
    """Each format of a graph has a name, which is the ending of its files; its media type will do as well."""
    query = "DESCRIBE <id/lighthouse>"
    response = client.get("/sparql", params={"query": query, "format": name}, headers={"Accept": "image/png"})
    assert (200, media_type) == (response.status_code, response.headers["content-type"])


@pytest.mark.parametrize(
    ("query", "known"),
    [
        (LABELS, {"application/sparql-results+json", "application/sparql-results+xml", "text/csv"}),
        ("DESCRIBE <id/lighthouse>", {"text/turtle", "application/trig", "application/n-quads", "application/ld+json"}),
    ],
)
def test_what_is_not_accepted_is_told_with_what_there_is(client: TestClient, query: str, known: set[str]) -> None:
    """406 lists the media types of such an answer."""
    response = client.get("/sparql", params={"query": query}, headers={"Accept": "image/png, */*;q=0"})
    assert response.status_code == 406
    assert all(media_type in response.json()["fix"] for media_type in known)
    assert "Accept" in response.headers["vary"]


def test_an_unknown_function_is_no_mistake_of_syntax(client: TestClient) -> None:
    """422 for a query that is SPARQL, with its place; 400 would say that it is none."""
    response = client.get("/sparql", params={"query": "SELECT (<http://e/f>(1) AS ?x) {}"})
    assert (422, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert "http://e/f" in response.json()["detail"]
