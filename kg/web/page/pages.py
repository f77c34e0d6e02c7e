"""Pages: templates filled for one reader, in the reader's language."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kg.errors import Place
from kg.web.http.negotiation import FORMAT_NAMES, language, wants_html
from kg.web.refusal import Refusal
from kg.web.show.tables import Table
from kg.web.show.texts import LANGUAGES, say
from kg.web.site import Site

__all__ = ["POLICY", "STATIC", "Reader", "lines_of", "query_page", "refusal_answer", "render"]

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"

# Nothing but our own style sheet and icon is ever loaded, nothing runs, and forms stay here.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = f"/static/style.css?v={_digest('style.css')}"
    environment.globals["format_names"] = FORMAT_NAMES
    return environment


def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


class Reader:
    """Who reads a page: the language, and whether the address asked for it."""

    def __init__(self, request: Request) -> None:
        """Find the language in the address, else in the headers."""
        self.request = request
        self.language = language(request.query_params, request.headers.get("accept-language"), LANGUAGES)
        self._asked = request.query_params.get("lang") == self.language

    def say(self, key: str, number: int = 1, **values: object) -> str:
        """A text of the pages; `number` chooses between one and several."""
        return say(key, self.language, number, **values)

    def number(self, value: int) -> str:
        """A number with its thousands set apart as the language has it."""
        return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}" if self.language == "fr" else ",")

    def link(self, href: str | None, /, **parameters: str) -> str | None:
        """An address here that keeps the language that was asked for; addresses elsewhere stay as they are."""
        if href is None or not href.startswith("/"):
            return href
        if self._asked:
            parameters["lang"] = self.language
        path, hash_, fragment = href.partition("#")
        query = urlencode(parameters)
        return path + (("&" if "?" in path else "?") + query if query else "") + hash_ + fragment

    def current(self, path: str) -> str:
        """What `aria-current` says of a link of the navigation: page, true for a part of the site, or nothing."""
        here = self.request.url.path
        return "page" if here == path else "true" if here.startswith(f"{path}/") else ""

    def switched(self, tag: str) -> str:
        """The address of this page in another language."""
        path = self.request.scope["raw_path"].decode("latin-1").partition("?")[0]
        return f"{path}?{self.request.url.include_query_params(lang=tag).query}"


def render(
    site: Site,
    request: Request,
    template: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page: the template filled with `context`, the reader and the site."""
    reader = Reader(request)
    body = (
        _environment()
        .get_template(template)
        .render(
            context,
            site=site,
            reader=reader,
            say=reader.say,
            link=reader.link,
            brand=site.text(site.title, reader.language).partition(":")[0].strip(),
        )
    )
    told = {"Vary": "Accept, Accept-Language", "Content-Language": reader.language, **(headers or {})}
    return Response(body, status, told, media_type="text/html")


def query_page(
    site: Site,
    request: Request,
    query: str,
    *,
    table: Table | None = None,
    refusal: Refusal | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page of the endpoint: the form, and beside it the answer or why there is none."""
    names = table.formats if table else ()
    context = {
        "query": query,
        "table": table,
        "refusal": refusal,
        "lines": lines_of(query, refusal.place) if refusal else (),
        "formats": [(name, "/sparql?" + urlencode({"query": query, "format": name})) for name in names],
    }
    told = {**(refusal.headers if refusal else {}), **(headers or {})}
    return render(site, request, "sparql.html", context, status=refusal.status if refusal else 200, headers=told)


def lines_of(query: str, place: Place | None) -> list[tuple[int, str, str]]:
    """The lines of a query as (number, what stands before the fault, the rest); the rest is empty where none is."""
    lines = []
    for number, line in enumerate(query.splitlines(), 1):
        cut = place.column - 1 if place and place.line == number else len(line)
        lines.append((number, line[:cut], line[cut:]))
    return lines


def refusal_answer(
    site: Site, request: Request, refusal: Refusal, headers: Mapping[str, str] | None = None
) -> Response:
    """Why a request is not answered: a page for a browser, problem details for everybody else."""
    told = {**refusal.headers, **(headers or {})}
    if wants_html(request.headers.get("accept")):
        return render(site, request, "refusal.html", {"refusal": refusal}, status=refusal.status, headers=told)
    return JSONResponse(
        refusal.document, refusal.status, {"Vary": "Accept", **told}, media_type="application/problem+json"
    )
