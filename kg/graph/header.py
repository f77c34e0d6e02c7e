"""The header of a question: lines of `#+ ` that are YAML, read with the place of every value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kg import yaml
from kg.errors import Place, Problems, nearest
from kg.graph.expectation import Expectation

__all__ = ["MARK", "Header", "read_header"]

MARK = "#+"

_V = TypeVar("_V", yaml.Text, yaml.Map, yaml.List)
_KINDS = {yaml.Text: "a text", yaml.Map: "a mapping", yaml.List: "a list"}
_SAYS = ("rows", "count", "empty", "answer")


def read_header(source: str, file: str, problems: Problems) -> "Header | None":
    """The header of a query; None where it has none, or none that is YAML, which is noted."""
    lines = source.splitlines()
    size = next((number for number, line in enumerate(lines) if not line.startswith(MARK)), len(lines))
    for number, line in enumerate(lines[size:], size + 1):
        if line.startswith(MARK):
            problems.add("a line of the header below its end", Place(file, number, 1, line), "move it to the top")
    if not size:
        return None
    # Two spaces for the two characters of the mark: line and column are those of the file.
    value = yaml.read_text("\n".join("  " + line[len(MARK) :] for line in lines[:size]), file, problems)
    if value is not None and not isinstance(value, yaml.Map):
        problems.add("the header is no mapping", yaml.place_of(value), "begin with #+ summary: {fr: …, en: …}")
    return Header(value, problems) if isinstance(value, yaml.Map) else None


@dataclass(frozen=True, slots=True)
class Header:
    """A mapping that is read key by key; what is wrong is noted in `problems`."""

    entries: yaml.Map
    problems: Problems

    def keys(
        self, value: yaml.Value | None, required: Sequence[str], optional: Sequence[str], what: str
    ) -> dict[str, yaml.Value]:
        """The entries of a mapping that have a known key; an unknown key and a missing one are noted."""
        entries = self.typed(value, yaml.Map, what)
        if entries is None:
            return {}
        known = (*required, *optional)
        for key in entries:
            if key not in known:
                self.problems.add(f"unknown key {str(key)!r} in {what}", key.place, nearest(key, known))
        for name in required:
            if name not in entries:
                self.problems.add(f"{what} has no {name}", entries.place, f"add {name}: …")
        return {str(key): entry for key, entry in entries.items() if key in known}

    def typed(self, value: yaml.Value | None, kind: type[_V], what: str) -> _V | None:
        """The value when it is of the kind; None, noted, when it is another."""
        if isinstance(value, kind):
            return value
        if value is not None:
            self.problems.add(f"{what} must be {_KINDS[kind]}", yaml.place_of(value))
        return None

    def text(self, value: yaml.Value | None, what: str) -> str:
        """A text, empty when there is none."""
        return str(self.typed(value, yaml.Text, what) or "")

    def texts(self, value: yaml.Value | None, what: str) -> dict[str, str]:
        """Texts by language, or values by name."""
        entries = self.typed(value, yaml.Map, what) or yaml.Map()
        return {str(key): self.text(entry, f"{what}, {key},") for key, entry in entries.items()}

    def items(self, value: yaml.Value | None, what: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(item, f"an item of {what}") for item in self.typed(value, yaml.List, what) or ())

    def expectations(
        self, value: yaml.Value | None, check: Callable[[str, str], str | None], names: Mapping[str, object]
    ) -> Iterator[Expectation]:
        """One expectation, or several in a list.

        check: (name of a parameter, text) -> what is wrong with the text. names: the parameters.
        """
        for item in value if isinstance(value, yaml.List) else [value] if value is not None else []:
            optional = (*_SAYS, "columns", "ordered", "parameters")
            keys = self.keys(item, ("articles",), optional, "an expectation")
            place = yaml.place_of(item)
            if not keys or place is None:
                continue
            if sum(key in keys for key in _SAYS) != 1:
                self.problems.add(f"an expectation says one of {', '.join(_SAYS)}", place, "for example count: 3")
            given = self.typed(keys.get("parameters"), yaml.Map, "parameters of an expectation") or yaml.Map()
            for name, text in given.items():
                if name not in names:
                    self.problems.add(f"there is no parameter {str(name)!r}", name.place, nearest(name, names))
                elif wrong := check(str(name), self.text(text, f"the value of {name}")):
                    self.problems.add(f"{str(text)!r} does not fit {name}", yaml.place_of(text), wrong)
            rows = self.typed(keys.get("rows"), yaml.List, "rows")
            if rows is not None and not rows:
                self.problems.add("no rows are written", rows.place, "write them, or empty: true")
            yield Expectation(
                self.items(keys.get("articles"), "articles"),
                place,
                self.items(keys.get("columns"), "columns"),
                None if rows is None else tuple(self.items(row, "a row") for row in rows),
                tuple(yaml.place_of(row) or place for row in rows or ()),
                0 if "empty" in keys and self.flag(keys["empty"], "empty") else self._count(keys.get("count")),
                self.flag(keys["answer"], "answer") if "answer" in keys else None,
                self.flag(keys.get("ordered"), "ordered"),
                self.texts(given, "parameters"),
            )

    def flag(self, value: yaml.Value | None, what: str) -> bool:
        """True or false, false when there is none."""
        if value is not None and value not in ("true", "false"):
            self.problems.add(f"{what} is true or false", yaml.place_of(value))
        return value == "true"

    def _count(self, value: yaml.Value | None) -> int | None:
        if value is None:
            return None
        if not (isinstance(value, yaml.Text) and value.isascii() and value.isdigit()):
            self.problems.add("count is a whole number", yaml.place_of(value))
            return None
        return int(value)
