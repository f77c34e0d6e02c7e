"""SHACL: the one door to pyshacl. https://www.w3.org/TR/shacl/."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyshacl
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from kg.errors import ContentError, Place, Problem, Problems
from kg.graph.store import DefaultGraph, NamedNode, Quad, Store, claim_graphs
from kg.graph.terms import graph_of, read_turtle, silence

__all__ = ["Violation", "claims_and_facts", "validate"]

# What pySHACL raises for shapes that it cannot follow.
_FAULTS = (ReportableRuntimeError, RecursionError)


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


def claims_and_facts(store: Store) -> Iterator[Quad]:
    """The quads of the default graph and of the graph of every claim, for shapes and for nothing else.

    What somebody only said stands there as if it were so: types of what is spoken of are found nowhere else.
    """
    names: list[DefaultGraph | NamedNode] = [DefaultGraph(), *claim_graphs(store)]
    for name in names:
        yield from store.quads_for_pattern(None, None, None, name)


def validate(store: Store, shapes: Path, ontology: Path, root: Path | None = None) -> list[Violation]:
    """Every violation of the shapes by the store's claims and facts, sorted.

    shapes, ontology: Turtle files; the ontology says which class is below which. root: the folder that places are told
    relative to; the one around the shapes' folder when None. Nothing is inferred into the data, nothing is fetched.
    Raises ContentError for a file that is not Turtle, and for shapes that pySHACL cannot follow.
    """
    root = root or shapes.parent.parent
    file, vocabulary = (_named(path, root) for path in (shapes, ontology))
    problems = Problems()
    written, _ = read_turtle(shapes, file, problems)
    # Classes and closed lists of the ontology are data here: what is below a class, what is a modality.
    classes, _ = read_turtle(ontology, vocabulary, problems)
    problems.stop_if_any()
    rules, data = graph_of(written), graph_of([*claims_and_facts(store), *classes])
    try:
        with silence("pyshacl-validate"), silence("rdflib.term"):
            _, report, _ = pyshacl.validate(data, shacl_graph=rules, inplace=True, do_owl_imports=False)
    except _FAULTS as error:
        told = str(error).split("\n", 1)[0] or type(error).__name__
        raise ContentError([Problem(f"these shapes cannot be followed: {told}", Place(file, 1, 1))]) from error
    assert isinstance(report, Graph)
    violations = (_violation(result, report, rules) for result in report.subjects(RDF.type, SH.ValidationResult))
    return sorted(violations, key=lambda found: (found.focus, found.path, found.value, found.shape, found.target))


def _named(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


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
