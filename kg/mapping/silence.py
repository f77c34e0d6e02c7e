"""Why a triples map has made nothing."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import polars as pl

from kg.errors import Problem
from kg.mapping.model import ReferencingObjectMap, TriplesMap
from kg.mapping.scope import explode
from kg.mapping.source import ROW
from kg.mapping.statement import Compiled, Statement

__all__ = ["Silences"]


@dataclass(slots=True)
class _Known:
    """What was seen of the records of a triples map while it had made nothing.

    held: of how many its conditions were true. given: the references that had a value in one of those.
    """

    records: int = 0
    held: int = 0
    given: set[str] = field(default_factory=set)


class Silences:
    """What is known of the triples maps that have made nothing so far."""

    def __init__(self, triples_maps: Sequence[TriplesMap]) -> None:
        """Take all triples maps of a run."""
        self._maps = triples_maps
        self._known = {triples_map.name: _Known() for triples_map in triples_maps}

    def watch(self, batch: pl.DataFrame, compiled: Sequence[Compiled], quads: Mapping[str, int]) -> None:
        """Look at a batch for the triples maps that have made no quads yet."""
        seen = set()
        for one in compiled:
            name = one.statement.triples_map.name
            if quads[name]:
                continue
            known = self._known[name]
            if name not in seen:
                seen.add(name)
                known.records += batch.height
            held = batch
            if one.holds is not None:
                rows = explode(batch.lazy(), one.exploded).filter(one.holds).select(ROW).unique().collect()
                held = batch.join(rows, on=ROW, how="semi")
            known.held += held.height
            known.given |= {reference for reference in one.statement.references if _given(held[reference])}

    def problems(
        self, statements: Sequence[Statement], quads: Mapping[str, int], faulty: AbstractSet[str]
    ) -> list[Problem]:
        """A warning for each triples map without quads, with the reason.

        statements: of all triples maps. faulty: the names of those with records that were left out.
        """
        joined = {found.parent for statement in statements for found in statement.joined}
        told = []
        for triples_map in self._maps:
            own = [statement for statement in statements if statement.triples_map.name == triples_map.name]
            # One that says nothing itself is there for others to join with.
            if not quads[triples_map.name] and (own or triples_map.name not in joined):
                why, fix = self._why(triples_map, own, faulty=triples_map.name in faulty)
                told.append(Problem(f"triples map {triples_map.name!r} makes nothing: {why}", triples_map.place, fix))
        return told

    def _why(self, triples_map: TriplesMap, own: Sequence[Statement], *, faulty: bool) -> tuple[str, str]:
        known = self._known[triples_map.name]
        records = f"{known.records:,} record{'s' if known.records != 1 else ''}"
        if not own:
            return "it has neither a class nor a predicate with an object", "say what its subjects are"
        if not known.records:
            return _no_records(triples_map)
        if faulty:
            return "all that its records make was left out", "correct what is wrong with them"
        if not known.held:
            return f"its condition is true for none of {records}", "correct the condition, or the values it compares"
        return self._no_values(triples_map, own, records)

    def _no_values(self, triples_map: TriplesMap, own: Sequence[Statement], records: str) -> tuple[str, str]:
        given = self._known[triples_map.name].given
        subjects = [name for subject in triples_map.subjects for name in subject.references]
        missing = [name for name in dict.fromkeys(subjects) if name not in given]
        if not missing and all(set(statement.references) - given for statement in own):
            missing = [name for statement in own for name in statement.references if name not in given]
        if missing:
            names = list(map(repr, dict.fromkeys(missing)))
            told = f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} null in all of {records}"
            return told, "give them values, or name other references"
        if all(isinstance(statement.object, ReferencingObjectMap) for statement in own):
            partners = " or ".join(dict.fromkeys(repr(one.parent) for statement in own for one in statement.joined))
            return f"none of {records} has a partner in {partners}", "compare the values on both sides of the join"
        return f"none of {records} has a value for all references of a triple", "name other references"


def _given(values: pl.Series) -> bool:
    if isinstance(values.dtype, pl.List):
        return bool(values.list.drop_nulls().list.len().sum())
    return values.null_count() < values.len()


def _no_records(triples_map: TriplesMap) -> tuple[str, str]:
    source = triples_map.sources[0]
    name = source.access or "its source"
    if source.iterator not in ("", "$") and source.formulation in ("jsonpath", "xpath"):
        return f"the iterator {source.iterator!r} finds nothing in {name}", "correct the iterator"
    return f"{name} has no records", "give it records, or remove the triples map"
