"""The SPARQL endpoint: rdflib-endpoint's router, answering by kg.graph.store. The one door to rdflib_endpoint.

The router gives its constructor, the texts of its OpenAPI document and its service description. Its handlers, which
evaluate inside the event loop, prepare queries that the store then refuses, and fetch what FROM names, are replaced.
"""

import asyncio
from typing import Any

from rdflib import RDF, BNode, Graph, URIRef
from rdflib_endpoint import SparqlRouter
from rdflib_endpoint.utils import FORMATS, SD
from starlette.requests import Request
from starlette.responses import Response

from kg import __version__
from kg.graph.store import Results, dataset
from kg.graph.worker import Task
from kg.web.answers import Asked, answer, data
from kg.web.asking import starter
from kg.web.negotiation import DESCRIPTIONS, negotiate, wants_html
from kg.web.pages import Reader, query_page, refusal_answer
from kg.web.protocol import ALLOWED, CORS, Operation, read_operation
from kg.web.refusal import Refusal
from kg.web.site import Site
from kg.web.tables import Table, result_table
from kg.web.texts import headings
from kg.web.writing import change_by_update, permit

__all__ = ["PATH", "Endpoint"]

PATH = "/sparql"

_RDFLIB_FORMATS = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "rdf": "xml"}
_RESULT_FORMATS = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV")
_GRAPH_FORMATS = ("Turtle", "TriG", "N-Triples", "N-Quads", "JSON-LD", "RDF_XML")
# Stands for the address at which the endpoint is asked, which only a request tells.
_HERE = URIRef("about:endpoint")

_PARAMETERS = [
    {"name": "query", "in": "query", "description": "A SPARQL 1.1 query.", "schema": {"type": "string"}},
    *(
        {
            "name": f"{kind}-graph-uri",
            "in": "query",
            "description": f"IRI of a {kind} graph of the dataset; may be repeated. Never fetched.",
            "schema": {"type": "array", "items": {"type": "string"}},
        }
        for kind in ("default", "named")
    ),
]
_BODY = {
    "content": {
        "application/sparql-query": {"schema": {"type": "string"}},
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
        },
    }
}


