"""Addresses of the pages and files, beside the endpoint's."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from kg.graph.store import Literal, NamedNode
from kg.web.asking import question_page, starter, table_of
from kg.web.negotiation import DESCRIPTIONS, GRAPHS, HTML, negotiate
from kg.web.pages import STATIC, Reader, render
from kg.web.protocol import CORS
from kg.web.refusal import Refusal
from kg.web.resources import resource, vocabulary
from kg.web.site import Site

__all__ = ["Pages"]

_STATIC = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_HEADLINE = NamedNode("https://schema.org/headline")
_Page = Callable[..., Response | Awaitable[Response]]
# The counts that are shown, by their names in the report of a build.
_COUNTS = ("articles", "claims", "entities", "links", "questions", "quads")
_FOREVER = "public, max-age=31536000, immutable"


class Pages(APIRouter):
    """The pages of a site; the last route takes every IRI under the base.

    They run in threads that no query of the public takes.
    """

    def __init__(self, site: Site) -> None:
        """Serve the pages of `site`."""
        super().__init__(include_in_schema=False)
        self._site = site
        pages: dict[str, _Page] = {
            "/": self.home,
            "/static/{name}": self.static,
            "/questions": self.questions,
            "/questions/{name}": self.question,
            "/dumps/{name}": self.dump,
            "/ns": self.vocabulary,
            "/ontology.ttl": self.ontology,
            "/{path:path}": self.resource,
        }
        for path, page in pages.items():
            self.add_api_route(path, page, methods=["GET", "HEAD"])

    def static(self, request: Request, name: str) -> Response:
        """The style sheet and the icon; kept for ever under an address with a version."""
        if name not in _STATIC:
            raise Refusal(404, "there is nothing at this address")
        caching = {"Cache-Control": _FOREVER} if "v" in request.query_params else {}
        return FileResponse(STATIC / name, headers=caching, media_type=_STATIC[name])

    def home(self, request: Request) -> Response:
        """The page that says what this is, with one answer as an example."""
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
            "example": self._example(reader.language),
            "questions": self._listed(reader.language),
            "articles": self._articles(),
            "starter": starter(site),
        }
        return render(site, request, "home.html", context)

    def questions(self, request: Request) -> Response:
        """All questions."""
        context = {"questions": self._listed(Reader(request).language)}
        return render(self._site, request, "questions.html", context)

    async def question(self, request: Request, name: str) -> Response:
        """A question and its answer."""
        return await question_page(self._site, request, name)

    def dump(self, request: Request, name: str) -> Response:
        """A file of the snapshot; its entity tag is the hash that the manifest has."""
        file = self._site.dumps.get(name)
        if file is None:
            raise Refusal(404, f"there is no dump {name!r}")
        headers = {**CORS, "ETag": f'"{file.sha256}"', "Cache-Control": "no-cache"}
        tags = (tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(","))
        if any(tag in {headers["ETag"], "*"} for tag in tags):
            return Response(status_code=304, headers=headers)
        return FileResponse(self._site.snapshot / name, headers=headers, media_type=file.media_type)

    def vocabulary(self, request: Request) -> Response:
        """The terms of the graph."""
        wanted = negotiate(request.headers.get("accept"), (*GRAPHS, HTML), request.query_params.get("format"))
        return vocabulary(self._site, request, wanted)

    def ontology(self, request: Request) -> Response:
        """The ontology as Turtle."""
        return vocabulary(self._site, request, DESCRIPTIONS[0])

    def resource(self, request: Request) -> Response:
        """What an IRI of the project stands for."""
        return resource(self._site, request)

    def _listed(self, language: str) -> list[tuple[str, str]]:
        return [(question.name, self._site.text(question.summary, language)) for question in self._site.questions]

    def _example(self, language: str) -> dict[str, object] | None:
        """The first question and its answer; None where there are no questions."""
        site = self._site
        if not site.questions:
            return None
        first = site.questions[0]
        table = table_of(site, first, first.ask(site.store, site.base), language)
        return {"name": first.name, "summary": site.text(first.summary, language), "table": table}

    def _articles(self) -> list[tuple[str, str, str]]:
        """Address, headline and its language of everything that has a headline."""
        quads = self._site.store.quads_for_pattern(None, _HEADLINE, None, None)
        return sorted(
            (self._site.labels.href(quad.subject.value) or "", quad.object.value, quad.object.language or "")
            for quad in quads
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
        )
