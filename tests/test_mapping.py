"""The mapping engine: YARRRML and records in, triples in canonical N-Triples out."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.errors import Problems
from kg.graph.store import Literal, NamedNode, RdfFormat, parse
from kg.mapping import TriplesMap, check_maps, materialize, nquads, read_yarrrml, table
from kg.mapping.term import encode_iri_part, quote_literal

# https://www.rfc-editor.org/rfc/rfc3987#section-2.2
UCSCHAR = [(0xA0, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFEF), *((p << 16, (p << 16) + 0xFFFD) for p in range(1, 14))]
UCSCHAR += [(0xE1000, 0xEFFFD)]
BASE = "https://w3id.org/pressgraph/"
HEAD = """
prefixes:
  kg: https://w3id.org/pressgraph/ns#
  id: https://w3id.org/pressgraph/id/
  ex: http://example.org/
mappings:
  seat:
    sources: [[facts.json~jsonpath, "$[?(@.kind=='seat')]"]]
"""


def read(body: str, tmp_path: Path, base: str = BASE) -> tuple[tuple[TriplesMap, ...], Problems]:
    """The triples maps of a file with the usual head, and what is wrong with it."""
    file = tmp_path / "m.yaml"
    file.write_text(HEAD + body, encoding="utf-8")
    problems = Problems()
    return read_yarrrml(file, tmp_path, (BASE, base), problems), problems


def run(body: str, records: list[dict[str, Any]], tmp_path: Path, base: str = BASE) -> list[str]:
    """The N-Quads that a body makes of records of the kind `seat`; fails on any problem."""
    maps, problems = read(body, tmp_path, base)
    catalog = {"facts.json": table([{"kind": "seat", **record} for record in records], {})}
    check_maps(maps, {"facts.json": None}, problems)
    triples = materialize(maps, catalog, problems=problems)
    assert [] == [problem.render() for problem in problems]
    return sorted(nquads(triples).to_list())


def told(body: str, tmp_path: Path) -> list[str]:
    """The messages that a body gives, each with line and column."""
    _, problems = read(body, tmp_path)
    assert all(problem.fix for problem in problems)
    return [f"{p.place.line}:{p.place.column} {p.message}" for p in problems if p.place]


def test_template_values_are_encoded_and_letters_stay(tmp_path: Path) -> None:
    """In a template `é` stays and everything outside iunreserved is percent-encoded."""
    body = "    s: id:$(body)\n    po:\n    - [ex:p, x]\n"
    assert ['<https://w3id.org/pressgraph/id/l%27été%2F%201> <http://example.org/p> "x" .'] == run(
        body, [{"body": "l'été/ 1"}], tmp_path
    )


def test_reference_as_iri_is_taken_as_it_stands(tmp_path: Path) -> None:
    """A reference alone is an IRI already, and nothing in it is encoded."""
    body = "    s: $(body)~iri\n    po:\n    - [ex:p, $(page)~iri]\n"
    assert ["<http://a.example/x%20y> <http://example.org/p> <http://b.example/é?q=1#f> ."] == run(
        body, [{"body": "http://a.example/x%20y", "page": "http://b.example/é?q=1#f"}], tmp_path
    )


def test_data_base_is_rewritten_and_namespace_is_not(tmp_path: Path) -> None:
    """Mappings spell the default base; a project's own base takes its place in data IRIs, never in terms."""
    body = "    s: id:$(body)\n    po:\n    - [kg:basedIn, id:$(place)~iri]\n"
    assert [
        "<http://my.example/kg/id/a> <https://w3id.org/pressgraph/ns#basedIn> <http://my.example/kg/id/b> ."
    ] == run(body, [{"body": "a", "place": "b"}], tmp_path, "http://my.example/kg/")


def test_missing_value_drops_that_triple_only(tmp_path: Path) -> None:
    """A record without a field makes the triples that do not need it; the empty string is a value."""
    body = "    s: id:$(body)\n    po:\n    - [ex:p, $(one)]\n    - [ex:q, $(two)]\n"
    assert [
        '<https://w3id.org/pressgraph/id/a> <http://example.org/p> "" .',
        '<https://w3id.org/pressgraph/id/b> <http://example.org/q> "2" .',
    ] == run(body, [{"body": "a", "one": ""}, {"body": "b", "two": "2"}], tmp_path)


def test_list_makes_a_triple_for_each_item(tmp_path: Path) -> None:
    """Lists in subject and object multiply out."""
    body = "    s: id:$(body)\n    po:\n    - [ex:p, $(one)]\n"
    assert 4 == len(run(body, [{"body": ["a", "b"], "one": ["1", "2"]}], tmp_path))


def test_iterator_chooses_records(tmp_path: Path) -> None:
    """A record of another kind makes nothing."""
    body = "    s: id:$(body)\n    po:\n    - [ex:p, x]\n"
    assert [] == run(body, [{"kind": "other", "body": "a"}], tmp_path)


