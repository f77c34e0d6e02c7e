"""What the pages say, in both languages."""

import re
from pathlib import Path

import pytest

import kg.web
from kg.web.show.texts import LANGUAGES, TEXTS, headings, say, spoken, wanted


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_says_the_same_in_every_language(key: str) -> None:
    """Each language has a text, with the same gaps and, where there are several, as many forms."""
    texts = TEXTS[key]
    assert len(texts) == len(LANGUAGES)
    assert all(texts)
    assert len({tuple(sorted(set(re.findall(r"\{\w+\}", text)))) for text in texts}) == 1
    assert len({text.count("|") for text in texts}) == 1


def test_templates_say_what_there_is() -> None:
    """No template asks for a text that there is not."""
    templates = (Path(kg.web.__file__).parent / "page" / "templates").glob("*.html")
    sources = [path.read_text(encoding="utf-8") for path in templates]
    asked = {key for source in sources for key in re.findall(r"""\bsay\(["']([^"']+)["']""", source)}
    assert asked
    assert asked <= set(TEXTS)


@pytest.mark.parametrize(
    ("language", "number", "expected"),
    [
        *(("en", 0, "articles"), ("en", 1, "article"), ("fr", 0, "article"), ("fr", 2, "articles")),
        *(("fr-CA", 0, "article"), ("de", 0, "articles"), ("", 1, "article")),
    ],
)
def test_one_and_several(language: str, number: int, expected: str) -> None:
    """French counts nothing as one, English as several."""
    assert say("count.articles", language, number) == expected


def test_headings() -> None:
    """Columns that answers share are called alike everywhere."""
    assert headings("fr")["quote"] == "dans les mots de l’article"


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de", "Haus"), ("de-AT", "Haus"), ("fr-CA", "logis"), ("FR", "maison"), ("it", "house"), ("", "house")],
)
def test_a_text_is_in_the_nearest_language_that_there_is(language: str, expected: str) -> None:
    """The language, what it is a variety of, ours, any."""
    texts = {"de": "Haus", "fr": "maison", "fr-CA": "logis", "en": "house", "it": ""}
    assert expected == spoken(texts, language)
    assert ("Haus", "") == (spoken({"de": "Haus"}, "fr"), spoken({}, "fr"))


def test_a_language_is_asked_for_from_the_narrowest_to_the_widest() -> None:
    """Subtags are left out from the end."""
    assert wanted("zh-Hant-TW") == ("zh-hant-tw", "zh-hant", "zh")
