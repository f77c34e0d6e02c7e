"""YARRRML: every shortcut, what is refused and where, and conversion to RML held against the reference parser."""

import os
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node

from kg import yaml
from kg.errors import Problems
from kg.mapping.model import (
    Author,
    Execution,
    MappingDocument,
    Reference,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.names import EQUAL, GREL
from kg.mapping.rml import Vocabulary, read_rml_document, write_rml
from kg.mapping.yarrrml import read_yarrrml_document, write_yarrrml
from kg.mapping.yarrrml.emit import Plain, emit

BASE = "https://w3id.org/pressgraph/"
EX = "http://example.org/"
SUITE = Path(os.environ.get("KG_SUITES", "/nonexistent")) / "yarrrml/rmlio-yarrrml-parser-test"
CLOSE = r"write $({}), or \$( for these characters themselves"
HEAD = """\
prefixes:
  ex: http://example.org/
  grel: http://users.ugent.be/~bjdmeest/function/grel.ttl#
mappings:
  m:
    sources: [[a.csv~csv]]
    s: ex:$(id)
"""


def read(text: str, tmp_path: Path) -> tuple[MappingDocument, Problems]:
    """A YARRRML text, and what is wrong with it."""
    file = tmp_path / "m.yml"
    file.write_text(text, encoding="utf-8")
    problems = Problems()
    return read_yarrrml_document(file, tmp_path, (BASE, BASE), problems), problems


def fine(text: str, tmp_path: Path) -> MappingDocument:
    """A text with nothing wrong."""
    document, problems = read(text, tmp_path)
    assert [] == [problem.render() for problem in problems]
    return document


def only(text: str, tmp_path: Path) -> TriplesMap:
    """The one triples map of the usual head and this body, indented by four."""
    (made,) = fine(HEAD + text, tmp_path).maps
    return made


def an_object(po: str, tmp_path: Path) -> TermMap:
    """The one object of a predicate and object."""
    (pair,) = only(f"    po:\n    - {po}\n", tmp_path).predicate_objects
    (term,) = pair.objects
    assert isinstance(term, TermMap)
    return term


def told(text: str, tmp_path: Path) -> list[str]:
    """The messages of a text, each with line and column."""
    _, problems = read(text, tmp_path)
    assert all(problem.fix for problem in problems)
    return [f"{p.place.line}:{p.place.column} {p.message}" for p in problems if p.place]


def bare(value: Any) -> Any:
    """A part of the model without places, which do not change what it makes."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = [field.name for field in fields(value) if field.name != "place"]
        return type(value).__name__, tuple((name, bare(getattr(value, name))) for name in kept)
    return tuple(map(bare, value)) if isinstance(value, tuple) else value


SHORTCUTS = [
    ("    po:\n    - [ex:p, $(a)]\n", "    predicateobjects:\n    - {predicates: ex:p, objects: {value: $(a)}}\n"),
    ("    po:\n    - [ex:p, $(a)]\n", "    po: [ex:p, $(a)]\n"),
    ("    po:\n    - [[ex:p, ex:q], [$(a), $(b)]]\n", "    po:\n    - {p: [ex:p, ex:q], o: [$(a), $(b)]}\n"),
    ("    po:\n    - [ex:p, $(a)~iri]\n", "    po:\n    - {p: ex:p, o: {v: $(a), type: iri}}\n"),
    ("    po:\n    - [ex:p, $(a)~iri]\n", "    po:\n    - {p: ex:p, o: $(a), type: iri}\n"),
    ("    po:\n    - [ex:p, $(a), xsd:date]\n", "    po:\n    - {p: ex:p, o: {value: $(a), datatype: xsd:date}}\n"),
    ("    po:\n    - [ex:p, $(a), fr~lang]\n", "    po:\n    - {p: ex:p, o: {value: $(a), language: fr}}\n"),
    ("    po:\n    - [ex:p, $(a), fr~lang]\n", "    po:\n    - {p: ex:p, o: [[$(a), fr~lang]]}\n"),
    ("    po:\n    - [a, ex:C]\n", "    po:\n    - [rdf:type, ex:C~iri]\n"),
    ("    graphs: ex:g\n", "    g: [ex:g]\n"),
    (
        "    po:\n    - {p: ex:p, o: {f: grel:f, pms: [[grel:a, $(x)], [grel:b, y]]}}\n",
        "    po:\n    - {p: ex:p, o: {function: 'grel:f(a = $(x), grel:b = y)'}}\n",
    ),
    (
        "    po:\n    - {p: ex:p, o: {fn: grel:f, parameters: [{pm: grel:a, v: $(x)}]}}\n",
        "    po:\n    - {p: ex:p, o: {function: grel:f, parameters: [{parameter: grel:a, value: $(x)}]}}\n",
    ),
    (
        "    po:\n    - {p: ex:p, o: {function: 'grel:f(a = grel:g(b = \"x, y\"))'}}\n",
        "    po:\n    - {p: ex:p, o: {f: grel:f, pms: [{pm: grel:a, v: {f: grel:g, pms: [[grel:b, 'x, y']]}}]}}\n",
    ),
    (
        "    condition: {function: equal, parameters: [[str1, $(x)], [str2, y]]}\n",
        f"    conditions: {{f: '{EQUAL}', pms: [[grel:valueParameter, $(x)], [grel:valueParameter2, y]]}}\n",
    ),
]


@pytest.mark.parametrize(("left", "right"), SHORTCUTS)
def test_a_shortcut_is_its_long_form(left: str, right: str, tmp_path: Path) -> None:
    """Two ways to write the same give the same model."""
    assert bare(only(left, tmp_path)) == bare(only(right, tmp_path))


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("sources: [[b.json~jsonpath, '$[*]']]", [("b.json", "jsonpath", "$[*]")]),
        ("sources: [b.json~jsonpath, '$[*]']", [("b.json", "jsonpath", "$[*]")]),
        ("source: one", [("1.csv", "csv", "")]),
        ("sources: [one, two]", [("1.csv", "csv", ""), ("2.xml", "xpath", "/a/b")]),
        ("sources: [one, [3.csv~csv]]", [("1.csv", "csv", ""), ("3.csv", "csv", "")]),
        (
            "sources: {access: b, referenceFormulation: jsonpath, iterator: $}",
            [("b", "jsonpath", "$")],
        ),
        ("sources: [{access: 'db', type: mysql, query: SELECT  1}]", [("db", "sql-query", "SELECT 1")]),
        ("sources: [{table: T, queryFormulation: mysql}]", [("", "sql-table", "T")]),
    ],
)
def test_sources(sources: str, expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    """Sources stand in the map or are named, in every form."""
    text = f"sources:\n  one: [1.csv~csv]\n  two: [2.xml~xpath, /a/b]\nmappings:\n  m:\n    {sources}\n"
    (made,) = fine(text, tmp_path).maps
    assert expected == [(source.access, source.formulation, source.iterator) for source in made.sources]


def test_settings_of_sources(tmp_path: Path) -> None:
    """Delimiters, encodings, credentials and the security of web resources are kept."""
    text = (
        "sources:\n  a: {access: a, referenceFormulation: csv, delimiter: '\\t', encoding: latin-1}\n"
        "  b: {access: b, type: postgresql, credentials: {username: u, password: p}, query: q}\n"
        "  c: {access: c, type: wot, contentType: application/json, referenceFormulation: jsonpath, security: none}\n"
        "mappings: {m: {sources: [a, b, c]}}\n"
    )
    tab, database, web = fine(text, tmp_path).maps[0].sources
    assert ("latin-1", (("delimiter", "\t"),)) == (tab.encoding, tab.settings)
    assert (("type", "postgresql"), ("username", "u"), ("password", "p")) == database.settings
    assert (("contentType", "application/json"), ("type", "wot"), ("security:type", "none")) == web.settings


@pytest.mark.parametrize("subjects", ["", "    s: null\n", "    subjects:\n"])
def test_no_subject_is_a_blank_node(subjects: str, tmp_path: Path) -> None:
    """A map whose subject is not said describes a fresh blank node for each record."""
    text = f"mappings:\n  m:\n    sources: [[a.csv~csv]]\n{subjects}"
    (subject,) = fine(text, tmp_path).maps[0].subjects
    assert ((), "blank") == (subject.parts, subject.term_type)


def test_several_subjects(tmp_path: Path) -> None:
    """Each subject is one of the map."""
    text = "mappings: {m: {sources: [[a.csv~csv]], s: ['http://a/$(x)', 'http://b/$(y)']}}"
    assert [("http://a/", Reference("x")), ("http://b/", Reference("y"))] == [
        subject.parts for subject in fine(text, tmp_path).maps[0].subjects
    ]


@pytest.mark.parametrize(
    ("po", "parts", "term_type"),
    [
        ("[ex:p, $(a)]", (Reference("a"),), "literal"),
        ("[ex:p, 'x $(a)']", ("x ", Reference("a")), "literal"),
        (r"[ex:p, '\$(a)']", ("$(a)",), "literal"),
        (r"[ex:p, $((a\))]", (Reference("(a)"),), "literal"),
        (r"[ex:p, 'ex\:a']", ("ex:a",), "literal"),
        ("[ex:p, ex:a]", (f"{EX}a",), "literal"),
        ("[ex:p, foaf:name~iri]", ("http://xmlns.com/foaf/0.1/name",), "iri"),
        ("[a, schema:Thing]", ("http://schema.org/Thing",), "iri"),
        ("{p: ex:p, o: {type: blank}}", (), "blank"),
        ("{p: ex:p, o: {value: $(a), type: blank}}", (Reference("a"),), "blank"),
        ("{p: a, o: {value: text, type: literal}}", ("text",), "literal"),
    ],
)
def test_terms(po: str, parts: tuple[str | Reference, ...], term_type: str, tmp_path: Path) -> None:
    """What a value is, by how it is written."""
    made = an_object(po, tmp_path)
    assert (parts, term_type) == (made.parts, made.term_type)


def test_language_and_datatype_maps(tmp_path: Path) -> None:
    """Tags and datatypes may refer to the record."""
    language = an_object("{p: ex:p, o: {value: x, language: en-$(region)}}", tmp_path).language
    datatype = an_object("[ex:p, x, xsd:$(type)]", tmp_path).datatype
    assert language is not None
    assert datatype is not None
    assert ("en-", Reference("region")) == language.parts
    assert ("http://www.w3.org/2001/XMLSchema#", Reference("type")) == datatype.parts


def test_external_references(tmp_path: Path) -> None:
    """A value that is given takes the place of its reference; one that is not stays; a backslash means the column."""
    text = "external: {city: Ghent}\n" + HEAD + "    po:\n    - [ex:p, [$(_city), '$(_name) x', $(\\_city)]]\n"
    made = fine(text, tmp_path).maps[0].predicate_objects[0].objects
    assert [("Ghent",), (Reference("_name"), " x"), (Reference("_city"),)] == [
        term.parts for term in made if isinstance(term, TermMap)
    ]


def test_functions_anywhere(tmp_path: Path) -> None:
    """Subjects, predicates, graphs and objects may be what functions give."""
    text = HEAD.replace("s: ex:$(id)", "s: {function: grel:f}") + (
        "    g: {function: grel:g}\n    po:\n    - {p: {function: grel:h}, o: {function: grel:i, datatype: xsd:int}}\n"
    )
    (made,) = fine(text, tmp_path).maps
    (pair,) = made.predicate_objects
    (value,) = pair.objects
    assert isinstance(value, TermMap)
    assert value.datatype is not None
    terms = [made.subjects[0], made.graphs[0], pair.predicates[0], value]
    assert [f"{GREL}{name}" for name in "fghi"] == [term.execution.function for term in terms if term.execution]
    assert ["iri", "iri", "iri", "literal"] == [term.term_type for term in terms]


def test_conditions_on_maps_pairs_and_objects(tmp_path: Path) -> None:
    """A condition holds for the map, for a pair, or for one object; several must all hold."""
    made = only(
        "    condition: {function: ex:a}\n    po:\n"
        "    - {p: ex:p, o: x, condition: [{function: ex:b}, {function: ex:c}]}\n"
        "    - {p: ex:q, o: [{value: y, condition: {function: ex:d}}, z]}\n",
        tmp_path,
    )
    conditions = [made.condition, *(pair.condition for pair in made.predicate_objects)]
    functions = [condition.execution.function if condition and condition.execution else "" for condition in conditions]
    assert [f"{EX}a", f"{GREL}boolean_and", f"{EX}d", ""] == functions
    assert [["x"], ["y"], ["z"]] == [
        [term.constant for term in pair.objects if isinstance(term, TermMap)] for pair in made.predicate_objects
    ]


AB = "{f: equal, pms: [[str1, $(a)], [str2, $(b)]]}"
CD = "{f: equal, pms: [[str1, $(c)], [str2, $(d)]]}"
OTHER = "  other:\n    sources: [[b.csv~csv]]\n    s: ex:o/$(id)\n"


@pytest.mark.parametrize(
    ("condition", "joins"),
    [
        ("", []),
        (f"condition: {AB}", [("a", "b")]),
        ("condition: {function: equal, parameters: [[str1, $(a), o], [str2, $(b), s]]}", [("b", "a")]),
        (
            f"condition: [{AB}, {CD}]",
            [("a", "b"), ("c", "d")],
        ),
        (
            f"condition: {{f: grel:boolean_and, pms: [[grel:param_rep_b, {AB}], [grel:param_rep_b, {CD}]]}}",
            [("a", "b"), ("c", "d")],
        ),
    ],
)
def test_links_to_other_maps(condition: str, joins: list[tuple[str, str]], tmp_path: Path) -> None:
    """The subjects of another map, for records that agree."""
    text = HEAD + f"    po:\n    - {{p: ex:p, o: {{mapping: other, {condition}}}}}\n" + OTHER
    link = fine(text.replace(", }", "}"), tmp_path).maps[0].predicate_objects[0].objects[0]
    assert isinstance(link, ReferencingObjectMap)
    assert ("other", joins) == (
        link.parent,
        [(join.child.references[0], join.parent.references[0]) for join in link.joins],
    )


def test_a_side_of_a_join_is_the_one_that_its_function_names(tmp_path: Path) -> None:
    """`o` inside a nested function means the other map's record."""
    text = HEAD + (
        "    po:\n    - p: ex:p\n      o:\n        mapping: other\n        condition:\n          function: equal\n"
        "          parameters:\n          - [str1, $(a)]\n          - parameter: str2\n            value:\n"
        "              function: ex:lower\n              parameters: [[ex:in, $(b), o]]\n" + OTHER
    )
    link = fine(text, tmp_path).maps[0].predicate_objects[0].objects[0]
    assert isinstance(link, ReferencingObjectMap)
    (join,) = link.joins
    assert join.parent.execution is not None
    assert (("a",), f"{EX}lower") == (join.child.references, join.parent.execution.function)


def test_inverse_predicates(tmp_path: Path) -> None:
    """The objects get triples that lead back to the subject, those of another map from its records."""
    text = HEAD + (
        "    po:\n    - {p: ex:made, i: ex:makes, o: $(maker)~iri}\n"
        f"    - {{i: ex:has, o: {{mapping: other, condition: {AB}}}}}\n" + OTHER
    )
    made, back, joined, _ = fine(text, tmp_path).maps
    assert [f"{EX}made"] == [p.constant for pair in made.predicate_objects for p in pair.predicates]
    assert ("m-inverse-1", (Reference("maker"),)) == (back.name, back.subjects[0].parts)
    (pair,) = back.predicate_objects
    assert (f"{EX}makes", made.subjects) == (pair.predicates[0].constant, pair.objects)
    link = joined.predicate_objects[0].objects[0]
    assert isinstance(link, ReferencingObjectMap)
    assert "b.csv" == joined.sources[0].access
    assert ("m", ("b",), ("a",)) == (link.parent, link.joins[0].child.references, link.joins[0].parent.references)


def test_targets(tmp_path: Path) -> None:
    """Targets by name or in place, on any term, with format and compression."""
    text = (
        "targets:\n  t: [out.nt.gz~void, ntriples, gzip]\n  u: {access: http://a.example/sparql, type: sparql}\n"
        + HEAD.replace("s: ex:$(id)", "s: {value: ex:$(id), targets: [t, u]}")
        + "    po:\n    - p: {value: ex:p, targets: t}\n      o:\n"
        "      - {value: x, language: {value: en, targets: [out.ttl~dcat, turtle]}}\n"
    )
    (made,) = fine(text, tmp_path).maps
    formats = "http://www.w3.org/ns/formats/"
    first, second = made.subjects[0].targets
    assert ("out.nt.gz", f"{formats}N-Triples", "http://w3id.org/rml/gzip", "void") == (
        first.path,
        first.serialization,
        first.compression,
        first.type,
    )
    assert ("http://a.example/sparql", f"{formats}N-Quads", "", "sparql") == (
        second.path,
        second.serialization,
        second.compression,
        second.type,
    )
    (pair,) = made.predicate_objects
    assert (first,) == pair.predicates[0].targets
    (value,) = pair.objects
    assert isinstance(value, TermMap)
    assert value.language is not None
    assert ["out.ttl"] == [target.path for target in value.language.targets]


@pytest.mark.parametrize(
    ("written", "author"),
    [
        (
            "Ann Lee <ann@a.example> (https://ann.example)",
            Author("", "Ann Lee", "ann@a.example", "https://ann.example"),
        ),
        ("Ann Lee (https://ann.example)", Author("", "Ann Lee", "", "https://ann.example")),
        ("[Ann Lee]", Author("", "Ann Lee")),
        ("https://ann.example/#me", Author("https://ann.example/#me")),
        ("{name: Ann, email: ann@a.example}", Author("", "Ann", "ann@a.example")),
    ],
)
def test_authors(written: str, author: Author, tmp_path: Path) -> None:
    """Authors by name, address and site, or by their IRI."""
    assert (author,) == fine(f"authors: {written}\n{HEAD}", tmp_path).authors


def test_base_is_of_the_rules_and_of_relative_iris(tmp_path: Path) -> None:
    """What is written relative has the base before it: put together, not resolved; so have values of references."""
    text = "base: http://b.example/x\n" + HEAD.replace("ex:$(id)", "y/$(id)") + "    po: [[a, Thing]]\n"
    document = fine(text, tmp_path)
    (made,) = document.maps
    (kind,) = made.predicate_objects[0].objects
    assert ("http://b.example/x", "http://b.example/x") == (document.base, made.base)
    assert (("http://b.example/xy/", Reference("id")),) == tuple(subject.parts for subject in made.subjects)
    assert isinstance(kind, TermMap)
    assert "http://b.example/xThing" == kind.constant
    assert "@base <http://b.example/x> ." in write_rml(document, "rml-old", Problems())


def test_a_relative_iri_without_a_base_says_what_to_do(tmp_path: Path) -> None:
    """By a prefix, whole, or by a base; a datatype is never relative."""
    relative = HEAD.replace("ex:$(id)", "y/$(id)")
    _, problems = read(relative, tmp_path)
    fix = "begin it with a prefix of this file, or write the whole IRI; for one that is appended to a base, write base:"
    assert [("'y/$(id)' is no IRI", f"{fix} or give --base")] == [(one.message, one.fix) for one in problems]
    text = "base: http://b.example/\n" + HEAD + "    po: [[ex:n, $(n), decimal]]\n"
    assert ["9:23 'decimal' is no IRI"] == told(text, tmp_path)


@pytest.mark.parametrize(
    ("po", "message", "fix"),
    [
        ("[ex:n, $(n), xsd:decimale]", "there is no datatype 'xsd:decimale'", "did you mean 'xsd:decimal'?"),
        ("[ex:n, $(n), 'http://www.w3.org/2001/XMLSchema#datetime']", "there is no datatype 'xsd:datetime'",
         "did you mean 'xsd:dateTime'?"),
        ("[ex:n, $(nom]", "the reference '$(nom' is not closed", CLOSE.format("nom")),
        ("[ex:n, a $(nom $(b)]", "the reference '$(nom' is not closed",
         CLOSE.format("nom")),
        ("[ex:n, ex:$(nom~iri]", "the reference '$(nom' is not closed",
         CLOSE.format("nom")),
        ("[ex:n, $()]", "there is a reference without a name", CLOSE.format("name")),
    ],
)  # fmt: skip
def test_what_is_nearly_right_is_told(po: str, message: str, fix: str, tmp_path: Path) -> None:
    """An unknown datatype of XSD, and a reference that is begun alone."""
    _, problems = read(HEAD + f"    po:\n    - {po}\n", tmp_path)
    assert [(message, fix, 9)] == list({(one.message, one.fix, one.place.line) for one in problems if one.place})


@pytest.mark.parametrize("written", [r"\$(n", r"$(a\(b\))", "$($.n)", "$n (n)", "100 $"])
def test_what_opens_no_reference_is_text(written: str, tmp_path: Path) -> None:
    """Escaped, inside of a name, or apart."""
    fine(HEAD + f"    po:\n    - [ex:n, '{written}']\n", tmp_path)


WRONG = [
    ("prefixs: {}\nmappings: {}", "1:1 unknown key 'prefixs'"),
    (HEAD + "    subj: ex:a\n", "8:5 unknown key 'subj'"),
    (HEAD + "    po:\n    - {p: ex:p, o: x, graf: ex:g}\n", "9:23 unknown key 'graf'"),
    (HEAD + "    po:\n    - {p: ex:p, o: {value: x, datatipe: xsd:date}}\n", "9:31 unknown key 'datatipe'"),
    (HEAD + "    condition: {function: ex:f, parameter: []}\n", "8:33 unknown key 'parameter'"),
    (
        HEAD + "    condition: {function: ex:f, parameters: [{parameter: ex:a, val: x}]}\n",
        "8:64 unknown key 'val'",
    ),
    ("sources: {a: {acces: x}}\nmappings: {}", "1:15 unknown key 'acces'"),
    ("targets: {a: {access: x, format: nt}}\nmappings: {}", "1:26 unknown key 'format'"),
    ("authors: [{nom: x}]\nmappings: {}", "1:12 unknown key 'nom'"),
    ("targets: {a: {access: x, serialization: nt}}\nmappings: {}", "1:41 'nt' is no serialization"),
    ("targets: {a: [x~voit]}\nmappings: {}", "1:15 'voit' is no type"),
    (HEAD + "    po:\n    - {p: ex:p, o: {value: x, targets: tt}}\n", "9:40 there is no target named 'tt'"),
    (HEAD + "    po:\n    - {p: ex:p, o: {mapping: mm}}\n", "9:30 there is no triples map named 'mm'"),
    (HEAD + "    po:\n    - {p: ex:p, o: {type: iri}}\n", "9:20 the object has no value"),
    (HEAD + "    po:\n    - {p: ex:p, o: {value: x, type: uri}}\n", "9:37 type 'uri' is not supported"),
    (HEAD + "    po:\n    - {p: ex:p, o: [$(x), xsd:date]}\n", "9:27 'xsd:date' would be a second object"),
    (HEAD + "    po:\n    - {p: ex:p, o: {function: 'ex:f(a)'}}\n", "9:31 'a' names no parameter"),
    (HEAD + "    po:\n    - {p: ex:p, o: {function: ex:f, parameters: [[ex:a]]}}\n", "9:50 a parameter is written"),
    (HEAD + "    po:\n    - [ex:p]\n", "9:7 write [predicate, object]"),
    (HEAD + "    po:\n    - {o: x}\n", "9:7 there are no predicates"),
    (HEAD + "    po:\n    - [fooo:p, x]\n", "9:8 prefix 'fooo' is not defined"),
    ("mappings: {m: {s: http://a.example/}}", "1:12 triples map 'm' has no sources"),
    ("sources: {a: [x~cvs]}\nmappings: {}", "1:15 'cvs' is no reference formulation"),
    ("sources: {a: {access: x, referenceFormulation: csv, type: mysq}}\nmappings: {}", "1:59 'mysq' is no type of"),
    ("mappings: {m: {sources: [a, b]}}", "1:26 there is no source named 'a'"),
    ("base: rules\nmappings: {}", "1:7 base must be an absolute IRI"),
    ("prefixes: {ex: rel}\nmappings: {}", "1:12 prefix 'ex' must stand for an absolute IRI"),
    ("external: {a: [x]}\nmappings: {}", "1:15 an external value is a plain text"),
    (
        HEAD + "    po:\n    - {p: ex:p, o: {mapping: m, condition: {function: ex:near}}}\n",
        "9:44 a join can only compare two values with equal",
    ),
    (
        HEAD + "    po:\n    - {p: ex:p, o: {mapping: m, condition: {f: equal, pms: [[str1, x, s], [str2, y, s]]}}}\n",
        "9:75 both values are of the same record",
    ),
]


@pytest.mark.parametrize(("format_", "formulation"), [("xml", "xpath"), ("Parquet", "csv"), ("json", "jsonpath")])
def test_a_format_is_told_with_the_formulation_that_reads_it(format_: str, formulation: str, tmp_path: Path) -> None:
    """A format's name is no formulation, and often far from it."""
    path, problems = tmp_path / "m.yml", Problems()
    path.write_text(f"sources: {{a: [x~{format_}]}}\nmappings: {{}}", encoding="utf-8")
    read_yarrrml_document(path, tmp_path, ("http://e.x/", "http://e.x/"), problems)
    assert f"did you mean {formulation!r}?" in [problem.fix for problem in problems]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_malformed_mapping_is_told_where_it_is(text: str, message: str, tmp_path: Path) -> None:
    """Line and column of the offender, what is wrong, and what to do."""
    messages = told(text, tmp_path)
    assert any(found.startswith(message) for found in messages), messages


def test_all_problems_are_told_together(tmp_path: Path) -> None:
    """One run tells everything that is wrong."""
    text = HEAD + "    subj: x\n    po:\n    - [fooo:p, x]\n    - {p: ex:p, o: x, graf: y}\n"
    assert ["8:5", "10:8", "11:23"] == sorted((line.split()[0] for line in told(text, tmp_path)), key=len)


def test_a_key_of_an_extension_is_refused_by_name(tmp_path: Path) -> None:
    """What the specification does not have is never passed over."""
    assert ["2:3 key 'ldes' is of an extension of YARRRML that is not read"] == told(
        "targets: {t: {access: x,\n  ldes: {}}}\nmappings: {}", tmp_path
    )


# The pairs of the reference parser whose graphs differ from ours, and why. Two things are no difference: the IRIs that
# the parser mints for the parts of a mapping, and IRIs that it writes as texts beside `rr:termType rr:IRI`.
_EXTENSION = "uses an extension of the parser that the specification does not have; refused by name"
_NO_SOURCE = "a triples map without a source maps nothing; refused"
_NO_TABLE = "the source is a file, which R2RML cannot read; the parser writes a logical table without a table"
_AUTHOR = "the parser says dc:contributor foaf:Person where the specification says a foaf:Person"
_CONSTANT = "a text without references is written as a constant, the parser's as a template"
_JOIN = "equality of two references is written with rr:child and rr:parent, the parser's as a function"
_BRACES = "braces are no references in YARRRML and cannot stand in an IRI; refused"
_YAML = "\\: is no escape of YAML in double quotes; refused"

DIFFERENCES = {
    "author/array-with-objects/mapping.yarrrml": _AUTHOR,
    "author/array-with-strings/mapping.yarrrml": _AUTHOR,
    "author/single-string/mapping.yarrrml": _AUTHOR,
    "condition-on-mapping-multiple/mapping.yarrr.yml": _JOIN,
    "condition-on-mapping-nested/mapping.yarrrml": "a conjunction of equalities is written as several joins",
    "datatype-on-function/mapping.yarrrml": _NO_SOURCE,
    "escape-colon-object/mapping.yarrrml": "a text template that begins with a prefix is refused: ~iri was forgotten",
    "example5/r2rml/mapping.yml": _BRACES,
    "example5/rml/mapping.yml": _BRACES,
    "example8/r2rml/mapping.yml": _YAML,
    "example8/rml/mapping.yml": _YAML,
    "external-references/1/mapping.yarrr.yml": _CONSTANT,
    "external-references/2/mapping.yarrr.yml": _CONSTANT,
    "graph/mapping.yml": _NO_SOURCE,
    "prefix-expand/mapping.yml": "the prefix sp is not defined; refused",
    **{
        f"rr_class/{name}/mapping.yarrr.yml > mapping.r2rml.ttl": _NO_TABLE
        for name in (
            "1-single",
            "2-multiple",
            "3-no-iri",
            "4-rdf-type",
            "5-custom-rdf-prefix",
            "6-multiple-rows",
            "7-function",
        )
    },
    "trivial/null.yml": "an empty file maps nothing; refused",
    "wot-without-security/mapping.yarrrml": "the parser leaves out the iterator",
    **{
        f"dynamic-target-test/file-source-{name}-target{more}/mapping.yarrrml.yaml": _EXTENSION
        for name, more in [
            ("direct-http", ""),
            ("linked-http", ""),
            ("file", ""),
            ("file", "-id-id"),
            ("file", "-id-key"),
            ("file", "-multiple"),
            ("file", "-object"),
            ("file", "-predicate"),
            ("file", "-variables-array"),
        ]
    },
    **{
        f"incrml-ldes/{name}.yarrrml.yaml": _EXTENSION
        for name in (
            "original-ldes/all-properties/mapping",
            "original-ldes/new-member-on-temperature-change/mapping",
            "original-ldes/new-member-on-timestamp-change/mapping",
            "test-cases/RMLLDES0001a/base",
            "test-cases/RMLLDES0001e/base",
            "test-cases/RMLLDES0002e/base",
            "test-cases/RMLLDES0002e/change",
        )
    },
    **{
        f"target-http-request/{name}/mapping.yarrrml.yaml": _EXTENSION
        for name in (
            "direct-with-auth",
            "direct-with-auth-in-mapping",
            "direct-without-auth",
            "linked-with-auth",
            "linked-without-auth",
            "rmlmapper-solid-target-solid6",
        )
    },
    "target-single/dcat/mapping-dynamic.yarrrml.yml": _EXTENSION,
    "target-single/local-file/mapping-dynamic.yarrrml.yml": _EXTENSION,
    "target-single/local-file/mapping-dynamic-shortcut1.yarrrml.yml": _EXTENSION,
    "target-single/void/mapping-dynamic.yarrrml.yml": _EXTENSION,
}
RR = "http://www.w3.org/ns/r2rml#"
MINTED = "http://mapping.example.com/"


def pairs() -> dict[str, tuple[Path, Path]]:
    """YARRRML and the RML that the parser makes of it, by a name; several ways to write one mapping are several."""
    found: dict[str, tuple[Path, Path]] = {}
    for turtle in sorted(SUITE.rglob("*.ttl")):
        stem = turtle.name.partition(".")[0]
        for source in sorted(turtle.parent.glob("*.y*ml")):
            own = source.name.partition(".")[0]
            shortcut = (
                own.startswith((f"{stem}-shortcut", f"{stem}-sd")) and not source.with_name(f"{own}.rml.ttl").exists()
            )
            if (own == stem or shortcut) and "rml2yarrrml" not in source.parts:
                name = str(source.relative_to(SUITE))
                twice = len(list(turtle.parent.glob(f"{stem}.*.ttl"))) > 1 and ".r2rml." in turtle.name
                found[f"{name} > {turtle.name}" if twice else name] = (source, turtle)
    return found


PAIRS = pairs()
needs_suite = pytest.mark.skipif(not PAIRS, reason="KG_SUITES names no folder of test suites")


def comparable(text: str, base: str) -> Graph:
    """A graph of RML in which the IRIs that stand for parts of the mapping, below the base, are blank nodes."""
    written, made = Graph(), Graph()
    written.parse(data=text, format="turtle", publicID=base)
    blank: dict[Node, BNode] = {}
    iris = set(written.subjects(URIRef(f"{RR}termType"), URIRef(f"{RR}IRI")))
    iris |= set(written.subjects(RDF.type, URIRef(f"{RR}GraphMap")))

    def node(term: Node) -> Node:
        minted = isinstance(term, URIRef) and term.startswith(base)
        return blank.setdefault(term, BNode()) if minted else term

    for subject, predicate, value in written:
        constant = predicate == URIRef(f"{RR}constant") and isinstance(value, Literal) and subject in iris
        made.add((node(subject), predicate, URIRef(str(value)) if constant else node(value)))
    return made


def converts(source: Path, turtle: Path) -> bool:
    """Whether our RML for a mapping is, as a graph, the parser's, which was made with its options as in the file."""
    problems = Problems()
    document = read_yarrrml_document(source, SUITE, (BASE, BASE), problems)
    if problems:
        return False
    expected = turtle.read_text(encoding="utf-8")
    text = write_rml(
        document,
        "r2rml" if ".r2rml." in turtle.name else "rml-old",
        problems,
        metadata="void:exampleResource" in expected,
        classes="rr:class" in expected,
    )
    base = document.base or MINTED
    return not problems and isomorphic(comparable(text, base), comparable(expected, base))


@needs_suite
@pytest.mark.parametrize("name", [name for name in PAIRS if name not in DIFFERENCES])
def test_rml_is_equal_to_the_reference_parsers(name: str) -> None:
    """Our RML is the same graph."""
    assert converts(*PAIRS[name])


@needs_suite
@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_a_listed_difference_is_one(name: str) -> None:
    """The table of differences holds nothing that is equal, and nothing that the suite does not have."""
    assert not converts(*PAIRS[name])


@needs_suite
@pytest.mark.parametrize("name", ["1_simple", "2_joins"])
def test_rml_to_yarrrml_says_the_same(name: str, tmp_path: Path) -> None:
    """What the reference parser makes of RML reads like what we make of it, names of maps apart."""
    problems = Problems()
    folder = SUITE / "rml2yarrrml" / name
    document = read_rml_document(folder / "mapping.rml.ttl", folder, (BASE, BASE), problems)
    (tmp_path / "m.yml").write_text(write_yarrrml(document, problems), encoding="utf-8")
    ours = read_yarrrml_document(tmp_path / "m.yml", tmp_path, (BASE, BASE), problems)
    theirs = read_yarrrml_document(folder / "mapping.yarrrml.yml", folder, (BASE, BASE), problems)
    assert [] == [problem.render() for problem in problems]
    known = [{made.name: f"m{number}" for number, made in enumerate(found.maps)} for found in (ours, theirs)]
    assert {said(made, known[0]) for made in ours.maps} == {said(made, known[1]) for made in theirs.maps}


def said(made: TriplesMap, names: dict[str, str]) -> Any:
    """What a triples map makes, in no order, with maps under other names."""
    text = repr(bare((made.sources, made.subjects, made.graphs)))
    single = {
        repr(bare((predicate, item if isinstance(item, TermMap) else (names[item.parent], item.joins), pair.graphs)))
        for pair in made.predicate_objects
        for predicate in pair.predicates
        for item in pair.objects
    }
    return text, frozenset(single)


def again(document: MappingDocument, vocabulary: Vocabulary, folder: Path) -> tuple[str, str, MappingDocument]:
    """A document as RML, as the YARRRML that this reads as, and what that reads as."""
    problems = Problems()
    rml = write_rml(document, vocabulary, problems)
    (folder / "m.ttl").write_text(rml, encoding="utf-8")
    back = read_rml_document(folder / "m.ttl", folder, (BASE, BASE), problems)
    text = write_yarrrml(back, problems)
    (folder / "m.yml").write_text(text, encoding="utf-8")
    read_again = read_yarrrml_document(folder / "m.yml", folder, (BASE, BASE), problems)
    assert [] == [problem.render() for problem in problems], text
    return rml, text, read_again


def readable(source: Path) -> bool:
    """Whether there is nothing wrong with a mapping."""
    read_yarrrml_document(source, SUITE, (BASE, BASE), problems := Problems())
    return not problems


@needs_suite
@pytest.mark.parametrize("vocabulary", ["rml", "rml-old"])
@pytest.mark.parametrize("name", [name for name in PAIRS if readable(PAIRS[name][0])])
def test_going_back_and_forth_changes_nothing(name: str, vocabulary: Vocabulary, tmp_path: Path) -> None:
    """YARRRML → RML → YARRRML → RML → YARRRML: the second of each is the third."""
    document = read_yarrrml_document(PAIRS[name][0], SUITE, (BASE, BASE), Problems())
    _, first, once = again(document, vocabulary, tmp_path)
    rml, second, twice = again(once, vocabulary, tmp_path)
    assert first == second
    assert rml == write_rml(twice, vocabulary, Problems())


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10)


