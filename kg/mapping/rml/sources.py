"""Logical sources and targets of RML: https://kg-construct.github.io/rml-io/spec/docs/."""

import re
from collections.abc import Iterable

from kg.errors import nearest
from kg.mapping.model import LogicalSource, LogicalTarget
from kg.mapping.rml.document import Document, Properties, Property
from kg.mapping.rml.vocabulary import FORMULATIONS, RML, word

__all__ = ["read_source", "read_target"]

_CSVW = "http://www.w3.org/ns/csvw#"
_D2RQ = "http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#"
_DCAT = "http://www.w3.org/ns/dcat#"
_VOID = "http://rdfs.org/ns/void#"
_SD = "http://www.w3.org/ns/sparql-service-description#"
_TD = "https://www.w3.org/2019/wot/td#"
_HCTL = "https://www.w3.org/2019/wot/hypermedia#"

_COMPRESSIONS = {"gzip": "gzip", "zip": "zip", "targz": "tar.gz", "tarxz": "tar.xz", "none": ""}
_ROOTS = {"MappingDirectory": "mapping", "CurrentWorkingDirectory": "working"}
_DATABASE = {
    f"{_D2RQ}jdbcDSN": "dsn",
    f"{_D2RQ}jdbcDriver": "driver",
    f"{_D2RQ}username": "username",
    f"{_D2RQ}password": "password",
}

_ADDRESSES = {
    f"{_DCAT}downloadURL": "dcat",
    f"{_DCAT}dataDump": "dcat",
    f"{_VOID}dataDump": "void",
    f"{_SD}endpoint": "sparql",
}


def read_source(document: Document, found: Property) -> LogicalSource | None:
    """The logical source that a node describes; None, with the problem noted, when it cannot be one."""
    problems = document.problems
    if "LogicalView" in document.types(found.value) or "viewOn" in document.raw(found.value):
        problems.add("logical views are not read yet", found.place, "name a logical source")
        return None
    said = document.of("logical source", found.value, found.place)
    if not said:
        return None
    formulation, settings = _formulation(document, said)
    iterator = document.text(said, "iterator")
    if "tableName" in said or "sqlQuery" in said or "query" in said:
        formulation, iterator = _relational(document, said, formulation)
    access = document.one(said, "source")
    if access is None:
        if formulation not in ("sql-table", "sql-query"):
            problems.add("the logical source has no source", found.place, "add rml:source")
            return None
        return LogicalSource("", formulation, iterator, found.place, settings=tuple(settings))
    if not formulation:
        problems.add("the logical source has no reference formulation", found.place, "add rml:referenceFormulation")
    where = _access(document, access)
    if where is None:
        return None
    nulls = tuple(item.value.value for item in [*said.get("null", []), *where.said.get("null", [])])
    return LogicalSource(
        where.path,
        formulation,
        iterator,
        found.place,
        root=where.root,
        nulls=nulls + where.nulls,
        compression=_compression(document, where.said),
        encoding=_encoding(where.said),
        settings=(*settings, *where.settings),
    )


def read_target(document: Document, found: Property) -> LogicalTarget | None:
    """The logical target that a node describes; None, with the problem noted, when it cannot be one."""
    said = document.of("logical target", found.value, found.place)
    if not said:
        return None
    target = document.one(said, "target")
    if target is None:
        document.problems.add("the logical target has no target", found.place, "add rml:target")
        return None
    where = _access(document, target)
    if where is None:
        return None
    compression = document.iri(said, "compression")
    return LogicalTarget(
        where.path,
        document.iri(said, "serialization"),
        RML + (word(compression) or compression) if compression else "",
        _encoding(said),
        found.place,
    )


class _Access:
    """Where records are read or triples written."""

    def __init__(self, path: str, said: Properties, settings: Iterable[tuple[str, str]] = ()) -> None:
        self.path = path
        self.said = said
        self.root = ""
        self.nulls: tuple[str, ...] = ()
        self.settings = list(settings)


