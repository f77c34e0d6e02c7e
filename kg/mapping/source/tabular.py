"""CSV, TSV and Parquet -> batches of records.

Dialects: https://www.w3.org/TR/tabular-metadata/#dialect-descriptions. Every cell is a text and stays as it is: no
value stands for none, no white space is trimmed, nothing is taken for a number.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import polars as pl

from kg.errors import Place, nearest
from kg.mapping.lexical import XSD
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, read_bytes, read_text, unpacked
from kg.mapping.source.batch import natural
from kg.mapping.source.block import Block, blocks
from kg.mapping.source.refusal import refused

__all__ = ["read_csv", "read_parquet"]


@dataclass(frozen=True, slots=True)
class _Dialect:
    delimiter: str
    quote: str | None
    header: bool
    comment: str | None
    skip: int


def _dialect(source: LogicalSource, path: Path) -> _Dialect:
    said = dict(source.settings)
    by_name = "\t" if unpacked(source, path).endswith((".tsv", ".tab")) else ","
    dialect = _Dialect(
        said.get("delimiter", by_name),
        said.get("quoteChar", '"') or None,
        said.get("header", "true").lower() not in ("false", "0"),
        said.get("commentPrefix") or None,
        int(said.get("skipRows", "0")),
    )
    for name, text in (("delimiter", dialect.delimiter), ("quoteChar", dialect.quote or '"')):
        if len(text.encode()) != 1:
            raise refused(f"{name} {text!r} is not one ASCII character", source.place, "use another dialect")
    return dialect


def read_csv(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of a CSV or TSV file. Raises `ContentError` for a reference to no column and for a malformed record."""
    path = locate(source, reading)
    dialect = _dialect(source, path)
    content = read_bytes(source, path)
    if source.encoding.lower().replace("-", "") not in ("", "utf8"):
        content = read_text(source, path).encode()
    done, columns = 0, None
    for block in _blocks(content, dialect, reading.batch):
        header = columns is None and dialect.header
        if columns is None:
            columns = _columns(block.data, dialect)
        if columns:
            _check(source, references, columns)
        table = _parsed(block, dialect, columns, references, header=header)
        if table is None:
            break
        done += table.height
        if table.height:
            yield from _parts(table, reading.batch)
    else:
        return
    # What Polars passes over (a short record, a blank line) or cannot read is left to the strict reader, which tells.
    yield from _strict(source, content, dialect, references, reading, done)


def _blocks(content: Path | bytes, dialect: _Dialect, batch: int) -> Iterator[Block]:
    quote = (dialect.quote or "").encode()
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        if dialect.comment or dialect.skip:
            yield Block(b"", None)
            return
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        yield from blocks(file, dialect.delimiter.encode(), quote, batch)


