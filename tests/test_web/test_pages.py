"""Pages: they say what this is, every link works, nothing of a reader's or an article's text runs."""

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from kg.web.page.pages import POLICY

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES = [
    "/",
    "/questions",
    "/questions/where-does-it-stand",
    "/questions/who-is-called-so?name=%3Cscript%3Ealert(1)%3C/script%3E",
    "/questions/where-does-it-stand?place=no%20such%20thing",
    "/sparql",
    "/sparql?query=SELECT+*+%7B%3Fs+%3Fp+%3Fo%7D",
    "/sparql?query=nonsense",
    "/ns",
    "/id/lighthouse",
    "/id/mischief",
    "/id/%C3%AEle-d%27%C3%A9meraude",
    "/claim/port/reopening.opensOn.--06-09",
    "/claim/port/seat.standsIn.%C3%AEle-d%27%C3%A9meraude",
    "/article/port",
    "/passage/port/10-40",
    "/graph/links",
    "/nowhere",
]
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LOADING = {"src", "srcset", "data", "poster", "background", "action", "formaction"}


class Page(HTMLParser):
    """The elements of a page, and what is wrong with how they nest."""

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.faults += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        repeated = [name for name, count in Counter(name for name, _ in attributes).items() if count > 1]
        self.faults += [f"<{tag}> has {name} twice" for name in repeated]
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def attributes(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [value for _, found in self.elements if (value := found.get(name)) is not None]

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every element of a name."""
        return [found for name, found in self.elements if name == tag]


def page(client: TestClient, path: str, **headers: str) -> Page:
    """The page at a path, as a browser asks for it."""
    response = client.get(path, headers={**BROWSER, **headers})
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


# ------------------------------------------------------------------------------------------------- every page


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_pages_are_sound(client: TestClient, path: str, language: str) -> None:
    """Elements nest, ids are unique, inputs have labels, images alternatives, and the language is told."""
    found = page(client, path, **{"Accept-Language": language})
    ids = Counter(found.attributes("id"))
    labelled = {label.get("for") for label in found.named("label")}
    controls = [*found.named("textarea"), *found.named("select"), *found.named("input")]
    assert found.faults == []
    assert [name for name, count in ids.items() if count > 1] == []
    assert [one for one in controls if one.get("type") != "hidden" and one.get("id") not in labelled] == []
    assert found.named("html") == [{"lang": language}]
    assert all("alt" in image for image in found.named("img"))
    assert len(found.named("h1")) == 1
    assert len(found.named("title")) == 1
    for name in ("aria-labelledby", "aria-describedby"):
        assert [value for value in found.attributes(name) if value not in ids] == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    """No script, no style beside the sheet, and nothing loaded from another host; links out are links to data."""
    found = page(client, path)
    assert found.named("script") == found.named("style") == found.named("iframe") == []
    assert found.attributes("style") == []
    assert [name for _, attributes in found.elements for name in attributes if name.startswith("on")] == []
    loaded = [value for _, attributes in found.elements for name, value in attributes.items() if name in LOADING]
    loaded += [link.get("href") for link in found.named("link")]
    assert [value for value in loaded if not (value or "").startswith("/") or (value or "").startswith("//")] == []
    assert {urlsplit(value).scheme for value in found.attributes("href")} <= {"", "http", "https"}


def test_the_start_names_no_other_host(client: TestClient) -> None:
    """The first page leads nowhere else."""
    assert [href for href in page(client, "/").attributes("href") if urlsplit(href).netloc] == []


@pytest.mark.parametrize("path", [*PAGES, "/dumps/graph.nq", "/static/style.css", "/openapi.json", "/sparql"])
def test_every_answer_has_the_security_headers(client: TestClient, path: str) -> None:
    """A policy that runs nothing, no sniffing, no referrer; also on refusals and data."""
    for headers in (BROWSER, {}):
        response = client.get(path, headers=headers)
        assert response.headers["content-security-policy"] == POLICY
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_the_policy_runs_and_frames_nothing() -> None:
    """Everything is off but our own style, icon and forms."""
    rules = dict(rule.split(maxsplit=1) for rule in POLICY.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["style-src"] == rules["form-action"] == rules["img-src"] == "'self'"
    assert "unsafe" not in POLICY


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_link_works(client: TestClient, language: str) -> None:
    """Walking from the start, no link on any page is dead, fragments included."""
    seen: dict[str, Any] = {}
    queue = ["/"]
    while queue:
        path = queue.pop()
        address = path.partition("#")[0]
        if address in seen:
            continue
        response = client.get(address, headers={**BROWSER, "Accept-Language": language})
        assert response.status_code == 200, address
        seen[address] = None
        if response.headers["content-type"].startswith("text/html"):
            found = seen[address] = Page(response.text)
            links = (urljoin(address, href) for href in found.attributes("href"))
            queue += [link for link in links if not urlsplit(link).netloc]
    pages = {address: found for address, found in seen.items() if found is not None}
    assert len(pages) > 20
    broken = {
        (address, href)
        for address, found in pages.items()
        for href in found.attributes("href")
        if not urlsplit(href).netloc
        for target, _, fragment in [urljoin(address, href).partition("#")]
        if fragment and not target.startswith("/ns") and fragment not in pages[target].attributes("id")
    }
    assert broken == set()


# ------------------------------------------------------------------------------------------------- hostile text


@pytest.mark.parametrize(
    "path", [*PAGES, "/sparql?query=" + "%3Cscript%3Ealert(1)%3C/script%3E", "/%3Cscript%3Ealert(1)%3C/script%3E"]
)
def test_text_stays_text(client: TestClient, path: str) -> None:
    """Labels, literals, queries and parameters that hold markup are shown as text."""
    text = client.get(path, headers=BROWSER).text
    assert "<script" not in text
    assert '"onload' not in text


def test_hostile_literals_are_shown(client: TestClient) -> None:
    """What is hostile is not dropped: it is text, and an IRI that would run is no link."""
    text = client.get("/id/mischief", headers=BROWSER).text
    assert "&lt;script&gt;alert(&#39;label&#39;)&lt;/script&gt;" in text
    assert "<code>javascript:alert(1)</code>" in text
    found = page(client, "/sparql?query=SELECT%20%3Fo%20%7B%20%3Cid%2Fmischief%3E%20%3Fp%20%3Fo%20%7D")
    assert [href for href in found.attributes("href") if "javascript" in href] == []


@pytest.mark.parametrize("value", ["lighthouse> } . { <x", '") } #', "<script>", "x y", "../../etc"])
def test_parameters_are_terms_never_text(client: TestClient, value: str) -> None:
    """A value that is no such term is refused, not spliced into the query."""
    response = client.get("/questions/where-does-it-stand", params={"place": value})
    assert (400, "application/problem+json") == (response.status_code, response.headers["content-type"])
    shown = client.get("/questions/where-does-it-stand", params={"place": value}, headers=BROWSER)
    assert (400, "text/html; charset=utf-8") == (shown.status_code, shown.headers["content-type"])


def test_a_text_parameter_is_a_literal(client: TestClient) -> None:
    """Quotes and braces in a text are part of it."""
    for value, count in (("lighthouse", 1), ('" } UNION { ?who ?p ?o } #', 0)):
        response = client.get("/questions/who-is-called-so", params={"name": value})
        assert len(response.json()["rows"]) == count


# ------------------------------------------------------------------------------------------------- single pages


def test_the_start_says_what_this_is(client: TestClient) -> None:
    """What it is, counts, articles, questions, a query, the files; one question is answered at once."""
    text = client.get("/", headers=BROWSER).text
    for expected in ("The claims of a small harbour.", "claims with their source", "Where does this place stand?"):
        assert expected in text
    assert '<q lang="fr">le phare de l’île d’Émeraude</q>' in text
    assert "unheard-of" not in text
    assert {f"/dumps/graph.{ending}" for ending in ("trig", "nq", "ttl", "jsonld")} <= set(
        Page(text).attributes("href")
    )


@pytest.mark.parametrize(
    ("headers", "path", "expected"),
    [
        ({}, "/sparql?query=SELECT+%3Fother_thing+%3Fx+%7BBIND%281+AS+%3Fx%29%7D", ">other thing</th>"),
        (
            {"Accept-Language": "fr"},
            "/sparql?query=SELECT+%3Fstands_in+%7BBIND%281+AS+%3Fstands_in%29%7D",
            ">se trouve à</th>",
        ),
        ({"Accept-Language": "fr-FR,fr;q=0.9"}, "/", "Les énoncés d’un petit port."),
        ({"Accept-Language": "fr"}, "/?lang=en", "The claims of a small harbour."),
        ({"Accept-Language": "fr"}, "/id/captain", "la capitaine du port"),
        ({}, "/id/captain", "harbour captain"),
    ],
)
def test_language(client: TestClient, headers: dict[str, str], path: str, expected: str) -> None:
    """The address decides, then the browser; labels follow; caches are told."""
    response = client.get(path, headers={**BROWSER, **headers})
    assert expected in response.text
    assert "Accept-Language" in response.headers["vary"]


def test_a_language_that_was_asked_for_is_kept(client: TestClient) -> None:
    """Links of a page in a chosen language lead to pages in that language."""
    assert "/questions?lang=fr" in page(client, "/?lang=fr").attributes("href")


def test_a_question_shows_quote_and_voice(client: TestClient) -> None:
    """The answer has the words and who says them, its parameter a list to choose from, and leads to its query."""
    found = page(client, "/questions/where-does-it-stand")
    assert {"value": "lighthouse", "selected": None} in found.named("option")
    edit = next(href for href in found.attributes("href") if href.startswith("/sparql?query="))
    assert "le phare de l’île d’Émeraude" in client.get(edit, headers=BROWSER).text


def test_a_question_answers_as_data(client: TestClient) -> None:
    """The same address serves programs."""
    response = client.get("/questions/where-does-it-stand?format=csv", headers=BROWSER)
    assert response.text.startswith("place,where,quote,speaker,modality\r\n")
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/id/lighthouse", "/claim/port/reopening.opensOn.--06-09", "/graph/links", "/ns"])
def test_an_iri_is_described_for_programs(client: TestClient, path: str) -> None:
    """The same address gives Turtle to who takes anything, and what is asked for otherwise."""
    assert client.get(path).headers["content-type"] == "text/turtle; charset=utf-8"
    assert json.loads(client.get(path, headers={"Accept": "application/ld+json"}).content)
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert client.head(path).status_code == 200


def test_what_is_said_is_kept_apart_from_what_is_recorded(client: TestClient) -> None:
    """An attributed triple stands with its source."""
    text = client.get("/id/lighthouse", headers=BROWSER).text
    recorded, said = text.split('id="said"')
    assert "--06-09" not in recorded
    assert 'href="/claim/port/reopening.opensOn.--06-09"' in said


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/id/nobody",
        "/questions/none",
        "/dumps/store",
        "/dumps/..%2Fmanifest.json",
        "/static/x",
        "/id/a%20b",
    ],
)
def test_404(client: TestClient, path: str) -> None:
    """A page for people, problem details for programs."""
    shown = client.get(path, headers=BROWSER)
    assert (404, "text/html; charset=utf-8") == (shown.status_code, shown.headers["content-type"])
    assert (404, 404) == (client.get(path).status_code, client.get(path).json()["status"])


def test_405(client: TestClient) -> None:
    """Pages are only read."""
    assert client.post("/").status_code == client.delete("/id/lighthouse").status_code == 405


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("graph.trig", "application/trig"),
        ("graph.nq", "application/n-quads"),
        ("graph.jsonld", "application/ld+json"),
        ("graph.ttl", "text/turtle; charset=utf-8"),
    ],
)
def test_dumps(client: TestClient, snapshot: Path, name: str, media_type: str) -> None:
    """A dump is its file, under its media type, with a strong entity tag that spares sending it again."""
    response = client.get(f"/dumps/{name}")
    assert (media_type, (snapshot / name).read_bytes()) == (response.headers["content-type"], response.content)
    again = client.get(f"/dumps/{name}", headers={"If-None-Match": response.headers["etag"]})
    assert (304, b"") == (again.status_code, again.content)
    assert client.get(f"/dumps/{name}", headers={"Range": "bytes=0-0"}).status_code == 206


def test_the_style_sheet_is_kept(client: TestClient) -> None:
    """Its address holds its hash, so it may be kept for ever."""
    href = next(href for href in page(client, "/").attributes("href") if href.startswith("/static/style.css"))
    assert "immutable" in client.get(href).headers["cache-control"]
    assert not re.search(r"url\(|@import|https?:", client.get(href).text)


def test_a_site_without_questions(asking: Callable[..., AbstractContextManager[TestClient]]) -> None:
    """Everything has its place when there is nothing to ask yet."""
    with asking(questions=[], stats={}, title={"en": "Bare"}) as client:
        assert "There are no questions yet." in client.get("/", headers=BROWSER).text
        assert client.get("/sparql", headers=BROWSER).status_code == 200
