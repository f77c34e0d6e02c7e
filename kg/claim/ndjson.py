"""NDJSON files of one declared form -> tables, a batch of lines at a time, and what is wrong with a line.

A line in plain form, which one pattern recognises, is read by Polars. Any other goes through the scanner of the
standard library, which keeps numbers as they are written and can say what is wrong: https://www.rfc-editor.org/rfc/rfc8259.
"""

import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import polars as pl

from kg.claim.finding import Findings
from kg.errors import ContentError, Place, Problem, UsageError, nearest
from kg.mapping.source.flat import STRING
from kg.mapping.source.path import Double, Integer

__all__ = ["LINE", "Form", "Lines", "place_in", "read_lines"]

_GIVEN = "\0given"

LINE = "\0line"
"""The column of the number of a record's line in its file, from 1."""

Type = pl.DataType | type[pl.DataType]

_ENDINGS = (".ndjson", ".ndjson.gz", ".ndjson.zst")
# So much of a line is shown with a problem.
_SHOWN = 2000

_WS = "[ \\t]*"
# A key with its colon and what a value other than null begins with; words like that in a text count as well.
_KEY_WITH_VALUE = r'"[ \t]*:[ \t]*[^n \t]'
_INTEGER = "(?:0|[1-9][0-9]{0,8})"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a file, blank ones left out. file: as messages name it. numbers: of the lines, from 1."""

    file: str
    numbers: pl.Series
    texts: pl.Series

    def __len__(self) -> int:
        """How many there are."""
        return self.texts.len()

    def slice(self, start: int, end: int) -> "Lines":
        """The lines from `start` to, not including, `end`."""
        return Lines(self.file, self.numbers[start:end], self.texts[start:end])

    def place(self, number: int, name: str = "", words: str | None = None) -> Place:
        """Where words, else a field, of the record on a line are written; else where the record is."""
        return place_in(self.file, number, self.texts[int(self.numbers.search_sorted(number))], name, words)


def place_in(file: str, number: int, line: str, name: str = "", words: str | None = None) -> Place:
    """Where a text stands in a line, else a key, else the beginning of the line."""
    found = re.search(re.escape(json.dumps(words, ensure_ascii=False)), line) if words else None
    found = found or (re.search(rf'"{re.escape(name)}"\s*:', line) if name else None)
    column = found.start() + 1 if found else 1
    start = max(0, column - 1 - _SHOWN)
    return Place(file, number, column, line[: start + 2 * _SHOWN])


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path))
    if path.suffix == ".zst":
        try:
            import zstandard  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise UsageError(f"reading {path.name} needs zstandard: pip install 'pressgraph[zstd]'") from error
        unpacked = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True)
        return io.BufferedReader(cast("io.RawIOBase", unpacked))
    return path.open("rb")


def read_lines(path: Path, name: str, size: int) -> Iterator[Lines]:
    """Batches of at most `size` lines of a file, plain, gzip or zstd. Raises `ContentError` for what is no UTF-8."""
    first = 1
    try:
        with _open(path) as file:
            while block := b"".join(islice(file, size)):
                text = block.decode().removesuffix("\n")
                texts = pl.Series("text", text.removeprefix("\ufeff" if first == 1 else "").split("\n"))
                found = pl.DataFrame({"text": texts}).with_row_index("number", offset=first)
                first += texts.len()
                found = found.filter(pl.col("text").str.contains(r"[^ \t\r]"))
                if found.height:
                    yield Lines(name, found["number"].cast(pl.Int64), found["text"])
    except UnicodeDecodeError as error:
        number = first + error.object[: error.start].count(b"\n")
        place = Place(name, number, 1)
        raise ContentError([Problem("this line is not UTF-8", place, "save the file as UTF-8")]) from error
    except (OSError, EOFError) as error:
        raise ContentError([Problem(f"{name} cannot be read: {error}", None, "restore the file")]) from error


def _list_of(item: str) -> str:
    return rf"\[{_WS}(?:{item}(?:{_WS},{_WS}{item})*)?{_WS}\]"


def _object_of(members: Mapping[str, str]) -> str:
    """A pattern for an object with some of these members; `|` stands between names of one type."""
    one = "|".join(rf'"(?:{names})"{_WS}:{_WS}(?:null|{value})' for names, value in members.items())
    return rf"\{{{_WS}(?:(?:{one})(?:{_WS},{_WS}(?:{one}))*)?{_WS}\}}"


def _types(kind: pl.Struct) -> dict[str, Type]:
    return {item.name: cast("Type", item.dtype) for item in kind.fields}


def _names(kind: Type) -> list[str]:
    """The names of the members of objects in lists."""
    inner = cast("Type", kind.inner) if isinstance(kind, pl.List) else None
    return list(_types(inner)) if isinstance(inner, pl.Struct) else []


def _values(column: pl.Series) -> int:
    """How many values other than null stand in a column and in the objects in it."""
    own = column.len() - column.null_count()
    if not _names(column.dtype):
        return own
    items = column.filter(column.list.len() > 0).explode().struct.unnest()
    return own + sum(member.len() - member.null_count() for member in items)


def _held(value: pl.Expr, kind: Type) -> pl.Expr:
    """How many keys with a value other than null a column stands for, those of the objects in it included."""
    own = value.is_not_null().cast(pl.UInt32)
    members = [pl.element().struct.field(name).is_not_null().cast(pl.UInt32) for name in _names(kind)]
    return own + value.list.eval(pl.sum_horizontal(members)).list.sum().fill_null(0) if members else own


def _pattern(kind: Type) -> str:
    if isinstance(kind, pl.List):
        return _list_of(_pattern(cast("Type", kind.inner)))
    if isinstance(kind, pl.Struct):
        return _object_of({name: _pattern(held) for name, held in _types(kind).items()})
    return _INTEGER if kind == pl.Int64 else STRING


@dataclass(frozen=True)
class Form:
    """What a record may hold.

    columns: with their types: texts, whole numbers, lists and objects of these. fields: further names, each a text,
    a number or a list of these, kept as text as it is written.
    """

    columns: Mapping[str, Type]
    fields: Sequence[str] = ()
    _fields: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep the names of the fields for looking up."""
        object.__setattr__(self, "_fields", frozenset(self.fields))

    @cached_property
    def plain(self) -> str:
        """The pattern of a line that Polars reads as it is written, without a fault of form."""
        patterns: dict[str, list[str]] = {STRING: [re.escape(name) for name in self.fields]}
        for name, kind in self.columns.items():
            patterns.setdefault(_pattern(kind), []).append(name)
        members = {"|".join(names): value for value, names in patterns.items() if names}
        return rf"^{_WS}{_object_of(members)}[ \t\r]*$"

    @cached_property
    def _struct(self) -> pl.Struct:
        return pl.Struct({**self.columns, **dict.fromkeys(self.fields, pl.String)})

    def read(self, lines: Lines, findings: Findings) -> pl.DataFrame:
        """The records of the lines, in their order, with `LINE`; a line with a fault, which is noted, is left out."""
        frame = pl.DataFrame({LINE: lines.numbers, "text": lines.texts})
        is_plain = lines.texts.str.contains(self.plain)
        plain = self._plain(frame if is_plain.all() else frame.filter(is_plain))
        if plain.height == frame.height:
            return plain
        others = frame.join(plain.select(LINE), on=LINE, how="anti", maintain_order="left")
        rows = [(number, self._exact(number, text, lines.file, findings)) for number, text in others.iter_rows()]
        return self._merged(plain, [{LINE: number, **row} for number, row in rows if row is not None])

    def _plain(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The records of lines in plain form; one that may have a key twice, by the number of its keys, is left out."""
        given = pl.col("text").str.count_matches(_KEY_WITH_VALUE)
        made = frame.select(LINE, given.alias(_GIVEN), pl.col("text").str.json_decode(self._struct).alias("record"))
        made = made.unnest("record")
        values = made.drop(LINE, _GIVEN)
        # No line counts fewer keys than it has, so that equal sums are equal lines.
        if made[_GIVEN].sum() == sum(map(_values, values)):
            return made.drop(_GIVEN)
        found = pl.sum_horizontal(_held(pl.col(name), kind) for name, kind in values.schema.items())
        return made.filter(found == pl.col(_GIVEN)).drop(_GIVEN)

    def _merged(self, plain: pl.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """One table of both; a field that is a list in any record becomes a list in all."""
        lists = {
            name for row in rows for name, value in row.items() if name in self._fields and isinstance(value, list)
        }
        types: dict[str, Any] = {LINE: pl.Int64, **self.columns}
        types |= {name: pl.List(pl.String) if name in lists else pl.String for name in self.fields}
        made = [
            {name: [value] if name in lists and isinstance(value, str) else value for name, value in row.items()}
            for row in rows
        ]
        plain = plain.with_columns(
            pl.when(pl.col(name).is_not_null()).then(pl.concat_list(name)).alias(name) for name in lists
        )
        return pl.concat([plain, pl.DataFrame(made, schema=types)]).sort(LINE)

    def _exact(self, number: int, text: str, file: str, findings: Findings) -> dict[str, Any] | None:
        """The record of one line, or None with what is wrong noted."""
        try:
            record = _DECODER.decode(text.strip(" \t\r"))
        except json.JSONDecodeError as error:
            column = error.pos + 1 + len(text) - len(text.lstrip(" \t\r"))
            place = Place(file, number, column, text[:_SHOWN])
            findings.add("no JSON", f"this line is not JSON: {error.msg}", place, "write one JSON object a line")
            return None
        except (_TwiceError, ValueError, RecursionError) as error:
            findings.add("no JSON", f"this line is not JSON: {error}", place_in(file, number, text), "correct it")
            return None
        mine = list(self._faults(record))
        for kind, message, key, fix in mine:
            findings.add(kind, message, place_in(file, number, text, key), fix)
        if mine:
            return None
        whole = {name for name, kind in self.columns.items() if kind == pl.Int64}
        return {
            name: int(value) if name in whole and value is not None else _texts(value) for name, value in record.items()
        }

    def _faults(self, record: object) -> Iterator[tuple[str, str, str, str]]:
        """What kind of fault, what to say, the key that it is about, what to do."""
        if not isinstance(record, dict):
            yield "no record", "a record must be a JSON object", "", "write one JSON object a line"
            return
        for name, value in record.items():
            if name in self.columns:
                if value is not None and (said := _wrong(value, self.columns[name], name)):
                    yield "type", *said
            elif name in self._fields:
                items = value if isinstance(value, list) else [value]
                if any(isinstance(item, dict | list) or (item is None and items is value) for item in items):
                    yield "type", f"{name} must be a text, or a list of texts", name, "write the value as it stands"
                elif isinstance(value, list) and not value:
                    yield "type", f"{name} is an empty list", name, "give a value, or leave the key out"
                elif bad := next((item for item in items if isinstance(item, str) and _is_broken(item)), None):
                    yield "surrogate", f"{name} holds half a surrogate pair: {bad!r}", name, "correct the value"
            else:
                near = nearest(name, (*self.columns, *self.fields))
                yield "unknown field", f"unknown field {name!r}", name, near


class _TwiceError(ValueError):
    """A key stands twice in one object."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for number, (name, _) in enumerate(pairs) if name in {key for key, _ in pairs[:number]})
        raise _TwiceError(f"the key {twice!r} stands twice")
    return found


def _no_number(name: str) -> Any:  # noqa: ANN401 - it never returns
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=Integer, parse_float=Double, parse_constant=_no_number
)


