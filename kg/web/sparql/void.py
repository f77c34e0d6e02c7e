"""What the data are, in VoID: https://www.w3.org/TR/void/."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from urllib.parse import quote

from kg.graph.store import PREFIXES, BlankNode, Literal, NamedNode
from kg.web.site import Site
from kg.web.sparql.counts import Counter, Graph, Link, Partition, Sizes, graph_of, links_of
from kg.web.sparql.description import DCTERMS, FORMATS, RDFS, VOID, Description, Node

__all__ = ["PATH", "Counted", "Names", "counted", "describe_data", "introduce"]

PATH = "/.well-known/void"

_DATE_TIME = NamedNode(PREFIXES["xsd"] + "dateTime")
_FOAF = PREFIXES["foaf"]
_FEATURES = ("Turtle", "TriG", "N-Triples", "N-Quads", "JSON-LD", "RDF_XML")
_NAMESPACE = re.compile(r".*[#/]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Names:
    """IRIs of the datasets that a document speaks of, which are the project's wherever it is served.

    base: what the IRIs of the data begin with.
    """

    base: str

    def _name(self, fragment: str) -> NamedNode:
        return NamedNode(f"{self.base}{PATH[1:]}#{fragment}")

    @property
    def dataset(self) -> NamedNode:
        """All graphs together."""
        return self._name("dataset")

    @property
    def default(self) -> NamedNode:
        """The default graph."""
        return self._name("default")

    @property
    def claims(self) -> NamedNode:
        """The graphs of all claims together."""
        return self._name("claims")

    def graph(self, iri: str) -> NamedNode:
        """A named graph."""
        return self._name(quote(iri.removeprefix(self.base), safe="/:@!$&'()*+,;=~?"))


@dataclass(frozen=True, slots=True)
class Counted:
    """A dataset counted. graphs: the default graph as None, and the named ones by their IRIs. links: of their graph."""

    sizes: Sizes
    graphs: Mapping[str | None, Graph]
    links: tuple[Link, ...]


async def counted(counter: Counter, sizes: Sizes, links: str) -> Counted:
    """Count everything that the document says; `links` is the IRI of the graph of links.

    Raises Refusal as `Counter.rows` does.
    """
    names: tuple[str | None, ...] = (None, *sizes.named)
    graphs = {name: await graph_of(counter, name) for name in names}
    found = await links_of(counter, links) if links in sizes.named else []
    return Counted(sizes, graphs, tuple(found))


def describe_data(site: Site, found: Counted, here: str) -> Description:
    """The dataset: where it is, what it may be used for, and what is in each graph that is not of one claim.

    here: the address of this server as it was asked, which ends with no slash.
    """
    names, said = Names(site.base), Description()
    document = NamedNode(f"{here}{PATH}")
    said.type(document, VOID + "DatasetDescription")
    said.say(document, DCTERMS + "title", Literal("VoID description", language="en"))
    said.say(document, _FOAF + "primaryTopic", names.dataset)
    whole = names.dataset
    said.type(whole, VOID + "Dataset")
    introduce(said, whole, site)
    published = Literal(site.published, datatype=_DATE_TIME)
    said.say(whole, DCTERMS + "issued", published)
    said.say(whole, DCTERMS + "modified", published)
    said.say(whole, _FOAF + "homepage", f"{here}/")
    said.say(whole, VOID + "sparqlEndpoint", f"{here}/sparql")
    said.say(whole, VOID + "uriSpace", Literal(site.base))
    said.say(whole, VOID + "dataDump", *site.dump_addresses(f"{here}/"))
    said.say(whole, VOID + "feature", *(FORMATS + name for name in _FEATURES))
    said.say(whole, VOID + "vocabulary", *_vocabularies(found.graphs.values()))
    said.count(whole, triples=found.sizes.total)
    graphs = {name: names.default if name is None else names.graph(name) for name in found.graphs}
    linksets = [said.node() for _ in found.links]
    claims = [names.claims] if found.sizes.claims else []
    said.say(whole, VOID + "subset", *graphs.values(), *claims, *linksets)
    for name, node in graphs.items():
        _describe(said, node, "the default graph" if name is None else name, found.graphs[name])
    for node in claims:
        said.type(node, VOID + "Dataset")
        label = "the graphs of claims, each with one triple and the name of its claim"
        said.say(node, RDFS + "label", Literal(label, language="en"))
        said.count(node, triples=found.sizes.claims)
    _link(said, whole, dict(zip(linksets, found.links, strict=True)))
    return said


def introduce(said: Description, node: Node, site: Site) -> None:
    """What the dataset is called, what it is about, and what may be done with it."""
    for predicate, texts in (("title", site.title), ("description", site.description)):
        said.say(node, DCTERMS + predicate, *(Literal(text, language=language) for language, text in texts.items()))
    if site.licence:
        said.say(node, DCTERMS + "license", site.licence)


def _describe(said: Description, node: Node, label: str, graph: Graph) -> None:
    """A graph: its counts, its classes with the properties of each, its properties with the classes of each."""
    said.type(node, VOID + "Dataset")
    said.say(node, RDFS + "label", Literal(label, language="en"))
    said.count(
        node,
        triples=graph.triples,
        entities=graph.entities,
        distinctSubjects=graph.subjects,
        distinctObjects=graph.objects,
        classes=len(graph.classes),
        properties=len(graph.properties),
    )
    by_class = {kind: list(parts) for kind, parts in groupby(graph.nested, key=attrgetter("kind"))}
    by_property = {
        part.property: [nested for nested in graph.nested if nested.property == part.property]
        for part in graph.properties
    }
    classes = _partitions(said, node, "classPartition", graph.classes)
    properties = _partitions(said, node, "propertyPartition", graph.properties)
    for (kind, subjects), partition in zip(graph.classes.items(), classes, strict=True):
        parts = by_class.get(kind, [])
        _of_class(said, partition, kind, sum(part.triples for part in parts), subjects)
        for part, inner in zip(parts, _partitions(said, partition, "propertyPartition", parts), strict=True):
            _of_property(said, inner, part)
    for part, partition in zip(graph.properties, properties, strict=True):
        parts = by_property[part.property]
        _of_property(said, partition, part)
        for nested, inner in zip(parts, _partitions(said, partition, "classPartition", parts), strict=True):
            _of_class(said, inner, nested.kind, nested.triples, nested.subjects)


def _partitions(said: Description, node: Node, kind: str, parts: Collection[object]) -> list[BlankNode]:
    """New nodes for the partitions of a node: https://www.w3.org/TR/void/#class-property-partitions."""
    nodes = [said.node() for _ in parts]
    said.say(node, VOID + kind, *nodes)
    return nodes


