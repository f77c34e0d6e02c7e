"""The application: endpoint and pages together, with the headers that every answer has."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg import __version__
from kg.graph.question import Question
from kg.web.endpoint import Endpoint
from kg.web.evaluation import GoneError
from kg.web.limits import LIMITS, Limits
from kg.web.pages import POLICY, refusal_answer
from kg.web.refusal import Refusal
from kg.web.routes import Pages
from kg.web.site import Site

__all__ = ["create_app"]

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(  # noqa: PLR0913  # what is served and what is said of it, by name
    snapshot: Path,
    *,
    base: str,
    title: Mapping[str, str],
    description: Mapping[str, str],
    questions: Sequence[Question],
    stats: Mapping[str, int],
    limits: Limits = LIMITS,
    licence: str = "",
) -> FastAPI:
    """The application that serves a snapshot, read-only.

    snapshot: its folder. base: what the IRIs of its data begin with. title, description: language -> text.
    questions: in the order in which they are shown. stats: counts of its report, by name.
    limits: of requests. licence: IRI of the licence of the data.
    Raises UsageError when the snapshot cannot be read.
    """
    site = Site(snapshot, base, title, description, questions, stats, limits, licence)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        site.pool.warm()
        site.own_pool.warm()
        try:
            yield
        finally:
            await site.pool.close()
            await site.own_pool.close()

    app = FastAPI(
        lifespan=lifespan,
        title=site.text(title, "en"),
        description=site.text(description, "en"),
        version=__version__,
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )

    async def refused(request: Request, error: Exception) -> Response:
        refusal = error if isinstance(error, Refusal) else _as_refusal(error)
        return refusal_answer(site, request, refusal)

    async def left(_: Request, __: Exception) -> Response:
        return Response(status_code=499)

    app.add_exception_handler(GoneError, left)
    for kind in (Refusal, HTTPException, Exception):
        app.add_exception_handler(kind, refused)
    app.include_router(Endpoint(site))
    app.include_router(Pages(site))
    app.add_middleware(_Headers)
    return app


def _as_refusal(error: Exception) -> Refusal:
    if not isinstance(error, HTTPException):
        return Refusal(500, "something went wrong here; the log of the server says what")
    details = {404: "there is nothing at this address", 405: "this address does not know that method"}
    return Refusal(error.status_code, details.get(error.status_code, str(error.detail)), headers=error.headers)


class _Headers:
    """Adds the headers that every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
