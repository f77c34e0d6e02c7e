"""Which words of a text lie under no quote and no cue."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from kg.article.language import language
from kg.article.quote import Span

__all__ = ["WORDS_RULE", "Word", "content_words", "masked", "uncovered_words", "words_of"]

WORDS_RULE = 1
"""Number of the rule by which a text is cut into words; a lock written under another rule is stale."""

_APOSTROPHES = "'’ʼ"
_DOT = "·"


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """A word of a text, at a position in code points."""

    start: int
    word: str

    @property
    def end(self) -> int:
        """Position after the last code point."""
        return self.start + len(self.word)


def words_of(text: str, tag: str) -> list[Word]:
    """The words of a text: runs of letters, digits and combining marks.

    An apostrophe between two of them goes with the word on its left or right, as the language has it.

    >>> [word.word for word in words_of("l’OCS, le 9 juin", "fr")]
    ['l’', 'OCS', 'le', '9', 'juin']
    >>> [word.word for word in words_of("the council's", "en")]
    ['the', 'council', "'s"]
    """
    leans_left = language(tag).apostrophe == "left"
    words: list[Word] = []
    start: int | None = None
    for position, character in enumerate(f"{text} "):
        inside = unicodedata.category(character)[0] in "LNM"
        if start is None:
            start = position if inside else None
            continue
        if inside:
            continue
        joined = character in _APOSTROPHES and unicodedata.category(text[position + 1 : position + 2] or " ")[0] in "LN"
        words.append(Word(start, text[start : position + (joined and leans_left)]))
        start = position if joined and not leans_left else None
    return words


def uncovered_words(text: str, tag: str, spans: Iterable[Span]) -> tuple[Word, ...]:
    """The words with at least one code point under none of the spans, in text order."""
    covered = bytearray(len(text))
    for span in spans:
        covered[span.start : span.end] = b"\x01" * (min(span.end, len(text)) - span.start)
    return tuple(word for word in words_of(text, tag) if 0 in covered[word.start : word.end])


def masked(uncovered: Iterable[Word], tag: str) -> tuple[Word, ...]:
    """The same words with every content word as dots: where the words of a text must not be shown, its length may.

    >>> [word.word for word in masked([Word(0, "le"), Word(3, "rôle")], "fr")]
    ['le', '····']
    """
    known = language(tag)
    return tuple(
        word if known.is_function_word(word.word) else Word(word.start, _DOT * len(word.word)) for word in uncovered
    )


def content_words(uncovered: Iterable[Word], tag: str) -> tuple[Word, ...]:
    """Those words that are of no closed class of the language: each is something not yet said by a fact."""
    known = language(tag)
    return tuple(word for word in uncovered if not known.is_function_word(word.word))
