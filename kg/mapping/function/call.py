"""An execution of a mapping -> the Polars expression of its result.

https://kg-construct.github.io/rml-fnml/spec/docs/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import polars as pl

from kg.errors import ContentError, Problem, Problems, nearest
from kg.mapping.function.compute import computed
from kg.mapping.function.definition import Function, local
from kg.mapping.function.library import FUNCTIONS, REFUSED
from kg.mapping.model import Execution, Input

__all__ = ["bind", "call", "gives_many", "output_datatype", "takes_all"]

T = TypeVar("T")


def bind(item: T, functions: Mapping[str, Function], problems: Problems) -> T:
    """The maps, or the document, with every execution bound to its function; what cannot be called is noted.

    functions: of the user, by IRI, besides those of the library.
    """
    if isinstance(item, tuple):
        parts = tuple(bind(part, functions, problems) for part in item)
        return item if all(one is two for one, two in zip(item, parts, strict=True)) else parts  # type: ignore[return-value]
    if not is_dataclass(item) or isinstance(item, type):
        return item
    changed: dict[str, Any] = {
        each.name: made
        for each in fields(item)
        if (made := bind(old := getattr(item, each.name), functions, problems)) is not old and each.name != "bound"
    }
    if isinstance(item, Execution):
        changed["bound"] = functions.get(item.function)
    made = replace(item, **changed) if changed else item
    if isinstance(made, Execution):
        problems += _faults(made, functions)
    return made


def call(execution: Execution, arguments: Sequence[pl.Expr]) -> pl.Expr:
    """What the function gives for its inputs, `arguments` in their order.

    Raises `ContentError` for an unknown function, parameter or output and for a missing argument.
    """
    if problems := list(_faults(execution, {})):
        raise ContentError(problems)
    function = _function(execution)
    assert function is not None
    given: dict[int, list[pl.Expr]] = {}
    for item, argument in zip(execution.inputs, arguments, strict=True):
        position = function.position(item.parameter)
        assert position is not None
        given.setdefault(position, []).append(argument)
    ready: list[pl.Expr | str | None] = []
    for position, default in enumerate(function.all_defaults):
        if position not in given:
            ready.append(default)
        elif position in function.lists:
            ready.append(_together(given[position]))
        else:
            ready += given[position]
    if function.rows or function.origin:
        return computed(function, execution, ready)
    made: pl.Expr = function.make(*ready)
    return made


def gives_many(execution: Execution | None) -> bool:
    """Whether an execution gives several texts, each of which makes a term."""
    function = _function(execution) if execution else None
    return function is not None and function.many


def takes_all(execution: Execution, item: Input) -> bool:
    """Whether an input is a reference all values of which are taken at once, in place of each by itself."""
    function = _function(execution)
    return function is not None and item.value.is_reference and function.position(item.parameter) in function.lists


def output_datatype(execution: Execution) -> str | None:
    """The natural datatype of what the function gives; None for a plain string."""
    function = _function(execution)
    return function.datatype if function else None


def _function(execution: Execution) -> Function | None:
    return execution.bound if isinstance(execution.bound, Function) else FUNCTIONS.get(execution.function)


def _faults(execution: Execution, functions: Mapping[str, Function]) -> Iterator[Problem]:
    """What keeps an execution from being called."""
    function = _function(execution)
    name = local(execution.function)
    if function is None:
        near = nearest(name, map(local, (*FUNCTIONS, *functions)))
        unknown = near if near.startswith("did") else "name the Python file that binds it with --functions"
        fix = REFUSED.get(execution.function, unknown)
        what = "is not made here" if execution.function in REFUSED else "is not known"
        yield Problem(f"function <{execution.function}> {what}", execution.place, fix)
        return
    names = [local(known[0]) for known in function.parameters]
    seen: set[int] = set()
    for item in execution.inputs:
        given = local(item.parameter)
        position = function.position(item.parameter)
        if position is None:
            fix = nearest(given, names) or "it has none: leave it out"
            yield Problem(f"function {name} has no parameter {given!r}", item.value.place, fix)
            continue
        if position in seen and position not in function.lists:
            yield Problem(f"function {name} has the parameter {given!r} twice", item.value.place, "keep one of them")
        seen.add(position)
        if gives_many(item.value.execution) and position not in function.lists:
            yield Problem(
                f"parameter {given!r} of function {name} takes one text, not several",
                item.value.place,
                "choose one by array_get, or put them together by array_join",
            )
    for position, known in enumerate(names[: len(names) - len(function.defaults)]):
        if position not in seen:
            yield Problem(f"function {name} needs the parameter {known!r}", execution.place, f"give {known}")
    if not function.gives(execution.returns):
        returned = local(execution.returns)
        fix = nearest(returned, map(local, function.outputs))
        yield Problem(f"function {name} returns no {returned!r}", execution.place, fix)


def _together(arguments: Sequence[pl.Expr]) -> pl.Expr:
    """All values of a parameter as one list without nulls; null where there is none."""
    none = pl.lit([], dtype=pl.List(pl.String))
    values = pl.concat_list([pl.concat_list(argument).fill_null(none) for argument in arguments]).list.drop_nulls()
    return pl.when(values.list.len() > 0).then(values)
