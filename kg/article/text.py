"""The text of an article: where its file is, what it holds, what stands where in it."""

import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kg.article.nearest import nearest_passage
from kg.article.quote import digest, occurrences
from kg.errors import Problems
from kg.yaml import read_utf8

__all__ = ["Match", "find", "find_text", "read_text", "why_other"]

_AROUND = 40
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Match:
    """Words of a text, at code points start..end, with what stands around them.

    differences: empty when the words are exactly those looked for.
    """

    start: int
    end: int
    before: str
    quote: str
    after: str
    differences: tuple[str, ...] = ()


def find_text(article: Path) -> Path | None:
    """The file of an article's text: `$KG_TEXTS/<slug>.txt`, else `<slug>.txt` beside the article, else None."""
    texts = os.environ.get("KG_TEXTS")
    candidates = [Path(texts) / f"{article.stem}.txt"] if texts else []
    candidates.append(article.with_suffix(".txt"))
    return next((path for path in candidates if path.is_file()), None)


def read_text(path: Path, root: Path, problems: Problems) -> str | None:
    """The text of a file, with its byte order mark and line ends as they are; None if it cannot be read as UTF-8."""
    return read_utf8(path, root, problems)


def _windows(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


_CHANGES: dict[str, Callable[[str], str]] = {
    "without its byte order mark": lambda text: text.removeprefix(_BOM),
    "with a byte order mark": lambda text: _BOM + text,
    "with Unix line ends (LF, not CRLF)": lambda text: text.replace("\r\n", "\n"),
    "with Windows line ends (CRLF, not LF)": _windows,
    "without the line break at its end": lambda text: text.rstrip("\r\n"),
    "with a line break at its end": lambda text: f"{text}\n",
    "in Unicode normal form C": lambda text: unicodedata.normalize("NFC", text),
    "in Unicode normal form D": lambda text: unicodedata.normalize("NFD", text),
}


def why_other(text: str, sha256: str) -> str:
    r"""What to do so that the text gets the hash an article names; a general remedy when no small change does.

    >>> why_other("Harbour\r\n", digest("Harbour\n"))
    'save the text with Unix line ends (LF, not CRLF): then it is the same text'
    """
    singles = [([how], change(text)) for how, change in _CHANGES.items()]
    pairs = [
        ([*hows, how], change(changed))
        for hows, changed in singles
        for how, change in _CHANGES.items()
        if changed != text
    ]
    for hows, changed in singles + pairs:
        if digest(changed) == sha256:
            return f"save the text {' and '.join(hows)}: then it is the same text"
    return "this is another text, or another edition: get the one the article was read from, or read the article anew"


def find(words: str, text: str) -> list[Match]:
    """Every place of the words in the text; when there is none, the nearest passage and how it differs, if any.

    Positions are code points. Used by `kg find`.
    """
    exact = [_match(text, start, start + len(words)) for start in occurrences(words, text)]
    if exact:
        return exact
    near = nearest_passage(words, text)
    return [] if near is None else [_match(text, near.start, near.end, near.differences)]


def _match(text: str, start: int, end: int, differences: tuple[str, ...] = ()) -> Match:
    return Match(
        start, end, text[max(0, start - _AROUND) : start], text[start:end], text[end : end + _AROUND], differences
    )
