"""RML, old RML and R2RML: what is read, what is refused and where, and that writing loses nothing."""

import csv
import os
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from kg.errors import Problems
from kg.mapping.model import (
    DEFAULT_GRAPH,
    MappingDocument,
    Reference,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.rml import Vocabulary, read_rml, read_rml_document, write_rml
from kg.mapping.rml.terms import split_template
from kg.mapping.turtle import Node, read_turtle

BASE = "https://w3id.org/pressgraph/"
SUITES = Path(os.environ.get("KG_SUITES", "/nonexistent"))
MODULES = ("rml-core", "rml-io", "rml-fnml", "rml-lv", "rml-cc")

NEW = """\
@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SOURCE = 'rml:logicalSource [ rml:source [ a rml:FilePath ; rml:path "a.csv" ] ; rml:referenceFormulation rml:CSV ]'
SUBJECT = 'rml:subjectMap [ rml:template "http://a.example/{id}" ]'

# Cases whose fault is in the data, or in what a function or a reference is asked of it: told when they run.
OF_THE_DATA = frozenset(
    {f"RMLTC{number}-JSON" for number in ("0002e", "0002g", "0019b", "0025b")}
    | {f"RMLSTC{number}" for number in ("0009a", "0010a", "0010b")}
    | {f"RMLFNMLTC{number}-CSV" for number in ("0101", "0102", "0103", "0104")}
    | {f"RMLLVTC{number}" for number in ("0005a", "0005b", "0005c")}
)


def read(text: str, tmp_path: Path, base: str = BASE) -> tuple[tuple[TriplesMap, ...], Problems]:
    """The triples maps of a Turtle text, and what is wrong with it."""
    file = tmp_path / "m.ttl"
    file.write_text(text, encoding="utf-8")
    problems = Problems()
    return read_rml(file, tmp_path, (BASE, base), problems), problems


def fine(text: str, tmp_path: Path) -> TriplesMap:
    """The first triples map of a text with nothing wrong."""
    maps, problems = read(text, tmp_path)
    assert [] == [problem.render() for problem in problems]
    return maps[0]


def described(body: str, tmp_path: Path) -> TriplesMap:
    """The triples map that says this besides its source and subject."""
    return fine(f"{NEW}<#m> {SOURCE} ; {SUBJECT} ; {body} .", tmp_path)


def an_object(body: str, tmp_path: Path) -> TermMap:
    """The object map that says this."""
    made = described(f"rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap [ {body} ] ]", tmp_path)
    (term,) = made.predicate_objects[0].objects
    assert isinstance(term, TermMap)
    return term


def bare(value: Any) -> Any:
    """A part of the model without places and names, which do not change what it makes."""
    if is_dataclass(value) and not isinstance(value, type | Reference):
        kept = [field.name for field in fields(value) if field.name not in ("place", "name")]
        return type(value).__name__, tuple((name, bare(getattr(value, name))) for name in kept)
    return tuple(map(bare, value)) if isinstance(value, tuple) else value


def graph(text: str) -> Graph:
    """The triples that our reader of Turtle finds in a text without faults."""
    problems = Problems()
    _, _, statements = read_turtle(text, "t.ttl", problems)
    assert [] == [problem.message for problem in problems]
    made = Graph()
    for said in statements:
        made.add((term(said.subject), term(said.predicate), term(said.object)))
    return made


def term(node: Node) -> URIRef | BNode | Literal:
    """A node as an rdflib term."""
    if node.kind == "iri":
        return URIRef(node.value)
    if node.kind == "blank":
        return BNode(node.value)
    return Literal(node.value, datatype=node.datatype or None, lang=node.language or None)


TURTLE = [
    "@base <http://a.example/x/> . <y> <#p> <../z> , <?q> .",
    'PREFIX a: <http://a.example/>\na:b a:c "d"@en-GB , "e"^^a:f , 1 , -2.5 , 3e4 , true , false .',
    "@prefix : <http://a.example/> . :a :b [ :c [ ] ; :d ( 1 ( ) :e ) ; ] .",
    "@prefix : <http://a.example/> . [ :a :b ] .",
    "@prefix : <http://a.example/> . [ :a :b ] :c :d ; :e :f ; .",
    "@prefix a: <http://a.example/> . a:b.c a:d-e a:%20f\\,g , a: . # a comment",
    '@prefix : <http://a.example/> . _:x :p """a "quoted" \\u00e9\nline""" , \'\'\'it\'s\'\'\' , "\\t\\\\" .',
    "@prefix é: <http://a.example/é#> . é:à a é:Ç .",
]


@pytest.mark.parametrize("text", TURTLE)
def test_turtle_is_read_as_rdflib_reads_it(text: str) -> None:
    """An independent parser finds the same triples."""
    expected = Graph()
    expected.parse(data=text, format="turtle", publicID="http://a.example/")
    assert isomorphic(expected, graph(text))


@pytest.mark.skipif(not SUITES.is_dir(), reason="KG_SUITES names no folder of test suites")
def test_every_turtle_file_of_the_suites_is_read_as_rdflib_reads_it() -> None:
    """All mappings that are Turtle, each the same graph; those that are none are none for both."""
    count = 0
    for path in sorted(SUITES.glob("*/test-cases/*/mapping.ttl")):
        text = path.read_text(encoding="utf-8")
        problems = Problems()
        read_turtle(text, path.name, problems)
        if problems:
            assert all(problem.message.endswith("is no escape of Turtle") for problem in problems), path
            continue
        expected = Graph()
        expected.parse(data=text, format="turtle", publicID="http://nowhere.example/")
        assert len(expected) == len(graph(text)), path
        count += 1
    assert count > 200


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@prefix a: <http://a/> .\na:b a:c .", "2:9 not Turtle: '.' where a value is expected"),
        ("@prefix a: <http://a/> .\na:b a:c a:d", "2:12 not Turtle: the end of the file where '.' is expected"),
        ("a:b a:c a:d .", "1:1 not Turtle: prefix 'a' is not defined"),
        ("<http://a> <http://b> <http://c d> .", "1:32 not Turtle: an IRI cannot hold ' '"),
        ('<http://a> <http://b> "x\ny" .', "1:23 not Turtle: a string is not closed"),
        ('<http://a> <http://b> "x\\q" .', "1:25 not Turtle: \\q is no escape of Turtle"),
        ('<http://a> "b" <http://c> .', "1:12 not Turtle: '\"b\"' cannot be a predicate"),
        ("<http://a> <http://b> [ <http://c> <http://d> .", "1:47 not Turtle: '.' where ']' is expected"),
        ("<http://a> <http://b> §", "1:23 not Turtle: '§' cannot stand here"),
    ],
)
def test_a_fault_of_turtle_is_told_where_it_is(text: str, told: str) -> None:
    """Line and column of the token, what is wrong, and a remedy."""
    problems = Problems()
    read_turtle(text, "t.ttl", problems)
    assert [told] == [f"{p.place.line}:{p.place.column} {p.message}" for p in problems if p.place]
    assert all(problem.fix for problem in problems)


def test_a_triples_map_is_read(tmp_path: Path) -> None:
    """Source, subject, classes, graphs, predicates and objects."""
    made = fine(
        NEW
        + """
    <#people> a rml:TriplesMap ;
      rml:baseIRI <http://b.example/> ;
      rml:logicalSource [ a rml:LogicalSource ;
        rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "p.json" ;
          rml:compression rml:gzip ; rml:encoding rml:UTF-16 ; rml:null "", "NA" ] ;
        rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]" ] ;
      rml:subjectMap [ rml:template "http://a.example/{id}" ; rml:class ex:Person ; rml:graph rml:defaultGraph ] ;
      rml:predicateObjectMap [ rml:predicate ex:p, ex:q ; rml:object "o"@en ; rml:graph ex:g ] .
    """,
        tmp_path,
    )
    (source,) = made.sources
    assert ("p.json", "jsonpath", "$[*]") == (source.access, source.formulation, source.iterator)
    assert ("mapping", "gzip", "utf-16", ("", "NA")) == (
        source.root,
        source.compression,
        source.encoding,
        source.nulls,
    )
    assert ("#people", "http://b.example/", True) == (made.name, made.base, made.sound)
    assert (("http://a.example/", Reference("id")), "iri") == (made.subjects[0].parts, made.subjects[0].term_type)
    assert ("http://example.org/Person",) == made.classes
    assert [DEFAULT_GRAPH] == [graph.constant for graph in made.graphs]
    (pair,) = made.predicate_objects
    assert ["http://example.org/p", "http://example.org/q"] == [predicate.constant for predicate in pair.predicates]
    assert ["http://example.org/g"] == [graph.constant for graph in pair.graphs]
    (value,) = pair.objects
    assert isinstance(value, TermMap)
    assert value.language is not None
    assert ("o", "literal", "en") == (value.constant, value.term_type, value.language.constant)


@pytest.mark.parametrize(
    ("body", "term_type"),
    [
        ('rml:reference "x"', "literal"),
        ('rml:template "{x}"', "iri"),
        ('rml:template "{x}" ; rml:language "fr"', "literal"),
        ('rml:template "{x}" ; rml:datatype xsd:date', "literal"),
        ('rml:template "{x}" ; rml:termType rml:Literal', "literal"),
        ('rml:reference "x" ; rml:termType rml:URI', "uri"),
        ('rml:reference "x" ; rml:termType rml:UnsafeIRI', "unsafe-iri"),
        ('rml:template "{x}" ; rml:termType rml:BlankNode', "blank"),
        ("rml:constant ex:c", "iri"),
        ('rml:constant "c"', "literal"),
        ("rml:termType rml:BlankNode", "blank"),
        ("rml:functionExecution [ rml:function ex:f ]", "literal"),
    ],
)
def test_term_type(body: str, term_type: str, tmp_path: Path) -> None:
    """The term type is the written one, else the default of RML."""
    assert term_type == an_object(body, tmp_path).term_type


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a{b}c", ("a", Reference("b"), "c")),
        ("{a}{b}", (Reference("a"), Reference("b"))),
        (r"\{{a}\}", ("{", Reference("a"), "}")),
        (r"{a\{b\}}", (Reference("a{b}"),)),
        (r"\\{a}", ("\\", Reference("a"))),
        ("{$['a b']}", (Reference("$['a b']"),)),
        ("plain", ("plain",)),
    ],
)
def test_template(text: str, parts: tuple[str | Reference, ...]) -> None:
    """Braces delimit references, a backslash before a brace makes it a character."""
    assert parts == split_template(text)


def test_data_base_is_rewritten(tmp_path: Path) -> None:
    """A project's own base takes the place of the one that mappings spell out."""
    text = f'{NEW}<#m> {SOURCE} ; rml:subjectMap [ rml:template "{BASE}id/{{x}}" ; rml:class <{BASE}ns#Claim> ] .'
    maps, problems = read(text, tmp_path, "https://other.example/")
    assert [] == problems
    assert "https://other.example/id/" == maps[0].subjects[0].parts[0]
    assert (f"{BASE}ns#Claim",) == maps[0].classes


