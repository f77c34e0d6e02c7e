"""Which media type an answer has: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg.graph.coding import CODINGS, IDENTITY
from kg.web.refusal import Refusal

__all__ = [
    "DESCRIPTIONS",
    "FORMAT_NAMES",
    "GRAPHS",
    "HTML",
    "RESULTS",
    "Offer",
    "choose",
    "coding",
    "formats",
    "language",
    "negotiate",
    "wants_html",
]


@dataclass(frozen=True, slots=True)
class Offer:
    """A media type that can be sent, and the name of the format as kg.graph.store and file endings have it."""

    media_type: str
    name: str


HTML = Offer("text/html", "html")

# For SELECT and ASK, and for CONSTRUCT and DESCRIBE; the first is sent to whoever takes anything.
RESULTS = (
    Offer("application/sparql-results+json", "json"),
    Offer("application/sparql-results+xml", "xml"),
    Offer("text/csv", "csv"),
    Offer("text/tab-separated-values", "tsv"),
    Offer("application/json", "json"),
    Offer("application/xml", "xml"),
    Offer("text/xml", "xml"),
)
GRAPHS = (
    Offer("text/turtle", "ttl"),
    Offer("application/ld+json", "jsonld"),
    Offer("application/n-triples", "nt"),
    Offer("application/rdf+xml", "rdf"),
    Offer("application/trig", "trig"),
    Offer("application/n-quads", "nq"),
    Offer("application/json", "jsonld"),
    Offer("application/xml", "rdf"),
    Offer("text/xml", "rdf"),
)
DESCRIPTIONS = GRAPHS[:4]

FORMAT_NAMES = {
    "json": "JSON",
    "srj": "SPARQL JSON",
    "xml": "XML",
    "csv": "CSV",
    "tsv": "TSV",
    "ttl": "Turtle",
    "jsonld": "JSON-LD",
    "nt": "N-Triples",
    "rdf": "RDF/XML",
    "trig": "TriG",
    "nq": "N-Quads",
}

_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
# What stands between two separators: a parameter may be a quoted string, in which they separate nothing. One that is
# not closed goes on to the end, so that no character is looked at twice.
_ITEM, _PIECE = (re.compile(rf'(?:"(?:[^"\\]|\\.?)*"?|[^"{separator}])+') for separator in (",", ";"))


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """The items of an Accept header with their qualities, in its order; what is not well formed is left out."""
    for part in _ITEM.findall(header):
        item, *parameters = (piece.strip().lower() for piece in _PIECE.findall(part))
        quality = next((value[2:].strip() for value in parameters if value.startswith("q=")), "1")
        if item and _QUALITY.fullmatch(quality):
            yield item, float(quality)


def _matches(item: str, media_type: str) -> int:
    """How closely a media range fits: 3 the type itself, 2 `text/*`, 1 `*/*`, 0 not at all."""
    if item == media_type:
        return 3
    if item.endswith("/*") and item[:-1] == media_type[: len(item) - 1]:
        return 2
    return int(item == "*/*")


def choose(header: str | None, offers: Sequence[Offer]) -> Offer | None:
    """The offer that an Accept header likes best; None when it takes none of them.

    The closest range decides the quality of a type. Of types of the same quality the one that is named outright is
    taken, then the one that the header names first, then the one that is offered first.
    """
    wanted = list(_ranges(header or "")) or [("*/*", 1.0)]
    ranked = []
    for index, offer in enumerate(offers):
        fits = [(_matches(item, offer.media_type), -place, quality) for place, (item, quality) in enumerate(wanted)]
        closeness, place, quality = max(fits)
        if closeness and quality:
            ranked.append((quality, closeness, place, -index, offer))
    return max(ranked, key=lambda rank: rank[:4])[4] if ranked else None


def negotiate(header: str | None, offers: Sequence[Offer], name: str | None = None) -> Offer:
    """The offer to answer with; `name` is a format that the address asks for, which wins over the header.

    name: the name of a format or a media type.

    Raises Refusal: 400 for a name that is no format, 406 where nothing offered is accepted.
    """
    if name:
        named = _named(name, offers)
        if named is None:
            known = ", ".join(dict.fromkeys(offer.name for offer in offers))
            raise Refusal(400, f"this answer has no format {name!r}", fix=f"ask for one of {known}")
        return named
    chosen = choose(header, offers)
    if chosen is None:
        known = ", ".join(offer.media_type for offer in offers)
        raise Refusal(406, f"this answer cannot be sent as {header}", fix=f"accept one of {known}")
    return chosen


def _named(name: str, offers: Iterable[Offer]) -> Offer | None:
    """The first offer of a format, or of a media type."""
    return next((offer for offer in offers if name in {offer.name, offer.media_type}), None)


@lru_cache(256)
def formats(header: str | None, name: str | None) -> tuple[Offer | None, Offer | None]:
    """What to send for solutions, and for triples; None where nothing of it is accepted. `name` as for `negotiate`."""

    def offer(offers: Sequence[Offer]) -> Offer | None:
        if name:
            return _named(name, offers)
        return choose(header, (*offers, HTML))

    return offer(RESULTS), offer(GRAPHS)


@lru_cache(256)
def coding(header: str | None) -> str:
    """The content coding that an Accept-Encoding header likes best: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3."""
    wanted = dict(_ranges(header or ""))
    ranked = [(wanted.get(name, wanted.get("*", 0.0)), name) for name in CODINGS]
    quality, best = max(ranked, key=lambda rank: rank[0])
    return best if quality > 0 and quality >= wanted.get(IDENTITY, 0.0) else IDENTITY


@lru_cache(256)
def wants_html(header: str | None) -> bool:
    """Whether a client would rather see a page than data: a browser does."""
    return choose(header, (*RESULTS, *GRAPHS, HTML)) is HTML


def language(query: Mapping[str, str], header: str | None, known: Iterable[str]) -> str:
    """The language of a page: `lang` of the address, else what Accept-Language likes best, else the first known."""
    languages = tuple(known)
    if query.get("lang") in languages:
        return query["lang"]
    wanted = sorted(_ranges(header or ""), key=lambda item: -item[1])
    primary = (tag.partition("-")[0] for tag, quality in wanted if quality)
    return next((tag for tag in primary if tag in languages), languages[0])