class Endpoint(SparqlRouter):
    """Routes of the SPARQL 1.1 Protocol at `/sparql`, for queries only."""

    def __init__(self, site: Site) -> None:
        """Serve the store of `site`."""
        self._site = site
        super().__init__(
            path=PATH,
            title=site.text(site.title, "en"),
            description=site.text(site.description, "en"),
            version=__version__,
            graph=dataset(site.store),
            public_url=str(_HERE),
        )
        self.routes.clear()
        # The site alone holds the store open.
        del self.graph
        for path in (PATH, f"{PATH}/"):
            shown = path == PATH
            get: dict[str, Any] = {"openapi_extra": {"parameters": _PARAMETERS}, "include_in_schema": shown}
            post: dict[str, Any] = {"openapi_extra": {"requestBody": _BODY}, "include_in_schema": shown}
            self.add_api_route(path, self.answer, methods=["GET"], name="Ask by GET", **get)
            self.add_api_route(path, self.answer, methods=["POST"], name="Ask by POST", **post)
            self.add_api_route(path, self.answer, methods=["HEAD"], include_in_schema=False)
            self.add_api_route(path, self.answer_options, methods=["OPTIONS"], include_in_schema=False)
            self.add_api_route(path, self.refuse_method, methods=["PUT", "DELETE", "PATCH"], include_in_schema=False)

    async def answer_options(self) -> Response:
        """What may be sent here, and from where."""
        allowed = {"Access-Control-Allow-Methods": ALLOWED, "Access-Control-Allow-Headers": "Accept, Content-Type"}
        return Response(None, 204, {"Allow": ALLOWED, **CORS, **allowed, "Access-Control-Max-Age": "86400"})

    async def refuse_method(self, request: Request) -> Response:
        """A method that the endpoint does not know."""
        refusal = Refusal(405, f"the endpoint does not know {request.method}", headers={"Allow": ALLOWED})
        return refusal_answer(self._site, request, refusal, CORS)

    async def answer(self, request: Request) -> Response:
        """Answer a query, as the client likes it best: https://www.w3.org/TR/sparql11-protocol/#query-operation.

        Without a query, a browser is shown the form and everybody else is told what the endpoint can do:
        https://www.w3.org/TR/sparql11-service-description/.
        """
        site, html = self._site, wants_html(request.headers.get("accept"))
        asked: str | None = None
        try:
            operation = await read_operation(request, lambda: permit(request, site.writer).limits.written)
            if operation.update is not None:
                return await change_by_update(
                    request, permit(request, site.writer), operation.update, site.base, operation.graphs
                )
            asked = operation.query
            if asked is None:
                if html and operation.format is None:
                    return query_page(site, request, starter(site), headers=CORS)
                return self._described(request, operation)
            return await self._evaluated(request, operation, asked)
        except Refusal as refusal:
            if html:
                return query_page(site, request, asked or "", refusal=refusal, headers=CORS)
            return refusal_answer(site, request, refusal, CORS)

    async def _evaluated(self, request: Request, operation: Operation, text: str) -> Response:
        """The answer to a query; raises Refusal."""
        site, language = self._site, Reader(request).language

        def table(results: Results, triples: bool) -> Table:  # noqa: FBT001 - told by the worker
            return result_table(results, site.labels, language, headings(language), triples=triples)

        task = Task(str(site.snapshot / "store"), text, site.base, graphs=operation.graphs)
        asked = Asked(task, operation.format, operation.seconds)
        found = await answer(request, site.pool, site.limits, asked, table)
        if isinstance(found, Table):
            return await asyncio.to_thread(query_page, site, request, text, table=found, headers=CORS)
        return found

    def _described(self, request: Request, operation: Operation) -> Response:
        """The service description, with the address at which it was asked for."""
        offer = negotiate(request.headers.get("accept"), DESCRIPTIONS, operation.format)
        here = URIRef(str(request.url.replace(query="", fragment="")))
        described = Graph()
        for prefix, namespace in self.service_description.namespaces():
            described.bind(prefix, namespace)
        for subject, predicate, value in self.service_description:
            described.add((subject, predicate, here if value == _HERE else value))
        body = described.serialize(format=_RDFLIB_FORMATS[offer.name], encoding="utf-8")
        return data(body, offer)

    def prepare_sd_graph(self) -> None:
        """Describe the service: the router's description, made true.

        The dataset is described before, because the router would list the graph of every claim; what the router says
        of input and of federated queries is taken back, because nothing is taken in and no other endpoint is asked.
        """
        described, service, whole, default = self.service_description, BNode(), BNode(), BNode()
        described.add((service, SD.endpoint, _HERE))
        described.add((service, SD.defaultDataset, whole))
        described.add((whole, RDF.type, SD.Dataset))
        described.add((whole, SD.defaultGraph, default))
        described.add((default, RDF.type, SD.Graph))
        for graph in self._graphs():
            named = BNode()
            described.add((whole, SD.namedGraph, named))
            described.add((named, RDF.type, SD.NamedGraph))
            described.add((named, SD.name, graph))
        for name in (*_RESULT_FORMATS, *_GRAPH_FORMATS):
            described.add((service, SD.resultFormat, FORMATS[name]))
        super().prepare_sd_graph()
        described.remove((service, SD.feature, SD.BasicFederatedQuery))
        described.remove((service, SD.inputFormat, None))

    def _graphs(self) -> list[URIRef]:
        """The graphs that are not of one claim: those that the project names under `graph/`."""
        start = f"{self._site.base}graph/"
        names = (str(name.value) for name in self._site.store.named_graphs())
        return [URIRef(name) for name in sorted(names) if name.startswith(start)]
