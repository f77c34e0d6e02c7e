"""What an IRI of the project stands for: a page for people, a description for programs."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from kg.errors import nearest
from kg.graph.store import PREFIXES, RDF, DefaultGraph, Literal, NamedNode, Quad
from kg.web.http.negotiation import DESCRIPTIONS, GRAPHS, HTML, Offer, negotiate
from kg.web.page.pages import Reader, render
from kg.web.page.plain import PLAIN, json_answer, streamed
from kg.web.refusal import Refusal
from kg.web.show import objects
from kg.web.show.labels import decode_path
from kg.web.show.tables import Cell, Row, cell, statement_rows
from kg.web.site import Site

__all__ = ["ENDINGS", "address_of", "resource", "vocabulary"]

ENDINGS = {offer.name: offer for offer in (HTML, PLAIN, *DESCRIPTIONS)}
"""What the address of a resource may end with, after a dot, and what is sent then."""

_OFFERS = (*(offer for offer in GRAPHS if offer.media_type != PLAIN.media_type), PLAIN, HTML)
# Statements of one section of a page, and of plain JSON; the other formats hold them all.
_SHOWN, _LISTED = 200, 1000
# Quads of one subject that are looked through for statements of others, and of the vocabulary.
_READ = 20_000
_Pattern = tuple[NamedNode | None, NamedNode | None, NamedNode | None, NamedNode | None]
_DEFINITIONS = (
    "http://www.w3.org/2004/02/skos/core#definition",
    "http://www.w3.org/2000/01/rdf-schema#comment",
)


async def resource(site: Site, request: Request) -> Response:
    """What the graph holds about the IRI that the address stands for; raises Refusal when it holds nothing."""
    iri, ending = await asyncio.to_thread(_found, site, request)
    offer = negotiate(request.headers.get("accept"), _OFFERS, ending or request.query_params.get("format"))
    headers = {"Link": _alternates(site, iri)}
    if offer is HTML:
        return await asyncio.to_thread(_page, site, request, iri, headers)
    if offer is PLAIN:
        return await json_answer(request, await asyncio.to_thread(_document, site, request, iri), headers)
    described = await asyncio.to_thread(site.source.quads, iri, None, None, DefaultGraph(), 1)
    sent = await _data(site, request, f"DESCRIBE {iri}" if described else _content(iri), offer, ending)
    sent.headers.update(headers)
    return sent


def address_of(site: Site, iri: str, ending: str) -> str:
    """Where an IRI of the project is shown on this server in one form."""
    return f"{site.labels.path(iri)}.{ending}"


def _alternates(site: Site, iri: NamedNode) -> str:
    """The other forms: https://www.rfc-editor.org/rfc/rfc8288#section-3."""
    forms = ((address_of(site, iri.value, ending), offer) for ending, offer in ENDINGS.items())
    return ", ".join(f'<{address}>; rel="alternate"; type="{offer.media_type}"' for address, offer in forms)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the graph holds about an IRI, as far as it is shown.

    own: recorded in the default graph. said: by others, each in a graph of its own. mentioned: where it is the other
    end. content: of the graph that it names.
    """

    own: list[Quad]
    said: list[Quad]
    mentioned: list[Quad]
    content: list[Quad]


def _known(site: Site, iri: NamedNode, most: int) -> _Known:
    """What is known, read no further than it is shown: an IRI may be spoken of without end.

    most: statements of each section.
    """
    find = site.source.quads
    elsewhere = [
        quad
        for quad in find(iri, None, None, None, _READ)
        if quad.graph_name != iri and not isinstance(quad.graph_name, DefaultGraph)
    ]
    known = _Known(
        find(iri, None, None, DefaultGraph(), most),
        elsewhere[:most],
        find(None, None, iri, None, most),
        find(None, None, None, iri, most),
    )
    site.labels.learn([iri, *chain.from_iterable(chain(known.own, known.said, known.mentioned, known.content))])
    return known


def _page(site: Site, request: Request, iri: NamedNode, headers: dict[str, str]) -> Response:
    """The page of an IRI."""
    language, known = Reader(request).language, _known(site, iri, _SHOWN)

    def rows(quads: Iterable[Quad], *, inverse: bool = False) -> list[Row]:
        return statement_rows(quads, site.labels, language, inverse=inverse)

    context = {
        "iri": iri.value,
        "name": site.labels.label(iri.value, language),
        "short": site.labels.short(iri.value),
        "here": site.labels.path(iri.value),
        "graph": _triples(site, known.content, language),
        "own": rows(known.own),
        "said": rows(known.said),
        "mentioned": rows(known.mentioned, inverse=True),
        "formats": [offer for offer in ENDINGS.values() if offer is not HTML],
        "shown": _SHOWN,
    }
    return render(site, request, "resource.html", context, headers=headers)


def _document(site: Site, request: Request, iri: NamedNode) -> dict[str, Any]:
    """The same as plain JSON."""
    language, known = Reader(request).language, _known(site, iri, _LISTED)

    def shown(term: object) -> Any:  # noqa: ANN401 - JSON
        return objects.value(term, site.labels, language)

    def source(quad: Quad) -> Any:  # noqa: ANN401 - JSON
        return None if isinstance(quad.graph_name, DefaultGraph) else shown(quad.graph_name)

    def by_property(quads: Iterable[Quad]) -> list[Quad]:
        return sorted(quads, key=lambda quad: (quad.predicate.value != RDF + "type", quad.predicate.value))

    sections = {"recorded": known.own, "said": known.said, "mentioned": known.mentioned, "content": known.content}
    return {
        **objects.named(iri.value, site.labels, language),
        "language": language,
        "snapshot": site.name,
        "links": {ending: address_of(site, iri.value, ending) for ending in ENDINGS},
        "recorded": [
            {"property": shown(quad.predicate), "value": shown(quad.object)} for quad in by_property(known.own)
        ],
        "said": [
            {"property": shown(quad.predicate), "value": shown(quad.object), "source": source(quad)}
            for quad in by_property(known.said)
        ],
        "mentioned": [
            {"subject": shown(quad.subject), "property": shown(quad.predicate), "source": source(quad)}
            for quad in by_property(known.mentioned)
        ],
        "content": [
            {"subject": shown(quad.subject), "property": shown(quad.predicate), "value": shown(quad.object)}
            for quad in known.content
        ],
        "cut": [name for name, quads in sections.items() if len(quads) == _LISTED],
    }


async def vocabulary(site: Site, request: Request, ending: str | None = None) -> Response:
    """The ontology: a page with an anchor for each term, or the graph that holds it. ending: of the address."""
    if ending is not None and ending not in ENDINGS:
        raise Refusal(404, "there is nothing at this address", fix=nearest(ending, ENDINGS))
    offer = negotiate(request.headers.get("accept"), _OFFERS, ending or request.query_params.get("format"))
    graph = NamedNode(f"{site.base}graph/ontology")
    if offer is PLAIN:
        return await json_answer(request, await asyncio.to_thread(_document, site, request, graph), {})
    if offer is not HTML:
        return await _data(site, request, _content(graph), offer, ending)
    return await asyncio.to_thread(_terms, site, request, graph)


def _terms(site: Site, request: Request, graph: NamedNode) -> Response:
    """The page of the terms."""
    language = Reader(request).language
    start = PREFIXES["kg"]
    terms: dict[str, list[Quad]] = {}
    for quad in site.source.quads(None, None, None, graph, _READ):
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(start):
            terms.setdefault(quad.subject.value, []).append(quad)
    site.labels.learn(map(NamedNode, terms))
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


def _found(site: Site, request: Request) -> tuple[NamedNode, str | None]:
    """The IRI that the address stands for, and the ending that says in which form it is wanted.

    The path is decoded as IRIs are, else taken as it was sent; an ending that belongs to the IRI is none.
    """
    raw = request.scope["raw_path"].decode("latin-1").partition("?")[0].removeprefix("/")
    stem, _, ending = raw.rpartition(".")
    ended = [(stem, ending)] if ending in ENDINGS else []
    for sent, form in ((raw, None), *ended):
        for path in dict.fromkeys((decode_path(sent), sent)):
            try:
                iri = NamedNode(site.base + path)
            except ValueError:
                continue
            if any(site.source.quads(*pattern, 1) for pattern in _mentions(iri)):
                return iri, form
    raise Refusal(404, "there is nothing at this address")


def _mentions(iri: NamedNode) -> tuple[_Pattern, ...]:
    return (iri, None, None, None), (None, None, iri, None), (None, None, None, iri), (None, iri, None, None)


def _triples(site: Site, quads: Iterable[Quad], language: str) -> list[tuple[Cell, Cell, Cell]]:
    """What a named graph holds, in the order of the text shown."""

    def shown(term: object) -> Cell:
        return cell(term, site.labels, language)

    triples = [(shown(quad.subject), shown(quad.predicate), shown(quad.object)) for quad in quads]
    return sorted(triples, key=lambda triple: [part.text for part in triple])


def _content(graph: NamedNode) -> str:
    return f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {graph} {{ ?s ?p ?o }} }}"


async def _data(site: Site, request: Request, text: str, offer: Offer, ending: str | None) -> Response:
    """The answer to a CONSTRUCT or DESCRIBE of ours, evaluated where it can be ended."""
    named = ending or request.query_params.get("format")
    return await streamed(site, request, site.task(text), offer.name if named else None)


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
