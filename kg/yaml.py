"""YAML as people write it, read as text with the place of every value.

Scalars stay the strings that stand in the file (`no`, `12:30` and `2010-06-13` are not turned into
anything else); a key written twice is an error, as YAML 1.2 asks: https://yaml.org/spec/1.2.2/#3211-nodes.
"""

import re
from bisect import bisect
from collections.abc import Callable
from pathlib import Path
from stat import S_ISREG
from typing import Self, cast

import yaml

from kg.errors import Place, Problems

__all__ = ["List", "Map", "Text", "Value", "place_of", "read", "read_text", "read_utf8"]


class Text(str):
    """A scalar: the string itself, where it stands, and whether it is YAML's null.

    https://yaml.org/spec/1.2.2/#1032-tag-resolution
    """

    __slots__ = ("null", "place")
    place: Place
    null: bool

    def __new__(cls, value: str, place: Place, *, null: bool = False) -> Self:
        """Make a string that remembers its place."""
        self = super().__new__(cls, value)
        self.place, self.null = place, null
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
_NULL = "tag:yaml.org,2002:null"
# https://yaml.org/spec/1.2.2/#54-line-break-characters
_LINE_BREAK = re.compile(r"\r\n?|\n")
# What may stand in no file: https://yaml.org/spec/1.2.2/#51-character-set. Also U+0085, U+2028 and U+2029, at which
# PyYAML ends a line, a comment too, as YAML 1.1 had it; no editor shows a line break there.
_REFUSED = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def place_of(value: object) -> Place | None:
    """Where a value that `read` returned stands; None for anything else."""
    return value.place if isinstance(value, Text | Map | List) else None


def read(path: Path, root: Path, problems: Problems) -> Value | None:
    """Read the YAML file `path`; places name it relative to `root`.

    Returns None, with the problem noted, when the file is empty, cannot be read, or is not YAML in UTF-8.
    """
    text = read_utf8(path, root, problems)
    return None if text is None else read_text(text.removeprefix("\ufeff"), _name(path, root), problems)


def read_utf8(path: Path, root: Path, problems: Problems) -> str | None:
    """What a file holds, its byte order mark and line ends as they are.

    Returns None, with the problem noted, when it is not UTF-8, no plain file (a folder, a pipe) or unreadable.
    """
    here = Place(_name(path, root), 1, 1)
    remedy = "put a file there that can be read, or remove it"
    try:
        if S_ISREG(path.stat().st_mode):
            return path.read_bytes().decode("utf-8")
        problems.add("cannot be read: it is no plain file", here, remedy)
    except OSError as error:
        problems.add(f"cannot be read: {error.strerror}", here, remedy)
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 at byte {error.start}", here, "save the file as UTF-8")
    return None


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def read_text(text: str, file: str, problems: Problems) -> Value | None:
    """Read YAML from a string; `file` is the name used in places."""
    starts = [0, *(end.end() for end in _LINE_BREAK.finditer(text))]

    def place_at(index: int) -> Place:
        line = bisect(starts, index)
        start, end = starts[line - 1], starts[line] if line < len(starts) else None
        return Place(file, line, index - start + 1, text[start:end].rstrip("\r\n"))

    def place(mark: yaml.Mark) -> Place:
        return place_at(mark.index)

    refused = _REFUSED.search(text)
    if refused:
        code = f"{ord(refused[0]):04X}"
        problems.add(
            f"not YAML: the character U+{code} cannot stand here",
            place_at(refused.start()),
            f"remove it, or write \\u{code} between double quotes",
        )
        return None
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
        value = Text(node.value, here, null=node.tag == _NULL)
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
