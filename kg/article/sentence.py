"""Where the sentences of a text begin and end: a proposal, to be looked over by who reads the article."""

import re
from collections.abc import Iterator

from kg.article.language import Language, language
from kg.article.quote import Span

__all__ = ["propose_sentences"]

_BLANK_LINE = re.compile(r"\r?\n[^\S\n]*(?:\r?\n[^\S\n]*)+")
_LINE_END = re.compile(r"\r?\n")
# The end of a sentence: its stop, closing marks (French ones after a no-break space), white space, and
# what a sentence may begin with. A run of stops is tried once, not from each of them on.
_STOP = re.compile(
    r"""(?x) (?<![.!?…])(?P<stop>[.!?…]++) (?:[\u00a0\u202f\ ]?[»”’"')\]])*
    (?P<gap>\s+) (?=(?P<next>[«“‘"'(\[—–-]*\s?\w|[«“—–-]))"""
)
_BEFORE_A_WORD = frozenset("«“‘\"'([’-")


def propose_sentences(text: str, tag: str) -> list[Span]:
    """The sentences of a text, paragraph by paragraph, each without the white space around it.

    Blank lines part paragraphs; in a text without any, every line is one. An abbreviation, an initial or a
    number at the head of a line ends no sentence, nor does a stop before a lower-case letter.

    >>> text = "M. Martin a parlé. Il part."
    >>> [text[span.start : span.end] for span in propose_sentences(text, "fr")]
    ['M. Martin a parlé.', 'Il part.']
    """
    known = language(tag)
    return [span for paragraph in _paragraphs(text) for span in _sentences(text, paragraph, known)]


def _paragraphs(text: str) -> Iterator[Span]:
    mark = _BLANK_LINE if _BLANK_LINE.search(text.strip()) else _LINE_END
    start = 0
    for gap in mark.finditer(text):
        yield Span(start, gap.start())
        start = gap.end()
    yield Span(start, len(text))


def _sentences(text: str, paragraph: Span, known: Language) -> Iterator[Span]:
    start = paragraph.start
    for stop in _STOP.finditer(text, paragraph.start, paragraph.end):
        if _ends(text, start, stop, known):
            yield from _trimmed(text, start, stop.start("gap"))
            start = stop.end("gap")
    yield from _trimmed(text, start, paragraph.end)


def _ends(text: str, start: int, stop: re.Match[str], known: Language) -> bool:
    """Whether a stop ends the sentence that starts at `start`."""
    begins = stop["next"].lstrip("«“‘\"'([—–- \u00a0\u202f")
    if begins and begins[0].islower():
        return False
    if stop["stop"] != ".":
        return True
    begun = end = stop.start("stop")
    while begun > start and not (text[begun - 1].isspace() or text[begun - 1] in _BEFORE_A_WORD):
        begun -= 1
    letters = text[begun:end]
    initial = len(letters) == 1 and letters.isupper()
    numbered = letters.isdigit() and begun == start
    return not (initial or numbered or letters in known.abbreviations or _dotted(letters))


def _dotted(word: str) -> bool:
    """Initials with stops between, as in U.N."""
    return "." in word and all(len(part) == 1 and part.isupper() for part in word.split("."))


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and _outer(text[start]):
        start += 1
    while end > start and _outer(text[end - 1]):
        end -= 1
    if start < end:
        yield Span(start, end)


def _outer(character: str) -> bool:
    return character.isspace() or character == "\ufeff"
