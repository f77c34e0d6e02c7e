"""A batch of records: a table with a column of texts, or of lists of texts, for each reference.

Beside the column of a reference, another may tell the natural datatype of each of its values:
https://kg-construct.github.io/rml-core/spec/docs/#dfn-natural-rdf-datatype.
"""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from kg.mapping.model import LogicalSource

__all__ = ["ROW", "natural", "numbered", "without_nulls"]

ROW = "\0row"
"""The column of the number of the record in its source, from 0."""


def natural(reference: str) -> str:
    """The column with the natural datatypes of a reference's values: IRIs, null for a plain string."""
    return f"{reference}\0datatype"


def numbered(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The batches with their records numbered through."""
    first = 0
    for batch in batches:
        yield batch.with_row_index(ROW, offset=first)
        first += batch.height


def without_nulls(batch: pl.DataFrame, source: LogicalSource, references: Sequence[str]) -> pl.DataFrame:
    """The batch with null wherever a text stands that means none: https://kg-construct.github.io/rml-io/spec/docs/."""
    if not source.nulls:
        return batch
    meaning_none = list(source.nulls)
    return batch.with_columns(
        pl.col(name).list.eval(pl.when(~pl.element().is_in(meaning_none)).then(pl.element()))
        if isinstance(batch.schema[name], pl.List)
        else pl.when(~pl.col(name).is_in(meaning_none)).then(pl.col(name))
        for name in references
    )
