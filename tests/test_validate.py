"""SHACL: violations as plain values, over the claims and facts together."""

import logging
import random
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import NoReturn
from unittest import mock

import pytest
from rdflib import RDF, URIRef

from kg.errors import ContentError, Problems
from kg.graph.ontology import read_ontology
from kg.graph.store import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, memory_store
from kg.graph.terms import graph_of
from kg.graph.validate import Violation, claims_and_facts, validate
from kg.pipeline import make_quads, read_content
from kg.project import Project, bundled, example

PREFIXES = """\
@base <https://w3id.org/pressgraph/> .
@prefix kg: <https://w3id.org/pressgraph/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
NS = "https://w3id.org/pressgraph/ns#"
ID = "https://w3id.org/pressgraph/id/"
ONTOLOGY = """
<ontology> a owl:Ontology ; owl:imports <http://127.0.0.1:9/never> .
kg:Body a owl:Class . kg:Agency a owl:Class ; rdfs:subClassOf kg:Body . kg:Place a owl:Class .
"""
SHAPES = """
kg:seat a sh:NodeShape ; sh:targetSubjectsOf kg:basedIn ; sh:class kg:Body ; sh:property kg:seat-place ;
  sh:message "Qui a un siège est un organisme."@fr, "Who has a seat is a body."@en .
kg:seat-place a sh:PropertyShape ; sh:path kg:basedIn ; sh:class kg:Place ; sh:severity sh:Warning ;
  sh:message "Un siège est un lieu."@fr, "A seat is a place."@en .
"""
GOOD = "<id/rats> a kg:Agency ; kg:basedIn <id/tashkent> . <id/tashkent> a kg:Place ."


def store_of(data: str) -> Store:
    """A store of TriG."""
    store = Store()
    store.load(PREFIXES + data, RdfFormat.TRIG)
    return store


def violations(folder: Path, data: str, shapes: str = SHAPES, ontology: str = ONTOLOGY) -> list[Violation]:
    """What the shapes say of the data."""
    for name, text in (("shapes.ttl", shapes), ("ontology.ttl", ontology)):
        (folder / name).write_text(PREFIXES + text, encoding="utf-8")
    return validate(store_of(data), folder / "shapes.ttl", folder / "ontology.ttl")


def test_what_conforms_has_no_violation(tmp_path: Path) -> None:
    """A class below the wanted one is enough: the ontology says so."""
    assert violations(tmp_path, GOOD) == []


def test_a_violation_says_who_what_where_and_why(tmp_path: Path) -> None:
    """Focus, path and value, the property that the shape is about, and the message in every language."""
    found = violations(tmp_path, GOOD.replace("<id/tashkent> a kg:Place", "<id/tashkent> a kg:Body"))
    assert found == [
        Violation(
            focus=ID + "rats",
            path=NS + "basedIn",
            value=ID + "tashkent",
            target=NS + "basedIn",
            shape=NS + "seat-place",
            severity="Warning",
            messages={"fr": "Un siège est un lieu.", "en": "A seat is a place."},
        )
    ]


def test_violations_are_sorted(tmp_path: Path) -> None:
    """By focus, path and value, whatever order pySHACL finds them in."""
    data = "<id/b> kg:basedIn <id/z>, <id/y> . <id/a> kg:basedIn <id/z> ."
    found = [(hit.focus[-1], hit.path.removeprefix(NS), hit.value[-1]) for hit in violations(tmp_path, data)]
    assert found == [
        ("a", "", "a"),
        ("a", "basedIn", "z"),
        ("b", "", "b"),
        ("b", "basedIn", "y"),
        ("b", "basedIn", "z"),
    ]


def test_a_shape_without_a_name_is_told_by_the_one_around_it(tmp_path: Path) -> None:
    """Blank nodes have another label at each run: they are never shown."""
    shapes = """
kg:seat a sh:NodeShape ; sh:targetSubjectsOf kg:basedIn ; sh:message "No seat."@en ;
  sh:property [ sh:path kg:basedIn ; sh:maxCount 1 ] .
"""
    (found,) = violations(tmp_path, "<id/a> kg:basedIn <id/y>, <id/z> .", shapes)
    assert (found.shape, found.target, found.value, found.messages) == (
        NS + "seat",
        NS + "basedIn",
        "",
        {"en": "No seat."},
    )


def test_the_languages_of_a_sparql_constraint_are_kept(tmp_path: Path) -> None:
    """The messages of such a constraint come from the shapes: pySHACL's report has lost their languages."""
    shapes = """
kg:loop a sh:NodeShape ; sh:targetSubjectsOf kg:before ; sh:sparql kg:loop-rule .
kg:loop-rule a sh:SPARQLConstraint ; sh:message "Rien n’est avant soi-même."@fr, "Nothing is before itself."@en ;
  sh:select "SELECT $this WHERE { $this <https://w3id.org/pressgraph/ns#before> $this }" .
"""
    (found,) = violations(tmp_path, "<id/a> kg:before <id/a> .", shapes)
    assert found.messages == {"fr": "Rien n’est avant soi-même.", "en": "Nothing is before itself."}


