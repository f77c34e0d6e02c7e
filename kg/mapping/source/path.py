"""JSONPath over decoded JSON: https://www.rfc-editor.org/rfc/rfc9535.

Paths of names, indexes, `[*]` and comparisons with a string are followed here; any other path needs the library
python-jsonpath (extra `jsonpath`).
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from kg.mapping.model import LogicalSource
from kg.mapping.source.refusal import needs, refused

__all__ = ["Double", "Integer", "JsonPath", "Node", "PathError", "compile_path", "every", "path_of"]


class Integer(str):
    """A JSON number without fraction and exponent, as it is written."""

    __slots__ = ()


class Double(str):
    """Any other JSON number, as it is written."""

    __slots__ = ()


class PathError(ValueError):
    """A text is no JSONPath."""


Node = Any
_Step = Callable[[list[Node]], list[Node]]


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path ready to be followed.

    names: its member names, when it is nothing else and selects one value at most. within: the member names before
    `[*]`, when it is nothing else. itemwise: whether it selects from each item of an array on its own.
    """

    steps: tuple[_Step, ...]
    names: tuple[str, ...] | None
    within: tuple[str, ...] | None = None
    itemwise: bool = False

    def values(self, node: Node) -> list[Node]:
        """All nodes that the path selects from one."""
        nodes = [node]
        for step in self.steps:
            nodes = step(nodes)
        return nodes

    def seen(self, nodes: list[Node]) -> bool:
        """Whether some of the nodes have what the path names, be it an empty array where its items are meant."""
        for step in self.steps:
            found = step(nodes)
            if not found:
                return step is every and any(isinstance(node, list | dict) for node in nodes)
            nodes = found
        return bool(nodes)


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


def every(nodes: list[Node]) -> list[Node]:
    """The items of arrays and the values of objects: `[*]`."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, list):
            found += node
        elif isinstance(node, dict):
            found += node.values()
    return found


def _equal(field: str, value: str) -> _Step:
    return lambda nodes: [
        item
        for item in every(nodes)
        if isinstance(item, dict) and type(item.get(field)) is str and item[field] == value
    ]


@cache
def compile_path(text: str) -> JsonPath:
    """Make a path ready. `$.` before a name may be left out, as mappings do.

    Raises `PathError` for a text that is no JSONPath, `ImportError` for one that needs python-jsonpath.
    """
    whole = text.strip()
    rest = re.sub(r"^[$@]", "", whole)
    if rest == whole and whole:
        rest = whole if whole.startswith("[") else f".{whole}"
    steps: list[_Step] = []
    names: list[str] | None = []
    within: list[str] | None = None
    itemwise = False
    position = 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None:
            return _general(whole)
        if position == 0:
            itemwise = match["all"] is not None or match["field"] is not None
        name = match["name"]
        if match["single"] is not None or match["double"] is not None:
            quote = "'" if match["single"] is not None else '"'
            name = _unescape(match["single"] if quote == "'" else match["double"], quote)
        if name is not None:
            steps.append(_member(name))
            names, within = [*names, name] if names is not None else None, None
        else:
            names, within = None, names if match["all"] else None
            if match["index"]:
                steps.append(_index(int(match["index"])))
            elif match["all"]:
                steps.append(every)
            else:
                steps.append(_equal(match["field"], match["equal"]))
        position = match.end()
    only, before = (None if known is None else tuple(known) for known in (names, within))
    return JsonPath(tuple(steps), only, before, itemwise)


def _general(text: str) -> JsonPath:
    import jsonpath  # noqa: PLC0415 - an extra

    rooted = text if text.startswith("$") else f"${text[1:] if text.startswith('@') else '.' + text}"
    try:
        path = jsonpath.JSONPathEnvironment(strict=True).compile(rooted)
    except (jsonpath.JSONPathError, ValueError, OverflowError) as error:
        # The library lets some of Python's own errors through, as for `$[1e999]`.
        raise PathError(str(error).partition("\n")[0]) from error

    def follow(nodes: list[Node]) -> list[Node]:
        # Filters compare numbers as numbers; what is found is then taken from where it stands as it is written.
        try:
            return [_at(node, found.parts) for node in nodes for found in path.finditer(_counted(node))]
        except (jsonpath.JSONPathError, RecursionError):
            raise PathError(f"it is nested too deeply to follow {text!r}") from None

    return JsonPath((follow,), None)


def _counted(node: Node) -> Node:
    """A copy of a value with numbers in place of their lexical forms."""
    if isinstance(node, dict):
        return {key: _counted(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_counted(value) for value in node]
    if isinstance(node, Integer):
        # Python reads no whole number of more than 4300 digits.
        return int(node) if len(node) < 4000 else float(node)
    return float(node) if isinstance(node, Double) else node


def _at(node: Node, parts: Iterable[str | int]) -> Node:
    for part in parts:
        node = node[part]
    return node


def path_of(text: str, source: LogicalSource, what: str) -> JsonPath:
    """A path ready to be followed. Raises `ContentError` for a text that is none."""
    try:
        return compile_path(text)
    except PathError as error:
        raise refused(
            f"{what} {text!r} is no JSONPath: {error}", source.place, "write it like $.items[*].name"
        ) from error
    except ImportError:
        raise needs("python-jsonpath", "jsonpath", source.place) from None
