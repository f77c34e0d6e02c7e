"""Which media type an answer has, and which language a page."""

import pytest

from kg.web.http.negotiation import GRAPHS, HTML, RESULTS, choose, language, negotiate, wants_html
from kg.web.refusal import Refusal

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
RDFLIB = "application/sparql-results+xml, application/rdf+xml"
JENA = "application/sparql-results+json, application/sparql-results+xml;q=0.9, text/csv;q=0.7, */*;q=0.1"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        (FIREFOX, "text/html"),
        (CHROME, "text/html"),
        (RDFLIB, "application/sparql-results+xml"),
        (JENA, "application/sparql-results+json"),
        ("text/csv;q=0.5, text/tab-separated-values", "text/tab-separated-values"),
        ("TEXT/CSV ; Q=0.9, application/*;q=0.1", "text/csv"),
        ("text/*", "text/csv"),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        ("text/html, */*", "text/html"),
        ("application/json;charset=utf-8", "application/json"),
        ("nonsense;q=7, text/csv", "text/csv"),
        ("image/png", None),
        ("*/*;q=0", None),
    ],
)
def test_choose(header: str | None, expected: str | None) -> None:
    """Quality decides, then how closely a range names the type, then the header's order, then ours."""
    chosen = choose(header, (*RESULTS, HTML))
    assert expected == (chosen.media_type if chosen else None)


@pytest.mark.parametrize(("header", "expected"), [(FIREFOX, True), ("*/*", False), (None, False), (JENA, False)])
def test_wants_html(header: str | None, expected: bool) -> None:  # noqa: FBT001  # a column of the table above
    """Browsers want pages, programs data."""
    assert expected == wants_html(header)


def test_a_named_format_wins() -> None:
    """`format` of the address decides, whatever the header."""
    assert negotiate("text/html", GRAPHS, "nt").media_type == "application/n-triples"


@pytest.mark.parametrize(("header", "name", "status"), [("image/png", None, 406), ("*/*", "docx", 400)])
def test_negotiate_refuses(header: str, name: str | None, status: int) -> None:
    """What cannot be sent is refused, with what can."""
    with pytest.raises(Refusal) as caught:
        negotiate(header, RESULTS, name)
    assert caught.value.status == status
    assert "csv" in caught.value.fix


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ({}, None, "en"),
        ({}, "fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ({}, "de, en;q=0.2, fr;q=0.4", "fr"),
        ({}, "fr;q=0, *", "en"),
        ({"lang": "fr"}, "en", "fr"),
        ({"lang": "xx"}, "fr", "fr"),
    ],
)
def test_language(query: dict[str, str], header: str | None, expected: str) -> None:
    """The address decides, then the header, then English."""
    assert expected == language(query, header, ("en", "fr"))
