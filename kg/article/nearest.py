"""The passage of a text that is most like some words, and the characters in which the two differ.

Only for telling what is wrong: a quote is accepted when it is in the text exactly, never because it is near.
"""

import re
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import compress, groupby, islice

__all__ = ["Nearest", "differences", "nearest_passage", "show_character"]

_ALIKE = 1
_OTHER = 3
_SHOWN = 4
# Bounds, so that an answer takes a fraction of a second in a text of a million characters: of longer words, only
# those around the first difference are compared; beyond so many pairs of characters, words are compared only with
# the likeliest regions, found by at most so many hits of runs that they share; by the shortest if no longer one hits.
_COMPARED = 160
_PAIRS = 100_000
_REGIONS = 3
_HITS = 5_000
_SHARED = ((24, 12, 6), (3,))
_SIMILAR_SIGNS = {
    "'": "’‘ʼ′`´",
    '"': "“”„«»″",
    "-": "‐‑‒–—−\u00ad",
    " ": "\u00a0\u202f\u2009\u2007\u2002\u2003\u3000\t\n\r",
    "…": ".",
}
_SIGN = {other: sign for sign, others in _SIMILAR_SIGNS.items() for other in others}


@dataclass(frozen=True, slots=True)
class Nearest:
    """A passage like the words looked for: code points start..end of the text, and how it differs."""

    start: int
    end: int
    quote: str
    differences: tuple[str, ...]


def show_character(character: str) -> str:
    r"""A character with its code point, by name when it cannot be seen on its own.

    >>> show_character("’"), show_character("\u00a0")
    ('’ U+2019', 'NO-BREAK SPACE U+00A0')
    """
    code = f"U+{ord(character):04X}"
    if unicodedata.category(character)[0] in "ZCM":
        return f"{unicodedata.name(character, 'the control character')} {code}"
    return f"{character} {code}"


def nearest_passage(words: str, text: str, start: int = 0, end: int | None = None) -> Nearest | None:
    """The passage within text[start:end] that the fewest changes turn into `words`; None when nothing is like it.

    Characters that look or sound alike (case, accents, kinds of quotation mark, dash or space) count less. Of words
    longer than 160 characters, it is the passage like those around the first that differs; in a long text, it lies
    where the text shares runs of characters with the words.
    """
    stop = len(text) if end is None else end
    if not words or start >= stop:
        return None
    part = text[start:stop]
    words = _around_difference(words, part)
    found = []
    for begin, finish in _regions(words, part):
        cost, low, high = _best_window(words, part[begin:finish])
        found.append((cost, begin + low, begin + high))
    cost, low, high = min(found, default=(0, 0, 0))
    if high == low or cost * 2 > _OTHER * len(words):
        return None
    passage = text[start + low : start + high]
    return Nearest(start + low, start + high, passage, differences(words, passage))


def differences(words: str, passage: str) -> tuple[str, ...]:
    """How a passage of the text differs from the words of a quote, at most four ways.

    >>> differences("l'OCS", "l’OCS")
    ("the text has ’ U+2019 where the quote has ' U+0027",)
    """
    told = Counter(_tell(quoted, there) for quoted, there in _runs(words, passage))
    lines = [line if times == 1 else f"{line} ({times} times)" for line, times in told.items()]
    return tuple(lines[:_SHOWN]) + (("and more",) if len(lines) > _SHOWN else ())


@cache
def _fold(character: str) -> str:
    """What characters that look or sound alike have in common; a mark folds to nothing."""
    bare = unicodedata.normalize("NFKD", _SIGN.get(character, character))
    return "".join(part for part in bare if not unicodedata.combining(part)).casefold()


@cache
def _step(character: str) -> int:
    return _ALIKE if unicodedata.combining(character) or character.isspace() else _OTHER


