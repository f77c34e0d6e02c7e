"""What is refused before a query is parsed, wherever it comes from."""

from pathlib import Path

import pytest

from kg.errors import ContentError, UsageError
from kg.graph.guard import DEPTH, UnreachableError, check_query
from kg.graph.store import memory_store, open_store, query, write_store


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * {" + "{" * 20_000 + "}" * 20_000 + "}",
        "SELECT * { FILTER(" + "(" * 10_000 + "1" + ")" * 10_000 + ") }",
        "SELECT * { FILTER(" + "1+" * 5_000 + "1) }",
        "SELECT * {" + "OPTIONAL { ?s ?p ?o } " * 500 + "}",
    ],
    ids=["groups", "brackets", "operators", "patterns"],
)
def test_query_that_would_end_the_process_is_refused(text: str) -> None:
    """Nested too deeply or too long: an error with its place, not a crash of everything."""
    with pytest.raises(ContentError) as raised:
        query(memory_store(b""), text, base="http://b.example/")
    assert raised.value.problems[0].place


def test_query_of_the_allowed_depth_is_evaluated() -> None:
    """What people write by hand is far from the limit."""
    text = "ASK {" + "{" * (DEPTH - 1) + "}" * (DEPTH - 1) + "}"
    assert query(memory_store(b""), text, base="http://b.example/")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { sErViCe <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "LOAD <http://127.0.0.1:9/>",
    ],
)
def test_what_would_leave_the_store_is_refused(text: str) -> None:
    """From the command line as from the web."""
    with pytest.raises(UnreachableError):
        check_query(text, "query")


def test_service_in_names_strings_and_comments_passes() -> None:
    """Only the keyword is meant."""
    check_query("PREFIX e: <http://e/> SELECT * { ?service e:service 'SERVICE' } # SERVICE", "query")


def test_damaged_store_says_what_to_do(tmp_path: Path) -> None:
    """A store with a file cut short is an error of one line."""
    quads = tmp_path / "g.nq"
    quads.write_text("<http://a/s> <http://a/p> <http://a/o> .\n", encoding="utf-8")
    write_store(quads, tmp_path / "store")
    for path in (tmp_path / "store").glob("MANIFEST*"):
        path.write_bytes(b"")
    with pytest.raises(UsageError, match=r"kg build|no store"):
        open_store(tmp_path / "store")
