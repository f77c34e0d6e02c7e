"""The quads of a mapping as a stream of Arrow, with pyarrow (extra `arrow`)."""

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import polars as pl

from kg.errors import UsageError
from kg.mapping.quad import QUAD
from kg.mapping.run import materialize_tables
from kg.mapping.setting import Settings

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["materialize_arrow"]


def materialize_arrow(mapping: Path | str, **settings: Unpack[Settings]) -> "pa.RecordBatchReader":
    """The quads of a mapping as Arrow, read as they are made: a record batch for each batch of records.

    Columns: those of `kg.mapping.quad.QUAD`, all of the type `large_string`. Raises `ContentError` and `UsageError` as
    `materialize_tables` does, when batches are read; `UsageError` where pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError("Arrow needs pyarrow: pip install 'pressgraph[arrow]'") from error
    schema = pa.schema([(name, pa.large_string()) for name in QUAD])
    tables = materialize_tables(mapping, **settings)
    batches = (batch for table in tables for batch in table.to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)
