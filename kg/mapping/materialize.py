"""Triples maps and records -> content triples, one columnar plan for each triples map.

The result is a table with a row for each triple: its terms in canonical N-Triples
(https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples), what made it, and the columns of the record that
the caller wants to keep beside it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import polars as pl

from kg.errors import Place, Problems, nearest
from kg.mapping.model import LogicalSource, ReferencingObjectMap, TermMap, TriplesMap
from kg.mapping.source import ROW, Catalog, check_source, rows, selected
from kg.mapping.statement import Compiled, compile_statement, parent_table, statements
from kg.mapping.term import Check

__all__ = ["TRIPLE", "Locate", "Materializer", "check_maps", "materialize", "nquads"]

# Columns of every result. `value`: the object's IRI or lexical form as it stands; `graph`: null without a graph map.
TRIPLE = {
    "subject": pl.String,
    "predicate": pl.String,
    "object": pl.String,
    "value": pl.String,
    "graph": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}

# At most so many offending records are told for each check; more would say nothing new.
_SHOWN = 5

# What the name of a kept column begins with, while terms are made.
_KEPT = "keep "

Locate = Callable[[dict[str, Any], str], Place | None]


def _nowhere(_record: dict[str, Any], _field: str) -> Place | None:
    """Know no place."""
    return None


def check_maps(
    triples_maps: Sequence[TriplesMap], sources: Mapping[str, Collection[str] | None], problems: Problems
) -> None:
    """Note every source that does not exist and every reference to a field that its source lacks.

    sources: the fields of each source by its name; None where any field may be.
    """
    parents = {triples_map.name: triples_map for triples_map in triples_maps}
    for triples_map in triples_maps:
        used = [term_map for statement in statements(triples_map, parents) for term_map in statement.term_maps]
        for source in triples_map.sources:
            check_source(source, sources, problems)
            for statement in statements(triples_map, parents):
                for _, term_map in statement.gathers:
                    problems.add("collections are not made of facts", term_map.place, "make a triple of each value")
            columns = sources.get(source.access)
            if columns is None:
                continue
            for term_map in dict.fromkeys(used):
                for name in term_map.references:
                    if name not in columns:
                        problems.add(
                            f"reference {name!r} is in no record of {source.access}",
                            term_map.place,
                            nearest(name, columns),
                        )


def materialize(
    triples_maps: Sequence[TriplesMap],
    catalog: Catalog,
    *,
    keep: Sequence[str] = (),
    problems: Problems,
    locate: Locate = _nowhere,
) -> pl.DataFrame:
    """Every triple that the triples maps make of the catalog's records.

    keep: columns of the records that stay beside their triples; a source without one gets nulls.
    locate: where a record's field was written, for messages; the term map's own place when it answers None.
    Records that make no valid term are noted in `problems`. Returns a table with the columns of `TRIPLE` and `keep`.
    """
    return Materializer(triples_maps, keep).run(catalog, problems, locate)


class Materializer:
    """Triples maps made ready once, for catalog after catalog. May be used by several threads."""

    def __init__(
        self, triples_maps: Sequence[TriplesMap], keep: Sequence[str] = (), only: Collection[str] | None = None
    ) -> None:
        """Keep the columns `keep` beside the triples; `only` names the sources to make triples of, all when None."""
        self._parents = {triples_map.name: triples_map for triples_map in triples_maps}
        self._keep = tuple(keep)
        self._plans = [
            (source, statement)
            for triples_map in triples_maps
            if triples_map.sound
            for source in triples_map.sources
            if only is None or source.access in only
            for statement in statements(triples_map, self._parents)
        ]
        self._compiled: dict[tuple[int, tuple[tuple[str, pl.DataType], ...]], Compiled] = {}

    def run(self, catalog: Catalog, problems: Problems, locate: Locate = _nowhere) -> pl.DataFrame:
        """Every triple of the records of a catalog, as `materialize` says."""
        kept = {name: table.schema[name] for table in catalog.values() for name in self._keep if name in table.columns}
        made = [pl.DataFrame(schema={**TRIPLE, **kept})]
        selections = {
            access: self._selection(access, catalog) for access in {source.access for source, _ in self._plans}
        }
        for number, (source, statement) in enumerate(self._plans):
            frame = selections[source.access].of(source)
            if not frame.height:
                continue
            key = (number, tuple(frame.schema.items()))
            compiled = self._compiled.get(key)
            if compiled is None:
                compiled = self._compiled[key] = compile_statement(statement, frame.schema)
            if not compiled.plain:
                tables = {found: _parent(found, catalog, self._parents) for found in statement.joined}
                frame = compiled.spread(frame.lazy(), tables).collect()
            if compiled.holds is not None:
                frame = frame.filter(compiled.holds)
            if frame.height:
                made.append(_triples(compiled, frame, problems, locate))
        return pl.concat(made, how="diagonal")

    def _selection(self, access: str, catalog: Catalog) -> "_Selection":
        used = {name for source, statement in self._plans if source.access == access for name in statement.references}
        known = catalog[access]
        # A field is kept under its own name and, where a term uses it, once more for the term, which may explode it.
        columns = [
            pl.col(name) if name in known.columns else pl.lit(None, dtype=pl.String).alias(name) for name in used
        ]
        kept = [pl.col(name).alias(f"{_KEPT}{name}") for name in self._keep if name in known.columns]
        return _Selection(known, [*columns, *kept])


class _Selection:
    """The records of one source, by what iterators select."""

    def __init__(self, known: pl.DataFrame, columns: Sequence[pl.Expr]) -> None:
        self._known = known
        self._columns = columns
        self._parts: dict[str, dict[tuple[object, ...], pl.DataFrame]] = {}

    def of(self, source: LogicalSource) -> pl.DataFrame:
        """The records that the source's iterator selects, numbered."""
        chosen = selected(source)
        if chosen is None:
            found = self._known.select(self._columns)
        else:
            field, value = chosen
            if field not in self._parts:
                by = self._known.select(*self._columns, pl.col(field).alias(ROW))
                self._parts[field] = by.partition_by(ROW, maintain_order=True, include_key=False, as_dict=True)
            parts = self._parts[field]
            found = parts[value,] if (value,) in parts else self._known.clear().select(self._columns)
        return found.with_row_index(ROW)


