"""SHACL: the one door to pyshacl. https://www.w3.org/TR/shacl/."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyshacl
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from kg.graph.store import DefaultGraph, NamedNode, RdfFormat, Store, Triple, claim_graphs, serialize

__all__ = ["Violation", "claims_and_facts", "validate"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One result of a validation: https://www.w3.org/TR/shacl/#results-validation-result.

    focus: IRI of the node that does not conform. path: IRI of the property, empty where there is none. value: the
    offending value's IRI or lexical form, empty where there is none. target: IRI of the property whose subjects or
    objects the shape is about, empty otherwise. shape: its IRI, or that of the shape around it. severity: local name.
    messages: by language tag, empty for none.
    """

    focus: str
    path: str
    value: str
    target: str
    shape: str
    severity: str
    messages: Mapping[str, str]


def claims_and_facts(store: Store) -> Graph:
    """The default graph and the graph of every claim as one graph, for shapes and for nothing else.

    What somebody only said stands there as if it were so: types of what is spoken of are found nowhere else.
    """
    names: list[DefaultGraph | NamedNode] = [DefaultGraph(), *claim_graphs(store)]
    triples = (
        Triple(quad.subject, quad.predicate, quad.object)
        for name in names
        for quad in store.quads_for_pattern(None, None, None, name)
    )
    graph = Graph()
    graph.parse(data=serialize(triples, format=RdfFormat.N_TRIPLES) or b"", format="nt")
    return graph


def validate(store: Store, shapes: Path, ontology: Path) -> list[Violation]:
    """Every violation of the shapes by the store's claims and facts, sorted.

    shapes, ontology: Turtle files; the ontology says which class is below which. Nothing is inferred into the data
    and nothing is fetched.
    """
    rules = Graph().parse(shapes, format="turtle")
    # Classes and closed lists of the ontology are data here: what is below a class, what is a modality.
    data = claims_and_facts(store).parse(ontology, format="turtle")
    conforms, report, _ = pyshacl.validate(data, shacl_graph=rules, inplace=True, do_owl_imports=False)
    if conforms:
        return []
    assert isinstance(report, Graph)
    violations = (_violation(result, report, rules) for result in report.subjects(RDF.type, SH.ValidationResult))
    return sorted(violations, key=lambda found: (found.focus, found.path, found.value, found.shape, found.target))


def _violation(result: Node, report: Graph, rules: Graph) -> Violation:
    def told(predicate: URIRef) -> str:
        return str(report.value(result, predicate) or "")

    shape = report.value(result, SH.sourceShape)
    around = list(_outward(shape, rules)) if shape else []
    # pySHACL drops the language of a SPARQL constraint's message: it is read from the shapes.
    sources = (report.value(result, SH.sourceConstraint), *around)
    spoken = next((found for node in sources if node and (found := list(rules.objects(node, SH.message)))), [])
    messages = {getattr(text, "language", None) or "": str(text) for text in sorted(spoken, key=str)}
    aims = (SH.targetSubjectsOf, SH.targetObjectsOf)
    targets = sorted(str(aim) for node in around for of in aims for aim in rules.objects(node, of))
    return Violation(
        focus=told(SH.focusNode),
        path=told(SH.resultPath),
        value=told(SH.value),
        target=targets[0] if targets else "",
        shape=next((str(node) for node in around if isinstance(node, URIRef)), ""),
        severity=told(SH.resultSeverity).removeprefix(str(SH)),
        messages=messages or {"": told(SH.resultMessage)},
    )


def _outward(shape: Node, rules: Graph) -> Iterator[Node]:
    """The shape, then the shapes that it is a property of, from the inside out."""
    yield shape
    for outer in sorted(rules.subjects(SH.property, shape), key=str):
        yield from _outward(outer, rules)