def test_what_is_only_said_is_checked_as_well(tmp_path: Path) -> None:
    """A triple in a claim's graph breaks a shape as one in the default graph does."""
    data = "<claim/c> rdf:subject <id/rats> . <claim/c> { <id/rats> kg:basedIn <id/tashkent> }"
    assert [hit.focus for hit in violations(tmp_path, data)] == [ID + "rats", ID + "rats"]


def test_a_type_that_is_only_said_counts(tmp_path: Path) -> None:
    """Types of what is spoken of may stand in claim graphs alone."""
    data = """<id/rats> a kg:Body ; kg:basedIn <id/tashkent> .
<claim/c> rdf:subject <id/tashkent> . <claim/c> { <id/tashkent> a kg:Place }"""
    assert violations(tmp_path, data) == []


def test_other_graphs_are_not_data(tmp_path: Path) -> None:
    """What is inferred, linked or taken from elsewhere neither breaks a shape nor satisfies one."""
    data = GOOD.replace(
        "<id/tashkent> a kg:Place .", "<graph/inferred> { <id/tashkent> a kg:Place . <id/x> kg:basedIn 1 }"
    )
    assert [(hit.focus, hit.value) for hit in violations(tmp_path, data)] == [(ID + "rats", ID + "tashkent")]


def test_claims_and_facts_are_one_graph() -> None:
    """The default graph and the claim graphs, and no other."""
    data = """<id/a> a kg:Body . <claim/c> rdf:subject <id/a> . <claim/c> { <id/a> a kg:Place }
<graph/links> { <id/a> a kg:Agency }"""
    graph = graph_of(claims_and_facts(store_of(data)))
    types = {str(kind) for kind in graph.objects(URIRef(ID + "a"), RDF.type)}
    assert (len(graph), types) == (3, {NS + "Body", NS + "Place"})


def test_validation_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    """What pySHACL adds on its way stays in its own copy."""
    store = store_of(GOOD)
    before = set(store)
    violations(tmp_path, GOOD)
    validate(store, tmp_path / "shapes.ttl", tmp_path / "ontology.ttl")
    assert set(store) == before


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the ontology or the shapes import is left out."""

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    imports = "<shapes> a owl:Ontology ; owl:imports <http://127.0.0.1:9/never> ."
    assert violations(tmp_path, GOOD, SHAPES + imports) == []


def test_space_that_cannot_be_seen_is_no_end_of_an_iri(tmp_path: Path) -> None:
    """IRIs with a no-break space pass from the store to the validator unharmed."""
    assert violations(tmp_path, "<id/a\u00a0b> a kg:Body .") == violations(tmp_path, "<id/ab> a kg:Body .")


@pytest.mark.parametrize("content", [b"@prefix a: <", b"\xff"])
def test_shapes_that_cannot_be_read_are_told_with_their_file(content: bytes, tmp_path: Path) -> None:
    """Not Turtle, not UTF-8: a problem in that file."""
    shapes, ontology = tmp_path / "shapes.ttl", tmp_path / "o.ttl"
    shapes.write_bytes(content)
    ontology.write_text("", encoding="utf-8")
    with pytest.raises(ContentError, match=r"^shapes\.ttl:1:"):
        validate(store_of(""), shapes, ontology, tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0000-01-01", []),
        ("-0044-03-15", []),
        ("12010-01-01", []),
        ("2010-02-29", ["2010-02-29"]),
        ("0000-02-30", ["0000-02-30"]),
    ],
)
def test_a_day_is_what_xsd_says_it_is(
    text: str, expected: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Years that Python does not have are no fault, a 29 February that never was is; nothing is printed."""
    shapes = (
        "kg:day a sh:NodeShape ; sh:targetSubjectsOf kg:on ; sh:property [ sh:path kg:on ; sh:datatype xsd:date ] ."
    )
    found = violations(tmp_path, f'<id/a> kg:on "{text}"^^xsd:date .', shapes)
    assert expected == [violation.value for violation in found]
    assert ("", "") == capfd.readouterr()