def test_functions_and_conditions_are_read(tmp_path: Path) -> None:
    """An execution with its parameters and output; objects apart by their conditions."""
    made = described(
        """rml:predicateObjectMap [ rml:predicate ex:p ;
          rml:objectMap [ rml:functionExecution <#e> ; rml:return ex:out ], [ rml:reference "z" ;
            rml:condition [ rml:functionExecution [ rml:function ex:is ; rml:input [ rml:parameter ex:in ;
              rml:inputValueMap [ rml:reference "c" ] ] ] ] ] ] .
      <#e> rml:function ex:f ; rml:input [ rml:parameter ex:a ; rml:inputValue "5" ],
        [ rml:parameter ex:b ; rml:inputValueMap [ rml:template "x {y}" ] ]""",
        tmp_path,
    )
    first, second = made.predicate_objects
    (value,) = first.objects
    assert isinstance(value, TermMap)
    assert value.execution is not None
    assert ("http://example.org/f", "http://example.org/out") == (value.execution.function, value.execution.returns)
    assert [("http://example.org/a", "literal"), ("http://example.org/b", "literal")] == [
        (argument.parameter, argument.value.term_type) for argument in value.execution.inputs
    ]
    assert first.condition is None
    assert second.condition is not None
    assert ("c",) == second.condition.references


