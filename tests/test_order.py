"""The order of an answer: it is the same every time, and nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph import memory_store
from kg.graph.order import form, in_order
from kg.graph.store import QuerySolutions, Store, query

STORE = memory_store("".join(f'<http://e/{n % 7}> <http://e/p{n % 3}> "{n % 5}" .\n' for n in range(60)).encode())


def rows(text: str, store: Store = STORE) -> list[tuple[str, ...]]:
    """The rows of an answer."""
    results = query(store, text, base="http://e/")
    assert isinstance(results, QuerySolutions)
    return [tuple(map(str, row)) for row in results]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * {}", "SELECT"),
        ("prefix ask: <http://e/> # SELECT\nask { ?select ?p 'CONSTRUCT' }", "ASK"),
        ("BASE <http://e/ASK> CONSTRUCT WHERE {}", "CONSTRUCT"),
        ("DESCRIBE <x>", "DESCRIBE"),
        ("nothing", ""),
    ],
)
def test_form(text: str, expected: str) -> None:
    """The form is the first keyword that names one, not a name, a string or a comment."""
    assert form(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT ?a { ?a ?b ?c } # LIMIT 3", "SELECT ?a { ?a ?b ?c } ORDER BY ?a # LIMIT 3"),
        (
            "SELECT ?a { { SELECT ?a {} ORDER BY ?a LIMIT 1 } }",
            "SELECT ?a { { SELECT ?a {} ORDER BY ?a LIMIT 1 } } ORDER BY ?a",
        ),
        ("SELECT ?a {} ORDER BY DESC(?a)\nLIMIT 3", "SELECT ?a {} ORDER BY DESC(?a)\n?a LIMIT 3"),
        ("SELECT ?a {} VALUES ?a { 1 }", "SELECT ?a {} ORDER BY ?a VALUES ?a { 1 }"),
        (
            "SELECT ?a {} HAVING EXISTS { ?a ?b ?c } OFFSET 1",
            "SELECT ?a {} HAVING EXISTS { ?a ?b ?c } ORDER BY ?a OFFSET 1",
        ),
    ],
)
def test_where_the_order_stands(text: str, expected: str) -> None:
    """It stands after the pattern and the order that there is, before LIMIT, OFFSET and VALUES of the query itself."""
    assert in_order(text, ["a"]) == expected


@given(
    distinct=st.sampled_from(["", "DISTINCT ", "REDUCED "]),
    columns=st.sampled_from([["s"], ["s", "o"], ["o", "p", "s"]]),
    order=st.sampled_from(["", "ORDER BY ?o", "ORDER BY DESC(?s) (?p)", "order by desc(str(?o))"]),
    slice_=st.tuples(st.none() | st.integers(0, 70), st.none() | st.integers(0, 70)),
    values=st.sampled_from(["", "VALUES ?s { <http://e/1> <http://e/2> }"]),
    comment=st.sampled_from(["", " # ORDER BY ?x LIMIT 1", "\n# the end"]),
)
def test_only_the_order_changes(
    distinct: str, columns: list[str], order: str, slice_: tuple[int | None, int | None], values: str, comment: str
) -> None:
    """The same rows come whatever the modifiers, and a page is a piece of the whole."""
    head = f"SELECT {distinct}{' '.join(f'?{name}' for name in columns)} {{ ?s ?p ?o }} {order}"
    whole = rows(in_order(f"{head} {values}{comment}", columns))
    limits = " ".join(f"{name} {n}" for name, n in zip(("LIMIT", "OFFSET"), slice_, strict=True) if n is not None)
    limit, start = slice_[0], slice_[1] or 0
    end = len(whole) if limit is None else start + limit
    assert sorted(whole) == sorted(rows(f"{head} {values}{comment}"))
    assert rows(in_order(f"{head} {limits} {values}{comment}", columns)) == whole[start:end]


def test_ties_are_broken() -> None:
    """Rows that the query's own order does not tell apart come in one order, however the store was filled."""
    lines = [f"<http://e/{n}> <http://e/p> <http://e/same> .\n" for n in range(10, 60)]
    forwards, backwards = memory_store("".join(lines).encode()), memory_store("".join(reversed(lines)).encode())
    text = in_order("SELECT ?s ?o { ?s ?p ?o } ORDER BY ?o", ["s", "o"])
    assert rows(text, forwards) == rows(text, backwards)
    assert rows(text, forwards) == sorted(rows(text, forwards))