@pytest.mark.parametrize("name", ["shapes", "ontology"])
def test_deep_turtle_is_read_or_told(name: str, tmp_path: Path) -> None:
    """Brackets within brackets, thousands of them, end in an answer."""
    deep = "<id/x> kg:y " + "[ kg:y " * 3_000 + "1" + " ]" * 3_000 + " ."
    assert violations(tmp_path, GOOD, **{name: {"shapes": SHAPES, "ontology": ONTOLOGY}[name] + deep}) == []


def test_deep_classes_are_followed(tmp_path: Path) -> None:
    """A class thousands of steps below the wanted one is below it."""
    chain = "".join(f"kg:c{n} rdfs:subClassOf kg:c{n + 1} . " for n in range(sys.getrecursionlimit()))
    ontology = ONTOLOGY + chain + f"kg:c{sys.getrecursionlimit()} rdfs:subClassOf kg:Body ."
    assert violations(tmp_path, GOOD.replace("kg:Agency", "kg:c0"), ontology=ontology) == []


SHAPE = "kg:s a sh:NodeShape ; sh:targetSubjectsOf kg:basedIn ; "
QUERY = SHAPE + 'sh:sparql [ sh:select """\nSELECT $this\n  {{ {} }}""" ] .'
UNREADABLE = {
    "no such shape": (SHAPE + "sh:property kg:none .", r"^o/shapes\.ttl:1:1: these shapes cannot be followed: "),
    "no list": (SHAPE + "sh:or kg:none .", r"^o/shapes\.ttl:1:1: these shapes cannot be followed: "),
    "a count of a node": (SHAPE + "sh:minCount 1 .", r"^o/shapes\.ttl:1:1: these shapes cannot be followed: "),
    "a service": (QUERY.format("{SERVICE <http://127.0.0.1:9/> {}}"), r"^o/shapes\.ttl:1:1: .* federated"),
    "a hidden service": (QUERY.format("{SERVICEkg:x{}}"), r"^o/shapes\.ttl:10:6: SERVICE is not answered here"),
    "an unknown prefix": (QUERY.format("$this nope:x ?value"), r"^o/shapes\.ttl:10:11: the prefix 'nope:' is not"),
}


@pytest.mark.parametrize(("shapes", "expected"), UNREADABLE.values(), ids=UNREADABLE)
def test_shapes_that_cannot_be_followed_are_told(shapes: str, expected: str, tmp_path: Path) -> None:
    """What pySHACL stumbles over is a problem of the file, at the line where one is known."""
    (tmp_path / "o").mkdir()
    with pytest.raises(ContentError, match=expected):
        violations(tmp_path / "o", GOOD, shapes)


def test_shapes_that_contain_each_other_are_followed_once(tmp_path: Path) -> None:
    """A circle of shapes ends."""
    shapes = """
kg:a a sh:PropertyShape ; sh:targetSubjectsOf kg:basedIn ; sh:path kg:basedIn ; sh:property kg:b ; sh:minCount 2 .
kg:b a sh:PropertyShape ; sh:path kg:basedIn ; sh:property kg:a .
"""
    assert [NS + "a"] == [found.shape for found in violations(tmp_path, GOOD, shapes)]


# Faster than pySHACL alone, with the same results


def plain(store: Store, shapes: Path, ontology: Path) -> list[Violation]:
    """What pySHACL says of all nodes, with rdflib's SPARQL."""
    module = sys.modules["kg.graph.validate"]
    with (
        mock.patch.object(module, "narrowed", lambda rules, _: rules),
        mock.patch.object(module._Queried, "query", side_effect=NotImplementedError),
    ):
        return validate(store, shapes, ontology)


def spoilt(quads: list[Quad], seed: int) -> Store:
    """The quads, some of them left out or with another object: one of the same predicate, or of any, or junk."""
    draw = random.Random(seed)
    xsd = "http://www.w3.org/2001/XMLSchema#"
    junk = [
        *(Literal(text) for text in ("", "x")),
        *(Literal("x", language=tag) for tag in ("fr-ca", "en")),
        *(
            Literal(text, datatype=NamedNode(xsd + name))
            for text, name in (("0", "integer"), ("x", "integer"), ("1.5", "decimal"), ("tru", "boolean"))
        ),
    ]
    # rdflib compares a text with a number in SPARQL, which is an error: steps stay numbers.
    changed = [quad for quad in quads if draw.random() < 0.04 and quad.predicate.value != NS + "step"]
    others = [quad.object for quad in quads] + junk * 20
    store = Store()
    store.extend(quads)
    for quad in changed:
        same = [other.object for other in quads if other.predicate == quad.predicate]
        store.remove(quad)
        for value in draw.choice([[], [draw.choice(others)], [draw.choice(same)], [draw.choice(same), quad.object]]):
            store.add(Quad(quad.subject, quad.predicate, value, quad.graph_name))
    return store


