"""Logical views, written as RML: https://kg-construct.github.io/rml-lv/spec/docs/."""

from collections.abc import Callable

from kg.mapping.model import LogicalSource, LogicalView, ViewField, ViewJoin
from kg.mapping.rml.expression import Expressions
from kg.mapping.rml.thing import Iri, Literal, Thing
from kg.mapping.rml.vocabulary import FORMULATIONS, RML

__all__ = ["view_thing"]

_WORDS = {name: word for word, name in reversed(FORMULATIONS.items())}


def view_thing(view: LogicalView, terms: Expressions, source: Callable[[LogicalSource], Thing]) -> Thing:
    """A logical view. source: writes what it is a view of, and the views that it is joined with."""
    thing = Thing((f"{RML}LogicalView",))
    thing.say(f"{RML}viewOn", source(view.on))
    for field in view.fields:
        thing.say(f"{RML}field", _field(field, terms))
    for join in view.joins:
        thing.say(f"{RML}leftJoin" if join.outer else f"{RML}innerJoin", _join(join, terms, source))
    return thing


def _field(field: ViewField, terms: Expressions) -> Thing:
    if field.value is not None:
        thing = terms.term("Value", field.value, None, None)
        thing.types = (f"{RML}ExpressionField",)
    else:
        thing = Thing((f"{RML}IterableField",))
        thing.say(f"{RML}iterator", Literal(field.iterator) if field.iterator else None)
    thing.said.insert(0, (f"{RML}fieldName", Literal(field.name)))
    if field.formulation:
        thing.say(f"{RML}referenceFormulation", Iri(RML + _WORDS.get(field.formulation, field.formulation)))
    for inner in field.fields:
        thing.say(f"{RML}field", _field(inner, terms))
    return thing


def _join(join: ViewJoin, terms: Expressions, source: Callable[[LogicalSource], Thing]) -> Thing:
    thing = Thing((f"{RML}LogicalViewJoin",))
    thing.say(f"{RML}parentLogicalView", source(join.parent))
    for condition in join.conditions:
        thing.say(f"{RML}joinCondition", terms.join(condition))
    for field in join.fields:
        thing.say(f"{RML}field", _field(field, terms))
    return thing
