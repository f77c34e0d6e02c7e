"""How a fact is said: its modality, status and polarity, and whether it can be read in several ways."""

from collections.abc import Collection, Mapping

from kg.article.shape import as_map, as_text, as_texts, choice, only_keys
from kg.errors import Problems
from kg.yaml import Map, Value, place_of

__all__ = ["MODALITIES", "POLARITIES", "STATUSES", "read_ambiguity", "read_stance"]

MODALITIES = ("asserted", "reported", "evaluated", "mandated", "intended", "predicted", "agreed")
STATUSES = ("explicit", "presupposed")
POLARITIES = ("positive", "negative")

_WORDS: Mapping[str, Collection[str]] = {"modality": MODALITIES, "status": STATUSES, "polarity": POLARITIES}


def read_stance(entries: Map, problems: Problems) -> dict[str, str]:
    """The modality, status and polarity of a passage or fact, as far as they are written."""
    found: dict[str, str] = {}
    for key, allowed in _WORDS.items():
        value = entries.get(key)
        word = None if value is None else choice(value, key, allowed, problems)
        if word is not None:
            found[key] = word
    return found


def read_ambiguity(value: Value | None, problems: Problems) -> tuple[str | None, list[str]]:
    """Why a fact is ambiguous, in plain words, and its readings; (None, []) when it is not."""
    entries = None if value is None else as_map(value, "ambiguous", problems)
    if entries is None:
        return None, []
    only_keys(entries, ("why", "readings"), "ambiguous", problems)
    why, readings = entries.get("why"), entries.get("readings")
    if why is None or readings is None:
        problems.add(
            "ambiguous needs why and readings", entries.place, "ambiguous: {why: …, readings: [one reading, another]}"
        )
        return None, []
    texts = as_texts(readings, "readings", problems)
    if texts is not None and len(texts) < 2:
        problems.add("ambiguous has a single reading", place_of(readings), "give at least two")
    reason = as_text(why, "why", problems)
    return None if reason is None else str(reason), [str(text) for text in texts or ()]