def quads_of(project: Project) -> list[Quad]:
    """What a project's graph holds, in the order of its lines."""
    lines = make_quads(read_content(project))
    return sorted(memory_store("".join(f"{line}\n" for line in lines).encode()), key=str)


@pytest.mark.parametrize("project", [bundled(), Project(example())], ids=["article", "example"])
def test_results_are_those_of_pyshacl_alone(project: Project) -> None:
    """On what is right, and on what is wrong in many ways at once."""
    shapes, ontology = (project.part(f"ontology/{name}.ttl") for name in ("shapes", "pressgraph"))
    quads = quads_of(project)
    for seed in range(4):
        store = spoilt(quads, seed)
        expected = plain(store, shapes, ontology)
        assert len(expected) > 10
        assert expected == validate(store, shapes, ontology)


CONSTRAINTS = {
    "and": "sh:and ( [ sh:class kg:A ] [ sh:nodeKind sh:IRI ] )",
    "class": "sh:class kg:A",
    "classes": "sh:class kg:A, kg:B",
    "closed": "sh:closed true ; sh:ignoredProperties ( rdf:type )",
    "count": "sh:property [ sh:path kg:p ; sh:minCount 1 ; sh:maxCount 2 ]",
    "datatype of numbers": "sh:property [ sh:path kg:p ; sh:datatype xsd:integer ]",
    "datatype of texts": "sh:property [ sh:path kg:p ; sh:datatype xsd:string ]",
    "datatype of texts in a language": "sh:property [ sh:path kg:p ; sh:datatype rdf:langString ]",
    "datatype of months": "sh:property [ sh:path kg:p ; sh:datatype xsd:gYearMonth ]",
    "deactivated": "sh:deactivated true ; sh:class kg:A",
    "disjoint": "sh:property [ sh:path kg:p ; sh:disjoint kg:q ]",
    "equals": "sh:property [ sh:path kg:p ; sh:equals kg:q ]",
    "has value": "sh:property [ sh:path kg:p ; sh:hasValue 1 ]",
    "in": 'sh:property [ sh:path kg:p ; sh:in ( 1 2 <id/a> "x" ) ]',
    "inverse path": "sh:property [ sh:path [ sh:inversePath kg:q ] ; sh:minCount 1 ]",
    "language in": 'sh:property [ sh:path kg:p ; sh:languageIn ( "fr" ) ]',
    "less than": "sh:property [ sh:path kg:p ; sh:lessThan kg:q ]",
    "list path": "sh:property [ sh:path ( kg:q kg:p ) ; sh:minCount 1 ]",
    "maximum": "sh:property [ sh:path kg:p ; sh:maxInclusive 1 ]",
    "minimum": "sh:property [ sh:path kg:p ; sh:minInclusive 2 ]",
    "node": "sh:node [ sh:property [ sh:path kg:p ; sh:minCount 2 ] ]",
    "node kind": "sh:property [ sh:path kg:p ; sh:nodeKind sh:IRIOrLiteral ]",
    "not": "sh:not [ sh:property [ sh:path kg:p ; sh:hasValue 1 ] ]",
    "or": "sh:or ( [ sh:class kg:A ] [ sh:property [ sh:path kg:p ; sh:minCount 2 ] ] )",
    "pattern": 'sh:property [ sh:path kg:p ; sh:pattern "^x" ]',
    "property within property": "sh:property [ sh:path kg:q ; sh:property [ sh:path kg:p ; sh:maxCount 1 ] ]",
    "qualified": "sh:property [ sh:path kg:q ; sh:qualifiedValueShape [ sh:class kg:A ] ; sh:qualifiedMinCount 1 ]",
    "qualified at most": "sh:property [ sh:path kg:q ; sh:qualifiedValueShape [ sh:class kg:A ] ; "
    "sh:qualifiedMinCount 0 ; sh:qualifiedMaxCount 0 ]",
    "sparql": 'sh:sparql [ sh:select "SELECT $this ?value { $this <https://w3id.org/pressgraph/ns#p> ?value . '
    'FILTER(isLiteral(?value)) }" ]',
    "text length": "sh:property [ sh:path kg:p ; sh:minLength 2 ]",
    "unique language": "sh:property [ sh:path kg:p ; sh:uniqueLang true ]",
    "exactly one": "sh:xone ( [ sh:class kg:A ] [ sh:class kg:B ] [ sh:property [ sh:path kg:p ; sh:maxCount 0 ] ] )",
}
NODES = """
<id/a> a kg:A ; kg:p 1, 2 ; kg:q <id/b>, 3 .
<id/b> a kg:B, kg:A ; kg:p "x", "x"@en, "y"@en ; kg:q <id/a> .
<id/c> a kg:Sub ; kg:p <id/a>, "x"@fr, "x"@fr-ca ; kg:q 1 .
<id/d> kg:p "x"^^xsd:integer, "2010-02-29"^^xsd:date, "2010-04"^^xsd:gYearMonth, 1.5 ; kg:q <id/c>, <id/d> .
<id/e> a kg:Sub ; kg:q "no number", _:f . _:f kg:p 1 ; kg:q 2 . <id/g> a kg:A ; kg:p 1 ; kg:q 2 .
"""


