"""SQLite by the standard library, opened for reading alone.

A value has a type of its own there, whatever its column is declared as; a column's declared type says what a number or
a text stands for: https://www.sqlite.org/datatype3.html.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import cast

import polars as pl

from kg.mapping.lexical import XSD, lexical_error
from kg.mapping.source.database.column import Cells, datatype_of

__all__ = ["Sqlite"]

_FITTING: dict[type, tuple[str, ...]] = {
    int: ("boolean", "integer", "decimal", "double"),
    float: ("decimal", "double"),
    str: ("date", "time", "dateTime"),
    bytes: ("hexBinary",),
}
_OWN = {int: f"{XSD}integer", float: f"{XSD}double", bytes: f"{XSD}hexBinary", str: None, type(None): None}


class Sqlite:
    """A file of SQLite."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises `sqlite3.Error`."""
        self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        self._declared: list[str | None] = []

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def tables(self) -> dict[tuple[str, ...], bool]:
        """Its tables and views, none of which needs anything before its name."""
        query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        return {("main", str(name)): True for (name,) in self._connection.execute(query)}

    def run(self, query: str) -> Sequence[str]:
        """Run a query; the names of the columns of its result."""
        # A view tells how the columns that a query takes over are declared.
        self._connection.execute(f"CREATE TEMP VIEW kg_result AS {query}")
        declared = self._connection.execute("PRAGMA temp.table_info(kg_result)").fetchall()
        self._declared = [datatype_of(str(kind)) for _, _, kind, *_ in declared]
        self._connection.execute("DROP VIEW temp.kg_result")
        self._cursor = self._connection.execute(query)
        return [str(item[0]) for item in self._cursor.description]

    def batches(self, chosen: Sequence[int], size: int) -> Iterator[tuple[int, list[Cells]]]:
        """How many rows, and the columns at these positions, for each batch of the result."""
        while rows := self._cursor.fetchmany(size):
            yield len(rows), [_cells([row[at] for row in rows], self._declared[at]) for at in chosen]


def _cells(values: Sequence[object], declared: str | None) -> Cells:
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str} and declared is None:
        return Cells(pl.Series(values, dtype=pl.String), None)
    if kinds == {int} and declared in (None, _OWN[int]):
        return Cells(pl.Series(values, dtype=pl.Int64).cast(pl.String), _OWN[int])
    cells = [_cell(value, declared) for value in values]
    texts = pl.Series([text for text, _ in cells], dtype=pl.String)
    return Cells(texts, pl.Series([kind for _, kind in cells], dtype=pl.String))


def _cell(value: object, declared: str | None) -> tuple[str | None, str | None]:
    """The lexical form of a value, and its datatype: the declared one where the value is of it, else its own."""
    if value is None:
        return None, None
    name = declared.removeprefix(XSD) if declared else ""
    if declared and name in _FITTING[type(value)]:
        text = _declared(value, name)
        if lexical_error(declared, text) is None:
            return text, declared
    return _plain(value), _OWN[type(value)]


def _declared(value: object, name: str) -> str:
    if name == "boolean":
        return {0: "false", 1: "true"}.get(cast("int", value), "")
    if name == "decimal":
        return f"{Decimal(str(value)):f}"
    return _plain(value).replace(" ", "T", 1) if name == "dateTime" else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex().upper()
    return {"inf": "INF", "-inf": "-INF"}.get(str(value), str(value)) if isinstance(value, float) else str(value)