def test_joins_are_read_short_and_long(tmp_path: Path) -> None:
    """Child and parent as references, or as maps of any kind."""
    made = described(
        """rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap [ rml:parentTriplesMap <#m> ;
          rml:joinCondition [ rml:child "a" ; rml:parent "b" ],
            [ rml:childMap [ rml:template "{c}-" ] ; rml:parentMap [ rml:constant "d" ] ] ] ]""",
        tmp_path,
    )
    (link,) = made.predicate_objects[0].objects
    assert isinstance(link, ReferencingObjectMap)
    assert "#m" == link.parent
    assert [((Reference("a"),), (Reference("b"),)), ((Reference("c"), "-"), ("d",))] == [
        (join.child.parts, join.parent.parts) for join in link.joins
    ]


OLD = """\
@prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix rml: <http://semweb.mmlab.be/ns/rml#> .
@prefix ql: <http://semweb.mmlab.be/ns/ql#> .
@prefix fnml: <http://semweb.mmlab.be/ns/fnml#> .
@prefix fno: <https://w3id.org/function/ontology#> .
@prefix ex: <http://example.org/> .
"""


def test_the_old_vocabulary_is_read(tmp_path: Path) -> None:
    """A source by its path, IRIs written as texts, languages, and functions as triples maps."""
    made = fine(
        OLD
        + """
    <#m> rml:logicalSource [ rml:source "a.xml" ; rml:referenceFormulation ql:XPath ; rml:iterator "/a" ] ;
      rr:subjectMap [ rr:template "http://a.example/{@id}" ; rr:graphMap [ rr:constant "http://a.example/g" ] ] ;
      rr:predicateObjectMap [ rr:predicate ex:p ; rr:objectMap [ rr:constant "http://a.example/o" ;
        rr:termType rr:IRI ] ] ;
      rr:predicateObjectMap [ rr:predicateMap [ rr:constant ex:q ] ; rr:objectMap [ fnml:functionValue [
        rr:predicateObjectMap [ rr:predicate fno:executes ; rr:object ex:upper ],
          [ rr:predicate ex:in ; rr:objectMap [ rml:reference "b" ] ] ] ] ] .
    """,
        tmp_path,
    )
    assert ("a.xml", "xpath", "/a") == (made.sources[0].access, made.sources[0].formulation, made.sources[0].iterator)
    assert ["http://a.example/g"] == [graph.constant for graph in made.graphs]
    constant, function = (pair.objects[0] for pair in made.predicate_objects)
    assert isinstance(constant, TermMap)
    assert isinstance(function, TermMap)
    assert ("http://a.example/o", "iri") == (constant.constant, constant.term_type)
    assert function.execution is not None
    assert "http://example.org/upper" == function.execution.function
    assert ("b",) == function.references