@pytest.mark.parametrize("constraint", CONSTRAINTS.values(), ids=CONSTRAINTS)
@pytest.mark.parametrize(
    "target", ["sh:targetClass kg:A", "sh:targetSubjectsOf kg:q", "sh:targetObjectsOf kg:q", "sh:targetNode <id/a>, 1"]
)
def test_every_constraint_is_as_in_pyshacl_alone(constraint: str, target: str, tmp_path: Path) -> None:
    """Whether it is decided here or left to pySHACL, of nodes of every kind and wherever they come from."""
    shapes = f"kg:s a sh:NodeShape ; {target} ; {constraint} ."
    ontology = ONTOLOGY + "kg:Sub rdfs:subClassOf kg:A ."
    violations(tmp_path, GOOD, shapes, ontology)
    store, files = store_of(NODES), (tmp_path / "shapes.ttl", tmp_path / "ontology.ttl")
    # Generic messages name the parts of a shape in any order, and paths of several steps have a new label each time.
    alone, together = (
        [replace(hit, messages={}, path=hit.path if "://" in hit.path else "") for hit in check(store, *files)]
        for check in (plain, validate)
    )
    assert alone == together


def test_a_thousand_facts_are_checked_in_seconds() -> None:
    """Time grows with the number of facts, and little of it is pySHACL's."""
    quads = quads_of(Project(example()))
    many = Store()
    for copy in range(25):

        def renamed(term: object, slug: str = f"/copy-{copy}/") -> object:
            return NamedNode(term.value.replace("/lindmoor-east-quay/", slug)) if isinstance(term, NamedNode) else term

        many.extend(Quad(*map(renamed, quad)) for quad in quads)  # type: ignore[arg-type]
    project = Project(example())
    shapes, ontology = (project.part(f"ontology/{name}.ttl") for name in ("shapes", "pressgraph"))
    facts = many.quads_for_pattern(None, NamedNode(RDF.type), NamedNode(NS + "Fact"), DefaultGraph())
    assert len(list(facts)) >= 1_000
    start = time.process_time()
    assert validate(many, shapes, ontology) == []
    assert time.process_time() - start < 30


# The ontology


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"kg:A a <b> .", "o/o.ttl:1:1: not Turtle: The prefix kg: has not been declared"),
        (b"# \xe9\n", "o/o.ttl:1:1: not UTF-8 at byte 2"),
        (b"<http://e/a> <http://e/b>\n  <http://e/c> ;;; ,", "o/o.ttl:2:"),
        (b"", "o/o.ttl:1:1: there is no ontology"),
        (b"<http://e/a> <http://e/b> <<( <http://e/a> <http://e/b> 1 )>> .", "o/o.ttl:1:1: of RDF 1.2"),
    ],
)
def test_an_ontology_that_cannot_be_read_is_told(content: bytes, expected: str, tmp_path: Path) -> None:
    """One problem, with its place, and an ontology without terms."""
    path = tmp_path / "o/o.ttl"
    path.parent.mkdir()
    path.write_bytes(content)
    problems = Problems()
    assert read_ontology(path, tmp_path, NS, problems).terms == []
    (problem,) = problems
    assert f"{problem.place}: {problem.message}".startswith(expected)


def test_rdflib_says_nothing_of_literals(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What it cannot convert is no traceback on standard error, in the ontology as in the data."""
    ontology = tmp_path / "o.ttl"
    ontology.write_text(PREFIXES + 'kg:A a owl:Class ; kg:on "2010-02-29"^^xsd:date .', encoding="utf-8")
    with caplog.at_level(logging.DEBUG):
        assert ["A"] == read_ontology(ontology, tmp_path, NS, Problems()).terms
    assert [] == caplog.records
