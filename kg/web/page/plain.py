"""Plain JSON, which has no standard but is pleasant to read, and data as it is sent."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kg.graph.coding import IDENTITY, encoder
from kg.graph.store import Results
from kg.graph.worker import Task
from kg.web.http.cors import CORS
from kg.web.http.negotiation import Offer, coding
from kg.web.page.pages import Reader
from kg.web.pool.answers import Asked, answer
from kg.web.show.tables import Table
from kg.web.site import Site

__all__ = ["PLAIN", "data_answer", "json_answer", "streamed"]

PLAIN = Offer("application/json", "json")
"""Objects with typed values and labels, see `kg.web.show.objects`."""


async def json_answer(request: Request, document: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Plain JSON whose labels are in the language of the reader."""
    told = {"Content-Language": Reader(request).language, "Vary": "Accept, Accept-Encoding, Accept-Language", **headers}
    body = await asyncio.to_thread(lambda: msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
    return await data_answer(request, body, PLAIN, told)


async def data_answer(request: Request, body: bytes, offer: Offer, headers: Mapping[str, str]) -> Response:
    """Data in the coding that the client likes best."""
    told = {**CORS, "Vary": "Accept, Accept-Encoding", **headers}
    name = coding(request.headers.get("accept-encoding"))
    if name != IDENTITY:
        coder = encoder(name)
        body = await asyncio.to_thread(lambda: coder.compress(body) + coder.flush())
        told["Content-Encoding"] = name
    return Response(body, headers=told, media_type=offer.media_type)


async def streamed(site: Site, request: Request, task: Task, name: str | None) -> Response:
    """The whole answer to a query of the site, as a worker writes it; raises Refusal.

    name: of the format; None: what the client likes best.
    """
    sent = await answer(request, site.own_pool, site.limits, Asked(task, name), _no_table)
    assert isinstance(sent, Response)
    return sent


def _no_table(_: Results, __: bool) -> Table:  # noqa: FBT001 - the worker tells it so
    raise AssertionError("who would rather see a page is shown one before")
