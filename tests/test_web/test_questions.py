"""Questions as an API: the list, plain JSON, every format, page by page, and refusals that help."""

import csv
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kg.errors import Problems
from kg.graph.question import parse_question, read_question
from kg.project import bundled
from kg.web.limits import Limits

Asking = Callable[..., AbstractContextManager[TestClient]]

WHERE = "/questions/where-does-it-stand"
QUESTIONS = {
    "all": "#+ summary: {en: Everything}\nSELECT ?s ?p ?o ?none { ?s ?p ?o }",
    "some": "#+ summary: {en: Five}\nSELECT ?s ?o { ?s ?p ?o } ORDER BY ?p LIMIT 5 OFFSET 2",
    "is-it": "#+ summary: {en: Is it so?}\nASK { ?s ?p ?o }",
    "made": "#+ summary: {en: Triples}\nCONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "endless": "#+ summary: {en: Endless}\nSELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }",
}


@pytest.fixture
def client(asking: Asking) -> Any:
    """A client of the snapshot's questions and of those above."""
    problems = Problems()
    made = [parse_question(source, name, f"{name}.rq", problems) for name, source in QUESTIONS.items()]
    assert problems == []
    with asking(questions=made) as client:
        yield client


@pytest.fixture
def harbour(asking: Asking) -> Any:
    """A client of the snapshot as it is."""
    with asking() as client:
        yield client


def pages(client: TestClient, path: str, relation: str = "next") -> list[Any]:
    """The pages from one on, as plain JSON, following the header Link."""
    found = []
    while path:
        response = client.get(path, headers={"Accept": "application/json"})
        assert response.status_code == 200, response.text
        found.append(response.json())
        links = {rel: to for to, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers["link"])}
        assert {"self": found[-1]["links"]["self"], **links} == found[-1]["links"]
        path = links.get(relation, "")
    return found


# ---------------------------------------------------------------------------------------------------- the list


def test_the_list(harbour: TestClient) -> None:
    """Each question with titles, parameters and addresses of its answers, all of which answer."""
    response = harbour.get("/questions")
    assert ("application/json", "*") == (
        response.headers["content-type"],
        response.headers["access-control-allow-origin"],
    )
    found = {question["name"]: question for question in response.json()["questions"]}
    where = found["where-does-it-stand"]
    assert where["title"] == {"fr": "Où se trouve ce lieu ?", "en": "Where does this place stand?"}
    assert where["answer"] == "rows"
    assert where["columns"] == ["place", "where", "quote", "speaker", "modality"]
    assert where["parameters"] == [
        {"name": "place", "type": "entity", "default": "lighthouse", "label": {"fr": "lieu", "en": "place"}}
    ]
    assert found["who-is-called-so"]["parameters"][0]["language"] == "en"
    assert list(where["links"]) == ["self", "html", "json", "srj", "xml", "csv", "tsv"]
    for address in where["links"].values():
        assert harbour.get(address).status_code == 200


def test_the_list_is_negotiated(harbour: TestClient) -> None:
    """A browser gets the page, whoever asks for what there is not a 406."""
    assert "text/html" in harbour.get("/questions", headers={"Accept": "text/html"}).headers["content-type"]
    assert "text/html" in harbour.get("/questions?format=html").headers["content-type"]
    assert harbour.get("/questions", headers={"Accept": "text/csv"}).status_code == 406


# ---------------------------------------------------------------------------------------------------- answers


