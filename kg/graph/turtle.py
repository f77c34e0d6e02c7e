"""Turtle and TriG as a person would write them: https://www.w3.org/TR/turtle/, https://www.w3.org/TR/trig/.

Own writers, because Oxigraph's puts prefixes in a random order and does not shorten IRIs under the base.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from kg.graph.store import RDF, BlankNode, Literal, NamedNode, Quad, Triple

__all__ = ["Names", "subjects", "trig"]

_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
# Relative to a base that ends in a slash, such a path is resolved by joining the two.
_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w](?:[\w.~\u00A1-\uD7FF-]|%[0-9A-F]{2}|/(?!/))*")
_XSD = "http://www.w3.org/2001/XMLSchema#"
# Literals that Turtle writes without quotes and reads back with the same characters.
_BARE = {_XSD + "boolean": re.compile(r"true|false"), _XSD + "integer": re.compile(r"0|-?[1-9][0-9]*")}

Node = NamedNode | BlankNode | Literal | Triple
Notes = Mapping[tuple[Node, Node, Node], Sequence[NamedNode]]


class Names:
    """How IRIs are shortened in one document: by its base and by the prefixes that it uses."""

    def __init__(self, base: str, prefixes: Mapping[str, str], quads: Iterable[Quad]) -> None:
        """Keep of `prefixes` (prefix -> namespace) those that a term of `quads` needs.

        base: IRI that relative IRIs stand under; only one that ends in a slash is used.
        """
        self.base = base if base.endswith("/") else ""
        self._by_namespace = {namespace: prefix for prefix, namespace in prefixes.items()}
        self._short: dict[str, str] = {}
        self.prefixes: dict[str, str] = {}
        for quad in quads:
            for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
                self.term(term)  # type: ignore[arg-type]

    def head(self) -> Iterator[str]:
        """The directives that the shortened names rest on."""
        if self.base:
            yield f"@base <{self.base}> .\n"
        for prefix in sorted(self.prefixes):
            yield f"@prefix {prefix}: <{self.prefixes[prefix]}> .\n"
        if self.base or self.prefixes:
            yield "\n"

    def term(self, term: Node) -> str:
        """A term as it stands in the document."""
        if isinstance(term, NamedNode):
            return self._iri(term.value)
        if isinstance(term, Literal) and not term.language:
            datatype = term.datatype.value
            if datatype in _BARE and _BARE[datatype].fullmatch(term.value):
                return term.value
            if datatype != _XSD + "string":
                return f"{Literal(term.value)}^^{self._iri(datatype)}"
        return str(term)

    def verb(self, predicate: Node) -> str:
        """A predicate; `a` for rdf:type."""
        return "a" if predicate == NamedNode(RDF + "type") else self.term(predicate)

    def _iri(self, iri: str) -> str:
        if iri not in self._short:
            self._short[iri] = self._shorten(iri)
        return self._short[iri]

    def _shorten(self, iri: str) -> str:
        if self.base and iri.startswith(self.base):
            path = iri.removeprefix(self.base)
            if _PATH.fullmatch(path):
                return f"<{path}>"
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._by_namespace.get(iri[:cut])
        if prefix is not None and _LOCAL.fullmatch(iri, cut):
            self.prefixes[prefix] = iri[:cut]
            return f"{prefix}:{iri[cut:]}"
        return f"<{iri}>"


def subjects(quads: Iterable[Quad], names: Names, indent: str = "", notes: Notes | None = None) -> Iterator[str]:
    """Blocks of Turtle, one a subject, from quads that are sorted by subject, predicate and object.

    notes: triple -> names of its reifiers, written after the object as RDF 1.2 has it: `s p o ~ <reifier>`.
    """
    for subject, of_subject in groupby(quads, key=lambda quad: quad.subject):
        lines = []
        for predicate, of_predicate in groupby(of_subject, key=lambda quad: quad.predicate):
            objects = []
            for quad in of_predicate:
                reifiers = (notes or {}).get((quad.subject, quad.predicate, quad.object), ())
                objects.append(names.term(quad.object) + "".join(f" ~ {names.term(name)}" for name in reifiers))
            lines.append(f"{names.verb(predicate)} {', '.join(objects)}")
        yield f"{indent}{names.term(subject)} " + f" ;\n{indent}    ".join(lines) + " .\n"


def trig(graphs: Iterable[tuple[NamedNode | BlankNode | None, Sequence[Quad]]], names: Names) -> Iterator[str]:
    """TriG of graphs, each with its name, None for the default graph, and its sorted quads."""
    for name, quads in graphs:
        if name is None:
            yield from subjects(quads, names)
        else:
            yield f"\n{names.term(name)} {{\n"
            yield from subjects(quads, names, "    ")
            yield "}\n"
