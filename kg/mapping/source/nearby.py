"""What an iterator that finds nothing may have meant."""

import re
from collections.abc import Callable

from kg.errors import nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading
from kg.mapping.source.jsonpath import member_paths
from kg.mapping.source.xpath import element_paths

__all__ = ["nearest_iterator"]

_FILTER = re.compile(r"\[\?.*?\](?=[.\[]|$)")
_COMPARES = "correct what it compares"


def nearest_iterator(source: LogicalSource, reading: Reading) -> str:
    """A remedy for an iterator that finds nothing in a file of JSON or XML: the nearest path that is there.

    Empty where the file cannot be read so. Raises `ContentError` as reading it does.
    """
    return _BY_FORMULATION[source.formulation](source, reading) if source.formulation in _BY_FORMULATION else ""


def _in_json(source: LogicalSource, reading: Reading) -> str:
    known = set(member_paths(source, reading))
    plain = _FILTER.sub("[*]", source.iterator)
    if plain in known:
        return _COMPARES if plain != source.iterator else "give it records, or remove the triples map"
    return nearest(plain, known)


def _in_xml(source: LogicalSource, reading: Reading) -> str:
    known = dict(element_paths(source, reading))
    plain = re.sub(r"\[.*?\]", "", source.iterator.strip())
    local = re.sub(r"[\w.-]+:", "", plain)
    last = {path.rpartition("/")[2]: space for path, space in known.items()}
    known |= {f"//{name}": space for name, space in last.items()} if plain.startswith("//") else {}
    if known.get(local):
        return f"its elements are of the namespace {known[local]}: bind a prefix to that, and write it before each name"
    if local in known:
        return _COMPARES if plain == local else f"its elements are of no namespace: write {local}"
    return nearest(local, known)


_BY_FORMULATION: dict[str, Callable[[LogicalSource, Reading], str]] = {"jsonpath": _in_json, "xpath": _in_xml}
