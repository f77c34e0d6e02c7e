"""Dumps: the dataset, or one of its graphs, as a file that is the same bytes for the same quads.

| name   | syntax                                              | holds                                     |
|--------|-----------------------------------------------------|-------------------------------------------|
| trig   | https://www.w3.org/TR/trig/                         | the dataset                               |
| nq     | https://www.w3.org/TR/n-quads/                      | the dataset                               |
| jsonld | https://www.w3.org/TR/json-ld11/                    | the dataset                               |
| ttl    | https://www.w3.org/TR/turtle/                       | one graph                                 |
| nt     | https://www.w3.org/TR/n-triples/                    | one graph                                 |
| rdf    | https://www.w3.org/TR/rdf-syntax-grammar/           | one graph                                 |
| ttl12  | https://www.w3.org/TR/rdf12-turtle/                 | the default graph, and claims as reifiers |
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from kg.errors import UsageError, nearest
from kg.graph.jsonld import jsonld
from kg.graph.rdfxml import rdfxml
from kg.graph.store import (
    PREFIXES,
    RDF,
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    Store,
    claim_graphs,
)
from kg.graph.turtle import Names, Node, subjects, trig

__all__ = ["FORMATS", "Format", "dump", "graph_names"]

_Graphs = Sequence[tuple[NamedNode | BlankNode | None, list[Quad]]]
_DEFAULT = "default"
# Line breaks as any reader may see them, and what XML forbids.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True, slots=True)
class Format:
    """A syntax that dumps are written in.

    whole: whether a file holds the dataset with all its graphs. media_type: as registered with IANA.
    ending: of file names. comment: what a line of comment begins with, empty where the syntax has none.
    """

    whole: bool
    media_type: str
    ending: str
    comment: str = "#"


FORMATS: dict[str, Format] = {
    "jsonld": Format(whole=True, media_type="application/ld+json", ending="jsonld", comment=""),
    "nq": Format(whole=True, media_type="application/n-quads", ending="nq"),
    "nt": Format(whole=False, media_type="application/n-triples", ending="nt"),
    "rdf": Format(whole=False, media_type="application/rdf+xml", ending="rdf"),
    "trig": Format(whole=True, media_type="application/trig", ending="trig"),
    "ttl": Format(whole=False, media_type="text/turtle", ending="ttl"),
    "ttl12": Format(whole=False, media_type="text/turtle; version=1.2", ending="12.ttl"),
}


@dataclass(frozen=True, slots=True)
class _Job:
    """What one dump has to write: the sorted graphs, and what shortens and explains them."""

    store: Store
    graphs: _Graphs
    base: str
    context: Mapping[str, Any]
    comments: list[str]

    @property
    def quads(self) -> list[Quad]:
        """All quads, graph by graph."""
        return [quad for _, quads in self.graphs for quad in quads]


def dump(
    store: Store,
    out: IO[bytes],
    format: str,  # noqa: A002 (the word that the command uses)
    graph: str = _DEFAULT,
    *,
    base: str,
    context: Mapping[str, Any] | None = None,
    licence: str = "",
) -> None:
    """Write the dataset or one graph to `out`, in UTF-8.

    format: a name of `FORMATS`.
    graph: `default`, or a name of `graph_names`; only for the formats that hold one graph.
    base: IRI that data IRIs stand under; Turtle, TriG and JSON-LD write them relative to it.
    context: the JSON-LD context to embed (the value of `@context`).
    licence: IRI of the licence of the data, named in the comment at the top.
    Raises UsageError, before anything is written, for an unknown format or graph, and for what a syntax cannot hold.
    """
    if format not in FORMATS:
        raise UsageError(f"unknown format {format!r}: {nearest(format, FORMATS)}")
    job = _Job(store, _graphs(store, format, graph, base), base, context or {}, [])
    # Whatever a comment quotes, it stays on its line.
    job.comments.extend(_BREAKS.sub(" ", comment) for comment in _comments(format, graph, base, licence))
    for piece in _WRITERS[format](job):
        out.write(piece.encode())


def graph_names(store: Store, base: str) -> list[str]:
    """Names that `dump` takes for `graph`, sorted: `default` and the graphs under `<base>graph/`, without that part."""
    folder = base + "graph/"
    named = [name.value for name in store.named_graphs() if isinstance(name, NamedNode)]
    return [_DEFAULT, *sorted(name.removeprefix(folder) for name in named if name.startswith(folder))]


def _graphs(store: Store, syntax: str, graph: str, base: str) -> _Graphs:
    """The graphs that a file holds, each with its name, None for the default graph, and its sorted quads."""
    if graph != _DEFAULT and (FORMATS[syntax].whole or syntax == "ttl12"):
        single = ", ".join(name for name, known in FORMATS.items() if not known.whole and name != "ttl12")
        raise UsageError(f"{syntax} is never one graph: use {single} with --graph {graph}")
    if graph != _DEFAULT and graph not in graph_names(store, base):
        raise UsageError(f"no graph {graph!r}: {nearest(graph, graph_names(store, base))}")
    if FORMATS[syntax].whole:
        names = sorted(store.named_graphs(), key=str)
        return [(None, _sorted(store, DefaultGraph())), *((name, _sorted(store, name)) for name in names)]
    name = DefaultGraph() if graph == _DEFAULT else NamedNode(f"{base}graph/{graph}")
    return [(None, [Quad(*quad.triple) for quad in _sorted(store, name)])]


def _sorted(store: Store, name: NamedNode | BlankNode | DefaultGraph) -> list[Quad]:
    """The quads of one graph by subject, predicate (rdf:type first) and object."""
    kind = NamedNode(RDF + "type")
    return sorted(
        store.quads_for_pattern(None, None, None, name),
        key=lambda quad: (str(quad.subject), quad.predicate != kind, quad.predicate.value, str(quad.object)),
    )


def _comments(syntax: str, graph: str, base: str, licence: str) -> Iterator[str]:
    """What the file says of itself."""
    if FORMATS[syntax].whole:
        yield "The whole dataset: the default graph and every named graph; each claim has a graph with its triple."
    elif syntax == "ttl12":
        yield "The default graph, derived for RDF 1.2: after `~` the claims that state a triple."
        yield "A triple between << and >> is stated by a claim and is not asserted."
    elif graph == _DEFAULT:
        yield "The default graph only: what the articles say in their own voice, and the descriptions of all claims."
        yield "What others are quoted as saying stands as triples only in claim graphs: in TriG, N-Quads and JSON-LD."
    else:
        yield f"One named graph only: <{base}graph/{graph}>"
    if licence:
        yield f"Licence: {licence} (the quotes from the articles are excepted)"


def _lines(job: _Job) -> Iterator[str]:
    """N-Triples or N-Quads, in the order of code points, as `LC_ALL=C sort` leaves them."""
    yield from _header(job)
    yield from sorted(f"{quad} .\n" for quad in job.quads)


def _header(job: _Job) -> Iterator[str]:
    yield from (f"# {comment}\n" for comment in job.comments)


def _directives(job: _Job, names: Names) -> Iterator[str]:
    yield from _header(job)
    if job.comments:
        yield "\n"
    yield from names.head()


def _turtle(job: _Job) -> Iterator[str]:
    names = Names(job.base, PREFIXES, job.quads)
    yield from _directives(job, names)
    yield from subjects(job.quads, names)


def _trig(job: _Job) -> Iterator[str]:
    names = Names(job.base, PREFIXES, job.quads)
    yield from _directives(job, names)
    yield from trig(job.graphs, names)


def _turtle12(job: _Job) -> Iterator[str]:
    """Asserted triples with their claims as reifiers, then the claims of triples that are not asserted."""
    claims: dict[tuple[Node, Node, Node], list[NamedNode]] = {}
    for name in claim_graphs(job.store):
        for quad in _sorted(job.store, name):
            claims.setdefault((quad.subject, quad.predicate, quad.object), []).append(name)
    names = Names(job.base, PREFIXES, [*job.quads, *(Quad(*triple) for triple in claims)])  # type: ignore[arg-type]
    asserted = {(quad.subject, quad.predicate, quad.object) for quad in job.quads}
    yield from _header(job)
    yield '\n@version "1.2" .\n'
    yield from names.head()
    yield from subjects(job.quads, names, notes=claims)
    for (subject, predicate, value), reifiers in claims.items():
        if (subject, predicate, value) not in asserted:
            stated = f"{names.term(subject)} {names.verb(predicate)} {names.term(value)}"
            yield from (f"<< {stated} ~ {names.term(name)} >> .\n" for name in reifiers)


def _jsonld(job: _Job) -> Iterator[str]:
    yield from jsonld(job.graphs, job.context, job.base)


def _rdfxml(job: _Job) -> Iterator[str]:
    yield from rdfxml(job.quads, PREFIXES, job.comments)


_WRITERS: dict[str, Callable[[_Job], Iterable[str]]] = {
    "jsonld": _jsonld,
    "nq": _lines,
    "nt": _lines,
    "rdf": _rdfxml,
    "trig": _trig,
    "ttl": _turtle,
    "ttl12": _turtle12,
}
