"""Triples maps over files and databases -> N-Quads lines, batch by batch, so that memory does not grow with the input.

Each source is read once: all statements of all triples maps over it are computed together on each batch of its
records. The subjects that a join looks for are read before, and held. Lines are in the order of the batches and are
not compared with each other: one that two records make stands there twice, which as a set of quads is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import polars as pl

from kg.errors import ContentError, Place, Problems, nearest
from kg.mapping.collection import collection_lines
from kg.mapping.model import LogicalSource, LogicalTarget, ReferencingObjectMap, TermMap, TriplesMap
from kg.mapping.source import ROW, Reading
from kg.mapping.statement import Compiled, Statement, Tables, compile_statement, parent_table, statements
from kg.mapping.term import Check, joined
from kg.mapping.view import view_records

__all__ = ["OnError", "Summary", "materialize_files"]

OnError = Literal["stop", "skip"]

_SHOWN = 5
_NOWHERE = Place("", 0, 0)

Emit = Callable[[LogicalTarget | None, pl.Series], None]
"""Called with N-Quads lines, without line breaks and nulls, for a target or, with None, for the output."""


@dataclass(slots=True)
class Summary:
    """What a run did.

    records: read, over all sources. quads: lines made, by the name of the triples map. skipped: triples left out for
    what was wrong with them. problems: why, some examples of each fault.
    """

    records: int = 0
    quads: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    problems: Problems = field(default_factory=Problems)

    @property
    def total(self) -> int:
        """All lines made."""
        return sum(self.quads.values())

    @property
    def silent(self) -> list[str]:
        """The names of the triples maps that made nothing."""
        return [name for name, made in self.quads.items() if not made]


def materialize_files(
    triples_maps: Sequence[TriplesMap],
    reading: Reading,
    emit: Emit,
    *,
    base: str = "",
    on_error: OnError = "stop",
    tell: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Make every quad of the triples maps and hand the lines to `emit`.

    base: what relative IRIs are appended to. on_error: `stop` raises at the first batch with a record that makes no
    valid term, `skip` leaves out the triples concerned and notes them. tell: called after each batch.
    Raises `ContentError` for what is wrong with the mapping, a source, or a record.
    """
    parents = {triples_map.name: triples_map for triples_map in triples_maps}
    _check_parents(triples_maps, parents)
    summary = Summary(quads={triples_map.name: 0 for triples_map in triples_maps})
    for source, used in _by_source(triples_maps, parents).items():
        names = _places(term_map for statement in used for term_map in statement.term_maps)
        joined = dict.fromkeys(found for statement in used for found in statement.joined)
        tables = {found: _parent(found, parents, reading, base).lazy() for found in joined}
        plan = _Plan(used, tables, base, on_error, source)
        for batch in view_records(source, names, reading):
            summary.records += batch.height
            plan.run(batch, summary, emit)
            tell(summary)
        plan.finish(summary, emit)
    return summary


def _places(term_maps: Iterable[TermMap]) -> dict[str, Place]:
    """Each reference with where it is used first."""
    found: dict[str, Place] = {}
    for term_map in term_maps:
        for name in term_map.references:
            found.setdefault(name, term_map.place)
    return found


def _check_parents(triples_maps: Sequence[TriplesMap], parents: Mapping[str, TriplesMap]) -> None:
    problems = Problems()
    for triples_map in triples_maps:
        for pom in triples_map.predicate_objects:
            for obj in pom.objects:
                if isinstance(obj, ReferencingObjectMap) and obj.parent not in parents:
                    problems.add(f"there is no triples map {obj.parent!r}", obj.place, nearest(obj.parent, parents))
    problems.stop_if_any()


def _by_source(
    triples_maps: Sequence[TriplesMap], parents: Mapping[str, TriplesMap]
) -> dict[LogicalSource, list[Statement]]:
    """The statements over each source; a source that is described twice is one."""
    found: dict[LogicalSource, tuple[LogicalSource, list[Statement]]] = {}
    for triples_map in triples_maps:
        for source in triples_map.sources:
            _, used = found.setdefault(replace(source, place=_NOWHERE), (source, []))
            used += statements(triples_map, parents)
    return dict(found.values())


def _parent(
    joined: ReferencingObjectMap, parents: Mapping[str, TriplesMap], reading: Reading, base: str
) -> pl.DataFrame:
    """The subjects that are joined with, by the values of the parent's side."""
    parent = parents[joined.parent]
    keys = [join.parent for join in joined.joins]
    tables = []
    for source in parent.sources:
        for subject in parent.subjects:
            names = _places((subject, *keys))
            for batch in view_records(source, names, reading):
                table, checks, frame = parent_table(subject, keys, batch.lazy(), parent, base)
                for check in checks:
                    bad = frame.filter(check.bad).select(check.value.alias("value"), ROW).head(_SHOWN).collect()
                    problems = Problems()
                    _tell(bad, subject, check, source, problems)
                    problems.stop_if_any()
                tables.append(table.collect())
    empty = {f"\0key{number}": pl.String for number in range(len(keys))} | {"\0parent": pl.String}
    return pl.concat([pl.DataFrame(schema=empty), *tables]).unique(maintain_order=True)


