"""The expected shape of a value in a content file: a mapping, a list, a word; a Problem otherwise."""

import re
import reprlib
import unicodedata
from collections.abc import Collection

from kg.errors import Place, Problems, nearest
from kg.yaml import List, Map, Text, Value, place_of

__all__ = [
    "as_list",
    "as_map",
    "as_number",
    "as_text",
    "as_texts",
    "choice",
    "composed",
    "key_place",
    "only_keys",
]

# A thousand million code points are more than any text has.
_NUMBER = re.compile(r"[0-9]{1,9}")


def key_place(entries: Map, key: str) -> Place | None:
    """Where the key itself stands; the place of the mapping when the key is absent."""
    return next((known.place for known in entries if known == key), entries.place)


def as_map(value: Value, what: str, problems: Problems) -> Map | None:
    """The value as a mapping; None, with the problem noted, when it is anything else."""
    if isinstance(value, Map):
        return value
    problems.add(f"{what} must be a mapping", place_of(value), "write it as `key: value` lines, or as {key: value}")
    return None


def as_list(value: Value, what: str, problems: Problems) -> List | None:
    """The value as a list; None, with the problem noted, when it is anything else."""
    if isinstance(value, List):
        return value
    problems.add(f"{what} must be a list", place_of(value), "write it as `- item` lines, or as [item, item]")
    return None


def as_text(value: Value, what: str, problems: Problems) -> Text | None:
    """The value as a scalar that is not empty; None, with the problem noted, when it is anything else."""
    if not isinstance(value, Text):
        problems.add(f"{what} must be a single value", place_of(value))
    elif not value.strip():
        problems.add(f"{what} is empty", value.place)
    else:
        return value
    return None


def as_texts(value: Value, what: str, problems: Problems) -> list[Text] | None:
    """One scalar, or a list of scalars with none twice; None, with the problems noted, otherwise."""
    if not isinstance(value, List):
        one = as_text(value, what, problems)
        return None if one is None else [one]
    if not value:
        problems.add(f"{what} is an empty list", value.place, "give a value, or leave the key out")
        return None
    texts: list[Text] = []
    wrong = False
    for item in value:
        text = as_text(item, f"an item of {what}", problems)
        if text is None:
            wrong = True
        elif text in texts:
            problems.add(f"{what} has {str(text)!r} twice", text.place, "keep one of them")
            wrong = True
        else:
            texts.append(text)
    return None if wrong else texts


def as_number(value: Value, what: str, problems: Problems) -> int | None:
    """A whole number from 0, of nine digits at most; None, with the problem noted, when the value is anything else."""
    if isinstance(value, Text) and _NUMBER.fullmatch(value):
        return int(value)
    shown = f", not {reprlib.repr(str(value))}" if isinstance(value, Text) else ""
    problems.add(f"{what} must be a whole number{shown}", place_of(value), "write up to nine digits, such as 42")
    return None


def choice(value: Value, what: str, allowed: Collection[str], problems: Problems) -> str | None:
    """One of the allowed words; None, with the problem noted, when the value is anything else."""
    text = as_text(value, what, problems)
    if text is None or text in allowed:
        return None if text is None else str(text)
    problems.add(f"unknown {what} {str(text)!r}", text.place, nearest(text, allowed))
    return None


def only_keys(entries: Map, allowed: Collection[str], what: str, problems: Problems) -> None:
    """Note every key that is not one of the allowed ones."""
    for key in entries:
        if key not in allowed:
            problems.add(f"unknown key {str(key)!r} in {what}", key.place, nearest(key, allowed))


def composed(text: Text, what: str, problems: Problems) -> None:
    """Note a text that is not in Unicode normal form C: https://www.unicode.org/reports/tr15/."""
    if not unicodedata.is_normalized("NFC", text):
        problems.add(
            f"{what} is written with decomposed characters",
            text.place,
            f"write it in Unicode normal form C: {unicodedata.normalize('NFC', text)}",
        )
