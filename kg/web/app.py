"""The application: endpoint and pages together, with the headers that every answer has."""

import weakref
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg import __version__
from kg.web.http.cors import CORS
from kg.web.page.pages import POLICY, refusal_answer
from kg.web.pool.evaluation import GoneError
from kg.web.refusal import Refusal
from kg.web.routes import Pages
from kg.web.site import Site
from kg.web.sparql.endpoint import Endpoint
from kg.web.sparql.graphs import GraphStore

__all__ = ["create_app"]

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(site: Site) -> FastAPI:
    """The application that serves a snapshot, or a version of the working copy.

    It owns the site; all in it knows it by a proxy.
    FastAPI keeps handlers of applications that are gone in caches of its own, and they must keep no store open.
    """
    owned, site = site, weakref.proxy(site)
    app = FastAPI(
        title=site.text(site.title, "en"),
        description=site.text(site.description, "en"),
        version=__version__,
        # Described by a page of ours, in more detail; and their pages load scripts from elsewhere.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )

    app.state.site = owned

    async def refused(request: Request, error: Exception) -> Response:
        refusal = error if isinstance(error, Refusal) else _as_refusal(error)
        # Any page may read why it is not told what it could have read.
        return refusal_answer(site, request, refusal, CORS if request.method in {"GET", "HEAD"} else None)

    async def left(_: Request, __: Exception) -> Response:
        return Response(status_code=499)

    app.add_exception_handler(GoneError, left)
    for kind in (Refusal, HTTPException, Exception):
        app.add_exception_handler(kind, refused)
    app.include_router(Endpoint(site))
    app.include_router(GraphStore(site))
    app.include_router(Pages(site))
    app.add_middleware(_Headers, headers={**_HEADERS, "Snapshot": site.name}, caching=site.caching)
    return app


def _as_refusal(error: Exception) -> Refusal:
    if not isinstance(error, HTTPException):
        return Refusal(500, "something went wrong here; the log of the server says what")
    details = {404: "there is nothing at this address", 405: "this address does not know that method"}
    return Refusal(error.status_code, details.get(error.status_code, str(error.detail)), headers=error.headers)


class _Headers:
    """Adds the headers that every answer has. caching: as `Site.caching`; a refusal is for once."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str], caching: str) -> None:
        self._app, self._headers, self._caching = app, headers, caching

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if self._caching:
                    headers.setdefault("Cache-Control", self._caching if message["status"] < 400 else "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)
