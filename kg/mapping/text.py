"""Statements over a table of records -> N-Quads, all lines of a record as one text.

A term that several lines hold is written once for all of them, and there is one text to copy, not one for each line.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import polars as pl

from kg.mapping.fault import suspects
from kg.mapping.source import ROW
from kg.mapping.statement import Compiled
from kg.mapping.term import joined

__all__ = ["TEXT", "lines_of", "texts"]

TEXT = "text"
"""The column of the lines that a record makes, each with its line feed; empty where it makes none."""


def texts(frame: pl.LazyFrame, group: Sequence[Compiled], full: AbstractSet[str], *, skip: bool) -> pl.LazyFrame:
    """What the statements of a group make of a table of records, whose columns `full` hold no null.

    Beside `TEXT`, columns of one value: `made n`, the number of lines of statement n; `bad n`, whether any record fails
    check n of `suspects`; with `skip`, which leaves out the lines that fail one, `left n`, how many of statement n.
    """
    pieces: list[str | pl.Expr] = []
    columns: list[pl.Expr] = []
    for number, compiled in enumerate(group):
        line = joined(compiled.line)
        holds = [compiled.holds] if compiled.holds is not None else []
        left = pl.lit(value=False)
        if skip and compiled.checks:
            bad = pl.any_horizontal(check.bad.fill_null(value=False) for _, check in compiled.checks)
            left = bad & line.is_not_null() & pl.all_horizontal([pl.lit(value=True), *holds])
            holds.append(~bad)
        made = pl.when(pl.all_horizontal(holds)).then(line) if holds else line
        nulls = [pl.col(name).is_not_null() for name in compiled.statement.references if name not in full]
        total = compiled.total and not holds
        pieces += [made.fill_null("")] if nulls or not total else compiled.line
        # Counting nulls of columns costs less than making the line once more.
        count = (pl.all_horizontal(nulls).sum() if nulls else pl.len()) if total else made.is_not_null().sum()
        columns.append(count.alias(f"made {number}"))
        columns += [left.sum().alias(f"left {number}")] if skip else []
    bads = [suspect.bad.any().alias(f"bad {number}") for number, suspect in enumerate(suspects(group))]
    return frame.select(ROW, joined(pieces).alias(TEXT), *columns, *bads)


def lines_of(made: pl.Series) -> pl.Series:
    """The lines of texts, one by one, without their line feeds."""
    lines = made.str.split("\n").explode()
    return lines.filter(lines != "")
