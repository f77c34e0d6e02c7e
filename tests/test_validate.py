"""SHACL: violations as plain values, over the claims and facts together."""

import socket
from pathlib import Path
from typing import NoReturn

import pytest
from rdflib import RDF, URIRef

from kg.errors import ContentError
from kg.graph.store import RdfFormat, Store
from kg.graph.terms import graph_of
from kg.graph.validate import Violation, claims_and_facts, validate

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
