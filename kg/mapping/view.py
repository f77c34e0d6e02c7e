"""Logical views -> batches of records: https://kg-construct.github.io/rml-lv/spec/docs/.

A view is a table: a row for each combination of the values of its fields, a column for each field by its name, those
of fields inside of another by both names (`item.type`), and the number of each value among its like (`#`, `item.#`).
It is held as a whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from kg.errors import Place, Problems, nearest
from kg.mapping.lexical import XSD
from kg.mapping.model import LogicalSource, TermMap, ViewField, ViewJoin
from kg.mapping.scope import singles
from kg.mapping.source import (
    ROW,
    Nodes,
    Reading,
    TableNodes,
    check_references,
    natural,
    nodes_of,
    parse,
    records,
    refused,
)
from kg.mapping.term import Scope, compile_value

__all__ = ["view_records"]

# The position of a record among those that its fields are read of.
_AT = "\0at"


def view_records(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of the records of a source, or of the rows of a view.

    Raises `ContentError` as `kg.mapping.source.records` does, and for a reference to no field of a view.
    """
    if source.view is None:
        yield from records(source, references, reading)
        return
    table = _table(source, reading)
    known = [name for name in table.columns if "\0" not in name]
    problems = Problems()
    for name, place in references.items():
        if name not in known:
            problems.add(f"reference {name!r} is no field of the view", place, nearest(name, known))
    problems.stop_if_any()
    used = [name for reference in references for name in (reference, natural(reference)) if name in table.columns]
    rows = table.with_row_index(ROW).select(ROW, *used)
    for start in range(0, rows.height, reading.batch):
        yield rows.slice(start, reading.batch)


def _table(source: LogicalSource, reading: Reading) -> pl.DataFrame:
    """The whole view."""
    view = source.view
    assert view is not None
    if view.on.view is not None:
        nodes: Nodes = TableNodes(_table(view.on, reading))
    else:
        nodes = nodes_of(view.on, _references(view.fields), reading)
    table = _fields(nodes, view.fields, "", view.on).with_columns(*_number("#", pl.col(_AT)))
    for join in view.joins:
        table = _joined(table, join, _table(join.parent, reading) if join.parent.view else None)
    return table.drop(_AT)


def _references(fields: Iterable[ViewField]) -> dict[str, Place]:
    return {name: field.place for field in fields if field.value for name in field.value.references}


