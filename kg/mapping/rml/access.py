"""Logical sources and targets, written as RML."""

from urllib.parse import quote

from kg.errors import Problems
from kg.mapping.model import LogicalSource, LogicalTarget
from kg.mapping.names import DRIVERS
from kg.mapping.rml.thing import Iri, Literal, Thing
from kg.mapping.rml.vocabulary import FORMULATIONS, SQL_VERSIONS, Words

__all__ = ["source_thing", "target_thing"]

_CSVW = "http://www.w3.org/ns/csvw#"
_D2RQ = "http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#"
_DCAT = "http://www.w3.org/ns/dcat#"
_VOID = "http://rdfs.org/ns/void#"
_SD = "http://www.w3.org/ns/sparql-service-description#"
_TD = "https://www.w3.org/2019/wot/td#"
_HCTL = "https://www.w3.org/2019/wot/hypermedia#"
_WOTSEC = "https://www.w3.org/2019/wot/security#"
_IDSA = "https://w3id.org/idsa/core/"
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

_SQL = {name: local for local, name in SQL_VERSIONS.items()}
_FORMULATION_WORDS = {name: word for word, name in reversed(FORMULATIONS.items())}
_COMPRESSIONS = {"gzip": "gzip", "zip": "zip", "tar.gz": "targz", "tar.xz": "tarxz"}
_ROOTS = {"mapping": "MappingDirectory", "working": "CurrentWorkingDirectory"}
_SECURITY = {"none": "NoSecurityScheme", "apikey": "APISecurityScheme"}
_SCHEME = {
    "security:in": f"{_WOTSEC}in",
    "security:name": f"{_WOTSEC}name",
    "security:value": f"{_IDSA}tokenValue",
}


def source_thing(source: LogicalSource, say: Words, problems: Problems) -> tuple[Thing, list[Thing]]:
    """A logical source, and what is described beside it; what R2RML cannot read is noted."""
    if dict(source.settings).get("type") != "wot" or say.vocabulary == "r2rml":
        return _source(source, say, problems), []
    affordance, beside = _affordance(source, dict(source.settings))
    thing = Thing((say("LogicalSource"),))
    thing.say(say("source"), affordance)
    thing.say(say("iterator"), Literal(source.iterator) if source.iterator else None)
    thing.say(say("referenceFormulation"), _formulation(source, dict(source.settings), say))
    return thing, beside


def _source(source: LogicalSource, say: Words, problems: Problems) -> Thing:
    settings = dict(source.settings)
    relational = source.formulation in ("sql-table", "sql-query")
    thing = Thing((say("LogicalSource"),))
    if say.vocabulary == "r2rml":
        if relational:
            thing.say(say("tableName" if source.formulation == "sql-table" else "sqlQuery"), Literal(source.iterator))
            version = _SQL.get(settings.get("queryFormulation", ""))
            thing.say(say("sqlVersion"), Iri(say(version)) if version else None)
        else:
            problems.add("R2RML reads tables and queries only", source.place, "write the mapping with --to rml")
        return thing
    if relational and not source.access and not say.new:
        thing.say(say("tableName" if source.formulation == "sql-table" else "sqlQuery"), Literal(source.iterator))
        return thing
    # Which database it is may be left to whoever runs the mapping, as R2RML has it.
    thing.say(say("source"), _access(source, settings, say, problems) if source.access or not relational else None)
    if relational and not say.new:
        thing.say(say("query" if source.formulation == "sql-query" else "tableName"), Literal(source.iterator))
        version = _SQL.get(settings.get("queryFormulation", "sql2008"), "SQL2008")
        thing.say(say("sqlVersion"), Iri(say(version)))
        thing.say(say("referenceFormulation"), Iri(say("CSV")))
        return thing
    thing.say(say("iterator"), Literal(source.iterator) if source.iterator else None)
    thing.say(say("referenceFormulation"), _formulation(source, settings, say))
    return thing


def _formulation(source: LogicalSource, settings: dict[str, str], say: Words) -> Iri | Thing:
    spaces = {key.partition(":")[2]: iri for key, iri in settings.items() if key.startswith("namespace:")}
    if not spaces or not say.new:
        name = _FORMULATION_WORDS.get(source.formulation)
        return Iri(say(name) if name else say.formulation(source.formulation))
    thing = Thing((say("XPathReferenceFormulation"),))
    for prefix, iri in spaces.items():
        one = Thing((say("Namespace"),))
        one.say(say("namespacePrefix"), Literal(prefix))
        one.say(say("namespaceURL"), Literal(iri))
        thing.say(say("namespace"), one)
    return thing


