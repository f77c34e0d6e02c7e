"""How a mapping is run: settings by keyword, and what is wrong with them.

sources: for the name of a source in the mapping, the file, database or address to read in its place.
base: what relative IRIs are appended to. functions: Python files and modules of functions that the mapping calls.
allowed: what addresses of sources may begin with. on_error: what is done about a record that makes no valid term.
quarantine: an NDJSON file for these records; it says `on_error` already. batch: records held at a time. tell: called
after each batch. fetched: where what was fetched is noted.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, get_args

from kg.errors import UsageError, nearest
from kg.mapping.bulk import OnError, Summary
from kg.mapping.lexical import ABSOLUTE_IRI
from kg.mapping.model import LogicalSource, TriplesMap
from kg.mapping.source import Fetched

__all__ = ["Settings", "WriteSettings", "check_settings", "check_sources"]


class Settings(TypedDict, total=False):
    """How a mapping is run; `kg.mapping.setting` says what each means."""

    sources: Mapping[str, Path | str]
    base: str
    functions: Sequence[str]
    allowed: Sequence[str]
    on_error: OnError
    quarantine: Path | str
    batch: int
    tell: Callable[[Summary], None]
    fetched: Fetched


class WriteSettings(Settings, total=False):
    """Also how the output is written. shards: the number of files. sort: whether in order, each quad once."""

    shards: int
    sort: bool


def check_settings(settings: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise `UsageError` for a setting that is not known, or that cannot be.

    known: the names of settings.
    """
    for name, value in settings.items():
        if name not in known:
            raise UsageError(f"there is no setting {name!r}: {nearest(name, known)}")
        wrong = _WRONG[name](value) if name in _WRONG else ""
        if wrong:
            raise UsageError(f"{name} {value!r} {wrong}")


def _several(value: object) -> str:
    return "is one text: write a list" if isinstance(value, str) else ""


def _counted(value: int) -> str:
    return "is less than 1" if value < 1 else ""


def _base(value: str) -> str:
    if not value or re.match(ABSOLUTE_IRI, value):
        return ""
    return "is no absolute IRI: write one like https://example.org/"


def _on_error(value: str) -> str:
    return "" if value in get_args(OnError) else f"is not known: {nearest(value, get_args(OnError))}"


# What is said of a value that cannot be; empty where it can.
_WRONG: Mapping[str, Callable[[Any], str]] = {
    "functions": _several,
    "allowed": _several,
    "batch": _counted,
    "shards": _counted,
    "base": _base,
    "on_error": _on_error,
}


def check_sources(sources: Iterable[str], triples_maps: Sequence[TriplesMap]) -> None:
    """Raise `UsageError` where a source is to be read in place of one that no triples map reads."""
    known = {name for one in triples_maps for source in one.sources for name in _names(source)}
    for name in sources:
        if name not in known:
            what = f"no source {name!r}" if name else "no database without a name"
            raise UsageError(f"the mapping reads {what}: {nearest(name, known)}")


def _names(source: LogicalSource) -> Iterator[str]:
    if source.view is None:
        yield source.access
        return
    for inner in (source.view.on, *(join.parent for join in source.view.joins)):
        yield from _names(inner)
