"""What is in a dataset, counted by queries: its graphs, and the classes and properties of each.

Each query counts sets, so that the store makes one pass for all classes or properties; a graph of its own is counted
by the same queries, as the default graph of the dataset that they are asked of. They are evaluated as every query is,
by the pool's processes: a snapshot needs nothing but its store, and what changes is counted as it is.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kg.graph.store import BlankNode, Literal, NamedNode, QuerySolution, QuerySolutions, read_results
from kg.graph.worker import Task
from kg.web.pool.evaluation import refusal_of
from kg.web.pool.pool import BusyError, EndedError, LateError, MemoryLimitError, Pool
from kg.web.refusal import Refusal

__all__ = ["Counter", "Graph", "Link", "Partition", "Sizes", "graph_of", "links_of", "sizes_of"]

Node = NamedNode | BlankNode | Literal

# Seconds for one of these queries: a graph of a hundred million triples is counted within them.
_SECONDS = 600.0
_RETRY = {"Retry-After": "30"}

# The graph of a claim is called as the claim, which is the node of a statement.
_CLAIM = "?graph rdf:subject ?claimed"
_DEFAULT = "SELECT (COUNT(*) AS ?triples) { ?s ?p ?o }"
_NAMED = f"""SELECT ?graph (COUNT(*) AS ?triples)
{{ GRAPH ?graph {{ ?s ?p ?o }} FILTER NOT EXISTS {{ {_CLAIM} }} }} GROUP BY ?graph"""
_CLAIMED = f"""SELECT (COUNT(*) AS ?triples)
{{ {{ SELECT DISTINCT ?graph {{ {_CLAIM} }} }} GRAPH ?graph {{ ?s ?p ?o }} }}"""

_DISTINCT = "(COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)"
_TOTAL = f"SELECT {_DISTINCT} {{ ?s ?p ?o }}"
_ENTITIES = "SELECT (COUNT(*) AS ?entities) { { SELECT DISTINCT ?s { ?s ?p ?o } } FILTER(isIRI(?s)) }"
_CLASSES = "SELECT ?class (COUNT(DISTINCT ?s) AS ?subjects) { ?s a ?class FILTER(isIRI(?class)) } GROUP BY ?class"
_PROPERTIES = f"SELECT ?property {_DISTINCT} {{ ?s ?property ?o }} GROUP BY ?property"
_NESTED = f"""SELECT ?class ?property {_DISTINCT}
{{ ?s a ?class FILTER(isIRI(?class)) ?s ?property ?o }} GROUP BY ?class ?property"""
# What the IRIs of one data set begin with: all but the last name, and the slash after it.
_LINKS = """SELECT ?property ?space (COUNT(*) AS ?triples) {
  ?s ?property ?o
  FILTER(isIRI(?o) && ?property != rdf:type && REGEX(STR(?o), "^https?://") && !STRSTARTS(STR(?o), STR(<>)))
  FILTER NOT EXISTS { ?s owl:annotatedSource ?annotated }
  BIND(REPLACE(STR(?o), "^([^:]+://[^/]+/(?:[^/#]+[/#])*?)[^/#]*/?$", "$1") AS ?space)
} GROUP BY ?property ?space"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Triples of the default graph, of each named graph by its IRI, of the graphs of all claims, and of all graphs."""

    default: int
    named: dict[str, int]
    claims: int
    total: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Triples of one property, of all subjects or of those of one class, which is empty for all."""

    property: str
    triples: int
    subjects: int
    objects: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph counted. entities: subjects that are IRIs. classes: how many subjects each has, by its IRI."""

    triples: int
    subjects: int
    objects: int
    entities: int
    classes: dict[str, int]
    properties: tuple[Partition, ...]
    nested: tuple[Partition, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Links by one property to what the IRIs of another data set begin with."""

    property: str
    space: str
    triples: int


class Counter:
    """Counts one store by the processes of a pool. task: of the store, without its query."""

    def __init__(self, pool: Pool, task: Task) -> None:
        """Ask nothing yet."""
        self._pool, self._task = pool, task

    async def rows(self, text: str, graph: str | None = None) -> list[dict[str, Node]]:
        """The solutions of a query, of the dataset or of one graph.

        Raises Refusal: 502 where a store elsewhere does not answer, 503 where it cannot be counted now, 507 where that
        takes more memory than there may be.
        """
        graphs = None if graph is None else ((graph,), ())
        task = replace(self._task, query=text, graphs=graphs, solutions="json")
        try:
            answer = await self._pool.ask(task, _SECONDS)
            try:
                body = answer.body if answer.body is not None else b"".join([piece async for piece in answer.pieces()])
            finally:
                await answer.close()
        except MemoryLimitError as error:
            raise Refusal(507, "the graph is too large to be counted in the memory of one query") from error
        except (BusyError, LateError, EndedError) as error:
            detail = "what is in the graph could not be counted now"
            raise Refusal(503, detail, fix="ask again in a moment", headers=_RETRY) from error
        if answer.fault is not None:
            raise refusal_of(answer.fault)
        return await asyncio.to_thread(_decoded, body)


def _decoded(body: bytes) -> list[dict[str, Node]]:
    results = read_results(body, "json")
    assert isinstance(results, QuerySolutions)
    names = [variable.value for variable in results.variables]
    return [dict(_bound(row, names)) for row in results]


def _bound(row: QuerySolution, names: list[str]) -> Iterator[tuple[str, Node]]:
    for name in names:
        term = row[name]
        if term is not None:
            assert isinstance(term, Node)
            yield name, term


def _number(row: dict[str, Node], name: str) -> int:
    return int(row[name].value)


async def sizes_of(counter: Counter) -> Sizes:
    """The sizes of the graphs of a dataset; raises Refusal as `Counter.rows` does."""
    default, claims = [_number((await counter.rows(text))[0], "triples") for text in (_DEFAULT, _CLAIMED)]
    graphs = {row["graph"]: _number(row, "triples") for row in await counter.rows(_NAMED) if row}
    named = sorted((graph.value, triples) for graph, triples in graphs.items() if isinstance(graph, NamedNode))
    return Sizes(default, dict(named), claims, default + claims + sum(graphs.values()))


async def graph_of(counter: Counter, graph: str | None) -> Graph:
    """A graph by its IRI, None for the default graph; raises Refusal as `Counter.rows` does."""
    total, entities = [(await counter.rows(text, graph))[0] for text in (_TOTAL, _ENTITIES)]
    classes = {row["class"].value: _number(row, "subjects") for row in await counter.rows(_CLASSES, graph)}
    properties, nested = [
        tuple(sorted(map(_partition, await counter.rows(text, graph)), key=lambda part: (part.kind, part.property)))
        for text in (_PROPERTIES, _NESTED)
    ]
    return Graph(
        _number(total, "triples"),
        _number(total, "subjects"),
        _number(total, "objects"),
        _number(entities, "entities"),
        dict(sorted(classes.items())),
        properties,
        nested,
    )


def _partition(row: dict[str, Node]) -> Partition:
    kind = row["class"].value if "class" in row else ""
    triples, subjects, objects = (_number(row, name) for name in ("triples", "subjects", "objects"))
    return Partition(row["property"].value, triples, subjects, objects, kind)


async def links_of(counter: Counter, graph: str) -> list[Link]:
    """The links of a graph by property and target; raises Refusal as `Counter.rows` does."""
    rows = await counter.rows(_LINKS, graph)
    links = [Link(row["property"].value, row["space"].value, _number(row, "triples")) for row in rows]
    return sorted(links, key=lambda link: (link.property, link.space))
