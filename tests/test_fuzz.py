"""Odd iterators, references and queries: an error with the mapping's place, never anything else."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kg.errors import ContentError, Place, Problem
from kg.mapping import Reading
from kg.mapping.model import LogicalSource, LogicalView, Reference, TermMap, ViewField
from kg.mapping.source import records
from kg.mapping.view import view_records

HERE = Place("m.yaml", 2, 3, "the line")
FILES = {
    "a.csv": 'id,name\n1,"a"\n2,b\n',
    "a.json": '[{"id": 1, "name": "a", "in": [{"x": null}, 2.5]}, {"id": "2", "name": ["b", {}]}]',
    "a.ndjson": '{"id": 1, "name": "a"}\n{"id": 2, "name": [1, 2]}\n',
    "a.yaml": "- {id: 1, name: a}\n- {id: 2, name: [b]}\n",
    "a.xml": '<r><i id="1"><name>a</name></i><i id="2"><name>b</name><name>c</name></i></r>',
    "a.ttl": '<http://e.x/1> <http://e.x/name> "a" .',
}
FORMULATIONS = {
    "a.csv": "csv", "a.json": "jsonpath", "a.ndjson": "jsonpath", "a.yaml": "jsonpath", "a.xml": "xpath",
    "a.ttl": "SPARQL_Results_CSV", "sqlite:a.sqlite": "sql-query", "duckdb:a.duckdb": "sql-query",
}  # fmt: skip
WORDS = st.sampled_from(
    ["id", "name", "$", "@", ".", "..", "*", "[", "]", "[*]", "[?", "(", ")", "'", '"', "\\", "/", "//", "::", ":", ",",
     "=", "==", "!", "<", "&&", "|", "0", "-1", "1e999", " ", "\t", "\n", "\0", "é", "select", " from ", " where ", "t",
     ";", "--", "union all", "count", "text()", "position()", "last()", "ancestor", "length", "match", "{", "}", "?",
     "#", "%", "~", "^", "$.", "$..", "x:", "\U0001f600"]
)  # fmt: skip
ODD = st.lists(WORDS, max_size=7).map("".join) | st.text(max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file of each kind."""
    made = tmp_path_factory.mktemp("fuzz")
    for name, text in FILES.items():
        (made / name).write_text(text, encoding="utf-8")
    with closing(sqlite3.connect(made / "a.sqlite")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER, name TEXT)")
        connection.execute("INSERT INTO t VALUES (1, 'a')")
        connection.commit()
    with duckdb.connect(str(made / "a.duckdb")) as database:
        database.execute("CREATE TABLE t AS SELECT 1 AS id, 'a' AS name")
    return made


@pytest.mark.parametrize("access", FORMULATIONS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(iterator=ODD, reference=ODD)
@example(iterator="", reference="id")
@example(iterator="$[?(@.id > 'a')]", reference="name")
@example(iterator="$[0:1:0]", reference="$")
@example(iterator="$[?@.id==1e999]", reference="$[1e999]")
@example(iterator="$", reference="^name$")
@example(iterator="/r/i", reference="")
@example(iterator="/r/i", reference="string(1 div 0)")
@example(iterator="//@id", reference=".")
@example(iterator="//i/text()", reference="..")
@example(iterator="select 1 as id, 2 as id from t", reference="id")
@example(iterator="select x'00' || char(0) as id", reference="id")
def test_odd_sources(access: str, iterator: str, reference: str, folder: Path) -> None:
    """Whatever a mapping says of its records, they are read, or an error is told with its place."""
    source = LogicalSource(access, FORMULATIONS[access], iterator, HERE)
    problems: list[Problem] = []
    try:
        for batch in records(source, {reference: HERE, "name": HERE}, Reading(folder, batch=2)):
            assert {reference, "name"} <= set(batch.columns)
    except ContentError as error:
        problems = error.problems
    assert [problem.place for problem in problems if problem.place != HERE] == []


@pytest.mark.parametrize("access", ["a.json", "a.xml", "a.csv"])
@settings(max_examples=100)
@given(inner=ODD, reference=ODD, formulation=st.sampled_from(["", "jsonpath", "xpath", "csv", "none"]))
def test_odd_views(access: str, inner: str, reference: str, formulation: str, folder: Path) -> None:
    """Fields of a logical view, and those inside of them, likewise."""
    iterator = {"a.json": "$[*]", "a.xml": "/r/i", "a.csv": ""}[access]
    on = LogicalSource(access, FORMULATIONS[access], iterator, HERE)
    value = TermMap((Reference(reference),), "literal", HERE)
    deep = ViewField("n", value, "", "", (), HERE)
    fields = (
        ViewField("f", value, "", "", (ViewField("i", None, inner, formulation, (deep,), HERE),), HERE),
        ViewField("g", None, inner, formulation, (deep,), HERE),
    )
    for field in fields:
        view = LogicalSource("", "view", "", HERE, view=LogicalView(on, (field,), ()))
        with suppress(ContentError):
            list(view_records(view, {}, Reading(folder)))
