"""The dialect of a CSV file: https://www.w3.org/TR/tabular-metadata/#dialect-descriptions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kg.errors import nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import unpacked
from kg.mapping.source.refusal import refused

__all__ = ["Dialect", "dialect_of"]

T = TypeVar("T")

_TRUE = {"true": True, "1": True, "false": False, "0": False}
_TRIM = {"true": (True, True), "1": (True, True), "start": (True, False), "end": (False, True)}
_TRIM |= {"false": (False, False), "0": (False, False)}
_PROPERTIES = (
    "commentPrefix", "delimiter", "doubleQuote", "encoding", "header", "headerRowCount", "lineTerminators", "quoteChar",
    "skipBlankRows", "skipColumns", "skipInitialSpace", "skipRows", "trim",
)  # fmt: skip
# What is said of a source besides its dialect.
_OTHERS = (
    "type",
    "contentType",
    "operationType",
    "queryFormulation",
    "query",
    "name",
    "username",
    "password",
    "driver",
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the records of a file are written.

    quote: None where none quotes. doubled: whether a quote in quotes is written twice, not after a backslash.
    comment: what a line begins with that is no record. skip_rows, skip_columns: left out at the beginning. start, end:
    of a cell from which white space is taken off. blank: whether blank lines are left out (True) or records (False);
    None: left out where there are several columns. encoding: empty: that of the source.
    """

    delimiter: str = ","
    quote: str | None = '"'
    doubled: bool = True
    header: bool = True
    comment: str | None = None
    skip_rows: int = 0
    skip_columns: int = 0
    start: bool = False
    end: bool = False
    blank: bool | None = None
    encoding: str = ""

    @property
    def plain(self) -> bool:
        """Whether it is of a kind that is read in columns."""
        ascii_ = self.delimiter.isascii() and (self.quote or "").isascii()
        skips = self.comment or self.skip_rows or self.skip_columns or self.blank is not None
        return ascii_ and self.doubled and not (skips or self.start or self.end)


def dialect_of(source: LogicalSource, path: Path) -> Dialect:
    """The dialect that a source says, with tabs between cells where only the file's name tells.

    Raises `ContentError` for a property that there is not, or a value that it does not take.
    """
    said = {name: value for name, value in source.settings if name not in _OTHERS and ":" not in name}
    for name in said:
        if name not in _PROPERTIES:
            raise refused(f"{name!r} is no property of a CSV dialect", source.place, nearest(name, _PROPERTIES))
    start, end = _one_of(source, said, "trim", _TRIM, "false")
    by_name = "\t" if unpacked(source, path).endswith((".tsv", ".tab")) else ","
    rows = _number(source, said, "headerRowCount") if "headerRowCount" in said else None
    if rows is not None and rows > 1:
        raise refused(f"headerRowCount {rows}: one row of names is read", source.place, "leave the others by skipRows")
    for ending in re.split(r"[\s,]+", said.get("lineTerminators", "").replace("\r", "\\r").replace("\n", "\\n")):
        if ending not in ("", "\\n", "\\r\\n"):
            raise refused(f"lineTerminators {ending!r}: only LF and CRLF end lines", source.place, "change the file")
    return Dialect(
        _character(source, said.get("delimiter", by_name), "delimiter"),
        _character(source, quote, "quoteChar") if (quote := said.get("quoteChar", '"')) else None,
        _one_of(source, said, "doubleQuote", _TRUE, "true"),
        _one_of(source, said, "header", _TRUE, "true") if rows is None else rows == 1,
        said.get("commentPrefix") or None,
        _number(source, said, "skipRows"),
        _number(source, said, "skipColumns"),
        start or _one_of(source, said, "skipInitialSpace", _TRUE, "false"),
        end,
        _one_of(source, said, "skipBlankRows", _TRUE, "true") if "skipBlankRows" in said else None,
        said.get("encoding", ""),
    )


def _one_of(source: LogicalSource, said: Mapping[str, str], name: str, known: Mapping[str, T], default: str) -> T:
    value = said.get(name, default)
    if value.lower() not in known:
        raise refused(f"{name} {value!r} is not understood", source.place, nearest(value, known))
    return known[value.lower()]


def _number(source: LogicalSource, said: Mapping[str, str], name: str) -> int:
    value = said.get(name, "0")
    if not re.fullmatch("[0-9]{1,9}", value):
        raise refused(f"{name} {value!r} is no number of them", source.place, "write a whole number, 0 or more")
    return int(value)


def _character(source: LogicalSource, text: str, name: str) -> str:
    if len(text) != 1 or text in "\r\n":
        raise refused(f"{name} {text!r} is not one character", source.place, "write one, such as ; or \\t")
    return text
