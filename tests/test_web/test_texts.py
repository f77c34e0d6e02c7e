"""What the pages say, in both languages."""

import re
from pathlib import Path

import pytest

import kg.web
from kg.web.texts import LANGUAGES, TEXTS, headings, say


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
    folder = Path(kg.web.__file__).parent
    sources = [path.read_text(encoding="utf-8") for path in folder.glob("templates/*.html")]
    asked = {key for source in sources for key in re.findall(r"""\bsay\(["']([^"']+)["']""", source)}
    assert asked
    assert asked <= set(TEXTS)


@pytest.mark.parametrize(
    ("language", "number", "expected"),
    [("en", 0, "articles"), ("en", 1, "article"), ("fr", 0, "article"), ("fr", 2, "articles")],
)
def test_one_and_several(language: str, number: int, expected: str) -> None:
    """French counts nothing as one, English as several."""
    assert say("count.articles", language, number) == expected


def test_headings() -> None:
    """Columns that answers share are called alike everywhere."""
    assert headings("fr")["quote"] == "dans les mots de l’article"
