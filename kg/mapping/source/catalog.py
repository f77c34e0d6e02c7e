"""Logical sources in memory: named tables of records, filtered by their iterator.

JSONPath, the part used here: https://www.rfc-editor.org/rfc/rfc9535.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from kg.errors import Problems, nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.batch import ROW

__all__ = ["Catalog", "check_source", "rows", "selected", "table", "text_table"]

# `$` or `$[*]`, then at most one comparison of a field with a string.
_ITERATOR = re.compile(
    r"""^\$(?:\[\*\]|\.\*|\[\?\s*\(?\s*@\.(?P<field>[\w-]+)\s*==\s*(?P<q>['"])(?P<value>[^'"]*)(?P=q)\s*\)?\s*\])?$"""
)


Catalog = Mapping[str, pl.DataFrame]
"""The records of each logical source by its name, one row a record."""


def table(records: Iterable[Mapping[str, Any]], schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """Records as a table: columns of `schema` with their declared types, every other field as text.

    A field that is a list in any record becomes a list of texts in all of them.
    """
    rows = list(records)
    types: dict[str, Any] = dict(schema)
    for row in rows:
        for name, value in row.items():
            if name not in schema and (name not in types or isinstance(value, list)):
                types[name] = pl.List(pl.String) if isinstance(value, list) else pl.String
    columns = {
        name: pl.Series(
            name,
            [[v] if isinstance(v := row.get(name), str) and kind == pl.List(pl.String) else v for row in rows],
            dtype=kind,
        )
        for name, kind in types.items()
    }
    return pl.DataFrame(columns)


def text_table(records: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> pl.DataFrame:
    """Records as a table of texts with just these columns; what a record lacks is null."""
    rows = list(records)
    return pl.DataFrame(
        {
            name: pl.Series(name, [None if (v := row.get(name)) is None else str(v) for row in rows], dtype=pl.String)
            for name in columns
        }
    )


def selected(source: LogicalSource) -> tuple[str, str] | None:
    """The field and the value that the iterator selects records by; None when it takes all."""
    match = _ITERATOR.match(source.iterator)
    if match is None or match["field"] is None:
        return None
    return match["field"], match["value"]


def check_source(source: LogicalSource, names: Iterable[str], problems: Problems) -> None:
    """Note what is wrong with a logical source: its name, its formulation, its iterator."""
    known = list(names)
    if source.access not in known:
        problems.add(f"there is no source {source.access!r}", source.place, nearest(source.access, known))
    if source.formulation != "jsonpath":
        problems.add(
            f"records are read by jsonpath, not {source.formulation!r}", source.place, f"write {source.label}~jsonpath"
        )
    elif not _ITERATOR.match(source.iterator):
        problems.add(
            f"iterator {source.iterator!r} is not understood",
            source.place,
            "write $[*] for all records, or $[?(@.field=='value')] to choose some",
        )


def rows(source: LogicalSource, catalog: Catalog, references: Iterable[str]) -> pl.LazyFrame:
    """The records that the iterator selects, numbered, with a null column for each field that no record has."""
    known = catalog[source.access]
    frame = known.lazy()
    chosen = selected(source)
    if chosen is not None:
        frame = frame.filter(pl.col(chosen[0]) == chosen[1])
    missing = [name for name in references if name not in known.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing).with_row_index(ROW)
