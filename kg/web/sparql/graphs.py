"""Graphs over HTTP: the Graph Store Protocol, https://www.w3.org/TR/sparql11-http-rdf-update/.

A graph is named by `?graph=IRI` or `?default` at `/store`, and one whose IRI is under the base's `graph/` is at its own
address as well. An IRI that begins with the address of this server means the one under the base that is shown there.
"""

import asyncio
import uuid
from dataclasses import replace
from typing import NoReturn

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from kg.graph.change import MULTIPART, SYNTAXES, Graph
from kg.graph.store import DefaultGraph, NamedNode
from kg.graph.writer import Change
from kg.web.http.cors import CORS
from kg.web.http.negotiation import GRAPHS, negotiate, wants_html
from kg.web.page.pages import refusal_answer
from kg.web.page.resources import resource
from kg.web.pool.answers import VARY, Asked, answer
from kg.web.refusal import Refusal
from kg.web.show.labels import decode_path
from kg.web.site import Site
from kg.web.sparql.writing import acknowledged, permit, receive_body, write

__all__ = ["PATH", "GraphStore"]

PATH = "/store"
# Under the base, and at the server: graphs that are at their own addresses.
_OWN = "graph/"
_READING = "GET, HEAD, OPTIONS"
_ALLOWED = "GET, HEAD, PUT, POST, DELETE, OPTIONS"
_ACCEPTED = ", ".join((*SYNTAXES, MULTIPART))
_CODINGS = frozenset({"", "identity"})
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})

_OPERATIONS = {"PUT": "put", "POST": "add", "DELETE": "remove"}


