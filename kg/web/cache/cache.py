"""Whole answers, kept as they are sent: who asks again what was answered is answered without asking anybody.

A cache of the origin server itself, so that everything in it is as good as new: it holds answers of one snapshot, and
is emptied when another one is served. https://www.rfc-editor.org/rfc/rfc9111
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from starlette.types import Message, Receive, Scope, Send

from kg.web.cache.flight import Flight, LeftError
from kg.web.cache.whole import Whole
from kg.web.entry import current
from kg.web.http.negotiation import coding, language
from kg.web.limits import LIMITS, Limits
from kg.web.live import Live
from kg.web.show.texts import LANGUAGES

__all__ = ["Cache"]

_METHODS = frozenset({"GET", "HEAD", "POST"})
_FORM = b"application/x-www-form-urlencoded"
_QUERY = b"application/sparql-query"
_READ = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"content-type",
        b"host",
        b"if-none-match",
    }
)
# Who sends one of these is answered for oneself; parts and dates are of files alone.
_OWN = frozenset({b"authorization", b"if-match", b"if-modified-since", b"if-range", b"if-unmodified-since", b"range"})
_TOLD = _READ | _OWN
# Bytes that keeping an answer takes beside those of its address and of itself.
_BESIDE = 1500

# Address; type of the body and body; what is accepted, the coding and the language that are liked best.
Key = tuple[str, bytes, bytes, bytes, bytes, bytes, bytes, str, str]


@lru_cache(1000)
def _accepted(header: bytes) -> bytes:
    """An Accept header without what makes no difference."""
    return header.lower().replace(b" ", b"").replace(b"\t", b"")


@lru_cache(1000)
def _coding(header: bytes) -> str:
    return coding(header.decode("latin-1"))


@lru_cache(1000)
def _language(header: bytes) -> str:
    return language({}, header.decode("latin-1"), LANGUAGES)


class Cache:
    """An ASGI application before the live one, which it asks everything once."""

    def __init__(self, live: Live, limits: Limits = LIMITS) -> None:
        """Begin empty."""
        self._live, self._limits = live, limits
        self._name = ""
        self._kept: OrderedDict[Key, Whole] = OrderedDict()
        self._flights: dict[Key, Flight] = {}
        self._bytes = 0

    @property
    def snapshot(self) -> str:
        """The name of the snapshot that is served."""
        return self._live.snapshot

    def held(self) -> dict[str, float]:
        """How much is held, by unit."""
        return {"bytes": self._bytes, "answers": len(self._kept)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, else from what is asked."""
        if scope["type"] != "http" or scope["method"] not in _METHODS or not self._limits.cache:
            await self._live(scope, receive, send)
            return
        told = _told(scope)
        if not told.keys().isdisjoint(_OWN):
            await self._live(scope, receive, send)
            return
        body = b""
        if scope["method"] == "POST":
            read = await self._body(told.get(b"content-type", b""), receive)
            if not isinstance(read, bytes):
                await self._live(scope, read, send)
                return
            body = read
        key, condition, method = _key(scope, told, body), told.get(b"if-none-match"), scope["method"]
        if (kept := self._found(key, condition, method)) is not None:
            entry = current()
            entry.cache, entry.snapshot = "hit", self._name
            await kept.send(send, method, condition, hit=True)
            return
        try:
            whole = await self._asked(key, Flight(self._live, scope, send, body, condition), receive)
        except LeftError:
            # Who has all of it may leave.
            if not (entry := current()).whole:
                entry.outcome = "gone"
            return
        if whole is not None:
            await whole.send(send, method, condition, hit=False)

    def at_once(self, scope: Scope) -> tuple[int, bytes, bytes] | None:
        """Status, lines of the header and body of an answer that is kept; None where it must be asked for.

        The same as calling, for a server that can write an answer without a task for it.
        """
        method = scope["method"]
        if method not in {"GET", "HEAD"}:
            return None
        told = _told(scope)
        if not told.keys().isdisjoint(_OWN):
            return None
        condition = told.get(b"if-none-match")
        kept = self._found(_key(scope, told, b""), condition, method)
        return None if kept is None else kept.rendered(method, condition)

    def _found(self, key: Key, condition: bytes | None, method: str) -> Whole | None:
        """What is kept, where it answers the request."""
        if self._name != self._live.snapshot:
            self._begin_anew()
        kept = self._kept.get(key)
        if kept is None or (kept.body is None and not kept.has(condition, method)):
            return None
        self._kept.move_to_end(key)
        return kept

    async def _asked(self, key: Key, own: Flight, receive: Receive) -> Whole | None:
        """The answer to what is not kept, to be sent; None where it was sent. Raises LeftError."""
        # What is known to be passed on is nobody else's.
        alone = key in self._kept
        if not alone and (flight := self._flights.get(key)):
            if (whole := await flight.join(receive)) is not None:
                entry = current()
                entry.cache, entry.snapshot = "hit", self._name
                return whole
            alone = True
        current().cache = "miss"
        return await own.lead(receive, self._landing(key, own, shared=not alone))

    def _landing(self, key: Key, flight: Flight, *, shared: bool) -> Callable[[Whole | None], None]:
        """What is to be done when it is known what a flight brings. shared: whether others may join it until then."""
        name = self._name
        if shared:
            self._flights[key] = flight

        def landed(whole: Whole | None) -> None:
            if shared and self._flights.get(key) is flight:
                del self._flights[key]
            if whole is not None and name == self._name and (b"snapshot", name.encode()) in whole.headers:
                self._keep(key, whole)

        return landed

    def _keep(self, key: Key, whole: Whole) -> None:
        if whole.status != 200:
            return
        self._drop(key)
        self._kept[key] = whole
        self._bytes += _size(key, whole)
        while self._bytes > self._limits.cache:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        whole = self._kept.pop(key, None)
        if whole is not None:
            self._bytes -= _size(key, whole)

    def _begin_anew(self) -> None:
        """Forget the answers of the snapshot before."""
        self._name = self._live.snapshot
        self._kept.clear()
        self._flights.clear()
        self._bytes = 0

    async def _body(self, kind: bytes, receive: Receive) -> bytes | Receive:
        """The body of a query; what takes any other one from its beginning."""
        kind = kind.partition(b";")[0].strip().lower()
        if kind not in {_FORM, _QUERY}:
            return receive
        read, more = bytearray(), True
        while more and len(read) <= self._limits.bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            read += message.get("body", b"")
            more = message.get("more_body", False)
        if not more and len(read) <= self._limits.bytes and not (kind == _FORM and _is_update(bytes(read))):
            return bytes(read)
        return _again(bytes(read), receive, more=more)


def _told(scope: Scope) -> dict[bytes, bytes]:
    """The headers that matter here, those of the same name as one."""
    told: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _TOLD:
            told[name] = told[name] + b", " + value if name in told else value
    return told


def _key(scope: Scope, told: Mapping[bytes, bytes], body: bytes) -> Key:
    return (
        scope["scheme"],
        told.get(b"host", b""),
        scope["raw_path"],
        scope["query_string"],
        told.get(b"content-type", b"") if scope["method"] == "POST" else b"",
        body,
        _accepted(told.get(b"accept", b"")),
        _coding(told.get(b"accept-encoding", b"")),
        _language(told.get(b"accept-language", b"")),
    )


def _is_update(form: bytes) -> bool:
    """Whether a form has a field `update`."""
    return any(unquote_to_bytes(field.partition(b"=")[0]) == b"update" for field in form.split(b"&"))


def _again(read: bytes, receive: Receive, *, more: bool) -> Receive:
    """Receives what was read once more, and then what follows."""
    first = [{"type": "http.request", "body": read, "more_body": more}]

    async def received() -> Message:
        return first.pop() if first else await receive()

    return received


def _size(key: Key, whole: Whole) -> int:
    return sum(map(len, key)) + len(whole.body or b"") + _BESIDE
