"""Values of YARRRML -> term maps: https://rml.io/yarrrml/spec/#template."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kg.errors import Place, Problems, nearest
from kg.mapping.lexical import LANGUAGE_TAG, NOT_IN_IRI, XSD, unknown_datatype
from kg.mapping.model import Execution, Input, LogicalTarget, Reference, TermMap
from kg.mapping.names import AND, GREL
from kg.mapping.turtle import RDF
from kg.mapping.yarrrml.keys import COMPRESSIONS, FUNCTIONS, PARAMETERS, PREFIXES, SERIALIZATIONS, TARGET_TYPES
from kg.yaml import List, Map, Text, Value

__all__ = ["RDF_TYPE", "SCHEMES", "Terms", "only_type"]

RDF_TYPE = f"{RDF}type"
_AND_PARAMETER = f"{GREL}param_rep_b"
_LANG_STRING = f"{RDF}langString"
_REFERENCE = re.compile(r"\\(?P<escaped>[\\$():])|\$\((?P<name>(?:\\.|[^)\\])+)\)")
# An opening that no reference ends, or that stands inside of another.
_UNCLOSED = re.compile(r"\\.|\$\((?:\\.|\$(?!\()|[^)\\$])+\)|(?P<written>\$\()", re.DOTALL)
_BASE_FIX = "; for one that is appended to a base, write base: or give --base"
SCHEMES = frozenset(["urn", "mailto", "tag", "data", "file", "geo", "tel", "did", "info", "doi"])


@dataclass(slots=True)
class Terms:
    """Long forms -> term maps, with the prefixes, the external values and the targets of one file.

    base: the base that mappings spell out and the one to put in its place in every data IRI.
    appended: what relative IRIs are appended to; empty: the base of the run; None: there is none, so they are refused.
    """

    problems: Problems
    base: tuple[str, str]
    prefixes: dict[str, str]
    external: dict[str, str] = field(default_factory=dict)
    targets: dict[str, LogicalTarget] = field(default_factory=dict)
    appended: str | None = None

    def iri(self, term: Map) -> TermMap:
        """A term that is an IRI: of subjects, predicates, graphs."""
        targets = self.targets_of(term)
        if "function" in term:
            return TermMap((), "iri", term.place, execution=self.execution(term), targets=targets)
        value = term.get("value")
        if value is None and term.get("type") == "blank":
            return TermMap((), "blank", term.place, targets=targets)
        if value is None:
            self.problems.add("there is no value", term.place, "add value:")
            return nothing(term.place)
        text = self._text(value)
        if term.get("type") == "blank":
            return TermMap(self._parts(text, value.place), "blank", value.place, targets=targets)
        return replace(self._iri(text.removesuffix("~iri"), value.place), targets=targets)

    def predicate(self, term: Map) -> TermMap:
        """Like `iri`, with `a` for rdf:type."""
        if term.get("value") != "a":
            return self.iri(term)
        return TermMap((RDF_TYPE,), "iri", term.place, targets=self.targets_of(term))

    def object(self, term: Map, predicates: tuple[TermMap, ...]) -> TermMap:
        """An object: a value, or the result of a function."""
        kind = self._kind(term)
        value = term.get("value")
        text = self._text(value) if value is not None else ""
        if not kind and ((text.endswith("~iri")) or only_type(predicates)):
            kind = "iri"
        targets = self.targets_of(term)
        place = value.place if value is not None else term.place
        if kind in ("iri", "blank"):
            for name in sorted({"datatype", "language"} & term.keys()):
                given = next(key for key in term if key == name)
                self.problems.add(
                    f"{'an IRI' if kind == 'iri' else 'a blank node'} has no {name}", given.place, f"remove {name}"
                )
        if "function" in term:
            made = TermMap((), "literal", term.place, execution=self.execution(term))
            made = replace(made, term_type="iri" if kind == "iri" else "blank" if kind == "blank" else "literal")
            return replace(self._typed(made, term) if kind in ("", "literal") else made, targets=targets)
        if kind == "iri":
            return replace(self._iri(text.removesuffix("~iri"), place), targets=targets)
        if kind == "blank":
            return TermMap(self._parts(text, place), "blank", place, targets=targets)
        return replace(self._typed(self._literal(text, place), term), targets=targets)

    def condition(self, forms: Iterable[Value]) -> TermMap | None:
        """What must be true; several executions must all be."""
        made = [
            TermMap((), "literal", form.place, execution=self.execution(form))
            for form in forms
            if isinstance(form, Map) and "function" in form
        ]
        if len(made) < 2:
            return made[0] if made else None
        inputs = tuple(Input(_AND_PARAMETER, term) for term in made)
        return TermMap((), "literal", made[0].place, execution=Execution(AND, inputs, "", made[0].place))

    def execution(self, form: Map) -> Execution:
        """A function applied to parameters."""
        written = form.get("function")
        assert isinstance(written, Text)
        function = FUNCTIONS.get(written) or self._name(written)
        return Execution(function, tuple(self.input(item) for item in _maps(form.get("parameters"))), "", form.place)

    def input(self, form: Map) -> Input:
        """One parameter."""
        name, value = form.get("parameter"), form.get("value")
        parameter = (PARAMETERS.get(name) or self._name(name)) if isinstance(name, Text) else ""
        return Input(parameter, self.argument(value, form.place))

    def argument(self, value: Value | None, place: Place) -> TermMap:
        """The value of a parameter: text in which a prefix stands for its IRI, or the result of another function."""
        if isinstance(value, Map):
            if "function" in value:
                return TermMap((), "literal", value.place, execution=self.execution(value))
            return self.object(value, ())
        if not isinstance(value, Text):
            return nothing(place)
        if value.endswith("~iri"):
            return self._iri(value.removesuffix("~iri"), value.place)
        return TermMap(self._parts(self._expanded(value), value.place) or ("",), "literal", value.place)

    def targets_of(self, term: Map) -> tuple[LogicalTarget, ...]:
        """Targets by their names, or written in place."""
        found = []
        written = term.get("targets")
        for item in written if isinstance(written, List) else ():
            if isinstance(item, Map):
                found.append(self.target(item, ""))
            elif isinstance(item, Text) and item in self.targets:
                found.append(self.targets[item])
            else:
                self.problems.add(
                    f"there is no target named {str(item)!r}",
                    item.place,
                    nearest(str(item), self.targets) or "add it under targets:",
                )
        return tuple(found)

    def target(self, form: Map, name: str) -> LogicalTarget:
        """A target by its keys: https://rml.io/yarrrml/spec/#targets."""
        access = form.get("access")
        if access is None:
            self.problems.add("the target has no access", form.place, "add access:")
        serialization = self._choice(form, "serialization", SERIALIZATIONS, "nquads")
        compression = self._choice(form, "compression", COMPRESSIONS, "")
        kind = self._choice(form, "type", TARGET_TYPES, "void")
        if not name:
            written = (form.get(key) for key in ("access", "type", "serialization", "compression"))
            name = "-".join(str(item) for item in written if item)
        return LogicalTarget(str(access or ""), serialization, compression, "utf-8", form.place, kind, name)

    def rebase(self, iri: str) -> str:
        """An IRI with the base of this run in place of the one spelt out; the fixed namespace stays."""
        old, new = self.base
        return new + iri.removeprefix(old) if iri.startswith(old) and not iri.startswith(f"{old}ns") else iri

    def _choice(self, form: Map, name: str, known: Mapping[str, str], otherwise: str) -> str:
        value = form.get(name)
        text = str(value) if isinstance(value, Text) else otherwise
        if text and text not in known and value is not None:
            self.problems.add(f"{text!r} is no {name}", value.place, nearest(text, known))
        return known.get(text, "")

    def _kind(self, term: Map) -> str:
        kind = term.get("type")
        if kind is None:
            return ""
        if kind not in ("iri", "literal", "blank"):
            self.problems.add(
                f"type {str(kind)!r} is not supported", kind.place, nearest(str(kind), ("iri", "literal", "blank"))
            )
        return str(kind)

    def _typed(self, made: TermMap, term: Map) -> TermMap:
        """A literal with the datatype or language of its long form."""
        datatype, language = term.get("datatype"), term.get("language")
        iri = self._datatype(datatype) if datatype is not None else None
        if language is None:
            return replace(made, datatype=iri)
        if iri is not None and iri.constant != _LANG_STRING:
            self.problems.add("a literal has a datatype or a language, not both", language.place, "remove one of them")
        assert isinstance(language, Map)
        value = language.get("value")
        tag = self._language(self._text(value) if value is not None else "", language.place)
        return replace(made, language=replace(tag, targets=self.targets_of(language)))

    def _datatype(self, value: Value) -> TermMap:
        """The datatype of a literal, one that XSD has where it is of XSD."""
        made = self._iri(self._text(value).removesuffix("~iri"), value.place, relative=False)
        if near := unknown_datatype(made.constant or ""):
            name = str(made.constant).removeprefix(XSD)
            self.problems.add(f"there is no datatype 'xsd:{name}'", value.place, near)
        return made

    def _text(self, value: Value) -> str:
        if isinstance(value, Text):
            return str(value)
        self.problems.add("a plain value is expected here", value.place, "write one word or text")
        return ""

    def _language(self, tag: str, place: Place) -> TermMap:
        parts = self._parts(tag, place)
        if all(isinstance(part, str) for part in parts) and not re.fullmatch(LANGUAGE_TAG, tag):
            self.problems.add(f"{tag!r} is no language tag", place, "write one like fr or pt-BR")
        return TermMap(parts, "literal", place)

    def _literal(self, text: str, place: Place) -> TermMap:
        parts = self._parts(text, place)
        prefix, colon, rest = text.partition(":")
        if len(parts) > 1 and isinstance(parts[0], str) and colon and prefix in self.prefixes:
            self.problems.add(
                f"{text!r} begins with a prefix but would make a text, not an IRI", place, "end it with ~iri"
            )
        elif len(parts) == 1 and colon and prefix in self.prefixes and not re.search(r"\s", rest):
            parts = self._parts(self.prefixes[prefix] + rest, place)
        return TermMap(parts or ("",), "literal", place)

    def _iri(self, text: str, place: Place, *, relative: bool = True) -> TermMap:
        """A term that is an IRI. relative: whether it may be one that is appended to the base."""
        if not text:
            self.problems.add("an IRI is missing here", place, "write a prefix and a name")
            return nothing(place)
        whole = text if text.startswith("$(") else self._expand(text, place, relative=relative)
        parts = self._parts(whole, place)
        fixed = "".join(part for part in parts if isinstance(part, str))
        if bad := re.search(NOT_IN_IRI, fixed):
            self.problems.add(
                f"{text!r} makes an invalid IRI: it holds {bad[0]!r}", place, "encode or remove that character"
            )
        return TermMap(parts, "iri", place)

    def _name(self, value: Text) -> str:
        """The IRI of a function or a parameter, which refers to nothing."""
        made = self._iri(value, value.place, relative=False)
        if made.constant is None:
            self.problems.add(f"{str(value)!r} must be an IRI without references", value.place, "write prefix:name")
        return made.constant or ""

    def _expanded(self, text: str) -> str:
        prefix, colon, rest = text.partition(":")
        return self.prefixes[prefix] + rest if colon and prefix in self.prefixes else text

    def _expand(self, text: str, place: Place, *, relative: bool) -> str:
        prefix, colon, rest = text.partition(":")
        known = {**PREFIXES, **self.prefixes}
        if not colon or "$(" in prefix:
            if relative and self.appended is not None:
                return self.rebase(self.appended + text)
            fix = "begin it with a prefix of this file, or write the whole IRI"
            self.problems.add(f"{text!r} is no IRI", place, fix + (_BASE_FIX if relative else ""))
        elif prefix in known and not rest.startswith("//"):
            text = known[prefix] + rest
        elif not rest.startswith("//") and prefix not in SCHEMES:
            self.problems.add(
                f"prefix {prefix!r} is not defined", place, nearest(prefix, self.prefixes) or "add it under prefixes:"
            )
        return self.rebase(text)

    def _parts(self, text: str, place: Place) -> tuple[str | Reference, ...]:
        """A template split at its references, with the external values put in."""
        self._check_closed(text, place)
        parts: list[str | Reference] = []
        fixed, end = "", 0
        for match in _REFERENCE.finditer(text):
            fixed += text[end : match.start()] + (match["escaped"] or "")
            end = match.end()
            name = match["name"]
            if name is None:
                continue
            if name.startswith("_") and name[1:] in self.external:
                fixed += self.external[name[1:]]
                continue
            parts += [fixed] if fixed else []
            parts.append(Reference(re.sub(r"\\(.)", r"\1", name)))
            fixed = ""
        fixed += text[end:]
        return tuple(parts + ([fixed] if fixed else []))

    def _check_closed(self, text: str, place: Place) -> None:
        """Note a reference that is begun and not ended."""
        for begun in _UNCLOSED.finditer(text):
            if begun["written"] is None:
                continue
            name = re.match(r"[\w.-]*", text[begun.end() :])
            shown = name[0] if name else ""
            told = f"the reference '$({shown}' is not closed" if shown else "there is a reference without a name"
            fix = f"write $({shown or 'name'}), or \\$( for these characters themselves"
            self.problems.add(told, place, fix)


def nothing(place: Place) -> TermMap:
    """What stands for a term map that could not be read."""
    return TermMap(("",), "literal", place)


def only_type(predicates: tuple[TermMap, ...]) -> bool:
    """Whether rdf:type is the only predicate."""
    return bool(predicates) and all(predicate.constant == RDF_TYPE for predicate in predicates)


def _maps(value: Value | None) -> list[Map]:
    return [item for item in value if isinstance(item, Map)] if isinstance(value, List) else []
