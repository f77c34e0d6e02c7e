"""Queries evaluated by worker processes, and their answers as HTTP sends them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kg.errors import Place, Problem
from kg.graph.worker import Task
from kg.web.entry import current
from kg.web.http.connection import CUT
from kg.web.pool.pool import Answer, BusyError, EndedError, LateError, MemoryLimitError, Pool
from kg.web.refusal import Refusal

__all__ = ["RETRY", "GoneError", "Stream", "answered", "evaluate", "problem_of", "refusal_of", "unless_gone"]

T = TypeVar("T")

# When to come back, for who is turned away.
RETRY = {"Retry-After": "5"}
# What the journal calls a query that a worker has no answer to.
_OUTCOMES = {
    "query": "refused",
    "unreachable": "refused",
    "service": "broken",
    "upstream": "upstream",
    "graph": "refused",
    "unsupported": "refused",
    "large": "large",
    "memory": "memory",
}
# Of faults that the problem of a query tells.
_STATUSES = {"query": 400, "unreachable": 403, "unsupported": 422, "service": 502}


class GoneError(Exception):
    """A client that has left before it was answered."""


async def evaluate(request: Request, pool: Pool, task: Task, seconds: float) -> Answer:
    """The answer to a query of a request; it must be sent or closed.

    Raises Refusal as `answered` does; GoneError when the client leaves, and the query ends.
    """
    return await answered(unless_gone(request, pool.ask(task, seconds)), task, seconds)


async def answered(asking: Awaitable[Answer], task: Task, seconds: float) -> Answer:
    """The answer of a pool that is asked a task; it must be sent or closed.

    Raises Refusal: 400 for a query that is wrong, 403 for one that asks elsewhere than it may, 422 for one that asks
    for what there is not, 502 for one that asks who does not answer, or of a store elsewhere that does not, 503
    where too many are asked at once, here or there, 504 past the time, 507 past the memory or the size.
    """
    entry = current()
    entry.query, entry.outcome = task.query, "broken"
    try:
        answer = await asking
    except GoneError:
        entry.outcome = "gone"
        raise
    except BusyError as error:
        entry.outcome = "busy"
        raise Refusal(503, "too many queries are under way", fix="ask again in a moment", headers=RETRY) from error
    except LateError as error:
        entry.outcome = "late"
        detail = f"the query takes longer than {seconds:g} s"
        raise Refusal(504, detail, fix="ask for less: name more terms, or add LIMIT") from error
    except MemoryLimitError as error:
        entry.outcome = "memory"
        raise Refusal(507, "the query needs more memory than one query may have", fix="ask for less") from error
    except EndedError as error:
        raise Refusal(503, "what evaluated the query has ended", fix="ask again", headers=RETRY) from error
    if answer.fault is not None and answer.fault["fault"] != "format":
        await answer.close()
        entry.outcome = _OUTCOMES.get(answer.fault["fault"], "broken")
        raise refusal_of(answer.fault)
    entry.outcome = "ok"
    return answer


def problem_of(fault: Mapping[str, Any]) -> Problem:
    """The problem that a worker tells."""
    place = Place(**fault["place"]) if fault.get("place") else None
    return Problem(fault.get("message", ""), place, fault.get("fix", ""))


def refusal_of(fault: Mapping[str, Any]) -> Refusal:
    """Why there is no answer, by what a worker tells."""
    problem = problem_of(fault)
    if status := _STATUSES.get(fault["fault"]):
        return Refusal.of(status, problem)
    match fault["fault"]:
        case "graph":
            return Refusal(400, f"a graph that is no IRI: {problem.message}", fix="write absolute IRIs")
        case "upstream":
            retry = RETRY if fault["status"] == 503 else {}
            told = {"Retry-After": fault["retry"]} if fault["retry"] else retry
            fix = "ask for what it has, or in another way" if fault["status"] == 422 else "ask again later"
            return Refusal(fault["status"], fault["message"], fix=fix, headers=told)
        case "large":
            return Refusal(507, "the answer is larger than one may be", fix="add LIMIT, or take the dumps")
        case "memory":
            return Refusal(507, "the query needs more memory than one query may have", fix="ask for less")
        case _:
            return Refusal(500, "the query could not be evaluated to its end")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """What the work gives; it is cancelled, and GoneError raised, when the client leaves."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request.receive))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise GoneError
    finally:
        for task in (working, gone):
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


class Stream(Response):
    """An answer that is sent in pieces. One that breaks off is cut, so that what was sent never looks whole.

    pace: seconds within which the client takes each piece. Where only the head is asked for, nothing follows it.
    """

    def __init__(self, answer: Answer, headers: Mapping[str, str], media_type: str, *, pace: float) -> None:
        """Take over the answer: sending closes it."""
        super().__init__(None, 200, headers, media_type)
        del self.headers["content-length"]
        self._answer, self._pace, self._wanted = answer, pace, True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, or the beginning of it, as long as the client is there."""
        self._wanted = scope["method"] != "HEAD"
        sending = asyncio.ensure_future(self._send(send))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            whole = sending.done() and sending.result()
            if not sending.done():
                current().outcome = "gone"
        finally:
            for task in (sending, gone):
                if not task.done():
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
            await self._answer.close()
        if not whole:
            await scope.get("extensions", {}).get(CUT, {"now": _raise})["now"]()

    async def _send(self, send: Send) -> bool:
        """Whether all of it was sent."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if not self._wanted:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return True
        pieces: AsyncIterator[bytes] = self._answer.pieces()
        try:
            async for piece in pieces:
                async with asyncio.timeout(self._pace):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except (EndedError, LateError, TimeoutError) as error:
            current().outcome = _BROKEN_OFF[type(error)]
            return False
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True


# What the journal calls a query whose answer breaks off; a client that does not read is one that has left.
_BROKEN_OFF: dict[type[Exception], str] = {EndedError: "broken", LateError: "late", TimeoutError: "gone"}


async def _raise() -> None:
    raise GoneError("the answer broke off")
