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
from kg.mapping.model import (
    DEFAULT_GRAPH,
    LogicalTarget,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.source import ROW, natural
from kg.mapping.term import Check, Scope, Term, compile_term, compile_value

__all__ = ["PARENT", "Compiled", "Statement", "compile_statement", "parent_table", "statements"]

_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

PARENT = "\0parent"
"""The column with the subject of the parent triples map that a record was joined with."""

_DEFAULT_GRAPHS = (DEFAULT_GRAPH, "http://www.w3.org/ns/r2rml#defaultGraph")


@dataclass(frozen=True, slots=True)
class Statement:
    """One triple that a triples map makes of a record: its term maps and where they are written.

    object: a referencing object map only where it joins. graph: None for the default graph.
    conditions: all must be true. targets: where the triple goes instead of the output.
    """

    triples_map: TriplesMap
    subject: TermMap
    predicate: TermMap
    object: TermMap | ReferencingObjectMap
    graph: TermMap | None
    conditions: tuple[TermMap, ...]
    targets: tuple[LogicalTarget, ...]
    place: Place

    @property
    def roles(self) -> tuple[tuple[str, TermMap], ...]:
        """The term maps that the child's record makes, by what they are in the statement."""
        own = [("s", self.subject), ("p", self.predicate)]
        own += [("o", self.object)] if isinstance(self.object, TermMap) else []
        own += [("g", self.graph)] if self.graph else []
        own += [(f"c{number}", condition) for number, condition in enumerate(self.conditions)]
        if isinstance(self.object, ReferencingObjectMap):
            own += [(f"j{number}", join.child) for number, join in enumerate(self.object.joins)]
        return tuple(own)

    @property
    def term_maps(self) -> tuple[TermMap, ...]:
        """Every term map of the child's record."""
        return tuple(term_map for _, term_map in self.roles)

    @property
    def references(self) -> list[str]:
        """The references used of the child's record."""
        return list(dict.fromkeys(name for term_map in self.term_maps for name in term_map.references))


def statements(triples_map: TriplesMap, parents: Mapping[str, TriplesMap]) -> Iterator[Statement]:
    """The statements of a triples map. parents: all triples maps by name."""
    subject_graphs = _graphs(triples_map.graphs)
    general = (triples_map.condition,) if triples_map.condition else ()
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
    return tuple(None if term_map.constant in _DEFAULT_GRAPHS else term_map for term_map in term_maps)


def _objects(
    obj: TermMap | ReferencingObjectMap, parents: Mapping[str, TriplesMap]
) -> list[TermMap | ReferencingObjectMap]:
    """The object maps themselves; without a join, the parent's subject maps, read from the child's record."""
    if isinstance(obj, TermMap) or obj.joins or obj.parent not in parents:
        return [obj]
    return list(parents[obj.parent].subjects)


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
    keys: of the join, in the order of its conditions; empty without one.
    """

    statement: Statement
    subject: Term
    predicate: Term
    object: Term
    graph: Term | None
    holds: pl.Expr | None
    keys: tuple[pl.Expr, ...]
    exploded: tuple[tuple[tuple[str, str], ...], ...]

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
    def plain(self) -> bool:
        """Whether each record makes one triple at most, so that no table of its own is needed."""
        return not self.exploded and not self.keys

    def spread(self, frame: pl.LazyFrame, parent: pl.LazyFrame | None = None) -> pl.LazyFrame:
        """The records, one row a triple. parent: the table of `parent_table` when the statement joins."""
        for group in self.exploded:
            frame = frame.with_columns(pl.col(old).alias(new) for new, old in group).explode([new for new, _ in group])
        if self.keys:
            assert parent is not None
            names = [f"\0key{number}" for number in range(len(self.keys))]
            keyed = frame.with_columns(key.alias(name) for key, name in zip(self.keys, names, strict=True))
            frame = keyed.join(parent, on=names, how="inner", maintain_order="left_right")
        return frame


def compile_statement(statement: Statement, schema: Mapping[str, pl.DataType], base: str = "") -> Compiled:
    """Compile a statement for tables of this schema."""
    scopes, exploded = _scopes(statement.roles, schema, statement.triples_map, base)
    graph = compile_term(statement.graph, scopes["g"]) if statement.graph else None
    if graph:
        scopes = {role: replace(scope, graph=graph.value) for role, scope in scopes.items()}
    subject, predicate = (compile_term(statement.roles[at][1], scopes[role]) for at, role in enumerate("sp"))
    obj = (
        compile_term(statement.object, scopes["o"])
        if isinstance(statement.object, TermMap)
        else Term((pl.col(PARENT),), pl.col(PARENT), ())
    )
    holds = [
        compile_value(condition, scopes[f"c{number}"]) == "true"
        for number, condition in enumerate(statement.conditions)
    ]
    joins = statement.object.joins if isinstance(statement.object, ReferencingObjectMap) else ()
    keys = tuple(compile_value(join.child, scopes[f"j{number}"]) for number, join in enumerate(joins))
    return Compiled(
        statement, subject, predicate, obj, graph, pl.all_horizontal(holds) if holds else None, keys, exploded
    )


def _scopes(
    roles: Sequence[tuple[str, TermMap]], schema: Mapping[str, pl.DataType], triples_map: TriplesMap, base: str
) -> tuple[dict[str, Scope], tuple[tuple[tuple[str, str], ...], ...]]:
    """What the columns are to each term map, and which lists must be exploded for it."""
    # One triples map makes one blank node of a record, another map another.
    fresh = pl.format("r{}-{}", pl.lit(_label(triples_map)), pl.col(ROW)) if ROW in schema else None
    scopes: dict[str, Scope] = {}
    exploded: list[tuple[tuple[str, str], ...]] = []
    for role, term_map in roles:
        columns: dict[str, str] = {}
        datatypes: dict[str, str] = {}
        for name in term_map.references:
            kind = natural(name)
            if isinstance(schema[name], pl.List):
                columns[name] = f"{role}\0{name}"
                group = [(columns[name], name)]
                if kind in schema:
                    datatypes[name] = f"{role}\0{kind}"
                    group.append((datatypes[name], kind))
                exploded.append(tuple(group))
            elif kind in schema:
                datatypes[name] = kind
        scopes[role] = Scope(columns, datatypes, triples_map.base or base, fresh)
    return scopes, tuple(exploded)


def _label(triples_map: TriplesMap) -> str:
    return triples_map.name.encode().hex()


def parent_table(
    subject: TermMap, keys: Sequence[TermMap], frame: pl.LazyFrame, triples_map: TriplesMap, base: str = ""
) -> tuple[pl.LazyFrame, tuple[Check, ...], pl.LazyFrame]:
    """The subjects of a parent triples map by the values of its side of the join, each once.

    Also its checks and the records, one row a subject, to make them on.
    """
    roles = [("s", subject), *((f"j{number}", key) for number, key in enumerate(keys))]
    scopes, exploded = _scopes(roles, frame.collect_schema(), triples_map, base)
    for group in exploded:
        frame = frame.with_columns(pl.col(old).alias(new) for new, old in group).explode([new for new, _ in group])
    term = compile_term(subject, scopes["s"])
    made = frame.select(
        *(compile_value(key, scopes[f"j{number}"]).alias(f"\0key{number}") for number, key in enumerate(keys)),
        term.text.alias(PARENT),
    )
    return made.drop_nulls().unique(maintain_order=True), term.checks, frame
