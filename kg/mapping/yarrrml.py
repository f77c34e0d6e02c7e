"""YARRRML, read into the mapping model: https://rml.io/yarrrml/spec/.

Shortcuts are expanded while reading; a key or a prefix that is not known is an error with its place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg import yaml
from kg.errors import Place, Problems, nearest
from kg.mapping.lexical import ABSOLUTE_IRI, LANGUAGE_TAG, NOT_IN_IRI, XSD
from kg.mapping.model import LogicalSource, PredicateObjectMap, Reference, TermMap, TriplesMap

__all__ = ["read_yarrrml"]

_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

# Every spelling of a key -> the long one: https://rml.io/yarrrml/spec/#overview-of-keys.
_TOP = {
    "prefixes": "prefixes",
    "base": "base",
    "sources": "sources",
    "mappings": "mappings",
    "mapping": "mappings",
    "m": "mappings",
}
_MAP = {
    "sources": "sources", "source": "sources",
    "subjects": "subjects", "subject": "subjects", "s": "subjects",
    "graphs": "graphs", "graph": "graphs", "g": "graphs",
    "predicateobjects": "predicateobjects", "po": "predicateobjects",
}  # fmt: skip
_PREDICATE_OBJECT = {
    "predicates": "predicates", "predicate": "predicates", "p": "predicates",
    "objects": "objects", "object": "objects", "o": "objects",
    "graphs": "graphs", "graph": "graphs", "g": "graphs",
}  # fmt: skip
_OBJECT = {"value": "value", "v": "value", "type": "type", "datatype": "datatype", "language": "language"}
_SOURCE = {"access": "access", "referenceFormulation": "formulation", "iterator": "iterator"}

# Keys of the specification that this engine does not read: refused by name, never passed over.
_LATER = frozenset(
    {
        "author",
        "authors",
        "external",
        "targets",
        "target",
        "condition",
        "conditions",
        "function",
        "fn",
        "f",
        "pms",
        "parameters",
        "inversepredicates",
        "inversepredicate",
        "i",
        "credentials",
        "security",
        "type",
        "query",
        "queryFormulation",
        "contentType",
        "encoding",
        "delimiter",
    }
)

_REFERENCE = re.compile(r"\\(?P<escaped>[\\$()])|\$\((?P<name>(?:\\.|[^()\\])+)\)")


def read_yarrrml(path: Path, root: Path, base: tuple[str, str], problems: Problems) -> tuple[TriplesMap, ...]:
    """Read one YARRRML file.

    base: the base that mappings spell out and the one to put in its place in every data IRI.
    Places name the file relative to `root`. What is wrong is noted in `problems`; what is returned then is read only
    to find what else is wrong.
    """
    document = yaml.read(path, root, problems)
    if document is None:
        return ()
    if not isinstance(document, yaml.Map):
        problems.add("a mapping file is a YAML mapping with the keys prefixes and mappings", document.place)
        return ()
    return _Reader(problems, base).document(document)


@dataclass(slots=True)
class _Reader:
    problems: Problems
    base: tuple[str, str]

    def document(self, document: yaml.Map) -> tuple[TriplesMap, ...]:
        top = self._keys(document, _TOP)
        prefixes = {"rdf": _RDF_TYPE.removesuffix("type"), "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "xsd": XSD}
        for name, value in self._entries(top.get("prefixes")):
            if isinstance(value, yaml.Text) and re.fullmatch(ABSOLUTE_IRI, value):
                prefixes[name] = value
            else:
                self.problems.add(f"prefix {str(name)!r} must stand for an absolute IRI", name.place)
        terms = _Terms(self.problems, self.base, prefixes)
        named = {str(name): self._source(value) for name, value in self._entries(top.get("sources"))}
        if "mappings" not in top:
            self.problems.add(
                "there is no key mappings, so nothing is mapped", document.place, "add mappings: with a triples map"
            )
        maps = [self._triples_map(name, value, named, terms) for name, value in self._entries(top.get("mappings"))]
        return tuple(found for found in maps if found is not None)

    def _triples_map(
        self, name: yaml.Text, value: yaml.Value, named: dict[str, LogicalSource | None], terms: "_Terms"
    ) -> TriplesMap | None:
        before = len(self.problems)
        if not isinstance(value, yaml.Map):
            self.problems.add(f"triples map {str(name)!r} must be a mapping with sources, s and po", name.place)
            return None
        keys = self._keys(value, _MAP)
        for needed, short in (("sources", "sources"), ("subjects", "s")):
            if needed not in keys and len(self.problems) == before:
                self.problems.add(f"triples map {str(name)!r} has no {needed}", name.place, f"add {short}:")
        sources = []
        for item in _each(keys.get("sources"), nested=True):
            if isinstance(item, yaml.Text):
                if item not in named:
                    self.problems.add(f"there is no source named {str(item)!r}", item.place, nearest(item, named))
                found = named.get(item)
            else:
                found = self._source(item)
            sources.append(found)
        subjects = tuple(terms.iri(item) for item in _each(keys.get("subjects")))
        graphs = tuple(terms.iri(item) for item in _each(keys.get("graphs")))
        predicate_objects = tuple(
            self._predicate_object(item, terms) for item in _each(keys.get("predicateobjects"), nested=True)
        )
        return TriplesMap(
            str(name),
            tuple(source for source in sources if source),
            subjects,
            graphs,
            predicate_objects,
            name.place,
            sound=len(self.problems) == before,
        )

    def _source(self, value: yaml.Value) -> LogicalSource | None:
        if isinstance(value, yaml.List):
            if not 1 <= len(value) <= 2 or not all(isinstance(item, yaml.Text) for item in value):
                self.problems.add("a source is written [access~formulation, iterator]", value.place)
                return None
            access, _, formulation = str(value[0]).partition("~")
            return LogicalSource(access, formulation or "csv", str(value[1]) if len(value) == 2 else "", value.place)
        if not isinstance(value, yaml.Map):
            self.problems.add("a source is written [access~formulation, iterator]", value.place)
            return None
        keys = {key: str(item) for key, item in self._keys(value, _SOURCE).items() if isinstance(item, yaml.Text)}
        if "access" not in keys or "formulation" not in keys:
            self.problems.add("a source needs access and referenceFormulation", value.place)
            return None
        return LogicalSource(keys["access"], keys["formulation"], keys.get("iterator", ""), value.place)

    def _predicate_object(self, value: yaml.Value, terms: "_Terms") -> PredicateObjectMap:
        if isinstance(value, yaml.List):
            if not 2 <= len(value) <= 3:
                self.problems.add(
                    "write [predicate, object] or [predicate, object, datatype or language~lang]",
                    value.place,
                )
                return PredicateObjectMap((), (), (), value.place)
            predicates = tuple(terms.predicate(item) for item in _each(value[0]))
            extra = value[2] if len(value) == 3 else None
            objects = tuple(terms.object(item, extra, predicates) for item in _each(value[1]))
            return PredicateObjectMap(predicates, objects, (), value.place)
        if not isinstance(value, yaml.Map):
            self.problems.add("a predicate and object are written [predicate, object]", value.place)
            return PredicateObjectMap((), (), (), value.place)
        keys = self._keys(value, _PREDICATE_OBJECT)
        for needed, short in (("predicates", "p"), ("objects", "o")):
            if needed not in keys:
                self.problems.add(f"there are no {needed}", value.place, f"add {short}:")
        predicates = tuple(terms.predicate(item) for item in _each(keys.get("predicates")))
        objects = tuple(self._object(item, terms, predicates) for item in _each(keys.get("objects"), nested=True))
        graphs = tuple(terms.iri(item) for item in _each(keys.get("graphs")))
        return PredicateObjectMap(predicates, objects, graphs, value.place)

    def _object(self, value: yaml.Value, terms: "_Terms", predicates: tuple[TermMap, ...]) -> TermMap:
        if isinstance(value, yaml.Text):
            return terms.object(value, None, predicates)
        if isinstance(value, yaml.List):
            if not 1 <= len(value) <= 2:
                self.problems.add("an object is written [value, datatype or language~lang]", value.place)
                return _nothing(value.place)
            return terms.object(value[0], value[1] if len(value) == 2 else None, predicates)
        keys = self._keys(value, _OBJECT)
        if "value" not in keys:
            self.problems.add("the object has no value", value.place, "add value:")
            return _nothing(value.place)
        return terms.long_object(keys, predicates)

    def _keys(self, value: yaml.Map, spellings: dict[str, str]) -> dict[str, yaml.Value]:
        """The entries under their long key; an unknown key, or two spellings of one, is a problem."""
        found: dict[str, yaml.Value] = {}
        for key, item in value.items():
            long = spellings.get(key)
            if long is None:
                if key in _LATER:
                    self.problems.add(
                        f"key {str(key)!r} of YARRRML is not supported here yet",
                        key.place,
                        "write the mapping without it",
                    )
                else:
                    self.problems.add(f"unknown key {str(key)!r}", key.place, nearest(key, spellings))
            elif long in found:
                self.problems.add(f"{str(key)!r} says {long} a second time", key.place, "keep one of them")
            else:
                found[long] = item
        return found

    def _entries(self, value: yaml.Value | None) -> Iterator[tuple[yaml.Text, yaml.Value]]:
        if isinstance(value, yaml.Map):
            yield from value.items()
        elif value is not None:
            self.problems.add("this must be a mapping of names", value.place)


@dataclass(slots=True)
class _Terms:
    """Values of YARRRML -> term maps, with the prefixes of one file."""

    problems: Problems
    base: tuple[str, str]
    prefixes: dict[str, str]

    def iri(self, value: yaml.Value) -> TermMap:
        """A value that stands for IRIs: of subjects, predicates, graphs, datatypes."""
        text = self._text(value)
        return self._iri(text.removesuffix("~iri"), value.place)

    def predicate(self, value: yaml.Value) -> TermMap:
        """Like `iri`, with `a` for rdf:type."""
        return TermMap((_RDF_TYPE,), "iri", value.place) if value == "a" else self.iri(value)

    def object(self, value: yaml.Value, extra: yaml.Value | None, predicates: tuple[TermMap, ...]) -> TermMap:
        """An object in its short form: the value, and a datatype or `language~lang`."""
        text = self._text(value)
        if text.endswith("~iri") or _only_type(predicates):
            if extra is not None:
                self.problems.add("an IRI has neither datatype nor language", extra.place, "remove this or ~iri")
            return self._iri(text.removesuffix("~iri"), value.place)
        if extra is None:
            return self._literal(text, value.place)
        tag = self._text(extra)
        if tag.endswith("~lang"):
            return self._literal(text, value.place, language=self._language(tag.removesuffix("~lang"), extra.place))
        return self._literal(text, value.place, datatype=self._iri(tag, extra.place))

    def long_object(self, keys: dict[str, yaml.Value], predicates: tuple[TermMap, ...]) -> TermMap:
        """An object with the keys value, type, datatype, language."""
        value = keys["value"]
        kind = self._text(keys["type"]) if "type" in keys else ""
        if kind not in ("", "iri", "literal"):
            self.problems.add(f"type {kind!r} is not supported", keys["type"].place, nearest(kind, ("iri", "literal")))
        text = self._text(value)
        if kind == "iri" or (not kind and (text.endswith("~iri") or _only_type(predicates))):
            for name in {"datatype", "language"} & keys.keys():
                self.problems.add(f"an IRI has no {name}", keys[name].place, f"remove {name}")
            return self._iri(text.removesuffix("~iri"), value.place)
        if "datatype" in keys and "language" in keys:
            self.problems.add(
                "a literal has a datatype or a language, not both", keys["language"].place, "remove one of them"
            )
        datatype = self.iri(keys["datatype"]) if "datatype" in keys else None
        language = self._language(self._text(keys["language"]), keys["language"].place) if "language" in keys else None
        return self._literal(text, value.place, datatype=datatype, language=language)

    def _text(self, value: yaml.Value) -> str:
        if isinstance(value, yaml.Text):
            return str(value)
        self.problems.add("a plain value is expected here", value.place)
        return ""

    def _language(self, tag: str, place: Place) -> TermMap:
        parts = _parts(tag)
        if all(isinstance(part, str) for part in parts) and not re.fullmatch(LANGUAGE_TAG, tag):
            self.problems.add(f"{tag!r} is no language tag", place, "write one like fr or pt-BR")
        return TermMap(parts, "literal", place)

    def _literal(
        self, text: str, place: Place, *, datatype: TermMap | None = None, language: TermMap | None = None
    ) -> TermMap:
        parts = _parts(text)
        first = parts[0] if parts else ""
        if len(parts) > 1 and isinstance(first, str) and first.partition(":")[0] in self.prefixes and ":" in first:
            self.problems.add(
                f"{text!r} begins with a prefix but would make a text, not an IRI", place, "end it with ~iri"
            )
        return TermMap(parts or ("",), "literal", place, datatype, language)

    def _iri(self, text: str, place: Place) -> TermMap:
        parts = _parts(text)
        first = parts[0] if parts else ""
        if isinstance(first, str):
            expanded = self._expand(first, place)
            parts = (expanded, *parts[1:])
            fixed = "".join(part for part in parts if isinstance(part, str))
            if bad := re.search(NOT_IN_IRI, fixed):
                self.problems.add(
                    f"{text!r} makes an invalid IRI: it holds {bad[0]!r}", place, "encode or remove that character"
                )
        return TermMap(parts, "iri", place)

    def _expand(self, text: str, place: Place) -> str:
        prefix, colon, rest = text.partition(":")
        if not colon:
            self.problems.add(
                f"{text!r} is no IRI", place, "begin it with a prefix of this file, or write the whole IRI"
            )
        elif prefix in self.prefixes:
            text = self.prefixes[prefix] + rest
        elif not rest.startswith("//") and prefix not in ("urn", "mailto", "tag", "data"):
            self.problems.add(
                f"prefix {prefix!r} is not defined", place, nearest(prefix, self.prefixes) or "add it under prefixes:"
            )
        old, new = self.base
        return new + text.removeprefix(old) if text.startswith(old) and not text.startswith(f"{old}ns") else text


def _each(value: yaml.Value | None, *, nested: bool = False) -> list[yaml.Value]:
    """The items of a list, or the one value; `nested`: a list whose first item is a plain value is one item."""
    if value is None:
        return []
    if not isinstance(value, yaml.List):
        return [value]
    if nested and value and all(isinstance(item, yaml.Text) for item in value):
        return [value]
    return list(value)


def _nothing(place: Place) -> TermMap:
    return TermMap(("",), "literal", place)


def _only_type(predicates: tuple[TermMap, ...]) -> bool:
    return bool(predicates) and all(predicate.constant == _RDF_TYPE for predicate in predicates)


def _parts(text: str) -> tuple[str | Reference, ...]:
    """A template split at its references: https://rml.io/yarrrml/spec/#template."""
    parts: list[str | Reference] = []
    fixed, end = "", 0
    for match in _REFERENCE.finditer(text):
        fixed += text[end : match.start()] + (match["escaped"] or "")
        end = match.end()
        if match["name"] is not None:
            parts += [fixed] if fixed else []
            parts.append(Reference(re.sub(r"\\(.)", r"\1", match["name"])))
            fixed = ""
    fixed += text[end:]
    return tuple(parts + ([fixed] if fixed else []))