def _is_broken(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _texts(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """A value with booleans as they are written, and whole numbers as numbers where they are one of objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_members_of(item) if isinstance(item, dict) else _texts(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _members_of(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(value) if isinstance(value, Integer) else value for name, value in item.items()}


def _wrong(value: object, kind: Type, name: str) -> tuple[str, str, str] | None:
    """What is wrong with a value for a type: the message, the key, the remedy."""
    if isinstance(kind, pl.List):
        items = value if isinstance(value, list) else ()
        said = next((said for item in items if (said := _wrong(item, cast("Type", kind.inner), name))), None)
        return said if isinstance(value, list) else (f"{name} must be a list", name, "write it as [item, item]")
    if isinstance(kind, pl.Struct):
        return _wrong_object(value, kind, name)
    if kind == pl.Int64:
        whole = isinstance(value, Integer) and re.fullmatch(_INTEGER, value)
        return None if whole else (f"{name} must be a whole number", name, "write up to nine digits, such as 42")
    if not isinstance(value, str) or isinstance(value, Integer | Double):
        return f"{name} must be a text", name, 'write it in quotation marks: "…"'
    return (f"{name} holds half a surrogate pair", name, "correct the value") if _is_broken(value) else None


def _wrong_object(value: object, kind: pl.Struct, name: str) -> tuple[str, str, str] | None:
    types = _types(kind)
    if not isinstance(value, dict):
        return f"an item of {name} must be an object", name, f"write {{{', '.join(types)}}}"
    for key, held in value.items():
        if key not in types:
            return f"unknown key {key!r} in {name}", key, nearest(key, types)
        if held is not None and (said := _wrong(held, types[key], key)):
            return said
    return None
