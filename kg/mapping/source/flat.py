"""Lines of JSON, each an object of single values -> columns, by Polars, every value as it is written.

One pattern recognises them: the members in one order, each once or left out, around one that every object has; texts
where texts were before. Numbers are taken from the line as they stand there, as Polars would write 2.5 for 2.50. What
a pattern does not recognise is read value by value, and told to it.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from kg.mapping.lexical import XSD
from kg.mapping.source.batch import natural
from kg.mapping.source.path import Double, Integer, Node

__all__ = ["STRING", "Flat"]

# https://www.rfc-editor.org/rfc/rfc8259#section-7, without half surrogate pairs.
STRING = (
    r'"(?:[^"\\\x00-\x1F]|\\(?:["\\/bfnrt]|u(?:[0-9a-cA-Ce-fE-F][0-9a-fA-F]{3}'
    r'|[dD](?:[0-7][0-9a-fA-F]{2}|[89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))))*"'
)
"""A text of JSON, in quotes."""

_BARE = r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false)"
# A number that comes back from 64 bits as it is written.
_WHOLE = "(?:0|-?[1-9][0-9]{0,17})"
_TOO_LONG = 10**18
_SPACE = r"[ \t\r]*"
_TEXTS = frozenset({str})
_WHOLES = frozenset({int})
_BARES = frozenset({int, bool, Integer, Double})
_NONE = frozenset({type(None)})
# What a value other than null is, by the types that were seen of it.
_ANY = _TEXTS | _BARES
_VALUES = {_TEXTS: STRING, _WHOLES: _WHOLE, _BARES: _BARE, _ANY: f"(?:{STRING}|{_BARE})"}
# How Polars reads it, as it is written.
_READ: Mapping[frozenset[type] | None, type[pl.DataType]] = {_TEXTS: pl.String, _WHOLES: pl.Int64}
# More different orders of members than this are no order.
_SHAPES = 100
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_LINE = "line"
_COMMA = rf"{_SPACE},{_SPACE}"


class Flat:
    """What the lines of a file look like, learned from those that were read value by value."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Take the name of the member for each reference; without any, no line is recognised."""
        self._names = names
        self._members: list[str] = []
        self._always: set[str] | None = None
        self._types: dict[str, set[type]] = {}
        self._kinds: dict[str, frozenset[type] | None] = {}
        self._pattern = ""
        self._read: dict[str, type[pl.DataType]] = {}
        self._never = not names

    def learn(self, records: Sequence[Node]) -> None:
        """Look at values of JSON."""
        shapes = dict.fromkeys(map(tuple, records)) if set(map(type, records)) == {dict} else {}
        self._never = self._never or not shapes or len(shapes) > _SHAPES
        if self._never:
            return
        for shape in shapes:
            self._order(shape)
            self._always = set(shape) if self._always is None else self._always & set(shape)
        for name in self._members:
            self._types.setdefault(name, set()).update(_type(record.get(name)) for record in records)
            self._kinds[name] = next((kind for kind in _VALUES if self._types[name] - _NONE <= kind), None)
        used = {name: kind for name, kind in self._kinds.items() if name in self._names.values()}
        self._never = None in self._kinds.values() or _ANY in used.values() or any(map(_ESCAPED.search, self._kinds))
        self._never = self._never or not self._always
        if not self._never:
            self._pattern = self._line()
            self._read = {name: _READ[kind] for name, kind in used.items() if kind in _READ}

    def _order(self, shape: Iterable[str]) -> None:
        """Put new members after those that they follow."""
        at = 0
        for name in shape:
            if name not in self._members:
                self._members.insert(at, name)
            at = self._members.index(name) + 1

    def _line(self) -> str:
        """The pattern of a line: members before one that is always there end with a comma, those after it begin so."""
        texts = [
            rf'"{re.escape(name)}"{_SPACE}:{_SPACE}(?:null|{_VALUES[kind]})'
            for name in self._members
            if (kind := self._kinds[name]) is not None
        ]
        at = next(n for n, name in enumerate(self._members) if name in (self._always or ()))
        before = "".join(f"(?:{text}{_COMMA})?" for text in texts[:at])
        after = "".join(f"(?:{_COMMA}{text})?" for text in texts[at + 1 :])
        return rf"^{_SPACE}\{{{_SPACE}{before}{texts[at]}{after}{_SPACE}\}}{_SPACE}$"

    def table(self, lines: bytes) -> pl.DataFrame | None:
        """A column for each reference, and for numbers that of their datatypes; None for lines of another form."""
        if self._never or not self._pattern or not lines:
            return None
        try:
            read = pl.read_csv(
                io.BytesIO(lines),
                has_header=False,
                new_columns=[_LINE],
                separator="\x01",
                quote_char=None,
                infer_schema=False,
                empty_string_is_null=False,
            )[_LINE]
            if not read.str.contains(self._pattern).all():
                return None
            decoded = pl.read_ndjson(io.BytesIO(lines), schema=self._read) if self._read else pl.DataFrame()
        except pl.exceptions.PolarsError:
            return None
        if self._read and decoded.height != read.len():
            return None
        columns: list[pl.Series] = []
        for reference, name in self._names.items():
            if name in self._read:
                values = decoded[name].cast(pl.String)
            else:
                values = read.str.extract(rf'"{re.escape(name)}"{_SPACE}:{_SPACE}({_BARE})')
            columns.append(values.alias(reference))
            if self._kinds.get(name, _TEXTS) != _TEXTS and values.null_count() < values.len():
                columns.append(_datatypes(values).alias(natural(reference)))
        return pl.DataFrame(columns)


def _type(value: Node) -> type:
    """The type of a value; of a number that does not fit into 64 bits, that of numbers kept as they are written."""
    return Integer if type(value) is int and abs(value) >= _TOO_LONG else type(value)


def _datatypes(values: pl.Series) -> pl.Series:
    """The datatypes of numbers and truth values, as they are written."""
    value = pl.col("value")
    kind = (
        pl.when(value.is_in(["true", "false"]))
        .then(pl.lit(f"{XSD}boolean"))
        .when(value.str.contains("[.eE]"))
        .then(pl.lit(f"{XSD}double"))
        .when(value.is_not_null())
        .then(pl.lit(f"{XSD}integer"))
    )
    return values.to_frame("value").select(kind).to_series()
