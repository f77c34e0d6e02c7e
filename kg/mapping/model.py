"""The mapping model that every syntax is read into, with RML's names: https://kg-construct.github.io/rml-core/spec/docs/."""

from dataclasses import dataclass
from typing import Literal

from kg.errors import Place

__all__ = ["LogicalSource", "PredicateObjectMap", "Reference", "TermMap", "TriplesMap"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of a record, by its name in the logical source."""

    name: str


@dataclass(frozen=True, slots=True)
class TermMap:
    """How one RDF term is made from a record.

    parts: literal text and references in order. One text alone is a constant, one reference alone a
        reference-valued map, anything else a template: https://kg-construct.github.io/rml-core/spec/docs/#term-maps.
    term_type: what the parts make.
    datatype, language: maps of the literal's datatype IRI and language tag; at most one of the two.
    """

    parts: tuple[str | Reference, ...]
    term_type: Literal["iri", "literal"]
    place: Place
    datatype: "TermMap | None" = None
    language: "TermMap | None" = None

    @property
    def constant(self) -> str | None:
        """The text, when the map refers to nothing; None otherwise."""
        if any(isinstance(part, Reference) for part in self.parts):
            return None
        return "".join(str(part) for part in self.parts)

    @property
    def is_reference(self) -> bool:
        """Whether the map is one reference and nothing else."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Reference)

    @property
    def references(self) -> tuple[str, ...]:
        """Names of the fields used, those of the datatype and language maps included, each once, in order."""
        own = [part.name for part in self.parts if isinstance(part, Reference)]
        for inner in (self.datatype, self.language):
            own += inner.references if inner else ()
        return tuple(dict.fromkeys(own))


@dataclass(frozen=True, slots=True)
class PredicateObjectMap:
    """Predicates and objects, each predicate with each object; graphs besides those of the subject."""

    predicates: tuple[TermMap, ...]
    objects: tuple[TermMap, ...]
    graphs: tuple[TermMap, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class LogicalSource:
    """Where records come from.

    access: the name of a source. formulation: how `iterator` and references are read (`jsonpath`).
    """

    access: str
    formulation: str
    iterator: str
    place: Place


@dataclass(frozen=True, slots=True)
class TriplesMap:
    """One rule that turns each record of its sources into triples about one subject.

    sound: whether it was read without a fault; one that was not is never materialized.
    """

    name: str
    sources: tuple[LogicalSource, ...]
    subjects: tuple[TermMap, ...]
    graphs: tuple[TermMap, ...]
    predicate_objects: tuple[PredicateObjectMap, ...]
    place: Place
    sound: bool = True
