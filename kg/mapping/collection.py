"""Collections and containers: https://kg-construct.github.io/rml-cc/spec/docs/.

A record makes a node (the head) and the terms that it holds. Where the head has a name, several records add to it, so
the terms of a source are held until all of it is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from kg.mapping.model import Gather, ReferencingObjectMap, TermMap, TriplesMap
from kg.mapping.scope import explode, scopes_of
from kg.mapping.source import ROW
from kg.mapping.source.refusal import refused
from kg.mapping.term import Check, Scope, Term, compile_term, compile_value, in_graph

__all__ = ["HEAD", "Collection", "Gatherer", "collection_lines"]

HEAD = "\0head"
_ITEMS = "\0items"
_GRAPH = "\0graph"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NIL = f"<{_RDF}nil>"


@dataclass(frozen=True, slots=True)
class Collection:
    """What records gather: for each, its number, the head and the terms; the collections among the terms.

    suspects: records, and what must not hold of them.
    """

    rows: pl.LazyFrame
    gather: Gather
    inner: "tuple[Collection, ...]"
    suspects: tuple[tuple[pl.LazyFrame, TermMap, Check], ...]

    def flat(self) -> "tuple[Collection, ...]":
        """This collection and all inside of it."""
        return (self, *(nested for collection in self.inner for nested in collection.flat()))

    def terms(self) -> pl.LazyFrame:
        """The graph, the head and the terms of each record."""
        return self.rows.select(_GRAPH, HEAD, _ITEMS)


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Gathers terms of a table of records.

    graph: of the statement, where it has one. tables: what the joins of referencing object maps find.
    """

    frame: pl.LazyFrame
    triples_map: TriplesMap
    graph: TermMap | None
    tables: Mapping[ReferencingObjectMap, pl.LazyFrame]
    base: str

    def collect(self, term_map: TermMap) -> Collection:
        """The collections that a term map makes of each record."""
        gather = term_map.gather
        assert gather is not None
        schema = self.frame.collect_schema()
        own = replace(term_map, gather=None)
        graph = self._graph(gather)
        scopes, exploded = scopes_of([("h", own)], schema, self.triples_map, self.base)
        rows = explode(self.frame, exploded).with_columns((graph.text if graph else pl.lit("")).alias(_GRAPH))
        names, inner, suspects = [], [], []
        for number, item in enumerate(gather.items):
            made, nested, wrong = self._items(item, graph.value if graph else None)
            inner += nested
            suspects += wrong
            names.append(f"{_ITEMS}{number}")
            grouped = made.drop_nulls().group_by(ROW, maintain_order=True).agg(pl.col("item").alias(names[-1]))
            rows = rows.join(grouped, on=ROW, how="left", maintain_order="left")
        if gather.product:
            for name in names:
                rows = rows.explode(name)
            rows = rows.drop_nulls(names).with_columns(pl.concat_list(names).alias(_ITEMS))
        else:
            none = pl.lit([], dtype=pl.List(pl.String))
            rows = rows.with_columns(pl.concat_list(pl.col(name).fill_null(none) for name in names).alias(_ITEMS))
        if not gather.empty:
            rows = rows.filter(pl.col(_ITEMS).list.len() > 0)
        scope = self._scope(scopes["h"], gather, graph.value if graph else None)
        head = compile_term(own, scope)
        text = head.text
        if gather.kind == "List":
            text = pl.when(pl.col(_ITEMS).list.len() == 0).then(pl.lit(_NIL)).otherwise(text)
        suspects += [(rows, own, check) for check in head.checks]
        made = rows.select(ROW, _GRAPH, text.alias(HEAD), _ITEMS).drop_nulls([HEAD, _GRAPH])
        return Collection(made, gather, tuple(inner), tuple(suspects))

    def _graph(self, gather: Gather) -> Term | None:
        if self.graph is None:
            return None
        scopes, exploded = scopes_of([("g", self.graph)], self.frame.collect_schema(), self.triples_map, self.base)
        if exploded:
            raise refused("a collection cannot stand in the graphs of a list", gather.place, "give it one graph")
        return compile_term(self.graph, scopes["g"])

    def _scope(self, scope: Scope, gather: Gather, graph: pl.Expr | None) -> Scope:
        """The columns, and a label for each collection without a name: of its record, its place, its combination."""
        assert scope.fresh is not None
        where = f"-{gather.place.line}-{gather.place.column}-"
        number = pl.int_range(pl.len()).over(ROW).cast(pl.String)
        return replace(scope, fresh=pl.concat_str(scope.fresh, pl.lit(where), number), graph=graph)

    def _items(
        self, item: TermMap | ReferencingObjectMap, graph: pl.Expr | None
    ) -> tuple[pl.LazyFrame, list[Collection], list[tuple[pl.LazyFrame, TermMap, Check]]]:
        """The terms of each record, one a row; the collections that they are; what must not hold."""
        schema = self.frame.collect_schema()
        if isinstance(item, ReferencingObjectMap):
            children = [(f"j{number}", join.child) for number, join in enumerate(item.joins)]
            scopes, exploded = scopes_of(children, schema, self.triples_map, self.base)
            keys = [f"\0key{number}" for number in range(len(children))]
            if item not in self.tables:
                raise refused(f"there is no triples map {item.parent!r} to gather", item.place, "name one")
            keyed = explode(self.frame, exploded).with_columns(
                compile_value(child, scopes[role]).alias(key) for (role, child), key in zip(children, keys, strict=True)
            )
            found = keyed.join(self.tables[item], on=keys, how="inner", maintain_order="left_right")
            node = pl.col("\0parent")
            ending = in_graph(node, graph) if graph is not None else pl.lit("")
            return found.select(ROW, pl.concat_str(node, ending).alias("item")), [], []
        if item.gather is not None:
            nested = self.collect(item)
            return nested.rows.select(ROW, pl.col(HEAD).alias("item")), [nested], []
        scopes, exploded = scopes_of([("i", item)], schema, self.triples_map, self.base)
        term = compile_term(item, replace(scopes["i"], graph=graph))
        frame = explode(self.frame, exploded)
        return frame.select(ROW, term.text.alias("item")), [], [(frame, item, check) for check in term.checks]


