"""What is known of a language: its function words, its abbreviations, the side an apostrophe leans to.

One file a language lies in `languages/`; a language without a file has no function words.
"""

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from kg.errors import Problems
from kg.yaml import List, Map, read_text

__all__ = ["Language", "fold_word", "language"]


@dataclass(frozen=True, slots=True)
class Language:
    """A language as coverage and sentence splitting need it.

    tag: the primary subtag. apostrophe: whether it belongs to the word on its left (l’ + OCS) or on its
    right (council + ’s). function_words: by class (determiners, prepositions, …), folded by `fold_word`.
    abbreviations: words whose full stop ends no sentence, without it.
    """

    tag: str
    apostrophe: Literal["left", "right"] = "left"
    function_words: dict[str, frozenset[str]] = field(default_factory=dict)
    abbreviations: frozenset[str] = frozenset()

    def is_function_word(self, word: str) -> bool:
        """Whether the word is of a closed class."""
        folded = fold_word(word)
        return any(folded in words for words in self.function_words.values())


def fold_word(word: str) -> str:
    """The word in lower case, composed, with the typographic apostrophe."""
    return unicodedata.normalize("NFC", word).replace("'", "’").casefold()


@cache
def language(tag: str) -> Language:
    """The language of a tag, by its primary subtag: `fr-CA` is French."""
    primary = tag.split("-", maxsplit=1)[0].lower()
    resource = files("kg.article") / "languages" / f"{primary}.yaml"
    if not primary.isalnum() or not resource.is_file():
        return Language(primary)
    problems = Problems()
    entries = cast("Map", read_text(resource.read_text(encoding="utf-8"), f"{primary}.yaml", problems))
    problems.stop_if_any()
    return Language(
        primary,
        "right" if entries.get("apostrophe") == "right" else "left",
        {
            str(name): frozenset(fold_word(str(word)) for word in cast("List", words))
            for name, words in cast("Map", entries.get("function-words")).items()
        },
        frozenset(str(word) for word in cast("List", entries.get("abbreviations"))),
    )
