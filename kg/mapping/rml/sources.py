"""Logical sources and targets of RML: https://kg-construct.github.io/rml-io/spec/docs/."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from kg.errors import nearest
from kg.mapping.model import LogicalSource, LogicalTarget
from kg.mapping.names import DRIVERS
from kg.mapping.rml.document import Document, Properties, Property
from kg.mapping.rml.vocabulary import FORMULATIONS, RML, SQL_VERSIONS, word

__all__ = ["read_source", "read_target"]

_CSVW = "http://www.w3.org/ns/csvw#"
_D2RQ = "http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#"
_DCAT = "http://www.w3.org/ns/dcat#"
_VOID = "http://rdfs.org/ns/void#"
_SD = "http://www.w3.org/ns/sparql-service-description#"
_TD = "https://www.w3.org/2019/wot/td#"
_HCTL = "https://www.w3.org/2019/wot/hypermedia#"

_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_WOTSEC = "https://www.w3.org/2019/wot/security#"
_IDSA = "https://w3id.org/idsa/core/"

_COMPRESSIONS = {"gzip": "gzip", "zip": "zip", "targz": "tar.gz", "tarxz": "tar.xz", "none": ""}
_ROOTS = {"MappingDirectory": "mapping", "CurrentWorkingDirectory": "working"}
_DATABASE = {f"{_D2RQ}jdbcDriver": "type", f"{_D2RQ}username": "username", f"{_D2RQ}password": "password"}
_KINDS = {driver: kind for kind, driver in DRIVERS.items()}
_ADDRESSES = {
    f"{_DCAT}downloadURL": "dcat",
    f"{_DCAT}dataDump": "dcat",
    f"{_VOID}dataDump": "void",
    f"{_SD}endpoint": "sparql",
}
_SCHEME = {f"{_WOTSEC}in": "in", f"{_WOTSEC}name": "name", f"{_IDSA}tokenValue": "value"}
_SECURITY = {"NoSecurityScheme": "none", "APISecurityScheme": "apikey"}


def read_source(document: Document, found: Property) -> LogicalSource | None:
    """The logical source that a node describes; None, with the problem noted, when it cannot be one."""
    problems = document.problems
    said = document.of("logical source", found.value, found.place)
    if not said:
        return None
    formulation, settings = _formulation(document, said)
    iterator = document.text(said, "iterator")
    if "tableName" in said or "sqlQuery" in said or "query" in said:
        formulation, iterator = _relational(document, said)
        settings += [("queryFormulation", name) for item in said.get("sqlVersion", []) if (name := _version(item))]
    access = document.one(said, "source")
    if access is None and formulation not in ("sql-table", "sql-query"):
        problems.add("the logical source has no source", found.place, "add rml:source")
        return None
    if access is not None and not formulation:
        problems.add("the logical source has no reference formulation", found.place, "add rml:referenceFormulation")
    where = _access(document, access) if access is not None else _Access("", {})
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
        settings=(*where.settings, *settings),
        name=_label(said),
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
    kind = dict(where.settings).get("type", "file")
    name = re.split("[#/]", found.value.value)[-1] if found.value.kind == "iri" else ""
    return LogicalTarget(
        where.path.removeprefix("file://") if kind in ("void", "dcat") else where.path,
        document.iri(said, "serialization"),
        RML + (word(compression) or compression) if compression else "",
        _encoding(said),
        found.place,
        kind,
        _label(said) or unquote(name.removeprefix("target-")),
    )


def _label(said: Properties) -> str:
    labels = said.get(_LABEL)
    return labels[0].value.value if labels else ""


def _version(found: Property) -> str:
    """The name of a version of SQL: https://www.w3.org/2001/sw/wiki/RDB2RDF/SQL_Version_IRIs."""
    local = word(found.value.value) or ""
    return SQL_VERSIONS.get(local, local.lower())


