"""Triples maps over files and databases -> N-Quads lines, batch by batch, so that memory does not grow with the input.

Each source is read once: all statements of all triples maps over it are computed together on each batch of its
records. The subjects that a join looks for are read before, and held. Lines are in the order of the batches and are
not compared with each other: one that two records make stands there twice, which as a set of quads is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import polars as pl

from kg.errors import ContentError, Place, Problems, nearest
from kg.mapping.collection import Collection, collection_lines
from kg.mapping.fault import Faults, OnError, SetAside, Suspect, suspects
from kg.mapping.model import LogicalSource, LogicalTarget, ReferencingObjectMap, TermMap, TriplesMap
from kg.mapping.silence import Silences
from kg.mapping.source import ROW, Reading, as_given, nearest_iterator
from kg.mapping.statement import PARENT, Compiled, Statement, Tables, compile_statement, parent_table, statements
from kg.mapping.text import TEXT, lines_of, texts
from kg.mapping.view import view_records

__all__ = ["Made", "OnError", "Summary", "materialize_files", "stream_files"]

_NOWHERE = Place("", 0, 0)
_LOOKED_AT = 4_000
_REPEATED = 4

Made = tuple[LogicalTarget | None, pl.Series]
"""Texts of any number of N-Quads lines, each with its line feed, for a target or, with None, for the output."""

Emit = Callable[[LogicalTarget | None, pl.Series], None]
"""Called with N-Quads lines, without line feeds, for a target or, with None, for the output."""


@dataclass(slots=True)
class Summary:
    """What a run did.

    records: read, over all sources. quads: lines made, by the name of the triples map. skipped: triples left out for
    what was wrong with them. set_aside: records told to the quarantine, once for each fault. problems: what was wrong,
    each fault with examples. warnings: the triples maps and objects that made nothing, and why. size: bytes written,
    before they were packed. paths: the files written. different: how many quads, each counted once, where known.
    """

    records: int = 0
    quads: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    set_aside: int = 0
    problems: Problems = field(default_factory=Problems)
    warnings: Problems = field(default_factory=Problems)
    size: int = 0
    paths: list[Path] = field(default_factory=list)
    different: int | None = None

    @property
    def total(self) -> int:
        """All lines made."""
        return sum(self.quads.values())


def materialize_files(
    triples_maps: Sequence[TriplesMap],
    reading: Reading,
    emit: Emit,
    *,
    base: str = "",
    on_error: OnError = "stop",
    set_aside: SetAside | None = None,
    tell: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Make every quad of the triples maps and hand the lines to `emit`.

    tell: called after each batch. The rest is as for `stream_files`.
    """
    summary = Summary()
    stream = stream_files(triples_maps, reading, summary, base=base, on_error=on_error, set_aside=set_aside)
    for batch in stream:
        for target, made in batch:
            emit(target, lines_of(made))
        tell(summary)
    return summary


def stream_files(
    triples_maps: Sequence[TriplesMap],
    reading: Reading,
    summary: Summary,
    *,
    base: str = "",
    on_error: OnError = "stop",
    set_aside: SetAside | None = None,
) -> Iterator[list[Made]]:
    """Make the quads of the triples maps, batch by batch, and count them in `summary`.

    base: what relative IRIs are appended to. on_error: with `stop`, nothing is made after a record that makes no valid
    term, but all are checked, and what is wrong is raised at the end; with `skip`, the triples concerned are left out
    and what is wrong is told in the summary; `quarantine` also hands these records to `set_aside`.
    Raises `ContentError` for what is wrong with the mapping, the sources, or, with `stop`, the records.
    """
    triples_maps = [
        replace(one, sources=tuple(as_given(source, reading) for source in one.sources)) for one in triples_maps
    ]
    parents = {triples_map.name: triples_map for triples_map in triples_maps}
    _check_parents(triples_maps, parents)
    summary.quads |= {triples_map.name: 0 for triples_map in triples_maps}
    by_source = _by_source(triples_maps, parents)
    everything = [statement for used in by_source.values() for statement in used]
    run = _Run(parents, reading, base, summary, Faults(on_error, set_aside), Silences(triples_maps, everything))
    faults, wrong = run.faults, Problems()
    run.expect_parents(by_source.values())
    for source, used in by_source.items():
        try:
            yield from run.source(source, used)
        except ContentError as error:
            # What is wrong with the other sources is told as well.
            wrong += error.problems
            faults.stop()
    summary.problems, summary.set_aside = faults.problems, faults.set_aside
    if wrong or (faults.stops and summary.problems):
        raise ContentError([*wrong, *summary.problems])
    productive = {name for name, made in summary.quads.items() if made}
    summary.warnings += run.silences.problems(
        productive, faults.term_maps, faults.triples_maps, lambda source: nearest_iterator(source, reading)
    )


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


