"""Entity tags, and whether a client has what it asks for: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3."""

import hashlib
import re
from collections.abc import Iterable

__all__ = ["has", "strong", "weak"]

# One element of a list, which may be empty, up to its comma or to the end.
_ELEMENT = re.compile(rb'[ \t]*(?:(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|\Z)')


def strong(parts: Iterable[bytes]) -> bytes:
    """The tag of what is the same byte for byte as long as its parts are."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        # Where a part ends tells it from the next one.
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return f'"{digest.hexdigest()}"'.encode()


def weak(parts: Iterable[bytes]) -> bytes:
    """The tag of what says the same as long as its parts are the same."""
    return b"W/" + strong(parts)


def has(header: bytes, tag: bytes) -> bool:
    """Whether an If-None-Match header says that the client has what `tag` names, compared weakly.

    A header that is not well formed says nothing. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2

    >>> has(b'"a", W/"b"', b'"b"'), has(b"*", b'"b"'), has(b'"a"', b'"b"'), has(b"b", b'"b"')
    (True, True, False, False)
    """
    if header.strip(b" \t") == b"*":
        return True
    opaque, place, found = tag.removeprefix(b"W/"), 0, False
    while place < len(header):
        element = _ELEMENT.match(header, place)
        if element is None:
            return False
        found = found or element[1] == opaque
        place = element.end()
    return found
