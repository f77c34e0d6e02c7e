"""What pages look up: statements of one pattern, of a store at hand or of one elsewhere."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from kg.graph.store import DefaultGraph, NamedNode, Quad, Store, Term

__all__ = ["Graph", "Held", "Source"]

Graph = NamedNode | DefaultGraph


class Source(Protocol):
    """Where statements are looked up; may wait for somebody else, and is asked in threads."""

    def quads(
        self,
        subject: NamedNode | None,
        predicate: NamedNode | None,
        object: Term | None,  # noqa: A002 - as the library has it
        graph: Graph | None,
        most: int,
    ) -> list[Quad]:
        """Statements of a pattern, whose None is anything, in any graph where that is None; no more than `most`."""
        ...

    def statements(self, subjects: Collection[str], predicates: Sequence[str]) -> list[Quad]:
        """Statements of some subjects by some properties, all of them IRIs, in any graph."""
        ...

    def holds(self, graph: NamedNode) -> bool:
        """Whether there is a graph of that name."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A store at hand as a source."""

    store: Store

    def quads(
        self,
        subject: NamedNode | None,
        predicate: NamedNode | None,
        object: Term | None,  # noqa: A002 - as the library has it
        graph: Graph | None,
        most: int,
    ) -> list[Quad]:
        """As of a `Source`."""
        return list(islice(self.store.quads_for_pattern(subject, predicate, object, graph), most))

    def statements(self, subjects: Collection[str], predicates: Sequence[str]) -> list[Quad]:
        """As of a `Source`."""
        find = self.store.quads_for_pattern
        return [
            quad
            for subject in subjects
            for predicate in predicates
            for quad in find(NamedNode(subject), NamedNode(predicate), None, None)
        ]

    def holds(self, graph: NamedNode) -> bool:
        """As of a `Source`."""
        return self.store.contains_named_graph(graph)
