"""Turtle, written for people: named things one after another, what has no name inside."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from kg.mapping.turtle import RDF

__all__ = ["Iri", "Literal", "Thing", "Value", "turtle"]

_LOCAL = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Iri:
    """An IRI as a value."""

    value: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal as a value. datatype: IRI, or empty. language: tag, or empty."""

    value: str
    datatype: str = ""
    language: str = ""


@dataclass(slots=True)
class Thing:
    """A node and what is said of it. iri: its name; empty for a blank node."""

    types: tuple[str, ...] = ()
    iri: str = ""
    said: list[tuple[str, "Value"]] = field(default_factory=list)

    def say(self, predicate: str, value: "Value | None") -> None:
        """Add a statement; None adds nothing."""
        if value is not None:
            self.said.append((predicate, value))


Value: TypeAlias = "Iri | Literal | Thing | tuple[Thing, ...]"
"""What is said: a tuple is an RDF collection."""


def turtle(things: Iterable[Thing], prefixes: Mapping[str, str], base: str = "") -> str:
    """The things as a Turtle document that declares the prefixes it uses. base: of relative IRIs; empty for none."""
    writer = _Writer(dict(prefixes))
    body = "\n".join(writer.named(thing) for thing in things)
    head = f"@base <{base}> .\n" if base else ""
    head += "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items() if name in writer.used)
    return f"{head}\n{body}" if head else body


class _Writer:
    def __init__(self, prefixes: dict[str, str]) -> None:
        self.prefixes = sorted(prefixes.items(), key=lambda item: -len(item[1]))
        self.used: set[str] = set()

    def named(self, thing: Thing) -> str:
        inner = " ;\n".join(f"    {line}" for line in self._lines(thing, 1))
        return f"{self.iri(thing.iri)}\n{inner} .\n"

    def _lines(self, thing: Thing, depth: int) -> Iterator[str]:
        if thing.types:
            yield "a " + ", ".join(self.iri(name) for name in thing.types)
        for predicate, value in thing.said:
            name = "a" if predicate == f"{RDF}type" else self.iri(predicate)
            yield f"{name} {self._value(value, depth)}"

    def _value(self, value: Value, depth: int) -> str:
        if isinstance(value, tuple):
            return f"( {' '.join(self._value(item, depth) for item in value)} )"
        if isinstance(value, Iri):
            return self.iri(value.value)
        if isinstance(value, Literal):
            return self._literal(value)
        return self.iri(value.iri) if value.iri else self._brackets(value, depth)

    def _literal(self, value: Literal) -> str:
        text = '"' + "".join(_ESCAPES.get(c, c) for c in value.value) + '"'
        if value.language:
            return f"{text}@{value.language}"
        return f"{text}^^{self.iri(value.datatype)}" if value.datatype else text

    def _brackets(self, value: Thing, depth: int) -> str:
        lines = list(self._lines(value, depth + 1))
        if len(lines) < 2 and "\n" not in "".join(lines):
            return f"[ {''.join(lines)} ]" if lines else "[ ]"
        indent = "    " * (depth + 1)
        return "[\n" + " ;\n".join(indent + line for line in lines) + "\n" + "    " * depth + "]"

    def iri(self, iri: str) -> str:
        for name, namespace in self.prefixes:
            if iri.startswith(namespace) and _LOCAL.fullmatch(iri[len(namespace) :]):
                self.used.add(name)
                return f"{name}:{iri[len(namespace) :]}"
        return f"<{iri}>"
