"""The head of an article file: its language, headline, rights, the hash of its text, its sentences."""

import re

from kg.article.model import Metadata
from kg.article.quote import Span
from kg.article.shape import as_list, as_map, as_number, as_text, choice, key_place, only_keys
from kg.errors import Problems
from kg.language import is_language_tag
from kg.yaml import List, Map, Text, Value

__all__ = ["read_metadata"]

_KEYS = ("language", "headline", "rights", "text", "sentences")
_RIGHTS = ("quotes", "text")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_metadata(entries: Map, problems: Problems) -> Metadata:
    """Read the value of `article:`; what is missing or wrong is noted and left empty."""
    only_keys(entries, _KEYS, "article", problems)
    for key in _KEYS:
        if entries.get(key) is None:
            problems.add(f"the article has no {key}", entries.place, "`kg article new` writes the whole head")
    sha256, length = _text(entries.get("text"), problems)
    return Metadata(
        _language(entries.get("language"), problems),
        str(_optional(entries.get("headline"), "headline", problems)),
        _rights(entries.get("rights"), problems),
        sha256,
        length,
        _sentences(entries.get("sentences"), length, problems),
    )


def _optional(value: Value | None, what: str, problems: Problems) -> Text | str:
    return "" if value is None else as_text(value, what, problems) or ""


def _rights(value: Value | None, problems: Problems) -> str:
    return "" if value is None else choice(value, "rights", _RIGHTS, problems) or ""


def _language(value: Value | None, problems: Problems) -> str:
    tag = _optional(value, "language", problems)
    if isinstance(tag, Text) and not is_language_tag(tag):
        problems.add(f"{str(tag)!r} is not a language tag", tag.place, "use a tag such as fr, en or zh-Hans (RFC 5646)")
    return str(tag)


def _text(value: Value | None, problems: Problems) -> tuple[str, int]:
    """Hash and length; the hash empty when either is wrong, so that the text at hand is not compared with it."""
    entries = None if value is None else as_map(value, "text", problems)
    if entries is None:
        return "", 0
    only_keys(entries, ("sha256", "length"), "text", problems)
    for key in ("sha256", "length"):
        if entries.get(key) is None:
            problems.add(f"the text has no {key}", key_place(entries, key), "`kg article new` writes it")
    sha256 = _optional(entries.get("sha256"), "sha256", problems)
    if isinstance(sha256, Text) and not _SHA256.fullmatch(sha256):
        problems.add("sha256 must be 64 digits of 0–9 and a–f", sha256.place, "`kg article new` writes it")
        sha256 = ""
    written = entries.get("length")
    length = None if written is None else as_number(written, "length", problems)
    return ("", 0) if length is None else (str(sha256), length)


def _sentences(value: Value | None, length: int, problems: Problems) -> tuple[Span, ...]:
    """The ranges; empty when any of them is wrong, so that no quote is blamed for it."""
    mine = Problems()
    spans: list[Span] = []
    for number, item in enumerate((as_list(value, "sentences", mine) if value is not None else None) or (), 1):
        span = _range(item, number, mine)
        if span is None:
            continue
        if length and span.end > length:
            mine.add(f"sentence {number} ends at {span.end}, after the text's {length} characters", item.place)
        if spans and span.start < spans[-1].end:
            how = "starts before" if span.start < spans[-1].start else "overlaps"
            mine.add(f"sentence {number} {how} the one before it", item.place, "write the ranges in text order, apart")
        spans.append(span)
    if isinstance(value, List) and not value:
        mine.add("sentences is empty", value.place, "`kg article new` proposes ranges")
    problems.extend(mine)
    return () if mine else tuple(spans)


def _range(item: Value, number: int, problems: Problems) -> Span | None:
    pair = as_list(item, f"sentence {number}", problems)
    if pair is None:
        return None
    if len(pair) != 2:
        problems.add(f"sentence {number} must be [start, end]", pair.place, "the end is after the last character")
        return None
    start, end = (as_number(edge, f"an edge of sentence {number}", problems) for edge in pair)
    if start is None or end is None:
        return None
    if end <= start:
        problems.add(f"sentence {number} ends before it starts", pair.place, "write [start, end], the end exclusive")
        return None
    return Span(start, end)
