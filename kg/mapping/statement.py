"""Triples maps -> statements, and a statement over a table of records -> the terms of its triples.

A statement is one triple that a triples map makes of a record, in one graph. Term maps of one statement that use a
list of values take its items independently of each other, so that the triples are the Cartesian product; a term map
that uses several lists makes a term of each combination: https://kg-construct.github.io/rml-core/spec/docs/.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import polars as pl

from kg.errors import Place
from kg.mapping.collection import HEAD, Collection, Gatherer
from kg.mapping.model import (
    DEFAULT_GRAPH,
    LogicalTarget,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.scope import Exploded, explode, scopes_of
from kg.mapping.source import ROW
from kg.mapping.term import Check, Term, compile_term, compile_value, in_graph

__all__ = [
    "DEFAULT_GRAPHS",
    "PARENT",
    "Compiled",
    "Statement",
    "Tables",
    "compile_statement",
    "parent_table",
    "statements",
]

_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

Tables = Mapping[ReferencingObjectMap, pl.LazyFrame]

PARENT = "\0parent"
"""The column with the subject of the parent triples map that a record was joined with."""

DEFAULT_GRAPHS = (DEFAULT_GRAPH, "http://www.w3.org/ns/r2rml#defaultGraph")
"""The constants of a graph map that stand for the default graph."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One triple that a triples map makes of a record: its term maps and where they are written.

    object: a referencing object map only where it joins. graph: None for the default graph.
    conditions: all must be true. targets: where the triple goes instead of the output.
    silent: whether it only says what its collections hold.
    """

    triples_map: TriplesMap
    subject: TermMap
    predicate: TermMap
    object: TermMap | ReferencingObjectMap
    graph: TermMap | None
    conditions: tuple[TermMap, ...]
    targets: tuple[LogicalTarget, ...]
    place: Place
    silent: bool = False

    @property
    def roles(self) -> tuple[tuple[str, TermMap], ...]:
        """The term maps that the child's record makes, collections left out, by what they are in the statement."""
        made = [("s", self.subject), ("p", self.predicate), ("o", self.object), ("g", self.graph)]
        own = [(role, term_map) for role, term_map in made if isinstance(term_map, TermMap) and not term_map.gather]
        own += [(f"c{number}", condition) for number, condition in enumerate(self.conditions)]
        if isinstance(self.object, ReferencingObjectMap):
            own += [(f"j{number}", join.child) for number, join in enumerate(self.object.joins)]
        return tuple(own)

    @property
    def term_maps(self) -> tuple[TermMap, ...]:
        """Every term map of the child's record, those of what collections hold included."""
        return (*(term_map for _, term_map in self.roles), *(one for _, held in self.gathers for one in _held(held)))

    @property
    def gathers(self) -> tuple[tuple[str, TermMap], ...]:
        """The subject and the object, where they are collections."""
        made = (("s", self.subject), ("o", self.object))
        return tuple((role, held) for role, held in made if isinstance(held, TermMap) and held.gather)

    @property
    def joined(self) -> tuple[ReferencingObjectMap, ...]:
        """What is joined with, as the object and inside of collections."""
        own = (self.object,) if isinstance(self.object, ReferencingObjectMap) else ()
        return (*own, *(found for _, held in self.gathers for found in _joined(held)))

    @property
    def references(self) -> list[str]:
        """The references used of the child's record."""
        return list(dict.fromkeys(name for term_map in self.term_maps for name in term_map.references))


def _calls(term_map: TermMap) -> bool:
    """Whether a function gives a part of a term."""
    inner = [made for made in (term_map.datatype, term_map.language) if made]
    return term_map.execution is not None or any(map(_calls, inner))


def _held(term_map: TermMap) -> Iterator[TermMap]:
    yield term_map
    for item in term_map.gather.items if term_map.gather else ():
        if isinstance(item, TermMap):
            yield from _held(item)
        else:
            yield from (join.child for join in item.joins)


def _joined(term_map: TermMap) -> Iterator[ReferencingObjectMap]:
    for item in term_map.gather.items if term_map.gather else ():
        if isinstance(item, TermMap):
            yield from _joined(item)
        else:
            yield item


