"""JSON-LD that a person can read: https://www.w3.org/TR/json-ld11/.

One object for each node of the default graph and for each named graph, with the properties of the node and, where its
IRI names a graph, that graph in its `@graph`. So a claim is one object: what is said of it, and its triple.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from kg.errors import UsageError
from kg.graph.context import Context, Term
from kg.graph.store import RDF, BlankNode, Literal, NamedNode, Quad, Triple

__all__ = ["jsonld"]

_XSD = "http://www.w3.org/2001/XMLSchema#"
_STRINGS = {_XSD + "string", RDF + "langString"}
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")

Json = dict[str, Any]
Graphs = Sequence[tuple[NamedNode | BlankNode | None, Sequence[Quad]]]


def jsonld(graphs: Graphs, context: Mapping[str, Any], base: str) -> Iterator[str]:
    """A JSON-LD document of a dataset, piece by piece.

    graphs: name, None for the default graph, and quads sorted by subject and predicate; sorted by name.
    context: the context object to embed; it is never fetched by a reader.
    Raises UsageError for a context with features that `kg.graph.context` does not know.
    """
    names = Context(context, base)
    nodes: dict[str, Json] = {}
    for name, quads in graphs:
        if name is None:
            nodes.update((str(subject), node) for subject, node in _nodes(quads, names))
    for name, quads in graphs:
        if name is not None:
            node = nodes.setdefault(str(name), {names.keyword("@id"): _reference(name, names)})
            node["@graph"] = [inner for _, inner in _nodes(quads, names)]
    yield '{\n"@context": ' + json.dumps(names.entries, ensure_ascii=False, indent=2) + ',\n"@graph": ['
    for number, identifier in enumerate(sorted(nodes)):
        yield (",\n" if number else "\n") + json.dumps(nodes[identifier], ensure_ascii=False, indent=1)
    yield "\n]\n}\n"


def _nodes(quads: Sequence[Quad], names: Context) -> Iterator[tuple[NamedNode | BlankNode, Json]]:
    """Each subject with its node object."""
    for subject, of_subject in groupby(quads, key=lambda quad: quad.subject):
        if isinstance(subject, Triple):
            raise UsageError("JSON-LD cannot hold a triple term: use ttl12")
        node: Json = {names.keyword("@id"): _reference(subject, names)}
        for predicate, of_predicate in groupby(of_subject, key=lambda quad: quad.predicate.value):
            objects = [quad.object for quad in of_predicate]
            if predicate == RDF + "type":
                types = [value for value in objects if not isinstance(value, Literal)]
                objects = [value for value in objects if isinstance(value, Literal)]
                if types:
                    node[names.keyword("@type")] = [_word(value, names) for value in types]
            for value in objects:
                _put(node, predicate, value, names)
        yield subject, {key: _plain(node[key]) for key in sorted(node, key=names.position)}


def _put(node: Json, predicate: str, value: object, names: Context) -> None:
    """Add a value to the first term of the predicate that can express it shortly, else in full."""
    candidates = names.candidates(predicate)
    empty: list[Any]
    for term in candidates:
        short = _short(term, value, names)
        if short is None:
            continue
        if "@language" in term.container:
            assert isinstance(value, Literal)
            empty = _Set() if "@set" in term.container else []
            node.setdefault(term.name, {}).setdefault(value.language, empty).append(short)
        elif term.container:
            node.setdefault(term.name, _Set()).append(short)
        else:
            node.setdefault(term.name, []).append(short)
        return
    term = next(term for term in candidates if "@language" not in term.container)
    empty = _Set() if term.container else []
    node.setdefault(term.name, empty).append(_full(value, names))


class _Set(list[Any]):
    """Values of a term whose container is a set: always written as an array."""


def _short(term: Term, value: object, names: Context) -> object:
    """The value as the term's coercion lets it be written; None when it cannot express it."""
    if isinstance(value, Literal):
        return _short_literal(term, value, names)
    if "@language" in term.container or term.coercion not in {"@id", "@vocab"}:
        return None
    return _reference(value, names) if term.coercion == "@id" else _word(value, names)


def _short_literal(term: Term, value: Literal, names: Context) -> object:
    native = _native(value)
    if "@language" in term.container:
        fits = value.language is not None
    elif term.coercion:
        fits = term.coercion == value.datatype.value
    elif native is not None:
        fits = True
    else:
        # A plain string has the language of its term, or of the context, and none where neither names one.
        expected = names.language if term.language is None else term.language
        fits = expected == (value.language or "") and value.datatype.value in _STRINGS
    if not fits:
        return None
    return value.value if native is None else native


def _native(value: Literal) -> bool | int | None:
    """A literal that a JSON number or boolean stands for: https://www.w3.org/TR/json-ld11-api/#data-round-tripping."""
    if value.datatype.value == _XSD + "boolean" and value.value in {"true", "false"}:
        return value.value == "true"
    if value.datatype.value == _XSD + "integer" and _INTEGER.fullmatch(value.value):
        return int(value.value)
    return None


def _full(value: object, names: Context) -> Json:
    if not isinstance(value, Literal):
        return {names.keyword("@id"): _reference(value, names)}
    if value.language:
        return {"@value": value.value, "@language": value.language}
    if value.datatype.value == _XSD + "string":
        return {"@value": value.value}
    native = _native(value)
    if native is not None:
        return {"@value": native}
    return {"@value": value.value, "@type": names.word(value.datatype.value)}


def _word(value: object, names: Context) -> str:
    return names.word(value.value) if isinstance(value, NamedNode) else _reference(value, names)


def _reference(node: object, names: Context) -> str:
    if isinstance(node, NamedNode):
        return names.reference(node.value)
    if isinstance(node, BlankNode):
        return str(node)
    raise UsageError("JSON-LD cannot hold a triple term: use ttl12")


def _plain(value: object) -> object:
    """A list of one value as that value, unless it is a set; the same for each language of a map."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 and not isinstance(value, _Set) else value
    return {tag: _plain(texts) for tag, texts in value.items()} if isinstance(value, dict) else value
