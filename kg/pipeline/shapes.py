"""Violations of shapes, traced back to the line that somebody wrote."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kg.errors import Place, Problems
from kg.graph import Store, query
from kg.graph.store import QuerySolutions
from kg.graph.validate import Violation, validate
from kg.pipeline.content import Content

__all__ = ["shape_problems"]


def shape_problems(store: Store, content: Content) -> Problems:
    """A problem for each violation, at the field of each fact that causes it, else at the entity.

    store: the quads of the content, claims and claim graphs included.
    """
    shapes, ontology = (content.project.part(f"ontology/{name}.ttl") for name in ("shapes", "pressgraph"))
    trace = _Trace(store, content)
    problems = Problems()
    for violation in validate(store, shapes, ontology):
        message = violation.messages.get("en") or next(iter(violation.messages.values()), "violates a shape")
        name = _short(violation.value or violation.focus, content)
        entity = content.registry.get(name) or content.registry.get(_short(violation.focus, content))
        fix = (
            f"correct the fact, or the entry of {entity.id} in sources/entities.yaml" if entity else "correct the fact"
        )
        for place in trace.places(violation):
            problems.add(message, place, fix)
    return Problems(dict.fromkeys(problems))


def _short(iri: str, content: Content) -> str:
    return iri.removeprefix(f"{content.dataset.base}id/").removeprefix(content.dataset.base)


@dataclass(frozen=True)
class _Trace:
    """From nodes of the graph to lines of the project."""

    store: Store
    content: Content

    @cached_property
    def statements(self) -> Mapping[tuple[str, str], list[Mapping[str, Any]]]:
        """Facts by (subject, predicate) and by (object, predicate) of the claims that they make."""
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        rows = query(
            self.store,
            "SELECT ?c ?s ?p ?o { ?c rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o } ORDER BY ?c",
            base=self.content.dataset.base,
        )
        assert isinstance(rows, QuerySolutions)
        for row in rows:
            record = self.record(row["c"].value)
            if record:
                for end in (row["s"], row["o"]):
                    found.setdefault((end.value, row["p"].value), []).append(record)
        return found

    @cached_property
    def facts(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """Facts by article and id."""
        return {(record["article"], record["id"]): record for record in self.content.records()}

    def record(self, node: str) -> Mapping[str, Any] | None:
        """The fact that a claim, fact or attribution node comes from, its article and id at least; None for others."""
        kind, _, rest = node.removeprefix(self.content.dataset.base).partition("/")
        slug, _, name = rest.partition("/")
        if kind not in {"claim", "fact", "attribution"}:
            return None
        key = (slug, name.partition(".")[0].partition("/")[0])
        # Facts that machines sent are not held; where one is written is looked for when it must be told.
        return self.facts.get(key) or ({"article": key[0], "id": key[1]} if self.content.sent else None)

    def places(self, violation: Violation) -> Iterator[Place | None]:
        """Where the cause of a violation is written; None once when nobody knows."""
        # A shape about an article names the claim that breaks it as the value.
        own = self.record(violation.focus) or self.record(violation.value)
        if own is not None:
            yield self.content.locate(own, "")
            return
        entity = self.content.registry.get(_short(violation.focus, self.content))
        causes = [
            record
            for predicate in dict.fromkeys((violation.path, violation.target))
            if predicate
            for record in self.statements.get((violation.focus, predicate), [])
        ]
        if causes:
            for record in causes:
                yield self.content.locate(record, self._field(record, violation))
        else:
            yield entity.place if entity else None

    def _field(self, record: Mapping[str, Any], violation: Violation) -> str:
        """The field of a fact that names the value or the focus of a violation; empty when none does."""
        for iri in (violation.value, violation.focus) if "kind" in record else ():
            name = _short(iri or "", self.content)
            for field in self.content.kinds[record["kind"]].fields:
                held = record.get(field)
                if name and name in (held if isinstance(held, list) else [held]):
                    return field
        return ""
