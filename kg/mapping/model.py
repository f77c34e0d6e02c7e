"""The mapping model that every syntax is read into, with RML's names.

https://kg-construct.github.io/rml-core/spec/docs/
"""

from dataclasses import dataclass, field
from typing import Literal

from kg.errors import Place

__all__ = [
    "DEFAULT_GRAPH",
    "Author",
    "Execution",
    "Gather",
    "Input",
    "Join",
    "LogicalSource",
    "LogicalTarget",
    "LogicalView",
    "MappingDocument",
    "PredicateObjectMap",
    "Reference",
    "ReferencingObjectMap",
    "TermMap",
    "TermType",
    "TriplesMap",
    "ViewField",
    "ViewJoin",
]

DEFAULT_GRAPH = "http://w3id.org/rml/defaultGraph"
"""The constant of a graph map that stands for the default graph."""

TermType = Literal["iri", "uri", "unsafe-iri", "unsafe-uri", "blank", "literal"]
"""https://kg-construct.github.io/rml-core/spec/docs/#term-types"""


@dataclass(frozen=True, slots=True)
class Reference:
    """A part of a record: a column, a JSONPath, an XPath, as the reference formulation of the source reads it."""

    name: str


@dataclass(frozen=True, slots=True)
class LogicalTarget:
    """Where triples are written besides the output: https://kg-construct.github.io/rml-io/spec/docs/#target.

    path: of the file, or an address. serialization: IRI of the format. compression: IRI, or empty.
    encoding: of text. type: what stands at the path: `file`, `void`, `dcat`, `sparql`. name: as the mapping calls it.
    """

    path: str
    serialization: str
    compression: str
    encoding: str
    place: Place
    type: str = "file"
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Input:
    """One argument of a function: the IRI of the parameter and the map of its value."""

    parameter: str
    value: "TermMap"


@dataclass(frozen=True, slots=True)
class Execution:
    """A function applied to values of the record: https://kg-construct.github.io/rml-fnml/spec/docs/.

    function: its IRI. returns: IRI of the output that is meant; empty for the first.
    bound: what computes it, where `kg.mapping.function.bind` found one of the user; None for one of the library.
    """

    function: str
    inputs: tuple[Input, ...]
    returns: str
    place: Place
    bound: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TermMap:
    """How one RDF term is made from a record.

    parts: literal text and references in order. One text alone is a constant, one reference alone a
        reference-valued map, anything else a template: https://kg-construct.github.io/rml-core/spec/docs/#term-maps.
        None at all, with term type `blank` and no execution: a fresh blank node for each record.
    term_type: what the parts make.
    datatype, language: maps of the literal's datatype IRI and language tag; at most one of the two.
    execution: what makes the value instead of the parts, which are empty then.
    targets: where triples with this term are written as well.
    gather: what the collection or container holds that the term stands for; None when it stands for itself.
    """

    parts: tuple[str | Reference, ...]
    term_type: TermType
    place: Place
    datatype: "TermMap | None" = None
    language: "TermMap | None" = None
    execution: Execution | None = None
    targets: tuple[LogicalTarget, ...] = ()
    gather: "Gather | None" = None

    @property
    def constant(self) -> str | None:
        """The text, when the map refers to nothing; None otherwise."""
        if self.execution is not None or any(isinstance(part, Reference) for part in self.parts):
            return None
        return "".join(str(part) for part in self.parts)

    @property
    def is_reference(self) -> bool:
        """Whether the map is one reference and nothing else."""
        return self.execution is None and len(self.parts) == 1 and isinstance(self.parts[0], Reference)

    @property
    def references(self) -> tuple[str, ...]:
        """Names used, those of datatype, language and arguments included, those of a collection's items not."""
        own = [part.name for part in self.parts if isinstance(part, Reference)]
        inner = [self.datatype, self.language]
        inner += [argument.value for argument in self.execution.inputs] if self.execution else []
        return tuple(dict.fromkeys([*own, *(name for term_map in inner if term_map for name in term_map.references)]))


@dataclass(frozen=True, slots=True)
class Join:
    """A condition of a join: a value of the child's record equals one of the parent's."""

    child: TermMap
    parent: TermMap