def test_plain_json(harbour: TestClient, snapshot: Any) -> None:
    """An envelope that says what was asked; rows as objects with labels in the language of the reader, quotes whole."""
    response = harbour.get(WHERE, headers={"Accept": "application/json", "Accept-Language": "fr"})
    base = "https://w3id.org/pressgraph/"
    assert response.json() == {
        "question": "where-does-it-stand",
        "title": "Où se trouve ce lieu ?",
        "language": "fr",
        "snapshot": snapshot.name,
        "parameters": {"place": "lighthouse"},
        "columns": [
            {"name": "place", "label": "lieu"},
            {"name": "where", "label": "where"},
            {"name": "quote", "label": "dans les mots de l’article"},
            {"name": "speaker", "label": "qui le dit"},
            {"name": "modality", "label": "comment c’est dit"},
        ],
        "limit": 1000,
        "offset": 0,
        "links": {"self": f"{WHERE}?limit=1000&offset=0", "first": f"{WHERE}?limit=1000&offset=0"},
        "rows": [
            {
                "place": {"iri": f"{base}id/lighthouse", "label": "le phare"},
                "where": {"iri": f"{base}id/île-d%27émeraude", "label": "l’île d’Émeraude"},
                "quote": {"text": "le phare de l’île d’Émeraude", "language": "fr"},
                "speaker": {"iri": f"{base}article/port", "label": "Le phare rouvrira, dit la capitaine"},
                "modality": {"iri": f"{base}ns#asserted", "label": None},
            }
        ],
    }
    assert {"content-language": "fr", "vary": "Accept, Accept-Encoding, Accept-Language"}.items() <= dict(
        response.headers
    ).items()
    assert harbour.get(f"{WHERE}?lang=en").json()["rows"][0]["place"]["label"] == "lighthouse"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/sparql-results+json, application/json;q=0.9", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("query", ["", "?limit=1"])
def test_every_format(harbour: TestClient, accept: str, expected: str, query: str) -> None:
    """Each format that SPARQL has, whole or a page of it, and plain JSON for who takes anything."""
    response = harbour.get(WHERE + query, headers={"Accept": accept})
    assert (200, expected) == (response.status_code, response.headers["content-type"])
    assert "Accept" in response.headers["vary"]


def test_the_endpoint_keeps_its_json(harbour: TestClient) -> None:
    """At the endpoint, application/json is SPARQL's own, as at others."""
    response = harbour.get("/sparql?query=ASK{}", headers={"Accept": "application/json"})
    assert response.json() == {"head": {}, "boolean": True}


def test_what_is_missing_is_null(client: TestClient) -> None:
    """A column without a value is there all the same; numbers are numbers."""
    rows = client.get("/questions/all?limit=1000").json()["rows"]
    assert {row["none"] for row in rows} == {None}
    assert {10, 70} <= {row["o"] for row in rows if isinstance(row["o"], int)}


def test_yes_or_no(client: TestClient) -> None:
    """An ASK has an answer in place of rows, no pages, and SPARQL's formats as well."""
    found = client.get("/questions/is-it").json()
    assert (True, False) == (found["answer"], "rows" in found)
    assert client.get("/questions/is-it?format=srj").json() == {"head": {}, "boolean": True}
    refused = client.get("/questions/is-it?limit=1")
    assert (400, "is-it has no parameter 'limit'") == (refused.status_code, refused.json()["detail"])
    assert "Yes" in client.get("/questions/is-it?limit=1", headers={"Accept": "text/html"}).text


def test_triples(client: TestClient) -> None:
    """A CONSTRUCT answers as triples: rows of three columns, or in a syntax of triples, page by page as well."""
    whole = client.get("/questions/made").json()
    assert [column["name"] for column in whole["columns"]] == ["subject", "predicate", "object"]
    lines = client.get("/questions/made?format=nt").text.splitlines()
    assert len(lines) == len(whole["rows"])
    page = client.get("/questions/made?format=nt&limit=3&offset=2")
    assert lines[2:5] == page.text.splitlines()
    assert 'rel="next"' in page.headers["link"]
    assert client.get("/questions/made?format=csv").status_code == 400


# ---------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("limit", [1, 7, 10, 1000])
@pytest.mark.parametrize("name", ["all", "some", "made"])
def test_pages_make_the_whole(client: TestClient, name: str, limit: int) -> None:
    """Following next gives each row once, in the order of the whole; following prev leads back to the first."""
    whole = client.get(f"/questions/{name}?limit=10000").json()["rows"]
    forward = pages(client, f"/questions/{name}?limit={limit}")
    assert [row for page in forward for row in page["rows"]] == whole
    assert all(len(page["rows"]) == limit for page in forward[:-1])
    back = pages(client, forward[-1]["links"]["self"], "prev")
    assert [row for page in reversed(back) for row in page["rows"]] == whole


