"""Addresses of the pages and files, beside the endpoint's."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from kg.errors import nearest
from kg.graph.question import Question
from kg.graph.store import Literal, NamedNode
from kg.web.api.openapi import document
from kg.web.api.questions import example, question_answer, questions_document
from kg.web.dumps import Release
from kg.web.http.cors import CORS
from kg.web.http.files import file_answer
from kg.web.http.negotiation import HTML, negotiate
from kg.web.page.asking import starter
from kg.web.page.listing import dumps_answer
from kg.web.page.pages import STATIC, Reader, render
from kg.web.page.plain import PLAIN, json_answer
from kg.web.page.resources import resource, vocabulary
from kg.web.refusal import Refusal
from kg.web.show.tables import Table
from kg.web.show.texts import LANGUAGES
from kg.web.site import Site

__all__ = ["Pages"]

_STATIC = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_HEADLINE = NamedNode("https://schema.org/headline")
# Headlines of articles on the first page.
_LISTED = 10_000
_Page = Callable[..., Response | Awaitable[Response]]
# The counts that are shown, by their names in the report of a build.
_COUNTS = ("articles", "claims", "entities", "links", "questions", "quads")
_METHODS = "GET, HEAD, OPTIONS"
_ALLOWED = "Accept, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range"
_FOREVER = "public, max-age=31536000, immutable"


async def _check_address(request: Request) -> None:
    """Raise Refusal for an address that asks for a language which is not spoken here, or for a format without one."""
    if request.query_params.get("format") == "":
        raise Refusal(400, "a format without a name", fix="write format=json, or leave it out")
    asked = request.query_params.get("lang", LANGUAGES[0])
    if asked not in LANGUAGES:
        raise Refusal(400, f"no language {asked!r} is spoken here", fix=f"write lang={' or lang='.join(LANGUAGES)}")


class Pages(APIRouter):
    """The pages of a site, and its data beside the endpoint; the last route takes every IRI under the base.

    They run in threads and workers that no query of the public takes.
    """

    def __init__(self, site: Site) -> None:
        """Serve the pages of `site`."""
        super().__init__(include_in_schema=False, dependencies=[Depends(_check_address)])
        self._site = site
        pages: dict[str, _Page] = {
            "/": self.home,
            "/static/{name}": self.static,
            "/questions": self.questions,
            "/questions/{name}": self.question,
            "/dumps": self.to_dumps,
            "/dumps/": self.dumps,
            "/dumps/{name}": self.dump,
            "/dumps/{snapshot}/": self.release,
            "/dumps/{snapshot}/{name}": self.release_dump,
            "/openapi.json": self.openapi,
            "/ns": self.vocabulary,
            "/ns.{ending}": self.vocabulary,
            "/ontology.ttl": self.ontology,
            "/{path:path}": self.resource,
        }
        for path, page in pages.items():
            self.add_api_route(path, page, methods=["GET", "HEAD"])
        self.add_api_route("/{path:path}", self.allowed, methods=["OPTIONS"])

    async def allowed(self) -> Response:
        """What may be sent here, and from where: https://fetch.spec.whatwg.org/#cors-preflight-fetch."""
        allowed = {"Access-Control-Allow-Methods": _METHODS, "Access-Control-Allow-Headers": _ALLOWED}
        return Response(None, 204, {"Allow": _METHODS, **CORS, **allowed, "Access-Control-Max-Age": "86400"})

    def static(self, request: Request, name: str) -> Response:
        """The style sheet and the icon; kept for ever under an address with a version."""
        if name not in _STATIC:
            raise Refusal(404, "there is nothing at this address")
        caching = {"Cache-Control": _FOREVER} if "v" in request.query_params else {}
        return FileResponse(STATIC / name, headers=caching, media_type=_STATIC[name])

    async def home(self, request: Request) -> Response:
        """The page that says what this is, with one answer as an example."""
        shown = await example(self._site, request)
        return await asyncio.to_thread(self._home, request, shown)

    def _home(self, request: Request, shown: tuple[Question, Table] | None) -> Response:
        site, reader = self._site, Reader(request)
        title = site.text(site.title, reader.language)
        headline = title.partition(":")[2].strip() or title
        context = {
            "headline": headline[:1].upper() + headline[1:],
            "counts": [
                (count, reader.say(f"count.{name}", count))
                for name in _COUNTS
                if (count := site.stats.get(name)) is not None
            ],
            "example": shown and {"question": shown[0], "table": shown[1]},
            "questions": self._listed(reader.language),
            "articles": self._articles(),
            "starter": starter(site),
        }
        return render(site, request, "home.html", context)

    async def questions(self, request: Request) -> Response:
        """All questions: a page, or how each is asked as JSON."""
        site = self._site
        offer = negotiate(request.headers.get("accept"), (PLAIN, HTML), request.query_params.get("format"))
        if offer is PLAIN:
            return await json_answer(request, await asyncio.to_thread(questions_document, site), {})
        context = {"questions": self._listed(Reader(request).language)}
        return await asyncio.to_thread(render, site, request, "questions.html", context)

    async def question(self, request: Request, name: str) -> Response:
        """A question and its answer."""
        return await question_answer(self._site, request, name)

    def to_dumps(self) -> Response:
        """The list of dumps has a slash at its end, as the files below it have it."""
        return RedirectResponse("/dumps/", 308)

    async def dumps(self, request: Request) -> Response:
        """The files of the current snapshot, and the older snapshots."""
        site = self._site
        others = await asyncio.to_thread(site.others)
        return await dumps_answer(site, request, site.release, others)

    async def dump(self, request: Request, name: str) -> Response:
        """A file of the current snapshot."""
        if name not in self._site.dumps:
            if await asyncio.to_thread(self._release, name):
                return RedirectResponse(f"/dumps/{name}/", 308)
            raise Refusal(404, f"there is no dump {name!r}", fix=nearest(name, self._site.dumps))
        dump = self._site.dumps[name]
        here = {"Cache-Control": "no-cache", "Content-Location": f"/dumps/{self._site.name}/{name}"}
        return await file_answer(request, dump, here)

    async def release(self, request: Request, snapshot: str) -> Response:
        """The files of one snapshot."""
        return await dumps_answer(self._site, request, await self._known(snapshot))

    async def release_dump(self, request: Request, snapshot: str, name: str) -> Response:
        """A file of one snapshot, which never changes."""
        release = await self._known(snapshot)
        if name not in release.dumps:
            raise Refusal(404, f"there is no dump {name!r}", fix=nearest(name, release.dumps))
        return await file_answer(request, release.dumps[name], {"Cache-Control": _FOREVER, "Snapshot": snapshot})

    async def _known(self, snapshot: str) -> Release:
        """A snapshot by name; raises Refusal where there is none."""
        release = await asyncio.to_thread(self._release, snapshot)
        if release is None:
            raise Refusal(404, f"there is no snapshot {snapshot!r}", fix="/dumps/ lists those that there are")
        return release

    def _release(self, snapshot: str) -> Release | None:
        site = self._site
        return site.release if snapshot == site.name else site.other(snapshot)

    async def openapi(self, request: Request) -> Response:
        """What can be asked here, for programs."""
        return await json_answer(request, await asyncio.to_thread(document, self._site), {})

    async def vocabulary(self, request: Request, ending: str | None = None) -> Response:
        """The terms of the graph."""
        return await vocabulary(self._site, request, ending)

    async def ontology(self, request: Request) -> Response:
        """The ontology as Turtle."""
        return await vocabulary(self._site, request, "ttl")

    async def resource(self, request: Request) -> Response:
        """What an IRI of the project stands for."""
        return await resource(self._site, request)

    def _listed(self, language: str) -> list[tuple[str, str]]:
        return [(question.name, self._site.text(question.summary, language)) for question in self._site.questions]

    def _articles(self) -> list[tuple[str, str, str]]:
        """Address, headline and its language of everything that has a headline."""
        quads = self._site.source.quads(None, _HEADLINE, None, None, _LISTED)
        return sorted(
            (self._site.labels.href(quad.subject.value) or "", quad.object.value, quad.object.language or "")
            for quad in quads
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
        )
