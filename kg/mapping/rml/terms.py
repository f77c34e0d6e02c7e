"""Term maps and function executions of RML: https://kg-construct.github.io/rml-core/spec/docs/#term-maps."""

import re
from dataclasses import dataclass, replace
from typing import get_args

from kg.errors import Place, Problems, nearest
from kg.mapping.lexical import ABSOLUTE_IRI, LANGUAGE_TAG, NOT_IN_IRI, XSD, unknown_datatype
from kg.mapping.model import DEFAULT_GRAPH, Execution, Input, LogicalTarget, Reference, TermMap, TermType
from kg.mapping.names import TRUE_CONDITION
from kg.mapping.rml.document import Document, Properties, Property, article
from kg.mapping.rml.sources import read_target
from kg.mapping.rml.vocabulary import FNO, TERM_TYPES, word

__all__ = ["Conditional", "Terms", "split_template"]

_IRIS = ("iri", "uri", "unsafe-iri", "unsafe-uri")

# Which term types each position takes: https://kg-construct.github.io/rml-core/spec/docs/#term-types.
_ALLOWED: dict[str, tuple[str, ...]] = {
    "subject map": (*_IRIS, "blank"),
    "predicate map": _IRIS,
    "graph map": (*_IRIS, "blank"),
    "object map": get_args(TermType),
    "datatype map": _IRIS,
    "language map": ("literal",),
    "value": get_args(TermType),
    "condition": ("literal",),
}
_EXPRESSIONS = ("constant", "template", "reference", "functionExecution", "functionValue")


@dataclass(frozen=True, slots=True)
class Conditional:
    """A term map, and what must be true for it to make a term."""

    term: TermMap
    condition: TermMap | None = None


def split_template(text: str) -> tuple[str | Reference, ...]:
    r"""A template split at its references; raises `ValueError` that says what is wrong with it.

    https://kg-construct.github.io/rml-core/spec/docs/#templates

    >>> split_template(r"a\{{b}")
    ('a{', Reference(name='b'))
    """
    parts: list[str | Reference] = []
    fixed, name = "", ""
    inside = False
    for match in re.finditer(r"\\(?P<escaped>[{}\\])|(?P<mark>[{}])|.", text, re.DOTALL):
        if match["mark"] == "{":
            if inside:
                raise ValueError(r"there is a { inside a reference; write \{ for the character itself")
            parts += [fixed] if fixed else []
            inside, fixed, name = True, "", ""
        elif match["mark"] == "}":
            if not inside:
                raise ValueError(r"there is a } that closes nothing; write \} for the character itself")
            if not name:
                raise ValueError("there is an empty reference {}")
            parts.append(Reference(name))
            inside = False
        elif inside:
            name += match["escaped"] or match[0]
        else:
            fixed += match["escaped"] or match[0]
    if inside:
        raise ValueError("a reference is not closed with }")
    return tuple(parts + ([fixed] if fixed else []))


