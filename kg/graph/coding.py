"""Content codings: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1."""

import sys
import zlib
from collections.abc import Callable
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["CODINGS", "IDENTITY", "Encoder", "encoder"]

IDENTITY = "identity"
_WBITS_GZIP = 31
# Levels at which an answer is coded about as fast as it is written.
_GZIP_LEVEL, _ZSTD_LEVEL = 4, 3


class Encoder(Protocol):
    """Codes a body piece by piece."""

    def compress(self, data: bytes, /) -> bytes:
        """What is ready after these bytes."""
        ...

    def flush(self) -> bytes:
        """What is left."""
        ...


def _gzip() -> Encoder:
    return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _WBITS_GZIP)


def _zstd() -> Encoder:
    return zstd.ZstdCompressor(level=_ZSTD_LEVEL)


# The first is taken where a client likes several alike.
_ENCODERS: dict[str, Callable[[], Encoder]] = {"zstd": _zstd, "gzip": _gzip}
CODINGS = tuple(_ENCODERS)


def encoder(coding: str) -> Encoder:
    """A new encoder for one of `CODINGS`."""
    return _ENCODERS[coding]()
