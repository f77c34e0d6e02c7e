"""The lock of an article: what was verified where the text is, so that it can be trusted where it is not.

A lock holds no sentence of the text: the hash and length of the whole, for each quoted string its hash, its
length and every position where it stands, and the function words that lie under no quote (of other words there,
just the length). It answers the same questions as the text does (`Evidence`), so that an article reads alike with
either. Its seal is a digest of all the rest: without the text nothing else shows that an edit or a merge changed it.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from kg.article.coverage import WORDS_RULE, Word, masked, uncovered_words
from kg.article.language import language
from kg.article.quote import Span, digest, occurrences
from kg.article.shape import as_list, as_map, as_number, as_text, key_place, only_keys
from kg.errors import Problems, UsageError
from kg.yaml import Map, Value, read

__all__ = [
    "Lock",
    "LockEvidence",
    "Locked",
    "compute_lock",
    "coverage_digest",
    "lock_path",
    "read_lock",
    "read_sealed",
    "write_lock",
    "write_whole",
]

_HEAD = "# Written by `kg check` where the text is. Positions and lengths are in code points.\n"
_KEYS = ("text", "coverage", "quotes", "uncovered", "seal")
_AGAIN = "run `kg check` where the text is"
_Sealed = TypeVar("_Sealed")


@dataclass(frozen=True, slots=True)
class Locked:
    """A quoted string: SHA-256 of its UTF-8 bytes, its length, and all positions where it stands."""

    sha256: str
    length: int
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Lock:
    """What was verified against the text.

    sha256, length: of the text. coverage: digest of what `uncovered` was computed from. quotes: one entry a
    distinct string. uncovered: the words under no quote and no cue, `masked`.
    """

    sha256: str
    length: int
    coverage: str
    quotes: tuple[Locked, ...]
    uncovered: tuple[Word, ...]

    @cached_property
    def positions(self) -> dict[tuple[str, int], tuple[int, ...]]:
        """Positions by hash and length."""
        return {(entry.sha256, entry.length): entry.starts for entry in self.quotes}


class LockEvidence:
    """A lock, asked in place of the text."""

    def __init__(self, lock: Lock) -> None:
        """Take what the lock holds."""
        self.lock = lock

    def occurrences(self, words: str) -> Sequence[int]:
        """Every position of the words in the text, none when they are not in the lock."""
        return self.lock.positions.get((digest(words), len(words)), ())

    def absent(self, words: str, span: Span) -> tuple[str, str]:
        """The text is away, so nothing near can be named."""
        del words, span
        return "is not in the lock", _AGAIN

    def around(self, span: Span) -> str:
        """Nothing: the text is away."""
        del span
        return ""


def lock_path(article: Path) -> Path:
    """The lock beside an article file."""
    return article.with_suffix(".lock")


def coverage_digest(text_sha256: str, tag: str, spans: Iterable[Span]) -> str:
    """Digest of what the uncovered words depend on: the text, how its words are told, what is taken."""
    classes = sorted(word for words in language(tag).function_words.values() for word in words)
    basis = [text_sha256, tag, WORDS_RULE, classes, _joined(spans)]
    return digest(json.dumps(basis))


def _joined(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """What spans take together: ranges in order, apart."""
    ranges: list[tuple[int, int]] = []
    for span in sorted(spans):
        if ranges and span.start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], span.end))
        else:
            ranges.append((span.start, span.end))
    return ranges


def compute_lock(text: str, tag: str, quoted: Iterable[str], spans: Iterable[Span]) -> Lock:
    """The lock for a text in the language `tag`, the strings quoted from it, and the spans that quotes and cues take.

    An article that was verified against the text has the last three: `metadata.language`, `quoted`, `spans`.
    """
    taken = frozenset(spans)
    quotes = (Locked(digest(words), len(words), tuple(occurrences(words, text))) for words in set(quoted))
    sha256 = digest(text)
    return Lock(
        sha256,
        len(text),
        coverage_digest(sha256, tag, taken),
        tuple(sorted(quotes, key=lambda entry: (entry.starts, entry.length, entry.sha256))),
        masked(uncovered_words(text, tag, taken), tag),
    )


def write_whole(path: Path, content: bytes) -> bool:
    """Write a lock's content, whole or not at all; True when the file changed. Raises `UsageError` when that fails."""
    try:
        with suppress(FileNotFoundError):
            if path.read_bytes() == content:
                return False
        _replace(path, content)
    except OSError as error:
        raise UsageError(f"the lock {path} could not be written: {error.strerror}") from error
    return True