@dataclass(frozen=True, slots=True)
class _Run:
    """What every source of a run is materialized with, and where it is noted what was found."""

    parents: Mapping[str, TriplesMap]
    reading: Reading
    base: str
    summary: Summary
    faults: Faults
    silences: Silences

    def source(self, source: LogicalSource, used: Sequence[Statement]) -> Iterator[list[Made]]:
        """What the statements make of each batch of a source."""
        names = _places(term_map for statement in used for term_map in statement.term_maps)
        joins = dict.fromkeys(found for statement in used for found in statement.joined)
        tables = {found: table.lazy() for found, table in self._parents_of(joins, source, names).items()}
        plan = _Plan(used, tables, self.base, source, self.faults, self.silences)
        for batch in view_records(source, names, self.reading):
            self.summary.records += batch.height
            made = list(plan.run(batch, self.summary))
            self.silences.watch(batch, plan.compiled)
            yield made
        if not self.faults.stopped:
            yield list(plan.finish(self.summary))

    def _parents_of(
        self, joins: Iterable[ReferencingObjectMap], source: LogicalSource, names: Mapping[str, Place]
    ) -> dict[ReferencingObjectMap, pl.DataFrame]:
        """The tables to join with. Raises `ContentError` with what is wrong with all of them, and with the source."""
        tables, problems = {}, Problems()
        for found in joins:
            try:
                tables[found] = self._parent(found)
            except ContentError as error:
                problems += error.problems
        if problems:
            try:
                for _ in view_records(source, names, self.reading):
                    pass
            except ContentError as error:
                problems += error.problems
        problems.stop_if_any()
        return tables

    def expect_parents(self, by_source: Iterable[Sequence[Statement]]) -> None:
        """Tell what is read for joins, so that no fault of a parent's subject is noted twice."""
        for found in dict.fromkeys(found for used in by_source for one in used for found in one.joined):
            for source in self.parents[found.parent].sources:
                for subject in self.parents[found.parent].subjects:
                    self.faults.expect(source, subject)

    def _parent(self, found: ReferencingObjectMap) -> pl.DataFrame:
        """The valid subjects that are joined with, by the values of the parent's side."""
        parent = self.parents[found.parent]
        keys = [join.parent for join in found.joins]
        empty = {f"\0key{number}": pl.String for number in range(len(keys))} | {PARENT: pl.String}
        tables = [pl.DataFrame(schema=empty)]
        for source, subject in product(parent.sources, parent.subjects):
            for batch in view_records(source, _places((subject, *keys)), self.reading):
                table, checks, frame = parent_table(subject, keys, batch.lazy(), parent, self.base)
                wrong = [(Suspect(subject, check, (parent.name,), check.bad), frame) for check in checks]
                if wrong and frame.select(pl.any_horizontal(one.bad.any() for one, _ in wrong)).collect().item():
                    self.faults.note(source, wrong, _columns(batch), parent=subject)
                tables.append(table.collect())
            self.faults.parent_read(source, subject)
        return pl.concat(tables).unique(maintain_order=True)


def _columns(batch: pl.DataFrame) -> list[str]:
    """The references that a batch has columns for."""
    return [name for name in batch.columns if "\0" not in name]


_Kind = tuple[frozenset[str] | None, tuple[LogicalTarget, ...]]
"""What statements have in common whose lines are made together: the columns that they are made of, where their
different values are fewer than the records; the targets."""