def _triples(compiled: Compiled, frame: pl.DataFrame, problems: Problems, locate: Locate) -> pl.DataFrame:
    """The triples of one statement; records that make no valid term are noted."""
    statement = compiled.statement
    graph = compiled.graph.text if compiled.graph else pl.lit(None, dtype=pl.String)
    kept = [name for name in frame.columns if name.startswith(_KEPT)]
    whole = pl.all_horizontal(term.value.is_not_null() for _, term in compiled.terms)
    table = frame.select(
        compiled.subject.text.alias("subject"),
        compiled.predicate.text.alias("predicate"),
        compiled.object.text.alias("object"),
        compiled.object.value.alias("value"),
        graph.alias("graph"),
        pl.lit(statement.place.file).alias("file"),
        pl.lit(statement.place.line, dtype=pl.Int64).alias("line"),
        *(pl.col(name).alias(name.removeprefix(_KEPT)) for name in kept),
        pl.col(ROW),
        *((check.bad & whole).any().alias(f"bad {number}") for number, (_, check) in enumerate(compiled.checks)),
    )
    for number, (term_map, check) in enumerate(compiled.checks):
        if table[f"bad {number}"][0]:
            bad = frame.filter(check.bad & whole).head(_SHOWN).with_columns(check.value.alias("bad value"))
            _tell(check, term_map, bad, kept, problems, locate)
    needed = ["subject", "predicate", "object", *(["graph"] if compiled.graph else [])]
    return table.select(*TRIPLE, *(name.removeprefix(_KEPT) for name in kept)).drop_nulls(needed)


def _parent(joined: ReferencingObjectMap, catalog: Catalog, parents: Mapping[str, TriplesMap]) -> pl.LazyFrame:
    """The subjects that are joined with, by the values of the parent's side."""
    parent = parents[joined.parent]
    keys = [join.parent for join in joined.joins]
    names = [name for term_map in (*parent.subjects, *keys) for name in term_map.references]
    return pl.concat(
        parent_table(subject, keys, rows(source, catalog, names), parent)[0]
        for source in parent.sources
        for subject in parent.subjects
    ).unique(maintain_order=True)


def _tell(
    check: Check, term_map: TermMap, records: pl.DataFrame, kept: Sequence[str], problems: Problems, locate: Locate
) -> None:
    for row in records.iter_rows(named=True):
        record = {name.removeprefix(_KEPT): row[name] for name in kept}
        place = locate(record, term_map.references[0] if term_map.references else "")
        told = f"{row['bad value']!r} {check.message}" if check.message.startswith("is ") else check.message
        origin = f" (by the mapping at {term_map.place})" if place else ""
        problems.add(told + origin, place or term_map.place, check.fix)


def nquads(triples: pl.DataFrame) -> pl.Series:
    """The triples as N-Quads lines without line breaks; a null graph is the default graph."""
    graph = pl.concat_str(pl.lit(" "), pl.col("graph"))
    line = pl.concat_str("subject", pl.lit(" "), "predicate", pl.lit(" "), "object", graph.fill_null(""), pl.lit(" ."))
    return triples.select(line.alias("quad")).to_series()
