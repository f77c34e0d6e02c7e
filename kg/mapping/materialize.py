"""Triples maps and records -> content triples, one columnar plan for each triples map.

The result is a table with a row for each triple: its terms in canonical N-Triples
(https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples), what made it, and the columns of the record that
the caller wants to keep beside it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from kg.errors import Place, Problems, nearest
from kg.mapping.model import LogicalSource, ReferencingObjectMap, TermMap, TriplesMap
from kg.mapping.source import ROW, Catalog, check_source, rows
from kg.mapping.statement import Statement, compile_statement, parent_table, statements
from kg.mapping.term import Check

__all__ = ["TRIPLE", "Locate", "check_maps", "materialize", "nquads"]

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
    only: Collection[str] | None = None,
    problems: Problems,
    locate: Locate = _nowhere,
) -> pl.DataFrame:
    """Every triple that the triples maps make of the catalog's records.

    keep: columns of the records that stay beside their triples; a source without one gets nulls.
    only: names of the sources to make triples of; the others are there to be joined with. All when None.
    locate: where a record's field was written, for messages; the term map's own place when it answers None.
    Records that make no valid term are noted in `problems`. Returns a table with the columns of `TRIPLE` and `keep`.
    """
    parents = {triples_map.name: triples_map for triples_map in triples_maps}
    plans = [
        _plan(statement, source, catalog, keep, parents)
        for triples_map in triples_maps
        if triples_map.sound
        for source in triples_map.sources
        if only is None or source.access in only
        for statement in statements(triples_map, parents)
    ]
    if not plans:
        return pl.DataFrame(schema=TRIPLE)
    suspects = [suspect for plan in plans for suspect in plan.suspects]
    # Everything is computed at once, so that a source is read once and both cores have something to do.
    made = pl.collect_all([plan.triples for plan in plans] + [suspect.records for suspect in suspects])
    for suspect, records in zip(suspects, made[len(plans) :], strict=True):
        _tell(suspect, records, problems, locate)
    return pl.concat(made[: len(plans)], how="diagonal")


@dataclass(frozen=True, slots=True)
class _Suspect:
    """The records that fail a check of a term map; `kept` are the names of the columns to show them by."""

    records: pl.LazyFrame
    check: Check
    term_map: TermMap
    kept: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The triples of one statement, and what must be empty for them to be right."""

    triples: pl.LazyFrame
    suspects: Sequence[_Suspect]


def _plan(
    statement: Statement,
    source: LogicalSource,
    catalog: Catalog,
    keep: Sequence[str],
    parents: Mapping[str, TriplesMap],
) -> _Plan:
    names = statement.references
    kept = [name for name in keep if name in catalog[source.access].columns]
    # A field is kept under its own name and, where a term uses it too, once more for the term, which may explode it.
    frame = rows(source, catalog, names).select(
        ROW, *(pl.col(name) for name in names), *(pl.col(name).alias(f"keep {name}") for name in kept)
    )
    compiled = compile_statement(statement, frame.collect_schema())
    frame = compiled.spread(frame, {found: _parent(found, catalog, parents) for found in statement.joined})
    if compiled.holds is not None:
        frame = frame.filter(compiled.holds)
    subject, predicate, obj = compiled.subject.text, compiled.predicate.text, compiled.object.text
    graph = compiled.graph.text if compiled.graph else pl.lit(None, dtype=pl.String)
    triples = frame.select(
        ROW,
        subject.alias("subject"),
        predicate.alias("predicate"),
        obj.alias("object"),
        compiled.object.value.alias("value"),
        graph.alias("graph"),
        pl.lit(statement.place.file).alias("file"),
        pl.lit(statement.place.line, dtype=pl.Int64).alias("line"),
        *(pl.col(f"keep {name}").alias(name) for name in kept),
    ).drop(ROW)
    triples = triples.drop_nulls(["subject", "predicate", "object", *(["graph"] if compiled.graph else [])])
    made = frame.filter(pl.all_horizontal(term.value.is_not_null() for _, term in compiled.terms))
    suspects = [
        _Suspect(
            made.filter(check.bad).with_columns(check.value.alias("bad value")).head(_SHOWN), check, term_map, kept
        )
        for term_map, check in compiled.checks
    ]
    return _Plan(triples, suspects)


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


def _tell(suspect: _Suspect, records: pl.DataFrame, problems: Problems, locate: Locate) -> None:
    check, term_map = suspect.check, suspect.term_map
    for row in records.iter_rows(named=True):
        record = {name: row[f"keep {name}"] for name in suspect.kept}
        place = locate(record, term_map.references[0] if term_map.references else "")
        told = f"{row['bad value']!r} {check.message}" if check.message.startswith("is ") else check.message
        origin = f" (by the mapping at {term_map.place})" if place else ""
        problems.add(told + origin, place or term_map.place, check.fix)


def nquads(triples: pl.DataFrame) -> pl.Series:
    """The triples as N-Quads lines without line breaks; a null graph is the default graph."""
    graph = pl.concat_str(pl.lit(" "), pl.col("graph"))
    line = pl.concat_str("subject", pl.lit(" "), "predicate", pl.lit(" "), "object", graph.fill_null(""), pl.lit(" ."))
    return triples.select(line.alias("quad")).to_series()
