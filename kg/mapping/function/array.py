"""Functions of several texts, and those that give several."""

import polars as pl

from kg.mapping.function.definition import Example, Function
from kg.mapping.function.names import (
    BOOLEAN_OUT,
    GREL,
    IDLAB,
    LIST,
    LIST_OUT,
    NUMBER_OUT,
    STR,
    STR_OUT,
    TEXT_OUT,
)  # fmt: skip
from kg.mapping.lexical import XSD

__all__ = ["ARRAY"]

_FIRST = frozenset({0})
_FROM = ("param_int_i_from", "p_int_i_from")
_TO = ("param_int_i_opt_to", "p_int_i_opt_to")
_SEPARATOR = ("p_string_sep", "param_string_sep")
_ABC = ["a", "b", "c"]


def _slice(array: pl.Expr, start: pl.Expr, end: pl.Expr | None = None) -> pl.Expr:
    size = array.list.len().cast(pl.Int64)

    def position(given: pl.Expr) -> pl.Expr:
        number = given.cast(pl.Int64)
        return pl.when(number < 0).then(pl.max_horizontal(number + size, 0)).otherwise(pl.min_horizontal(number, size))

    first = position(start)
    last = position(end) if end is not None else size
    return array.list.slice(first, pl.max_horizontal(last - first, 0))


ARRAY: dict[str, Function] = {
    f"{GREL}array_join": Function(
        lambda array, between: array.list.join(between), (LIST, _SEPARATOR), TEXT_OUT,
        "The texts, one after the other, with a separator between them.", (Example((_ABC, ", "), "a, b, c"),),
        lists=_FIRST,
    ),
    f"{GREL}array_get": Function(
        lambda array, at: array.list.get(at.cast(pl.Int64), null_on_oob=True), (LIST, _FROM), TEXT_OUT,
        "The text at a position, counted from 0, or from the end with -1; nothing where there is none.",
        (Example((_ABC, "1"), "b"), Example((_ABC, "-1"), "c"), Example((_ABC, "9"), None)), lists=_FIRST,
    ),
    f"{GREL}array_slice": Function(
        _slice, (LIST, _FROM, _TO), LIST_OUT,
        "The texts from a position, counted from 0, up to another; negative ones are counted from the end.",
        (Example((_ABC, "1"), ["b", "c"]), Example((_ABC, "0", "-1"), ["a", "b"])),
        defaults=(None,), lists=_FIRST, many=True,
    ),
    f"{GREL}array_length": Function(
        lambda array: array.list.len().cast(pl.String), (LIST,), NUMBER_OUT, "How many texts there are.",
        (Example((_ABC,), "3"),), f"{XSD}integer", lists=_FIRST,
    ),
    f"{GREL}array_reverse": Function(
        lambda array: array.list.reverse(), (LIST,), LIST_OUT, "The texts from the last to the first.",
        (Example((_ABC,), ["c", "b", "a"]),), lists=_FIRST, many=True,
    ),
    f"{GREL}array_sort": Function(
        lambda array: array.list.sort(), (LIST,), LIST_OUT, "The texts in the order of their code points.",
        (Example((["b", "a", "C"],), ["C", "a", "b"]),), lists=_FIRST, many=True,
    ),
    f"{GREL}array_uniques": Function(
        lambda array: array.list.unique(maintain_order=True), (LIST,), LIST_OUT, "Each text once, in their order.",
        (Example((["b", "a", "b"],), ["b", "a"]),), lists=_FIRST, many=True,
    ),
    f"{IDLAB}listContainsElement": Function(
        lambda array, text: array.list.contains(text).cast(pl.String), (("list", "_list"), STR), BOOLEAN_OUT,
        "Whether a text is among the texts.", (Example((_ABC, "b"), "true"),), f"{XSD}boolean", lists=_FIRST,
    ),
    f"{IDLAB}concatSequence": Function(
        lambda array, between: array.list.join(between), (("_nnn", "_seq"), ("delimiter", "_delimiter")), STR_OUT,
        "The texts, one after the other, with a separator between them.", (Example((_ABC, "-"), "a-b-c"),),
        lists=_FIRST,
    ),
    f"{GREL}other_coalesce": Function(
        lambda array: array.list.first(), (("p_any_rep_e", "param_any_rep_e"),), ("o_any", "output_any", *TEXT_OUT),
        "The first value that is there.", (Example(([None, "c"],), "c"),), lists=_FIRST,
    ),
}  # fmt: skip