def statements(triples_map: TriplesMap, parents: Mapping[str, TriplesMap]) -> Iterator[Statement]:
    """The statements of a triples map. parents: all triples maps by name."""
    subject_graphs = _graphs(triples_map.graphs)
    general = (triples_map.condition,) if triples_map.condition else ()
    triples_map = replace(triples_map, subjects=tuple(_resolved(one, parents) for one in triples_map.subjects))
    if not triples_map.classes and not triples_map.predicate_objects:
        for subject, graph in product(triples_map.subjects, subject_graphs or (None,)):
            nothing = TermMap((_RDF_TYPE,), "iri", subject.place)
            if subject.gather:
                made = Statement(triples_map, subject, nothing, nothing, graph, general, (), subject.place, silent=True)
                yield replace(made, targets=_targets(made))
    for subject, name, graph in product(triples_map.subjects, triples_map.classes, subject_graphs or (None,)):
        predicate = TermMap((_RDF_TYPE,), "iri", subject.place)
        kind = TermMap((name,), "iri", subject.place)
        made = Statement(triples_map, subject, predicate, kind, graph, general, (), subject.place)
        yield replace(made, targets=_targets(made))
    for pom in triples_map.predicate_objects:
        graphs = tuple(dict.fromkeys((*subject_graphs, *_graphs(pom.graphs)))) or (None,)
        conditions = (*general, pom.condition) if pom.condition else general
        objects = [made for obj in pom.objects for made in _objects(obj, parents)]
        for subject, predicate, obj, graph in product(triples_map.subjects, pom.predicates, objects, graphs):
            made = Statement(triples_map, subject, predicate, obj, graph, conditions, (), pom.place)
            yield replace(made, targets=_targets(made))


def _graphs(term_maps: Sequence[TermMap]) -> tuple[TermMap | None, ...]:
    return tuple(None if term_map.constant in DEFAULT_GRAPHS else term_map for term_map in term_maps)


def _objects(
    obj: TermMap | ReferencingObjectMap, parents: Mapping[str, TriplesMap]
) -> list[TermMap | ReferencingObjectMap]:
    """The object maps themselves; without a join, the parent's subject maps, read from the child's record."""
    if isinstance(obj, TermMap):
        return [_resolved(obj, parents)]
    if obj.joins or obj.parent not in parents:
        return [obj]
    return list(parents[obj.parent].subjects)


def _resolved(term_map: TermMap, parents: Mapping[str, TriplesMap]) -> TermMap:
    """The term map with the parent's subject maps for what it gathers of another triples map without a join."""
    if term_map.gather is None:
        return term_map
    items = tuple(made for item in term_map.gather.items for made in _objects(item, parents))
    return replace(term_map, gather=replace(term_map.gather, items=items))


