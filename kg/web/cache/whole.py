"""An answer as it is sent, to whoever asks for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.types import Send

from kg.web.http.tags import has

__all__ = ["MISS", "Whole"]

# What tells of the content, which is not sent again: https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5.
_OF_CONTENT = {b"content-length", b"content-type", b"content-encoding", b"content-language"}
# https://www.rfc-editor.org/rfc/rfc9211
MISS = (b"cache-status", b"pressgraph; fwd=miss")
_HIT = (b"cache-status", b"pressgraph; hit")

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer. tag: its entity tag, empty where it has none. body: None for one that is not held.

    lines: its headers as they are sent once it is kept.
    """

    status: int
    headers: Headers
    tag: bytes = b""
    body: bytes | None = None
    lines: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Write the headers once."""
        object.__setattr__(self, "lines", _lines((*self.headers, _HIT)))

    async def send(self, send: Send, method: str, condition: bytes | None, *, hit: bool) -> None:
        """Send it, or that the client has it. condition: If-None-Match. hit: whether it was kept."""
        status, headers, body = self.status, (*self.headers, _HIT if hit else MISS), self.body or b""
        if self.has(condition, method):
            status, headers, body = 304, tuple(header for header in headers if header[0] not in _OF_CONTENT), b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    def rendered(self, method: str, condition: bytes | None) -> tuple[int, bytes, bytes]:
        """Status, lines of the header and body, of an answer that was kept."""
        if self.has(condition, method):
            return 304, _lines(header for header in (*self.headers, _HIT) if header[0] not in _OF_CONTENT), b""
        return self.status, self.lines, b"" if method == "HEAD" or self.body is None else self.body

    def has(self, condition: bytes | None, method: str) -> bool:
        """Whether the client says that it has this answer."""
        return condition is not None and self.tag != b"" and method != "POST" and has(condition, self.tag)


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)