@dataclass(slots=True)
class Terms:
    """Nodes -> term maps.

    base: the base that mappings spell out and the one to put in its place.
    """

    document: Document
    problems: Problems
    base: tuple[str, str]

    def rebase(self, iri: str) -> str:
        """An IRI with the base of this run in place of the one spelt out; the fixed namespace stays."""
        old, new = self.base
        return new + iri.removeprefix(old) if iri.startswith(old) and not iri.startswith(f"{old}ns") else iri

    def constant(self, kind: str, found: Property) -> TermMap:
        """The term map of a shortcut such as `rml:subject`, whose value is the term."""
        return self._checked(kind, self._constant(found), found.place)

    def map(self, kind: str, found: Property) -> Conditional:
        """The term map that a node describes."""
        said = self.document.of(kind, found.value, found.place)
        place = found.place
        given = [(name, item) for name in _EXPRESSIONS for item in said.get(name, [])]
        for _, extra in given[1:]:
            self.problems.add(
                f"the {kind} has two expressions", extra.predicate_place, "keep one constant, template or reference"
            )
        condition = self.condition(said)
        targets = tuple(self._targets(said))
        if not given:
            term = self._without(kind, said, place)
            return Conditional(replace(term, targets=targets), condition)
        name, item = given[0]
        written = self._term_type(said)
        if name == "constant":
            if kind == "graph map" and re.fullmatch(ABSOLUTE_IRI, item.value.value):
                written = written or "iri"
            term = self._typed_constant(self._constant(item), written, item)
        elif name in ("functionExecution", "functionValue"):
            made = self._function(name, item, said)
            condition = condition or made.condition
            term = replace(made.term, term_type=written or self._default(kind, name, said, made.term.term_type))
        else:
            term = TermMap(self._parts(name, item), written or self._default(kind, name, said, "iri"), item.place)
        term = self._with_language_and_datatype(term, said, targets)
        return Conditional(self._checked(kind, term, item.place), condition)

    def execution(self, found: Property, returns: str = "") -> Execution:
        """The execution that a node describes: https://kg-construct.github.io/rml-fnml/spec/docs/."""
        said = self.document.of("execution", found.value, found.place)
        function = self._named_iri(said, "function")
        if not function and said:
            self.problems.add("the execution has no function", found.place, "add rml:function")
        inputs = []
        for item in said.get("input", []):
            inner = self.document.of("input", item.value, item.place)
            parameter = self._named_iri(inner, "parameter")
            if not parameter and inner:
                self.problems.add("the input has no parameter", item.place, "add rml:parameter")
            value = self.document.one(inner, "inputValue", "inputValueMap")
            if value is None:
                if inner:
                    self.problems.add("the input has no value", item.place, "add rml:inputValue or rml:inputValueMap")
                continue
            short = value in inner.get("inputValue", [])
            inputs.append(Input(parameter, self._constant(value) if short else self.map("value", value).term))
        return Execution(function, tuple(inputs), returns, found.place)

    def _named_iri(self, said: Properties, name: str) -> str:
        """The IRI under a shortcut, or the constant of its map."""
        if f"{name}Map" not in said:
            return self.document.iri(said, name)
        found = self.document.one(said, name, f"{name}Map")
        assert found is not None
        return self.document.iri(self.document.raw(found.value), "constant")

    def _function(self, name: str, found: Property, said: Properties) -> Conditional:
        if name == "functionExecution":
            execution = self.execution(found, self._named_iri(said, "return"))
        else:
            execution = self._old_execution(found)
        values = {argument.parameter.rpartition("#")[2]: argument.value for argument in execution.inputs}
        if execution.function == TRUE_CONDITION and {"strBoolean", "str"} <= values.keys():
            return Conditional(values["str"], values["strBoolean"])
        return Conditional(TermMap((), "literal", found.place, execution=execution))

    def _old_execution(self, found: Property) -> Execution:
        """An execution written as a triples map: https://fno.io/rml/."""
        function, inputs = "", []
        for item in self.document.raw(found.value).get("predicateObjectMap", []):
            said = self.document.of("predicate-object map", item.value, item.place)
            predicate = self.document.one(said, "predicate", "predicateMap")
            value = self.document.one(said, "object", "objectMap")
            if predicate is None or value is None:
                self.problems.add("a parameter has no name or no value", item.place, "add rr:predicate and rr:object")
                continue
            short = predicate in said.get("predicate", [])
            parameter = (self.constant if short else self._plain)("predicate map", predicate).constant or ""
            argument = self._argument(value, short=value in said.get("object", []))
            if parameter == f"{FNO}executes":
                function = argument.constant or ""
            else:
                inputs.append(Input(parameter, argument))
        if not function:
            self.problems.add("the function value executes nothing", found.place, "add fno:executes")
        return Execution(function, tuple(inputs), "", found.place)

    def _argument(self, value: Property, *, short: bool) -> TermMap:
        if short:
            return self.constant("value", value)
        parent = self.document.raw(value.value).get("parentTermMap")
        return self._plain("value", parent[0] if parent else value)

    def _plain(self, kind: str, found: Property) -> TermMap:
        return self.map(kind, found).term

    def condition(self, said: Properties) -> TermMap | None:
        """What must be true for a map to make its term."""
        found = self.document.one(said, "condition")
        return self.map("condition", found).term if found else None

    def _targets(self, said: Properties) -> list[LogicalTarget]:
        found = [read_target(self.document, item) for item in said.get("logicalTarget", [])]
        return [target for target in found if target]

    def _without(self, kind: str, said: Properties, place: Place) -> TermMap:
        """A map without an expression: a fresh blank node, where its term type says so."""
        written = self._term_type(said) or ("blank" if "gather" in said else None)
        if written != "blank" and said:
            self.problems.add(
                f"the {kind} says nothing of how its term is made", place, "add a constant, a template or a reference"
            )
        if written != "blank":
            return TermMap(("",), "literal", place)
        return self._checked(kind, TermMap((), "blank", place), place)

    def _parts(self, name: str, found: Property) -> tuple[str | Reference, ...]:
        if found.value.kind != "literal":
            self.problems.add(f"a {name} must be a text", found.place, "write it in quotes")
            return ("",)
        if not found.value.value:
            self.problems.add(f"an empty {name}", found.place, "write what it refers to")
            return ("",)
        if name == "reference":
            return (Reference(found.value.value),)
        try:
            parts = split_template(found.value.value)
        except ValueError as error:
            self.problems.add(f"no template: {error}", found.place, r"write references as {name}, braces as \\{ \\}")
            return ("",)
        # One reference alone would be a reference-valued map: its value would be an IRI as it stands.
        return ("", *parts) if len(parts) == 1 and isinstance(parts[0], Reference) else parts

    def _constant(self, found: Property) -> TermMap:
        node = found.value
        if node.kind == "iri":
            iri = DEFAULT_GRAPH if word(node.value) == "defaultGraph" else self.rebase(node.value)
            return TermMap((iri,), "iri", found.place)
        if node.kind == "blank":
            return TermMap((node.value.strip("[]"),), "blank", found.place)
        datatype = TermMap((node.datatype,), "iri", found.place) if node.datatype else None
        language = TermMap((node.language,), "literal", found.place) if node.language else None
        return TermMap((node.value,), "literal", found.place, datatype, language)

    def _typed_constant(self, term: TermMap, written: TermType | None, found: Property) -> TermMap:
        """A constant whose term type is written as well. Old mappings write IRIs and labels of nodes as texts."""
        if written is None or written == term.term_type:
            return term
        if written in _IRIS and term.term_type in _IRIS:
            return replace(term, term_type=written)
        if written in _IRIS and term.term_type == "literal" and re.fullmatch(ABSOLUTE_IRI, str(term.parts[0])):
            return TermMap((self.rebase(str(term.parts[0])),), written, found.place)
        if written == "blank" and found.old:
            return TermMap(term.parts, written, found.place)
        told = f"the constant is {_told(term.term_type)}, its term type {_told(written)}"
        self.problems.add(told, found.place, "make them agree")
        return term

    def _term_type(self, said: Properties) -> TermType | None:
        found = self.document.one(said, "termType")
        if found is None:
            return None
        name = word(found.value.value) if found.value.kind == "iri" else None
        if name not in TERM_TYPES:
            fix = nearest(name or found.value.value, TERM_TYPES)
            self.problems.add(f"{name or found.value.value!r} is no term type", found.place, fix)
            return None
        return TERM_TYPES[name]

    def _default(self, kind: str, name: str, said: Properties, otherwise: TermType) -> TermType:
        """https://kg-construct.github.io/rml-core/spec/docs/#dfn-default-term-type."""
        if kind in ("language map", "condition", "value"):
            return "literal"
        if "gather" in said:
            return "iri"
        if kind == "object map":
            typed = {"datatype", "datatypeMap", "language", "languageMap"} & said.keys()
            return "literal" if typed or name != "template" else "iri"
        return "iri" if name.startswith("function") else otherwise

    def _with_language_and_datatype(
        self, term: TermMap, said: Properties, targets: tuple[LogicalTarget, ...]
    ) -> TermMap:
        datatype = self.document.one(said, "datatype", "datatypeMap")
        language = self.document.one(said, "language", "languageMap")
        if datatype and language:
            self.problems.add(
                "a literal has a datatype or a language, not both", language.predicate_place, "remove one of them"
            )
        for found in (datatype, language):
            if found and term.term_type != "literal":
                self.problems.add(
                    f"{_told(term.term_type)} has neither datatype nor language",
                    found.predicate_place,
                    "remove it, or make the term type rml:Literal",
                )
        return replace(
            term,
            datatype=self._inner("datatype", datatype, said) or term.datatype,
            language=self._inner("language", language, said) or term.language,
            targets=targets,
        )

    def _inner(self, name: str, found: Property | None, said: Properties) -> TermMap | None:
        if found is None:
            return None
        if found in said.get(f"{name}Map", []):
            return self.map(f"{name} map", found).term
        return self.constant(f"{name} map", found)

    def _checked(self, kind: str, term: TermMap, place: Place) -> TermMap:
        """The term map, when its terms may stand in its position; a problem otherwise."""
        if term.term_type not in _ALLOWED[kind]:
            allowed = " or ".join(dict.fromkeys(_told(item) for item in _ALLOWED[kind]))
            self.problems.add(f"{article(kind)} cannot make {_told(term.term_type)}", place, f"make it {allowed}")
        constant = term.constant
        # The datatype of a constant literal stands where the literal does; any other has a map of its own.
        typed = term if kind == "datatype map" else term.datatype
        datatype = (typed.constant or "") if typed and typed.place == term.place else ""
        if near := unknown_datatype(datatype):
            self.problems.add(f"there is no datatype 'xsd:{datatype.removeprefix(XSD)}'", place, near)
        if kind == "language map" and constant is not None and not re.fullmatch(LANGUAGE_TAG, constant):
            self.problems.add(f"{constant!r} is no language tag", place, "write one like fr or pt-BR")
        if term.term_type in _IRIS:
            fixed = "".join(part for part in term.parts if isinstance(part, str))
            if bad := re.search(NOT_IN_IRI, fixed):
                self.problems.add(
                    f"this makes an invalid IRI: it holds {bad[0]!r}", place, "encode or remove that character"
                )
            if term.parts and isinstance(term.parts[0], str) and term.parts[0] != DEFAULT_GRAPH:
                term = replace(term, parts=(self.rebase(term.parts[0]), *term.parts[1:]))
        if kind != "graph map" and constant == DEFAULT_GRAPH:
            self.problems.add(f"{article(kind)} cannot be the default graph", place, "use another IRI")
        return term


def _told(term_type: str) -> str:
    return {"blank": "a blank node", "literal": "a literal"}.get(term_type, "an IRI")