class _Plan:
    """All statements over one source."""

    def __init__(
        self,
        used: Sequence[Statement],
        tables: Tables,
        base: str,
        on_error: OnError,
        source: LogicalSource,
    ) -> None:
        self.used = used
        self.tables = tables
        self.base = base
        self.skip = on_error == "skip"
        self.source = source
        self._schema: pl.Schema | None = None
        self._compiled: list[Compiled] = []
        self._constant: set[Statement] = set()
        self._held: dict[object, tuple[Statement, str, list[pl.DataFrame]]] = {}

    def run(self, batch: pl.DataFrame, summary: Summary, emit: Emit) -> None:
        """Make the lines of a batch. Batches of one source may differ in where they have lists or datatypes."""
        if batch.schema != self._schema:
            self._schema = batch.schema
            self._compiled = [compile_statement(statement, batch.schema, self.base) for statement in self.used]
        plain = [compiled for compiled in self._compiled if compiled.plain]
        frames = [(batch.lazy(), plain)] if plain else []
        frames += [
            (compiled.spread(batch.lazy(), self.tables), [compiled])
            for compiled in self._compiled
            if not compiled.plain
        ]
        made = pl.collect_all([_lines(frame, group, skip=self.skip) for frame, group in frames])
        faults = [(frame, group) for (frame, group), table in zip(frames, made, strict=True) if _is_bad(table, group)]
        for frame, group in faults:
            self._note(frame, group, summary.problems)
        if summary.problems and not self.skip:
            raise ContentError(summary.problems)
        for (_, group), table in zip(frames, made, strict=True):
            for number, compiled in enumerate(group):
                summary.skipped += int(table[f"left {number}"].sum()) if self.skip and table.height else 0
                if not compiled.statement.silent:
                    self._emit(compiled, table[f"line {number}"].drop_nulls(), summary, emit)
        self._gather(batch, summary)

    def _gather(self, batch: pl.DataFrame, summary: Summary) -> None:
        """Hold what the records of a batch gather; once, where several statements are about one collection."""
        seen = set()
        for compiled in self._compiled:
            statement = compiled.statement
            for role, collection in compiled.collections(batch.lazy(), self.tables).items():
                key = (statement.subject if role == "s" else statement.object, statement.graph)
                if key in seen:
                    continue
                seen.add(key)
                for at, held in enumerate(collection.flat()):
                    for frame, term_map, check in held.suspects:
                        bad = frame.filter(check.bad).select(check.value.alias("value"), ROW).head(_SHOWN).collect()
                        _tell(bad, term_map, check, self.source, summary.problems)
                    terms = held.terms().collect()
                    self._held.setdefault((*key, at), (statement, held.gather.kind, []))[2].append(terms)
        if summary.problems and not self.skip:
            raise ContentError(summary.problems)

    def finish(self, summary: Summary, emit: Emit) -> None:
        """Make the lines of all collections."""
        for statement, kind, tables in self._held.values():
            lines = collection_lines(pl.concat(tables), kind)
            summary.quads[statement.triples_map.name] += lines.len()
            for target in statement.targets or (None,):
                emit(target, lines)

    def _emit(self, compiled: Compiled, lines: pl.Series, summary: Summary, emit: Emit) -> None:
        statement = compiled.statement
        if not statement.references and compiled.plain and lines.n_unique() <= 1:
            # Every record makes this line: once is enough.
            lines = lines.head(0 if statement in self._constant else 1)
            self._constant.add(statement)
        summary.quads[statement.triples_map.name] += lines.len()
        for target in statement.targets or (None,):
            emit(target, lines)

    def _note(self, frame: pl.LazyFrame, group: Sequence[Compiled], problems: Problems) -> None:
        for term_map, check, guard in _checks(group):
            bad = check.bad if guard is None else check.bad & guard
            found = frame.filter(bad).select(check.value.alias("value"), ROW).head(_SHOWN).collect()
            _tell(found, term_map, check, self.source, problems)


def _lines(frame: pl.LazyFrame, group: Sequence[Compiled], *, skip: bool) -> pl.LazyFrame:
    """A column of lines for each statement, null where a record makes none; whether any record fails a check."""
    columns: list[pl.Expr] = []
    for number, compiled in enumerate(group):
        graph = (" ", *compiled.graph.pieces) if compiled.graph else ()
        spaced = (*compiled.subject.pieces, " ", *compiled.predicate.pieces, " ", *compiled.object.pieces, *graph, " .")
        line = joined(spaced)
        holds = [compiled.holds] if compiled.holds is not None else []
        if skip and compiled.checks:
            bad = pl.any_horizontal(check.bad.fill_null(value=False) for _, check in compiled.checks)
            columns.append(
                (bad & line.is_not_null() & pl.all_horizontal([pl.lit(value=True), *holds])).alias(f"left {number}")
            )
            holds.append(~bad)
        elif skip:
            columns.append(pl.lit(value=False).alias(f"left {number}"))
        columns.append((pl.when(pl.all_horizontal(holds)).then(line) if holds else line).alias(f"line {number}"))
    bads = [
        (check.bad if guard is None else check.bad & guard).any().alias(f"bad {number}")
        for number, (_, check, guard) in enumerate(_checks(group))
    ]
    return frame.select(ROW, *columns, *bads)


def _checks(group: Sequence[Compiled]) -> Iterator[tuple[TermMap, Check, pl.Expr | None]]:
    """Each check once, with what must be true of a record for it to matter."""
    seen = set()
    for compiled in group:
        for number, (term_map, check) in enumerate(compiled.checks):
            key = (term_map, check.message, number if compiled.exploded else -1, compiled.statement.conditions)
            if key not in seen:
                seen.add(key)
                yield term_map, check, compiled.holds


def _is_bad(table: pl.DataFrame, group: Sequence[Compiled]) -> bool:
    names = [f"bad {number}" for number, _ in enumerate(_checks(group))]
    return bool(names) and table.height > 0 and any(bool(table[name][0]) for name in names)


def _tell(found: pl.DataFrame, term_map: TermMap, check: Check, source: LogicalSource, problems: Problems) -> None:
    for value, row in found.select("value", ROW).iter_rows():
        told = f"{value!r} {check.message}" if check.message.startswith("is ") else check.message
        problems.add(f"{told} (record {row + 1} of {source.access})", term_map.place, check.fix)