def test_a_page_in_another_format(client: TestClient) -> None:
    """The rows of a page are the same in each format, and Link leads on in it."""
    whole = list(csv.reader(io.StringIO(client.get("/questions/all?format=csv").text)))
    response = client.get("/questions/all?format=csv&limit=5&offset=10")
    assert list(csv.reader(io.StringIO(response.text))) == [whole[0], *whole[11:16]]
    assert '</questions/all?format=csv&limit=5&offset=15>; rel="next"' in response.headers["link"]
    found = client.get("/questions/all?format=srj&limit=5&offset=10").json()
    assert len(found["results"]["bindings"]) == 5


def test_beyond_the_end(client: TestClient) -> None:
    """A page beyond the end is empty, and leads back only."""
    found = client.get("/questions/all?offset=100000&limit=5").json()
    assert ([], ["self", "first", "prev"]) == (found["rows"], list(found["links"]))


def test_pages_for_people(client: TestClient) -> None:
    """The page of a question has links to the pages beside it, and says which answers it shows."""
    text = client.get("/questions/all?limit=5&offset=5", headers={"Accept": "text/html"}).text
    assert "answers 6 to 10" in text
    assert 'rel="prev" href="/questions/all?limit=5&amp;offset=0"' in text
    assert 'rel="next" href="/questions/all?limit=5&amp;offset=10"' in text


# ---------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("query", "detail", "fix"),
    [
        ("limit=0", "'0' is no limit", "a whole number from 1 to 10,000"),
        ("limit=10001", "'10001' is no limit", "rel=next"),
        ("limit=ten", "'ten' is no limit", "a whole number"),
        ("offset=-1", "'-1' is no offset", "a whole number"),
        ("offset=", "'' is no offset", "a whole number"),
        ("plase=lighthouse", "where-does-it-stand has no parameter 'plase'", "did you mean 'place'?"),
        ("place=a&place=b", "the parameter 'place' is given 2 times", "give it once"),
        ("place=No%20such", "'No such' is no entity for place", "write the id of an entity, such as rats"),
        ("format=", "a format without a name", "leave it out"),
        ("format=yaml", "this answer has no format 'yaml'", "json, srj, xml, csv, tsv"),
        ("lang=de", "no language 'de' is spoken here", "write lang=en or lang=fr"),
    ],
)
def test_refusals(harbour: TestClient, query: str, detail: str, fix: str) -> None:
    """What is wrong is a 400 that says what to write; any page may read it."""
    response = harbour.get(f"{WHERE}?{query}")
    assert (400, detail) == (response.status_code, response.json()["detail"])
    assert fix in response.json()["fix"]
    assert response.headers["access-control-allow-origin"] == "*"


def test_an_unknown_question(harbour: TestClient) -> None:
    """The nearest name is told."""
    response = harbour.get("/questions/where-does-it-stant")
    assert (404, "did you mean 'where-does-it-stand'?") == (response.status_code, response.json()["fix"])


def test_people_are_not_refused_for_what_others_add(harbour: TestClient) -> None:
    """An address that a third party has added to still shows its page."""
    assert harbour.get(f"{WHERE}?fbclid=x", headers={"Accept": "text/html"}).status_code == 200


def test_a_question_ends_in_time(asking: Asking) -> None:
    """A question that would go on for hours is a 504, on the first page it is left out, and others are answered."""
    problems = Problems()
    made = [parse_question(QUESTIONS[name], name, f"{name}.rq", problems) for name in ("endless", "is-it")]
    with asking(questions=made, limits=Limits(seconds=1.0)) as client:
        assert client.get("/questions/endless").status_code == 504
        assert client.get("/questions/endless?format=csv&limit=2").status_code == 504
        assert client.get("/").status_code == 200
        assert client.get("/questions/is-it").json()["answer"] is True


def test_a_page_that_is_too_large(asking: Asking) -> None:
    """A page larger than an answer may be is a 507, not half a page."""
    with asking(limits=Limits(answer=100)) as client:
        assert client.get(WHERE).status_code == 507


# ---------------------------------------------------------------------------------------------------- resources