def test_the_old_way_to_write_a_condition_is_one(tmp_path: Path) -> None:
    """`trueCondition` gives its value where its condition holds: the value, under that condition."""
    made = fine(
        OLD
        + """
    @prefix idlab-fn: <https://w3id.org/imec/idlab/function#> .
    <#m> rml:logicalSource [ rml:source "a.csv" ; rml:referenceFormulation ql:CSV ] ;
      rr:subjectMap [ rr:template "http://a.example/{id}" ] ;
      rr:predicateObjectMap [ rr:predicate ex:p ; rr:objectMap [ fnml:functionValue [
        rr:predicateObjectMap [ rr:predicate fno:executes ; rr:object idlab-fn:trueCondition ],
          [ rr:predicate idlab-fn:str ; rr:objectMap [ rml:reference "v" ] ],
          [ rr:predicate idlab-fn:strBoolean ; rr:objectMap [ fnml:functionValue [
            rr:predicateObjectMap [ rr:predicate fno:executes ; rr:object ex:ok ] ] ] ] ] ] ] .
    """,
        tmp_path,
    )
    (pair,) = made.predicate_objects
    assert pair.condition is not None
    assert pair.condition.execution is not None
    assert "http://example.org/ok" == pair.condition.execution.function
    (value,) = pair.objects
    assert isinstance(value, TermMap)
    assert (Reference("v"),) == value.parts


