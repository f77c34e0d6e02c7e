"""What a service description must hold to: https://www.w3.org/TR/sparql11-service-description/."""

from collections.abc import Iterator
from dataclasses import dataclass

import rdflib
from rdflib import RDF, Literal, Namespace, URIRef
from rdflib.term import Node

__all__ = ["SD", "faults"]

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of the vocabulary. domain, range: classes, of which the nodes must say that they are.

    one: whether a subject has no second value. known: the only values that the specification has.
    """

    domain: str
    range: str = ""
    one: bool = False
    known: frozenset[str] = frozenset()


_LANGUAGES = frozenset({"SPARQL10Query", "SPARQL11Query", "SPARQL11Update"})
_FEATURES = frozenset(
    {"DereferencesURIs", "UnionDefaultGraph", "RequiresDataset", "EmptyGraphs", "BasicFederatedQuery"}
)
# https://www.w3.org/TR/sparql11-service-description/#vocab
_PROPERTIES = {
    "endpoint": _Property("Service", one=True),
    "feature": _Property("Service", known=_FEATURES),
    "defaultEntailmentRegime": _Property("Service", one=True),
    "entailmentRegime": _Property("NamedGraph"),
    "defaultSupportedEntailmentProfile": _Property("Service", one=True),
    "supportedEntailmentProfile": _Property("NamedGraph", one=True),
    "extensionFunction": _Property("Service"),
    "extensionAggregate": _Property("Service"),
    "languageExtension": _Property("Service"),
    "supportedLanguage": _Property("Service", known=_LANGUAGES),
    "propertyFeature": _Property("Service"),
    "defaultDataset": _Property("Service", "Dataset", one=True),
    "availableGraphs": _Property("Service", "GraphCollection", one=True),
    "resultFormat": _Property("Service"),
    "inputFormat": _Property("Service"),
    "defaultGraph": _Property("Dataset", "Graph", one=True),
    "namedGraph": _Property("Dataset", "NamedGraph"),
    "name": _Property("NamedGraph", one=True),
    "graph": _Property("NamedGraph", "Graph", one=True),
}
_CLASSES = frozenset({"Service", "Dataset", "Graph", "GraphCollection", "NamedGraph"})


def faults(described: rdflib.Graph) -> Iterator[str]:
    """What a description says that the vocabulary does not allow, and what it leaves out."""
    if not list(described.subjects(RDF.type, SD.Service)):
        yield "there is no sd:Service"
    for subject, predicate, value in described:
        if predicate == RDF.type and _name(value) not in {"", *_CLASSES}:
            yield f"{value} is no class"
        if name := _name(predicate):
            yield from _of_property(described, subject, name, value)
    yield from _left_out(described)


def _name(node: Node) -> str:
    """The local name of a term of the vocabulary; empty for any other node."""
    return str(node).removeprefix(SD) if str(node).startswith(SD) else ""


def _of_property(described: rdflib.Graph, subject: Node, name: str, value: Node) -> Iterator[str]:
    known = _PROPERTIES.get(name)
    if known is None:
        yield f"sd:{name} is no property"
        return
    if (subject, RDF.type, SD[known.domain]) not in described:
        yield f"the subject of sd:{name} is no sd:{known.domain}"
    if isinstance(value, Literal):
        yield f"the value of sd:{name} is a literal"
    if known.range and (value, RDF.type, SD[known.range]) not in described:
        yield f"the value of sd:{name} is no sd:{known.range}"
    if known.known and _name(value) not in {"", *known.known}:
        yield f"sd:{name} has no value {value}"
    if known.one and len(list(described.objects(subject, SD[name]))) > 1:
        yield f"sd:{name} has two values"


def _left_out(described: rdflib.Graph) -> Iterator[str]:
    for kind, name in (("Service", "endpoint"), ("NamedGraph", "name")):
        for subject in described.subjects(RDF.type, SD[kind]):
            if not isinstance(described.value(subject, SD[name]), URIRef):
                yield f"an sd:{kind} has no sd:{name}"
