"""JSON, NDJSON and YAML -> batches of records, by JSONPath: https://www.rfc-editor.org/rfc/rfc9535.

Values keep their lexical form and their type: `2.50` stays `2.50` and is an `xsd:double`, `"2.50"` is a string.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from pathlib import Path

import polars as pl

from kg import yaml
from kg.errors import Place, Problems, nearest
from kg.mapping.lexical import XSD
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, read_text, unpacked
from kg.mapping.source.batch import natural
from kg.mapping.source.flat import Flat
from kg.mapping.source.jsontext import Block, blocks
from kg.mapping.source.path import Double, Integer, JsonPath, Node, path_of
from kg.mapping.source.refusal import refused

__all__ = ["columns_of", "member_paths", "read_json", "read_nodes"]


# https://kg-construct.github.io/rml-io-registry/#jsonpath: what the types of JSON are in RDF.
_DATATYPES: dict[type, str | None] = {
    str: None,
    yaml.Text: None,
    int: f"{XSD}integer",
    Integer: f"{XSD}integer",
    Double: f"{XSD}double",
    bool: f"{XSD}boolean",
    type(None): None,
}

_PLAIN = re.compile(r"[^\W\d][\w-]*")
_LOOKED_AT = 100


# Values of a YAML file, with what aliases repeat: more than memory holds of one that has none.
_MOST = 10_000_000


def read_json(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of a JSON, NDJSON or YAML file.

    A reference that no record has is an error, a value that is null or absent none, an array or object an error.
    Raises `ContentError`.
    """
    path = locate(source, reading)
    iterator = path_of(source.iterator or "$", source, "iterator")
    at = {name: replace(source, place=place) for name, place in references.items()}
    paths = {name: path_of(name, at[name], "reference") for name in references}
    unseen = set(references)
    known: set[str] = set()
    kinds: set[type] = set()
    some = False
    tables: list[pl.DataFrame] = []
    height = 0
    members = {name: way.names[0] for name, way in paths.items() if way.names is not None and len(way.names) == 1}
    flat = Flat(members if len(members) == len(paths) else {})
    for block in _blocks(source, path, iterator):
        table = flat.table(block.lines)
        if table is None:
            records = block.values()
            some = some or bool(records)
            flat.learn(records)
            table, seen = _table(records, paths, at)
            unseen -= seen
            if unseen and not known:
                known = {key for record in records[:_LOOKED_AT] for key in _members(record, "")}
                kinds = set(map(type, records[:_LOOKED_AT]))
        tables.append(table)
        height += table.height
        if height >= reading.batch:
            *full, rest = _cut(tables, reading.batch)
            yield from full
            tables, height = [rest], rest.height
    if height:
        yield from _cut(tables, reading.batch)
    if some:
        problems = Problems()
        for name in sorted(unseen):
            near = nearest(re.sub(r"^\$\.?", "", name), known) or _not_objects(source, kinds)
            problems.add(f"reference {name!r} is in no record of {source.label}", references[name], near)
        problems.stop_if_any()


def _table(
    records: list[Node], paths: Mapping[str, JsonPath], sources: Mapping[str, LogicalSource]
) -> tuple[pl.DataFrame, set[str]]:
    """The columns of the references, and which of them any record has."""
    columns: list[pl.Series] = []
    seen = set()
    for name, path in paths.items():
        made, found = columns_of(name, path, records, sources[name])
        columns += made
        if found:
            seen.add(name)
    return pl.DataFrame(columns or {"\0": pl.repeat(0, len(records), eager=True)}), seen


def _members(node: Node, before: str) -> Iterator[str]:
    """The references that a record has, as mappings write them."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield f"{before}{name}"
            yield from _members(value, f"{before}{name}.")
    elif isinstance(node, list) and before:
        yield f"{before.removesuffix('.')}[*]"
        for item in node[:_LOOKED_AT]:
            yield from _members(item, f"{before.removesuffix('.')}[*].")


def _not_objects(source: LogicalSource, kinds: AbstractSet[type]) -> str:
    """What is said of records that have no members."""
    if kinds & {list, yaml.List}:
        return f"a record is an array: write the iterator {source.iterator}[*]"
    return "a record is a single value: write the reference $"


def _cut(tables: list[pl.DataFrame], size: int) -> Iterator[pl.DataFrame]:
    """The records of the tables in tables of `size`, the last one shorter; a block without datatypes has none."""
    whole = pl.concat(tables, how="diagonal")
    for start in range(0, whole.height, size):
        yield whole.slice(start, size)


def read_nodes(source: LogicalSource, reading: Reading) -> list[Node]:
    """All records of a JSON, NDJSON or YAML file as they are. Raises `ContentError`."""
    iterator = path_of(source.iterator or "$", source, "iterator")
    return [value for block in _blocks(source, locate(source, reading), iterator) for value in block.values()]


def _blocks(source: LogicalSource, path: Path, iterator: JsonPath) -> Iterator[Block]:
    """The values that the iterator selects, some at a time."""
    if not unpacked(source, path).endswith((".yaml", ".yml")):
        yield from blocks(source, path, iterator)
        return
    problems = Problems()
    document = yaml.read_text(read_text(source, path), source.label, problems)
    problems.stop_if_any()
    if _size(document, {}) > _MOST:
        told = f"the aliases of {source.label} make more than {_MOST:,} values of it"
        raise refused(told, source.place, "write the values out, or as JSON")
    nodes = [document]
    _forget_nulls(nodes, set())
    yield Block(lambda: iterator.values(nodes[0]))


def _forget_nulls(value: Node, known: set[int]) -> None:
    """Put None in the place of every null of YAML, in each array and object once."""
    if not isinstance(value, dict | list) or id(value) in known:
        return
    known.add(id(value))
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(item, yaml.Text) and item.null:
            value[key] = None
        else:
            _forget_nulls(item, known)


def _size(value: Node, known: dict[int, int]) -> int:
    """How many values there are in a value, each as often as aliases repeat it."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        items = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(item, known) for item in items)
    return known[id(value)]