def test_r2rml_is_read(tmp_path: Path) -> None:
    """A table or a query; identifiers lose the quotes that delimit them."""
    text = (
        OLD
        + """
    <#t> rr:logicalTable [ rr:tableName "Student" ] ; rr:subjectMap [ rr:template "http://a.example/{\\"ID\\"}" ] ;
      rr:predicateObjectMap [ rr:predicate ex:p ; rr:objectMap [ rr:column "\\"Name\\"" ] ] .
    <#q> rr:logicalTable [ rr:sqlQuery "SELECT 1 AS x" ; rr:sqlVersion rr:SQL2008 ] ;
      rr:subjectMap [ rr:column "x" ] .
    """
    )
    maps, problems = read(text, tmp_path)
    assert [] == problems
    table, query = maps
    assert ("sql-table", "Student") == (table.sources[0].formulation, table.sources[0].iterator)
    assert ("sql-query", "SELECT 1 AS x") == (query.sources[0].formulation, query.sources[0].iterator)
    assert ("http://a.example/", Reference("ID")) == table.subjects[0].parts
    value = table.predicate_objects[0].objects[0]
    assert isinstance(value, TermMap)
    assert ("Name",) == value.references
    for vocabulary in ("rml", "r2rml"):
        written = write_rml(MappingDocument(maps), vocabulary, problems)
        assert "rml:source " not in written
        again, problems = read(written, tmp_path)
        assert [] == problems
        assert [("", "Student"), ("", "SELECT 1 AS x")] == [
            (made.sources[0].access, made.sources[0].iterator) for made in again
        ]


