"""Why a triples map, or one of its objects, has made nothing."""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import polars as pl

from kg.errors import Problem
from kg.mapping.model import LogicalSource, ReferencingObjectMap, TermMap, TriplesMap
from kg.mapping.scope import explode
from kg.mapping.source import ROW
from kg.mapping.statement import Compiled, Statement

__all__ = ["Nearest", "Silences"]

Nearest = Callable[[LogicalSource], str]
"""What is said of the name that an iterator may have meant; empty where nothing is near."""


@dataclass(slots=True)
class _Known:
    """What was seen of the statements of one object map, or of one class, while they had made nothing.

    made: whether they have. held: of how many records their conditions were true. given: the references that had a
    value in one of those.
    """

    statements: list[Statement] = field(default_factory=list)
    made: bool = False
    records: int = 0
    held: int = 0
    given: set[str] = field(default_factory=set)


class Silences:
    """What is known of the object maps and classes that have made nothing so far."""

    def __init__(self, triples_maps: Sequence[TriplesMap], statements: Iterable[Statement]) -> None:
        """Take all triples maps of a run and what they state, over each source once."""
        self._maps = triples_maps
        self._known: dict[tuple[object, ...], _Known] = {}
        # By identity: a statement is as large as its triples map, and compared for each batch.
        self._of: dict[int, _Known] = {}
        for one in statements:
            key = (one.triples_map.name, one.place, one.object)
            known = self._of[id(one)] = self._known.setdefault(key, _Known())
            known.statements.append(one)

    def heard(self, statement: Statement) -> None:
        """Know that a statement has made something."""
        self._of[id(statement)].made = True

    def watch(self, batch: pl.DataFrame, compiled: Sequence[Compiled]) -> None:
        """Look at a batch for what has made nothing yet."""
        seen: set[int] = set()
        for one in compiled:
            known = self._of[id(one.statement)]
            if known.made:
                continue
            if id(known) not in seen:
                seen.add(id(known))
                known.records += batch.height
            held = batch
            if one.holds is not None:
                rows = explode(batch.lazy(), one.exploded).filter(one.holds).select(ROW).unique().collect()
                held = batch.join(rows, on=ROW, how="semi")
            known.held += held.height
            known.given |= {reference for reference in one.statement.references if _given(held[reference])}

    def problems(
        self,
        made: AbstractSet[str],
        faulty: AbstractSet[TermMap],
        left_out: AbstractSet[str],
        near: Nearest,
    ) -> list[Problem]:
        """A warning for each triples map that made nothing, and for each object of the others, with the reason.

        made: the names of the triples maps with quads. faulty: the term maps that made no valid term of a record.
        left_out: the names of the triples maps with such records. near: what an iterator that finds nothing may have
        meant.
        """
        joined = {found.parent for known in self._known.values() for one in known.statements for found in one.joined}
        told = []
        for triples_map in self._maps:
            name = triples_map.name
            own = [known for known in self._known.values() if known.statements[0].triples_map.name == name]
            if name in made:
                silent = [known for known in own if not known.made and not self._excused(known, faulty)]
                told += [_of_object(triples_map, known) for known in silent]
            # One that says nothing itself is there for others to join with.
            elif own or name not in joined:
                why, fix = _of_map(triples_map, own, near, faulty=name in left_out)
                told.append(Problem(f"triples map {name!r} makes nothing: {why}", triples_map.place, fix))
        return told

    def _excused(self, known: _Known, faulty: AbstractSet[TermMap]) -> bool:
        """Whether statements make nothing on purpose, or for a fault that is told already."""
        parents = {found.parent for one in known.statements for found in one.joined}
        subjects = [subject for one in self._maps if one.name in parents for subject in one.subjects]
        used = [term_map for one in known.statements for term_map in one.term_maps]
        return any(one.silent for one in known.statements) or not faulty.isdisjoint([*used, *subjects])


def _of_object(triples_map: TriplesMap, known: _Known) -> Problem:
    why, fix = _why(triples_map, known)
    told = f"an object of triples map {triples_map.name!r} is never made: {why}"
    return Problem(told, known.statements[0].object.place, fix)


def _of_map(triples_map: TriplesMap, own: Sequence[_Known], near: Nearest, *, faulty: bool) -> tuple[str, str]:
    if not own:
        return "it has neither a class nor a predicate with an object", "say what its subjects are"
    everything = _Known(
        [one for known in own for one in known.statements],
        records=own[0].records,
        held=sum(known.held for known in own),
        given={name for known in own for name in known.given},
    )
    if not everything.records:
        return _no_records(triples_map, near)
    if faulty:
        return "all that its records make was left out", "correct what is wrong with them"
    return _why(triples_map, everything)


def _why(triples_map: TriplesMap, known: _Known) -> tuple[str, str]:
    own = known.statements
    records = f"{known.records:,} record{'s' if known.records != 1 else ''}"
    if not known.held:
        return f"its condition is true for none of {records}", "correct the condition, or the values it compares"
    subjects = [name for subject in triples_map.subjects for name in subject.references]
    missing = [name for name in dict.fromkeys(subjects) if name not in known.given]
    if not missing and all(set(statement.references) - known.given for statement in own):
        missing = [name for statement in own for name in statement.references if name not in known.given]
    if missing:
        names = list(map(repr, dict.fromkeys(missing)))
        told = f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} null in all of {records}"
        return told, "give them values, or name other references" if len(
            names
        ) > 1 else "give it values, or name another"
    if all(isinstance(statement.object, ReferencingObjectMap) for statement in own):
        partners = " or ".join(dict.fromkeys(repr(one.parent) for statement in own for one in statement.joined))
        return f"none of {records} has a partner in {partners}", "compare the values on both sides of the join"
    return f"none of {records} has a value for all references of a triple", "name other references"


def _given(values: pl.Series) -> bool:
    if isinstance(values.dtype, pl.List):
        return bool(values.list.drop_nulls().list.len().sum())
    return values.null_count() < values.len()


def _no_records(triples_map: TriplesMap, near: Nearest) -> tuple[str, str]:
    source = triples_map.sources[0]
    name = source.label or "its source"
    if source.iterator not in ("", "$") and source.formulation in ("jsonpath", "xpath"):
        return f"the iterator {source.iterator!r} finds nothing in {name}", near(source) or "correct the iterator"
    return f"{name} has no records", "give it records, or remove the triples map"