def member_paths(source: LogicalSource, reading: Reading) -> Iterator[str]:
    """The paths to objects and items at the beginning of a file, as iterators write them. Raises `ContentError`."""
    path = locate(source, reading)
    lines = unpacked(source, path).endswith((".ndjson", ".jsonl"))
    found = _blocks(source, path, path_of("$[*]" if lines else "$", source, "iterator"))
    first = next((block.values() for block in found), [])
    yield from _paths(first, "$") if lines else chain.from_iterable(_paths(node, "$") for node in first)


def _paths(node: Node, here: str) -> Iterator[str]:
    if isinstance(node, list):
        yield f"{here}[*]"
        for item in node[:_LOOKED_AT]:
            yield from _paths(item, f"{here}[*]")
    elif isinstance(node, dict):
        yield here
        for name, value in node.items():
            step = f".{name}" if _PLAIN.fullmatch(str(name)) else f"['{name}']"
            yield from _paths(value, f"{here}{step}")


def columns_of(name: str, path: JsonPath, batch: list[Node], source: LogicalSource) -> tuple[list[pl.Series], bool]:
    """The column of a reference and, where a value is no string, that of its datatypes; whether any record has it."""
    if path.names is not None:
        values, seen = _single(path, batch)
        return _flat(name, values, source), seen
    found = [path.values(record) for record in batch]
    lists = [[value for value in values if value is not None] for values in found]
    texts = _flat(name, [value for values in lists for value in values], source)
    lengths = pl.Series("n", list(map(len, lists)), dtype=pl.Int64)
    return [_nested(column, lengths) for column in texts], any(found) or path.seen(batch)


def _nested(values: pl.Series, lengths: pl.Series) -> pl.Series:
    """The values as lists of these lengths."""
    row = pl.DataFrame({"row": pl.int_range(lengths.len(), eager=True), "n": lengths})
    owner = row.select(pl.col("row").repeat_by("n").explode().drop_nulls()).to_series()
    lists = pl.DataFrame({"row": owner, "v": values}).group_by("row", maintain_order=True).agg("v")
    joined = row.join(lists, on="row", how="left", maintain_order="left")
    return joined.select(pl.col("v").fill_null(pl.lit([], dtype=pl.List(pl.String)))).to_series().alias(values.name)


def _single(path: JsonPath, batch: list[Node]) -> tuple[list[Node], bool]:
    assert path.names is not None
    values = batch
    try:
        for name in path.names:
            values = list(map(itemgetter(name), values))
    except (KeyError, TypeError):
        # Not every record has it.
        values = [next(iter(path.values(record)), None) for record in batch]
    seen = any(value is not None for value in values) or any(path.values(record) for record in batch)
    return values, seen


def _flat(name: str, found: list[Node], source: LogicalSource) -> list[pl.Series]:
    values, kinds = found, set(map(type, found))
    wrong = kinds & {dict, list, yaml.Map, yaml.List}
    if wrong:
        what = "an array" if wrong & {list, yaml.List} else "an object"
        fix = f"write {name}[*]" if wrong & {list, yaml.List} else "name one of its members"
        raise refused(f"reference {name!r} is {what} in a record of {source.label}, not a value", source.place, fix)
    if kinds == {int}:
        values = list(map(str, found))
    elif kinds & {bool, int}:
        values = [value if value is None or isinstance(value, str) else str(value).lower() for value in found]
    try:
        column = pl.Series(name, values, dtype=pl.String, strict=True)
    except UnicodeEncodeError:
        raise refused(
            f"reference {name!r} of {source.label} holds half a surrogate pair", source.place, "correct the value"
        ) from None
    if kinds <= {str, yaml.Text, type(None)}:
        return [column]
    if len(kinds) == 1:
        return [
            column,
            pl.repeat(_DATATYPES[kinds.pop()], len(values), dtype=pl.String, eager=True).alias(natural(name)),
        ]
    types = [_DATATYPES[kind] for kind in map(type, found)]
    return [column, pl.Series(natural(name), types, dtype=pl.String)]
