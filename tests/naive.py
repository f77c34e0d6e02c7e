"""The semantics of RML once more, naively: one record, one triples map, one term at a time, written after the
specification and without a line of the engine, to compare the engine with.

https://kg-construct.github.io/rml-core/spec/docs/
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from kg.mapping.model import Reference, TermMap, TriplesMap

__all__ = ["Quad", "Record", "Term", "quads"]

Value = tuple[str, str | None]
"""A lexical form and its natural datatype, None for a plain string."""

Record = Mapping[str, Sequence[Value]]
"""The values of each reference: none, one or several."""

Term = tuple[str, str, str, str]
"""Kind (`iri`, `blank`, `literal`), value, datatype IRI, language tag."""

Quad = tuple[Term, Term, Term, Term | None]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_STRING = "http://www.w3.org/2001/XMLSchema#string"


def _encoded(text: str) -> str:
    # https://www.rfc-editor.org/rfc/rfc3987#section-2.2: iunreserved stays.
    return "".join(c if c >= "\xa0" else quote(c, safe="-._~") for c in text)


def _values(term_map: TermMap, record: Record) -> Iterator[Value]:
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


def quads(triples_map: TriplesMap, records: Sequence[Record]) -> set[Quad]:
    """All quads of one triples map without joins, conditions and functions."""
    made: set[Quad] = set()
    for record in records:
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
                    inner = [graph for term_map in pom.graphs for graph in _terms(term_map, record)]
                    graphs = [*outer, *inner] if triples_map.graphs or pom.graphs else [None]
                    for predicate_map, object_map, graph in itertools.product(pom.predicates, pom.objects, graphs):
                        assert isinstance(object_map, TermMap)
                        made |= {
                            (subject, predicate, obj, graph)
                            for predicate in _terms(predicate_map, record)
                            for obj in _terms(object_map, record)
                        }
    return made
