"""Answers page by page: which rows are asked for, and where the pages beside them are."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from kg.web.refusal import Refusal

__all__ = ["MOST", "Page", "link_header", "neighbours", "read_page"]

MOST = 10_000
"""Rows that a page has at most."""

# More than any answer has.
_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of an answer. limit: how many at most. offset: how many come before them."""

    limit: int
    offset: int = 0


def read_page(query: Mapping[str, str], *, limit: int | None, most: int = MOST) -> Page | None:
    """The page that an address asks for with `limit` and `offset`; raises Refusal for what is no such number.

    limit: what holds where only `offset` is given, or nothing is; None: then without either there are no pages.
    """
    told = _number(query, "limit", 1, most, f"from 1 to {most:,}; the Link with rel=next leads on")
    offset = _number(query, "offset", 0, 10**_DIGITS, "of rows to leave out, such as 0")
    if told is None and offset is None and limit is None:
        return None
    return Page(told or limit or most, offset or 0)


def neighbours(path: str, query: Iterable[tuple[str, str]], page: Page, *, more: bool) -> dict[str, str]:
    """Addresses by relation: the page itself, the first, the one before and, where there are more rows, the next.

    query: the other parameters of the address. Pages before and after never share a row.
    https://www.rfc-editor.org/rfc/rfc8288#section-3.3
    """
    rest = [(name, value) for name, value in query if name not in {"limit", "offset"}]

    def address(offset: int, limit: int) -> str:
        return f"{path}?{urlencode([*rest, ('limit', limit), ('offset', offset)])}"

    found = {"self": address(page.offset, page.limit), "first": address(0, page.limit)}
    if page.offset:
        before = max(page.offset - page.limit, 0)
        found["prev"] = address(before, page.offset - before)
    if more:
        found["next"] = address(page.offset + page.limit, page.limit)
    return found


def link_header(links: Mapping[str, str]) -> str:
    """The links as a header: https://www.rfc-editor.org/rfc/rfc8288#section-3."""
    return ", ".join(f'<{address}>; rel="{relation}"' for relation, address in links.items() if relation != "self")


def _number(query: Mapping[str, str], name: str, least: int, most: int, fix: str) -> int | None:
    if name not in query:
        return None
    text = query[name]
    if not re.fullmatch(rf"[0-9]{{1,{_DIGITS}}}", text) or not least <= int(text) <= most:
        raise Refusal(400, f"{text!r} is no {name}", fix=f"write {name} as a whole number {fix}")
    return int(text)