def _around_difference(words: str, text: str) -> str:
    """The words, or of long ones those around the end of the longest beginning that stands in the text."""
    if len(words) <= _COMPARED:
        return words
    known = bisect(range(1, len(words) + 1), 0, key=lambda size: words[:size] not in text)
    first = min(max(0, known - _COMPARED // 2), len(words) - _COMPARED)
    return words[first : first + _COMPARED]


def _regions(words: str, text: str) -> list[tuple[int, int]]:
    """The parts of the text to compare with the words: all of it, or where most of their rarest runs stand."""
    if len(words) * len(text) <= _PAIRS:
        return [(0, len(text))]
    sought, _ = _folded(words)
    folded, origin = _folded(text)
    votes, diagonals = Counter[int](), dict[int, int]()
    for sizes in _SHARED:
        runs = {
            sought[offset : offset + size]: offset
            for size in sizes
            for offset in range(0, max(1, len(sought) - size + 1), size // 3)
        }
        rare = sorted((folded.count(run), offset, run) for run, offset in runs.items() if run)
        hits = (found.start() - offset for _, offset, run in rare for found in re.finditer(re.escape(run), folded))
        for diagonal in islice(hits, _HITS):
            votes[diagonal // len(sought)] += 1
            diagonals.setdefault(diagonal // len(sought), diagonal)
        if votes:
            break
    margin = len(sought) // 2
    return sorted(
        (
            origin[max(0, diagonals[place] - margin)],
            origin[min(diagonals[place] + len(sought) + margin, len(folded)) - 1] + 1,
        )
        for place, _ in votes.most_common(_REGIONS)
    )


@lru_cache(maxsize=4)
def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The text with each character folded to one and marks left out, and where each of them stood."""
    table = {ord(character): _fold(character)[:1] for character in set(text)}
    folded = text.translate(table)
    if len(folded) == len(text):
        return folded, range(len(text))
    return folded, list(compress(range(len(text)), (table[ord(character)] for character in text)))


def _best_window(words: str, text: str) -> tuple[int, int, int]:
    """Cost, start and end of the cheapest alignment of all of `words` with any part of `text`.

    Sellers' algorithm, one column for each character of the text.
    """
    folded = [_fold(character) for character in words]
    steps = [_step(character) for character in words]
    column = [0]
    for step in steps:
        column.append(column[-1] + step)
    starts = [0] * len(column)
    best = (column[-1], 0, 0)
    for position, character in enumerate(text):
        fold, skip = _fold(character), _step(character)
        next_column, next_starts = [0], [position + 1]
        for index, wanted in enumerate(words):
            change = 0 if wanted == character else _ALIKE if folded[index] == fold else _OTHER
            cost, begun = column[index] + change, starts[index]
            if column[index + 1] + skip < cost:
                cost, begun = column[index + 1] + skip, starts[index + 1]
            if next_column[index] + steps[index] < cost:
                cost, begun = next_column[index] + steps[index], next_starts[index]
            next_column.append(cost)
            next_starts.append(begun)
        column, starts = next_column, next_starts
        if column[-1] < best[0]:
            best = (column[-1], starts[-1], position + 1)
    return best


def _runs(words: str, passage: str) -> list[tuple[str, str]]:
    """The differing stretches (quoted, there) of two strings, in their order; another word counts as a whole."""
    pairs = _aligned(words, passage)
    differs = [quoted != there for quoted, there in pairs]
    for index, (quoted, there) in enumerate(pairs):
        if quoted != there and _fold(quoted) != _fold(there) and _lettered(quoted + there):
            for step in (1, -1):
                other = index + step
                while 0 <= other < len(pairs) and _lettered("".join(pairs[other])):
                    differs[other] = True
                    other += step
    runs = []
    for wrong, group in groupby(zip(differs, pairs, strict=True), key=lambda each: each[0]):
        if wrong:
            stretch = [pair for _, pair in group]
            runs.append(("".join(quoted for quoted, _ in stretch), "".join(there for _, there in stretch)))
    return runs


def _lettered(characters: str) -> bool:
    return all(character.isalnum() or unicodedata.combining(character) for character in characters)


def _aligned(words: str, passage: str) -> list[tuple[str, str]]:
    """The cheapest alignment of two strings: pairs of characters, one of them empty where a side lacks it."""
    costs = [[0] * (len(passage) + 1) for _ in range(len(words) + 1)]
    for i in range(len(words) + 1):
        for j in range(len(passage) + 1):
            if i or j:
                costs[i][j] = min(cost for cost, _, _ in _ways(costs, words, passage, i, j))
    i, j = len(words), len(passage)
    pairs = []
    while i or j:
        _, from_i, from_j = min(_ways(costs, words, passage, i, j), key=lambda way: way[0])
        pairs.append((words[from_i:i], passage[from_j:j]))
        i, j = from_i, from_j
    return pairs[::-1]


def _ways(costs: list[list[int]], words: str, passage: str, i: int, j: int) -> list[tuple[int, int, int]]:
    ways = []
    if i and j:
        wanted, there = words[i - 1], passage[j - 1]
        change = 0 if wanted == there else _ALIKE if _fold(wanted) == _fold(there) else _OTHER
        ways.append((costs[i - 1][j - 1] + change, i - 1, j - 1))
    if i:
        ways.append((costs[i - 1][j] + _step(words[i - 1]), i - 1, j))
    if j:
        ways.append((costs[i][j - 1] + _step(passage[j - 1]), i, j - 1))
    return ways


def _tell(quoted: str, there: str) -> str:
    if not there:
        return f"the quote has {_show(quoted)} that the text has not"
    if not quoted:
        return f"the text has {_show(there)} that the quote has not"
    return f"the text has {_show(there)} where the quote has {_show(quoted)}"


def _show(run: str) -> str:
    if len(run) <= 2:
        return " + ".join(show_character(character) for character in run)
    return f"“{run}”"
