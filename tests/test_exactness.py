"""What stands in the source stands in the literal, byte for byte, whatever the format and the size of a batch."""

import csv
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from xml.sax.saxutils import escape

import pyoxigraph
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import Place, Problems
from kg.mapping import (
    LogicalSource,
    PredicateObjectMap,
    Reading,
    Reference,
    TermMap,
    TriplesMap,
    materialize_files,
    read_rml,
)
from kg.mapping.model import Execution, Input, Join, ReferencingObjectMap
from tests import naive
from tests.exactness.__main__ import verdict
from tests.exactness.suite import FORMS, Form, expected, lay_out

HERE = Place("test", 1, 1)


def made(maps: Sequence[TriplesMap], folder: Path, batch: int) -> list[str]:
    """The lines that the triples maps make of files in a folder, in order."""
    lines: list[str] = []
    materialize_files(maps, Reading(folder, batch=batch), lambda _, new: lines.extend(new))
    return lines


@pytest.mark.parametrize("batch", [1, 7, 50_000])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_suite(form: Form, batch: int, tmp_path: Path) -> None:
    """Every value of the suite comes out as it went in."""
    problems = Problems()
    maps = read_rml(lay_out(form, tmp_path), tmp_path, ("http://example.org/", "http://example.org/"), problems)
    assert [] == problems
    output = set(made(maps, tmp_path, batch))
    assert set() == output - expected(form)
    assert form.left_out == len(expected(form) - output)


KG = [sys.executable, "-m", "kg", "materialize", "{mapping}", "-o", "{output}"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (KG, []),
        ([*KG[:-1], "-"], []),
        ([*KG, "--no-such-option"], ["refused: exit code 2"]),
        (["no-such-processor", "{mapping}"], ["did not run"]),
        ([sys.executable, "-c", "print('<a')", "{mapping}"], ["its output is not N-Quads"]),
        (
            [sys.executable, "-c", "print('<http://e.x/s> <http://e.x/p> \"o\" .')", "{mapping}"],
            ["1 quads wrong, 80 missing, of 80", 'wrong: <http://e.x/s> <http://e.x/p> "o"'],
        ),
    ],
)
def test_runner(command: list[str], told: list[str]) -> None:
    """What is wrong with the output of a command is told; nothing of one that is exact."""
    found = verdict(FORMS[0], command)
    assert bool(told) == bool(found)
    assert all(line.startswith(start) for line, start in zip(found, told, strict=False))


def source(name: str) -> LogicalSource:
    """The logical source of a file, read as its ending says."""
    formulation, iterator = {"csv": ("csv", ""), "xml": ("xpath", "/r/i")}.get(name[2:], ("jsonpath", "$[*]"))
    return LogicalSource(name, formulation, iterator, HERE)


def triples_map(name: str, *objects: TermMap) -> TriplesMap:
    """A triples map over a file: each object with a predicate of its own; a graph by the record's number."""
    poms = tuple(
        PredicateObjectMap((TermMap((f"http://e.x/p{number}",), "iri", HERE),), (obj,), (), HERE)
        for number, obj in enumerate(objects)
    )
    subject = TermMap(("http://e.x/s/", Reference("n")), "iri", HERE)
    graph = TermMap(("http://e.x/g/", Reference("n")), "iri", HERE)
    return TriplesMap("m", (source(name),), (subject,), (graph,), poms, HERE, classes=("http://e.x/C",))


A, B = Reference("a"), Reference("b")
OBJECTS = (
    TermMap((A,), "literal", HERE),
    TermMap(("«", A, "/", B, "»"), "literal", HERE),
    TermMap((A,), "literal", HERE, language=TermMap(("fr-CA",), "literal", HERE)),
    TermMap((B,), "literal", HERE, datatype=TermMap(("http://e.x/d",), "iri", HERE)),
)
XSD = "http://www.w3.org/2001/XMLSchema#"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
pairs = st.lists(st.tuples(texts, texts), min_size=1, max_size=6)


def by_oxigraph(lines: Sequence[str]) -> set[naive.Quad]:
    """The quads as Oxigraph's parser reads them."""

    def term(found: object) -> naive.Term:
        if isinstance(found, pyoxigraph.Literal):
            return "literal", found.value, found.datatype.value, found.language or ""
        assert isinstance(found, pyoxigraph.NamedNode)
        return "iri", found.value, "", ""

    def graph(found: object) -> naive.Term | None:
        return None if isinstance(found, pyoxigraph.DefaultGraph) else term(found)

    data = "".join(f"{line}\n" for line in lines).encode()
    return {
        (term(q.subject), term(q.predicate), term(q.object), graph(q.graph_name))
        for q in pyoxigraph.parse(data, pyoxigraph.RdfFormat.N_QUADS)
    }


