"""Batches of which each record makes many triples, cut into portions, so that what is held at a time stays the same."""

from collections.abc import Iterator, Sequence

import polars as pl

from kg.mapping.model import ReferencingObjectMap
from kg.mapping.scope import explode
from kg.mapping.source import ROW
from kg.mapping.statement import Compiled, Tables

__all__ = ["Portions"]

_ROWS = "\0rows"


class Portions:
    """What cuts batches by the partners of joins and the items of lists."""

    def __init__(self, tables: Tables, most: int) -> None:
        """Take the tables to join with, and how many rows a portion may make; one record may make more."""
        self._most = most
        self._partners: dict[ReferencingObjectMap, tuple[int, pl.DataFrame]] = {}
        for found, table in tables.items():
            keys = [f"\0key{number}" for number in range(len(found.joins))]
            counts = table.group_by(keys).agg(pl.len().cast(pl.Int64).alias(_ROWS)).collect()
            self._partners[found] = (max(counts[_ROWS], default=0), counts)

    def of(self, batch: pl.DataFrame, statements: Sequence[Compiled]) -> Iterator[pl.DataFrame]:
        """The batch, or its records in order in several."""
        counted = [self._rows(batch.lazy(), one) for one in statements if self._many(one, batch.height)]
        if not counted:
            yield batch
            return
        rows = pl.concat(pl.collect_all(counted)).group_by(ROW).agg(pl.col(_ROWS).sum())
        weights = batch.select(ROW).join(rows, on=ROW, how="left", maintain_order="left")[_ROWS].fill_null(0)
        before = weights.cum_sum() - weights
        starts = [*(before // self._most).rle_id().to_frame(_ROWS).with_row_index().unique(_ROWS)["index"].sort()]
        for start, end in zip(starts, [*starts[1:], batch.height], strict=True):
            yield batch.slice(start, end - start)

    def _many(self, compiled: Compiled, height: int) -> bool:
        """Whether a batch may make more rows than a portion holds."""
        if compiled.plain or compiled.statement.gathers:
            return False
        found = compiled.statement.object
        partners = self._partners[found][0] if isinstance(found, ReferencingObjectMap) else 1
        return bool(compiled.exploded) or partners * height > self._most

    def _rows(self, frame: pl.LazyFrame, compiled: Compiled) -> pl.LazyFrame:
        """How many rows each record makes."""
        keyed = tuple(group for group in compiled.exploded if group[0][0].startswith("j"))
        items = [group[0][1] for group in compiled.exploded if group not in keyed]
        lengths = [(pl.col(item) if isinstance(item, str) else item).list.len().cast(pl.Int64) for item in items]
        frame = frame.with_columns(pl.lit(1, dtype=pl.Int64).alias(_ROWS))
        for length in lengths:
            frame = frame.with_columns(pl.col(_ROWS) * length.fill_null(1).clip(1))
        found = compiled.statement.object
        if isinstance(found, ReferencingObjectMap):
            names = [f"\0key{number}" for number in range(len(compiled.keys))]
            frame = explode(frame, keyed).select(
                ROW, _ROWS, *(key.alias(name) for key, name in zip(compiled.keys, names, strict=True))
            )
            joined = frame.join(self._partners[found][1].lazy(), on=names, how="inner", suffix=" of partners")
            frame = joined.with_columns(pl.col(_ROWS) * pl.col(f"{_ROWS} of partners"))
        return frame.group_by(ROW).agg(pl.col(_ROWS).sum())
