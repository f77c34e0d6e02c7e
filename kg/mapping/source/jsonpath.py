"""JSON, NDJSON and YAML -> batches of records, by JSONPath: https://www.rfc-editor.org/rfc/rfc9535.

Values keep their lexical form and their type: `2.50` stays `2.50` and is an `xsd:double`, `"2.50"` is a string. The
columnar readers of Polars and DuckDB write 2.5 and 1000.0 for 2.50 and 1e3, and give no type where a field has two; so
the text goes through the C scanner of the standard library, a block at a time, with numbers handed over as they are
written.
"""

import gc
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from kg import yaml
from kg.errors import Place, Problems, nearest
from kg.mapping.lexical import XSD
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, read_bytes, read_text, unpacked
from kg.mapping.source.batch import natural
from kg.mapping.source.path import Double, Integer, JsonPath, Node, every, path_of
from kg.mapping.source.refusal import refused

__all__ = ["columns_of", "decode", "read_json", "read_nodes"]

_BLOCK = 1 << 24


class _Boolean(str):
    """A JSON true or false, as it is written."""

    __slots__ = ()


_BOOLEAN = {True: _Boolean("true"), False: _Boolean("false")}

# https://kg-construct.github.io/rml-io-registry/#jsonpath: what the types of JSON are in RDF.
_DATATYPES: dict[type, str | None] = {
    str: None,
    yaml.Text: None,
    Integer: f"{XSD}integer",
    Double: f"{XSD}double",
    _Boolean: f"{XSD}boolean",
    type(None): None,
}


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
    some = False
    for batch in _batches(_records(source, path, iterator), reading.batch):
        some = True
        columns: list[pl.Series] = []
        for name, way in paths.items():
            made, seen = columns_of(name, way, batch, at[name])
            columns += made
            if seen:
                unseen.discard(name)
        if unseen and not known:
            known = {str(key) for record in batch[:100] if isinstance(record, dict) for key in record}
        yield pl.DataFrame(columns) if columns else pl.DataFrame({"\0": pl.repeat(0, len(batch), eager=True)})
    if some:
        for name in sorted(unseen):
            near = nearest(re.sub(r"^\$\.?", "", name), known)
            raise refused(f"reference {name!r} is in no record of {source.access}", references[name], near)


def read_nodes(source: LogicalSource, reading: Reading) -> list[Node]:
    """All records of a JSON, NDJSON or YAML file as they are. Raises `ContentError`."""
    iterator = path_of(source.iterator or "$", source, "iterator")
    return list(_records(source, locate(source, reading), iterator))


def _batches(records: Iterable[Node], size: int) -> Iterator[list[Node]]:
    records = iter(records)
    while batch := list(islice(records, size)):
        yield batch


def _no_number(name: str) -> Any:  # noqa: ANN401 - it never returns
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(parse_int=Integer, parse_float=Double, parse_constant=_no_number)


