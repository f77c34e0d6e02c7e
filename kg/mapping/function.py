"""The functions that mappings may call, each a table entry: https://kg-construct.github.io/rml-fnml/spec/docs/.

Names and parameters are those of GREL (https://users.ugent.be/~bjdmeest/function/grel.ttl) and of IDLab
(https://w3id.org/imec/idlab/function), as other engines have them. Every value is a text; a call with a null is null.
"""

import hashlib
import html
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from kg.errors import ContentError, Problem, nearest
from kg.mapping.lexical import XSD
from kg.mapping.model import Execution

__all__ = ["FUNCTIONS", "GREL", "IDLAB", "Function", "call", "output_datatype"]

GREL = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"
IDLAB = "https://w3id.org/imec/idlab/function#"


@dataclass(frozen=True, slots=True)
class Function:
    """A function: a column of texts made of columns of texts.

    parameters: the names that each argument goes by, in order. outputs: names of what it returns. datatype: IRI of a
    literal made of it, where it is no plain string. optional: how many of the last parameters may be left out.
    repeated: whether the one parameter may be given any number of times.
    """

    make: Callable[..., pl.Expr]
    parameters: tuple[tuple[str, ...], ...]
    outputs: tuple[str, ...]
    datatype: str | None = None
    optional: int = 0
    repeated: bool = False


def _boolean(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String)


def _integer(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.Int64, strict=False)


def _substring(text: pl.Expr, start: pl.Expr, end: pl.Expr | None = None) -> pl.Expr:
    first = _integer(start)
    length = text.str.len_chars().cast(pl.Int64)
    last = _integer(end) if end is not None else length
    return pl.when((first >= 0) & (first <= length)).then(text.str.slice(first, pl.max_horizontal(last - first, 0)))


def _upper_url(text: pl.Expr) -> pl.Expr:
    upper = text.str.to_uppercase()
    return pl.when(upper.str.contains("^HTTPS?://")).then(upper).otherwise(pl.concat_str(pl.lit("http://"), upper))


def _each(work: Callable[[str], str], text: pl.Expr) -> pl.Expr:
    """What Polars has no expression for: computed once for each different value of a batch."""

    def apply(values: pl.Series) -> pl.Series:
        different = values.unique().drop_nulls()
        made = pl.Series([work(value) for value in different], dtype=pl.String)
        return values.replace_strict(different, made, default=None, return_dtype=pl.String)

    return text.map_batches(apply, return_dtype=pl.String)


_ESCAPES: dict[str, Callable[[str], str]] = {
    "html": html.escape,
    "xml": html.escape,
    "url": partial(urllib.parse.quote, safe="-._~"),
    "csv": lambda text: '"' + text.replace('"', '""') + '"' if set(text) & set('",\r\n') else text,
}


def _escape(text: pl.Expr, mode: pl.Expr) -> pl.Expr:
    made: pl.Expr = pl.lit(None, dtype=pl.String)
    for name, work in _ESCAPES.items():
        made = pl.when(mode == name).then(_each(work, text)).otherwise(made)
    return made


def _digest(name: str) -> Callable[[pl.Expr], pl.Expr]:
    return partial(_each, lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest())


def _date(text: pl.Expr, pattern: pl.Expr) -> pl.Expr:
    return pl.struct(text.alias("text"), pattern.alias("pattern")).map_batches(_dates, return_dtype=pl.String)


def _dates(values: pl.Series) -> pl.Series:
    table = values.struct.unnest().with_row_index("row")
    made = [
        part.with_columns(pl.col("text").str.to_date(str(pattern), strict=False).cast(pl.String).alias("date"))
        for (pattern,), part in table.group_by("pattern")
    ]
    return pl.concat(made).sort("row")["date"] if made else pl.Series([], dtype=pl.String)


def _slug(text: pl.Expr) -> pl.Expr:
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return plain.str.replace_all(r"[^a-z0-9]+", "-").str.strip_chars("-")


