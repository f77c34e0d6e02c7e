"""What is wrong with records: counted and told with examples, or set aside one by one.

A fault is a check of a term map that a record does not pass.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import polars as pl

from kg.errors import Place, Problem, Problems
from kg.mapping.model import LogicalSource, TermMap
from kg.mapping.source import ROW
from kg.mapping.statement import Compiled
from kg.mapping.term import Check

__all__ = ["Faults", "OnError", "SetAside", "Suspect", "suspects"]

OnError = Literal["stop", "skip", "quarantine"]
"""What is done about a record that makes no valid term: nothing is made of any, it is left out, or also set aside."""

SetAside = Callable[[pl.DataFrame], None]
"""Called with one row a fault of a record: source, record, values, triples_maps, mapping, message, value, fix."""

_EXAMPLES = 3
_LONGEST = 60
_VALUE = "\0value"
_NOWHERE = Place("", 0, 0)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A check to make on records: of which term map, and for which triples maps.

    bad: true for a record that fails it, where one of the triples is to be made.
    """

    term_map: TermMap
    check: Check
    triples_maps: tuple[str, ...]
    bad: pl.Expr


def suspects(group: Sequence[Compiled]) -> list[Suspect]:
    """Every check of statements over one table, each once."""
    found: dict[object, list[tuple[TermMap, Check, Compiled]]] = {}
    for compiled in group:
        for number, (term_map, check) in enumerate(compiled.checks):
            # One term map in two roles takes the items of its lists independently.
            key = (term_map, check.message, number if compiled.exploded else -1)
            found.setdefault(key, []).append((term_map, check, compiled))
    return [_suspect(users) for users in found.values()]


def _suspect(users: Sequence[tuple[TermMap, Check, Compiled]]) -> Suspect:
    term_map, check, _ = users[0]
    names = dict.fromkeys(compiled.statement.triples_map.name for _, _, compiled in users)
    conditions = {compiled.statement.conditions: compiled.holds for _, _, compiled in users}
    guards = [holds for holds in conditions.values() if holds is not None]
    bad = check.bad & pl.any_horizontal(guards) if len(guards) == len(conditions) else check.bad
    return Suspect(term_map, check, tuple(names), bad)


@dataclass(slots=True)
class _Fault:
    """How many records have it, and for up to three different values the number of a record, from 1."""

    source: LogicalSource
    term_map: TermMap
    check: Check
    records: int = 0
    examples: dict[str | None, int] = field(default_factory=dict)
    triples_maps: set[str] = field(default_factory=set)

    def problem(self) -> Problem:
        (value, record), *others = self.examples.items()
        message = self.check.message
        told = f"{_shown(value)} {message}" if message.startswith("is ") else message
        where = f"record {record} of {self.source.label}"
        if others:
            more = " and ".join(f"{_shown(other)} in {number:,}" for other, number in others)
            where += f"; {self.records - 1:,} more, such as {more}"
        elif self.records > 1:
            where += f" and {self.records - 1:,} more"
        return Problem(f"{told} ({where})", self.term_map.place, self.check.fix)


def _shown(value: str | None) -> str:
    text = value or ""
    return repr(text) if len(text) <= _LONGEST else f"{text[:_LONGEST]!r}…"


class Faults:
    """The faults of a run; what is held of each does not grow with the records that have it."""

    def __init__(self, on_error: OnError = "stop", set_aside: SetAside | None = None) -> None:
        """Take what is to be done. set_aside: what to do with each record when `on_error` is `quarantine`."""
        self.stops = on_error == "stop"
        self.set_aside = 0
        self._keep = set_aside if on_error == "quarantine" else None
        self._faults: dict[object, _Fault] = {}
        self._parents: set[tuple[LogicalSource, TermMap]] = set()
        self._read: set[tuple[LogicalSource, TermMap]] = set()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be made, only checked."""
        return self._stopped

    def stop(self) -> None:
        """Make nothing more."""
        self._stopped = True

    @property
    def problems(self) -> Problems:
        """Every fault, once, with examples."""
        return Problems(fault.problem() for fault in self._faults.values())

    @property
    def triples_maps(self) -> set[str]:
        """The names of the triples maps that a fault was found in."""
        return {name for fault in self._faults.values() for name in fault.triples_maps}

    @property
    def term_maps(self) -> set[TermMap]:
        """The term maps that a fault was found in."""
        return {fault.term_map for fault in self._faults.values()}

    def expect(self, source: LogicalSource, subject: TermMap) -> None:
        """Know that the subjects of a parent triples map are read for a join, and their faults noted then, once."""
        self._parents.add(_key(source, subject))

    def note(
        self,
        source: LogicalSource,
        found: Iterable[tuple[Suspect, pl.LazyFrame]],
        columns: Sequence[str],
        *,
        parent: TermMap | None = None,
    ) -> None:
        """Note what is wrong with a batch of records.

        found: suspects, each with the records to check. columns: the references of a record. parent: the subject map of
        a parent triples map, when its records are read for a join.
        """
        self._stopped |= self.stops
        tables: dict[object, list[tuple[Suspect, pl.LazyFrame]]] = {}
        for suspect, frame in found:
            key = _key(source, suspect.term_map)
            if key not in self._read if suspect.term_map is parent else key not in self._parents:
                value = suspect.check.value.cast(pl.String).alias(_VALUE)
                wrong = frame.filter(suspect.bad).select(ROW, value, *columns)
                tables.setdefault((*key, suspect.check.message), []).append((suspect, wrong))
        for (fault, users), made in zip(tables.items(), _collected(tables.values()), strict=True):
            if made.height:
                self._add(fault, source, [suspect for suspect, _ in users], made, columns)

    def parent_read(self, source: LogicalSource, subject: TermMap) -> None:
        """Know that all records of a parent triples map were read."""
        self._read.add(_key(source, subject))

    def _add(
        self, key: object, source: LogicalSource, users: Sequence[Suspect], made: pl.DataFrame, columns: Sequence[str]
    ) -> None:
        term_map, check = users[0].term_map, users[0].check
        fault = self._faults.setdefault(key, _Fault(source, term_map, check))
        names = list(dict.fromkeys(name for suspect in users for name in suspect.triples_maps))
        fault.triples_maps.update(names)
        fault.records += made[ROW].n_unique()
        for value, row in made.unique(_VALUE, keep="first", maintain_order=True).select(_VALUE, ROW).iter_rows():
            if len(fault.examples) == _EXAMPLES:
                break
            fault.examples.setdefault(value, row + 1)
        if self._keep is None:
            return
        self.set_aside += made.height
        self._keep(
            made.select(
                pl.lit(source.label).alias("source"),
                (pl.col(ROW) + 1).alias("record"),
                (pl.struct(columns) if columns else pl.lit(None)).alias("values"),
                pl.lit(names).alias("triples_maps"),
                pl.lit(str(term_map.place)).alias("mapping"),
                pl.lit(check.message).alias("message"),
                pl.col(_VALUE).alias("value"),
                pl.lit(check.fix).alias("fix"),
            )
        )


def _key(source: LogicalSource, term_map: TermMap) -> tuple[LogicalSource, TermMap]:
    return replace(source, place=_NOWHERE), term_map


def _collected(tables: Iterable[list[tuple[Suspect, pl.LazyFrame]]]) -> list[pl.DataFrame]:
    """For each fault, the records that have it, in order, once for each value."""
    frames = [pl.concat([frame for _, frame in users]) for users in tables]
    return pl.collect_all([frame.unique([ROW, _VALUE], keep="first").sort(ROW) for frame in frames])