@st.composite
def yarrrml_texts(draw: st.DrawFn) -> str:
    r"""A value: any characters, references among them, with `\` and `$(` escaped."""

    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace("$(", "\\$(").replace("~", "-")

    def name(text: str) -> str:
        inner = re.sub(r"([\\)])", r"\\\1", text)
        return f"$(\\{inner})" if inner.startswith("_") else f"$({inner})"

    parts = draw(st.lists(st.tuples(st.booleans(), texts), min_size=1, max_size=4))
    text = "".join(name(part) if is_reference else escaped(part) for is_reference, part in parts)
    return text.replace(":", "\\:", 1) if text.partition(":")[0] in ("ex", "rdf", "as", "v") else text


values = st.one_of(
    st.builds(lambda text: text, yarrrml_texts()),
    st.builds(lambda text: [text, "en~lang"], yarrrml_texts()),
    st.builds(lambda text: [text, "xsd:date"], yarrrml_texts()),
    st.builds(lambda text: {"value": text, "type": "blank"}, yarrrml_texts()),
    st.builds(lambda text: {"function": "ex:f", "parameters": [["ex:a", text]]}, yarrrml_texts()),
    st.builds(
        lambda left, right: {
            "mapping": "m",
            "condition": {"function": "equal", "parameters": [["str1", left, "s"], ["str2", right, "o"]]},
        },
        yarrrml_texts(),
        yarrrml_texts(),
    ),
)


