"""The shapes of queries, and queries of a shape that nobody asked before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.endpoint.data import Data

__all__ = ["NUMBER", "SHAPES", "TERM", "Shape"]

NUMBER, TERM = "@number@", "@term@"
"""What differs from query to query: a number in a comment, and a term where the shape names one."""

_PREFIXES = """PREFIX kg: <https://w3id.org/pressgraph/ns#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
_JSON, _TRIPLES = "application/sparql-results+json", "application/n-triples"


def _none(_: Data) -> Sequence[str]:
    return [""]


@dataclass(frozen=True, slots=True)
class Shape:
    """Queries of a shape. text: with NUMBER and TERM in it. terms: IRIs that may stand for TERM. accept: the format."""

    title: str
    pattern: str
    terms: Callable[[Data], Sequence[str]] = _none
    accept: str = _JSON

    @property
    def text(self) -> str:
        """The query."""
        return f"# {NUMBER}\n{_PREFIXES}{self.pattern}"

    def query(self, data: Data, number: int) -> str:
        """The query with that number."""
        terms = self.terms(data)
        return self.text.replace(NUMBER, str(number)).replace(TERM, terms[number % len(terms)])


SHAPES = {
    "point": Shape("point lookup", f"SELECT ?p ?o WHERE {{ <{TERM}> ?p ?o }}", lambda data: data.claims),
    "join": Shape(
        "join of three patterns",
        f"SELECT ?claim ?quote WHERE {{ ?claim kg:statedIn <{TERM}> ; kg:passage ?passage ."
        " ?passage kg:quote ?quote }",
        lambda data: data.articles,
    ),
    "optional": Shape(
        "OPTIONAL and language",
        'SELECT ?it ?name ?nom WHERE { ?it skos:prefLabel ?name FILTER(lang(?name) = "en") '
        'OPTIONAL { ?it skos:prefLabel ?nom FILTER(lang(?nom) = "fr") } } LIMIT 500',
    ),
    "group": Shape(
        "GROUP BY", "SELECT ?modality (COUNT(?claim) AS ?n) WHERE { ?claim kg:modality ?modality } GROUP BY ?modality"
    ),
    "path": Shape(
        "path",
        f"SELECT DISTINCT ?node WHERE {{ <{TERM}> (kg:fact|kg:attribution|kg:passage|kg:voice|oa:hasSource)+ ?node }}",
        lambda data: data.claims,
    ),
    "contains": Shape(
        "CONTAINS", 'SELECT (COUNT(?it) AS ?n) WHERE { ?it kg:quote ?quote FILTER(CONTAINS(STR(?quote), "sommet")) }'
    ),
    "construct": Shape(
        "CONSTRUCT, 1,000 triples",
        "CONSTRUCT { ?claim kg:quote ?quote } WHERE { ?claim kg:passage/kg:quote ?quote } LIMIT 1000",
        accept=_TRIPLES,
    ),
    "select": Shape("SELECT, 100,000 rows", "SELECT ?s ?p ?o WHERE { ?s ?p ?o } LIMIT 100000"),
}
