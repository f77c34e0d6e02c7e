"""The order of an answer, made the same every time, so that it can be taken page by page."""

from collections.abc import Iterable, Iterator

from kg.graph.syntax import Token, tokens

__all__ = ["form", "in_order"]

_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_OPENING, _CLOSING = frozenset("{("), frozenset("})")
# What may follow the order: https://www.w3.org/TR/sparql11-query/#rSolutionModifier, #rValuesClause.
_AFTER_ORDER = frozenset({"LIMIT", "OFFSET", "VALUES"})


def form(text: str) -> str:
    """SELECT, ASK, CONSTRUCT or DESCRIBE, as the query says; empty where it says none of them.

    >>> form("PREFIX select: <http://e/> ASK {}")
    'ASK'
    """
    return next((token.keyword for token in tokens(text) if token.keyword in _FORMS), "")


def in_order(text: str, columns: Iterable[str]) -> str:
    """A SELECT query whose rows are told apart by its columns where its own order leaves that open.

    columns: names of the variables that it selects. Line breaks stay where they are.

    >>> in_order("SELECT ?a ?b { ?a ?p ?b } ORDER BY ?b LIMIT 9", ["a", "b"])
    'SELECT ?a ?b { ?a ?p ?b } ORDER BY ?b ?a ?b LIMIT 9'
    """
    names = " ".join(f"?{name}" for name in columns)
    outer = list(_outer(text))
    if not names or not outer:
        return text
    after = next((token.start for token in outer if token.keyword in _AFTER_ORDER), None)
    ordered = any(token.keyword == "ORDER" for token in outer)
    added = names if ordered else f"ORDER BY {names}"
    if after is None:
        end = outer[-1].end
        return f"{text[:end]} {added}{text[end:]}"
    return f"{text[:after]}{added} {text[after:]}"


def _outer(text: str) -> Iterator[Token]:
    """The tokens that stand in no braces or parentheses, and those that close the outermost of them."""
    depth = 0
    for token in tokens(text):
        depth -= token.text in _CLOSING
        if depth == 0:
            yield token
        depth += token.text in _OPENING