def _access(document: Document, found: Property) -> _Access | None:
    node = found.value
    said = document.raw(node)
    if node.kind == "literal" or (node.kind == "iri" and not said):
        return _Access(node.value, {})
    if "path" in said:
        return _file(document, found)
    if f"{_CSVW}url" in said:
        return _csvw(document, said)
    for key in _ADDRESSES.keys() & said.keys():
        return _Access(said[key][0].value.value, said, [("type", _ADDRESSES[key])])
    if f"{_D2RQ}jdbcDSN" in said:
        settings = [(name, said[key][0].value.value) for key, name in _DATABASE.items() if key in said]
        return _Access(said[f"{_D2RQ}jdbcDSN"][0].value.value, said, settings)
    forms = [document.raw(form.value) for form in said.get(f"{_TD}hasForm", [])]
    addresses = [target.value.value for form in forms for target in form.get(f"{_HCTL}hasTarget", [])]
    if not addresses:
        document.problems.add(
            "nothing says where this source is", found.place, 'write [ a rml:RelativePathSource; rml:path "…" ]'
        )
        return None
    return _Access(addresses[0], said, [("type", "wot")])


def _file(document: Document, found: Property) -> _Access:
    """A file by its path: https://kg-construct.github.io/rml-io/spec/docs/#relative-path-source."""
    said = document.of("source", found.value, found.place)
    access = _Access(document.text(said, "path"), said)
    root = document.one(said, "root")
    if root is not None:
        name = word(root.value.value) if root.value.kind == "iri" else None
        if name is not None and name not in _ROOTS:
            document.problems.add(f"{name!r} is no root", root.place, nearest(name, _ROOTS))
        access.root = _ROOTS.get(name or "", root.value.value)
    return access


def _csvw(document: Document, said: Properties) -> _Access:
    """A table and its dialect: https://www.w3.org/TR/tabular-metadata/#dialect-descriptions."""
    access = _Access(said[f"{_CSVW}url"][0].value.value, said)
    access.nulls = tuple(item.value.value for item in access.said.get(f"{_CSVW}null", []))
    for dialect in access.said.get(f"{_CSVW}dialect", []):
        for key, values in document.raw(dialect.value).items():
            if key.startswith(_CSVW):
                access.settings.append((key.removeprefix(_CSVW), values[0].value.value))
    return access


def _formulation(document: Document, said: Properties) -> tuple[str, list[tuple[str, str]]]:
    """The reference formulation's name, and the prefixes of XPath as settings `namespace:<prefix>`."""
    found = document.one(said, "referenceFormulation")
    if found is None:
        return "", []
    inner = document.raw(found.value)
    if inner:
        spaces = []
        for item in inner.get("namespace", []):
            one = document.raw(item.value)
            prefix, url = (document.text(one, name) for name in ("namespacePrefix", "namespaceURL"))
            spaces.append((f"namespace:{prefix}", url))
        names = document.types(found.value)
        return next((FORMULATIONS[name] for name in names if name in FORMULATIONS), ""), spaces
    if found.value.kind != "iri":
        document.problems.add("a reference formulation is an IRI", found.place, "write one such as rml:JSONPath")
        return "", []
    name = word(found.value.value)
    if name is not None and name not in FORMULATIONS:
        document.problems.add(f"{name!r} is no reference formulation", found.place, nearest(name, FORMULATIONS))
    return FORMULATIONS.get(name or "", re.split("[#/]", found.value.value)[-1]), []


def _relational(document: Document, said: Properties, formulation: str) -> tuple[str, str]:
    """A table or a query: https://www.w3.org/TR/r2rml/#logical-tables."""
    found = document.one(said, "tableName", "sqlQuery", "query")
    assert found is not None
    if found in said.get("query", []) and formulation == "xpath":
        return formulation, document.text(said, "iterator")
    return "sql-table" if "tableName" in said else "sql-query", found.value.value


def _compression(document: Document, said: Properties) -> str:
    found = document.one(said, "compression")
    if found is None:
        return ""
    name = word(found.value.value) or found.value.value
    if name not in _COMPRESSIONS:
        document.problems.add(f"{name!r} is no compression", found.place, nearest(name, _COMPRESSIONS))
    return _COMPRESSIONS.get(name, "")


def _encoding(said: Properties) -> str:
    found = said.get("encoding")
    return (word(found[0].value.value) or found[0].value.value).lower() if found else "utf-8"