def _of_class(said: Description, partition: Node, kind: str, triples: int, subjects: int) -> None:
    said.say(partition, VOID + "class", kind)
    said.count(partition, triples=triples, entities=subjects, distinctSubjects=subjects)


def _of_property(said: Description, partition: Node, part: Partition) -> None:
    said.say(partition, VOID + "property", part.property)
    said.count(partition, triples=part.triples, distinctSubjects=part.subjects, distinctObjects=part.objects)


def _link(said: Description, whole: Node, links: Mapping[BlankNode, Link]) -> None:
    """Links to other data: https://www.w3.org/TR/void/#linkset."""
    targets = {space: said.node() for space in sorted({link.space for link in links.values()})}
    for linkset, link in links.items():
        said.type(linkset, VOID + "Linkset")
        said.say(linkset, VOID + "linkPredicate", link.property)
        said.say(linkset, VOID + "subjectsTarget", whole)
        said.say(linkset, VOID + "objectsTarget", targets[link.space])
        said.count(linkset, triples=link.triples)
    for space, target in targets.items():
        said.type(target, VOID + "Dataset")
        said.say(target, VOID + "uriSpace", Literal(space))


def _vocabularies(graphs: Iterable[Graph]) -> list[str]:
    """Namespaces of the classes and properties in use."""
    terms = {
        *(kind for graph in graphs for kind in graph.classes),
        *(part.property for graph in graphs for part in graph.properties),
    }
    return sorted({match.group() for term in terms if (match := _NAMESPACE.match(term))})
