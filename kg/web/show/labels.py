"""Names of IRIs for people, and where on this server an IRI is shown."""

import re
from collections.abc import Iterable
from operator import itemgetter
from urllib.parse import quote, unquote

from kg.graph.source import Source
from kg.graph.store import PREFIXES, Literal, NamedNode
from kg.web.show.texts import LANGUAGES, wanted

__all__ = ["Labels", "decode_path"]

_LABELS = (
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://www.w3.org/2000/01/rdf-schema#label",
    "https://schema.org/headline",
    "https://schema.org/name",
    "http://purl.org/dc/terms/title",
)
# What an IRI keeps when it becomes an address: https://www.rfc-editor.org/rfc/rfc3987#section-3.1.
_KEPT = "%/:@!$&'()*+,;=~?#[]"
_ESCAPED = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_CACHED = 20_000

_Labels = tuple[tuple[str, str], ...]


def decode_path(raw: str) -> str:
    """The path of a request as IRIs have it: escapes of characters outside ASCII are decoded, others stay.

    https://www.rfc-editor.org/rfc/rfc3987#section-3.2

    >>> decode_path("/id/%C3%A9t%C3%A9%20x")
    '/id/été%20x'
    """

    def decoded(match: re.Match[str]) -> str:
        text = unquote(match.group(), errors="replace")
        return text if text.isprintable() and "�" not in text else match.group()

    return _ESCAPED.sub(decoded, raw)


def _in_order(labels: list[tuple[int, str, str]]) -> _Labels:
    return tuple((language, text) for _, language, text in sorted(labels, key=itemgetter(0)))


class Labels:
    """Labels and addresses of what a store speaks of.

    source: where the labels stand, in any of its graphs. base: what the IRIs of the project begin with.
    """

    def __init__(self, source: Source, base: str) -> None:
        """Look labels up in `source` once for each IRI."""
        self._source = source
        self.base = base
        self._known: dict[str, _Labels] = {}

    def learn(self, terms: Iterable[object]) -> None:
        """Look up at once what the IRIs among some terms are called, so that nothing waits for each of them."""
        self._learned({term.value for term in terms if isinstance(term, NamedNode)})

    def _learned(self, iris: set[str]) -> dict[str, _Labels]:
        """(language, label) of IRIs, the most specific property first."""
        known = self._known
        new = iris - known.keys()
        found: dict[str, list[tuple[int, str, str]]] = {iri: [] for iri in new}
        for quad in self._source.statements(found, _LABELS) if new else ():
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                place = _LABELS.index(quad.predicate.value)
                found[quad.subject.value].append((place, quad.object.language or "", quad.object.value))
        learned = {iri: _in_order(labels) for iri, labels in found.items()}
        if len(known) + len(learned) > _CACHED:
            # Who reads what was known goes on with that.
            self._known = known = {}
        known.update(learned)
        return learned

    def _all(self, iri: str) -> _Labels:
        known = self._known.get(iri)
        return self._learned({iri}).get(iri, ()) if known is None else known

    def label(self, iri: str, language: str) -> tuple[str, str] | None:
        """The label of an IRI and its language: in the one asked for, else in none, in English, in any."""
        found = self._all(iri)
        for language_tag in (*wanted(language), "", LANGUAGES[0]):
            for tag, text in found:
                if tag == language_tag:
                    return text, tag
        return (found[0][1], found[0][0]) if found else None

    def short(self, iri: str) -> str:
        """An IRI without a label as people read it: its path under the base, a prefixed name, or the IRI itself."""
        for prefix, namespace in PREFIXES.items():
            if iri.startswith(namespace) and re.fullmatch(r"[\w.-]+", iri[len(namespace) :]):
                return f"{prefix}:{iri[len(namespace) :]}"
        return (iri[len(self.base) :] or iri) if iri.startswith(self.base) else iri

    def path(self, iri: str) -> str | None:
        """The path of an IRI on this server; None for an IRI that is not the project's.

        The vocabulary has one namespace whatever the base of the data.
        """
        if iri.startswith(PREFIXES["kg"]):
            return f"/ns#{quote(iri[len(PREFIXES['kg']) :], safe=_KEPT)}"
        return f"/{quote(iri[len(self.base) :], safe=_KEPT)}" if iri.startswith(self.base) else None

    def href(self, iri: str) -> str | None:
        """What a link to an IRI points to: the path here, the IRI itself on the web, None for any other scheme."""
        if (path := self.path(iri)) is not None:
            return path
        return iri if iri.startswith(("http://", "https://")) else None
