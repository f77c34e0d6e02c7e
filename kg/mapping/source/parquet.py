"""Parquet -> batches of records, each value in the lexical form of its natural datatype."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from kg.errors import Place
from kg.mapping.lexical import XSD
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, read_bytes
from kg.mapping.source.batch import natural
from kg.mapping.source.refusal import refused
from kg.mapping.source.strict import check_columns

__all__ = ["read_parquet"]

# https://www.w3.org/TR/r2rml/#natural-mapping, for the types of Parquet.
_TYPES: dict[type[pl.DataType], str] = {
    **dict.fromkeys(
        (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64), f"{XSD}integer"
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
_FORMATS: dict[type[pl.DataType], str] = {pl.Date: "%Y-%m-%d", pl.Time: "%H:%M:%S%.f", pl.Duration: "iso"}
_NO_VALUE = (pl.Struct, pl.Object, pl.Unknown)


def _lexical(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Datetime):
        text = column.dt.to_string("iso:strict" if kind.time_zone else "%Y-%m-%dT%H:%M:%S%.f")
        return text.str.strip_prefix("+")
    if kind.is_temporal():
        return column.dt.to_string(_FORMATS[kind.base_type()]).str.strip_prefix("+")
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


def _columns(name: str, kind: pl.DataType, source: LogicalSource, place: Place) -> list[pl.Expr]:
    """The values of a column, or the lists of them, and their natural datatype."""
    values = pl.col(name)
    item, many = kind, isinstance(kind, pl.List | pl.Array)
    if isinstance(kind, pl.List | pl.Array):
        item = kind.inner if isinstance(kind.inner, pl.DataType) else kind.inner()
        values = values.arr.to_list() if isinstance(kind, pl.Array) else values
    if item.is_nested() or isinstance(item, _NO_VALUE):
        told = f"column {name!r} of {source.label} holds {kind}, which is no value"
        raise refused(told, place, "unpack it to columns of their own, or write JSON")
    # A null is no item.
    values = values.list.drop_nulls() if many else values
    texts = values.list.eval(_lexical(pl.element(), item)) if many else _lexical(values, item)
    datatype = _TYPES.get(item.base_type())
    if datatype is None:
        return [texts.alias(name)]
    types = values.list.eval(pl.when(pl.element().is_not_null()).then(pl.lit(datatype))) if many else pl.lit(datatype)
    return [texts.alias(name), types.alias(natural(name))]


def read_parquet(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of a Parquet file, its values in the lexical form of their natural datatype; a list is several values.

    Raises `ContentError`, also for a column of structures or of lists of lists.
    """
    content = read_bytes(source, locate(source, reading))
    try:
        scan = pl.scan_parquet(content if isinstance(content, Path) else io.BytesIO(content), glob=False)
        schema = scan.collect_schema()
        check_columns(source, references, schema.names())
        columns = [one for name, at in references.items() for one in _columns(name, schema[name], source, at)]
        # Where nothing of a record is used, its first column tells how many there are.
        wanted = list(references) or schema.names()[:1]
        for batch in scan.select(wanted).collect_batches(chunk_size=reading.batch, maintain_order=True):
            yield batch.select(columns) if columns else pl.DataFrame({"\0": pl.repeat(0, batch.height, eager=True)})
    except pl.exceptions.PolarsError as error:
        told = str(error).partition("\n")[0]
        raise refused(f"{source.label} is not Parquet: {told}", source.place, "correct the file") from error
