"""What stands at a web address, fetched so that nothing but what is allowed is ever connected to.

Each redirect is a new address, which is looked up, checked and connected to by `kg.connection` as the first one is.
"""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from kg.address import Reach
from kg.connection import connect

__all__ = ["Document", "FailedError", "fetch"]

_REDIRECTS = 5
# A document may have moved by any of these; what is sent stays as it is, except by 303, which asks for something else.
_MOVED = frozenset({301, 302, 307, 308})
_PIECE = 1 << 16
_SECONDS = 30.0
_SAFE = "/%:@!$&'()*+,;=~-._?"


class FailedError(Exception):
    """What cannot be fetched although it may."""


@dataclass(frozen=True, slots=True)
class Document:
    """What stands at an address. address: where it was in the end. media_type: without parameters, in lower case."""

    address: str
    media_type: str
    body: bytes


def fetch(address: str, reach: Reach, most: int, headers: Mapping[str, str], body: bytes | None = None) -> Document:
    """What stands at a web address, or is answered there to a body that is sent.

    most: bytes that it may have. headers: of the request. How long it may take, the caller sees to.
    Raises kg.address.ForbiddenError for what may not be reached, and FailedError.
    """
    for _ in range(_REDIRECTS + 1):
        address = urldefrag(address).url
        try:
            answered = _ask(address, reach, most, headers, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FailedError(_reason(error)) from error
        if isinstance(answered, Document):
            return answered
        address = urljoin(address, answered)
    raise FailedError("it redirects too often")


def _ask(address: str, reach: Reach, most: int, headers: Mapping[str, str], body: bytes | None) -> Document | str:
    """The answer, or the address that it redirects to."""
    parts = urlsplit(address)
    target = quote(parts.path or "/", _SAFE) + (f"?{quote(parts.query, _SAFE)}" if parts.query else "")
    connection = connect(address, reach, _SECONDS)
    try:
        sent = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "pressgraph", **headers}
        connection.request("GET" if body is None else "POST", target, body, sent)
        answer = connection.getresponse()
        if answer.status in _MOVED and (location := answer.headers.get("Location")):
            return location
        if answer.status != http.client.OK:
            raise FailedError(f"it answers {answer.status} {answer.reason}"[:200])
        if (packed := answer.headers.get("Content-Encoding", "identity")) != "identity":
            raise FailedError(f"its answer is packed with {packed[:40]}, which was not asked for")
        content = bytearray()
        while piece := answer.read1(_PIECE):
            content += piece
            if len(content) > most:
                raise FailedError(f"its answer has more than {most:,} bytes")
        if answer.length:
            raise FailedError("its answer was cut")
        return Document(address, answer.headers.get_content_type(), bytes(content))
    finally:
        connection.close()


def _reason(error: Exception) -> str:
    told = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(told.split())[:200]
