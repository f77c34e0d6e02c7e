"""Texts of JSON -> values, with every number as it is written: https://www.rfc-editor.org/rfc/rfc8259.

The columnar readers of Polars and DuckDB write 2.5 and 1000.0 for 2.50 and 1e3, and give no type where a field has
two. So msgspec decodes a block at a time, with fractions handed over as they are written and integers as integers; the
scanner of the standard library reads what it cannot (`-0`, thousands of digits) and says where a text is wrong.
"""

import gc
import json
import mmap
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from kg.mapping.model import LogicalSource
from kg.mapping.source.access import read_bytes, read_text, unpacked
from kg.mapping.source.path import Double, Integer, JsonPath, Node
from kg.mapping.source.refusal import refused

__all__ = ["Block", "blocks", "decode"]

# Bytes and items decoded at once.
_BLOCK = 1 << 22
_ITEMS = 16_000

# An integer, in a string perhaps, that does not come back as it is written.
_NEGATIVE_ZERO = re.compile(rb"-0(?![0-9.eE])")


def _no_number(name: str) -> Any:  # noqa: ANN401 - it never returns
    raise ValueError(f"{name} is no number of JSON")


_EXACT = json.JSONDecoder(parse_int=Integer, parse_float=Double, parse_constant=_no_number)
_FAST = msgspec.json.Decoder(float_hook=Double)
# What msgspec raises for a text that it cannot read, and the standard library for one that is wrong.
_FAULTS = (ValueError, RecursionError)


def decode(text: str, source: LogicalSource, line: int = 1) -> Node:
    """A text of JSON as a value, its numbers as they are written. Raises `ContentError`."""
    try:
        return _EXACT.decode(text)
    except json.JSONDecodeError as error:
        at = f"line {line + error.lineno - 1}, column {error.colno}"
        raise refused(f"{source.label} is not JSON at {at}: {error.msg}", source.place, "correct the file") from error
    except _FAULTS as error:
        raise refused(f"{source.label} is not JSON: {error}", source.place, "correct the file") from error


@dataclass(frozen=True, slots=True)
class Block:
    """Some values of a file. values: decodes them. lines: the values as they are written, one a line, where known."""

    values: Callable[[], list[Node]]
    lines: bytes = b""


def blocks(source: LogicalSource, path: Path, iterator: JsonPath) -> Iterator[Block]:
    """The values that the iterator selects of a JSON or NDJSON file, some at a time. Raises `ContentError`."""
    if unpacked(source, path).endswith((".ndjson", ".jsonl")):
        # The lines are the items of an array, and `$` alone stands for each of them.
        lines = _lines(source, path)
        if not iterator.steps or iterator.within == ():
            yield from lines
        elif iterator.itemwise:
            yield from (Block(partial(_selected, block, iterator)) for block in lines)
        else:
            yield Block(lambda: iterator.values([value for block in lines for value in block.values()]))
        return
    if iterator.within is not None:
        content = _mapped(source, path)
        found = _found(content, iterator.within)
        if found is not None:
            for at in range(0, len(found), _ITEMS):
                _forget(content)
                items = found[at : at + _ITEMS]
                yield Block(partial(_items, items, source, path), b"\n".join(map(bytes, items)))
            return
    values = iterator.values(_document(source, path))
    for at in range(0, len(values), _ITEMS):
        yield Block(partial(values.__getitem__, slice(at, at + _ITEMS)))


def _selected(block: Block, iterator: JsonPath) -> list[Node]:
    return iterator.values(block.values())


def _document(source: LogicalSource, path: Path) -> Node:
    """The whole text as a value. The cycle collector rests meanwhile: it would walk all values again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return decode(read_text(source, path), source)
    finally:
        if collecting:
            gc.enable()


def _lines(source: LogicalSource, path: Path) -> Iterator[Block]:
    """The values of the lines, in blocks of lines."""
    line = 1
    # Pieces of a line whose end was not read yet.
    begun: list[bytes] = []
    for piece in _pieces(_utf8(source, path)):
        cut = piece.rfind(b"\n") + 1
        if cut:
            data = b"".join((*begun, piece[:cut]))
            yield Block(partial(_block, data, source, line), data)
            line += data.count(b"\n")
            begun = []
        begun.append(piece[cut:])
    yield Block(partial(_block, b"".join(begun), source, line))


def _utf8(source: LogicalSource, path: Path) -> bytes | Path:
    plain = source.encoding.lower().replace("-", "") in ("", "utf8")
    return read_bytes(source, path) if plain else read_text(source, path).encode()


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield from (content[at : at + _BLOCK] for at in range(0, len(content), _BLOCK))
        return
    with content.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _block(data: bytes, source: LogicalSource, first: int) -> list[Node]:
    if not _NEGATIVE_ZERO.search(data):
        try:
            records: list[Node] = _FAST.decode_lines(data)
            if len(records) == data.count(b"\n"):
                return records
        except _FAULTS:
            pass
    # Read line by line, to say which is wrong.
    try:
        text = data.decode("utf-8-sig" if first == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise refused(f"{source.label} is not UTF-8 ({error.reason})", source.place, "say its encoding") from error
    return [decode(line, source, first + n) for n, line in enumerate(text.split("\n")) if line and not line.isspace()]


def _mapped(source: LogicalSource, path: Path) -> bytes | mmap.mmap:
    content = _utf8(source, path)
    if isinstance(content, bytes) or not content.stat().st_size:
        return content if isinstance(content, bytes) else b""
    with content.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _forget(content: bytes | mmap.mmap) -> None:
    """Let go of the memory that holds what was read of a file; what is needed again is read again."""
    if isinstance(content, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        content.madvise(mmap.MADV_DONTNEED)


def _found(content: bytes | mmap.mmap, within: Sequence[str]) -> list[msgspec.Raw] | None:
    """The items of the array that these member names lead to; None where there is none, or msgspec cannot read it."""
    try:
        found = _array(tuple(within)).decode(content)
    except _FAULTS:
        return None
    for _ in within:
        found = found.inner
    return found  # type: ignore[no-any-return]


@cache
def _array(within: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """A decoder that finds the items of one array and leaves them undecoded."""
    kind: Any = list[msgspec.Raw]
    for name in reversed(within):
        kind = msgspec.defstruct("Holder", [("inner", kind)], rename={"inner": name})
    return msgspec.json.Decoder(kind)


def _items(raw: Sequence[msgspec.Raw], source: LogicalSource, path: Path) -> list[Node]:
    data = b"[" + b",".join(map(bytes, raw)) + b"]"
    try:
        if not _NEGATIVE_ZERO.search(data):
            return _FAST.decode(data)  # type: ignore[no-any-return]
        return decode(data.decode(), source)  # type: ignore[no-any-return]
    except _FAULTS:
        # The whole text is read to say where it is wrong.
        _document(source, path)
    return decode(data.decode(), source)  # type: ignore[no-any-return]