_VALUE = ("valueParam", "valueParameter")
_VALUE_2 = ("valueParam2", "valueParameter2")
_STR = ("str", "_str")
_TEXT_OUT = ("stringOut", "stringOutput")
_BOOL_OUT = ("output_bool", "_boolOut", "boolOut", "stringOut")
_NUMBER_OUT = ("output_number", "numberOutput", "stringOut")
_IDLAB_OUT = ("_stringOut", "stringOut")
_SUB = ("string_sub", "p_string_sub", "param_string_sub")
_FIND = ("param_find", "p_string_find")
_REPLACE = ("param_replace", "p_string_replace")
_REPEATED = ("param_rep_b", "p_rep_b")
_BOOLEAN = f"{XSD}boolean"
_NUMBER = f"{XSD}integer"


def _literal(text: pl.Expr, part: pl.Expr, test: str) -> pl.Expr:
    found = text.str.contains(part, literal=True) if test == "contains" else getattr(text.str, test)(part)
    return _boolean(found)


FUNCTIONS: dict[str, Function] = {
    f"{GREL}toUpperCase": Function(lambda text: text.str.to_uppercase(), (_VALUE,), _TEXT_OUT),
    f"{GREL}toLowerCase": Function(lambda text: text.str.to_lowercase(), (_VALUE,), _TEXT_OUT),
    f"{GREL}toTitleCase": Function(lambda text: text.str.to_titlecase(), (_VALUE,), _TEXT_OUT),
    f"{GREL}string_trim": Function(lambda text: text.str.strip_chars(), (_VALUE,), _TEXT_OUT),
    f"{GREL}string_length": Function(
        lambda text: text.str.len_chars().cast(pl.String), (_VALUE,), _NUMBER_OUT, _NUMBER
    ),
    f"{GREL}string_substring": Function(
        _substring, (_VALUE, ("p_int_i_from", "param_int_i_from"), ("p_int_i_opt_to",)), _TEXT_OUT, optional=1
    ),
    f"{GREL}string_replace": Function(
        lambda text, find, new: text.str.replace_all(find, new, literal=True), (_VALUE, _FIND, _REPLACE), _TEXT_OUT
    ),
    f"{GREL}string_contains": Function(partial(_literal, test="contains"), (_VALUE, _SUB), _BOOL_OUT, _BOOLEAN),
    f"{GREL}string_startsWith": Function(partial(_literal, test="starts_with"), (_VALUE, _SUB), _BOOL_OUT, _BOOLEAN),
    f"{GREL}string_endsWith": Function(partial(_literal, test="ends_with"), (_VALUE, _SUB), _BOOL_OUT, _BOOLEAN),
    f"{GREL}escape": Function(_escape, (_VALUE, ("modeParam", "modeParameter")), _TEXT_OUT),
    f"{GREL}string_md5": Function(_digest("md5"), (_VALUE,), _TEXT_OUT),
    f"{GREL}string_sha1": Function(_digest("sha1"), (_VALUE,), _TEXT_OUT),
    f"{GREL}string_sha256": Function(_digest("sha256"), (_VALUE,), _TEXT_OUT),
    f"{GREL}date_toDate": Function(_date, (_VALUE, ("p_string_pattern", "param_pattern")), _TEXT_OUT, f"{XSD}date"),
    f"{GREL}boolean_not": Function(
        lambda value: _boolean(value != "true"), (("bool_b", "p_bool_b", *_VALUE),), _BOOL_OUT, _BOOLEAN
    ),
    f"{GREL}boolean_and": Function(
        lambda *values: _boolean(pl.all_horizontal([value == "true" for value in values])),
        (_REPEATED,),
        _BOOL_OUT,
        _BOOLEAN,
        repeated=True,
    ),
    f"{GREL}boolean_or": Function(
        lambda *values: _boolean(pl.any_horizontal([value == "true" for value in values])),
        (_REPEATED,),
        _BOOL_OUT,
        _BOOLEAN,
        repeated=True,
    ),
    f"{GREL}controls_if": Function(
        lambda test, yes, no=None: pl.when(test == "true").then(yes).otherwise(no),
        (("bool_b", "p_bool_b"), ("any_true", "p_any_true"), ("any_false", "p_any_false")),
        ("output_any", *_TEXT_OUT),
        optional=1,
    ),
    f"{IDLAB}toUpperCaseURL": Function(_upper_url, (_STR,), _IDLAB_OUT),
    f"{IDLAB}alwaysReturnsABC": Function(lambda: pl.lit("ABC"), (), _IDLAB_OUT),
    f"{IDLAB}equal": Function(lambda one, two: _boolean(one == two), (_VALUE, _VALUE_2), _BOOL_OUT, _BOOLEAN),
    f"{IDLAB}notEqual": Function(lambda one, two: _boolean(one != two), (_VALUE, _VALUE_2), _BOOL_OUT, _BOOLEAN),
    f"{IDLAB}isNull": Function(lambda value: _boolean(value.is_null()), (_STR,), _BOOL_OUT, _BOOLEAN),
    f"{IDLAB}isNotNull": Function(lambda value: _boolean(value.is_not_null()), (_STR,), _BOOL_OUT, _BOOLEAN),
    f"{IDLAB}trueCondition": Function(
        lambda text, test: pl.when(test == "true").then(text), (_STR, ("strBoolean", "_strBoolean")), _IDLAB_OUT
    ),
    f"{IDLAB}concat": Function(
        lambda one, two, between=None: pl.concat_str(one, *([between] if between is not None else []), two),
        (_STR, ("otherStr", "_otherStr"), ("delimiter", "_delimiter")),
        _IDLAB_OUT,
        optional=1,
    ),
    f"{IDLAB}slugify": Function(_slug, (_STR,), _IDLAB_OUT),
}


