"""The columns of a table of records, as the term maps of one statement see them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from kg.mapping.function import gives_many, takes_all
from kg.mapping.model import Execution, Reference, TermMap, TriplesMap
from kg.mapping.source import ROW, natural
from kg.mapping.term import Scope, compile_value

__all__ = ["Exploded", "explode", "scopes_of", "singles"]

Exploded = tuple[tuple[tuple[str, str | pl.Expr], ...], ...]


def explode(frame: pl.LazyFrame, groups: Exploded) -> pl.LazyFrame:
    """The records once for each combination of the items of their lists."""
    for group in groups:
        lists = [(pl.col(old) if isinstance(old, str) else old).alias(new) for new, old in group]
        frame = frame.with_columns(lists).explode([new for new, _ in group])
    return frame


def scopes_of(
    roles: Sequence[tuple[str, TermMap]], schema: Mapping[str, pl.DataType], triples_map: TriplesMap, base: str
) -> tuple[dict[str, Scope], Exploded]:
    """What the columns are to each term map, by its role, and which lists must be exploded for it.

    Each group of columns to explode together: the new name, and the name of the list or what makes it.
    """
    # One triples map makes one blank node of a record, another map another.
    fresh = pl.format("r{}-{}", pl.lit(_label(triples_map)), pl.col(ROW)) if ROW in schema else None
    scopes: dict[str, Scope] = {}
    exploded: list[tuple[tuple[str, str | pl.Expr], ...]] = []
    for role, term_map in roles:
        columns: dict[str, str] = {}
        datatypes: dict[str, str] = {}
        for name in singles(term_map):
            kind = natural(name)
            if isinstance(schema[name], pl.List):
                columns[name] = f"{role}\0{name}"
                group: list[tuple[str, str | pl.Expr]] = [(columns[name], name)]
                if kind in schema:
                    datatypes[name] = f"{role}\0{kind}"
                    group.append((datatypes[name], kind))
                exploded.append(tuple(group))
            elif kind in schema:
                datatypes[name] = kind
        scope = Scope(columns, datatypes, triples_map.base or base, fresh)
        results: dict[Execution, str] = {}
        for part in (term_map, term_map.datatype, term_map.language):
            if part and part.execution and gives_many(part.execution):
                name = results[part.execution] = f"{role}\0result{len(results)}"
                exploded.append(((name, compile_value(part, scope)),))
        scopes[role] = replace(scope, results=results)
    return scopes, tuple(exploded)


def singles(term_map: TermMap) -> tuple[str, ...]:
    """The references that are used one value at a time, those that a function takes as a whole left out."""
    own = [part.name for part in term_map.parts if isinstance(part, Reference)]
    inner = [made for made in (term_map.datatype, term_map.language) if made]
    if (execution := term_map.execution) is not None:
        inner += [item.value for item in execution.inputs if not takes_all(execution, item)]
    return tuple(dict.fromkeys([*own, *(name for made in inner for name in singles(made))]))


def _label(triples_map: TriplesMap) -> str:
    return triples_map.name.encode().hex()