def _parsed(
    block: Block, dialect: _Dialect, columns: Sequence[str], references: Mapping[str, Place], *, header: bool
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


def _scan(data: bytes, dialect: _Dialect, *, header: bool, columns: Sequence[str] | None = None) -> pl.LazyFrame:
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


def _columns(data: bytes, dialect: _Dialect) -> list[str]:
    """The names of the columns; none where that is not sure."""
    try:
        names = _scan(data, dialect, header=dialect.header).collect_schema().names()
    except pl.exceptions.PolarsError:
        return []
    # https://www.w3.org/TR/tabular-data-model/#parsing: columns without a title are `_col.1`, `_col.2`, …
    return names if dialect.header else [f"_col.{number}" for number in range(1, len(names) + 1)]


def _parts(table: pl.DataFrame, batch: int) -> Iterator[pl.DataFrame]:
    """The records in equal parts of about `batch`."""
    size = -(-table.height // max(1, round(table.height / batch)))
    for start in range(0, table.height, size):
        yield table.slice(start, size)


def _check(source: LogicalSource, references: Mapping[str, Place], columns: Sequence[str]) -> None:
    for name in references:
        if name not in columns:
            raise refused(
                f"reference {name!r} is no column of {source.access}", references[name], nearest(name, columns)
            )


def _strict(
    source: LogicalSource,
    content: Path | bytes,
    dialect: _Dialect,
    references: Mapping[str, Place],
    reading: Reading,
    done: int,
) -> Iterator[pl.DataFrame]:
    """Batches by the standard library's reader, which counts the fields of each record and knows its line.

    done: records to pass over, as they were read already.
    """
    raw = content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
    csv.field_size_limit(1 << 31)
    with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        for _ in range(dialect.skip):
            text.readline()
        reader = csv.reader(
            text,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            strict=True,
        )
        rows: Iterator[list[str]] = (
            row for row in reader if not (dialect.comment and row and row[0].startswith(dialect.comment))
        )
        try:
            first = next(rows, [])
            columns = first if dialect.header else [f"_col.{number}" for number in range(1, len(first) + 1)]
            _check(source, references, columns)
            if not dialect.header:
                rows = chain([first], rows)
            rows = islice(rows, done, None)
            while chunk := list(islice(rows, reading.batch)):
                whole = _whole(source, chunk, columns, reader.line_num)
                table = list(zip(*whole, strict=True)) or [()] * len(columns)
                yield pl.DataFrame(
                    {name: pl.Series(name, table[columns.index(name)], dtype=pl.String) for name in references}
                )
        except csv.Error as error:
            raise refused(
                f"{source.access}, line {reader.line_num}: {error}", source.place, "correct the quotes of that line"
            ) from error
        except UnicodeDecodeError as error:
            raise refused(f"{source.access} is not UTF-8 ({error.reason})", source.place, "say its encoding") from error


def _whole(source: LogicalSource, rows: list[list[str]], columns: Sequence[str], line: int) -> list[list[str]]:
    """The records, all with one field a column; blank lines, which are none, left out."""
    if set(map(len, rows)) == {len(columns)}:
        return rows
    whole = [row or [""] for row in rows] if len(columns) == 1 else [row for row in rows if row]
    wrong = next((row for row in whole if len(row) != len(columns)), None)
    if wrong is not None:
        raise refused(
            f"{source.access} has {len(columns)} columns, but a record up to line {line} has {len(wrong)} fields:"
            f" {','.join(wrong)[:80]!r}",
            source.place,
            "correct that record, or its quotes",
        )
    return whole


# https://www.w3.org/TR/r2rml/#natural-mapping, for the types of Parquet.
_TYPES: dict[type[pl.DataType], str] = {
    **dict.fromkeys(
        (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64), f"{XSD}integer"
    ),
    pl.Float32: f"{XSD}double",
    pl.Float64: f"{XSD}double",
    pl.Decimal: f"{XSD}decimal",
    pl.Boolean: f"{XSD}boolean",
    pl.Date: f"{XSD}date",
    pl.Time: f"{XSD}time",
    pl.Datetime: f"{XSD}dateTime",
    pl.Binary: f"{XSD}hexBinary",
}


def _lexical(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return column.dt.to_string("iso:strict" if kind.time_zone else "%Y-%m-%dT%H:%M:%S%.f")
    if isinstance(kind, pl.Binary):
        return column.bin.encode("hex").str.to_uppercase()
    if kind.is_float():
        special = pl.when(column.is_nan()).then(pl.lit("NaN")).when(column.is_infinite() & (column > 0))
        return (
            special.then(pl.lit("INF"))
            .when(column.is_infinite())
            .then(pl.lit("-INF"))
            .otherwise(column.cast(pl.String))
        )
    return column.cast(pl.String)


def read_parquet(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of a Parquet file, its values in the lexical form of their natural datatype."""
    scan = pl.scan_parquet(locate(source, reading))
    schema = scan.collect_schema()
    _check(source, references, schema.names())
    for batch in scan.select(list(references)).collect_batches(chunk_size=reading.batch, maintain_order=True):
        yield batch.select(
            chain.from_iterable(
                (
                    _lexical(name, schema[name]).alias(name),
                    *(
                        [pl.lit(_TYPES[schema[name].base_type()]).alias(natural(name))]
                        if schema[name].base_type() in _TYPES
                        else []
                    ),
                )
                for name in references
            )
        )
