"""What the facts of a project may name: kinds, entities, articles."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from kg.article import Kind, Registry

__all__ = ["Known"]


@dataclass(frozen=True)
class Known:
    """What facts may name. articles: their metadata, a row each."""

    kinds: Mapping[str, Kind]
    registry: Registry
    articles: pl.DataFrame

    @cached_property
    def entities(self) -> pl.Series:
        """The ids of the registry."""
        return pl.Series("entity", list(self.registry), dtype=pl.String)

    @cached_property
    def fields(self) -> list[str]:
        """The fields of all kinds."""
        return sorted({name for kind in self.kinds.values() for name in kind.fields})

    def of(self, articles: pl.Series) -> pl.DataFrame:
        """The metadata of the articles in a column, in its order; null for one that there is not."""
        return articles.to_frame("article").join(self.articles, on="article", how="left", maintain_order="left")
