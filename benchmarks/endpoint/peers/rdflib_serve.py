"""Serve N-Quads with rdflib-endpoint: in rdflib's memory, or in an Oxigraph store through oxrdflib.

python rdflib_serve.py PORT memory GRAPH.NQ
python rdflib_serve.py PORT oxigraph FOLDER [GRAPH.NQ]    fills the folder where a file is given, and ends
"""

import gc
import sys
from collections.abc import Iterator
from typing import Any

import pyoxigraph
import rdflib
import uvicorn
from oxrdflib import OxigraphStore
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID, Graph
from rdflib.plugins.stores.memory import Memory
from rdflib.term import Node
from rdflib_endpoint import SparqlEndpoint


def quads(path: str, store: Memory) -> Iterator[tuple[Node, Node, Node, Graph]]:
    """The quads of a file in rdflib's terms, each made once: rdflib's own parser takes ten times as long."""
    known: dict[Any, Any] = {}
    graphs: dict[Any, Graph] = {}

    def term(found: Any) -> Any:  # noqa: ANN401 - any kind of term
        if found not in known:
            known[found] = (
                rdflib.Literal(
                    found.value,
                    lang=found.language,
                    datatype=None if found.language else rdflib.URIRef(found.datatype.value),
                    normalize=False,
                )
                if isinstance(found, pyoxigraph.Literal)
                else rdflib.URIRef(found.value)
            )
        return known[found]

    default = DATASET_DEFAULT_GRAPH_ID
    for quad in pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.N_QUADS):
        name = quad.graph_name
        if name not in graphs:
            identifier = default if isinstance(name, pyoxigraph.DefaultGraph) else term(name)
            graphs[name] = Graph(store=store, identifier=identifier)
        yield term(quad.subject), term(quad.predicate), term(quad.object), graphs[name]


def main() -> None:
    """Load, and serve."""
    port, kind, place, *given = sys.argv[1:]
    if given:
        pyoxigraph.Store(place).bulk_load(path=given[0], format=pyoxigraph.RdfFormat.N_QUADS)
        return
    if kind == "memory":
        store = Memory()
        dataset = rdflib.Dataset(store=store, default_union=False)
        gc.disable()
        store.addN(quads(place, store))
        gc.freeze()
        gc.enable()
    else:
        dataset = rdflib.Dataset(store=OxigraphStore(store=pyoxigraph.Store.read_only(place)), default_union=False)
    uvicorn.run(SparqlEndpoint(graph=dataset), host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
