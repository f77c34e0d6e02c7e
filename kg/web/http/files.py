"""Files as HTTP sends them: whole or in part, and not again to whoever has them.

https://www.rfc-editor.org/rfc/rfc9110#section-13 and #section-14
"""

import asyncio
import base64
import re
from collections.abc import Mapping
from email.utils import format_datetime

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from kg.web.dumps import Dump
from kg.web.http.cors import CORS
from kg.web.refusal import Refusal

__all__ = ["file_answer", "parts"]

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_RANGES = re.compile(r"bytes=(.*)", re.IGNORECASE | re.ASCII)
_RANGE = re.compile(r"([0-9]*)-([0-9]*)")
# Whoever asks for more parts than these is sent the whole.
_PARTS = 20
# No file has a size of more digits.
_DIGITS = 18


async def file_answer(request: Request, dump: Dump, headers: Mapping[str, str]) -> Response:
    """A dump, or the parts of it that are asked for. headers: beside those of the file itself.

    Raises Refusal: 404 where the file is gone, 412 where a condition does not hold, 416 for a part beyond its end, 500
    where the file is not what the manifest says.
    """
    digest = base64.b64encode(bytes.fromhex(dump.sha256)).decode()
    told = {
        **CORS,
        "Accept-Ranges": "bytes",
        "ETag": f'"{dump.sha256}"',
        "Last-Modified": format_datetime(dump.date, usegmt=True),
        **headers,
    }
    tag, date = told["ETag"], told["Last-Modified"]
    if not _holds(request.headers, tag, date):
        raise Refusal(412, "the file is not the one that the request is for", fix="ask for it without If-Match")
    if _known(request.headers, tag, date):
        return Response(status_code=304, headers=told)
    try:
        status = await asyncio.to_thread(dump.path.stat)
    except FileNotFoundError as error:
        raise Refusal(404, f"the file {dump.name} of this snapshot is gone") from error
    if status.st_size != dump.bytes:
        raise Refusal(500, f"the file {dump.name} is not the one that the snapshot was made with")
    asked = request.headers.get("range") if request.method == "GET" else None
    ranges = None
    if asked and request.headers.get("if-range", tag) in {tag, date}:
        ranges = parts(asked, dump.bytes)
    if ranges == []:
        detail = f"the file has {dump.bytes:,} bytes, and nothing at {asked}"
        raise Refusal(416, detail, headers={**CORS, "Content-Range": f"bytes */{dump.bytes}"})
    whole = {**told, "Repr-Digest": f"sha-256=:{digest}:"}
    return _File(dump.path, headers=whole, media_type=dump.media_type, stat_result=status).only(ranges)


def parts(header: str, size: int) -> list[tuple[int, int]] | None:
    """The parts of a file that a Range header asks for, as (first, last), in order and not overlapping.

    size: of the file, in bytes. None where the header is to be ignored: it is not understood, or asks for too many
    parts. Empty where nothing of it is there: https://www.rfc-editor.org/rfc/rfc9110#section-14.2.

    >>> parts("bytes=0-1, -2", 10), parts("bytes=90-", 10), parts("lines=1-2", 10)
    ([(0, 1), (8, 9)], [], None)
    """
    ranges = _RANGES.fullmatch(header.strip())
    specs = [spec.strip(" \t") for spec in ranges[1].split(",")] if ranges else []
    specs = [spec for spec in specs if spec]
    if not 0 < len(specs) <= _PARTS:
        return None
    found: list[tuple[int, int]] = []
    for spec in specs:
        match = _RANGE.fullmatch(spec)
        if match is None or spec == "-":
            return None
        first, last = (_number(text) if text else None for text in match.groups())
        if first is not None and last is not None and last < first:
            return None
        if first is None:
            first, last = max(size - (last or 0), 0), None
        if first < size:
            found.append((first, size - 1 if last is None else min(last, size - 1)))
    merged: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _number(digits: str) -> int:
    """The number, or one that is beyond every file."""
    kept = digits.lstrip("0")
    return int(kept or "0") if len(kept) <= _DIGITS else 10**_DIGITS


def _holds(headers: Headers, tag: str, date: str) -> bool:
    """Whether the conditions of a request that wants this very file hold."""
    if "if-match" in headers:
        return headers["if-match"].strip() == "*" or ("", tag) in _TAG.findall(headers["if-match"])
    return headers.get("if-unmodified-since", date) == date


def _known(headers: Headers, tag: str, date: str) -> bool:
    """Whether the client has this file.

    Dates are compared for being the same: what is served may go back to an older file.
    """
    if "if-none-match" in headers:
        tags = [strong for _, strong in _TAG.findall(headers["if-none-match"])]
        return headers["if-none-match"].strip() == "*" or tag in tags
    return headers.get("if-modified-since") == date


class _File(FileResponse):
    """A file whose parts were chosen before it is sent."""

    _parts = ""

    def only(self, ranges: list[tuple[int, int]] | None) -> "_File":
        """Send these parts; all of it for None."""
        self._parts = "" if ranges is None else "bytes=" + ",".join(f"{first}-{last}" for first, last in ranges)
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, whatever else the request says."""
        headers = [pair for pair in scope["headers"] if pair[0] not in {b"range", b"if-range"}]
        if self._parts:
            headers.append((b"range", self._parts.encode()))
        await super().__call__({**scope, "headers": headers}, receive, send)