def _targets(statement: Statement) -> tuple[LogicalTarget, ...]:
    """The targets of all term maps of a statement, those of datatype and language included."""
    obj = statement.object
    own: list[TermMap | ReferencingObjectMap | None] = [statement.subject, statement.predicate, obj, statement.graph]
    own += [obj.datatype, obj.language] if isinstance(obj, TermMap) else []
    return tuple(dict.fromkeys(target for term_map in own if term_map for target in term_map.targets))


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement ready for tables with one schema.

    exploded: new columns of single values, each with the list that it takes them from, to explode one by one.
    keys: of the join, in the order of its conditions; empty without one. base: as it was compiled for.
    """

    statement: Statement
    subject: Term
    predicate: Term
    object: Term
    graph: Term | None
    holds: pl.Expr | None
    keys: tuple[pl.Expr, ...]
    exploded: Exploded
    base: str

    @property
    def terms(self) -> tuple[tuple[TermMap, Term], ...]:
        """Each term map of the record with what it was compiled to."""
        made = {"s": self.subject, "p": self.predicate, "o": self.object, "g": self.graph}
        return tuple((term_map, term) for role, term_map in self.statement.roles if (term := made.get(role)))

    @property
    def checks(self) -> tuple[tuple[TermMap, Check], ...]:
        """Every check, with the term map that it is about."""
        return tuple((term_map, check) for term_map, term in self.terms for check in term.checks)

    @property
    def columns(self) -> frozenset[str]:
        """The columns of a table of records that the triple and its conditions depend on."""
        terms = [self.subject, self.predicate, self.object, *([self.graph] if self.graph else [])]
        pieces = [piece for term in terms for piece in term.pieces if isinstance(piece, pl.Expr)]
        used = [*pieces, *(check.bad for _, check in self.checks), *([self.holds] if self.holds is not None else [])]
        return frozenset(name for expression in used for name in expression.meta.root_names())

    @property
    def line(self) -> tuple[str | pl.Expr, ...]:
        """What the line of N-Quads is joined of, with its line feed."""
        graph = (" ", *self.graph.pieces) if self.graph else ()
        return (*self.subject.pieces, " ", *self.predicate.pieces, " ", *self.object.pieces, *graph, " .\n")

    @property
    def total(self) -> bool:
        """Whether only a null or a condition leaves a triple out: a function may give none as well."""
        return self.plain and not any(_calls(term_map) for _, term_map in self.statement.roles)

    @property
    def plain(self) -> bool:
        """Whether each record makes one triple at most, so that no table of its own is needed."""
        return not self.exploded and not self.keys and not self.statement.gathers

    def collections(self, frame: pl.LazyFrame, tables: Tables) -> dict[str, Collection]:
        """What the records gather, for the subject and the object."""
        held = frame.filter(self.holds) if self.holds is not None else frame
        statement = self.statement
        gatherer = Gatherer(held, statement.triples_map, statement.graph, tables, self.base)
        return {role: gatherer.collect(term_map) for role, term_map in statement.gathers}

    def spread(self, frame: pl.LazyFrame, tables: Tables) -> pl.LazyFrame:
        """The records, one row a triple. tables: those of `parent_table` for each map that is joined with."""
        for role, collection in self.collections(frame, tables).items():
            heads = collection.rows.select(ROW, pl.col(HEAD).alias(f"{HEAD} {role}"))
            frame = frame.join(heads, on=ROW, how="inner", maintain_order="left_right")
        frame = explode(frame, self.exploded)
        if isinstance(self.statement.object, ReferencingObjectMap):
            names = [f"\0key{number}" for number in range(len(self.keys))]
            keyed = frame.with_columns(key.alias(name) for key, name in zip(self.keys, names, strict=True))
            frame = keyed.join(tables[self.statement.object], on=names, how="inner", maintain_order="left_right")
        return frame


def compile_statement(statement: Statement, schema: Mapping[str, pl.DataType], base: str = "") -> Compiled:
    """Compile a statement for tables of this schema."""
    scopes, exploded = scopes_of(statement.roles, schema, statement.triples_map, base)
    graph = compile_term(statement.graph, scopes["g"]) if statement.graph else None
    if graph:
        scopes = {role: replace(scope, graph=graph.value) for role, scope in scopes.items()}
    made = {}
    for role, term_map in (("s", statement.subject), ("p", statement.predicate), ("o", statement.object)):
        if role in scopes and isinstance(term_map, TermMap):
            made[role] = compile_term(term_map, scopes[role])
        else:
            column = pl.col(PARENT if isinstance(term_map, ReferencingObjectMap) else f"{HEAD} {role}")
            found = isinstance(term_map, ReferencingObjectMap) and graph is not None
            made[role] = Term((column, in_graph(column, graph.value)) if found and graph else (column,), column, ())
    holds = [
        compile_value(condition, scopes[f"c{number}"]) == "true"
        for number, condition in enumerate(statement.conditions)
    ]
    joins = statement.object.joins if isinstance(statement.object, ReferencingObjectMap) else ()
    keys = tuple(compile_value(join.child, scopes[f"j{number}"]) for number, join in enumerate(joins))
    all_hold = pl.all_horizontal(holds) if holds else None
    return Compiled(statement, made["s"], made["p"], made["o"], graph, all_hold, keys, exploded, base)


def parent_table(
    subject: TermMap, keys: Sequence[TermMap], frame: pl.LazyFrame, triples_map: TriplesMap, base: str = ""
) -> tuple[pl.LazyFrame, tuple[Check, ...], pl.LazyFrame]:
    """The valid subjects of a parent triples map by the values of its side of the join, each once.

    Also its checks and the records, one row a subject, to make them on.
    """
    roles = [("s", subject), *((f"j{number}", key) for number, key in enumerate(keys))]
    scopes, exploded = scopes_of(roles, frame.collect_schema(), triples_map, base)
    frame = explode(frame, exploded)
    term = compile_term(subject, scopes["s"])
    bad = [check.bad.fill_null(value=False) for check in term.checks]
    made = (frame.filter(~pl.any_horizontal(bad)) if bad else frame).select(
        *(compile_value(key, scopes[f"j{number}"]).alias(f"\0key{number}") for number, key in enumerate(keys)),
        term.text.alias(PARENT),
    )
    return made.drop_nulls().unique(maintain_order=True), term.checks, frame
