"""What stands at a web address, fetched so that nothing but what is allowed is ever connected to.

Each redirect is a new address, which is looked up, checked and connected to by `kg.connection` as the first one is.
"""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from kg.address import Reach, origin_of
from kg.connection import connect

__all__ = ["Content", "Document", "FailedError", "Request", "fetch", "opened"]

_REDIRECTS = 5
# A document may have moved by any of these; what is sent stays as it is, except by 303, which asks for something else.
_MOVED = frozenset({301, 302, 307, 308})
_PIECE = 1 << 16
_SECONDS = 30.0
_SAFE = "/%:@!$&'()*+,;=~-._?"


class FailedError(Exception):
    """What cannot be fetched although it may.

    status: that is answered, 0 where nothing is that can be understood. retry: its Retry-After, where it has one.
    """

    def __init__(self, told: str, status: int = 0, retry: str = "") -> None:
        """Note what is told."""
        super().__init__(told)
        self.status, self.retry = status, retry


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to an address.

    headers: with it. body: sent by POST; None for a GET. private: headers that no other scheme, host and port is sent.
    seconds: for each piece of the answer; None where whoever reads sees to that.
    """

    headers: Mapping[str, str]
    body: bytes | None = None
    private: Mapping[str, str] | None = None
    seconds: float | None = _SECONDS


@dataclass(frozen=True, slots=True)
class Document:
    """What stands at an address. address: where it was in the end. media_type: without parameters, in lower case."""

    address: str
    media_type: str
    body: bytes


class Content:
    """What stands at an address, to be read as it comes.

    address, media_type: as of a `Document`. ends: whether it tells where it ends, so that one that is cut is noticed.
    """

    def __init__(self, address: str, answer: http.client.HTTPResponse) -> None:
        """Read nothing yet."""
        self.address, self._answer = address, answer
        self.media_type = answer.headers.get_content_type()
        self.ends = answer.chunked or answer.length is not None

    def read(self, size: int = -1) -> bytes:
        """The next bytes, no more than `size` and maybe fewer, none at the end; raises FailedError for one cut."""
        try:
            piece = self._answer.read1(_PIECE if size < 0 else size)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FailedError(_reason(error)) from error
        if not piece and size and self._answer.length:
            raise FailedError("its answer was cut")
        return piece


def fetch(address: str, reach: Reach, most: int, headers: Mapping[str, str], body: bytes | None = None) -> Document:
    """What stands at a web address, or is answered there to a body that is sent.

    most: bytes that it may have. headers: of the request. How long it may take, the caller sees to.
    Raises as `opened`.
    """
    with opened(address, reach, Request(headers, body)) as found:
        content = bytearray()
        while piece := found.read():
            content += piece
            if len(content) > most:
                raise FailedError(f"its answer has more than {most:,} bytes")
        return Document(found.address, found.media_type, bytes(content))


@contextmanager
def opened(address: str, reach: Reach, request: Request) -> Iterator[Content]:
    """What stands at a web address, or is answered there, as long as it is read.

    Raises kg.address.ForbiddenError for what may not be reached, and FailedError.
    """
    first = origin_of(address)
    for _ in range(_REDIRECTS + 1):
        address = urldefrag(address).url
        private = request.private if request.private and origin_of(address) == first else {}
        connection, answer = _ask(address, reach, request, {**request.headers, **private})
        try:
            if answer.status not in _MOVED or not (location := answer.headers.get("Location")):
                _check(answer)
                yield Content(address, answer)
                return
        finally:
            # An answer that is the last of its connection is not closed with it.
            answer.close()
            connection.close()
        address = urljoin(address, location)
    raise FailedError("it redirects too often")


def _check(answer: http.client.HTTPResponse) -> None:
    """Raise FailedError for an answer that is none."""
    if answer.status != http.client.OK:
        told = f"it answers {answer.status} {answer.reason}"[:200]
        raise FailedError(told, answer.status, answer.headers.get("Retry-After", ""))
    if (packed := answer.headers.get("Content-Encoding", "identity")) != "identity":
        raise FailedError(f"its answer is packed with {packed[:40]}, which was not asked for")


def _ask(
    address: str, reach: Reach, request: Request, headers: Mapping[str, str]
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """A connection, and what comes back on it; raises as `opened`."""
    parts = urlsplit(address)
    target = quote(parts.path or "/", _SAFE) + (f"?{quote(parts.query, _SAFE)}" if parts.query else "")
    sent = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "pressgraph", **headers}
    try:
        connection = connect(address, reach, request.seconds or _SECONDS)
        try:
            connection.sock.settimeout(request.seconds)
            connection.request("GET" if request.body is None else "POST", target, request.body, sent)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FailedError(_reason(error)) from error


def _reason(error: Exception) -> str:
    told = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(told.split())[:200]