def call(execution: Execution, arguments: Sequence[pl.Expr]) -> pl.Expr:
    """What the function gives for its inputs, `arguments` in their order.

    Raises `ContentError` for an unknown function, parameter or output and for a missing argument.
    """
    function = _known(execution)
    given: dict[int, list[pl.Expr]] = {}
    for item, argument in zip(execution.inputs, arguments, strict=True):
        name = _local(item.parameter)
        position = next((at for at, names in enumerate(function.parameters) if name in names), None)
        if position is None:
            raise _wrong(execution, f"has no parameter {name!r}", name, [names[0] for names in function.parameters])
        if position in given and not function.repeated:
            raise _wrong(execution, f"has the parameter {name!r} twice", "only one of them", [])
        given.setdefault(position, []).append(argument)
    needed = len(function.parameters) - function.optional
    for position, names in enumerate(function.parameters[:needed]):
        if position not in given:
            raise _wrong(execution, f"needs the parameter {names[0]!r}", names[0], [])
    return function.make(*(argument for position in sorted(given) for argument in given[position]))


def output_datatype(execution: Execution) -> str | None:
    """The natural datatype of what the function gives; None for a plain string."""
    return _known(execution).datatype


def _known(execution: Execution, functions: Mapping[str, Function] = FUNCTIONS) -> Function:
    function = functions.get(execution.function)
    if function is None:
        names = {_local(iri): iri for iri in functions}
        raise ContentError(
            [
                Problem(
                    f"there is no function <{execution.function}>",
                    execution.place,
                    nearest(_local(execution.function), names),
                )
            ]
        )
    returned = _local(execution.returns)
    if returned and returned not in function.outputs:
        raise _wrong(execution, f"returns no {returned!r}", returned, function.outputs)
    return function


def _wrong(execution: Execution, what: str, name: str, known: Sequence[str]) -> ContentError:
    fix = nearest(name, known) if known else f"give {name}"
    return ContentError([Problem(f"function {_local(execution.function)} {what}", execution.place, fix)])


def _local(iri: str) -> str:
    return iri.rpartition("#")[2].rpartition("/")[2]
