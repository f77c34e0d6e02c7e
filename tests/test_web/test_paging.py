"""Pages of an answer: which rows, and where the pages beside them are."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.web.http.paging import MOST, Page, link_header, neighbours, read_page
from kg.web.refusal import Refusal


def links(page: Page, count: int) -> dict[str, Page]:
    """The pages beside one, of an answer with so many rows."""
    found = neighbours("/q", [("a", "é&=")], page, more=page.offset + page.limit < count)
    pages = {}
    for relation, address in found.items():
        query = dict(parse_qsl(urlsplit(address).query))
        assert query.pop("a") == "é&="
        read = read_page(query, limit=None)
        assert read is not None
        pages[relation] = read
    return pages


def walk(page: Page, relation: str, count: int) -> list[int]:
    """Numbers of the rows on the pages from one on, following a link."""
    seen: list[int] = []
    while True:
        rows = list(range(count))[page.offset : page.offset + page.limit]
        seen = [*seen, *rows] if relation == "next" else [*rows, *seen]
        beside = links(page, count)
        if relation not in beside:
            return seen
        page = beside[relation]


@given(limit=st.integers(1, 50), offset=st.integers(0, 150), count=st.integers(0, 120))
def test_every_row_is_met_once(limit: int, offset: int, count: int) -> None:
    """Following next from the first page meets each row once; following prev from any page, each row before it."""
    page = Page(limit, offset)
    assert walk(links(page, count)["first"], "next", count) == list(range(count))
    assert walk(page, "prev", count) == list(range(min(offset + limit, count)))
    assert links(page, count)["self"] == page


@given(text=st.text() | st.integers().map(str), name=st.sampled_from(["limit", "offset"]))
def test_what_is_no_number_is_refused(text: str, name: str) -> None:
    """A limit is from 1 to the most, an offset from 0; anything else is a 400 that says what to write."""
    least, most = (1, MOST) if name == "limit" else (0, 10**15 - 1)
    valid = text.isascii() and text.isdigit() and len(text) <= 15 and least <= int(text) <= most
    if valid:
        assert read_page({name: text}, limit=None) == (Page(int(text)) if name == "limit" else Page(MOST, int(text)))
    else:
        with pytest.raises(Refusal) as refused:
            read_page({name: text}, limit=None)
        assert (400, f"{text!r} is no {name}") == (refused.value.status, refused.value.detail)
        assert refused.value.fix.startswith(f"write {name} as a whole number")


@pytest.mark.parametrize(
    ("query", "limit", "expected"),
    [
        ({}, None, None),
        ({}, 10, Page(10)),
        ({"limit": "5"}, 10, Page(5)),
        ({"offset": "5"}, 10, Page(10, 5)),
        ({"limit": "2", "offset": "5"}, None, Page(2, 5)),
    ],
)
def test_defaults(query: dict[str, str], limit: int | None, expected: Page | None) -> None:
    """Without either there are no pages, unless there is a usual limit."""
    assert read_page(query, limit=limit) == expected


def test_the_header() -> None:
    """A link in angle brackets, its relation quoted; the page does not link to itself."""
    assert link_header({"self": "/q?offset=1", "next": "/q?offset=2"}) == '</q?offset=2>; rel="next"'
