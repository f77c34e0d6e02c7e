"""The input of the benchmark: people with eight fields, the same for the same seed, as CSV, JSON or NDJSON."""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

__all__ = ["COLUMNS", "FORMATS", "Format", "Record", "records", "write"]

Record = dict[str, str | int | None]
"""A value for each column. `children` is an integer; `note` may be None in JSON, never in CSV."""

COLUMNS = ("id", "name", "city", "born", "amount", "children", "homepage", "note")

_GIVEN = ("Zoé", "Jean-François", "Ñusta", "Søren", "Łukasz", "O'Neil", "Mère Anne", "Ioa\u0301na", "Αλέξης", "Кирилл")
_FAMILY = ("d'Arc", "Müller", "Nguyễn", "Šćepanović", "de la Peña", "Smith & Sons", "İnce", "李", "Ólafsdóttir", "Ng")
_CITIES = ("Saint-Étienne", "L'Haÿ-les-Roses", "São Paulo", "Zürich (Nord)", "Київ", "東京", "A/B & C", "50 % Nord")
_WORDS = (
    *("élan", "naïf", "garçon", "œuvre", "Straße", "señor", "coup", "nation", "report", "witness", "minister"),
    *("said", "the", "of", "and", "yesterday", "according", "to", "sources", "close", "negotiations", "voilà"),
)
# What damages literals: put between two words of a note. The last ones are rare in the data too.
_MARKS = (" ", ", ", ' "quoted" ', " l'eau ", "\n", "\r\n", " \\ ", "\t", " — ", "…\n\n")
_RARE = (
    *("\r", "\u2028", "\x85", " \U0001f600 ", " \\n ", " \\u00e9 ", "\x0b", " NA ", ' "" '),
    *(" <b>&amp;</b> ", " {x} "),
)
_WHOLE = ("NA", "null", "nan", " leading and trailing ", '"', "\\", "None", "-", "\u00a0", "#N/A")

_BREAKS = re.compile("[\\n\\r\\v\\x85\\u2028]+")


def records(form: str, rows: int, *, seed: int = 1) -> Iterator[Record]:
    """The records of a form of `FORMATS`, with all kinds of characters; every twentieth note is None where it can."""
    rng = random.Random(seed)  # noqa: S311 - test data
    kind = FORMATS[form]
    for number in range(rows):
        note = _note(rng)
        yield {
            "id": f"{number:08d}",
            "name": f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}",
            "city": rng.choice(_CITIES),
            "born": f"{rng.randrange(1920, 2010)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}",
            "amount": f"{rng.randrange(-999, 100_000)}.{rng.randrange(100):02d}",
            "children": rng.randrange(12),
            "homepage": f"https://example.org/~user/{number}?lang=fr&n={number % 97}#é",
            "note": None if kind.nulls and number % 20 == 7 else note if kind.breaks else _BREAKS.sub(" ", note),
        }


def _note(rng: random.Random) -> str:
    if rng.random() < 0.01:
        return rng.choice(_WHOLE)
    text = rng.choice(_WORDS)
    for _ in range(rng.randrange(4, 12)):
        mark = rng.choice(_RARE) if rng.random() < 0.01 else rng.choice(_MARKS) if rng.random() < 0.2 else " "
        text += mark + rng.choice(_WORDS)
    return text


def _cell(value: str | int | None) -> str:
    """A field of RFC 4180; the standard library's writer leaves a lone carriage return without quotes."""
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text


def _csv(rows: Iterable[Record], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        file.writelines(",".join(map(_cell, row.values())) + "\n" for row in rows)


def _ndjson(rows: Iterable[Record], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _json(rows: Iterable[Record], path: Path) -> None:
    rest = iter(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("[")
        file.writelines(json.dumps(row, ensure_ascii=False) for row in islice(rest, 1))
        file.writelines(",\n" + json.dumps(row, ensure_ascii=False) for row in rest)
        file.write("]\n")


@dataclass(frozen=True, slots=True)
class Format:
    """How records are written. nulls: a field can be without a value. breaks: a field can hold line breaks."""

    ending: str
    write: Callable[[Iterable[Record], Path], None]
    nulls: bool = True
    breaks: bool = True


FORMATS = {
    "csv": Format("csv", _csv, nulls=False),
    # For engines that cannot read CSV otherwise.
    "csv-flat": Format("csv", _csv, nulls=False, breaks=False),
    "json": Format("json", _json),
    "ndjson": Format("ndjson", _ndjson),
}


def write(form: str, rows: int, folder: Path) -> Path:
    """Write the input in a form of `FORMATS`, unless it is there; returns its path."""
    path = folder / f"{form}-{rows}.{FORMATS[form].ending}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".unfinished")
        FORMATS[form].write(records(form, rows), unfinished)
        unfinished.rename(path)
    return path