def collection_lines(terms: pl.DataFrame, kind: str) -> pl.Series:
    """The N-Quads lines of collections; heads that stand there several times have all terms, in order."""
    held = (
        terms.lazy()
        .filter(pl.col(HEAD) != _NIL)
        .group_by(_GRAPH, HEAD, maintain_order=True)
        .agg(pl.col(_ITEMS).explode().drop_nulls())
    )
    end = pl.when(pl.col(_GRAPH) == "").then(pl.lit(" .")).otherwise(pl.concat_str(pl.lit(" "), _GRAPH, pl.lit(" .")))
    members = held.with_columns(
        pl.int_ranges(1, pl.col(_ITEMS).list.len().cast(pl.Int64) + 1).alias("n"),
        pl.col(_ITEMS).list.len().cast(pl.Int64).alias("last"),
    )
    members = members.explode(_ITEMS, "n").drop_nulls(_ITEMS)
    if kind != "List":
        types = held.select(pl.concat_str(HEAD, pl.lit(f" <{_RDF}type> <{_RDF}{kind}>"), end).alias("line"))
        lines = members.select(
            pl.concat_str(HEAD, pl.lit(f" <{_RDF}_"), pl.col("n").cast(pl.String), pl.lit("> "), _ITEMS, end).alias(
                "line"
            )
        )
        return pl.concat([types, lines]).collect().to_series()
    unnamed = pl.concat_str(pl.lit("_:l-"), pl.concat_str(HEAD, _GRAPH).cast(pl.Binary).bin.encode("hex"))
    stem = pl.when(pl.col(HEAD).str.starts_with("_:")).then(pl.col(HEAD)).otherwise(unnamed)

    def node(number: pl.Expr) -> pl.Expr:
        later = pl.concat_str(stem, pl.lit("-i"), number.cast(pl.String))
        return pl.when(number == 1).then(pl.col(HEAD)).when(number > pl.col("last")).then(pl.lit(_NIL)).otherwise(later)

    first = members.select(pl.concat_str(node(pl.col("n")), pl.lit(f" <{_RDF}first> "), _ITEMS, end).alias("line"))
    rest = members.select(
        pl.concat_str(node(pl.col("n")), pl.lit(f" <{_RDF}rest> "), node(pl.col("n") + 1), end).alias("line")
    )
    return pl.concat([first, rest]).collect().to_series()
