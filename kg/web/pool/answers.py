"""Answers of the pool as what is sent: data in the format that was agreed on, or a table for a page."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from kg.graph.coding import IDENTITY
from kg.graph.store import Results, read_results
from kg.graph.worker import TABLE, Task
from kg.web.http.cors import CORS
from kg.web.http.negotiation import GRAPHS, HTML, RESULTS, Offer, coding, formats, negotiate
from kg.web.limits import Limits
from kg.web.pool.evaluation import Stream, evaluate
from kg.web.pool.pool import Pool
from kg.web.show.tables import ROWS, Table

__all__ = ["Asked", "answer", "data"]

VARY = {"Vary": "Accept, Accept-Encoding"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a request. name: of a format that the address asks for. seconds: that the client will wait."""

    task: Task
    name: str | None = None
    seconds: float | None = None


async def answer(
    request: Request, pool: Pool, limits: Limits, asked: Asked, tabulate: Callable[[Results, bool], Table]
) -> Response | Table:
    """The answer as data; as a table where the client would rather see a page.

    tabulate: makes the table of rows, which are triples or not, in a thread of its own.
    Raises Refusal as `evaluate` does, and 406.
    """
    accept = request.headers.get("accept")
    solutions, triples = formats(accept, asked.name)
    page = HTML in {solutions, triples}
    task = replace(
        asked.task,
        solutions=_format(solutions),
        triples=_format(triples),
        rows=ROWS + 1,
        coding=IDENTITY if page else coding(request.headers.get("accept-encoding")),
        length=limits.answer,
    )
    found = await evaluate(request, pool, task, min(asked.seconds or limits.seconds, limits.seconds))
    head = found.head or found.fault or {}
    kind = head["kind"]
    offer = triples if kind == "triples" else solutions
    if offer is None:
        offer = negotiate(accept, (*(GRAPHS if kind == "triples" else RESULTS), HTML), asked.name)
    if offer is HTML and found.body is not None:
        return await asyncio.to_thread(_tabulated, found.body, kind, tabulate)
    headers = {**CORS, **VARY}
    if not head["stable"]:
        headers["Cache-Control"] = "no-store"
    if head["coding"] != IDENTITY:
        headers["Content-Encoding"] = head["coding"]
    if found.body is None:
        return Stream(found, headers, offer.media_type, pace=limits.receiving)
    return Response(found.body, headers=headers, media_type=offer.media_type)


def _tabulated(body: bytes, kind: str, tabulate: Callable[[Results, bool], Table]) -> Table:
    """The table of an answer, whose results stay in the thread that reads them."""
    return tabulate(read_results(body, "json" if kind == "boolean" else "tsv"), kind == "triples")


def _format(offer: Offer | None) -> str:
    """The name of the format as a task has it."""
    return "" if offer is None else TABLE if offer is HTML else offer.name


def data(body: bytes, offer: Offer, headers: Mapping[str, str] | None = None) -> Response:
    """Data for programs, which any page may ask for."""
    return Response(body, headers={**CORS, "Vary": "Accept", **(headers or {})}, media_type=offer.media_type)
