"""An article as it was read: its metadata, its facts as records, and where each of them stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kg.article.coverage import Word
from kg.article.quote import Span
from kg.article.registry import Record
from kg.errors import Place

__all__ = ["Article", "Metadata"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """The head of an article file.

    rights: `quotes` (of the text only short quotes are shown) or `text` (it may be published). length: code points
    of the text. sha256: of the bytes of its file. sentences: in text order, apart.
    """

    language: str
    headline: str
    rights: str
    sha256: str
    length: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """What an article file says.

    facts, inferences: rows of `facts.json`, in the order of the file. places: by (fact id, field), and by
    (fact id, None) for the fact itself; `quote`, `kind` and the other keys of a fact are fields here as well.
    spans: what quotes and cues take of the text. quoted: every string verified against it. verified: by what.
    covered: numbers of the sentences with a fact. uncovered: the words under no quote and no cue, `masked`, so
    that they are the same with the text and without; None when neither the text is at hand nor a lock written for
    these quotes.
    """

    slug: str
    file: str
    metadata: Metadata
    facts: list[Record]
    inferences: list[Record]
    places: Mapping[tuple[str, str | None], Place]
    spans: frozenset[Span]
    quoted: frozenset[str]
    verified: Literal["text", "lock", "nothing"]
    covered: frozenset[int]
    uncovered: tuple[Word, ...] | None

    @property
    def record(self) -> Record:
        """Row of `articles.json`: {article, language, headline, rights, length, sentences, sha256}."""
        head = self.metadata
        return {
            "article": self.slug,
            "language": head.language,
            "headline": head.headline,
            "rights": head.rights,
            "length": head.length,
            "sentences": len(head.sentences),
            "sha256": head.sha256,
        }

    @property
    def silent(self) -> tuple[int, ...]:
        """Numbers of the sentences without any fact."""
        return tuple(number for number in range(1, len(self.metadata.sentences) + 1) if number not in self.covered)

    def place(self, fact: str, field: str | None = None) -> Place | None:
        """Where a field of a fact stands, else the fact itself, else None."""
        return self.places.get((fact, field)) or self.places.get((fact, None))
