"""A request on its way to the application, and everybody who waits for its answer."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.web.cache.whole import MISS, Whole
from kg.web.http.tags import strong, weak

__all__ = ["LARGEST", "Flight", "LeftError"]

LARGEST = 2_000_000
"""Bytes of an answer that is held until it is whole; a larger one is passed on as it comes."""

# What an answer may depend on beside its address; another one cannot be told apart.
_VARIES = {b"accept", b"accept-encoding", b"accept-language"}
_ASKED = _VARIES | {b"content-type", b"host"}
# A file has a tag of its own, and tells that parts of it can be had.
_OWN = {b"accept-ranges", b"content-range", b"etag", b"last-modified", b"set-cookie"}
# What makes answers with the same body different ones.
_OF_REPRESENTATION = (b"content-type", b"content-encoding", b"content-language")
_REVALIDATED = (b"cache-control", b"no-cache")

T = TypeVar("T")


class LeftError(Exception):
    """A client that has left before it was answered."""


class Flight:
    """One request, for as many clients as ask the same while it is under way; the first of them leads.

    An answer that others may have too is held until it is whole; any other is passed on to the leader as it comes.
    """

    def __init__(self, app: ASGIApp, scope: Scope, send: Send, body: bytes, condition: bytes | None) -> None:
        """Prepare a request of the leader's. body: of the request. condition: If-None-Match."""
        self._app, self._send, self._body, self._condition = app, send, body, condition
        address = (scope["scheme"].encode(), scope["raw_path"], scope["query_string"])
        asked = (header for header in scope["headers"] if header[0] in _ASKED)
        self._name = (*address, body, *chain.from_iterable(asked))
        self._method = scope["method"]
        headers = [header for header in scope["headers"] if header[0] != b"if-none-match"]
        self._scope = {**scope, "headers": headers, "method": "POST" if self._method == "POST" else "GET"}
        self._answer: asyncio.Future[Whole | None] = asyncio.get_running_loop().create_future()
        self._clients, self._gone = 0, asyncio.Event()
        self._asked = self._deaf = self._sent = False
        self._start: Message = {}
        self._pieces: list[bytes] = []
        self._size = 0

    async def lead(self, receive: Receive, landed: Callable[[Whole | None], None]) -> Whole | None:
        """The answer, to be sent; None where it was passed on. Raises LeftError, and what the application raises.

        landed: called once, with what may be kept of the answer: nothing, all of it, or that it is to be passed on.
        """
        self._landed = landed
        self._task = asyncio.create_task(self._run())
        # Where the leader has left, nobody else asks how it ended.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._clients += 1
        try:
            answer = await _unless_left(self._answer, receive)
            if answer is None:
                await _unless_left(self._task, receive)
        except LeftError:
            # Who has all of it may go as soon as that is sent.
            if not self._sent:
                self._deaf = True
                raise
            await self._task
        finally:
            self._leave()
        return answer

    async def join(self, receive: Receive) -> Whole | None:
        """The answer, once it is whole; None where each is to be answered on their own. Raises LeftError."""
        self._clients += 1
        try:
            return await _unless_left(self._answer, receive)
        finally:
            self._leave()

    def _leave(self) -> None:
        self._clients -= 1
        if not self._clients:
            self._gone.set()
            self._decide(None)

    def _decide(self, whole: Whole | None) -> None:
        if not self._answer.done():
            self._answer.set_result(None if whole is None or whole.body is None else whole)
            self._landed(whole)

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._hear)
        except asyncio.CancelledError:
            if not self._deaf:
                raise
        finally:
            self._decide(None)

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _hear(self, message: Message) -> None:
        """Take a message of the application."""
        if self._deaf and self._answer.done():
            return
        if self._answer.done():
            self._sent = not message.get("more_body", False)
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
            headers = _by_name(message)
            if not _may_be_shared(headers) or int(headers.get(b"content-length", b"0")) > LARGEST:
                await self._pass(more=True)
        else:
            more = message.get("more_body", False)
            self._pieces.append(message.get("body", b""))
            self._size += len(self._pieces[-1])
            if self._size > LARGEST:
                await self._pass(more=more)
            elif not more:
                self._decide(self._whole(b"".join(self._pieces)))

    def _whole(self, body: bytes) -> Whole:
        """The answer that is held, with a tag of its own."""
        headers = _by_name(self._start)
        if self._start["status"] != 200:
            return Whole(self._start["status"], tuple(self._start["headers"]), b"", body)
        tag = strong((*(headers.get(name, b"") for name in _OF_REPRESENTATION), body))
        return self._tagged(tag, body)

    def _tagged(self, tag: bytes, body: bytes | None) -> Whole:
        headers = _by_name(self._start)
        more = [(b"etag", tag)]
        if b"cache-control" not in headers:
            more.append(_REVALIDATED)
        if body is not None and b"content-length" not in headers:
            more.append((b"content-length", str(len(body)).encode()))
        return Whole(200, (*self._start["headers"], *more), tag, body)

    async def _pass(self, *, more: bool) -> None:
        """Pass on to the leader what was heard so far. more: whether there is more to hear."""
        headers = _by_name(self._start)
        if self._start["status"] == 200 and _may_be_shared(headers):
            head = self._tagged(weak((headers.get(b"snapshot", b""), *self._name)), None)
        else:
            head = Whole(self._start["status"], tuple(self._start["headers"]), headers.get(b"etag", b""))
        self._decide(head)
        if self._deaf:
            self._task.cancel()
        elif self._method == "HEAD" or head.has(self._condition, self._method):
            self._deaf = self._sent = True
            await head.send(self._send, self._method, self._condition, hit=False)
            self._task.cancel()
        else:
            await self._send({**self._start, "headers": (*head.headers, MISS)})
            if self._pieces:
                self._sent = not more
                await self._send({"type": "http.response.body", "body": b"".join(self._pieces), "more_body": more})
        self._pieces.clear()


def _by_name(start: Message) -> dict[bytes, bytes]:
    """The headers of an answer, those of the same name as one."""
    found: dict[bytes, bytes] = {}
    for name, value in start["headers"]:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def _may_be_shared(headers: Mapping[bytes, bytes]) -> bool:
    """Whether an answer is no file, and one that everybody who asks the same may have."""
    control = headers.get(b"cache-control", b"").lower()
    varies = {name.strip() for name in headers.get(b"vary", b"accept").lower().split(b",")}
    return not (b"no-store" in control or b"private" in control or headers.keys() & _OWN or varies - _VARIES)


async def _unless_left(future: asyncio.Future[T], receive: Receive) -> T:
    """What a future gives; raises LeftError where the client leaves before."""
    left: asyncio.Future[Any] = asyncio.ensure_future(_leaving(receive))
    try:
        await asyncio.wait((future, left), return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise LeftError
        return future.result()
    finally:
        left.cancel()


async def _leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
