"""Records that make no valid term: stopped at, skipped, or set aside; triples maps that make nothing."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ContentError, Problems
from kg.mapping import OnError, Reading, Summary, TriplesMap, materialize_files, read_rml, read_yarrrml
from kg.mapping import write as write_mapping
from tests import naive
from tests.test_exactness import by_oxigraph

HEAD = """
@prefix rml: <http://w3id.org/rml/> . @prefix ex: <http://e.x/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @base <http://e.x/> .
"""


def source(name: str, iterator: str = "") -> str:
    """The RML of a logical source beside the mapping."""
    kind = "CSV" if name.endswith("csv") else f'JSONPath ; rml:iterator "{iterator or "$"}"'
    return f"""rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ;
      rml:path "{name}" ] ; rml:referenceFormulation rml:{kind} ]"""


PEOPLE = f"""
<#people> {source("a.ndjson")} ;
  rml:subjectMap [ rml:template "http://e.x/{{id}}" ; rml:class ex:Person ] ;
  rml:predicateObjectMap [ rml:predicate ex:name ; rml:objectMap [ rml:reference "name" ] ] ;
  rml:predicateObjectMap [ rml:predicate ex:born ;
    rml:objectMap [ rml:reference "$.born[*]" ; rml:datatype xsd:date ] ] ;
  rml:predicateObjectMap [ rml:predicate ex:page ; rml:objectMap [ rml:reference "page" ; rml:termType rml:IRI ] ] .
"""


def maps(text: str, folder: Path) -> tuple[TriplesMap, ...]:
    """The triples maps of RML text."""
    (folder / "m.ttl").write_text(HEAD + text, encoding="utf-8")
    problems = Problems()
    read = read_rml(folder / "m.ttl", folder, ("http://e.x/", "http://e.x/"), problems)
    problems.stop_if_any()
    return read


Row = dict[str, Any]


def run(
    text: str, folder: Path, *, on_error: OnError = "quarantine", batch: int = 2
) -> tuple[list[str], list[Row], Summary]:
    """The lines, what was set aside, and the summary."""
    lines: list[str] = []
    aside: list[Row] = []
    summary = materialize_files(
        maps(text, folder),
        Reading(folder, folder, batch=batch),
        lambda _, new: lines.extend(new),
        on_error=on_error,
        set_aside=lambda table: aside.extend(table.to_dicts()),
    )
    return lines, aside, summary


def write(folder: Path, name: str, rows: Sequence[Row]) -> None:
    """Rows as NDJSON."""
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


dates = st.sampled_from(["2024-02-29", "2024-02-30", "x", "", "1999-12-31"])
rows_of_people = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["", "1", "2", "é ", "\ufdd0", None]),
            "name": st.sampled_from(["Ann", "", None]),
            "born": st.lists(dates, max_size=3),
            "page": st.sampled_from(["http://p.x/1", "no iri", "http://p.x/a b", None]),
        }
    ),
    min_size=1,
    max_size=8,
)
SEED = {"id": "0", "name": "Zoé", "born": ["2000-01-01"], "page": "http://p.x/0"}


@settings(deadline=None, max_examples=40)
@given(rows_of_people, st.integers(1, 9))
def test_what_is_kept_and_what_is_set_aside_is_everything(drawn: list[Row], batch: int) -> None:
    """The quads written and those of the quarantined records are all; no fault of a record is told twice or not."""
    rows = [SEED, *drawn]
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, "a.ndjson", rows)
        lines, aside, summary = run(PEOPLE, folder, batch=batch)
        (people,) = maps(PEOPLE, folder)

    def values(found: Any) -> list[naive.Value]:
        return [(value, None) for value in (found if isinstance(found, list) else [found]) if value is not None]

    records = [{"$.born[*]" if key == "born" else key: values(found) for key, found in row.items()} for row in rows]
    everything = naive.quads(people, records)
    of_the_quarantined = naive.quads(people, [records[row["record"] - 1] for row in aside])
    assert everything == by_oxigraph(lines) | of_the_quarantined
    told = [(row["record"], row["mapping"], row["message"], row["value"]) for row in aside]
    assert len(told) == len(set(told)) == summary.set_aside
    bad_dates = {(n, v) for n, row in enumerate(rows, 1) for v in row["born"] if v in ("2024-02-30", "x", "")}
    found = {(row["record"], row["value"]) for row in aside if row["message"] == "is no xsd:date"}
    assert found <= bad_dates
    assert found >= {(n, value) for n, value in bad_dates if rows[n - 1]["id"] is not None}
    assert {row["record"] for row in aside if "empty" in row["message"]} == {
        n for n, row in enumerate(rows, 1) if row["id"] == ""
    }
    assert all(row["values"]["page"] == rows[row["record"] - 1]["page"] for row in aside)


def test_a_fault_tells_everything_about_itself(tmp_path: Path) -> None:
    """Source, record, its values, the triples maps, the place in the mapping, the value and the remedy."""
    (tmp_path / "a.csv").write_text("id,name\n1,Ann\n2,x\n", encoding="utf-8")
    text = f"""<#a> {source("a.csv")} ; rml:subjectMap [ rml:template "http://e.x/{{id}}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:age ;
    rml:objectMap [ rml:reference "name" ; rml:datatype xsd:integer ] ] ."""
    lines, aside, summary = run(text, tmp_path)
    assert [] == lines
    assert aside[1] == {
        "source": "a.csv",
        "record": 2,
        "values": {"id": "2", "name": "x"},
        "triples_maps": ["http://e.x/#a"],
        "mapping": "m.ttl:7:35",
        "message": "is no xsd:integer",
        "value": "x",
        "fix": "correct the value or the datatype",
    }
    assert (2, 2) == (summary.skipped, summary.set_aside)


def join(ending: str) -> str:
    """A triples map that joins with another, twice, over files with this ending."""
    return f"""
