"""What an IRI of the project stands for: a page for people, a description for programs."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response

from kg.graph.store import PREFIXES, RDF, DefaultGraph, Literal, NamedNode, Quad, query, serialize_results
from kg.web.answers import data
from kg.web.labels import decode_path
from kg.web.negotiation import DESCRIPTIONS, GRAPHS, HTML, Offer, negotiate
from kg.web.pages import Reader, render
from kg.web.refusal import Refusal
from kg.web.site import Site
from kg.web.tables import Cell, Row, cell, statement_rows

__all__ = ["resource", "vocabulary"]

# Statements of one section of a page; a program gets them all.
_SHOWN = 200
_DEFINITIONS = (
    "http://www.w3.org/2004/02/skos/core#definition",
    "http://www.w3.org/2000/01/rdf-schema#comment",
)


def resource(site: Site, request: Request) -> Response:
    """What the graph holds about the IRI that the address stands for; raises Refusal when it holds nothing."""
    iri = _iri(site, request)
    offer = negotiate(request.headers.get("accept"), (*GRAPHS, HTML), request.query_params.get("format"))
    if offer is not HTML:
        described = next(site.store.quads_for_pattern(iri, None, None, DefaultGraph()), None)
        return _data(site, f"DESCRIBE {iri}" if described else _content(iri), offer)
    language = Reader(request).language

    def rows(quads: Iterable[Quad], *, inverse: bool = False) -> list[Row]:
        return statement_rows(islice(quads, _SHOWN), site.labels, language, inverse=inverse)

    elsewhere = (
        quad
        for quad in site.store.quads_for_pattern(iri, None, None, None)
        if quad.graph_name != iri and not isinstance(quad.graph_name, DefaultGraph)
    )
    return render(
        site,
        request,
        "resource.html",
        {
            "iri": iri.value,
            "name": site.labels.label(iri.value, language),
            "short": site.labels.short(iri.value),
            "here": site.labels.path(iri.value),
            "graph": _triples(site, iri, language),
            "own": rows(site.store.quads_for_pattern(iri, None, None, DefaultGraph())),
            "said": rows(elsewhere),
            "mentioned": rows(site.store.quads_for_pattern(None, None, iri, None), inverse=True),
            "formats": DESCRIPTIONS,
            "shown": _SHOWN,
        },
    )


def vocabulary(site: Site, request: Request, offer: Offer) -> Response:
    """The ontology: a page with an anchor for each term, or the graph that holds it."""
    graph = NamedNode(f"{site.base}graph/ontology")
    if offer is not HTML:
        return _data(site, _content(graph), offer)
    language = Reader(request).language
    start = PREFIXES["kg"]
    terms: dict[str, list[Quad]] = {}
    for quad in site.store.quads_for_pattern(None, None, None, graph):
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(start):
            terms.setdefault(quad.subject.value, []).append(quad)
    shown = [
        (
            iri.removeprefix(start),
            site.labels.label(iri, language),
            _definition(quads, language),
            _types(site, quads),
        )
        for iri, quads in terms.items()
    ]
    # Classes before properties and individuals.
    shown.sort(key=lambda term: (not term[0][:1].isupper(), term[0].casefold()))
    return render(site, request, "vocabulary.html", {"terms": shown, "namespace": start})


def _iri(site: Site, request: Request) -> NamedNode:
    """The IRI that the address stands for: decoded as IRIs are, else as it was sent."""
    raw = request.scope["raw_path"].decode("latin-1").partition("?")[0].removeprefix("/")
    for path in (decode_path(raw), raw):
        try:
            iri = NamedNode(site.base + path)
        except ValueError:
            continue
        if any(next(quads, None) for quads in _mentions(site, iri)):
            return iri
    raise Refusal(404, "there is nothing at this address")


def _mentions(site: Site, iri: NamedNode) -> Iterator[Iterator[Quad]]:
    yield site.store.quads_for_pattern(iri, None, None, None)
    yield site.store.quads_for_pattern(None, None, iri, None)
    yield site.store.quads_for_pattern(None, None, None, iri)
    yield site.store.quads_for_pattern(None, iri, None, None)


def _triples(site: Site, graph: NamedNode, language: str) -> list[tuple[Cell, Cell, Cell]]:
    """What a named graph holds, in the order of the text shown."""

    def shown(term: object) -> Cell:
        return cell(term, site.labels, language)

    quads = islice(site.store.quads_for_pattern(None, None, None, graph), _SHOWN)
    triples = [(shown(quad.subject), shown(quad.predicate), shown(quad.object)) for quad in quads]
    return sorted(triples, key=lambda triple: [part.text for part in triple])


def _content(graph: NamedNode) -> str:
    return f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {graph} {{ ?s ?p ?o }} }}"


def _data(site: Site, text: str, offer: Offer) -> Response:
    """The answer to a CONSTRUCT or DESCRIBE of ours."""
    out = BytesIO()
    serialize_results(query(site.store, text, base=site.base), offer.name, out)
    return data(out.getvalue(), offer)


def _types(site: Site, quads: Iterable[Quad]) -> list[str]:
    types = (quad.object for quad in quads if quad.predicate.value == RDF + "type")
    return sorted(site.labels.short(kind.value) for kind in types if isinstance(kind, NamedNode))


def _definition(quads: Iterable[Quad], language: str) -> tuple[str, str] | None:
    """The definition of a term and its language: in the language asked for where there is one."""
    found = [
        (_DEFINITIONS.index(quad.predicate.value), quad.object.language != language, quad.object)
        for quad in quads
        if quad.predicate.value in _DEFINITIONS and isinstance(quad.object, Literal)
    ]
    if not found:
        return None
    literal = min(found, key=lambda item: item[:2])[2]
    return literal.value, literal.language or ""
