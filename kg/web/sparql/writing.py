"""Changes over HTTP: who may make them, and how they are acknowledged.

The update operation is https://www.w3.org/TR/sparql11-protocol/#update-operation; the other ones are in
`kg.web.sparql.graphs`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from kg.graph.writer import Change
from kg.web.entry import current
from kg.web.http.connection import PATIENCE
from kg.web.pool.evaluation import RETRY, GoneError, problem_of, unless_gone
from kg.web.pool.pool import BusyError, EndedError, LateError, MemoryLimitError
from kg.web.pool.writer import Made, Writer
from kg.web.refusal import Refusal

__all__ = ["acknowledged", "change_by_update", "permit", "receive_body", "write"]

_UNCHANGED = "nothing was changed"
_CHALLENGE = 'Bearer realm="pressgraph"'


def permit(request: Request, writer: Writer | None) -> Writer:
    """The writer, for a request that may change the graph.

    Raises Refusal: 403 where updates are off and for a request that a page elsewhere sends, 401 without the token.
    """
    if writer is None:
        raise Refusal(403, "updates are off: the graph is read-only", fix="the graph changes by its sources")
    origin = request.headers.get("origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if elsewhere or request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise Refusal(403, "a page of another site cannot change the graph", fix="send the request from a program")
    scheme, _, given = ", ".join(request.headers.getlist("authorization")).partition(" ")
    if scheme.lower() != "bearer":
        fix = "send it as Authorization: Bearer …"
        raise Refusal(401, "changes need the token", fix=fix, headers={"WWW-Authenticate": _CHALLENGE})
    if not writer.token.matches(given.strip()):
        challenge = f'{_CHALLENGE}, error="invalid_token"'
        raise Refusal(401, "this is not the token", headers={"WWW-Authenticate": challenge})
    return writer


@asynccontextmanager
async def receive_body(request: Request, writer: Writer) -> AsyncIterator[Path]:
    """The body of a request that may change the graph, in a file; the client may take its time as long as it sends.

    Raises Refusal: 413 for one that is too large.
    """
    most = writer.limits.written
    with NamedTemporaryFile(dir=writer.copy.bodies) as file:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise Refusal(413, f"the body is larger than {most:,} bytes", fix="send it in several requests")
            file.write(chunk)
            request.scope.get("extensions", {}).get(PATIENCE, {"renew": _nothing})["renew"]()
        file.flush()
        yield Path(file.name)


def _nothing() -> None:
    """Where the server has no such limit."""


async def change_by_update(
    request: Request, writer: Writer, text: str, base: str, graphs: tuple[tuple[str, ...], tuple[str, ...]] | None
) -> Response:
    """Evaluate an update.

    base: of relative IRIs. graphs: that the request gives, as for `kg.graph.change.update`.
    Raises Refusal where nothing was changed.
    """
    entry = current()
    entry.query, entry.lane = text, "writer"
    with NamedTemporaryFile(dir=writer.copy.bodies) as file:
        file.write(text.encode())
        file.flush()
        change = Change("update", "", base, body=file.name, graphs=graphs, reach=writer.limits.reach)
        return acknowledged(await write(request, writer, change))


def acknowledged(made: Made, status: int = 204, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a change that is made: it names the version that it made."""
    return Response(status_code=status, headers={"Snapshot": made.version, **(headers or {})})


async def write(request: Request, writer: Writer, change: Change) -> Made:
    """Make a change, which is durable and visible on return.

    Raises Refusal where nothing was changed: 400 for a body that is wrong, 403 for one that asks elsewhere than it may,
    404 for a graph to remove that there is not, 409 for what the store does not allow, 502 where who is asked elsewhere
    does not answer, 503 where too many wait, 504 past the time, 507 past the memory or the size; GoneError when the
    client leaves before the change counts.
    """
    seconds, entry = writer.limits.writing, current()
    entry.query = entry.query or f"{change.operation} {change.graph}".strip()
    entry.lane, entry.outcome = "writer", "refused"
    try:
        made = await unless_gone(request, writer.write(change, seconds))
    except GoneError:
        entry.outcome = "gone"
        raise
    except BusyError as error:
        entry.outcome = "busy"
        raise Refusal(503, "too many changes are under way", fix="send it again in a moment", headers=RETRY) from error
    except LateError as error:
        entry.outcome = "late"
        detail = f"the change takes longer than {seconds:g} s; {_UNCHANGED}"
        raise Refusal(504, detail, fix="change less at once") from error
    except MemoryLimitError as error:
        entry.outcome = "memory"
        raise _too_much() from error
    except EndedError as error:
        entry.outcome = "broken"
        detail = f"what made the change has ended; {_UNCHANGED}"
        raise Refusal(503, detail, fix="send it again", headers=RETRY) from error
    except OSError as error:
        entry.outcome = "broken"
        raise Refusal(507, f"the change cannot be kept: {error.strerror or error}; {_UNCHANGED}") from error
    if isinstance(made, Made):
        entry.outcome = "ok"
        return made
    raise _refusal(made)


def _too_much() -> Refusal:
    return Refusal(507, f"the change needs more memory than one may have; {_UNCHANGED}", fix="change less at once")


def _refusal(fault: Mapping[str, Any]) -> Refusal:
    problem = problem_of(fault)
    statuses = {"query": 400, "unreachable": 403, "missing": 404, "state": 409, "service": 502}
    if fault["fault"] in statuses:
        return Refusal.of(statuses[fault["fault"]], problem)
    match fault["fault"]:
        case "graph":
            return Refusal(400, f"a graph that is no IRI: {problem.message}", fix="write absolute IRIs")
        case "large":
            return Refusal(507, f"the store would be larger than it may be; {_UNCHANGED}", fix="remove some of it")
        case "memory":
            return _too_much()
        case _ if "No space left" in problem.message:
            return Refusal(507, f"the disk is full; {_UNCHANGED}")
        case _:
            return Refusal(500, f"the change could not be made; {_UNCHANGED}")
