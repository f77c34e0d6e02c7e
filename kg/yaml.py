"""YAML as people write it, read as text with the place of every value.

Scalars stay the strings that stand in the file (`no`, `12:30` and `2010-06-13` are not turned into
anything else); a key written twice is an error, as YAML 1.2 asks: https://yaml.org/spec/1.2.2/#3211-nodes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Self

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
    """A mapping in the order of the file."""

    place: Place


class List(list["Value"]):
    """A sequence."""

    place: Place


Value = Text | Map | List


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
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = ", ".join(part for part in (error.context, error.problem) if part)
        problems.add(
            f"not YAML: {told}",
            place(mark) if mark else Place(file, 1, 1),
            "check indentation, quotes and colons on this line",
        )
        return None
    except yaml.YAMLError as error:
        problems.add(f"not YAML: {error}", Place(file, 1, 1))
        return None
    if node is None:
        problems.add("the file is empty", Place(file, 1, 1))
        return None
    return _walk(node, place, problems, frozenset())


def _walk(node: yaml.Node, place: Callable[[yaml.Mark], Place], problems: Problems, above: frozenset[int]) -> Value:
    if id(node) in above:
        problems.add("an alias that contains itself", place(node.start_mark))
        return Text("", place(node.start_mark))
    above = above | {id(node)}
    if isinstance(node, yaml.ScalarNode):
        return Text(node.value, place(node.start_mark))
    if isinstance(node, yaml.SequenceNode):
        items = List(_walk(item, place, problems, above) for item in node.value)
        items.place = place(node.start_mark)
        return items
    entries = Map()
    entries.place = place(node.start_mark)
    for key_node, value_node in node.value:
        key = _walk(key_node, place, problems, above)
        if not isinstance(key, Text):
            problems.add("a key must be a plain word", place(key_node.start_mark))
            continue
        if key in entries:
            first = next(known for known in entries if known == key)
            problems.add(
                f"{str(key)!r} is written twice",
                key.place,
                f"the first is on line {first.place.line}: keep one of them",
            )
            continue
        entries[key] = _walk(value_node, place, problems, above)
    return entries