def _loads(text: str) -> Node:
    """A text as a value. The cycle collector rests meanwhile: it would walk all records again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _DECODER.decode(text)
    finally:
        if collecting:
            gc.enable()


def decode(text: str, source: LogicalSource, line: int = 1) -> Node:
    """A text of JSON as a value, its numbers as they are written. Raises `ContentError`."""
    try:
        return _loads(text)
    except json.JSONDecodeError as error:
        at = f"line {line + error.lineno - 1}, column {error.colno}"
        raise refused(f"{source.access} is not JSON at {at}: {error.msg}", source.place, "correct the file") from error
    except (ValueError, RecursionError) as error:
        raise refused(f"{source.access} is not JSON: {error}", source.place, "correct the file") from error


def _records(source: LogicalSource, path: Path, iterator: JsonPath) -> Iterator[Node]:
    name = unpacked(source, path)
    if name.endswith((".ndjson", ".jsonl")):
        whole = not iterator.steps or (len(iterator.steps) == 1 and iterator.steps[0] is every)
        records = _lines(source, path)
        # The lines are the items of an array, and `$` alone stands for each of them.
        if whole:
            yield from records
        else:
            for batch in _batches(records, 10_000):
                yield from iterator.values(batch)
        return
    if name.endswith((".yaml", ".yml")):
        problems = Problems()
        document = yaml.read(path, path.parent, problems)
        problems.stop_if_any()
        yield from iterator.values(document)
        return
    yield from iterator.values(decode(read_text(source, path), source))


def _lines(source: LogicalSource, path: Path) -> Iterator[Node]:
    """The values of the lines, a block of lines decoded at once."""
    plain = source.encoding.lower().replace("-", "") in ("", "utf8")
    content = read_bytes(source, path) if plain else read_text(source, path).encode()
    line = 1
    rest = b""
    for block in [content] if isinstance(content, bytes) else _file(content):
        cut = block.rfind(b"\n") + 1
        if cut == 0:
            rest += block
            continue
        data, rest = rest + block[:cut], block[cut:]
        yield from _block(data, source, line)
        line += data.count(b"\n")
    yield from _block(rest, source, line)


def _file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _block(data: bytes, source: LogicalSource, first: int) -> list[Node]:
    try:
        text = data.decode("utf-8-sig" if first == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise refused(f"{source.access} is not UTF-8 ({error.reason})", source.place, "say its encoding") from error
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    records: list[Node] = []
    try:
        records = _loads("[" + ",".join(lines) + "]") if lines else []
    except (ValueError, RecursionError):
        records = []
    if len(records) != len(lines):
        # One of them is wrong: read them one by one to say which.
        return [decode(line, source, first + n) for n, line in enumerate(text.split("\n")) if line.strip()]
    return records


def columns_of(name: str, path: JsonPath, batch: list[Node], source: LogicalSource) -> tuple[list[pl.Series], bool]:
    """The column of a reference and, where a value is no string, that of its datatypes; whether any record has it."""
    if path.names is not None:
        values, seen = _single(path, batch)
        return _flat(name, values, source), seen
    found = [path.values(record) for record in batch]
    lists = [[value for value in values if value is not None] for values in found]
    texts = _flat(name, [value for values in lists for value in values], source)
    lengths = pl.Series("n", list(map(len, lists)), dtype=pl.Int64)
    return [_nested(column, lengths) for column in texts], any(found)


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
            values = [None if node is None else node.get(name) for node in values]
    except AttributeError:
        values = [next(iter(path.values(record)), None) for record in batch]
    seen = any(value is not None for value in values) or any(path.values(record) for record in batch)
    return values, seen


def _flat(name: str, values: list[Node], source: LogicalSource) -> list[pl.Series]:
    kinds = set(map(type, values))
    wrong = kinds & {dict, list, yaml.Map, yaml.List}
    if wrong:
        what = "an array" if wrong & {list, yaml.List} else "an object"
        fix = f"write {name}[*]" if wrong & {list, yaml.List} else "name one of its members"
        raise refused(f"reference {name!r} is {what} in a record of {source.access}, not a value", source.place, fix)
    if bool in kinds:
        values = [_BOOLEAN[value] if type(value) is bool else value for value in values]
        kinds = set(map(type, values))
    try:
        column = pl.Series(name, values, dtype=pl.String, strict=True)
    except UnicodeEncodeError:
        raise refused(
            f"reference {name!r} of {source.access} holds half a surrogate pair", source.place, "correct the value"
        ) from None
    if kinds <= {str, yaml.Text, type(None)}:
        return [column]
    if len(kinds - {type(None)}) == 1:
        datatype = _DATATYPES[next(iter(kinds - {type(None)}))]
        return [column, pl.repeat(datatype, len(values), dtype=pl.String, eager=True).alias(natural(name))]
    types = [_DATATYPES[type(value)] for value in values]
    return [column, pl.Series(natural(name), types, dtype=pl.String)]
