"""The semantics of RML once more, naively: one record, one triples map, one term at a time, written after the
specification and without a line of the engine, to compare the engine with.

https://kg-construct.github.io/rml-core/spec/docs/
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

from kg.mapping.model import Execution, Reference, ReferencingObjectMap, TermMap, TriplesMap

__all__ = ["Parents", "Quad", "Record", "Term", "quads"]

Value = tuple[str, str | None]
"""A lexical form and its natural datatype, None for a plain string."""

Record = Mapping[str, Sequence[Value]]
"""The values of each reference: none, one or several."""

Term = tuple[str, str, str, str]
"""Kind (`iri`, `blank`, `literal`), value, datatype IRI, language tag."""

Quad = tuple[Term, Term, Term, Term | None]

Parents = Mapping[str, tuple[TriplesMap, Sequence[Record]]]
"""Triples maps to join with, by name, with their records."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_STRING = "http://www.w3.org/2001/XMLSchema#string"


# What functions give, by the last part of their names; the arguments in the order of the inputs.
_FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "equal": lambda one, two: "true" if one == two else "false",
    "notEqual": lambda one, two: "true" if one != two else "false",
    "string_replace": lambda text, old, new: text.replace(old, new),
}


_UCSCHAR = [(0xA0, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFEF), (0xE1000, 0xEFFFD)]
_UCSCHAR += [(plane << 16, (plane << 16) + 0xFFFD) for plane in range(1, 14)]


def _encoded(text: str) -> str:
    # https://www.rfc-editor.org/rfc/rfc3987#section-2.2: iunreserved stays.
    stays = [any(first <= ord(c) <= last for first, last in _UCSCHAR) for c in text]
    return "".join(c if stay else quote(c, safe="-._~") for c, stay in zip(text, stays, strict=True))


def _called(execution: Execution, record: Record) -> Iterator[Value]:
    function = _FUNCTIONS[execution.function.rpartition("#")[2]]
    for arguments in itertools.product(*(list(_values(item.value, record)) for item in execution.inputs)):
        yield function(*(text for text, _ in arguments)), None


def _values(term_map: TermMap, record: Record) -> Iterator[Value]:
    if term_map.execution is not None:
        yield from _called(term_map.execution, record)
        return
    if term_map.is_reference:
        yield from record[term_map.references[0]]
        return
    names = list(dict.fromkeys(part.name for part in term_map.parts if isinstance(part, Reference)))
    for combination in itertools.product(*(record[name] for name in names)):
        values = {name: text for name, (text, _) in zip(names, combination, strict=True)}
        encode = _encoded if term_map.term_type == "iri" and names else str
        yield (
            "".join(encode(values[part.name]) if isinstance(part, Reference) else part for part in term_map.parts),
            None,
        )


def _terms(term_map: TermMap, record: Record) -> Iterator[Term]:
    for text, natural in _values(term_map, record):
        if term_map.term_type != "literal":
            yield term_map.term_type, text, "", ""
        elif term_map.language:
            for tag, _ in _values(term_map.language, record):
                yield "literal", text, f"{_RDF}langString", tag.lower()
        elif term_map.datatype:
            for datatype, _ in _values(term_map.datatype, record):
                yield "literal", text, datatype, ""
        else:
            yield "literal", text, natural or _STRING, ""


def _objects(obj: TermMap | ReferencingObjectMap, record: Record, parents: Parents) -> Iterator[Term]:
    if isinstance(obj, TermMap):
        yield from _terms(obj, record)
        return
    parent, records = parents[obj.parent]
    for other in records if obj.joins else [record]:
        # Any value on one side may equal any on the other.
        sides = [
            ({v for v, _ in _values(j.child, record)}, {v for v, _ in _values(j.parent, other)}) for j in obj.joins
        ]
        if all(child & found for child, found in sides):
            for subject_map in parent.subjects:
                yield from _terms(subject_map, other)


def _holds(condition: TermMap | None, record: Record) -> bool:
    return condition is None or ("true", None) in list(_values(condition, record))


def quads(triples_map: TriplesMap, records: Sequence[Record], parents: Parents | None = None) -> set[Quad]:
    """All quads of one triples map. parents: what it joins with."""
    made: set[Quad] = set()
    for record in records:
        if not _holds(triples_map.condition, record):
            continue
        for subject_map in triples_map.subjects:
            for subject in _terms(subject_map, record):
                outer = [graph for term_map in triples_map.graphs for graph in _terms(term_map, record)]
                for name in triples_map.classes:
                    kind = ("iri", name, "", "")
                    made |= {
                        (subject, ("iri", f"{_RDF}type", "", ""), kind, graph)
                        for graph in (outer if triples_map.graphs else [None])
                    }
                for pom in triples_map.predicate_objects:
                    if not _holds(pom.condition, record):
                        continue
                    inner = [graph for term_map in pom.graphs for graph in _terms(term_map, record)]
                    graphs = [*outer, *inner] if triples_map.graphs or pom.graphs else [None]
                    for predicate_map, object_map, graph in itertools.product(pom.predicates, pom.objects, graphs):
                        made |= {
                            (subject, predicate, obj, graph)
                            for predicate in _terms(predicate_map, record)
                            for obj in _objects(object_map, record, parents or {})
                        }
    return made
