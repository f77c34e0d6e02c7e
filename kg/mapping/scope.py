"""The columns of a table of records, as the term maps of one statement see them."""

from collections.abc import Mapping, Sequence

import polars as pl

from kg.mapping.model import TermMap, TriplesMap
from kg.mapping.source import ROW, natural
from kg.mapping.term import Scope

__all__ = ["Exploded", "explode", "scopes_of"]

Exploded = tuple[tuple[tuple[str, str], ...], ...]


def explode(frame: pl.LazyFrame, groups: Exploded) -> pl.LazyFrame:
    """The records once for each combination of the items of their lists."""
    for group in groups:
        frame = frame.with_columns(pl.col(old).alias(new) for new, old in group).explode([new for new, _ in group])
    return frame


def scopes_of(
    roles: Sequence[tuple[str, TermMap]], schema: Mapping[str, pl.DataType], triples_map: TriplesMap, base: str
) -> tuple[dict[str, Scope], tuple[tuple[tuple[str, str], ...], ...]]:
    """What the columns are to each term map, by its role, and which lists must be exploded for it.

    Each group of columns to explode together: the new name and the name of the list.
    """
    # One triples map makes one blank node of a record, another map another.
    fresh = pl.format("r{}-{}", pl.lit(_label(triples_map)), pl.col(ROW)) if ROW in schema else None
    scopes: dict[str, Scope] = {}
    exploded: list[tuple[tuple[str, str], ...]] = []
    for role, term_map in roles:
        columns: dict[str, str] = {}
        datatypes: dict[str, str] = {}
        for name in term_map.references:
            kind = natural(name)
            if isinstance(schema[name], pl.List):
                columns[name] = f"{role}\0{name}"
                group = [(columns[name], name)]
                if kind in schema:
                    datatypes[name] = f"{role}\0{kind}"
                    group.append((datatypes[name], kind))
                exploded.append(tuple(group))
            elif kind in schema:
                datatypes[name] = kind
        scopes[role] = Scope(columns, datatypes, triples_map.base or base, fresh)
    return scopes, tuple(exploded)


def _label(triples_map: TriplesMap) -> str:
    return triples_map.name.encode().hex()
