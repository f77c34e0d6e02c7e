"""Delimited text of any dialect -> batches of records, a record at a time, with the line of what is wrong."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

import polars as pl

from kg.errors import Place, Problems, nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading
from kg.mapping.source.dialect import Dialect
from kg.mapping.source.refusal import refused

__all__ = ["check_columns", "strict_batches"]


def check_columns(source: LogicalSource, references: Mapping[str, Place], columns: Sequence[str]) -> None:
    """Raise `ContentError` with every reference that is no column, or several."""
    problems = Problems()
    for name in references:
        if columns.count(name) > 1:
            problems.add(f"{source.label} has several columns {name!r}", references[name], "give each its own name")
        if name not in columns:
            near = nearest(name, columns)
            if len(columns) == 1 and (found := next((mark for mark in ";\t|," if mark in columns[0]), "")):
                near = f"its only column is {columns[0][:40]!r}: say that the delimiter is {found!r}"
            problems.add(f"reference {name!r} is no column of {source.label}", references[name], near)
    problems.stop_if_any()


def strict_batches(
    source: LogicalSource,
    content: Path | bytes,
    dialect: Dialect,
    references: Mapping[str, Place],
    reading: Reading,
    done: int,
) -> Iterator[pl.DataFrame]:
    """Batches by the standard library's reader, which counts the fields of each record and knows its line.

    done: records to pass over, as they were read already.
    """
    raw = content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
    csv.field_size_limit(1 << 31)
    with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="\n") as text:
        lines = _Lines(islice(text, dialect.skip_rows, None), dialect.comment)
        reader = csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            doublequote=dialect.doubled,
            escapechar=None if dialect.doubled else "\\",
            skipinitialspace=dialect.start,
            strict=True,
        )
        rows = _cells(reader, lines, dialect)
        try:
            first = next(rows, [])
            columns = first if dialect.header else [f"_col.{number}" for number in range(1, len(first) + 1)]
            check_columns(source, references, columns)
            if not dialect.header:
                rows = chain([first], rows)
            rows = islice(rows, done, None)
            while chunk := list(islice(rows, reading.batch)):
                line = lines.number + dialect.skip_rows
                whole = _whole(source, chunk, columns, dialect, line)
                table = list(zip(*whole, strict=True)) or [()] * len(columns)
                yield pl.DataFrame(
                    {name: pl.Series(name, table[columns.index(name)], dtype=pl.String) for name in references}
                )
        except csv.Error as error:
            told, fix = str(error), "correct the quotes of that line"
            if told.startswith("new-line"):
                told, fix = "a carriage return alone stands outside of quotes", "end lines with LF or CRLF, or quote it"
            at = f"{source.label}, line {lines.number + dialect.skip_rows}"
            raise refused(f"{at}: {told}", source.place, fix) from error
        except UnicodeDecodeError as error:
            raise refused(f"{source.label} is not UTF-8 ({error.reason})", source.place, "say its encoding") from error


class _Lines:
    """The lines of a file without its comments, which begin where a record does. number: of the last one."""

    def __init__(self, lines: Iterator[str], comment: str | None) -> None:
        self.number = 0
        self.begins = True
        self._lines = lines
        self._comment = comment

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self._lines:
            self.number += 1
            if not (self._comment and self.begins and line.startswith(self._comment)):
                self.begins = False
                return line
        raise StopIteration


def _cells(reader: Iterator[list[str]], lines: _Lines, dialect: Dialect) -> Iterator[list[str]]:
    """The records, with the cells and the white space left out that the dialect says."""
    strip = _STRIP[dialect.start, dialect.end]
    for row in reader:
        lines.begins = True
        cells = row[dialect.skip_columns :] if dialect.skip_columns else row
        yield list(map(strip, cells)) if strip else cells


_STRIP = {
    (True, True): str.strip,
    (True, False): str.lstrip,
    (False, True): str.rstrip,
    (False, False): None,
}


def _whole(
    source: LogicalSource, rows: list[list[str]], columns: Sequence[str], dialect: Dialect, line: int
) -> list[list[str]]:
    """The records, all with one field a column; blank lines, which are none, left out as the dialect says."""
    if dialect.blank:
        rows = [row for row in rows if row and any(row)]
    if set(map(len, rows)) <= {len(columns)}:
        return rows
    whole = [row or [""] for row in rows]
    if dialect.blank is None and len(columns) > 1:
        whole = [row for row in rows if row]
    wrong = next((row for row in whole if len(row) != len(columns)), None)
    if wrong is not None:
        raise refused(
            f"{source.label} has {len(columns)} columns, but a record up to line {line} has {len(wrong)} fields:"
            f" {','.join(wrong)[:80]!r}",
            source.place,
            "correct that record, or its quotes",
        )
    return whole
