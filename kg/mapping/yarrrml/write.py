"""The mapping model, written as YARRRML: https://rml.io/yarrrml/spec/."""

import re
from dataclasses import dataclass, field

from kg.errors import Place, Problems
from kg.mapping.model import (
    Author,
    Execution,
    Join,
    LogicalSource,
    LogicalTarget,
    MappingDocument,
    PredicateObjectMap,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.names import EQUAL
from kg.mapping.yarrrml.emit import Plain, emit
from kg.mapping.yarrrml.keys import COMPRESSIONS, PREFIXES, SERIALIZATIONS, TARGET_TYPES
from kg.mapping.yarrrml.terms import RDF_TYPE, SCHEMES

__all__ = ["write_yarrrml"]

_SERIALIZATIONS = {iri: name for name, iri in SERIALIZATIONS.items()}
_COMPRESSIONS = {iri: name for name, iri in reversed(COMPRESSIONS.items())}
_TARGET_TYPES = {kind: name for name, kind in TARGET_TYPES.items()}
_IN_EVERY_FILE = ("rdf", "rdfs", "xsd")
_CREDENTIALS = ("username", "password")
_SETTINGS = ("type", "delimiter", "contentType", "operationType", "queryFormulation", "query", *_CREDENTIALS)
_LOCAL = re.compile(r"[\w./-]*")


def write_yarrrml(document: MappingDocument, problems: Problems) -> str:
    """A mapping document as YARRRML.

    What YARRRML cannot say is noted in `problems`; which output of a function is meant, and what relative paths are
    relative to, it leaves to the one who reads, so they are left out.
    """
    base = next((made.base for made in document.maps if made.base), document.base)
    writer = _Writer(dict(document.prefixes), problems, base)
    names = _names(document.maps)
    maps = {names[made.name]: writer.triples_map(made, names) for made in document.maps}
    whole: dict[str, Plain] = {}
    used = {name: iri for name, iri in document.prefixes if name in writer.used}
    if used:
        whole["prefixes"] = used
    if base:
        whole["base"] = base
    if document.authors:
        whole["authors"] = [_author(author) for author in document.authors]
    if writer.sources:
        whole["sources"] = writer.sources
    if writer.targets:
        whole["targets"] = writer.targets
    return emit({**whole, "mappings": maps})


def _names(maps: tuple[TriplesMap, ...]) -> dict[str, str]:
    """A key for each triples map: its name, or the last segment of its IRI."""
    names: dict[str, str] = {}
    for made in maps:
        short = made.name.rstrip("/#").replace("#", "/").rpartition("/")[2] or "map"
        free = short
        number = 2
        while free in names.values():
            free, number = f"{short}-{number}", number + 1
        names[made.name] = free
    return names


def _author(author: Author) -> Plain:
    if author.iri:
        return author.iri
    given = {"name": author.name, "email": author.email, "website": author.website}
    return {key: value for key, value in given.items() if value}


@dataclass(slots=True)
class _Writer:
    prefixes: dict[str, str]
    problems: Problems
    written: str
    used: set[str] = field(default_factory=set)
    sources: dict[str, Plain] = field(default_factory=dict)
    targets: dict[str, Plain] = field(default_factory=dict)
    base: str = ""

    def triples_map(self, made: TriplesMap, names: dict[str, str]) -> Plain:
        self.base = made.base
        entries: dict[str, Plain] = {"sources": [self._source(source) for source in made.sources]}
        subjects = [
            self._subject(term) for term in made.subjects if term.parts or term.execution or term.targets or term.gather
        ]
        if subjects:
            entries["s"] = subjects[0] if len(subjects) == 1 else subjects
        graphs = [self._subject(term) for term in made.graphs]
        if graphs:
            entries["graphs"] = graphs[0] if len(graphs) == 1 else graphs
        if made.condition is not None:
            entries["condition"] = self._condition(made.condition)
        pairs: list[Plain] = []
        if made.classes:
            classes = [self._iri_text(iri, made.place) for iri in made.classes]
            pairs.append(["a", classes[0] if len(classes) == 1 else classes])
        pairs += [self._pair(pair, names) for pair in made.predicate_objects]
        if pairs:
            entries["po"] = pairs
        return entries

    def _pair(self, pair: PredicateObjectMap, names: dict[str, str]) -> Plain:
        predicates = [self._predicate(term) for term in pair.predicates]
        types = all(term.constant == RDF_TYPE for term in pair.predicates)
        objects = [
            self._object(item, types=types) if isinstance(item, TermMap) else self._link(item, names)
            for item in pair.objects
        ]
        first = predicates[0] if len(predicates) == 1 else predicates
        if not pair.graphs and pair.condition is None:
            if all(isinstance(item, str) for item in objects):
                return [first, objects[0] if len(objects) == 1 else objects]
            one = objects[0]
            if len(objects) == 1 and isinstance(one, list):
                return [first, *one]
        entries: dict[str, Plain] = {"p": first, "o": objects[0] if len(objects) == 1 else objects}
        if len(objects) == 1 and isinstance(objects[0], list):
            entries["o"] = objects
        graphs = [self._subject(term) for term in pair.graphs]
        if graphs:
            entries["graphs"] = graphs[0] if len(graphs) == 1 else graphs
        if pair.condition is not None:
            entries["condition"] = self._condition(pair.condition)
        return entries

    def _predicate(self, term: TermMap) -> Plain:
        return "a" if term.constant == RDF_TYPE and not term.targets else self._subject(term)

    def _subject(self, term: TermMap) -> Plain:
        """A term that is an IRI or a blank node."""
        if term.execution is not None:
            return self._with_targets(self._call(term.execution), term)
        if term.term_type == "blank" or term.gather is not None:
            entries: dict[str, Plain] = {"value": self._text(term)} if term.parts else {}
            return self._with_targets({**entries, "type": "blank"}, term)
        text = self._iri(term)
        text = f"{text}~iri" if text.endswith("~iri") else text
        return self._with_targets({"value": text}, term) if term.targets else text

    def _object(self, term: TermMap, *, types: bool) -> Plain:
        """An object: `value`, `[value, datatype or language~lang]`, or by its keys."""
        if term.execution is not None:
            kind = {"iri": "iri", "blank": "blank"}.get(term.term_type, "literal" if types else "")
            entries = self._call(term.execution) | self._tags(term) | ({"type": kind} if kind else {})
            return self._with_targets(entries, term)
        if term.term_type == "literal":
            return self._literal(term, types=types)
        if term.term_type == "blank" or term.gather is not None:
            return self._subject(term)
        text = self._iri(term)
        text = text if types and not text.endswith("~iri") else f"{text}~iri"
        return self._with_targets({"value": text}, term) if term.targets else text

    def _literal(self, term: TermMap, *, types: bool) -> Plain:
        text, tags = self._text(term), self._tags(term)
        kind = {"type": "literal"} if types or text.endswith("~iri") else {}
        if term.targets or kind or len(tags) > 1 or any(not isinstance(tag, str) for tag in tags.values()):
            return self._with_targets({"value": text, **kind, **tags}, term)
        for name, tag in tags.items():
            return [text, f"{tag}~lang" if name == "language" else str(tag)]
        return text

    def _tags(self, term: TermMap) -> dict[str, Plain]:
        tags: dict[str, Plain] = {}
        if term.datatype is not None:
            tags["datatype"] = self._iri(term.datatype)
        if term.language is not None:
            if term.language.execution is not None:
                self._unsaid("a language that a function gives", term.language.place)
            text = self._text(term.language)
            tags["language"] = self._with_targets({"value": text}, term.language) if term.language.targets else text
        return tags

    def _link(self, item: ReferencingObjectMap, names: dict[str, str]) -> Plain:
        entries: dict[str, Plain] = {"mapping": names[item.parent]}
        joins = [self._join(join) for join in item.joins]
        if joins:
            entries["condition"] = joins[0] if len(joins) == 1 else joins
        if item.targets:
            entries["targets"] = [self._target(target) for target in item.targets]
        return entries

    def _join(self, join: Join) -> Plain:
        sides = [["str1", self._argument(join.child), "s"], ["str2", self._argument(join.parent), "o"]]
        plain = all(isinstance(side[1], str) for side in sides)
        short = join.child.is_reference and join.parent.is_reference
        if short:
            sides = [side[:2] for side in sides]
        if plain:
            return {"function": "equal", "parameters": sides}
        parameters = [{"parameter": name, "value": value, "from": side} for name, value, side in sides]
        return {"function": "equal", "parameters": parameters}

    def _condition(self, term: TermMap) -> Plain:
        if term.execution is None:
            self._unsaid("a condition that is no function", term.place)
            return {"function": "equal", "parameters": []}
        return self._call(term.execution)

    def _call(self, execution: Execution) -> dict[str, Plain]:
        name = "equal" if execution.function == EQUAL else self._iri_text(execution.function, execution.place)
        entries: dict[str, Plain] = {"function": name}
        parameters: list[Plain] = []
        for argument in execution.inputs:
            parameter = self._iri_text(argument.parameter, execution.place)
            value = self._argument(argument.value)
            parameters.append(
                [parameter, value] if isinstance(value, str) else {"parameter": parameter, "value": value}
            )
        if parameters:
            entries["parameters"] = parameters
        return entries

    def _argument(self, term: TermMap) -> Plain:
        if term.execution is not None:
            return self._call(term.execution)
        if term.term_type in ("iri", "uri", "unsafe-iri", "unsafe-uri"):
            return f"{self._iri(term)}~iri"
        text, tags = self._text(term), self._tags(term)
        if term.term_type == "blank":
            return {"value": text, "type": "blank"}
        return {"value": text, "type": "literal", **tags} if tags or text.endswith("~iri") else text

    def _with_targets(self, entries: dict[str, Plain], term: TermMap) -> Plain:
        if term.gather is not None:
            self._unsaid("a collection", term.gather.place)
        if not term.targets:
            return entries
        names = [self._target(target) for target in term.targets]
        return {**entries, "targets": names[0] if len(names) == 1 else names}

    def _target(self, target: LogicalTarget) -> str:
        name = target.name or f"{target.path}-{target.type}"
        entries: dict[str, Plain] = {"access": target.path, "type": _TARGET_TYPES.get(target.type, "void")}
        serialization = _SERIALIZATIONS.get(target.serialization)
        if serialization is None:
            self._unsaid(f"the serialization {target.serialization}", target.place)
        entries["serialization"] = serialization or "nquads"
        if target.compression:
            entries["compression"] = _COMPRESSIONS.get(target.compression, target.compression)
        self.targets[name] = entries
        return name

    def _source(self, source: LogicalSource) -> Plain:
        if source.view is not None:
            self._unsaid("a logical view", source.place)
        if source.compression or source.nulls:
            self._unsaid("compression and null values of a source", source.place)
        for key, _ in source.settings:
            if key not in _SETTINGS and not key.startswith("security:"):
                self._unsaid(f"{key} of a source", source.place)
        entries = _source_entries(source)
        short: Plain = entries
        if set(entries) <= {"access", "referenceFormulation", "iterator"}:
            short = [f"{source.access}~{source.formulation.lower()}", *([source.iterator] if source.iterator else [])]
        if not source.name:
            return short
        self.sources[source.name] = short
        return source.name

    def _unsaid(self, what: str, place: Place) -> None:
        self.problems.add(f"YARRRML has no word for {what}", place, "keep this mapping in RML")

    def _iri(self, term: TermMap) -> str:
        """A template or constant that makes an IRI."""
        if term.execution is not None:
            self._unsaid("a function here", term.place)
            return ""
        if term.term_type not in ("iri", "literal"):
            self._unsaid(f"the term type {term.term_type}", term.place)
        first = term.parts[0] if term.parts else ""
        if not isinstance(first, str):
            if self.base and self.base != self.written:
                self._unsaid("a second base", term.place)
            return self._text(term)
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", first):
            if not self.base:
                self.problems.add(
                    f"{first!r} begins a relative IRI, and there is no base",
                    term.place,
                    "add rml:baseIRI, or write it whole",
                )
                return ""
            first = self.base + first
        opening = self._iri_text(first, term.place)
        return opening + "".join(_escaped(p) if isinstance(p, str) else f"$({_name(p.name)})" for p in term.parts[1:])

    def _iri_text(self, iri: str, place: Place) -> str:
        """An IRI with the longest prefix that fits, otherwise whole."""
        known = {name: PREFIXES[name] for name in _IN_EVERY_FILE} | self.prefixes
        fitting = [
            name for name, space in known.items() if iri.startswith(space) and _LOCAL.fullmatch(iri[len(space) :])
        ]
        if fitting:
            best = max(fitting, key=lambda name: len(known[name]))
            self.used.add(best)
            return f"{best}:{_escaped(iri[len(known[best]) :])}"
        scheme, _, rest = iri.partition(":")
        if not rest.startswith("//") and scheme not in SCHEMES:
            self._unsaid(f"an IRI of the scheme {scheme!r} without a prefix", place)
        return _escaped(iri)

    def _text(self, term: TermMap) -> str:
        """A template or constant as it stands; a text that begins like a prefix has its colon escaped."""
        text = "".join(_escaped(p) if isinstance(p, str) else f"$({_name(p.name)})" for p in term.parts)
        prefix, colon, rest = text.partition(":")
        known = prefix in self.prefixes or prefix in PREFIXES
        return f"{prefix}\\:{rest}" if colon and known else text


def _source_entries(source: LogicalSource) -> dict[str, Plain]:
    """A source by its keys."""
    settings = dict(source.settings)
    entries: dict[str, Plain] = {"access": source.access} if source.access else {}
    if source.formulation in ("sql-table", "sql-query"):
        entries["table" if source.formulation == "sql-table" else "query"] = source.iterator
    else:
        entries["referenceFormulation"] = source.formulation.lower()
        entries |= {"iterator": source.iterator} if source.iterator else {}
    entries |= {"encoding": source.encoding} if source.encoding != "utf-8" else {}
    credentials: dict[str, Plain] = {key: settings.pop(key) for key in _CREDENTIALS if key in settings}
    security: dict[str, Plain] = {
        key.partition(":")[2]: value for key, value in settings.items() if key.startswith("security:")
    }
    for key in _SETTINGS:
        if key in settings:
            entries[key] = settings[key].replace("\t", "\\t") if key == "delimiter" else settings[key]
    entries |= {"credentials": credentials} if credentials else {}
    if security:
        entries["security"] = "none" if security == {"type": "none"} else [security]
    return entries


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("$(", "\\$(")


def _name(name: str) -> str:
    """A reference between `$(` and `)`; an underscore in front would call for an external value."""
    escaped = re.sub(r"([\\)])", r"\\\1", name)
    return f"\\{escaped}" if escaped.startswith("_") else escaped
