"""Blocks of whole records of delimited text: what is read of a file at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

__all__ = ["Block", "blocks"]

_FIRST = 1 << 16
_MOST = 1 << 25


@dataclass(frozen=True, slots=True)
class Block:
    """Some records as they stand in the file. records: how many; None when they are not sure to be regular."""

    data: bytes
    records: int | None


def blocks(file: IO[bytes], delimiter: bytes, quote: bytes, batch: int) -> Iterator[Block]:
    """Blocks of about `batch` records, of 64 KB to 32 MB; quote: empty where nothing is quoted.

    After a record that is longer, and may be one whose quote is never closed, there are none. A block is regular
    when each record has as many fields as the first of the file and no line is blank.
    """
    quoted = re.compile(re.escape(quote) + b"[^" + re.escape(quote) + b"]*" + re.escape(quote)) if quote else None
    fields = 0
    size, rest = _FIRST, b""
    while data := file.read(size):
        data = rest + data
        end = _end(data, quote)
        if not end and len(data) > _MOST:
            yield Block(data, None)
            return
        data, rest = data[:end], data[end:]
        if not data:
            continue
        bare = quoted.sub(b"", data) if quoted and quote in data else data
        fields = fields or bare.partition(b"\n")[0].count(delimiter)
        records = _records(bare, delimiter, fields)
        size = min(max(batch * len(data) // (records or 1), _FIRST), _MOST)
        yield Block(data, records)
    if rest:
        bare = quoted.sub(b"", rest) if quoted else rest
        closed = not quote or quote not in bare
        yield Block(rest, _records(bare, delimiter, fields or bare.count(delimiter)) if closed else None)


def _end(data: bytes, quote: bytes) -> int:
    """Where the last record ends that is whole: after the last line feed outside of quotes; 0 without one."""
    if not quote:
        return data.rfind(b"\n") + 1
    open_quotes = data.count(quote) % 2
    after, end = len(data), data.rfind(b"\n")
    while end >= 0:
        open_quotes = (open_quotes + data.count(quote, end, after)) % 2
        if not open_quotes:
            return end + 1
        after, end = end, data.rfind(b"\n", 0, end)
    return 0


def _records(bare: bytes, delimiter: bytes, separators: int) -> int | None:
    """How many records of text without its quoted parts; None when they may differ in fields, or a line is blank."""
    lines = bare.count(b"\n") + (not bare.endswith(b"\n"))
    if separators and (bare.startswith((b"\n", b"\r\n")) or b"\n\n" in bare or b"\n\r\n" in bare):
        return None
    return lines if bare.count(delimiter) == separators * lines else None
