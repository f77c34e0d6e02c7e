"""CSV and TSV -> batches of records.

Every cell is a text and stays as it is: no value stands for none, no white space is trimmed, nothing is taken for a
number, unless the dialect says so.
"""

import codecs
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from kg.errors import Place
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, read_bytes, read_text
from kg.mapping.source.block import Block, blocks
from kg.mapping.source.dialect import Dialect, dialect_of
from kg.mapping.source.strict import check_columns, strict_batches

__all__ = ["read_csv"]


def read_csv(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of a CSV or TSV file. Raises `ContentError` for a reference to no column and for a malformed record."""
    path = locate(source, reading)
    dialect = dialect_of(source, path)
    source = replace(source, encoding=dialect.encoding or source.encoding)
    content: Path | bytes = read_bytes(source, path)
    if source.encoding.lower().replace("-", "") not in ("", "utf8"):
        content = read_text(source, path).encode()
    if not dialect.plain:
        yield from strict_batches(source, content, dialect, references, reading, 0)
        return
    done, columns = 0, None
    for block in _blocks(content, dialect, reading.batch):
        header = columns is None and dialect.header
        if columns is None:
            columns = _columns(block.data, dialect)
        if columns:
            check_columns(source, references, columns)
        table = _parsed(block, dialect, columns, references, header=header)
        if table is None:
            break
        done += table.height
        if table.height:
            yield from _parts(table, reading.batch)
    else:
        return
    # What Polars passes over (a short record, a blank line) or cannot read is left to the strict reader, which tells.
    yield from strict_batches(source, content, dialect, references, reading, done)


def _blocks(content: Path | bytes, dialect: Dialect, batch: int) -> Iterator[Block]:
    quote = (dialect.quote or "").encode()
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        yield from blocks(file, dialect.delimiter.encode(), quote, batch)


def _parsed(
    block: Block, dialect: Dialect, columns: Sequence[str], references: Mapping[str, Place], *, header: bool
) -> pl.DataFrame | None:
    """The records of a block; None when they are not regular."""
    if block.records is None or not columns:
        return None
    records = block.records - header
    try:
        table = _scan(block.data, dialect, header=header, columns=columns).select(list(references)).collect()
    except pl.exceptions.PolarsError:
        return None
    if not references:
        return pl.DataFrame({"\0": pl.repeat(0, records, eager=True)})
    return table if table.height == records else None


def _scan(data: bytes, dialect: Dialect, *, header: bool, columns: Sequence[str] | None = None) -> pl.LazyFrame:
    return pl.scan_csv(
        io.BytesIO(data),
        has_header=header,
        new_columns=columns,
        separator=dialect.delimiter,
        quote_char=dialect.quote,
        infer_schema=False,
        empty_string_is_null=False,
        raise_if_empty=False,
    )


def _columns(data: bytes, dialect: Dialect) -> list[str]:
    """The names of the columns; none where that is not sure."""
    try:
        names = _scan(data, dialect, header=dialect.header).collect_schema().names()
    except pl.exceptions.PolarsError:
        return []
    if any("_duplicated_" in name or "\r" in name for name in names):
        return []
    # https://www.w3.org/TR/tabular-data-model/#parsing: columns without a title are `_col.1`, `_col.2`, …
    return names if dialect.header else [f"_col.{number}" for number in range(1, len(names) + 1)]


def _parts(table: pl.DataFrame, batch: int) -> Iterator[pl.DataFrame]:
    """The records in equal parts of about `batch`."""
    size = -(-table.height // max(1, round(table.height / batch)))
    for start in range(0, table.height, size):
        yield table.slice(start, size)
