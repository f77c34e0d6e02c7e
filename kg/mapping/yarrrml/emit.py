"""YAML, written for people: short things in a row, long ones below one another."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

__all__ = ["Plain", "emit"]

Plain: TypeAlias = "str | Sequence[Plain] | Mapping[str, Plain]"

# Scalars that need no quotes, in a row or not: https://yaml.org/spec/1.2.2/#733-plain-style.
_PLAIN = re.compile(r"[A-Za-z0-9_$/(](?:[\w$()/.~@+=;*?&%\\-]|:(?=[^\s,\[\]{}])|#(?<=\S#))*", re.ASCII)
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WIDTH = 116

# What is read line by line, however short.
_BELOW = frozenset({"prefixes", "authors", "sources", "targets", "mappings", "po"})


def emit(value: Plain, depth: int = 0) -> str:
    """A value as a YAML document or a part of one.

    >>> print(emit({"po": [["a", "ex:Person"], ["ex:says", "it is: so"]]}), end="")
    po:
    - [a, ex:Person]
    - [ex:says, "it is: so"]
    """
    return "".join(f"{'  ' * depth}{line}\n" for line in _lines(value))


def _lines(value: Plain) -> Iterator[str]:
    if isinstance(value, str):
        yield _scalar(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _entry(key, inner, nested="  " if isinstance(inner, Mapping) else "")
    else:
        for inner in value:
            row = _row(inner)
            if len(row) <= _WIDTH and not _deep(inner):
                yield f"- {row}"
                continue
            first, *rest = _lines(inner)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)


def _entry(key: str, value: Plain, nested: str) -> Iterator[str]:
    head, row = f"{_scalar(key)}:", _row(value)
    short = len(head) + len(row) <= _WIDTH and not _deep(value) and key not in _BELOW
    if isinstance(value, str) or short:
        yield f"{head} {row}"
        return
    yield head
    yield from (f"{nested}{line}" for line in _lines(value))


def _deep(value: Plain) -> bool:
    """Whether a value is easier to read below than in a row."""
    if isinstance(value, str):
        return False
    if isinstance(value, Mapping):
        return any(not isinstance(inner, str) for inner in value.values()) or len(value) > 3
    return any(not isinstance(inner, str) and (isinstance(inner, Mapping) or _deep(inner)) for inner in value) or any(
        not isinstance(inner, str) for inner in value[2:]
    )


def _row(value: Plain) -> str:
    if isinstance(value, str):
        return _scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_row(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(_row(inner) for inner in value) + "]"


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04X}", quoted)
