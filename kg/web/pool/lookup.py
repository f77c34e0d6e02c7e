"""A store elsewhere as pages look things up in it: by queries, which the pool's processes ask."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from kg.graph.source import Graph
from kg.graph.store import BlankNode, DefaultGraph, NamedNode, Quad, QuerySolutions, Term, read_results
from kg.graph.worker import Task
from kg.web.entry import Entry, current, enter
from kg.web.pool.evaluation import answered
from kg.web.pool.pool import EndedError, LateError, Pool
from kg.web.refusal import Refusal

__all__ = ["Lookup"]

# Seconds that a page waits for each thing that it looks up, at most.
_SECONDS = 10.0
# Characters of IRIs in one query: stores refuse what is much longer.
_CHARACTERS = 20_000


class Lookup:
    """A `kg.graph.source.Source` that asks; never in the thread of the event loop, which waits for it.

    task: of the store, without its query. loop: tells the event loop of the pool. seconds: for one query.
    """

    def __init__(self, pool: Pool, task: Task, loop: Callable[[], asyncio.AbstractEventLoop], seconds: float) -> None:
        """Ask nothing yet."""
        self._pool, self._task, self._loop, self._seconds = pool, task, loop, min(seconds, _SECONDS)

    def quads(
        self,
        subject: NamedNode | None,
        predicate: NamedNode | None,
        object: Term | None,  # noqa: A002 - as the library has it
        graph: Graph | None,
        most: int,
    ) -> list[Quad]:
        """As of a source; raises Refusal where the store does not answer."""
        bound = {"s": subject, "p": predicate, "o": object, "g": graph}
        pattern = " ".join(f"?{name}" if bound[name] is None else str(bound[name]) for name in "spo")
        rows = self._rows(f"SELECT * {{ {_anywhere(pattern, graph)} }} LIMIT {most}")
        return [_quad({**row, **{name: term for name, term in bound.items() if term is not None}}) for row in rows]

    def statements(self, subjects: Collection[str], predicates: Sequence[str]) -> list[Quad]:
        """As of a source; raises Refusal where the store does not answer."""
        properties = " ".join(f"<{iri}>" for iri in predicates)
        return list(chain.from_iterable(self._stated(some, properties) for some in _portions(subjects)))

    def _stated(self, subjects: Sequence[str], properties: str) -> Iterator[Quad]:
        nodes = " ".join(f"<{iri}>" for iri in subjects)
        pattern = f"VALUES ?s {{ {nodes} }} VALUES ?p {{ {properties} }} ?s ?p ?o"
        return map(_quad, self._rows(f"SELECT * {{ {_anywhere(pattern, None)} }}"))

    def holds(self, graph: NamedNode) -> bool:
        """As of a source: whether anything is in it."""
        return self.quads(None, None, None, graph, 1) != []

    def _rows(self, text: str) -> Iterator[dict[str, object]]:
        """The solutions of a query."""
        asking = self._asked(replace(self._task, query=text, solutions="json"))
        results = read_results(asyncio.run_coroutine_threadsafe(asking, self._loop()).result(), "json")
        assert isinstance(results, QuerySolutions)
        names = [variable.value for variable in results.variables]
        for row in results:
            yield dict(zip(names, row, strict=True))

    async def _asked(self, task: Task) -> bytes:
        # The entry of the request tells of the query that was asked, and not of what its page looks up.
        enter(Entry(client=current().client))
        answer = await answered(self._pool.ask(task, self._seconds), task, self._seconds)
        try:
            return answer.body if answer.body is not None else b"".join([piece async for piece in answer.pieces()])
        except (LateError, EndedError) as error:
            raise Refusal(504, "the store behind this server does not answer to the end in time") from error
        finally:
            await answer.close()


def _anywhere(pattern: str, graph: Graph | None) -> str:
    match graph:
        case None:
            return f"{{ {pattern} }} UNION {{ GRAPH ?g {{ {pattern} }} }}"
        case DefaultGraph():
            return pattern
        case _:
            return f"GRAPH {graph} {{ {pattern} }}"


def _quad(row: dict[str, object]) -> Quad:
    subject, predicate, object_, graph = row["s"], row["p"], row["o"], row.get("g") or DefaultGraph()
    assert isinstance(subject, NamedNode | BlankNode)
    assert isinstance(predicate, NamedNode)
    assert isinstance(graph, NamedNode | BlankNode | DefaultGraph)
    return Quad(subject, predicate, object_, graph)  # type: ignore[arg-type]  # any term may be an object


def _portions(iris: Collection[str]) -> Iterator[list[str]]:
    """The IRIs, as many at once as one query may name."""
    portion: list[str] = []
    length = 0
    for iri in iris:
        if portion and length + len(iri) > _CHARACTERS:
            yield portion
            portion, length = [], 0
        portion.append(iri)
        length += len(iri) + 3
    if portion:
        yield portion
