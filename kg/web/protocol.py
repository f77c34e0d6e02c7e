"""The query operation of the SPARQL 1.1 Protocol: https://www.w3.org/TR/sparql11-protocol/#query-operation."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from kg.web.limits import LIMITS
from kg.web.refusal import Refusal

__all__ = ["ALLOWED", "CORS", "Operation", "read_operation"]

ALLOWED = "GET, HEAD, POST, OPTIONS"

# Any page may ask, none may send cookies or a password along: https://fetch.spec.whatwg.org/#http-cors-protocol.
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Link, Snapshot"}

_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_UPDATE_OFF = "updates are off: the graph is read-only"


@dataclass(frozen=True, slots=True)
class Operation:
    """A query to answer.

    query: its text, None where the request brings none. graphs: IRIs of the default graph and of the named graphs
    that the request gives, None where it gives none. format: name of a result format that the address asks for.
    seconds: how long the client will wait, None where it does not say.
    """

    query: str | None
    graphs: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    format: str | None = None
    seconds: float | None = None


async def read_operation(request: Request) -> Operation:
    """The operation of a GET, a POST of a form, or a POST of the query itself.

    Raises Refusal: 400 for a request that the protocol does not know, 403 for updates, 413 for a body that is too
    large, 415 for one that is no query.
    """
    pairs = request.query_params.multi_items()
    if request.method != "POST":
        return _operation(pairs)
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind == _UPDATE:
        raise Refusal(403, _UPDATE_OFF, fix="the graph changes by its sources")
    if kind not in {_FORM, _QUERY}:
        detail = f"a body of type {kind or 'that is not told'} is no query"
        raise Refusal(
            415, detail, fix=f"send {_QUERY}, or a form as {_FORM}", headers={"Accept-Post": f"{_QUERY}, {_FORM}"}
        )
    charset = parameters.lower().partition("charset=")[2].strip(' "') or "utf-8"
    if charset not in {"utf-8", "utf8", "us-ascii"}:
        raise Refusal(415, f"a query in {charset}", fix="send it in UTF-8")
    body = await _body(request)
    if kind == _QUERY:
        if any(name == "query" for name, _ in pairs):
            raise Refusal(400, "a query in the body and another in the address", fix="send one of them")
        return _operation([*pairs, ("query", body)])
    return _operation(parse_qsl(body, keep_blank_values=True), query_required=True)


async def _body(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMITS.bytes:
            raise Refusal(413, f"the body is larger than {LIMITS.bytes:,} bytes", fix="ask in several queries")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, f"the body is not UTF-8 at byte {error.start}", fix="send it in UTF-8") from error


def _operation(pairs: Iterable[tuple[str, str]], *, query_required: bool = False) -> Operation:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    if "update" in values:
        raise Refusal(403, _UPDATE_OFF, fix="the graph changes by its sources")
    queries = values.get("query", [])
    if len(queries) > 1:
        raise Refusal(400, f"{len(queries)} queries in one request", fix="send one")
    if query_required and not queries:
        raise Refusal(400, "a form without a field query", fix="send the text of the query as query=…")
    default, named = (tuple(values.get(f"{kind}-graph-uri", ())) for kind in ("default", "named"))
    if queries and len(queries[0]) > LIMITS.length:
        detail = f"the query is {len(queries[0]):,} characters long; {LIMITS.length:,} are the most that is answered"
        raise Refusal(413, detail, fix="ask in several queries")
    return Operation(
        query=queries[0] if queries else None,
        graphs=(default, named) if default or named else None,
        format=values["format"][-1] if "format" in values else None,
        seconds=_seconds(values["timeout"][-1]) if "timeout" in values else None,
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise Refusal(400, f"{text!r} is no time limit", fix="write a number of seconds, such as timeout=5")
    return seconds
