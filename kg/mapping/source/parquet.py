"""Parquet -> batches of records, each value in the lexical form of its natural datatype."""

from collections.abc import Iterator, Mapping
from itertools import chain

import polars as pl

from kg.errors import Place
from kg.mapping.lexical import XSD
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate
from kg.mapping.source.batch import natural
from kg.mapping.source.refusal import refused
from kg.mapping.source.strict import check_columns

__all__ = ["read_parquet"]

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


def _lexical(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
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
    """Batches of a Parquet file, its values in the lexical form of their natural datatype; a list is several values.

    Raises `ContentError`, also for a column of structures or of lists of lists.
    """
    path = locate(source, reading)
    try:
        scan = pl.scan_parquet(path, glob=False)
        schema = scan.collect_schema()
    except pl.exceptions.PolarsError as error:
        told = str(error).partition("\n")[0]
        raise refused(f"{source.access} is not Parquet: {told}", source.place, "correct the file") from error
    check_columns(source, references, schema.names())
    for name, place in references.items():
        if _item(schema[name]).is_nested():
            told = f"column {name!r} of {source.access} holds {schema[name]}, which is no value"
            raise refused(told, place, "unpack it to columns of their own, or write JSON")
    columns = list(chain.from_iterable(_columns(name, schema[name]) for name in references))
    for batch in scan.select(list(references)).collect_batches(chunk_size=reading.batch, maintain_order=True):
        yield batch.select(columns)


def _item(kind: pl.DataType) -> pl.DataType:
    """The type of the values of a column."""
    return kind.inner if isinstance(kind, pl.List | pl.Array) else kind  # type: ignore[return-value]


def _columns(name: str, kind: pl.DataType) -> Iterator[pl.Expr]:
    """The values of a column, and their natural datatypes where they have one."""
    item, several = _item(kind), isinstance(kind, pl.List | pl.Array)
    column = pl.col(name).arr.to_list() if isinstance(kind, pl.Array) else pl.col(name)
    # A null is no item.
    column = column.list.drop_nulls() if several else column
    value = _lexical(pl.element() if several else column, item)
    yield (column.list.eval(value) if several else value).alias(name)
    if item.base_type() in _TYPES:
        datatype = pl.lit(_TYPES[item.base_type()])
        each = column.list.eval(pl.when(pl.element().is_not_null()).then(datatype)) if several else datatype
        yield each.alias(natural(name))
