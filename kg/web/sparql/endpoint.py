"""The SPARQL endpoint: rdflib-endpoint's router, answering by kg.graph.store. The one door to rdflib_endpoint.

The router gives its constructor and the texts of its OpenAPI document. Its handlers, which evaluate inside the event
loop, prepare queries that the store then refuses, and fetch what FROM names, are replaced, and so is its description.
"""

import asyncio

from rdflib_endpoint import SparqlRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kg import __version__
from kg.graph.store import NamedNode, Results, dataset, memory_store
from kg.web.http.cors import ALLOWED, CORS, PREFLIGHT
from kg.web.http.negotiation import GRAPHS, negotiate, wants_html
from kg.web.page.asking import starter
from kg.web.page.pages import Reader, query_page, refusal_answer
from kg.web.pool.answers import Asked, answer, data
from kg.web.refusal import Refusal
from kg.web.show.tables import Table, result_table
from kg.web.show.texts import headings
from kg.web.site import Site
from kg.web.sparql.counts import Counter, Sizes, sizes_of
from kg.web.sparql.once import Once
from kg.web.sparql.protocol import Operation, read_operation
from kg.web.sparql.service import describe_service
from kg.web.sparql.void import PATH as VOID_PATH
from kg.web.sparql.void import Counted, counted, describe_data
from kg.web.sparql.writing import change_by_update, permit

__all__ = ["PATH", "Endpoint"]

PATH = "/sparql"


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
            # Whose store nobody asks.
            graph=dataset(memory_store(b"")),
        )
        self._sizes = Once(self._measured)
        self._counted = Once(self._all_counted)
        self.routes.clear()
        for path in (PATH, f"{PATH}/"):
            # Routes without FastAPI's parameters, which would be looked for in each request.
            self.add_route(path, self.answer, methods=["GET", "HEAD", "POST"])
            self.add_route(path, self.answer_options, methods=["OPTIONS"])
            self.routes.append(Route(path, _Refused(site)))
        self.add_api_route(VOID_PATH, self.answer_void, methods=["GET", "HEAD"])

    async def answer_options(self, _: Request) -> Response:
        """What may be sent here, and from where."""
        return Response(None, 204, {"Allow": ALLOWED, **PREFLIGHT})

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
                return await self._described(request, operation)
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

        task = site.task(text, graphs=operation.graphs, reach=site.limits.reach)
        asked = Asked(task, operation.format, operation.seconds)
        found = await answer(request, site.pool, site.limits, asked, table)
        if isinstance(found, Table):
            return await asyncio.to_thread(query_page, site, request, text, table=found, headers=CORS)
        return found

    def _counter(self) -> Counter:
        return Counter(self._site.own_pool, self._site.task(""))

    async def _measured(self) -> Sizes:
        return await sizes_of(self._counter())

    async def _all_counted(self) -> Counted:
        return await counted(self._counter(), await self._sizes(), f"{self._site.base}graph/links")

    async def _described(self, request: Request, operation: Operation) -> Response:
        """The service description, with the address at which it was asked for."""
        offer = negotiate(request.headers.get("accept"), GRAPHS, operation.format)
        here = address(request)
        document = NamedNode(here + VOID_PATH)
        path = request.scope["path"]
        described = describe_service(self._site, await self._sizes(), NamedNode(here + path), document)
        return data(described.write(offer.name), offer)

    async def answer_void(self, request: Request) -> Response:
        """What the data are: https://www.w3.org/TR/void/#well-known."""
        try:
            offer = negotiate(request.headers.get("accept"), GRAPHS, request.query_params.get("format"))
            here = address(request)
            found = await self._counted()
        except Refusal as refusal:
            return refusal_answer(self._site, request, refusal, CORS)
        return data(await asyncio.to_thread(describe_data(self._site, found, here).write, offer.name), offer)

    def prepare_sd_graph(self) -> None:
        """Nothing: the router would state features that there are not, and list the graph of every claim."""


class _Refused:
    """Every method that the endpoint does not know."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        refusal = Refusal(405, f"the endpoint does not know {request.method}", headers={"Allow": ALLOWED})
        await refusal_answer(self._site, request, refusal, CORS)(scope, receive, send)


def address(request: Request) -> str:
    """The address of this server as a request has it, without a slash at its end."""
    return str(request.base_url).removesuffix("/")
