"""The text of an article: found, read as it is, searched, cut into sentences, begun as an article file."""

from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.article import find, find_text, propose_sentences, read_text, skeleton
from kg.article.quote import digest
from kg.article.text import Match, why_other
from kg.errors import Problems, UsageError
from kg.yaml import read_text as read_yaml


def test_the_folder_of_texts_comes_before_the_article_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`$KG_TEXTS/<slug>.txt`, else `<slug>.txt` beside the article, else none."""
    article, texts = tmp_path / "harbour.yaml", tmp_path / "texts"
    texts.mkdir()
    monkeypatch.delenv("KG_TEXTS", raising=False)
    assert find_text(article) is None
    beside = tmp_path / "harbour.txt"
    beside.write_text("a", encoding="utf-8")
    assert find_text(article) == beside
    monkeypatch.setenv("KG_TEXTS", str(texts))
    assert find_text(article) == beside
    (texts / "harbour.txt").write_text("b", encoding="utf-8")
    assert find_text(article) == texts / "harbour.txt"


@pytest.mark.parametrize("content", ["\ufeffa\r\nb\r", "a\n", "e\u0301\u2028", ""])
def test_a_text_is_read_exactly_as_it_is(tmp_path: Path, content: str) -> None:
    """No line end is translated and no mark dropped: positions and hash are of the file."""
    path = tmp_path / "a.txt"
    path.write_bytes(content.encode())
    assert read_text(path, tmp_path, Problems()) == content


def test_a_text_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    """With the byte where it stops being it."""
    path = tmp_path / "a.txt"
    path.write_bytes("été".encode("latin-1"))
    problems = Problems()
    assert read_text(path, tmp_path, problems) is None
    assert [(p.message, str(p.place)) for p in problems] == [("not UTF-8 at byte 0", "a.txt:1:1")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: f"\ufeff{text}", "without its byte order mark"),
        (lambda text: text.replace("\n", "\r\n"), "with Unix line ends (LF, not CRLF)"),
        (lambda text: f"{text}\n", "without the line break at its end"),
        (lambda text: text.replace("é", "e\u0301"), "in Unicode normal form C"),
        (
            lambda text: "\ufeff" + text.replace("\n", "\r\n"),
            "without its byte order mark and with Unix line ends (LF, not CRLF)",
        ),
    ],
)
def test_a_text_that_an_editor_changed_says_how_to_undo_it(change: object, expected: str) -> None:
    """A mark, line ends, a last line break or a normal form changes the hash and nothing one sees."""
    text = "Un été\nau port"
    assert callable(change)
    assert why_other(change(text), digest(text)) == f"save the text {expected}: then it is the same text"


def test_another_text_is_called_another_text() -> None:
    """No small change gives it the hash."""
    assert why_other("a", digest("b")).startswith("this is another text")


def test_find_gives_every_position_with_its_surroundings() -> None:
    """Overlapping ones too."""
    assert find("ana", "a banana") == [Match(3, 6, "a b", "ana", "na"), Match(5, 8, "a ban", "ana", "")]


def test_find_gives_the_nearest_passage_when_the_words_are_absent() -> None:
    """With how it differs; nothing when nothing is like it."""
    assert find("Saltmere's", "In Saltmere’s port") == [
        Match(3, 13, "In ", "Saltmere’s", " port", ("the text has ’ U+2019 where the quote has ' U+0027",))
    ]
    assert find("xylophone", "In the port") == []


@pytest.mark.parametrize(
    ("text", "tag", "expected"),
    [
        ("Un. Deux! Trois ? Quatre…", "fr", ["Un.", "Deux!", "Trois ?", "Quatre…"]),
        ("M. Martin et Mme. Roux partent. M. Roux reste.", "fr", ["M. Martin et Mme. Roux partent.", "M. Roux reste."]),
        ("« Il part. » Elle reste.", "fr", ["« Il part. »", "Elle reste."]),
        ("«\u00a0Il part\u00a0!\u00a0» Elle reste.", "fr", ["«\u00a0Il part\u00a0!\u00a0»", "Elle reste."]),
        ("« Oui ! » dit-il. « Non. »", "fr", ["« Oui ! » dit-il.", "« Non. »"]),
        ("Titre sans point\n\nAjouté le 1. Fin", "fr", ["Titre sans point", "Ajouté le 1.", "Fin"]),
        ("1. Ouvrir le port. 2. Le fermer.", "fr", ["1. Ouvrir le port.", "2. Le fermer."]),
        ("J. Roux, p. ex. Il dort.", "fr", ["J. Roux, p. ex. Il dort."]),
        ("Mr. Pike met Dr. Hale. The U.N. Council rose.", "en", ["Mr. Pike met Dr. Hale.", "The U.N. Council rose."]),
        ("“Stay.” The mayor left.", "en", ["“Stay.”", "The mayor left."]),
        ("It costs 3.5 million. Why?", "en", ["It costs 3.5 million.", "Why?"]),
        ("See example.com for more. It is open.", "en", ["See example.com for more.", "It is open."]),
        ("one line\nanother line", "en", ["one line", "another line"]),
        ("a wrapped\nline. Next\n\nanother", "en", ["a wrapped\nline.", "Next", "another"]),
        ("\ufeffTitle\r\n\r\nText.\r\n", "en", ["Title", "Text."]),
        ("  \n \n", "en", []),
        ("", "en", []),
    ],
)
def test_sentences_are_proposed(text: str, tag: str, expected: list[str]) -> None:
    """By paragraphs and stops; abbreviations, initials and numbers end none."""
    assert [text[span.start : span.end] for span in propose_sentences(text, tag)] == expected


@given(st.text(alphabet=st.sampled_from("aB1 .!?…\n\r«»”’\u00a0M"), max_size=60), st.sampled_from(["fr", "en"]))
def test_proposed_sentences_cover_everything_that_is_printed(text: str, tag: str) -> None:
    """In text order, apart, without white space around them, and nothing but white space between them."""
    spans = propose_sentences(text, tag)
    parts = [text[span.start : span.end] for span in spans]
    assert all(part and part == part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(left.end <= right.start for left, right in pairwise(spans))


@pytest.mark.parametrize(
    "text",
    ["." * 200_000 + "a", "M. " * 60_000, "U.N. " * 40_000, "." + "»" * 200_000, "\n\r" * 60_000, ". ((" * 40_000],
)
def test_sentences_are_proposed_in_time_proportional_to_the_text(text: str) -> None:
    """Also where every stop must be looked at: from each of 200,000 stops on, it would take minutes."""
    start = process_time()
    propose_sentences(text, "fr")
    assert process_time() - start < 3


@pytest.mark.parametrize("language", ["x: {y", "", "french language", "fr\n", "[fr"])
def test_a_skeleton_is_written_only_in_a_language(language: str) -> None:
    """Anything else would not be YAML, or no article."""
    with pytest.raises(UsageError, match="is not a language tag: use one such as fr, en or zh-Hans"):
        skeleton("A text.", "a", language)


def test_the_skeleton_of_an_article() -> None:
    """Everything that a machine knows, and a passage for each sentence; the text itself is not in it."""
    text = 'The "north" basin\n\nIt is deep. It rises.\n'
    assert skeleton(text, "basin", "en") == (
        "# basin: look over the headline and the sentence ranges, then write the facts under their sentences.\n"
        "article:\n"
        "  language: en\n"
        '  headline: "The \\"north\\" basin"\n'
        "  rights: quotes\n"
        f"  text: {{sha256: {digest(text)}, length: 41}}\n"
        "  sentences:\n"
        "  - [0, 17]\n"
        "  - [19, 30]\n"
        "  - [31, 40]\n"
        "\n"
        "passages:\n"
        "- sentence: 1\n"
        "  facts: {}\n"
        "- sentence: 2\n"
        "  facts: {}\n"
        "- sentence: 3\n"
        "  facts: {}\n"
    )


@given(st.text(max_size=40))
def test_a_headline_is_read_back_from_the_skeleton_as_it_is(text: str) -> None:
    """Whatever characters it has."""
    sentences = propose_sentences(text, "en")
    problems = Problems()
    value = read_yaml(skeleton(text, "a", "en"), "a.yaml", problems)
    assert problems == []
    assert isinstance(value, dict)
    headline = value["article"]["headline"]  # type: ignore[index,call-overload]
    assert headline == (text[sentences[0].start : sentences[0].end] if sentences else "")
