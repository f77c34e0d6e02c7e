"""JSON, NDJSON and YAML -> batches of records, by JSONPath: https://www.rfc-editor.org/rfc/rfc9535.

Values keep their lexical form and their type: `2.50` stays `2.50` and is an `xsd:double`, `"2.50"` is a string. The
columnar readers of Polars and DuckDB write 2.5 and 1000.0 for 2.50 and 1e3, and give no type where a field has two; so
the text goes through the C scanner of the standard library, a block at a time, with numbers handed over as they are
written. Paths of names, indexes, `[*]` and comparisons with a string are followed here; any other path needs the
library python-jsonpath (extra `jsonpath`).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from kg import yaml
from kg.errors import Place, Problems, nearest
from kg.mapping.lexical import XSD
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, needs, read_bytes, read_text, refused, unpacked
from kg.mapping.source.batch import natural

__all__ = ["PathError", "columns_of", "compile_path", "decode", "path_of", "read_json", "read_nodes"]

_BLOCK = 1 << 24


class _Integer(str):
    """A JSON number without fraction and exponent, as it is written."""

    __slots__ = ()


class _Double(str):
    """Any other JSON number, as it is written."""

    __slots__ = ()


class _Boolean(str):
    """A JSON true or false, as it is written."""

    __slots__ = ()


_BOOLEAN = {True: _Boolean("true"), False: _Boolean("false")}

# https://kg-construct.github.io/rml-io-registry/#jsonpath: what the types of JSON are in RDF.
_DATATYPES: dict[type, str | None] = {
    str: None,
    yaml.Text: None,
    _Integer: f"{XSD}integer",
    _Double: f"{XSD}double",
    _Boolean: f"{XSD}boolean",
    type(None): None,
}


class PathError(ValueError):
    """A text is no JSONPath."""


_Node = Any
_Step = Callable[[list[_Node]], list[_Node]]


@dataclass(frozen=True, slots=True)
class _Path:
    """A path ready to be followed. names: its member names, when it is nothing else and selects one value at most."""

    steps: tuple[_Step, ...]
    names: tuple[str, ...] | None

    def values(self, node: _Node) -> list[_Node]:
        """All nodes that the path selects from one."""
        nodes = [node]
        for step in self.steps:
            nodes = step(nodes)
        return nodes


_STEP = re.compile(
    r"""
      \.(?P<name>[^\s.\[\]()'"*?@$,:]+)
    | \[\s*'(?P<single>(?:\\.|[^'\\])*)'\s*\]
    | \[\s*"(?P<double>(?:\\.|[^"\\])*)"\s*\]
    | \[\s*(?P<index>-?[0-9]+)\s*\]
    | (?P<all>\.\*|\[\s*\*\s*\])
    | \[\?\s*\(?\s*@\.(?P<field>[\w-]+)\s*==\s*(?P<q>['"])(?P<equal>[^'"]*)(?P=q)\s*\)?\s*\]
    """,
    re.VERBOSE,
)


def _unescape(text: str, quote: str) -> str:
    try:
        inner = text if quote == '"' else text.replace("\\'", "'").replace('"', '\\"')
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError as error:
        raise PathError(f"{text!r} is no name") from error


def _member(name: str) -> _Step:
    return lambda nodes: [node[name] for node in nodes if isinstance(node, dict) and name in node]


def _index(position: int) -> _Step:
    return lambda nodes: [
        node[position] for node in nodes if isinstance(node, list) and -len(node) <= position < len(node)
    ]


def _all(nodes: list[_Node]) -> list[_Node]:
    found: list[_Node] = []
    for node in nodes:
        if isinstance(node, list):
            found += node
        elif isinstance(node, dict):
            found += node.values()
    return found


def _equal(field: str, value: str) -> _Step:
    return lambda nodes: [
        item for item in _all(nodes) if isinstance(item, dict) and type(item.get(field)) is str and item[field] == value
    ]


@cache
def compile_path(text: str) -> _Path:
    """Make a path ready. `$.` before a name may be left out, as mappings do.

    Raises `PathError` for a text that is no JSONPath, `ImportError` for one that needs python-jsonpath.
    """
    whole = text.strip()
    rest = re.sub(r"^[$@]", "", whole)
    if rest == whole and whole:
        rest = whole if whole.startswith("[") else f".{whole}"
    steps: list[_Step] = []
    names: list[str] | None = []
    position = 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None:
            return _general(whole)
        name = match["name"]
        if match["single"] is not None or match["double"] is not None:
            quote = "'" if match["single"] is not None else '"'
            name = _unescape(match["single"] if quote == "'" else match["double"], quote)
        if name is not None:
            steps.append(_member(name))
            names = [*names, name] if names is not None else None
        else:
            names = None
            if match["index"]:
                steps.append(_index(int(match["index"])))
            elif match["all"]:
                steps.append(_all)
            else:
                steps.append(_equal(match["field"], match["equal"]))
        position = match.end()
    return _Path(tuple(steps), tuple(names) if names is not None else None)


def _general(text: str) -> _Path:
    import jsonpath  # noqa: PLC0415 - an extra

    rooted = text if text.startswith("$") else f"${text[1:] if text.startswith('@') else '.' + text}"
    try:
        path = jsonpath.JSONPathEnvironment(strict=True).compile(rooted)
    except jsonpath.JSONPathError as error:
        raise PathError(str(error).partition("\n")[0]) from error

    def follow(nodes: list[_Node]) -> list[_Node]:
        # Filters compare numbers as numbers; what is found is then taken from where it stands as it is written.
        return [_at(node, found.parts) for node in nodes for found in path.finditer(_counted(node))]

    return _Path((follow,), None)


def _counted(node: _Node) -> _Node:
    """A copy of a value with numbers in place of their lexical forms."""
    if isinstance(node, dict):
        return {key: _counted(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_counted(value) for value in node]
    if isinstance(node, _Integer):
        return int(node)
    return float(node) if isinstance(node, _Double) else node


def _at(node: _Node, parts: Iterable[str | int]) -> _Node:
    for part in parts:
        node = node[part]
    return node


def path_of(text: str, source: LogicalSource, what: str) -> _Path:
    """A path ready to be followed. Raises `ContentError` for a text that is none."""
    try:
        return compile_path(text)
    except PathError as error:
        raise refused(
            f"{what} {text!r} is no JSONPath: {error}", source.place, "write it like $.items[*].name"
        ) from error
    except ImportError:
        raise needs("python-jsonpath", "jsonpath", source.place) from None


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


def read_nodes(source: LogicalSource, reading: Reading) -> list[_Node]:
    """All records of a JSON, NDJSON or YAML file as they are. Raises `ContentError`."""
    iterator = path_of(source.iterator or "$", source, "iterator")
    return list(_records(source, locate(source, reading), iterator))


def _batches(records: Iterable[_Node], size: int) -> Iterator[list[_Node]]:
    records = iter(records)
    while batch := list(islice(records, size)):
        yield batch


def _no_number(name: str) -> Any:  # noqa: ANN401 - it never returns
    raise ValueError(f"{name} is no number of JSON")


_DECODE = json.JSONDecoder(parse_int=_Integer, parse_float=_Double, parse_constant=_no_number).decode


def decode(text: str, source: LogicalSource, line: int = 1) -> _Node:
    """A text of JSON as a value, its numbers as they are written. Raises `ContentError`."""
    try:
        return _DECODE(text)
    except json.JSONDecodeError as error:
        at = f"line {line + error.lineno - 1}, column {error.colno}"
        raise refused(f"{source.access} is not JSON at {at}: {error.msg}", source.place, "correct the file") from error
    except (ValueError, RecursionError) as error:
        raise refused(f"{source.access} is not JSON: {error}", source.place, "correct the file") from error


def _records(source: LogicalSource, path: Path, iterator: _Path) -> Iterator[_Node]:
    name = unpacked(source, path)
    if name.endswith((".ndjson", ".jsonl")):
        whole = not iterator.steps or (len(iterator.steps) == 1 and iterator.steps[0] is _all)
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


def _lines(source: LogicalSource, path: Path) -> Iterator[_Node]:
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


def _block(data: bytes, source: LogicalSource, first: int) -> list[_Node]:
    try:
        text = data.decode("utf-8-sig" if first == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise refused(f"{source.access} is not UTF-8 ({error.reason})", source.place, "say its encoding") from error
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    records: list[_Node] = []
    try:
        records = _DECODE("[" + ",".join(lines) + "]") if lines else []
    except (ValueError, RecursionError):
        records = []
    if len(records) != len(lines):
        # One of them is wrong: read them one by one to say which.
        return [decode(line, source, first + n) for n, line in enumerate(text.split("\n")) if line.strip()]
    return records


def columns_of(name: str, path: _Path, batch: list[_Node], source: LogicalSource) -> tuple[list[pl.Series], bool]:
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


def _single(path: _Path, batch: list[_Node]) -> tuple[list[_Node], bool]:
    assert path.names is not None
    values = batch
    try:
        for name in path.names:
            values = [None if node is None else node.get(name) for node in values]
    except AttributeError:
        values = [next(iter(path.values(record)), None) for record in batch]
    seen = any(value is not None for value in values) or any(path.values(record) for record in batch)
    return values, seen


def _flat(name: str, values: list[_Node], source: LogicalSource) -> list[pl.Series]:
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