def _number(name: str, values: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """A column of numbers as texts, and that of their natural datatype."""
    return values.cast(pl.String).alias(name), pl.lit(f"{XSD}integer").alias(natural(name))


def _fields(nodes: Nodes, fields: Sequence[ViewField], prefix: str, source: LogicalSource) -> pl.DataFrame:
    """The fields of records: rows for each record, by its position."""
    table = pl.DataFrame({_AT: pl.int_range(len(nodes), eager=True)})
    for field in fields:
        here = replace(source, place=field.place)
        name = prefix + field.name
        if field.value is None:
            owners, inside = nodes.inside(field.iterator, here)
            made = _inside(owners, inside, field, name, here)
        else:
            made = _values(nodes, field.value, name, here)
            for inner in field.fields:
                made = _within(made, inner, name, here)
        table = table.join(made, on=_AT, how="left", maintain_order="left_right")
    return table


def _inside(owners: list[int], nodes: Nodes, field: ViewField, name: str, source: LogicalSource) -> pl.DataFrame:
    """The fields of an iterable field, by the position of the record that they are inside of."""
    made = _fields(nodes, field.fields, f"{name}.", source)
    owned = pl.DataFrame({_AT: pl.int_range(len(nodes), eager=True), "\0owner": pl.Series(owners, dtype=pl.Int64)})
    owned = owned.with_columns(*_number(f"{name}.#", pl.int_range(pl.len()).over("\0owner")))
    return owned.join(made, on=_AT, how="left", maintain_order="left_right").drop(_AT).rename({"\0owner": _AT})


def _within(values: pl.DataFrame, field: ViewField, name: str, source: LogicalSource) -> pl.DataFrame:
    """The values of an expression field with the fields of the records that stand in their texts."""
    here = replace(source, place=field.place)
    texts = values.with_row_index("\0text").with_columns(pl.col("\0text").cast(pl.Int64))
    formulation = field.formulation or source.formulation
    owners, nodes = parse(texts[name].to_list(), formulation, field.iterator, here)
    made = _inside(owners, nodes, field, f"{name}.{field.name}", replace(here, formulation=formulation))
    return texts.join(made.rename({_AT: "\0text"}), on="\0text", how="left", maintain_order="left_right").drop("\0text")


def _values(nodes: Nodes, term_map: TermMap, name: str, source: LogicalSource) -> pl.DataFrame:
    """The values that an expression gives, one a row, numbered for each record; none where it gives null."""
    check_references(dict.fromkeys(term_map.references, source.place))
    columns = [column for reference in term_map.references for column in nodes.columns(reference, source)]
    table = pl.DataFrame([pl.Series(_AT, range(len(nodes)), dtype=pl.Int64), *columns])
    for reference in singles(term_map):
        if isinstance(table.schema[reference], pl.List):
            table = table.explode([known for known in (reference, natural(reference)) if known in table.columns])
    kind = natural(term_map.references[0]) if term_map.is_reference else ""
    made = table.select(
        _AT,
        compile_value(term_map, Scope()).alias(name),
        *([pl.col(kind).alias(natural(name))] if kind in table.columns else []),
    )
    made = (made.explode(name) if isinstance(made.schema[name], pl.List) else made).drop_nulls(name)
    return made.with_columns(*_number(f"{name}.#", pl.int_range(pl.len()).over(_AT)))


def _joined(table: pl.DataFrame, join: ViewJoin, parent: pl.DataFrame | None) -> pl.DataFrame:
    """The view with the fields of a join: https://kg-construct.github.io/rml-lv/spec/docs/#logical-view-joins."""
    if parent is None:
        raise refused("a logical view joins with a view, not with a source", join.place, "name a logical view")
    keys = [f"\0key{number}" for number in range(len(join.conditions))]
    child_keys = [condition.child for condition in join.conditions]
    parent_keys = [condition.parent for condition in join.conditions]
    for side, term_maps in ((table, child_keys), (parent, parent_keys)):
        for term_map in term_maps:
            _check(side, term_map, join.place)
    right = parent.with_columns(
        compile_value(term_map, Scope()).alias(key) for term_map, key in zip(parent_keys, keys, strict=True)
    ).with_row_index(_AT)
    right = right.with_columns(pl.col(_AT).cast(pl.Int64)).select(_AT, *keys)
    source = join.parent
    for field in join.fields:
        assert field.value is not None
        made = _values(TableNodes(parent), field.value, field.name, replace(source, place=field.place))
        right = right.join(
            made.drop(f"{field.name}.#", natural(f"{field.name}.#")), on=_AT, how="left", maintain_order="left_right"
        )
    left = table.with_columns(
        compile_value(term_map, Scope()).alias(key) for term_map, key in zip(child_keys, keys, strict=True)
    ).with_row_index("\0child")
    both = left.join(right.drop(_AT), on=keys, how="left" if join.outer else "inner", maintain_order="left_right")
    number = pl.int_range(pl.len()).over("\0child")
    numbers = [column for field in join.fields for column in _number(f"{field.name}.#", number)]
    return both.with_columns(*numbers).drop("\0child", *keys)


def _check(table: pl.DataFrame, term_map: TermMap, place: Place) -> None:
    for name in term_map.references:
        if name not in table.columns:
            known = [column for column in table.columns if "\0" not in column]
            raise refused(f"there is no field {name!r} to join by", place, nearest(name, known))