def _access(source: LogicalSource, settings: dict[str, str], say: Words, problems: Problems) -> Literal | Thing:
    """Where the records are."""
    if settings.get("type") in DRIVERS or "username" in settings or "driver" in settings:
        return _database(source, settings)
    if settings.get("type") == "dcat":
        thing = Thing((f"{_DCAT}Distribution",))
        thing.say(f"{_DCAT}downloadURL", Iri(source.access))
        return thing
    if settings.get("type") == "sparql":
        thing = Thing((f"{_SD}Service",))
        thing.say(f"{_SD}endpoint", Iri(source.access))
        return thing
    dialect = {key: value for key, value in settings.items() if key not in ("contentType", "queryFormulation")}
    if source.formulation == "csv" and dialect:
        return _table(source, dialect, say)
    if not say.new:
        if source.nulls or source.compression or source.encoding != "utf-8" or source.root:
            problems.add(
                "this vocabulary has no word for the root, encoding, compression or null values of a file",
                source.place,
                "write the mapping with --to rml",
            )
        return Literal(source.access)
    thing = Thing((say("RelativePathSource"),))
    root = _ROOTS.get(source.root)
    thing.say(say("root"), Iri(say(root)) if root else Literal(source.root) if source.root else None)
    thing.say(say("path"), Literal(source.access))
    _details(thing, source, say)
    return thing


def _details(thing: Thing, source: LogicalSource, say: Words) -> None:
    for null in source.nulls:
        thing.say(say("null"), Literal(null))
    if source.compression:
        thing.say(say("compression"), Iri(say(_COMPRESSIONS[source.compression])))
    if source.encoding != "utf-8":
        thing.say(say("encoding"), Iri(say(source.encoding.upper())))


def _table(source: LogicalSource, settings: dict[str, str], say: Words) -> Thing:
    table, dialect = Thing((f"{_CSVW}Table",)), Thing((f"{_CSVW}Dialect",))
    table.say(f"{_CSVW}url", Literal(source.access))
    for key, value in settings.items():
        dialect.say(f"{_CSVW}{key}", Literal(value.replace("\t", "\\t") if key == "delimiter" else value))
    table.say(f"{_CSVW}dialect", dialect)
    for null in source.nulls:
        table.say(f"{_CSVW}null", Literal(null))
    if say.new:
        _details(table, LogicalSource(source.access, "csv", "", source.place, encoding=source.encoding), say)
    return table


def _database(source: LogicalSource, settings: dict[str, str]) -> Thing:
    thing = Thing((f"{_D2RQ}Database",))
    thing.say(f"{_D2RQ}jdbcDSN", Literal(source.access))
    driver = settings.get("driver") or DRIVERS.get(settings.get("type", ""))
    thing.say(f"{_D2RQ}jdbcDriver", Literal(driver) if driver else None)
    for key in ("username", "password"):
        thing.say(f"{_D2RQ}{key}", Literal(settings[key]) if key in settings else None)
    return thing


def _affordance(source: LogicalSource, settings: dict[str, str]) -> tuple[Thing, list[Thing]]:
    """A web resource: https://www.w3.org/TR/wot-thing-description/."""
    form = Thing((f"{_TD}Form",))
    form.say(f"{_HCTL}hasTarget", Literal(source.access))
    form.say(f"{_HCTL}forContentType", Literal(settings["contentType"]) if "contentType" in settings else None)
    operation = {"read": "readproperty", "write": "writeproperty"}.get(settings.get("operationType", ""))
    form.say(f"{_HCTL}hasOperationType", Iri(f"{_TD}{operation}") if operation else None)
    name = quote(source.name or source.access, safe="")
    affordance = Thing((f"{_TD}PropertyAffordance",), f"#affordance-{name}")
    affordance.say(f"{_TD}hasForm", form)
    web = Thing((f"{_TD}Thing",), f"#thing-{name}")
    web.say(f"{_TD}hasPropertyAffordance", affordance)
    kind = settings.get("security:type")
    if kind:
        scheme = Thing((f"{_TD}{_SECURITY.get(kind, kind)}",))
        for key, predicate in _SCHEME.items():
            scheme.say(predicate, Literal(settings[key]) if key in settings else None)
        web.say(f"{_TD}hasSecurityConfiguration", scheme)
    return affordance, [affordance, web]


def target_thing(target: LogicalTarget, say: Words) -> Thing:
    """A logical target."""
    thing = Thing((say("LogicalTarget"),))
    local = {iri.rpartition("/")[2]: iri for iri in (target.compression,) if iri}
    if not say.new:
        thing.say(_LABEL, Literal(target.name or f"{target.path}-{target.type}"))
    thing.say(say("serialization"), Iri(target.serialization))
    for name in local:
        thing.say(say("compression"), Iri(say(name)))
    if target.encoding != "utf-8":
        thing.say(say("encoding"), Iri(say(target.encoding.upper())))
    thing.say(say("target"), _written(target, say))
    return thing


def _written(target: LogicalTarget, say: Words) -> Thing:
    if target.type == "sparql":
        thing = Thing((f"{_SD}Service",))
        thing.say(f"{_SD}supportedLanguage", Iri(f"{_SD}SPARQL11Update"))
        thing.say(f"{_SD}endpoint", Iri(target.path))
        return thing
    if target.type in ("void", "dcat"):
        space = _VOID if target.type == "void" else _DCAT
        thing = Thing((f"{space}Dataset",))
        path = target.path if ":" in target.path else f"file://{target.path}"
        thing.say(f"{space}dataDump", Iri(path))
        return thing
    thing = Thing((say("Target"), say("FilePath")) if say.new else (say("LocalFile"),))
    thing.say(say("path"), Literal(target.path))
    return thing