def by_rdflib(lines: Sequence[str]) -> set[naive.Quad]:
    """The quads as rdflib's parser reads them."""

    def term(found: object) -> naive.Term:
        if isinstance(found, rdflib.Literal):
            kind = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString" if found.language else f"{XSD}string"
            return "literal", str(found), str(found.datatype or kind), found.language or ""
        return "iri", str(found), "", ""

    data = rdflib.Dataset()
    data.parse(data="".join(f"{line}\n" for line in lines).encode(), format="nquads")
    default = (None, rdflib.graph.DATASET_DEFAULT_GRAPH_ID)
    return {(term(s), term(p), term(o), None if g in default else term(g)) for s, p, o, g in data.quads()}


def records(rows: Sequence[tuple[str, str]]) -> list[naive.Record]:
    """The rows as records of the naive implementation."""
    return [{"n": [(str(n), None)], "a": [(a, None)], "b": [(b, None)]} for n, (a, b) in enumerate(rows)]


def check(data: str, name: str, rows: Sequence[tuple[str, str]], batch: int) -> None:
    """The engine's output over a file is what the naive implementation makes of the rows, for both parsers."""
    with TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data.encode())
        mapped = triples_map(name, *OBJECTS)
        lines = made([mapped], Path(folder), batch)
    everything = naive.quads(mapped, records(rows))
    assert everything == by_oxigraph(lines)
    assert everything == by_rdflib(lines)