PAIR = f"<#m> {SOURCE} ; {SUBJECT} ;\n rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap …"
WRONG = [
    (f"<#m> {SOURCE} .", "4:1 the triples map has no subject map"),
    (f"<#m> {SUBJECT} ; rml:predicateObjectMap [ ] .", "4:1 the triples map has no logical source"),
    (f"<#m>\n{SOURCE} ;\n{SUBJECT} ;\n{SUBJECT} .", "7:1 a second subject or subjectMap"),
    (f"<#m> {SOURCE} ;\n rml:subject ex:s ; rml:subjectMapp [ ] .", "5:21 'subjectMapp' has no place in a triples map"),
    (
        f'<#m> {SOURCE} ;\n rml:subjectMap [ rml:reference "a" ; rml:constant ex:b ] .',
        "5:19 the subject map has two expressions",
    ),
    (
        f'<#m> {SOURCE} ;\n rml:subjectMap [ rml:reference "a" ; rml:termType rml:Literal ] .',
        "5:33 a subject map cannot make a literal",
    ),
    (
        f'<#m> {SOURCE} ;\n rml:subjectMap [ rml:template "{{a" ] .',
        "5:32 no template: a reference is not closed with }",
    ),
    (f'<#m> {SOURCE} ;\n rml:subjectMap [ rml:template "{{{{a}}}}" ] .', "5:32 no template: there is a { inside"),
    (
        f'<#m> {SOURCE} ;\n rml:subjectMap [ rml:template "http://a b" ] .',
        "5:32 this makes an invalid IRI: it holds ' '",
    ),
    (f'<#m> {SOURCE} ;\n rml:subjectMap [ rml:reference "" ] .', "5:33 an empty reference"),
    (f"<#m> {SOURCE} ;\n rml:subjectMap [ ] .", "5:17 nothing is said of this subject map"),
    (
        f'<#m> {SOURCE} ;\n rml:subjectMap [ rml:constant "x" ; rml:termType rml:BlankNode ] .',
        "5:32 the constant is a literal, its term type a blank node",
    ),
    (
        f'<#m> {SOURCE} ;\n rml:subjectMap [ rml:reference "x" ; rml:termType rml:IRIs ] .',
        "5:52 'IRIs' is no term type",
    ),
    (
        f"<#m> {SOURCE} ; {SUBJECT} ;\n rml:predicateObjectMap [ rml:predicate ex:p ] .",
        "5:25 the predicate-object map has no object",
    ),
    (
        f'<#m> {SOURCE} ; {SUBJECT} ;\n rml:predicateObjectMap [ rml:predicate "p" ; rml:object ex:o ] .',
        "5:41 a predicate map cannot make a literal",
    ),
    (
        PAIR.replace("…", "[ rml:parentTriplesMap <#n> ] ] ."),
        "5:85 this is no triples map of the file",
    ),
    (
        PAIR.replace("…", '[ rml:reference "x" ; rml:language "a-english" ] ] .'),
        "5:97 'a-english' is no language tag",
    ),
    (
        PAIR.replace("…", '[ rml:reference "x" ; rml:datatype xsd:decimale ] ] .'),
        "5:97 there is no datatype 'xsd:decimale'",
    ),
    (
        PAIR.replace("…", '[ rml:constant "3"^^xsd:int32 ] ] .'),
        "5:77 there is no datatype 'xsd:int32'",
    ),
    (
        PAIR.replace("…", '[ rml:template "{x}" ; rml:termType rml:IRI ; rml:datatype xsd:date ] ] .'),
        "5:108 an IRI has neither datatype nor language",
    ),
    (
        PAIR.replace("…", "[ rml:functionExecution [ rml:input [ ] ] ] ] ."),
        "5:86 the execution has no function",
    ),
    (
        f'<#m> {SUBJECT} ;\n rml:logicalSource [ rml:source "a" ; rml:referenceFormulation rml:JsonPath ] .',
        "5:64 'JsonPath' is no reference formulation",
    ),
    (
        f'<#m> {SUBJECT} ;\n rml:logicalSource [ rml:source "a" ] .',
        "5:20 the logical source has no reference formulation",
    ),
    (
        f"<#m> {SUBJECT} ;\n rml:logicalSource [ rml:source [ rml:root ex:r ] ; rml:referenceFormulation rml:CSV ] .",
        "5:33 nothing says where this source is",
    ),
    ("ex:a ex:b ex:c .", "1:1 there is no triples map, so nothing is mapped"),
]


@pytest.mark.parametrize(("text", "told"), WRONG, ids=[told for _, told in WRONG])
def test_a_malformed_mapping_is_told_where_it_is(text: str, told: str, tmp_path: Path) -> None:
    """Line and column of the offending token, what is wrong, and what to do."""
    maps, problems = read(NEW + text, tmp_path)
    messages = [f"{p.place.line}:{p.place.column} {p.message}" for p in problems if p.place]
    assert any(message.startswith(told) for message in messages), messages
    assert all(problem.fix for problem in problems)
    assert not any(made.sound for made in maps)