def render_lock(lock: Lock) -> str:
    """The lock as YAML, one line a string or word; the same lock always gives the same text."""
    return f"{_HEAD}{_content(lock)}seal: {_seal(lock)}\n"


def _seal(lock: Lock) -> str:
    return digest(_content(lock))


def _content(lock: Lock) -> str:
    lines = [
        f"text: {{sha256: {lock.sha256}, length: {lock.length}}}",
        f"coverage: {lock.coverage}",
        "quotes:" if lock.quotes else "quotes: []",
        *(
            f"- {{at: [{', '.join(map(str, entry.starts))}], length: {entry.length}, sha256: {entry.sha256}}}"
            for entry in lock.quotes
        ),
        "uncovered:" if lock.uncovered else "uncovered: []",
        *(f"- [{word.start}, {json.dumps(word.word, ensure_ascii=False)}]" for word in lock.uncovered),
    ]
    return "\n".join(lines) + "\n"


def write_lock(path: Path, lock: Lock) -> bool:
    """Write the lock, whole or not at all; True when the file changed. Raises `UsageError` when that fails."""
    return write_whole(path, render_lock(lock).encode())


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_lock(path: Path, root: Path, problems: Problems) -> Lock | None:
    """Read a lock; None when there is none, or, with the problems noted, when it is damaged."""
    return read_sealed(path, root, _lock, _seal, problems)


def read_sealed(
    path: Path,
    root: Path,
    parse: Callable[[Map, Problems], _Sealed | None],
    seal: Callable[[_Sealed], str],
    problems: Problems,
) -> _Sealed | None:
    """Read a lock of any kind; None when there is none, or, with the problems noted, when it is damaged.

    parse: what makes it of the file's entries, and notes what is wrong with them. seal: what its `seal` must be.
    """
    if not path.is_file():
        return None
    mine = Problems()
    value = read(path, root, mine)
    entries = None if value is None else as_map(value, "the lock", mine)
    lock = None if entries is None else parse(entries, mine)
    if entries and lock and not mine and entries.get("seal") != seal(lock):
        mine.add("the seal does not fit the rest of the lock", key_place(entries, "seal"))
    for problem in mine:
        problems.add(problem.message, problem.place, f"the lock is damaged: restore it, or remove it and {_AGAIN}")
    return None if mine else lock


def _lock(entries: Map, problems: Problems) -> Lock | None:
    only_keys(entries, _KEYS, "the lock", problems)
    text, coverage, quotes, words, seal = (entries.get(key) for key in _KEYS)
    if text is None or coverage is None or quotes is None or words is None or seal is None:
        problems.add(f"the lock needs all of {', '.join(_KEYS)}", entries.place)
        return None
    head = as_map(text, "text", problems)
    whole = None if head is None else _hashed(head, problems)
    digested = as_text(coverage, "coverage", problems)
    locked = [_locked(item, problems) for item in as_list(quotes, "quotes", problems) or ()]
    uncovered = [_word(item, problems) for item in as_list(words, "uncovered", problems) or ()]
    if whole is None or digested is None:
        return None
    return Lock(*whole, str(digested), tuple(filter(None, locked)), tuple(filter(None, uncovered)))


def _hashed(entries: Map, problems: Problems) -> tuple[str, int] | None:
    """The `sha256` and `length` of an entry."""
    sha256, length = entries.get("sha256"), entries.get("length")
    if sha256 is None or length is None:
        problems.add("an entry of the lock needs sha256 and length", entries.place)
        return None
    text, number = as_text(sha256, "sha256", problems), as_number(length, "length", problems)
    return None if text is None or number is None else (str(text), number)


def _locked(item: Value, problems: Problems) -> Locked | None:
    entries = as_map(item, "a quote of the lock", problems)
    hashed = None if entries is None else _hashed(entries, problems)
    at = None if entries is None else entries.get("at")
    if hashed is None or at is None:
        return None
    starts = [as_number(start, "a position", problems) for start in as_list(at, "at", problems) or ()]
    return Locked(*hashed, tuple(start for start in starts if start is not None))


def _word(item: Value, problems: Problems) -> Word | None:
    pair = as_list(item, "an uncovered word", problems)
    if pair is None:
        return None
    if len(pair) != 2:
        problems.add("an uncovered word is [position, word]", pair.place)
        return None
    start, word = as_number(pair[0], "a position", problems), as_text(pair[1], "a word", problems)
    return None if start is None or word is None else Word(start, str(word))
