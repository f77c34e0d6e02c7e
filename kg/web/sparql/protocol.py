"""The operations of the SPARQL 1.1 Protocol: https://www.w3.org/TR/sparql11-protocol/#protocol."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from kg.web.limits import LIMITS
from kg.web.refusal import Refusal

__all__ = ["Operation", "read_operation"]

_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_UTF8 = "send it in UTF-8"
# Parameters of one request.
_MANY = 1000


@dataclass(frozen=True, slots=True)
class Operation:
    """A query to answer, or an update to make.

    query, update: its text, None where the request brings none. graphs: IRIs of the default graph and of the named
    graphs that the request gives, None where it gives none. format: name of a result format that the address asks for.
    seconds: how long the client will wait, None where it does not say.
    """

    query: str | None
    update: str | None = None
    graphs: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    format: str | None = None
    seconds: float | None = None


async def read_operation(request: Request, permit: Callable[[], int]) -> Operation:
    """The operation of a GET, a POST of a form, or a POST of the query or the update itself.

    What the address gives holds for a POST as well, and stands before what the form gives.
    permit: called before an update is read; tells how many bytes it may have, or raises Refusal.
    Raises Refusal: 400 for a request that the protocol does not know, 413 for a body that is too large, 415 for one
    that is no query and no update.
    """
    pairs = _pairs(request.scope["query_string"], "the address")
    if request.method != "POST":
        return _operation(pairs, permit, post=False)
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind not in {_FORM, _QUERY, _UPDATE}:
        detail = f"a body of type {kind or 'that is not told'} is no query"
        raise Refusal(
            415, detail, fix=f"send {_QUERY}, or a form as {_FORM}", headers={"Accept-Post": f"{_QUERY}, {_FORM}"}
        )
    if request.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}:
        raise Refusal(415, "a body that is compressed", fix="send it as it is", headers={"Accept-Encoding": "identity"})
    most = permit() if kind == _UPDATE else LIMITS.bytes
    charset = parameters.lower().partition("charset=")[2].strip(' "') or "utf-8"
    if charset not in {"utf-8", "utf8", "us-ascii"}:
        raise Refusal(415, f"a query in {charset}", fix=_UTF8)
    body = await _body(request, most)
    if kind == _FORM:
        return _operation([*pairs, *_pairs(body, "the form")], permit, form=True)
    try:
        return _operation([*pairs, ("query" if kind == _QUERY else "update", body.decode("utf-8"))], permit)
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


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise Refusal(413, f"the body is larger than {most:,} bytes", fix="send it in several requests")
    return bytes(body)


def _operation(
    pairs: Iterable[tuple[str, str]], permit: Callable[[], int], *, post: bool = True, form: bool = False
) -> Operation:
    """The operation of names and values. post: whether they are of a POST. form: whether a form must name one."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    if "update" in values:
        permit()
        return _update(values, post=post)
    queries = values.get("query", [])
    if len(queries) > 1:
        raise Refusal(400, f"{len(queries)} queries in one request", fix="send one, in the address or in the body")
    if form and not queries:
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


def _update(values: dict[str, list[str]], *, post: bool) -> Operation:
    """An update: https://www.w3.org/TR/sparql11-protocol/#update-operation."""
    if not post:
        raise Refusal(400, "an update in the address", fix="send it by POST")
    if len(values["update"]) > 1 or "query" in values:
        raise Refusal(400, "more than one operation in one request", fix="send one query, or one update")
    wrong = [f"{kind}-graph-uri" for kind in ("default", "named") if f"{kind}-graph-uri" in values]
    if wrong:
        raise Refusal(400, f"an update has no {wrong[0]}", fix="write using-graph-uri or using-named-graph-uri")
    default, named = (tuple(values.get(name, ())) for name in ("using-graph-uri", "using-named-graph-uri"))
    return Operation(None, values["update"][0], graphs=(default, named) if default or named else None)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise Refusal(400, f"{text!r} is no time limit", fix="write a number of seconds, such as timeout=5")
    return seconds
