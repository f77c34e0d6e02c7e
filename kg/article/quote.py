"""Where words stand in a text, exactly: in code points, and never by likeness."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kg.article.nearest import Nearest, nearest_passage

__all__ = ["Evidence", "Span", "TextEvidence", "digest", "occurrences", "whereabouts"]

_LISTED = 8


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text: code points from `start` up to, not including, `end`."""

    start: int
    end: int


def occurrences(words: str, text: str) -> list[int]:
    """Every position of `words` in `text`, overlapping ones too.

    >>> occurrences("ana", "banana")
    [1, 3]
    """
    found: list[int] = []
    position = text.find(words) if words else -1
    while position >= 0:
        found.append(position)
        position = text.find(words, position + 1)
    return found


def digest(words: str) -> str:
    """SHA-256 of the UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


class Evidence(Protocol):
    """What quotes are verified against: the text itself, or the lock that was written where the text was."""

    def occurrences(self, words: str) -> Sequence[int]:
        """Every position of the words, overlapping ones too."""

    def absent(self, words: str, span: Span) -> tuple[str, str]:
        """What to say (the end of a message, a remedy) about words that stand nowhere; `span` is their sentence."""

    def around(self, span: Span) -> str:
        """The span with a few words around it, for a person to choose from; empty when the text is away."""


class TextEvidence:
    """The text at hand."""

    def __init__(self, text: str) -> None:
        """Take the text exactly as it is in its file."""
        self.text = text

    def occurrences(self, words: str) -> Sequence[int]:
        """Every position of the words, overlapping ones too."""
        return occurrences(words, self.text)

    def absent(self, words: str, span: Span) -> tuple[str, str]:
        """Name the nearest passage, of the sentence if it has one, and the characters that differ."""
        near = nearest_passage(words, self.text, span.start, span.end) or nearest_passage(words, self.text)
        if near is None:
            return "is not in the text", "copy the words from the text, exactly as they stand there"
        return "is not in the text", f"nearest: {tell(near)}"

    def around(self, span: Span) -> str:
        """The span in brackets, with twenty characters on each side."""
        before = self.text[max(0, span.start - 20) : span.start]
        after = self.text[span.end : span.end + 20]
        shown = f"{before}[{self.text[span.start : span.end]}]{after}"
        return f"…{' '.join(shown.split())}…"


def whereabouts(words: str, text: str) -> str:
    """Where words stand in a text instead, or what stands there that is most like them.

    >>> whereabouts("ana", "banana")
    'it stands at 1, 3'
    """
    found = occurrences(words, text)
    if found:
        return f"it stands at {', '.join(map(str, found[:_LISTED]))}{', …' if len(found) > _LISTED else ''}"
    return TextEvidence(text).absent(words, Span(0, len(text)))[1]


def tell(near: Nearest) -> str:
    """A near passage in one line: its words, its position, how it differs."""
    return f"“{near.quote}” at {near.start}–{near.end}: {'; '.join(near.differences)}"
