"""The ontology as the build needs it: its classes, what is a document, and whether every term is explained."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, RDFS, Graph, URIRef
from rdflib.namespace import OWL, SKOS

from kg.errors import Place, Problems
from kg.graph.store import NamedNode, Quad, RdfFormat, parse, serialize
from kg.graph.terms import classes_below, graph_of, read_turtle

__all__ = ["Ontology", "read_ontology"]

_LANGUAGES = ("fr", "en")
_TEXTS = {RDFS.label: "label", SKOS.definition: "definition"}


@dataclass(frozen=True, slots=True)
class Ontology:
    """A vocabulary in Turtle, and the namespace of its terms."""

    graph: Graph
    namespace: str
    file: str
    lines: tuple[str, ...]

    @property
    def terms(self) -> list[str]:
        """Local names of everything the ontology defines, sorted."""
        found = {str(subject) for subject in self.graph.subjects(RDF.type, None)}
        return sorted(
            iri.removeprefix(self.namespace)
            for iri in found
            if iri.startswith(self.namespace) and iri != self.namespace
        )

    @property
    def classes(self) -> frozenset[str]:
        """Local names of the classes."""
        return frozenset(
            str(subject).removeprefix(self.namespace)
            for subject in self.graph.subjects(RDF.type, OWL.Class)
            if str(subject).startswith(self.namespace)
        )

    def below_range(self, local_name: str) -> frozenset[str]:
        """Local names of the classes that the property's range is or includes."""
        ranges = self.graph.objects(URIRef(self.namespace + local_name), RDFS.range)
        below = {sub for top in ranges for sub in classes_below(self.graph, top)}
        return frozenset(str(iri).removeprefix(self.namespace) for iri in below) & self.classes

    def quads(self, graph: str) -> list[str]:
        """The triples as N-Quads lines of the graph with that IRI, in no order."""
        ntriples = self.graph.serialize(format="nt", encoding="utf-8")
        quads = (
            Quad(triple.subject, triple.predicate, triple.object, NamedNode(graph))
            for triple in parse(ntriples, RdfFormat.N_TRIPLES)
        )
        written = serialize(quads, format=RdfFormat.N_QUADS) or b""
        return written.decode().splitlines()

    def undocumented(self, languages: Collection[str] = _LANGUAGES) -> Problems:
        """A problem for each term without a label or definition in one of the languages."""
        problems = Problems()
        for term in self.terms:
            for predicate, what in _TEXTS.items():
                had = {
                    getattr(text, "language", None)
                    for text in self.graph.objects(URIRef(self.namespace + term), predicate)
                }
                for language in languages:
                    if language not in had:
                        problems.add(
                            f"{term} has no {what} in {language}", self._place(term), f'add one: "…"@{language}'
                        )
        return problems

    def _place(self, term: str) -> Place | None:
        subject = re.compile(rf"^(?:\w*:{re.escape(term)}|<{re.escape(self.namespace + term)}>)(?![\w-])")
        for number, line in enumerate(self.lines, 1):
            if subject.match(line):
                return Place(self.file, number, 1, line)
        return Place(self.file, 1, 1)


def read_ontology(path: Path, root: Path, namespace: str, problems: Problems) -> Ontology:
    """Read the ontology file; a file that is not Turtle is noted in `problems` and reads as empty."""
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    if not path.is_file() or not path.stat().st_size:
        problems.add("there is no ontology", Place(file, 1, 1), "copy ontology/ from the bundled project")
        return Ontology(Graph(), namespace, file, ())
    triples, text = read_turtle(path, file, problems)
    return Ontology(graph_of(triples), namespace, file, tuple(text.splitlines()))
