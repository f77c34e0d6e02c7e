"""The service description: https://www.w3.org/TR/sparql11-service-description/."""

from kg.graph.store import Literal, NamedNode
from kg.web.site import Site
from kg.web.sparql.counts import Sizes
from kg.web.sparql.description import FORMATS, RDFS, SD, VOID, Description
from kg.web.sparql.void import Names, introduce

__all__ = ["describe_service"]

# Results and graphs in every format that is negotiated: https://www.w3.org/ns/formats/.
_GRAPH_FORMATS = ("Turtle", "TriG", "N-Triples", "N-Quads", "JSON-LD", "RDF_XML")
_FORMATS = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *_GRAPH_FORMATS,
)


def describe_service(site: Site, sizes: Sizes, endpoint: NamedNode, document: NamedNode) -> Description:
    """What the endpoint can do and over which graphs, with their sizes.

    endpoint: its address as it was asked. document: the address of the VoID document, which says more of the graphs.

    No feature is stated of a snapshot: nothing is dereferenced, the default graph is no union, no other endpoint is
    asked, there are no empty graphs, and a query needs no dataset of its own. No function is added to those of the
    language.
    """
    names = Names(site.base)
    said = Description()
    service = said.node(SD + "Service")
    said.say(service, SD + "endpoint", endpoint)
    said.say(service, SD + "supportedLanguage", SD + "SPARQL11Query")
    said.say(service, SD + "defaultEntailmentRegime", "http://www.w3.org/ns/entailment/Simple")
    said.say(service, SD + "resultFormat", *(FORMATS + name for name in _FORMATS))
    if site.writer is not None:
        said.say(service, SD + "supportedLanguage", SD + "SPARQL11Update")
        said.say(service, SD + "feature", SD + "EmptyGraphs")
        said.say(service, SD + "inputFormat", *(FORMATS + name for name in _GRAPH_FORMATS))
    said.say(service, RDFS + "label", Literal(site.text(site.title, "en"), language="en"))
    said.say(service, RDFS + "seeAlso", document)
    said.say(service, SD + "defaultDataset", names.dataset)
    said.type(names.dataset, SD + "Dataset", VOID + "Dataset")
    introduce(said, names.dataset, site)
    said.count(names.dataset, triples=sizes.total)
    said.say(names.dataset, SD + "defaultGraph", names.default)
    nodes = {iri: said.node() for iri in sizes.named}
    said.say(names.dataset, SD + "namedGraph", *nodes.values())
    said.type(names.default, SD + "Graph", VOID + "Dataset")
    said.count(names.default, triples=sizes.default)
    for iri, named in nodes.items():
        graph = names.graph(iri)
        said.type(named, SD + "NamedGraph")
        said.say(named, SD + "name", iri)
        said.say(named, SD + "graph", graph)
        said.type(graph, SD + "Graph", VOID + "Dataset")
        said.count(graph, triples=sizes.named[iri])
    return said
