"""What a mapping does, in plain words."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType

from kg.mapping.function import FUNCTIONS, REFUSED, Function
from kg.mapping.lexical import XSD
from kg.mapping.model import (
    DEFAULT_GRAPH,
    Execution,
    Gather,
    LogicalSource,
    MappingDocument,
    PredicateObjectMap,
    Reference,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.names import EQUAL
from kg.mapping.turtle import RDF

__all__ = ["explain"]

_WIDTH = 80
_READ_AS = {
    "csv": "CSV",
    "jsonpath": "JSON",
    "xpath": "XML",
    "sql-table": "a table of a database",
    "sql-query": "a query of a database",
}
_RECORDS = {"csv": "row", "sql-table": "row", "sql-query": "row", "xpath": "element"}
_IN_EVERY_FILE = {"rdf": RDF, "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "xsd": XSD}


def explain(document: MappingDocument, functions: Mapping[str, Function] = MappingProxyType({})) -> str:
    """What each triples map of a document does, in paragraphs of at most 80 columns.

    functions: of the user, by IRI, besides those of the library.
    """
    teller = _Teller({iri: name for name, iri in (_IN_EVERY_FILE | dict(document.prefixes)).items()})
    told = ["\n".join(teller.triples_map(made)) + "\n" for made in document.maps]
    if called := sorted(_called(document) - {EQUAL}):
        told.append("\n".join(teller.functions(called, FUNCTIONS | functions)) + "\n")
    return "\n".join(told)


def _called(item: object) -> set[str]:
    """The IRIs of the functions that are called anywhere inside of it."""
    if isinstance(item, tuple):
        return {iri for part in item for iri in _called(part)}
    if not is_dataclass(item):
        return set()
    own = {item.function} if isinstance(item, Execution) else set()
    return own.union(*(_called(getattr(item, each.name)) for each in fields(item) if each.name != "bound"))


@dataclass(frozen=True, slots=True)
class _Teller:
    prefixes: dict[str, str]

    def triples_map(self, made: TriplesMap) -> Iterator[str]:
        yield self.short(made.name)
        for source in made.sources:
            yield from _wrapped(f"Reads {_source(source)}.")
        record = _RECORDS.get(made.sources[0].formulation, "record") if made.sources else "record"
        for subject in made.subjects:
            yield from _wrapped(f"Each {record} describes {self.term(subject)}.")
        if made.condition is not None:
            yield from _wrapped(f"Only where {self.condition(made.condition)}.")
        if made.graphs:
            yield from _wrapped(f"Its triples go to {self.graphs(made.graphs)}.")
        for iri in made.classes:
            yield from _item(f"is of the class {self.short(iri)}")
        for pair in made.predicate_objects:
            yield from self.pair(pair)

    def pair(self, pair: PredicateObjectMap) -> Iterator[str]:
        """One line for each predicate and object."""
        after = f", only where {self.condition(pair.condition)}" if pair.condition is not None else ""
        if pair.graphs:
            after += f", in {self.graphs(pair.graphs)}"
        for predicate in pair.predicates:
            for item in pair.objects:
                if predicate.constant == f"{RDF}type" and isinstance(item, TermMap) and item.constant:
                    yield from _item(f"is of the class {self.short(item.constant)}{after}")
                    continue
                name = self.short(predicate.constant) if predicate.constant else self.term(predicate)
                told = self.term(item) if isinstance(item, TermMap) else self.link(item)
                yield from _item(f"{name}: {told}{_targets(item)}{after}")

    def link(self, item: ReferencingObjectMap) -> str:
        """The subjects of another triples map."""
        told = f"what {self.short(item.parent)} describes"
        if not item.joins:
            return f"{told} in the same record"
        joins = [f"{self.value(join.child)} here equals {self.value(join.parent)} there" for join in item.joins]
        return f"{told}, where {_and(joins)}"

    def graphs(self, graphs: Sequence[TermMap]) -> str:
        """The graphs that triples go to."""
        told = ["the default graph" if graph.constant == DEFAULT_GRAPH else self.term(graph) for graph in graphs]
        return _and([f"the graph {name}" if not name.startswith("the default") else name for name in told])

    def term(self, term: TermMap) -> str:
        """A term with its article: `the value of name`, `<http://…/{id}>`."""
        if term.gather is not None:
            return self.gathered(term, term.gather)
        if term.term_type == "literal":
            return f"{self.literal(term)}{self.tags(term)}"
        return self.node(term)

    def gathered(self, term: TermMap, gather: Gather) -> str:
        """A collection or container of terms."""
        items = [self.term(item) if isinstance(item, TermMap) else self.link(item) for item in gather.items]
        name = f" called {self.template(term)}" if term.parts else ""
        return f"a {gather.kind.lower()}{name} of {_and(items)}"

    def node(self, term: TermMap) -> str:
        """An IRI or a blank node."""
        if term.execution is not None:
            kind = "a blank node named by" if term.term_type == "blank" else "the IRI that is"
            return f"{kind} the result of {self.call(term.execution)}"
        if term.term_type == "blank":
            return f"a blank node, the same for each {self.template(term)}" if term.parts else "a blank node of its own"
        if term.is_reference:
            return f"the IRI in {term.references[0]}"
        if term.constant is not None:
            return self.short(term.constant)
        whole = self.short(self.template(term))
        return f"{whole}, values unencoded" if term.term_type.startswith("unsafe") else whole

    def literal(self, term: TermMap) -> str:
        """The text of a literal."""
        if term.execution is not None:
            return f"the result of {self.call(term.execution)}"
        if term.is_reference:
            return f"the value of {term.references[0]}"
        if term.constant is not None:
            return f"“{term.constant}”"
        return f"the text “{self.template(term)}”"

    def tags(self, term: TermMap) -> str:
        """The datatype and the language of a literal."""
        if term.language is not None:
            tag = term.language.constant
            return f", in the language {tag}" if tag else f", in the language that {self.value(term.language)} names"
        if term.datatype is not None:
            iri = term.datatype.constant
            return f", as {self.short(iri)}" if iri else f", of the datatype {self.value(term.datatype)}"
        return ""

    def value(self, term: TermMap) -> str:
        """A value as it is compared or handed to a function."""
        if term.execution is not None:
            return self.call(term.execution)
        if term.is_reference:
            return term.references[0]
        if term.constant is not None:
            return f"“{term.constant}”"
        return f"“{self.template(term)}”"

    def condition(self, term: TermMap) -> str:
        """What must be true."""
        if term.execution is None:
            return f"{self.value(term)} is true"
        inputs = [self.value(argument.value) for argument in term.execution.inputs]
        if term.execution.function == EQUAL and len(inputs) == 2:
            return f"{inputs[0]} equals {inputs[1]}"
        return f"{self.call(term.execution)} is true"

    def call(self, execution: Execution) -> str:
        """A function and its arguments."""
        return f"{self.short(execution.function)}({', '.join(self.value(item.value) for item in execution.inputs)})"

    def functions(self, called: Sequence[str], known: Mapping[str, Function]) -> Iterator[str]:
        """What the functions give that are called."""
        yield "Functions"
        for iri in called:
            if iri in known:
                where = f" ({known[iri].origin})" if known[iri].origin else ""
                told = (known[iri].doc or "no description") + where
            else:
                told = REFUSED.get(iri) or "not known; name the file that binds it with --functions"
            yield from _item(f"{self.short(iri)}: {told}")

    def template(self, term: TermMap) -> str:
        """A template with its references in braces."""
        return "".join(f"{{{part.name}}}" if isinstance(part, Reference) else part for part in term.parts)

    def short(self, iri: str) -> str:
        """An IRI with its prefix where it has one, else between angle brackets; a name as it is."""
        fitting = [space for space in self.prefixes if iri.startswith(space) and len(iri) > len(space)]
        if fitting:
            best = max(fitting, key=len)
            return f"{self.prefixes[best]}:{iri[len(best) :]}"
        return f"<{iri}>" if ":" in iri or "{" in iri else iri.removeprefix("#")


def _source(source: LogicalSource) -> str:
    what = _READ_AS.get(source.formulation, source.formulation)
    if source.formulation == "sql-table":
        return f"the table {source.iterator}" + (f" of {source.access}" if source.access else "")
    if source.formulation == "sql-query":
        return f"the answer to {source.iterator}" + (f" from {source.access}" if source.access else "")
    if source.view is not None:
        names = _and([field.name for field in source.view.fields])
        return f"the fields {names} of {_source(source.view.on)}"
    told = f"{source.access} as {what}"
    if source.compression:
        told += f", packed with {source.compression}"
    return f"{told}, a record at each {source.iterator}" if source.iterator else told


def _targets(item: TermMap | ReferencingObjectMap) -> str:
    return f", written to {_and([target.path for target in item.targets])}" if item.targets else ""


def _and(items: Sequence[str]) -> str:
    return " and ".join(([", ".join(items[:-1])] if len(items) > 1 else []) + list(items[-1:]))


def _wrapped(text: str) -> Iterator[str]:
    yield from _lines(text, "  ", "    ")


def _item(text: str) -> Iterator[str]:
    yield from _lines(text, "  - ", "    ")


def _lines(text: str, first: str, rest: str) -> Iterator[str]:
    """Lines of at most 80 columns; an IRI or a query that is longer is broken there."""
    yield from textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
