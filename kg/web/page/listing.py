"""What there is to download: the files of a snapshot, and the snapshots before it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from kg.web.dumps import Release
from kg.web.http.negotiation import HTML, negotiate
from kg.web.page.pages import render
from kg.web.page.plain import PLAIN, json_answer
from kg.web.site import Site

__all__ = ["dumps_answer"]


async def dumps_answer(
    site: Site, request: Request, release: Release, others: Sequence[Release] | None = None
) -> Response:
    """The files of a snapshot, as a page or as JSON. others: the older snapshots, where this is the list of all."""
    offer = negotiate(request.headers.get("accept"), (PLAIN, HTML), request.query_params.get("format"))
    if offer is PLAIN:
        return await json_answer(request, _document(release, others), {})
    context = {"release": release, "others": others or (), "pinned": others is None, "current": site.name}
    return await asyncio.to_thread(render, site, request, "dumps.html", context)


def _document(release: Release, others: Sequence[Release] | None) -> dict[str, Any]:
    found = _described(release)
    found["files"] = [
        {
            "name": dump.name,
            "address": f"/dumps/{release.name}/{dump.name}",
            "bytes": dump.bytes,
            "sha256": dump.sha256,
            "date": found["date"],
            "media_type": dump.media_type,
        }
        for dump in release.dumps.values()
    ]
    return found if others is None else {**found, "others": [_described(other) for other in others]}


def _described(release: Release) -> dict[str, Any]:
    return {
        "snapshot": release.name,
        "date": release.date.isoformat().replace("+00:00", "Z"),
        "address": f"/dumps/{release.name}/",
    }