class _Access:
    """Where records are read or triples written."""

    def __init__(self, path: str, said: Properties, settings: Iterable[tuple[str, str]] = ()) -> None:
        self.path = path
        self.said = said
        self.root = ""
        self.nulls: tuple[str, ...] = ()
        self.settings = list(settings)


def _access(document: Document, found: Property) -> _Access | None:
    said = document.raw(found.value)
    if found.value.kind == "literal" or (found.value.kind == "iri" and not said):
        return _Access(found.value.value, {})
    for key, read in _READ.items():
        if key in said:
            return read(document, found, said)
    document.problems.add(
        "nothing says where this source is", found.place, 'write [ a rml:RelativePathSource; rml:path "…" ]'
    )
    return None


def _address(_: Document, __: Property, said: Properties) -> _Access:
    key = next(key for key in _ADDRESSES if key in said)
    return _Access(said[key][0].value.value, said, [("type", _ADDRESSES[key])])


def _database(_: Document, __: Property, said: Properties) -> _Access:
    settings = [(name, said[key][0].value.value) for key, name in _DATABASE.items() if key in said]
    return _Access(
        said[f"{_D2RQ}jdbcDSN"][0].value.value,
        said,
        [(name, _KINDS.get(value, value)) if name == "type" else (name, value) for name, value in settings],
    )


def _affordance(document: Document, found: Property, said: Properties) -> _Access | None:
    """A web resource: https://www.w3.org/TR/wot-thing-description/."""
    form = document.raw(said[f"{_TD}hasForm"][0].value)
    if f"{_HCTL}hasTarget" not in form:
        document.problems.add("the form has no target", found.place, "add hctl:hasTarget")
        return None
    settings = [("contentType", item.value.value) for item in form.get(f"{_HCTL}forContentType", [])]
    operations = [item.value.value.rpartition("#")[2] for item in form.get(f"{_HCTL}hasOperationType", [])]
    settings += [("operationType", name.removesuffix("property")) for name in operations]
    settings.append(("type", "wot"))
    for node in document.subjects:
        thing = document.raw(node)
        if found.value in [item.value for item in thing.get(f"{_TD}hasPropertyAffordance", [])]:
            for scheme in thing.get(f"{_TD}hasSecurityConfiguration", []):
                kinds = [name.rpartition("#")[2] for name in document.types(scheme.value)]
                settings += [("security:type", _SECURITY.get(kind, kind)) for kind in kinds]
                inner = document.raw(scheme.value)
                settings += [
                    (f"security:{name}", inner[key][0].value.value) for key, name in _SCHEME.items() if key in inner
                ]
    return _Access(form[f"{_HCTL}hasTarget"][0].value.value, said, settings)


def _file(document: Document, found: Property, _: Properties) -> _Access:
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


def _csvw(document: Document, _: Property, said: Properties) -> _Access:
    """A table and its dialect: https://www.w3.org/TR/tabular-metadata/#dialect-descriptions."""
    access = _Access(said[f"{_CSVW}url"][0].value.value, said)
    access.nulls = tuple(item.value.value for item in access.said.get(f"{_CSVW}null", []))
    for dialect in access.said.get(f"{_CSVW}dialect", []):
        for key, values in document.raw(dialect.value).items():
            if key.startswith(_CSVW):
                value = values[0].value.value
                access.settings.append((key.removeprefix(_CSVW), "\t" if value == "\\t" else value))
    return access


_READ: dict[str, Callable[[Document, Property, Properties], _Access | None]] = {
    "path": _file,
    f"{_CSVW}url": _csvw,
    **dict.fromkeys(_ADDRESSES, _address),
    f"{_D2RQ}jdbcDSN": _database,
    f"{_TD}hasForm": _affordance,
}


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


def _relational(document: Document, said: Properties) -> tuple[str, str]:
    """A table or a query: https://www.w3.org/TR/r2rml/#logical-tables."""
    found = document.one(said, "tableName", "sqlQuery", "query")
    assert found is not None
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
