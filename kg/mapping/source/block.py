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
    marks = _Marks(delimiter, quote)
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
        records = marks.records(data)
        size = min(max(batch * len(data) // (records or 1), _FIRST), _MOST)
        yield Block(data, records)
    if rest:
        yield Block(rest, marks.records(rest + b"\n"))


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


class _Marks:
    """What separates fields and records, outside of quotes: the same in each record."""

    def __init__(self, delimiter: bytes, quote: bytes) -> None:
        self._delimiter = delimiter
        self._others = bytes(set(range(256)) - {*delimiter, *quote, *b"\n"})
        self._quoted = re.compile(b"%b[^%b]*%b" % ((re.escape(quote),) * 3)) if quote else None
        self._of_one: bytes | None = None

    def records(self, data: bytes) -> int | None:
        """How many records there are; None when one differs from the first of the file, or a quote is not closed."""
        marks = data.translate(None, self._others)
        if self._quoted is not None:
            marks = self._quoted.sub(b"", marks)
        if self._of_one is None:
            self._of_one = self._delimiter * marks.partition(b"\n")[0].count(self._delimiter) + b"\n"
        lines = marks.count(b"\n")
        return lines if marks == self._of_one * lines else None
