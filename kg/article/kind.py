"""What a fact of one kind may say: the fields that its mapping reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["RESERVED", "Field", "Kind"]

RESERVED = frozenset(
    {
        "article",
        "id",
        "kind",
        "language",
        "sentence",
        "passages",
        "voices",
        "modality",
        "polarity",
        "status",
        "ambiguity",
        "readings",
        "premises",
        "rationale",
        "quote",
        "at",
        "ambiguous",
        "why",
    }
)
"""Names that a field cannot have: the records and the article files use them themselves."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind.

    name: the key in the article file. type: `entity` (an id of the registry), `claim` (the local name of
    a claim, `fact.predicate.key`), `value` (a literal with a datatype) or `text` (any other literal).
    datatype: its IRI, for `value`. check: returns what is wrong with a value, or None.
    required: without the field the fact would say nothing at all (its subject, as a rule).
    """

    name: str
    type: Literal["entity", "claim", "text", "value"]
    datatype: str = ""
    check: Callable[[str], str | None] | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact: its name, and its fields by name.

    known: whether these are all its fields; not so when its mapping could not be read whole.
    """

    name: str
    fields: Mapping[str, Field]
    known: bool = True