<#child> {source(f"a.{ending}")} ; rml:subjectMap [ rml:template "http://e.x/c/{{id}}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:to ; rml:objectMap [ rml:parentTriplesMap <#parent> ;
    rml:joinCondition [ rml:child "id" ; rml:parent "id" ] ] ] ;
  rml:predicateObjectMap [ rml:predicate ex:to2 ; rml:objectMap [ rml:parentTriplesMap <#parent> ;
    rml:joinCondition [ rml:child "id" ; rml:parent "name" ] ] ] .
<#parent> {source(f"b.{ending}")} ; rml:subjectMap [ rml:template "http://e.x/{{name}}" ; rml:class ex:P ] ."""


@pytest.mark.parametrize("text", [join("csv"), join("csv").replace(" ; rml:class ex:P", "")])
@pytest.mark.parametrize("order", [1, -1])
def test_a_parent_that_is_wrong_is_told_once(text: str, order: int, tmp_path: Path) -> None:
    """Its subject is read for two joins, and for its own triples; none of them joins with it."""
    (tmp_path / "a.csv").write_text("id\n1\n2\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("id,name\n1,\n2,x\n", encoding="utf-8")
    parts = text.split("\n<#parent>")
    lines, aside, _ = run("\n".join([parts[0], "<#parent>" + parts[1]][::order]), tmp_path)
    assert [(1, "name is empty, so no IRI can be made of it")] == [(row["record"], row["message"]) for row in aside]
    assert {line for line in lines if "type" not in line} == {"<http://e.x/c/2> <http://e.x/to> <http://e.x/x> ."}


def test_one_fault_of_several_statements_is_told_once(tmp_path: Path) -> None:
    """A subject that is used with and without conditions, with lists and without, is one fault."""
    write(tmp_path, "a.ndjson", [SEED, {**SEED, "id": ""}])
    where = """rml:logicalTarget [ a rml:LogicalTarget ; rml:target [ a rml:FilePath ; rml:path "x.nq" ] ;
      rml:serialization <http://www.w3.org/ns/formats/N-Quads> ] ; rml:reference "page" ;"""
    _, aside, _ = run(PEOPLE.replace('rml:reference "page" ;', where), tmp_path)
    assert [2] == [row["record"] for row in aside]


def test_a_collection_with_an_item_that_is_wrong_is_left_out(tmp_path: Path) -> None:
    """The triple of the list and the list of that record are left out; the fault is told once."""
    write(tmp_path, "a.ndjson", [{"id": "1", "v": ["http://e.x/a", "b c"]}, {"id": "2", "v": ["http://e.x/c"]}])
    text = f"""<#a> {source("a.ndjson")} ; rml:subjectMap [ rml:template "http://e.x/{{id}}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:list ; rml:objectMap [
    rml:gather ( [ rml:reference "$.v[*]" ; rml:termType rml:IRI ] ) ; rml:gatherAs rdf:List ] ] ."""
    lines, aside, _ = run(text, tmp_path)
    assert [("b c", 1)] == [(row["value"], row["record"]) for row in aside]
    assert 3 == len(lines)
    assert not any("b c" in line or "e.x/1>" in line or "e.x/a>" in line for line in lines)


def test_stop_tells_every_fault_of_every_source_at_once(tmp_path: Path) -> None:
    """Up to three different values and how many records in all; what is wrong with another source as well."""
    data = [*["2024-01-01"] * 3, "x", "x", "y", *["z"] * 1200, "w"]
    (tmp_path / "a.csv").write_text("id,name\n" + "".join(f"{n},{d}\n" for n, d in enumerate(data)), encoding="utf-8")
    text = f"""<#a> {source("a.csv")} ; rml:subjectMap [ rml:template "http://e.x/{{id}}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:day ; rml:objectMap [ rml:reference "name" ; rml:datatype xsd:date ] ] .
<#b> {source("b.csv")} ; rml:subjectMap [ rml:template "http://e.x/{{id}}" ; rml:class ex:C ] ."""
    (tmp_path / "b.cvs").touch()
    with pytest.raises(ContentError) as raised:
        run(text, tmp_path, on_error="stop", batch=7)
    assert [
        ("'x' is no xsd:date (record 4 of a.csv; 1,203 more, such as 'y' in 6 and 'z' in 7)"),
        ("there is no file 'b.csv'"),
    ] == [problem.message for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("text", "data", "why"),
    [
        (PEOPLE, [], "a.ndjson has no records"),
        (PEOPLE.replace('"$"', '"$.peple[*]"'), [SEED], "the iterator '$.peple[*]' finds nothing in a.ndjson"),
        (PEOPLE.replace("{id}", "{nick}"), [{**SEED, "nick": None}], "'nick' is null in all of 1 record"),
        (PEOPLE, [{**SEED, "id": ""}], "all that its records make was left out"),
        (
            f'<#people> {source("a.ndjson")} ; rml:subjectMap [ rml:template "http://e.x/{{id}}" ] .',
            [SEED],
            "it has neither a class nor a predicate with an object",
        ),
        (
            join("ndjson").replace("#child", "#people"),
            [SEED],
            "none of 1 record has a partner in 'http://e.x/#parent'",
        ),
        (
            f"""<#people> {source("a.ndjson")} ; rml:subjectMap [ rml:template "http://e.x/{{id}}" ] ;
            rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap [ rml:template "{{name}}{{page}}" ;
            rml:termType rml:Literal ] ] .""",
            [{**SEED, "name": None}, {**SEED, "page": None}],
            "none of 2 records has a value for all references of a triple",
        ),
    ],
)
def test_a_triples_map_that_makes_nothing_is_told_with_the_reason(
    text: str, data: list[Row], why: str, tmp_path: Path
) -> None:
    """Nothing is silently empty, and the warning points at the triples map."""
    write(tmp_path, "a.ndjson", data)
    write(tmp_path, "b.ndjson", [{"id": "7", "name": "x"}])
    _, _, summary = run(text, tmp_path, on_error="skip")
    (warning,) = [one for one in summary.warnings if "#people" in one.message]
    assert f"triples map 'http://e.x/#people' makes nothing: {why}" == warning.message
    assert warning.place is not None
    assert "<#people>" in warning.place.text


ITERATORS = [
    ("a.json", '{"all": {"people": [{"id": 1}]}}', "$.all.poeple[*]", "did you mean '$.all.people[*]'?"),
    ("a.json", '[{"the tags": [1]}]', "$[*]['the tag'][*]", "did you mean \"$[*]['the tags'][*]\"?"),
    ("a.json", '{"people": [{"id": 1}]}', "$.people[?(@.id=='x')]", "correct what it compares"),
    ("a.json", '{"people": []}', "$.people[*]", "give it records, or remove the triples map"),
    ("a.ndjson", '{"tags": [1]}\n', "$[*].tag[*]", "did you mean '$[*].tags[*]'?"),
    ("a.xml", "<list><item/></list>", "/list/itm", "did you mean '/list/item'?"),
    ("a.xml", "<list><item/></list>", "//itm", "did you mean '//item'?"),
    ("a.xml", "<list><item/></list>", "/list/item[@id='9']", "correct what it compares"),
    (
        "a.xml",
        "<list xmlns='http://e.x/n'><item/></list>",
        "/list/item",
        "its elements are of the namespace http://e.x/n",
    ),
    ("a.xml", "<list><item/></list>", "/ex:list/ex:item", "its elements are of no namespace: write /list/item"),
]


@pytest.mark.parametrize(("name", "text", "iterator", "fix"), ITERATORS)
def test_an_iterator_that_finds_nothing_is_told_with_what_it_may_mean(
    name: str, text: str, iterator: str, fix: str, tmp_path: Path
) -> None:
    """The nearest path of the file, a namespace that is not said, or what a filter compares."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    formulation = "xpath" if name.endswith("xml") else "jsonpath"
    (tmp_path / "mapping.yaml").write_text(
        'prefixes: {ex: "http://e.x/"}\nmappings:\n  people:\n'
        f'    sources: [[{name}~{formulation}, "{iterator}"]]\n    s: ex:1\n    po: [[a, ex:Person]]\n',
        encoding="utf-8",
    )
    (warning,) = write_mapping(tmp_path / "mapping.yaml", tmp_path / "out.nq").warnings
    assert f"triples map 'people' makes nothing: the iterator {iterator!r} finds nothing in {name}" == warning.message
    assert warning.fix.startswith(fix)


OBJECTS = """prefixes: {ex: "http://e.x/", fn: "https://w3id.org/imec/idlab/function#",
  grel: "http://users.ugent.be/~bjdmeest/function/grel.ttl#"}
mappings:
  people:
    sources: [[a.ndjson~jsonpath, "$"]]
    s: ex:$(id)
    po:
    - [ex:name, $(name)]
    - [ex:nick, $(nick)]
    - [ex:tags, "$(tags[*])"]
    - [ex:both, $(name) $(nick)]
    - p: ex:kind
      o: $(name)
      condition: {function: fn:equal, parameters: [[grel:valueParam, $(name)], [grel:valueParam2, Zed]]}
    - p: ex:friend
      o: {mapping: people, condition: {function: equal, parameters: [[str1, $(friend)], [str2, $(id)]]}}
    - [ex:date, $(name), xsd:date]
"""
NEVER = {
    9: "'nick' is null in all of 2 records",
    10: "'tags[*]' is null in all of 2 records",
    11: "'nick' is null in all of 2 records",
    13: "its condition is true for none of 2 records",
    16: "none of 2 records has a partner in 'people'",
}


@pytest.mark.parametrize("batch", [1, 10])
def test_an_object_that_is_never_made_is_told_with_the_reason(batch: int, tmp_path: Path) -> None:
    """Also in a triples map that makes others; what is left out for a fault is told as that alone."""
    row: Row = {"name": "Ann", "nick": None, "tags": [], "friend": "9"}
    write(tmp_path, "a.ndjson", [row | {"id": "1"}, row | {"id": "2"}])
    (tmp_path / "mapping.yaml").write_text(OBJECTS, encoding="utf-8")
    made = write_mapping(tmp_path / "mapping.yaml", tmp_path / "out.nq", on_error="skip", batch=batch)
    told = {warning.place.line: warning.message for warning in made.warnings if warning.place}
    assert {line: f"an object of triples map 'people' is never made: {why}" for line, why in NEVER.items()} == told
    assert [(17, "'Ann' is no xsd:date")] == [
        (fault.place and fault.place.line, fault.message[:20]) for fault in made.problems
    ]


def test_an_object_that_one_record_gives_is_not_told(tmp_path: Path) -> None:
    """In whichever batch it comes, and of whichever source."""
    write(tmp_path, "a.ndjson", [{"id": "1", "nick": None}] * 3 + [{"id": "2", "nick": "x"}])
    write(tmp_path, "b.ndjson", [{"id": "1", "nick": None}])
    (tmp_path / "mapping.yaml").write_text(
        'prefixes: {ex: "http://e.x/"}\nmappings:\n  people:\n'
        '    sources: [[a.ndjson~jsonpath, "$"], [b.ndjson~jsonpath, "$"]]\n'
        "    s: ex:$(id)\n    po: [[a, ex:Person], [ex:nick, $(nick)]]\n",
        encoding="utf-8",
    )
    for batch in (1, 10):
        assert [] == write_mapping(tmp_path / "mapping.yaml", tmp_path / "out.nq", batch=batch).warnings


def test_a_condition_that_is_never_true_is_the_reason(tmp_path: Path) -> None:
    """In a mapping that says what is to be compared."""
    (tmp_path / "a.csv").write_text("id,kind\n1,Person\n2,person\n", encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(
        """prefixes: {ex: "http://e.x/", fn: "https://w3id.org/imec/idlab/function#",
  grel: "http://users.ugent.be/~bjdmeest/function/grel.ttl#"}
mappings:
  bodies:
    sources: [[a.csv~csv]]
    s: ex:$(id)
    condition: {function: fn:equal, parameters: [[grel:valueParam, $(kind)], [grel:valueParam2, body]]}
    po: [[a, ex:Body]]
""",
        encoding="utf-8",
    )
    problems = Problems()
    read = read_yarrrml(tmp_path / "mapping.yaml", tmp_path, ("http://e.x/", "http://e.x/"), problems)
    problems.stop_if_any()
    (warning,) = materialize_files(read, Reading(tmp_path), lambda _, __: None).warnings
    assert "makes nothing: its condition is true for none of 2 records" in warning.message
    assert (4, "  bodies:") == (warning.place and warning.place.line, warning.place and warning.place.text)


def test_values_that_repeat_make_their_triples_once_and_are_checked_for_every_record(tmp_path: Path) -> None:
    """A triple of a value that stands in many records of a batch is made once of them; each record's fault is told."""
    rows = "".join(f"{n},{'fr' if n % 2 else ''}\n" for n in range(100))
    (tmp_path / "a.csv").write_text(f"id,code\n{rows}", encoding="utf-8")
    text = f"""<#a> {source("a.csv")} ; rml:subjectMap [ rml:template "http://e.x/{{code}}" ; rml:class ex:C ] .
<#b> {source("a.csv")} ; rml:subjectMap [ rml:template "http://e.x/{{id}}" ; rml:class ex:D ] ."""
    lines, aside, summary = run(text, tmp_path, batch=50)
    assert {"http://e.x/#a": 2, "http://e.x/#b": 100} == summary.quads
    assert 102 == len(lines)
    assert list(range(1, 101, 2)) == [row["record"] for row in aside]
    assert "(record 1 of a.csv and 49 more)" in summary.problems[0].message


def test_blank_nodes_of_their_own_are_made_for_every_record(tmp_path: Path) -> None:
    """They depend on the record, whatever its values are."""
    (tmp_path / "a.csv").write_text("code\n" + "fr\n" * 100, encoding="utf-8")
    text = f"""<#a> {source("a.csv")} ; rml:subjectMap [ rml:termType rml:BlankNode ; rml:class ex:C ] ;
  rml:predicateObjectMap [ rml:predicate ex:code ; rml:objectMap [ rml:reference "code" ] ] ."""
    assert 200 == len(set(run(text, tmp_path, batch=50)[0]))


BODIES = [{"id": "1", "organisation": "ocs"}, {"id": "2", "organisation": "un"}]


def lay_out_bodies(name: str, folder: Path) -> str:
    """Write the same records in the format of a file; the source in YARRRML."""
    path = folder / name
    match path.suffix:
        case ".csv":
            path.write_text("id,organisation\n1,ocs\n2,un\n", encoding="utf-8")
            return f"[{name}~csv]"
        case ".json" | ".yaml":
            path.write_text(json.dumps(BODIES), encoding="utf-8")
            return f'[{name}~jsonpath, "$[*]"]'
        case ".ndjson":
            write(folder, name, BODIES)
            return f'[{name}~jsonpath, "$"]'
        case ".xml":
            items = [f"<i id='{row['id']}'><organisation>{row['organisation']}</organisation></i>" for row in BODIES]
            path.write_text(f"<l>{''.join(items)}</l>", encoding="utf-8")
            return f"[{name}~xpath, /l/i]"
        case ".parquet":
            pl.DataFrame(BODIES).write_parquet(path)
            return f"[{name}~csv]"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bodies (id TEXT, organisation TEXT)")
        connection.executemany("INSERT INTO bodies VALUES (:id, :organisation)", BODIES)
    connection.close()
    return f'{{access: "sqlite:{name}", type: sqlite, query: SELECT * FROM bodies, queryFormulation: sql2008}}'


FILES = ["e.csv", "e.json", "e.yaml", "e.ndjson", "e.xml", "e.parquet", "e.sqlite"]


@pytest.mark.parametrize("name", FILES)
def test_a_reference_that_is_nearly_right_is_told_alike_for_every_format(name: str, tmp_path: Path) -> None:
    """Where it stands in the mapping, the line, and the name that was meant."""
    source = lay_out_bodies(name, tmp_path)
    key = "@id" if name.endswith("xml") else "id"
    (tmp_path / "mapping.yaml").write_text(
        'prefixes: {ex: "https://example.org/"}\nmappings:\n  body:\n'
        f"    sources:\n    - {source}\n    s: ex:$({key})\n    po: [[ex:name, $(organisaton)]]\n",
        encoding="utf-8",
    )
    with pytest.raises(ContentError) as raised:
        write_mapping(tmp_path / "mapping.yaml", tmp_path / "out.nq")
    (problem,) = raised.value.problems
    assert problem.message.startswith(
        ("reference 'organisaton' is in no record", "reference 'organisaton' is no column")
    )
    assert "did you mean 'organisation'?" == problem.fix
    assert problem.place is not None
    assert (7, "    po: [[ex:name, $(organisaton)]]") == (problem.place.line, problem.place.text)
    assert problem.place.text[problem.place.column - 1 :].startswith("$(organisaton)")
    assert max(map(len, problem.render().splitlines()[1:])) <= 80


@pytest.mark.parametrize("name", FILES)
def test_every_reference_that_is_wrong_is_told_at_once(name: str, tmp_path: Path) -> None:
    """Those of one source, and those of what it joins with."""
    source = lay_out_bodies(name, tmp_path)
    (tmp_path / "other.csv").write_text("id,town\n1,x\n", encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(
        'prefixes: {ex: "https://example.org/"}\nmappings:\n  body:\n'
        f"    sources:\n    - {source}\n    s: ex:$(organisation)\n    po:\n"
        "    - [ex:a, $(organisaton)]\n    - [ex:b, $(organizasion)]\n"
        "    - {p: ex:c, o: {mapping: other, condition: {function: equal, parameters: [[str1, $(organisatin)],"
        " [str2, $(twn)]]}}}\n"
        "  other: {sources: [[other.csv~csv]], s: ex:$(di)}\n",
        encoding="utf-8",
    )
    with pytest.raises(ContentError) as raised:
        write_mapping(tmp_path / "mapping.yaml", tmp_path / "out.nq")
    told = [problem.message.split("'")[1] for problem in raised.value.problems]
    assert ["organisaton", "organizasion", "organisatin", "twn", "di"] == told


@pytest.mark.parametrize("name", FILES)
def test_a_source_that_is_not_there_is_told_with_the_nearest_name(name: str, tmp_path: Path) -> None:
    """Files and databases alike."""
    source = lay_out_bodies(name, tmp_path).replace("e.", "f.")
    (tmp_path / "mapping.yaml").write_text(
        'prefixes: {ex: "https://example.org/"}\nmappings:\n  body:\n'
        f"    sources:\n    - {source}\n    s: ex:$(id)\n    po: [[a, ex:Body]]\n",
        encoding="utf-8",
    )
    with pytest.raises(ContentError) as raised:
        write_mapping(tmp_path / "mapping.yaml", tmp_path / "out.nq")
    (problem,) = raised.value.problems
    assert f"did you mean {name!r}?" == problem.fix
    assert "mapping.yaml" in str(problem.place)


NEAR = [
    ("a.csv~csv", "", "ID,name\n1,x\n", "id", "did you mean 'ID'?"),
    ("a.csv~csv", "", "id;name\n1;x\n", "name", "its only column is 'id;name': say that the delimiter is ';'"),
    ("a.json~jsonpath", "$[*]", '[{"address": [{"city": "x"}]}]', "address[*].cty", "did you mean 'address[*].city'?"),
    ("a.json~jsonpath", "$[*]", '[{"a": {"name": "x"}}]', "a.nam", "did you mean 'a.name'?"),
    (
        "a.json~jsonpath",
        "$.all",
        '{"all": [{"name": "x"}]}',
        "name",
        "a record is an array: write the iterator $.all[*]",
    ),
    ("a.json~jsonpath", "$[*]", "[1, 2]", "name", "a record is a single value: write the reference $"),
]


@pytest.mark.parametrize(("source", "iterator", "text", "reference", "fix"), NEAR)
def test_what_a_reference_may_mean_is_told(
    source: str, iterator: str, text: str, reference: str, fix: str, tmp_path: Path
) -> None:
    """Whatever the case, however deep it lies, and where the records themselves are not what was meant."""
    (tmp_path / source.partition("~")[0]).write_text(text, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(
        'prefixes: {ex: "http://e.x/"}\nmappings:\n  m:\n'
        f'    sources: [[{source}, "{iterator}"]]\n    s: ex:1\n    po: [[ex:p, "$({reference})"]]\n',
        encoding="utf-8",
    )
    with pytest.raises(ContentError) as raised:
        write_mapping(tmp_path / "mapping.yaml", tmp_path / "out.nq")
    assert [fix] == [problem.fix for problem in raised.value.problems]