def test_a_resource_as_json(harbour: TestClient) -> None:
    """What is recorded, what others say with their source, where it is mentioned; labels beside IRIs."""
    found = harbour.get("/id/lighthouse.json", headers={"Accept-Language": "fr"}).json()
    assert ("le phare", "/id/lighthouse.ttl", []) == (found["label"], found["links"]["ttl"], found["cut"])
    recorded = [(one["property"]["label"], one["value"]) for one in found["recorded"]]
    island = {"iri": "https://w3id.org/pressgraph/id/île-d%27émeraude", "label": "l’île d’Émeraude"}
    assert ("se trouve à", island) in recorded
    assert "--06-09" not in [one["value"] for one in found["recorded"]]
    said = next(one for one in found["said"] if one["value"] == "--06-09")
    assert said["source"]["iri"].endswith("claim/port/reopening.opensOn.--06-09")
    assert "http://www.w3.org/1999/02/22-rdf-syntax-ns#subject" in {
        one["property"]["iri"] for one in found["mentioned"]
    }


@pytest.mark.parametrize("path", ["/id/lighthouse", "/claim/port/reopening.opensOn.--06-09", "/graph/links", "/ns"])
@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("html", "text/html; charset=utf-8"),
        ("json", "application/json"),
        ("ttl", "text/turtle; charset=utf-8"),
        ("jsonld", "application/ld+json"),
        ("nt", "application/n-triples"),
        ("rdf", "application/rdf+xml"),
    ],
)
def test_endings(harbour: TestClient, path: str, ending: str, expected: str) -> None:
    """An ending decides the form, whatever the client likes best."""
    response = harbour.get(f"{path}.{ending}", headers={"Accept": "image/png"})
    assert (200, expected) == (response.status_code, response.headers["content-type"])
    assert response.content


def test_endings_that_there_are_not(harbour: TestClient) -> None:
    """Another ending is another address, at which there is nothing."""
    for path in ("/id/lighthouse.xyz", "/id/nobody.json", "/ns.xyz", "/id/lighthouse.json.json", "/.json"):
        assert harbour.get(path).status_code == 404


def test_the_other_forms_are_told(harbour: TestClient) -> None:
    """Each form is linked from the header, the page and plain JSON."""
    for accept in ("text/turtle", "application/json", "text/html"):
        link = harbour.get("/id/lighthouse", headers={"Accept": accept}).headers["link"]
        assert '</id/lighthouse.ttl>; rel="alternate"; type="text/turtle"' in link
    assert 'href="/id/lighthouse.json"' in harbour.get("/id/lighthouse.html").text


def test_negotiation_of_a_resource(harbour: TestClient) -> None:
    """The address without an ending is negotiated; application/json is plain."""
    found = harbour.get("/id/lighthouse", headers={"Accept": "application/json"})
    assert found.json()["iri"] == "https://w3id.org/pressgraph/id/lighthouse"
    quads = harbour.get("/id/lighthouse", headers={"Accept": "application/trig"})
    assert quads.headers["content-type"] == "application/trig"
    assert harbour.get("/id/lighthouse?format=json").json() == found.json()


def test_a_resource_ends_in_time(asking: Asking) -> None:
    """A description is evaluated by a worker within the limits of any query."""
    with asking(limits=Limits(answer=10)) as client:
        assert client.get("/id/lighthouse.ttl").status_code == 507
        assert client.get("/graph/ontology.nt").status_code == 507


def test_preflight(harbour: TestClient) -> None:
    """A page elsewhere may ask for data with conditions and ranges."""
    response = harbour.options("/dumps/graph.nq")
    assert (204, "*") == (response.status_code, response.headers["access-control-allow-origin"])
    assert "Range" in response.headers["access-control-allow-headers"]


def test_a_site_says_its_name(harbour: TestClient, snapshot: Any) -> None:
    """Plain JSON names the snapshot, as the header does."""
    response = harbour.get("/questions")
    assert snapshot.name == response.json()["snapshot"] == response.headers["snapshot"]


def test_the_document_for_people(harbour: TestClient) -> None:
    """docs/api.md names the formats that there are, and asks a question that there is."""
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|[^|]*\|([^|]*)\|[^|]*\|$", text, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert ["json", "srj", "xml", "csv", "tsv", "ttl", "jsonld", "nt", "rdf", "html"] == named
    problems = Problems()
    asked = re.search(r"localhost:8000/questions/([\w-]+)\?(\w+)=", text)
    assert asked
    question = read_question(bundled().part("queries") / f"{asked[1]}.rq", bundled().root, problems)
    assert ([], True) == (problems, asked[2] in question.parameters)
    for ending in re.findall(r"`\.(\w+)`", text):
        assert harbour.get(f"/id/lighthouse.{ending}").status_code == 200