@settings(deadline=None)
@given(pairs, st.integers(1, 7), st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_csv(rows: list[tuple[str, str]], batch: int, end: str, quoting: Literal[0, 1]) -> None:
    """Any text in any cell of a CSV file, quoted wherever it has to be."""
    out = io.StringIO(newline="")
    if any("\r" in text for row in rows for text in row):
        # Some versions of the writer leave a bare CR unquoted, and before LF that would be a line end.
        quoting = csv.QUOTE_ALL
    writer = csv.writer(out, lineterminator=end, quoting=quoting)
    writer.writerow(["n", "a", "b"])
    writer.writerows((str(n), a, b) for n, (a, b) in enumerate(rows))
    check(out.getvalue(), "r.csv", rows, batch)


@settings(deadline=None)
@given(pairs, st.integers(1, 7), st.booleans())
def test_json(rows: list[tuple[str, str]], batch: int, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    """Any text in any member of JSON and of NDJSON, escaped or not."""
    objects = [{"n": str(n), "a": a, "b": b} for n, (a, b) in enumerate(rows)]
    check(json.dumps(objects, ensure_ascii=ascii_only), "r.json", rows, batch)
    lines = "".join(json.dumps(item, ensure_ascii=ascii_only) + "\n" for item in objects)
    check(lines, "r.ndjson", rows, batch)


def in_xml(text: str) -> str:
    """A text as XML writes it: what a parser would normalise as a character reference."""
    return "".join(f"&#{ord(c)};" if c in "\r\n\t" else escape(c) for c in text)


XML_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n\r"), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(XML_TEXTS, XML_TEXTS), min_size=1, max_size=6), st.integers(1, 7))
def test_xml(rows: list[tuple[str, str]], batch: int) -> None:
    """Any text that XML can hold in any element."""
    items = "".join(f"<i><n>{n}</n><a>{in_xml(a)}</a><b>{in_xml(b)}</b></i>" for n, (a, b) in enumerate(rows))
    check(f"<r>{items}</r>", "r.xml", rows, batch)


numbers = st.from_regex(r"\A-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?\Z")


@settings(deadline=None)
@given(st.lists(st.lists(numbers, max_size=3), min_size=1, max_size=4), st.integers(1, 3))
def test_numbers_and_lists_of_json(rows: list[list[str]], batch: int) -> None:
    """A number keeps its lexical form; lists in two term maps multiply out, as in the naive implementation."""
    data = "".join(f'{{"n":"{n}","v":[{",".join(row)}]}}\n' for n, row in enumerate(rows))
    values = Reference("$.v[*]")
    objects = (TermMap((values,), "literal", HERE), TermMap((values, "-", Reference("n")), "literal", HERE))
    mapped = triples_map("r.ndjson", *objects)
    with TemporaryDirectory() as folder:
        (Path(folder) / "r.ndjson").write_text(data, encoding="utf-8")
        if not any(rows):
            return
        lines = made([mapped], Path(folder), batch)
    kinds = [[(v, f"{XSD}double" if set(v) & set(".eE") else f"{XSD}integer") for v in row] for row in rows]
    everything = naive.quads(mapped, [{"n": [(str(n), None)], "$.v[*]": row} for n, row in enumerate(kinds)])
    assert everything == by_oxigraph(lines)


@settings(deadline=None)
@given(st.lists(texts.filter(bool), min_size=1, max_size=5))
def test_iris_of_templates_are_valid_and_blank_nodes_stand_for_their_value(values: list[str]) -> None:
    """Any text in a template makes an IRI that a strict parser takes; one value is one blank node, two are two."""
    data = "".join(json.dumps({"n": str(n), "a": value}) + "\n" for n, value in enumerate(values))
    iri, uri, blank = (TermMap(("http://e.x/", A), kind, HERE) for kind in ("iri", "uri", "blank"))
    with TemporaryDirectory() as folder:
        (Path(folder) / "r.ndjson").write_text(data, encoding="utf-8")
        mapped = replace(triples_map("r.ndjson", iri, uri, blank), graphs=())
        lines = made([mapped], Path(folder), 3)
    found = list(pyoxigraph.parse("".join(f"{line}\n" for line in lines).encode(), pyoxigraph.RdfFormat.N_QUADS))
    objects = {
        predicate: {str(quad.object) for quad in found if quad.predicate.value == f"http://e.x/p{predicate}"}
        for predicate in range(3)
    }
    assert [len(set(values))] * 3 == [len(terms) for terms in objects.values()]
    assert all(term.isascii() for term in objects[1])


def test_very_long_value(tmp_path: Path) -> None:
    """A value of a million characters is one literal."""
    value = "é'\"\\\n" * 200_000
    (tmp_path / "r.ndjson").write_text(json.dumps({"n": "0", "a": value, "b": ""}) + "\n", encoding="utf-8")
    lines = made([triples_map("r.ndjson", OBJECTS[0])], tmp_path, 10)
    assert {value} == {term[1] for _, _, term, _ in by_oxigraph(lines) if term[0] == "literal"}


GREL, IDLAB = "http://users.ugent.be/~bjdmeest/function/grel.ttl#", "https://w3id.org/imec/idlab/function#"


def literal(text: str) -> TermMap:
    """A constant."""
    return TermMap((text,), "literal", HERE)


def called(function: str, *inputs: tuple[str, TermMap]) -> TermMap:
    """A literal that a function makes."""
    given = tuple(Input(parameter, value) for parameter, value in inputs)
    return TermMap((), "literal", HERE, execution=Execution(function, given, "", HERE))


def equals(function: str, one: TermMap, two: TermMap) -> TermMap:
    """A condition that compares."""
    return called(function, (f"{GREL}valueParameter", one), (f"{GREL}valueParameter2", two))


def joining(ending: str) -> tuple[TriplesMap, TriplesMap]:
    """Two triples maps: joins on one and two values, conditions, a function, graphs made of values."""
    a, b = TermMap((A,), "literal", HERE), TermMap((B,), "literal", HERE)
    replaced = called(
        f"{GREL}string_replace",
        (f"{GREL}valueParameter", a),
        (f"{GREL}p_string_find", literal("x")),
        (f"{GREL}p_string_replace", TermMap((B, "$1"), "literal", HERE)),
    )
    predicates = [TermMap((f"http://e.x/q{number}",), "iri", HERE) for number in range(4)]
    graph = TermMap(("http://e.x/g/", B), "iri", HERE)
    poms = (
        PredicateObjectMap((predicates[0],), (ReferencingObjectMap("parent", (Join(a, b),), HERE),), (), HERE),
        PredicateObjectMap(
            (predicates[1],), (ReferencingObjectMap("parent", (Join(a, a), Join(b, b)), HERE),), (graph,), HERE
        ),
        PredicateObjectMap((predicates[2],), (replaced,), (graph,), HERE),
        PredicateObjectMap((predicates[3],), (a,), (), HERE, condition=equals(f"{IDLAB}notEqual", a, literal("x"))),
    )
    child = replace(triples_map(f"r.{ending}"), name="child", graphs=(), predicate_objects=poms)
    parent = replace(triples_map(f"s.{ending}"), name="parent", condition=equals(f"{IDLAB}equal", b, literal("x")))
    parent = replace(parent, subjects=(TermMap(("http://e.x/t/", A, "/", Reference("n")), "iri", HERE),))
    return child, parent


# What stands in IRIs here: letters, what is encoded, what is not; never nothing, nor what cannot be seen.
words = st.text(st.sampled_from("xyé'\" %/\n\r\\{}🚀上"), min_size=1, max_size=3)
words_of_records = st.lists(st.tuples(words, words), min_size=1, max_size=5)


def write_rows(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    """The rows as CSV or as NDJSON, by the ending."""
    if path.suffix == ".ndjson":
        items = [{"n": str(n), "a": a, "b": b} for n, (a, b) in enumerate(rows)]
        path.write_text("".join(f"{json.dumps(item)}\n" for item in items), encoding="utf-8")
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([("n", "a", "b"), *((str(n), a, b) for n, (a, b) in enumerate(rows))])


@settings(deadline=None, max_examples=40)
@given(words_of_records, words_of_records, st.sampled_from(["csv", "ndjson"]), st.integers(1, 6))
def test_joins_conditions_functions_and_graphs(
    children: list[tuple[str, str]], others: list[tuple[str, str]], ending: str, batch: int
) -> None:
    """As the naive implementation has them, for both parsers and any size of a batch."""
    child, parent = joining(ending)
    with TemporaryDirectory() as name:
        write_rows(Path(name) / f"r.{ending}", children)
        write_rows(Path(name) / f"s.{ending}", others)
        lines = made([child, parent], Path(name), batch)
    everything = naive.quads(child, records(children), {"parent": (parent, records(others))})
    everything |= naive.quads(parent, records(others))
    assert everything == by_oxigraph(lines)
    assert everything == by_rdflib(lines)
