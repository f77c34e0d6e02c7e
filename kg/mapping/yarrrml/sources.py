"""Logical sources of YARRRML: https://rml.io/yarrrml/spec/#sources."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

from kg.errors import Problems, nearest
from kg.mapping.model import LogicalSource, Reference, TriplesMap
from kg.mapping.names import DRIVERS
from kg.yaml import List, Map, Text

__all__ = ["FORMULATIONS", "read_source", "with_namespaces"]

FORMULATIONS = ("csv", "jsonpath", "xpath", "sparql_results_csv", "css3", "xquery")
# Formats, and the formulation that reads them.
_MEANT = {
    **dict.fromkeys(("tsv", "parquet"), "csv"),
    **dict.fromkeys(("json", "ndjson", "jsonl", "yaml"), "jsonpath"),
    "xml": "xpath",
}
_TYPES = ("localfile", "remotefile", "wot", "sparql", "dcat", *DRIVERS)
_SETTINGS = ("delimiter", "contentType", "operationType", "queryFormulation", "type", "query")
_FILES = ("localfile", "remotefile")


def read_source(form: Map, name: str, problems: Problems) -> LogicalSource | None:
    """The logical source of a long form; None, with the problem noted, when it cannot be one."""
    texts = {str(key): str(value) for key, value in form.items() if isinstance(value, Text)}
    query, table = texts.get("query", ""), texts.get("table", "")
    if (query or table) and texts.get("type") != "sparql":
        formulation, iterator = ("sql-query", " ".join(query.split())) if query else ("sql-table", table)
    else:
        formulation, iterator = texts.get("referenceFormulation", ""), texts.get("iterator", "")
        if "access" not in texts or not formulation:
            problems.add(
                "a source needs access and referenceFormulation", form.place, "add them, or write [file.csv~csv]"
            )
            return None
        if formulation not in FORMULATIONS:
            at = form.get("referenceFormulation") or form
            near = nearest(_MEANT.get(formulation.lower(), formulation), FORMULATIONS)
            problems.add(f"{formulation!r} is no reference formulation", at.place, near)
    return LogicalSource(
        texts.get("access", ""),
        formulation,
        iterator,
        form.place,
        encoding=texts.get("encoding", "utf-8"),
        settings=tuple(_settings(form, texts, problems)),
        name=name,
    )


def _settings(form: Map, texts: dict[str, str], problems: Problems) -> Iterator[tuple[str, str]]:
    """What is said besides the place of the records and how they are read."""
    for key, value in form.items():
        if not isinstance(value, Text) and key not in ("credentials", "security"):
            problems.add(f"{key!s} must be a plain text", value.place, "write one text")
        if key == "type" and value not in _TYPES:
            problems.add(f"{str(value)!r} is no type of source", value.place, nearest(str(value), _TYPES))
    for name in _SETTINGS:
        said = name in texts and texts[name] not in _FILES
        if said and (name != "query" or texts.get("type") == "sparql"):
            yield name, texts[name].replace("\\t", "\t") if name == "delimiter" else texts[name]
    if isinstance(credentials := form.get("credentials"), Map):
        yield from ((str(key), str(value)) for key, value in credentials.items())
    schemes = form.get("security")
    for scheme in schemes if isinstance(schemes, List) else ():
        if isinstance(scheme, Map):
            yield from ((f"security:{key}", str(value)) for key, value in scheme.items())


def with_namespaces(maps: Sequence[TriplesMap], prefixes: Mapping[str, str]) -> list[TriplesMap]:
    """The triples maps; their sources of XML know the prefixes of the mapping that stand in any XPath."""
    sources = [source for made in maps for source in made.sources if source.formulation == "xpath"]
    if not sources:
        return list(maps)
    text = " ".join([*(source.iterator for source in sources), *(name for made in maps for name in _references(made))])
    used = [name for name in prefixes if re.search(rf"(?<![\w.-]){re.escape(name)}:(?=[\w*])", text)]
    spaces = tuple((f"namespace:{name}", prefixes[name]) for name in used)

    def known(source: LogicalSource) -> LogicalSource:
        return replace(source, settings=(*source.settings, *spaces)) if source.formulation == "xpath" else source

    return [replace(made, sources=tuple(map(known, made.sources))) for made in maps]


def _references(item: object) -> Iterator[str]:
    """Every reference inside of it."""
    if isinstance(item, Reference):
        yield item.name
    elif isinstance(item, tuple):
        for part in item:
            yield from _references(part)
    elif is_dataclass(item):
        for each in fields(item):
            yield from _references(getattr(item, each.name))