@pytest.mark.parametrize(
    ("obj", "term"),
    [
        ("[ex:p, $(v), xsd:integer]", '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("[ex:p, $(v), xsd:string]", '"7"'),
        ("[ex:p, $(v), fr~lang]", '"7"@fr'),
        ("{p: ex:p, o: {value: $(v), language: $(l)}}", '"7"@pt-br'),
        ("{p: ex:p, o: {value: $(v), datatype: xsd:integer}}", '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("{p: ex:p, o: {value: 'id:$(v)', type: iri}}", "<https://w3id.org/pressgraph/id/7>"),
        ("[ex:p, '$(v) of $(l)']", '"7 of pt-BR"'),
        (r"[ex:p, '\$(v)']", '"$(v)"'),
    ],
)
def test_object_forms(obj: str, term: str, tmp_path: Path) -> None:
    """Every way to write an object makes the term that YARRRML says it makes."""
    line = f"<https://w3id.org/pressgraph/id/a> <http://example.org/p> {term} ."
    assert [line] == run(
        f"    s: id:$(body)\n    po:\n    - {obj}\n", [{"body": "a", "v": "7", "l": "pt-BR"}], tmp_path
    )


def test_graphs_of_map_and_of_predicate_object(tmp_path: Path) -> None:
    """A triple goes to the graphs of its map and of its own line."""
    body = "    s: id:$(body)\n    graphs: ex:g\n    po:\n    - {p: ex:p, o: x, graphs: ex:h}\n"
    assert [
        '<https://w3id.org/pressgraph/id/a> <http://example.org/p> "x" <http://example.org/g> .',
        '<https://w3id.org/pressgraph/id/a> <http://example.org/p> "x" <http://example.org/h> .',
    ] == run(body, [{"body": "a"}], tmp_path)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_literal_is_the_value_byte_for_byte(values: list[str]) -> None:
    """Whatever stands in a record stands in the literal, as an independent parser reads it."""
    frame = table([{"v": value} for value in values], {})
    lines = frame.select(pl.concat_str(pl.lit("<a:s> <a:p> "), quote_literal(pl.col("v")), pl.lit(" .\n")))
    quads = parse("".join(lines.to_series().to_list()).encode(), RdfFormat.N_TRIPLES)
    assert values == [quad.object.value for quad in quads if isinstance(quad.object, Literal)]


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.characters(categories=["Co", "Cn"]), min_size=1))
@example("\ue000é\ufffd'\U0001ffff\U0010fffe\n\ufdd0\U000e0001")
def test_encoded_value_is_a_valid_iri_part(value: str) -> None:
    """An encoded value holds what RFC 3987 lets stand, makes an IRI for a strict parser, and decodes to the value."""
    encoded = pl.select(encode_iri_part(pl.lit(value))).item()
    assert not [c for c in encoded if c > "\x7f" and not any(first <= ord(c) <= last for first, last in UCSCHAR)]
    (quad,) = parse(f"<http://a.example/{encoded}> <a:p> <a:o> .".encode(), RdfFormat.N_TRIPLES)
    assert isinstance(quad.subject, NamedNode)
    assert value == unquote(quad.subject.value.removeprefix("http://a.example/"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    subj: id:$(body)", "9:5 unknown key 'subj'"),
        ("    s: idd:$(body)", "9:8 prefix 'idd' is not defined"),
        ("    s: 'http://a b/$(body)'", "9:8 'http://a b/$(body)' makes an invalid IRI: it holds ' '"),
        ("    s: ex:a\n    po: [[ex:p, x, 'fr FR~lang']]", "10:20 'fr FR' is no language tag"),
        (
            "    s: ex:a\n    po: [[ex:p, id:$(b)]]",
            "10:17 'id:$(b)' begins with a prefix but would make a text, not an IRI",
        ),
        (
            "    s: ex:a\n    changeDetection: {}",
            "10:5 key 'changeDetection' is of an extension of YARRRML that is not read",
        ),
        ("    s: ex:a\n    condition: {}", "10:16 the condition has no function"),
    ],
)
def test_wrong_mapping_is_told_with_place_and_remedy(body: str, message: str, tmp_path: Path) -> None:
    """An error names line, column, the offender, and what to write."""
    assert message in told(body, tmp_path)


@pytest.mark.parametrize(
    ("po", "record", "message"),
    [
        ("[ex:p, $(v), xsd:date]", {"v": "2010-06-31"}, "'2010-06-31' is no xsd:date"),
        ("[ex:p, $(v)~iri]", {"v": "not an iri"}, "'not an iri' is no absolute IRI"),
        ("[ex:p, $(v)~iri]", {"v": "http://e.x/100%"}, "'http://e.x/100%' is no absolute IRI"),
        ("[ex:p, $(v)~iri]", {"v": "http://e.x/?a[]=1"}, "'http://e.x/?a[]=1' is no absolute IRI"),
        ("[ex:p, 'http://e.x/[$(v)]~iri']", {"v": "a"}, "'http://e.x/[a]' is no absolute IRI"),
        ("[ex:p, id:$(v)~iri]", {"v": ""}, "v is empty, so no IRI can be made of it"),
        ("{p: ex:p, o: {value: x, language: $(v)}}", {"v": "fr_FR"}, "'fr_FR' is no language tag"),
    ],
)
def test_bad_record_is_told(po: str, record: dict[str, str], message: str, tmp_path: Path) -> None:
    """A record that makes no valid term is an error with its value, never a wrong or missing triple."""
    maps, problems = read(f"    s: id:$(body)\n    po:\n    - {po}\n", tmp_path)
    catalog = {"facts.json": table([{"kind": "seat", "body": "a", **record}], {})}
    materialize(maps, catalog, problems=problems)
    assert [message] == [problem.message for problem in problems]


def test_reference_to_no_field_is_told(tmp_path: Path) -> None:
    """In a source whose fields are known, a misspelt reference names the nearest one."""
    maps, problems = read("    s: id:$(boddy)\n    po:\n    - [ex:p, x]\n", tmp_path)
    check_maps(maps, {"facts.json": ["kind", "body"]}, problems)
    assert [("reference 'boddy' is in no record of facts.json", "did you mean 'body'?")] == [
        (problem.message, problem.fix) for problem in problems
    ]