@given(objects=st.lists(values, min_size=1, max_size=4), vocabulary=st.sampled_from(["rml", "rml-old"]))
def test_any_mapping_goes_back_and_forth(
    objects: list[Plain], vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever characters values hold, in any kind of object, conversion changes nothing."""
    folder = tmp_path_factory.mktemp("any")
    whole: Plain = {
        "prefixes": {"ex": EX},
        "mappings": {"m": {"sources": [["a.csv~csv"]], "s": "ex:$(id)", "po": [{"p": "ex:p", "o": objects}]}},
    }
    document = fine(emit(whole), folder)
    rml, _, once = again(document, vocabulary, folder)
    assert rml == write_rml(once, vocabulary, Problems())


@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4),
        ),
        max_leaves=12,
    ).filter(lambda value: not isinstance(value, str))
)
def test_what_is_emitted_is_read_as_it_was(value: Plain) -> None:
    """Any text in lists and mappings, nested, comes back from YAML."""
    problems = Problems()
    assert plain(yaml.read_text(emit(value) if value else str(value), "m.yml", problems)) == value
    assert [] == problems


def plain(value: yaml.Value | None) -> Any:
    """A value that was read, without its places."""
    if isinstance(value, yaml.Map):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, yaml.List) else str(value)


def test_what_yarrrml_cannot_say_is_told(tmp_path: Path) -> None:
    """Nothing is left out in silence on the way from RML."""
    text = """
    @prefix rml: <http://w3id.org/rml/> .
    <#m> rml:logicalSource [ rml:source [ rml:path "a.csv" ; rml:null "NA" ] ; rml:referenceFormulation rml:CSV ] ;
      rml:subjectMap [ rml:template "{a}/b" ; rml:termType rml:UnsafeIRI ] ;
      rml:predicateObjectMap [ rml:predicate <http://a/p> ; rml:objectMap [ rml:template "rel/{x}" ] ] .
    """
    (tmp_path / "m.ttl").write_text(text, encoding="utf-8")
    problems = Problems()
    document = read_rml_document(tmp_path / "m.ttl", tmp_path, (BASE, BASE), problems)
    write_yarrrml(document, problems)
    assert [
        "YARRRML has no word for compression and null values of a source",
        "YARRRML has no word for the term type unsafe-iri",
        "'rel/' begins a relative IRI, and there is no base",
    ] == [problem.message for problem in problems]


def test_equal_is_short_for_the_function_with_its_parameters(tmp_path: Path) -> None:
    """`equal`, `str1` and `str2` need no prefix."""
    condition = only("    condition: {function: equal, parameters: [[str1, a], [str2, b]]}\n", tmp_path).condition
    assert condition is not None
    execution = condition.execution
    assert isinstance(execution, Execution)
    assert EQUAL == execution.function
    assert [f"{GREL}valueParameter", f"{GREL}valueParameter2"] == [item.parameter for item in execution.inputs]