class _Plan:
    """All statements over one source."""

    def __init__(
        self,
        used: Sequence[Statement],
        tables: Tables,
        base: str,
        source: LogicalSource,
        faults: Faults,
        silences: Silences,
    ) -> None:
        self.used = used
        self.tables = tables
        self.base = base
        self.source = source
        self.faults = faults
        self.silences = silences
        self.compiled: list[Compiled] = []
        self._schema: pl.Schema | None = None
        self._groups: list[tuple[_Kind, list[Compiled]]] = []
        self._looked_at = 0
        self._constant: set[_Kind] = set()
        self._owners: dict[object, Statement] = {}
        self._held: dict[object, tuple[Statement, str, list[pl.DataFrame]]] = {}

    def run(self, batch: pl.DataFrame, summary: Summary) -> Iterator[Made]:
        """Make the lines of a batch. Batches of one source may differ in where they have lists or datatypes."""
        if batch.schema != self._schema:
            self._schema = batch.schema
            self.compiled = [compile_statement(statement, batch.schema, self.base) for statement in self.used]
            self._looked_at = 0
        if self._looked_at < min(batch.height, _LOOKED_AT):
            self._looked_at = batch.height
            self._groups = _groups(self.compiled, batch)
        # What is the same for the same values is made once of each, but checked for every record where it is wrong.
        parts = [_Part(kind, group, _distinct(batch, kind[0]), batch.lazy()) for kind, group in self._groups]
        for compiled in self.compiled:
            if not compiled.plain:
                spread = compiled.spread(self._gather(compiled, batch), self.tables)
                parts.append(_Part((None, compiled.statement.targets), [compiled], spread, spread))
        full = {column.name for column in batch if not column.null_count()}
        tables = pl.collect_all([texts(part.frame, part.group, full, skip=False) for part in parts])
        wrong = [part.wrong(table) for part, table in zip(parts, tables, strict=True)]
        if any(wrong):
            self.faults.note(self.source, [one for found in wrong for one in found], _columns(batch))
        if self.faults.stopped:
            return
        for part, found, table in zip(parts, wrong, tables, strict=True):
            whole = texts(part.frame, part.group, full, skip=True).collect() if found else table
            yield from self._made(part, whole, summary)

    def _gather(self, compiled: Compiled, batch: pl.DataFrame) -> pl.LazyFrame:
        """Hold what the records of a batch gather; the records that gather valid terms alone."""
        collections = compiled.collections(batch.lazy(), self.tables)
        held = [one for collection in collections.values() for one in collection.flat()]
        name = compiled.statement.triples_map.name
        wrong = [
            (Suspect(term_map, check, (name,), check.bad), frame)
            for one in held
            for frame, term_map, check in one.suspects
        ]
        bad = [frame.filter(suspect.bad).select(ROW) for suspect, frame in wrong]
        rows = pl.concat(bad).unique().collect() if bad else pl.DataFrame(schema={ROW: pl.UInt32})
        frame = batch.lazy()
        if rows.height:
            self.faults.note(self.source, wrong, _columns(batch))
            frame = batch.join(rows, on=ROW, how="anti", maintain_order="left").lazy()
            collections = compiled.collections(frame, self.tables)
        self._hold(compiled.statement, collections)
        return frame

    def _hold(self, statement: Statement, collections: Mapping[str, Collection]) -> None:
        """Note terms; those of one collection that several statements are about, once."""
        for role, collection in collections.items():
            key = (statement.subject if role == "s" else statement.object, statement.graph)
            owner = self._owners.setdefault(key, statement)
            for at, one in enumerate(collection.flat()) if owner is statement else ():
                self._held.setdefault((*key, at), (statement, one.gather.kind, []))[2].append(one.terms().collect())

    def finish(self, summary: Summary) -> Iterator[Made]:
        """Make the lines of all collections."""
        for statement, kind, tables in self._held.values():
            lines = collection_lines(pl.concat(tables), kind)
            summary.quads[statement.triples_map.name] += lines.len()
            for target in statement.targets or (None,):
                yield target, lines + "\n"

    def _made(self, part: "_Part", table: pl.DataFrame, summary: Summary) -> Iterator[Made]:
        if not table.height or part.kind in self._constant:
            return
        numbers = table.row(0, named=True)
        if part.kind[0] == frozenset():
            # Every record makes these lines: once is enough.
            self._constant.add(part.kind)
        for number, compiled in enumerate(part.group):
            summary.skipped += numbers.get(f"left {number}", 0)
            if compiled.statement.silent:
                # Never together with others, as it gathers.
                return
            if numbers[f"made {number}"]:
                self.silences.heard(compiled.statement)
            summary.quads[compiled.statement.triples_map.name] += numbers[f"made {number}"]
        for target in part.kind[1] or (None,):
            yield target, table[TEXT]


@dataclass(frozen=True, slots=True)
class _Part:
    """Statements whose lines are made together. frame: of what; records: all of them, to say which are wrong."""

    kind: _Kind
    group: Sequence[Compiled]
    frame: pl.LazyFrame
    records: pl.LazyFrame

    def wrong(self, table: pl.DataFrame) -> list[tuple[Suspect, pl.LazyFrame]]:
        """The checks that a record fails, each with the records; table: what `texts` made."""
        if not table.height:
            return []
        found = enumerate(suspects(self.group))
        return [(suspect, self.records) for number, suspect in found if table[f"bad {number}"][0]]


def _groups(statements: Iterable[Compiled], batch: pl.DataFrame) -> list[tuple[_Kind, list[Compiled]]]:
    """The statements that each record makes one triple of at most, by their kind.

    Without columns are those that depend on the record itself, or on values that hardly repeat.
    """
    groups: dict[_Kind, list[Compiled]] = {}
    for compiled in statements:
        if compiled.plain:
            columns = compiled.columns if _repeats(compiled.columns, batch) else None
            groups.setdefault((columns, compiled.statement.targets), []).append(compiled)
    return list(groups.items())


def _repeats(columns: frozenset[str], batch: pl.DataFrame) -> bool:
    """Whether most values of these columns stand in several records, as far as the first ones tell."""
    if not columns:
        return True
    first = batch.select(sorted(columns)).head(_LOOKED_AT)
    return ROW not in columns and first.n_unique() * _REPEATED <= first.height


def _distinct(batch: pl.DataFrame, columns: frozenset[str] | None) -> pl.LazyFrame:
    if columns is None:
        return batch.lazy()
    return batch.lazy().unique(sorted(columns), keep="first", maintain_order=True) if columns else batch.head(1).lazy()
