"""Checks of tables of records: what is wrong with a row, where it is written, what to do."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from kg.claim.finding import SHOWN, Findings
from kg.claim.ndjson import LINE, Lines
from kg.errors import nearest
from kg.mapping.lexical import lexical_error

__all__ = ["Check", "Checker", "Say", "lexical", "nearest_to", "said"]

Row = dict[str, Any]
Say = str | Callable[[Row], str]
"""A message, or what makes one of a row."""


@dataclass(frozen=True)
class Check:
    """Rows where `bad` is true, of which `say` tells, at `key`; null is not true."""

    kind: str
    bad: pl.Expr
    say: Say
    key: str
    fix: Say = ""


@dataclass(frozen=True, slots=True)
class Checker:
    """Notes what checks find in the records of some lines."""

    lines: Lines
    findings: Findings

    def tell(self, bad: pl.DataFrame, kind: str, say: Say, key: str, fix: Say = "") -> None:
        """Note rows with a problem of a kind, with `LINE`, at their quote or cue, else at `key`."""
        rows = list(bad.head(SHOWN).iter_rows(named=True))
        for number, row in enumerate(rows, 1):
            message, remedy = (told if isinstance(told, str) else told(row) for told in (say, fix))
            more = bad.height - len(rows) if number == len(rows) else 0
            self.findings.add(
                kind, message, self.lines.place(row[LINE], key, row.get("quote") or row.get("cue")), remedy, more=more
            )

    def run(self, frame: pl.DataFrame, checks: Sequence[Check]) -> None:
        """Tell of the rows where a check is true. One pass says which checks are worth a second."""
        if not frame.height:
            return
        found = frame.select(check.bad.any().alias(str(number)) for number, check in enumerate(checks)).row(0)
        for check, any_bad in zip(checks, found, strict=True):
            if any_bad:
                self.tell(frame.filter(check.bad), check.kind, check.say, check.key, check.fix)


def said(template: str) -> Say:
    """The template with the values of a row."""
    return template.format_map


def nearest_to(column: str, known: Collection[str]) -> Say:
    """The known name that is most like the one in a column."""
    return lambda row: nearest(row[column], known)


def lexical(name: str, datatype: str) -> Say:
    """Why the value of a field is none of its datatype."""
    return lambda row: f"{name}: {lexical_error(datatype, row['value'])}"
