"""SHACL: the one door to pyshacl. https://www.w3.org/TR/shacl/."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyshacl
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from kg.graph.store import DefaultGraph, RdfFormat, Store, Triple, claim_graphs, serialize

__all__ = ["Violation", "claims_and_facts", "validate"]


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One result of a validation: https://www.w3.org/TR/shacl/#results-validation-result.

    focus: IRI of the node that does not conform. path: IRI of the property, empty where there is none. value: the
    offending value's IRI or lexical form, empty where there is none. target: IRI of the property whose subjects or
    objects the shape is about, empty otherwise. shape: its IRI. messages: by language tag.
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
    names = [DefaultGraph(), *claim_graphs(store)]
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
    return sorted(
        (_violation(result, report, rules) for result in report.subjects(RDF.type, SH.ValidationResult)),
        key=lambda violation: (violation.shape, violation.focus, violation.path, violation.value),
    )


def _violation(result: Node, report: Graph, rules: Graph) -> Violation:
    def told(predicate: URIRef) -> str:
        return str(report.value(result, predicate) or "")

    shape = report.value(result, SH.sourceShape)
    # pySHACL drops the language of a SPARQL constraint's message: it is read from the shapes.
    sources = (report.value(result, SH.sourceConstraint), shape)
    spoken = next((found for node in sources if node and (found := list(rules.objects(node, SH.message)))), [])
    messages = {getattr(text, "language", None) or "": str(text) for text in spoken}
    aims = (SH.targetSubjectsOf, SH.targetObjectsOf)
    targets = [
        aim for node in (shape, *rules.subjects(SH.property, shape)) for of in aims for aim in rules.objects(node, of)
    ]
    return Violation(
        focus=told(SH.focusNode),
        path=told(SH.resultPath),
        value=told(SH.value),
        target=str(targets[0]) if targets else "",
        shape=str(shape or ""),
        severity=told(SH.resultSeverity).removeprefix(str(SH)),
        messages=messages or {"": told(SH.resultMessage)},
    )
