"""The query operation of the SPARQL 1.1 Protocol: https://www.w3.org/TR/sparql11-protocol/#query-operation."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from kg.web.limits import LIMITS
from kg.web.refusal import Refusal

__all__ = ["ALLOWED", "CORS", "PREFLIGHT", "Operation", "read_operation"]

ALLOWED = "GET, HEAD, POST, OPTIONS"

# Any page may ask, none may send cookies or a password along: https://fetch.spec.whatwg.org/#http-cors-protocol.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, Content-Encoding, ETag, Link, Retry-After, Server-Timing, Snapshot",
}
# What a page is told that asks whether it may ask; seconds that it may remember it.
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": ALLOWED,
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}

_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_UPDATE_OFF = "updates are off: the graph is read-only"
_UTF8 = "send it in UTF-8"
# Parameters of one request.
_MANY = 1000


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

    What the address gives holds for a POST as well, and stands before what the form gives.
    Raises Refusal: 400 for a request that the protocol does not know, 403 for updates, 413 for a body that is too
    large, 415 for one that is no query.
    """
    pairs = _pairs(request.scope["query_string"], "the address")
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
        raise Refusal(415, f"a query in {charset}", fix=_UTF8)
    body = await _body(request)
    if kind == _FORM:
        return _operation([*pairs, *_pairs(body, "the form")], query_required=True)
    try:
        return _operation([*pairs, ("query", body.decode("utf-8"))])
    except UnicodeDecodeError as error:
        raise Refusal(400, f"the body is not UTF-8 at byte {error.start}", fix=_UTF8) from error


def _pairs(form: bytes, where: str) -> list[tuple[str, str]]:
    """Names and values of a form; raises Refusal for what is not UTF-8, escaped or not, and for too many."""
    try:
        return parse_qsl(form.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MANY)
    except UnicodeDecodeError as error:
        raise Refusal(400, f"{where} is not UTF-8", fix=_UTF8) from error
    except ValueError as error:
        raise Refusal(400, f"{where} has more than {_MANY} parameters", fix="name fewer graphs") from error


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMITS.bytes:
            raise Refusal(413, f"the body is larger than {LIMITS.bytes:,} bytes", fix="ask in several queries")
    return bytes(body)


def _operation(pairs: Iterable[tuple[str, str]], *, query_required: bool = False) -> Operation:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    if "update" in values:
        raise Refusal(403, _UPDATE_OFF, fix="the graph changes by its sources")
    queries = values.get("query", [])
    if len(queries) > 1:
        raise Refusal(400, f"{len(queries)} queries in one request", fix="send one, in the address or in the body")
    if query_required and not queries:
        raise Refusal(400, "a form without a field query", fix="send the text of the query as query=…")
    default, named = (tuple(values.get(f"{kind}-graph-uri", ())) for kind in ("default", "named"))
    if (default or named) and not queries:
        raise Refusal(400, "a dataset without a query", fix="send the text of the query as query=…")
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
