"""Python code over columns of values: run once for each different tuple of values, its faults told with their place."""

import traceback
from collections.abc import Sequence
from typing import Any

import polars as pl

from kg.errors import ContentError, Problem
from kg.mapping.function.definition import Function, local
from kg.mapping.model import Execution

__all__ = ["computed"]

_SHOWN = 5
_LONGEST = 80

Arguments = Sequence[pl.Expr | str | None]
"""What a function is called with: columns of values, and the defaults of what was left out."""


def computed(function: Function, execution: Execution, arguments: Arguments) -> pl.Expr:
    """The result of Python code, computed once for each different tuple of values of a batch."""
    kind = pl.List(pl.String) if function.many else pl.String()
    columns = {f"{at}": one for at, one in enumerate(arguments) if isinstance(one, pl.Expr)}
    run = _by_rows if function.rows else _by_columns

    def apply(values: pl.Series) -> pl.Series:
        different = values.struct.unnest().unique(maintain_order=True)
        made = run(function, execution, arguments, different).cast(kind)
        found = values.struct.unnest().join(
            different.with_columns(made.alias("made")),
            on=list(columns),
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        return found["made"].alias(values.name)

    if not columns:
        return pl.lit(run(function, execution, arguments, pl.DataFrame({"": [None]})).cast(kind)[0], dtype=kind)
    return pl.struct(one.alias(name) for name, one in columns.items()).map_batches(apply, return_dtype=kind)


def _by_rows(function: Function, execution: Execution, arguments: Arguments, different: pl.DataFrame) -> pl.Series:
    faults: list[Problem] = []
    results: list[Any] = []
    for row in different.iter_rows(named=True):
        values = [row[f"{at}"] if isinstance(one, pl.Expr) else one for at, one in enumerate(arguments)]
        given = [value for value, one in zip(values, arguments, strict=True) if isinstance(one, pl.Expr)]
        result = None
        if function.nulls or None not in given:
            try:
                result = _checked(function.make(*values), function)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever is raised is told with its place
                faults.append(_problem(function, execution, values, error))
                if len(faults) == _SHOWN:
                    break
        results.append(result)
    if faults:
        raise _lasting(faults)
    return pl.Series(results, dtype=pl.List(pl.String) if function.many else pl.String)


def _checked(result: object, function: Function) -> object:
    if function.many:
        fits = result is None or (isinstance(result, list | tuple) and all(isinstance(item, str) for item in result))
    else:
        fits = result is None or isinstance(result, str)
    if not fits:
        wanted = "a list of texts" if function.many else "a text"
        raise TypeError(f"it gave {result!r}, which is not {wanted} or None")
    return result


def _by_columns(function: Function, execution: Execution, arguments: Arguments, different: pl.DataFrame) -> pl.Series:
    columns = [pl.col(f"{at}") if isinstance(one, pl.Expr) else one for at, one in enumerate(arguments)]

    def made(table: pl.DataFrame) -> pl.Series:
        expression = function.make(*columns)
        if not isinstance(expression, pl.Expr):
            raise TypeError(f"it gave {expression!r}, which is no Polars expression")
        result = table.select(expression.alias("made"))["made"]
        wanted = pl.List(pl.String) if function.many else pl.String()
        if result.dtype not in (wanted, pl.Null()):
            raise TypeError(f"it gave a column of {result.dtype}, not of {wanted}; add .cast(pl.String)")
        return result.extend_constant(result[0], table.height - 1) if result.len() == 1 < table.height else result

    def fails(table: pl.DataFrame) -> Exception | SystemExit | None:
        try:
            made(table)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever is raised is told with its place
            return error
        return None

    if different.height == 0:
        return pl.Series([], dtype=pl.String)
    if (error := fails(different)) is None:
        return made(different)
    while different.height > 1:
        half = different.head(different.height // 2)
        different = half if fails(half) else different.tail(different.height - half.height)
    row = different.row(0, named=True)
    values = [row[f"{at}"] if isinstance(one, pl.Expr) else one for at, one in enumerate(arguments)]
    raise _lasting([_problem(function, execution, values, fails(different) or error)])


def _problem(function: Function, execution: Execution, values: Sequence[object], error: BaseException) -> Problem:
    """A fault of a function: at the mapping's place, with the values and, for a user's function, its file and line."""
    told = ", ".join(repr(value) if len(repr(value)) <= _LONGEST else f"{repr(value)[:_LONGEST]}…" for value in values)
    name = local(execution.function)
    reason = str(error).partition("\n")[0] or "it raised no reason"
    if not function.origin:
        return Problem(f"function {name} fails for {told}: {reason}", execution.place, "correct the value, or test it")
    file = function.origin.rpartition(":")[0]
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f"{file}:{lines[-1]}" if lines else function.origin
    kind = "" if isinstance(error, TypeError) and not lines else f"{type(error).__name__}: "
    return Problem(
        f"function {name} fails for {told}: {kind}{reason}", execution.place, f"correct {where}, or the value"
    )


def _lasting(problems: Sequence[Problem]) -> ContentError:
    """An error that stays itself when Polars makes it anew with the expression added to its message."""

    class FaultError(ContentError):
        def __init__(self, *_: object) -> None:
            super().__init__(problems)

    return FaultError()
