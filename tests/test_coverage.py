"""The words of a text, those under no quote, and the closed classes of a language."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.article.coverage import Word, content_words, masked, uncovered_words, words_of
from kg.article.language import language
from kg.article.quote import Span

ANY_TEXT = st.text(alphabet=st.sampled_from("aé’'e\u03019 .-\u00a0L\U0001f6a2\n_"), max_size=40)


@pytest.mark.parametrize(
    ("text", "tag", "expected"),
    [
        ("l’OCS et l'ONU", "fr", ["l’", "OCS", "et", "l'", "ONU"]),
        ("qu’aujourd’hui", "fr", ["qu’", "aujourd’", "hui"]),
        ("a-t-il", "fr", ["a", "t", "il"]),
        ("anti-terroriste, 13/06/2010", "fr", ["anti", "terroriste", "13", "06", "2010"]),
        ("“les trois forces”", "fr", ["les", "trois", "forces"]),
        ("the council’s ships’ bells didn’t", "en", ["the", "council", "’s", "ships", "bells", "didn", "’t"]),
        ("e\u0301te\u0301", "fr", ["e\u0301te\u0301"]),
        ("snake_case", "en", ["snake", "case"]),
        ("  ", "fr", []),
        ("l’", "fr", ["l"]),
        ("北京 Привет", "fr", ["北京", "Привет"]),
    ],
)
def test_words_are_runs_of_letters_digits_and_marks(text: str, tag: str, expected: list[str]) -> None:
    """An apostrophe goes with the left word in French, with the right one in English."""
    assert [word.word for word in words_of(text, tag)] == expected


@given(ANY_TEXT, st.sampled_from(["fr", "en", "sw"]))
def test_words_stand_where_they_say(text: str, tag: str) -> None:
    """In text order, apart, and every letter and digit of the text is in one of them."""
    words = words_of(text, tag)
    assert all(text[word.start : word.end] == word.word for word in words)
    assert all(left.end <= right.start for left, right in pairwise(words))
    covered = {position for word in words for position in range(word.start, word.end)}
    assert {position for position, character in enumerate(text) if character.isalnum()} <= covered


def test_a_word_counts_as_covered_only_when_all_of_it_is() -> None:
    """Several quotes may cover it together; half a word is not covered."""
    text = "the north basin"
    assert uncovered_words(text, "en", [Span(4, 9)]) == (Word(0, "the"), Word(10, "basin"))
    assert uncovered_words(text, "en", [Span(4, 7), Span(7, 9), Span(10, 12)]) == (Word(0, "the"), Word(10, "basin"))
    assert uncovered_words(text, "en", [Span(0, 15)]) == ()


@given(ANY_TEXT, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=5))
def test_uncovered_words_are_those_that_a_naive_count_finds(text: str, ranges: list[tuple[int, int]]) -> None:
    """Spans may overlap, and may reach past the end."""
    spans = [Span(start, start + length) for start, length in ranges]
    under = {position for span in spans for position in range(span.start, span.end)}
    expected = tuple(word for word in words_of(text, "fr") if not set(range(word.start, word.end)) <= under)
    assert uncovered_words(text, "fr", spans) == expected


def test_content_words_are_of_no_closed_class() -> None:
    """Case and the kind of apostrophe do not matter; verbs of modality, adverbs and numbers are content."""
    text = "L'accord n’a pas été signé par les deux parties, qui peuvent également partir"
    assert [word.word for word in content_words(words_of(text, "fr"), "fr")] == [
        "accord",
        "signé",
        "deux",
        "parties",
        "peuvent",
        "également",
        "partir",
    ]
    text = "It wasn’t the council’s, and they will not leave it"
    assert [word.word for word in content_words(words_of(text, "en"), "en")] == ["council", "will", "leave"]


def test_a_language_without_a_list_has_only_content_words() -> None:
    """Nothing is taken for a function word by chance."""
    assert content_words(words_of("le bahari", "sw"), "sw") == (Word(0, "le"), Word(3, "bahari"))


def test_a_regional_tag_has_the_words_of_its_language() -> None:
    """fr-CA is French."""
    assert language("fr-CA").is_function_word("LES")
    assert not language("x-private").function_words


@pytest.mark.parametrize("tag", ["fr", "en"])
def test_the_classes_of_a_language_are_the_closed_ones(tag: str) -> None:
    """No further class slips in, and no word is of two spellings."""
    assert list(language(tag).function_words) == [
        "determiners",
        "prepositions",
        "conjunctions",
        "pronouns",
        "auxiliaries",
        "negation",
    ]
    assert all(word for words in language(tag).function_words.values() for word in words)


def test_masking_hides_content_words_and_nothing_else() -> None:
    """Their place and length stay, and they still count as content."""
    words = words_of("le rôle de l’OCS", "fr")
    hidden = masked(words, "fr")
    assert [word.word for word in hidden] == ["le", "····", "de", "l’", "···"]
    assert [(word.start, word.end) for word in hidden] == [(word.start, word.end) for word in words]
    assert [word.start for word in content_words(hidden, "fr")] == [3, 13]