class GraphStore(APIRouter):
    """Routes of the graph store: reading is for all, writing for who has the token."""

    def __init__(self, site: Site) -> None:
        """Serve the graphs of `site`."""
        super().__init__()
        self._site = site
        operations = {PATH: (self.read, self.change), f"/{_OWN}{{path:path}}": (self.read_own, self.change_own)}
        for path, (read, change) in operations.items():
            self.add_api_route(path, read, methods=["GET", "HEAD"])
            self.add_api_route(path, change, methods=["PUT", "POST", "DELETE"])
            self.add_api_route(path, self.answer_options, methods=["OPTIONS"])
            self.add_api_route(path, self.refuse_method, methods=["PATCH"])

    async def answer_options(self) -> Response:
        """What may be sent here; pages of other sites may read."""
        allowed = {"Access-Control-Allow-Methods": _READING, "Access-Control-Allow-Headers": "Accept"}
        return Response(None, 204, {"Allow": self._allowed, **CORS, **allowed, "Access-Control-Max-Age": "86400"})

    async def refuse_method(self, request: Request) -> Response:
        """A method that the graph store does not know."""
        refusal = Refusal(405, f"the graph store does not know {request.method}", headers={"Allow": self._allowed})
        return refusal_answer(self._site, request, refusal, CORS)

    @property
    def _allowed(self) -> str:
        return _READING if self._site.writer is None else _ALLOWED

    async def read(self, request: Request) -> Response:
        """A graph that the address names."""
        try:
            return await self._read(request, self._named(request))
        except Refusal as refusal:
            return refusal_answer(self._site, request, refusal, CORS)

    async def read_own(self, request: Request) -> Response:
        """A graph at its own address: its page, or itself."""
        graph = self._at(request)
        there = await asyncio.to_thread(self._holds, graph)
        if not there or (wants_html(request.headers.get("accept")) and "format" not in request.query_params):
            return await resource(self._site, request)
        try:
            return await self._read(request, graph)
        except Refusal as refusal:
            return refusal_answer(self._site, request, refusal, CORS)

    async def _read(self, request: Request, graph: Graph | None) -> Response:
        """The triples of a graph.

        Raises Refusal: 400 without a graph, 404 where there is no such graph, 406 where none of our syntaxes will do.
        """
        if graph is None:
            raise _unnamed()
        site, accept = self._site, request.headers.get("accept")
        if not await asyncio.to_thread(self._holds, graph):
            raise Refusal(404, f"there is no graph {graph}")
        name = request.query_params.get("format") or ("ttl" if wants_html(accept) else None)
        offer = negotiate(accept, GRAPHS, name)
        if request.method == "HEAD":
            return Response(None, headers={**CORS, **VARY}, media_type=offer.media_type)
        pattern = "?s ?p ?o" if isinstance(graph, DefaultGraph) else f"GRAPH {graph} {{ ?s ?p ?o }}"
        task = site.task(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}")
        found = await answer(request, site.pool, site.limits, Asked(task, name), _no_table)
        assert isinstance(found, Response)
        return found

    async def change(self, request: Request) -> Response:
        """Put, add to or remove a graph that the address names; POST without one makes a new graph."""
        try:
            return await self._change(request, self._named(request))
        except Refusal as refusal:
            return refusal_answer(self._site, request, refusal)

    async def change_own(self, request: Request) -> Response:
        """Put, add to or remove a graph at its own address."""
        try:
            return await self._change(request, self._at(request))
        except Refusal as refusal:
            return refusal_answer(self._site, request, refusal)

    async def _change(self, request: Request, graph: Graph | None) -> Response:
        """Change a graph.

        Raises Refusal as `write` does; 400 for an address that names no graph, 404 where there is none to remove, 415
        for a body in a syntax that is not read.
        """
        site, method = self._site, request.method
        writer = permit(request, site.writer)
        new = graph is None and method == "POST"
        if new:
            graph = NamedNode(f"{site.base}{_OWN}{uuid.uuid4()}")
        if graph is None:
            raise _unnamed()
        name = graph.value if isinstance(graph, NamedNode) else ""
        change = Change(_OPERATIONS[method], "", name or site.base, graph=name)
        if method == "DELETE":
            return acknowledged(await write(request, writer, change))
        kind = _content_type(request)
        async with receive_body(request, writer) as body:
            made = await write(request, writer, replace(change, body=str(body), content_type=kind))
        here = {"Location": f"{request.base_url}{name.removeprefix(site.base)}"} if new else {}
        return acknowledged(made, 201 if made.created else 204, here)

    def _holds(self, graph: Graph) -> bool:
        """Whether there is such a graph to read; the default graph always is."""
        return isinstance(graph, DefaultGraph) or self._site.source.holds(graph)

    def _at(self, request: Request) -> NamedNode:
        """The graph at the address of the request; raises Refusal: 404 where that is no IRI."""
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0].removeprefix("/")
        try:
            return NamedNode(self._site.base + decode_path(path))
        except ValueError as error:
            raise Refusal(404, "there is nothing at this address") from error

    def _named(self, request: Request) -> Graph | None:
        """The graph that the query of the address names, None where it names none; raises Refusal for several."""
        named = request.query_params.getlist("graph")
        default = "default" in request.query_params
        if len(named) + default > 1:
            raise Refusal(400, "the address names more than one graph", fix="write ?default, or ?graph= once")
        if default:
            return DefaultGraph()
        if not named:
            return None
        here = str(request.base_url)
        iri = self._site.base + named[0].removeprefix(here) if named[0].startswith(here) else named[0]
        try:
            return NamedNode(iri)
        except ValueError as error:
            raise Refusal(400, f"a graph that is no IRI: {iri!r}", fix="write an absolute IRI") from error


def _no_table(*_: object) -> NoReturn:
    """A graph is sent as data to everybody."""
    raise AssertionError("a graph is no table")


def _unnamed() -> Refusal:
    fix = f"write {PATH}?default, or {PATH}?graph= and the IRI of a graph"
    return Refusal(400, "the address names no graph", fix=fix)


def _content_type(request: Request) -> str:
    """The type of the body; raises Refusal: 415 for one that is not read."""
    told = request.headers.get("content-type", "")
    kind, _, parameters = told.partition(";")
    accepted = {"Accept-Post": _ACCEPTED}
    if kind.strip().lower() not in {*SYNTAXES, MULTIPART}:
        detail = f"a body of type {kind or 'that is not told'} is no graph"
        raise Refusal(415, detail, fix=f"send {_ACCEPTED}", headers=accepted)
    if parameters.lower().partition("charset=")[2].partition(";")[0].strip(' "') not in _CHARSETS:
        raise Refusal(415, f"a body of type {told}", fix="send it in UTF-8", headers=accepted)
    if request.headers.get("content-encoding", "").lower() not in _CODINGS:
        raise Refusal(415, "a body that is compressed", fix="send it as it is", headers={"Accept-Encoding": "identity"})
    return told