@dataclass(frozen=True, slots=True)
class ReferencingObjectMap:
    """The subjects of another triples map as objects.

    https://kg-construct.github.io/rml-core/spec/docs/#referencing-object-maps

    parent: name of the triples map. joins: all must hold; none: the parent is read from the same record.
    """

    parent: str
    joins: tuple[Join, ...]
    place: Place
    targets: tuple[LogicalTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class Gather:
    """The terms of a collection or container: https://kg-construct.github.io/rml-cc/spec/docs/.

    items: what makes the terms. kind: `List`, `Bag`, `Seq` or `Alt`. product: one collection for each combination of
    the items' values, not one with all of them. empty: whether one without terms is made.
    """

    items: "tuple[TermMap | ReferencingObjectMap, ...]"
    kind: str
    product: bool
    empty: bool
    place: Place


@dataclass(frozen=True, slots=True)
class PredicateObjectMap:
    """Predicates and objects, each predicate with each object; graphs besides those of the subject.

    condition: an execution whose value is true where the triples are made; None: they always are.
    """

    predicates: tuple[TermMap, ...]
    objects: tuple[TermMap | ReferencingObjectMap, ...]
    graphs: tuple[TermMap, ...]
    place: Place
    condition: TermMap | None = None


@dataclass(frozen=True, slots=True)
class LogicalSource:
    """Where records come from: https://kg-construct.github.io/rml-io/spec/docs/.

    access: a path, the name of a source, or an address. formulation: how iterator and references are read: `csv`,
        `jsonpath`, `xpath`, `sql-table`, `sql-query`, or the name of another. iterator: what a record is.
    root: what a relative path is relative to: `mapping`, `working`, or a folder.
    nulls: values that stand for none. compression: `gzip`, `zip`, `tar.gz`, `tar.xz`, or empty. encoding: of text.
    settings: further properties of the access by name (delimiter, quoteChar, header, type, username, password, …).
    name: as the mapping calls the source. given: what is read in place of `access`, or empty.
    view: what the source is a view of; its formulation is `view` then.
    """

    access: str
    formulation: str
    iterator: str
    place: Place
    root: str = ""
    nulls: tuple[str, ...] = ()
    compression: str = ""
    encoding: str = "utf-8"
    settings: tuple[tuple[str, str], ...] = field(default=())
    name: str = field(default="", compare=False)
    view: "LogicalView | None" = None
    given: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """What is read, for messages."""
        return self.given or self.access


@dataclass(frozen=True, slots=True)
class ViewField:
    """A field of a logical view: https://kg-construct.github.io/rml-lv/spec/docs/#fields.

    value: the expression of an expression field; None for an iterable field, whose records `iterator` selects.
    formulation: how the field's own fields are read, where that changes; empty: as before.
    """

    name: str
    value: "TermMap | None"
    iterator: str
    formulation: str
    fields: "tuple[ViewField, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class ViewJoin:
    """Fields of another view where all conditions hold; `outer`: records without a match stay."""

    parent: "LogicalSource"
    conditions: "tuple[Join, ...]"
    fields: tuple[ViewField, ...]
    outer: bool
    place: Place


@dataclass(frozen=True, slots=True)
class LogicalView:
    """A table made of a source or of another view: https://kg-construct.github.io/rml-lv/spec/docs/."""

    on: "LogicalSource"
    fields: tuple[ViewField, ...]
    joins: tuple[ViewJoin, ...]


@dataclass(frozen=True, slots=True)
class TriplesMap:
    """One rule that turns each record of its sources into triples about one subject.

    classes: IRIs of the subject's types; their triples stand in the subject's graphs alone.
    condition: of all its triples. base: what relative IRIs are appended to; empty: the base of the run.
    sound: whether it was read without a fault; one that was not is never materialized.
    """

    name: str
    sources: tuple[LogicalSource, ...]
    subjects: tuple[TermMap, ...]
    graphs: tuple[TermMap, ...]
    predicate_objects: tuple[PredicateObjectMap, ...]
    place: Place
    classes: tuple[str, ...] = ()
    condition: TermMap | None = None
    base: str = ""
    sound: bool = True


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a mapping. iri: who that is, where known. name, email, website: as written, or empty."""

    iri: str = ""
    name: str = ""
    email: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class MappingDocument:
    """One mapping file. prefixes: those that it declares, in order.

    base: what the IRIs of its own parts begin with, or empty; nothing that it makes of records is relative to it.
    """

    maps: tuple[TriplesMap, ...]
    prefixes: tuple[tuple[str, str], ...] = ()
    base: str = ""
    authors: tuple[Author, ...] = ()
