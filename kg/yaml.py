"""YAML as people write it, read as text with the place of every value.

Scalars stay the strings that stand in the file (`no`, `12:30` and `2010-06-13` are not turned into
anything else); a key written twice is an error, as YAML 1.2 asks: https://yaml.org/spec/1.2.2/#3211-nodes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Self, cast

import yaml

from kg.errors import Place, Problems

__all__ = ["List", "Map", "Text", "Value", "place_of", "read", "read_text"]


class Text(str):
    """A scalar: the string itself, and where it stands."""

    __slots__ = ("place",)
    place: Place

    def __new__(cls, value: str, place: Place) -> Self:
        """Make a string that remembers its place."""
        self = super().__new__(cls, value)
        self.place = place
        return self


class Map(dict[Text, "Value"]):
    """A mapping in the order of the file; keys are looked up by any string and found as they stand."""

    place: Place

    def get(self, key: str, default: "Value | None" = None) -> "Value | None":  # type: ignore[override]
        """The value of a key, or the default."""
        return super().get(cast("Text", key), default)


class List(list["Value"]):
    """A sequence."""

    place: Place


Value = Text | Map | List

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 100


def place_of(value: object) -> Place | None:
    """Where a value that `read` returned stands; None for anything else."""
    return value.place if isinstance(value, Text | Map | List) else None


def read(path: Path, root: Path, problems: Problems) -> Value | None:
    """Read the YAML file `path`; places name it relative to `root`.

    Returns None, with the problem noted, when the file is empty, not UTF-8 or not YAML.
    """
    file = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 at byte {error.start}", Place(file, 1, 1), "save the file as UTF-8")
        return None
    return read_text(text, file, problems)


def read_text(text: str, file: str, problems: Problems) -> Value | None:
    """Read YAML from a string; `file` is the name used in places."""
    lines = text.split("\n")

    def place(mark: yaml.Mark) -> Place:
        line = lines[mark.line].rstrip("\r") if mark.line < len(lines) else ""
        return Place(file, mark.line + 1, mark.column + 1, line)

    try:
        deep = _too_deep(text)
        node = None if deep else yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = ", ".join(part for part in (error.context, error.problem) if part)
        problems.add(
            f"not YAML: {told}",
            place(mark) if mark else Place(file, 1, 1),
            "check indentation, quotes and colons on this line",
        )
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position)
        mark = yaml.Mark(
            file, error.position, line, error.position - (text.rfind("\n", 0, error.position) + 1), None, 0
        )
        problems.add(f"not YAML: the character U+{error.character:04X} cannot stand here", place(mark), "remove it")
        return None
    if deep:
        problems.add(f"more than {_DEEPEST} levels, one inside the other", place(deep), "write it flatter")
        return None
    if node is None:
        problems.add("the file is empty", Place(file, 1, 1), "write its content, or {} for none")
        return None
    return _walk(node, place, problems, {})


def _too_deep(text: str) -> yaml.Mark | None:
    """Where the nesting passes what can be composed without exhausting the stack; None where it does not."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return cast("yaml.Mark", event.start_mark)
    return None


def _walk(
    node: yaml.Node, place: Callable[[yaml.Mark], Place], problems: Problems, built: dict[int, Value | None]
) -> Value:
    """A node as text, map or list. An alias is the value that it names, the same object, so that no file can grow."""
    here = place(node.start_mark)
    if id(node) in built:
        known = built[id(node)]
        if known is None:
            problems.add("an alias that contains itself", here, "write the value out")
            return Text("", here)
        return known
    built[id(node)] = None
    value: Value
    if isinstance(node, yaml.ScalarNode):
        value = Text(node.value, here)
    elif isinstance(node, yaml.SequenceNode):
        value = List(_walk(item, place, problems, built) for item in node.value)
        value.place = here
    else:
        value = _entries(node, place, problems, built)
        value.place = here
    built[id(node)] = value
    return value


def _entries(
    node: yaml.Node, place: Callable[[yaml.Mark], Place], problems: Problems, built: dict[int, Value | None]
) -> Map:
    entries = Map()
    for key_node, value_node in node.value:
        key = _walk(key_node, place, problems, built)
        if not isinstance(key, Text):
            problems.add("a key must be a plain word", place(key_node.start_mark), "write one word before the colon")
            continue
        if key in entries:
            first = next(known for known in entries if known == key)
            problems.add(
                f"{str(key)!r} is written twice",
                key.place,
                f"the first is on line {first.place.line}: keep one of them",
            )
            continue
        entries[key] = _walk(value_node, place, problems, built)
    return entries
