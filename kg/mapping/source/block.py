"""Blocks of whole records of delimited text: what is read of a file at a time."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
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
    when each record has as many fields as the first of the file, no line is blank, no text follows a closing quote
    and no CR stands alone outside of quotes.
    """
    bare_of = _bare(delimiter, quote) if quote else None
    fields = 0

    def counted(data: bytes) -> int | None:
        nonlocal fields
        bare = bare_of(data) if bare_of and quote in data else data
        if bare is None:
            return None
        fields = fields or bare.partition(b"\n")[0].count(delimiter)
        return _records(bare, delimiter, fields)

    size, rest = _FIRST, b""
    while data := file.read(size):
        data = rest + data
        end = _end(data, quote)
        if not end and len(data) > _MOST:
            yield Block(data, None)
            return
        data, rest = data[:end], data[end:]
        if not data:
            # As much again, so that what is read again and again stays in proportion.
            size = min(max(size, len(rest)), _MOST)
            continue
        records = counted(data)
        size = min(max(batch * len(data) // (records or 1), _FIRST), _MOST)
        yield Block(data, records)
    if rest:
        closed = not quote or rest.count(quote) % 2 == 0
        yield Block(rest, counted(rest) if closed else None)


def _bare(delimiter: bytes, quote: bytes) -> Callable[[bytes], bytes | None]:
    """What takes the quoted parts out of a text; it gives None where text follows a closing quote.

    Polars would take such a text together with what was quoted.
    """
    mark = re.escape(quote)
    part, one = re.compile(mark + b"[^" + mark + b"]*" + mark), quote.replace(b"\\", rb"\\")
    behind = b"(?!" + re.escape(delimiter) + rb"|\r?\n|\Z|\0|" + mark + b")"
    faults = re.compile(mark + behind), re.compile(rb"\0\0" + behind)

    def bare_of(data: bytes) -> bytes | None:
        bare = part.sub(one, data.replace(quote * 2, b"\0\0"))
        for found in chain.from_iterable(fault.finditer(bare) for fault in faults):
            at = found.start()
            while at and bare[at - 1] in (0, quote[0]):
                at -= 1
            if at == 0 or bare[at - 1 : at] in (delimiter, b"\n"):
                return None
        return bare

    return bare_of


def _end(data: bytes, quote: bytes) -> int:
    """Where the last record ends that is whole: after the last line feed outside of quotes; 0 without one."""
    if not quote:
        return data.rfind(b"\n") + 1
    inside = data.count(quote) % 2 == 1
    after = len(data)
    while after >= 0:
        before = data.rfind(quote, 0, after)
        end = -1 if inside else data.rfind(b"\n", before + 1, after)
        if end >= 0:
            return end + 1
        inside = not inside
        after = before
    return 0


def _records(bare: bytes, delimiter: bytes, separators: int) -> int | None:
    """How many records of text without its quoted parts; None when they are not regular."""
    if bare.count(b"\r") != bare.count(b"\r\n"):
        # Alone outside of quotes it ends no line and is in no cell: https://www.rfc-editor.org/rfc/rfc4180#section-2
        return None
    ends = bare.translate(None, _ALL_BUT[delimiter])
    record = delimiter * separators + b"\n"
    lines = ends.count(b"\n") + (not bare.endswith(b"\n"))
    return lines if ends.removesuffix(b"\n") + b"\n" == record * lines else None


_ALL_BUT = {bytes([code]): bytes(set(range(256)) - {code, 0x0A}) for code in range(128)}
"""For each delimiter, the bytes that are neither it nor a line feed."""
