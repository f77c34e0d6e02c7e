"""What those ask who watch a server: does it live, is it ready, what does it count."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kg.web.refusal import Refusal
from kg.web.watch.metrics import Metrics

__all__ = ["Probes"]

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_METHODS = "GET, HEAD"
_AGAIN = "1"


class Probes:
    """A layer that answers `/health`, `/ready` and, where it may, `/metrics`, and that never waits."""

    def __init__(self, app: ASGIApp, unready: Callable[[], str], metrics: Metrics | None) -> None:
        """unready: tells why the server is not ready, empty where it is. metrics: None where nobody may see them."""
        self._app, self._unready, self._metrics = app, unready, metrics
        self._probes: dict[str, Callable[[Headers], Response]] = {"/health": self._health, "/ready": self._ready}
        if metrics is not None:
            self._probes["/metrics"] = self._counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a probe; hand on everything else."""
        probe = self._probes.get(scope["path"]) if scope["type"] == "http" else None
        if probe is None:
            await self._app(scope, receive, send)
            return
        if scope["method"] in {"GET", "HEAD"}:
            answer = probe(Headers(scope=scope))
        else:
            answer = _refused(Refusal(405, "this address does not know that method", headers={"Allow": _METHODS}))
        answer.headers.update(_HEADERS)
        await answer(scope, receive, send)

    def _health(self, _: Headers) -> Response:
        """That the server answers."""
        return PlainTextResponse("ok\n")

    def _ready(self, _: Headers) -> Response:
        """That the server can answer queries, or why it cannot."""
        if reason := self._unready():
            return _refused(Refusal(503, reason, headers={"Retry-After": _AGAIN}))
        return PlainTextResponse("ready\n")

    def _counted(self, headers: Headers) -> Response:
        """What the server counts."""
        assert self._metrics is not None
        body, media_type = self._metrics.exposition(headers.get("accept", ""))
        return Response(body, media_type=media_type)


def _refused(refusal: Refusal) -> Response:
    """Problem details: https://www.rfc-editor.org/rfc/rfc9457#section-3."""
    return JSONResponse(refusal.document, refusal.status, refusal.headers, media_type="application/problem+json")
