"""Lines of JSON, each an object of single values -> columns, by Polars, every value as it is written.

One pattern recognises them: the members in one order, each once or left out; texts where texts were before. Numbers
are taken from the line as they stand there, as Polars would write 2.5 for 2.50. What a pattern does not recognise is
read value by value, and told to it.
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
_SPACE = r"[ \t\r]*"
_TEXTS = frozenset({str})
_BARES = frozenset({int, bool, Integer, Double})
_NONE = frozenset({type(None)})
# What a value other than null is, by the types that were seen of it.
_VALUES = {_TEXTS: STRING, _BARES: _BARE, _TEXTS | _BARES: f"(?:{STRING}|{_BARE})"}
# More different orders of members than this are no order.
_SHAPES = 100
_LINE = "line"
_END = rf"\}}{_SPACE}$"


class Flat:
    """What the lines of a file look like, learned from those that were read value by value."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Take the name of the member for each reference; without any, no line is recognised."""
        self._names = names
        self._members: list[str] = []
        self._types: dict[str, set[type]] = {}
        self._pattern = ""
        self._never = not names

    def learn(self, records: Sequence[Node]) -> None:
        """Look at values of JSON."""
        shapes = dict.fromkeys(map(tuple, records)) if set(map(type, records)) == {dict} else {}
        self._never = self._never or not shapes or len(shapes) > _SHAPES
        if self._never:
            return
        for shape in shapes:
            self._order(shape)
        for name in self._members:
            self._types.setdefault(name, set()).update(type(record.get(name)) for record in records)
        values = {name: self._value(name) for name in self._members}
        self._never = None in values.values() or any(re.search(r'["\\\x00-\x1f]', name) for name in values)
        members = (
            rf'(?:"{re.escape(name)}"{_SPACE}:{_SPACE}{value}{_SPACE}(?:,{_SPACE}|{_END}))?'
            for name, value in values.items()
        )
        self._pattern = rf"^{_SPACE}\{{{_SPACE}{''.join(members)}$"

    def _order(self, shape: Iterable[str]) -> None:
        """Put new members after those that they follow."""
        at = 0
        for name in shape:
            if name not in self._members:
                self._members.insert(at, name)
            at = self._members.index(name) + 1

    def _value(self, name: str) -> str | None:
        """The pattern of a member; None for one with arrays or objects, and for one that is used and of two kinds."""
        types = self._types[name] - _NONE
        if not types:
            return "null"
        kinds = [kind for kind in _VALUES if types <= kind]
        if not kinds or (len(kinds) == 1 and kinds[0] == _TEXTS | _BARES and name in self._names.values()):
            return None
        return f"(?:null|{_VALUES[kinds[0]]})"

    def table(self, lines: bytes) -> pl.DataFrame | None:
        """A column for each reference, and for numbers that of their datatypes; None for lines of another form."""
        if self._never or not self._pattern or not lines:
            return None
        texts = {name: pl.String for name in self._names.values() if str in self._types.get(name, ())}
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
            # The pattern alone lets a line end with a comma.
            if not read.str.contains(_END).all() or not read.str.contains(self._pattern).all():
                return None
            decoded = pl.read_ndjson(io.BytesIO(lines), schema=texts) if texts else pl.DataFrame()
        except pl.exceptions.PolarsError:
            return None
        if texts and decoded.height != read.len():
            return None
        columns: list[pl.Series] = []
        for reference, name in self._names.items():
            columns += [decoded[name].alias(reference)] if name in texts else _bare(reference, name, read)
        return pl.DataFrame(columns)


def _bare(reference: str, name: str, lines: pl.Series) -> list[pl.Series]:
    """The values of a member without quotes, with their datatypes where there are any."""
    values = lines.str.extract(rf'"{re.escape(name)}"{_SPACE}:{_SPACE}({_BARE})').alias(reference)
    if values.null_count() == values.len():
        return [values]
    value = pl.col("value")
    kind = (
        pl.when(value.is_in(["true", "false"]))
        .then(pl.lit(f"{XSD}boolean"))
        .when(value.str.contains("[.eE]"))
        .then(pl.lit(f"{XSD}double"))
        .when(value.is_not_null())
        .then(pl.lit(f"{XSD}integer"))
    )
    return [values, values.to_frame("value").select(kind.alias(natural(reference))).to_series()]