def test_an_unknown_word_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt word of RML is never passed over."""
    _, problems = read(f"{NEW}<#m> {SOURCE} ; {SUBJECT} ; rml:predicateObjectMapp [ ] .", tmp_path)
    assert [("'predicateObjectMapp' has no place in a triples map", "did you mean 'predicateObjectMap'?")] == [
        (problem.message, problem.fix) for problem in problems
    ]


def test_what_is_said_in_other_vocabularies_is_no_fault(tmp_path: Path) -> None:
    """Labels and comments may stand anywhere."""
    assert described('<http://www.w3.org/2000/01/rdf-schema#comment> "why"', tmp_path).sound


def suite_cases() -> list[tuple[str, Path, bool]]:
    """Name, mapping and whether an error is expected, of every case of the suites."""
    found = []
    for module in MODULES:
        table = SUITES / module / "test-cases/metadata.csv"
        if not table.is_file():
            continue
        with table.open(encoding="utf-8") as rows:
            found += [
                (row["ID"], table.parent / row["ID"] / "mapping.ttl", row["error"] == "true")
                for row in csv.DictReader(rows)
            ]
    return found


CASES = suite_cases()


@pytest.mark.skipif(not CASES, reason="KG_SUITES names no folder of test suites")
@pytest.mark.parametrize(("name", "path", "error"), CASES, ids=[name for name, _, _ in CASES])
def test_suite_case_is_read_or_refused(name: str, path: Path, *, error: bool) -> None:
    """Mappings that are wrong are refused; what only the data can show is not."""
    problems = Problems()
    read_rml(path, path.parent, (BASE, BASE), problems)
    assert (error and name not in OF_THE_DATA) == bool(problems), [problem.render() for problem in problems]


@pytest.mark.skipif(not CASES, reason="KG_SUITES names no folder of test suites")
@pytest.mark.parametrize(
    "path", [path for name, path, error in CASES if not error or name in OF_THE_DATA], ids=lambda path: path.parent.name
)
def test_suite_case_is_the_same_after_writing(path: Path, tmp_path: Path) -> None:
    """What is read from the written file is what was written, and it is written the same again."""
    problems = Problems()
    document = read_rml_document(path, path.parent, (BASE, BASE), problems)
    text = write_rml(document, "rml", problems)
    (tmp_path / "m.ttl").write_text(text, encoding="utf-8")
    again = read_rml_document(tmp_path / "m.ttl", tmp_path, (BASE, BASE), problems)
    assert [] == [problem.render() for problem in problems]
    assert bare(document.maps) == bare(again.maps)
    assert text == write_rml(again, "rml", problems)


def test_what_a_vocabulary_cannot_say_is_told(tmp_path: Path) -> None:
    """Nothing is left out in silence."""
    text = f"{NEW}<#m> rml:baseIRI ex: ; {SUBJECT} ; {SOURCE.replace('rml:path', 'rml:null ; rml:path')} ."
    text = text.replace("rml:null ;", 'rml:null "" ;')
    maps, problems = read(text, tmp_path)
    assert [] == [problem.render() for problem in problems]
    write_rml(MappingDocument(maps), "rml-old", problems)
    write_rml(MappingDocument(maps), "r2rml", problems)
    assert {
        "this vocabulary has no word for a base",
        "this vocabulary has no word for the root, encoding, compression or null values of a file",
        "R2RML reads tables and queries only",
    } == {problem.message for problem in problems}


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
iri_parts = st.text(st.sampled_from("abcé/-_.~{}\\%:#"), max_size=8).map(lambda text: re.sub(r"[{}\\]", "", text))
references = st.builds(Reference, texts)


@st.composite
def term_maps(draw: st.DrawFn) -> str:
    """An object map in Turtle, with any characters in its texts."""
    escape = {"\\": "\\\\", '"': '\\"'}

    def quoted(text: str) -> str:
        return '"' + "".join(escape.get(c, c) for c in text) + '"'

    def braced(text: str) -> str:
        return re.sub(r"([{}\\])", r"\\\1", text)

    kind = draw(st.sampled_from(["reference", "constant", "template"]))
    if kind == "template":
        parts = draw(st.lists(st.one_of(texts, references), min_size=1, max_size=4))
        body = "".join(braced(p) if isinstance(p, str) else f"{{{braced(p.name)}}}" for p in parts)
        return f"rml:template {quoted(body)} ; rml:termType rml:Literal"
    return f"rml:{kind} {quoted(draw(texts))}"


@given(body=term_maps(), vocabulary=st.sampled_from(["rml", "rml-old"]))
def test_any_text_comes_back(body: str, vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever characters a template, reference or constant holds, writing and reading keeps them."""
    folder = tmp_path_factory.mktemp("any")
    source = 'rml:logicalSource [ rml:source "a.csv" ; rml:referenceFormulation rml:CSV ]'
    text = (
        f"{NEW}<#m> {source} ; {SUBJECT} ; rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap [ {body} ] ] ."
    )
    maps, problems = read(text, folder)
    assert [] == [problem.render() for problem in problems]
    again, problems = read(write_rml(MappingDocument(maps), vocabulary, problems), folder)
    assert [] == [problem.render() for problem in problems]
    assert bare(maps) == bare(again)
