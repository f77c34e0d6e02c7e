"""Functions that test and choose. What is true is the text `true`."""

import polars as pl

from kg.mapping.function.definition import Example, Function
from kg.mapping.function.names import BOOLEAN_OUT, GREL, IDLAB, STR, STR_OUT, TEXT_OUT, VALUE, VALUE_2
from kg.mapping.lexical import XSD

__all__ = ["CHOICE"]

_BOOLEAN = f"{XSD}boolean"
_TEST = ("bool_b", "param_b", "p_bool_b")
_REPEATED = ("param_rep_b", "p_rep_b", "bool_array_b")
_FIRST = frozenset({0})


def _text(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String)


CHOICE: dict[str, Function] = {
    f"{GREL}boolean_not": Function(
        lambda value: _text(value != "true"), ((*_TEST, *VALUE),), BOOLEAN_OUT, "Whether the value is not true.",
        (Example(("true",), "false"), Example(("x",), "true")), _BOOLEAN,
    ),
    f"{GREL}boolean_and": Function(
        lambda values: _text(values.list.eval(pl.element() == "true").list.all()), (_REPEATED,), BOOLEAN_OUT,
        "Whether all values are true.", (Example((["true", "false"],), "false"),), _BOOLEAN, lists=_FIRST,
    ),
    f"{GREL}boolean_or": Function(
        lambda values: _text(values.list.eval(pl.element() == "true").list.any()), (_REPEATED,), BOOLEAN_OUT,
        "Whether one of the values is true.", (Example((["true", "false"],), "true"),), _BOOLEAN, lists=_FIRST,
    ),
    f"{GREL}boolean_xor": Function(
        lambda values: _text(values.list.count_matches("true") == 1), (_REPEATED,), BOOLEAN_OUT,
        "Whether just one of the values is true.", (Example((["true", "true"],), "false"),), _BOOLEAN, lists=_FIRST,
    ),
    f"{GREL}controls_if": Function(
        lambda test, yes, no=None: pl.when(test == "true").then(yes).otherwise(no),
        (_TEST, ("any_true", "param_true", "p_any_true"), ("any_false", "param_false", "p_any_false")),
        ("o_any", "output_any", *TEXT_OUT), "The second value where the first is true, else the third.",
        (Example(("true", "a", "b"), "a"), Example(("no", "a"), None)), defaults=(None,),
    ),
    f"{IDLAB}equal": Function(
        lambda one, two: _text(one == two), (VALUE, VALUE_2), BOOLEAN_OUT, "Whether two values are the same text.",
        (Example(("a", "a"), "true"), Example(("1", "1.0"), "false")), _BOOLEAN,
    ),
    f"{IDLAB}notEqual": Function(
        lambda one, two: _text(one != two), (VALUE, VALUE_2), BOOLEAN_OUT, "Whether two values are different texts.",
        (Example(("a", "b"), "true"),), _BOOLEAN,
    ),
    f"{IDLAB}isNull": Function(
        lambda value: _text(value.is_null()), (STR,), BOOLEAN_OUT, "Whether there is no value.",
        (Example((None,), "true"), Example(("",), "false")), _BOOLEAN,
    ),
    f"{IDLAB}isNotNull": Function(
        lambda value: _text(value.is_not_null()), (STR,), BOOLEAN_OUT, "Whether there is a value.",
        (Example((None,), "false"), Example(("",), "true")), _BOOLEAN,
    ),
    f"{IDLAB}trueCondition": Function(
        lambda test, text: pl.when(test == "true").then(text), (("strBoolean", "_strBoolean"), STR), STR_OUT,
        "The second value where the first is true.", (Example(("true", "a"), "a"), Example(("false", "a"), None)),
    ),
    f"{IDLAB}decide": Function(
        lambda value, expected, result: pl.when(value == expected).then(result),
        (STR, ("expectedStr", "_expectedStr"), ("result", "_result")), STR_OUT,
        "The third value where the first two are the same.",
        (Example(("a", "a", "x"), "x"), Example(("a", "b", "x"), None)),
    ),
}  # fmt: skip
