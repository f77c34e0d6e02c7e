"""Logical views of RML: https://kg-construct.github.io/rml-lv/spec/docs/."""

from typing import TYPE_CHECKING

from kg.errors import Place, Problems, nearest
from kg.mapping.model import Join, LogicalSource, LogicalView, Reference, TermMap, ViewField, ViewJoin
from kg.mapping.rml.document import Document, Properties, Property
from kg.mapping.rml.sources import read_source
from kg.mapping.rml.terms import Terms, split_template
from kg.mapping.rml.vocabulary import FORMULATIONS, word

if TYPE_CHECKING:
    from kg.mapping.turtle import Node

__all__ = ["Views"]

_EXPRESSIONS = ("constant", "template", "reference")


class Views:
    """Reads the sources of triples maps, views among them, and finds views that are made of themselves."""

    def __init__(self, document: Document, problems: Problems, terms: Terms) -> None:
        """Read from a document; what is wrong is noted in `problems`."""
        self._document = document
        self._problems = problems
        self._terms = terms
        self._inside: list[Node] = []

    def read(self, found: Property) -> LogicalSource | None:
        """The source or view that a node describes; None, with the problem noted, when it cannot be one."""
        said = self._document.raw(found.value)
        if "viewOn" not in said and "LogicalView" not in self._document.types(found.value):
            return read_source(self._document, found)
        if found.value in self._inside:
            self._problems.add("the logical view is made of itself", found.place, "name another view or source")
            return None
        on = self._document.one(said, "viewOn")
        if on is None:
            self._problems.add("the logical view is on nothing", found.place, "add rml:viewOn")
            return None
        self._inside.append(found.value)
        source = self.read(on)
        fields = self._fields(said, found)
        joins = [
            join
            for word_, outer in (("leftJoin", True), ("innerJoin", False))
            for item in said.get(word_, [])
            if (join := self._join(item, outer=outer))
        ]
        self._inside.pop()
        self._check_names([*fields, *(field for join in joins for field in join.fields)])
        if source is None:
            return None
        view = LogicalView(source, fields, tuple(joins))
        return LogicalSource(found.value.value, "view", "", found.place, view=view)

    def _fields(self, said: Properties, at: Property) -> tuple[ViewField, ...]:
        fields = [field for item in said.get("field", []) if (field := self._field(item))]
        if not fields and not said.get("leftJoin") and not said.get("innerJoin"):
            self._problems.add("there are no fields", at.place, "add rml:field")
        return tuple(fields)

    def _field(self, found: Property) -> ViewField | None:
        if found.value in self._inside:
            self._problems.add("the field is inside itself", found.place, "name another field")
            return None
        said = self._document.raw(found.value)
        name = self._document.text(said, "fieldName")
        if not name:
            self._problems.add("the field has no name", found.place, "add rml:fieldName")
        self._inside.append(found.value)
        inner = tuple(field for item in said.get("field", []) if (field := self._field(item)))
        self._inside.pop()
        self._check_names(list(inner))
        return ViewField(
            name,
            self._value(said, found),
            self._document.text(said, "iterator"),
            self._formulation(said),
            inner,
            found.place,
        )

    def _value(self, said: Properties, found: Property) -> TermMap | None:
        return self._expression(said, found.place) if any(name in said for name in _EXPRESSIONS) else None

    def _formulation(self, said: Properties) -> str:
        found = self._document.one(said, "referenceFormulation")
        if found is None:
            return ""
        name = word(found.value.value) or found.value.value
        if name not in FORMULATIONS:
            self._problems.add(f"{name!r} is no reference formulation", found.place, nearest(name, FORMULATIONS))
        return FORMULATIONS.get(name, "")

    def _join(self, found: Property, *, outer: bool) -> ViewJoin | None:
        said = self._document.raw(found.value)
        parent = self._document.one(said, "parentLogicalView")
        if parent is None:
            self._problems.add("the join has no parent view", found.place, "add rml:parentLogicalView")
            return None
        source = self.read(parent)
        conditions = []
        for item in said.get("joinCondition", []):
            sides = self._document.raw(item.value)
            child, other = (self._side(sides, name) for name in ("child", "parent"))
            if child is None or other is None:
                self._problems.add("the join condition lacks a side", item.place, "add rml:child and rml:parent")
            else:
                conditions.append(Join(child, other))
        fields = self._fields(said, found)
        return ViewJoin(source, tuple(conditions), fields, outer, found.place) if source else None

    def _side(self, said: Properties, name: str) -> TermMap | None:
        short, long = said.get(name), said.get(f"{name}Map")
        if short:
            return self._expression({"reference": short}, short[0].place)
        return self._expression(self._document.raw(long[0].value), long[0].place) if long else None

    def _expression(self, said: Properties, place: Place) -> TermMap | None:
        """The value that a node describes by a constant, a reference, a template or a function."""
        for name in ("reference", "template"):
            found = self._document.one(said, name)
            if found is None:
                continue
            text = self._document.text(said, name)
            try:
                return TermMap((Reference(text),) if name == "reference" else split_template(text), "literal", place)
            except ValueError as error:
                self._problems.add(f"no template: {error}", found.place, "write references as {name}")
                return None
        constant = self._document.one(said, "constant")
        if constant is not None:
            return self._terms.constant("value", constant)
        self._problems.add("this says nothing of how its value is made", place, "add rml:reference")
        return None

    def _check_names(self, fields: list[ViewField]) -> None:
        names = [field.name for field in fields]
        for at, field in enumerate(fields):
            if field.name in names[:at]:
                self._problems.add(f"a second field {field.name!r}", field.place, "give it another name")
