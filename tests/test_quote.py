"""Finding words in a text: exactly, overlaps too; and saying how they differ from what is there."""

import unicodedata
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.article.locate import Locator
from kg.article.nearest import _best_window, differences, nearest_passage, show_character
from kg.article.quote import Span, TextEvidence, digest, occurrences
from kg.errors import Place, Problems
from kg.yaml import Text

TEXT = "The mayor of Saltmere spoke. Saltmere’s port, the mayor said, stays open. No\u00a0ship left."
SENTENCES = [Span(0, 28), Span(29, 73), Span(74, 87)]
LETTERS = st.text(alphabet="ab’\u0301é\U0001f6a2", max_size=30)


def text(words: str) -> Text:
    """A scalar as a file would give it."""
    return Text(words, Place("a.yaml", 3, 7, f"quote: {words}"))


def locator(problems: Problems) -> Locator:
    """A locator over the text of these tests."""
    return Locator(TextEvidence(TEXT), SENTENCES, problems)


def told(problems: Problems) -> list[tuple[str, str]]:
    """Messages and remedies."""
    return [(problem.message, problem.fix) for problem in problems]


@given(LETTERS, st.text(alphabet="ab’\u0301é\U0001f6a2", min_size=1, max_size=3))
def test_occurrences_are_those_that_a_naive_search_finds(haystack: str, words: str) -> None:
    """Every position counts, also where one occurrence overlaps another, in code points."""
    naive = [start for start in range(len(haystack)) if haystack[start : start + len(words)] == words]
    assert occurrences(words, haystack) == naive


def test_no_words_stand_nowhere() -> None:
    """An empty string is no quote, although Python finds it everywhere."""
    assert occurrences("", "abc") == []


@given(st.text(max_size=20))
def test_any_string_has_a_digest(words: str) -> None:
    """Lone surrogates too, which YAML escapes can write."""
    assert len(digest(words + "\ud800")) == 64


@given(st.integers(0, 60), st.integers(1, 25))
def test_words_of_the_text_are_their_own_nearest_passage(start: int, length: int) -> None:
    """Without a difference nothing is told."""
    words = TEXT[start : start + length]
    near = nearest_passage(words, TEXT)
    assert near is not None
    assert (near.quote, near.differences) == (words, ())


@pytest.mark.parametrize(
    ("words", "passage", "expected"),
    [
        ("Saltmere's", "Saltmere’s", "the text has ’ U+2019 where the quote has ' U+0027"),
        ("saltmere", "Saltmere", "the text has S U+0053 where the quote has s U+0073"),
        ("Prefet", "Préfet", "the text has é U+00E9 where the quote has e U+0065"),
        ("No ship", "No\u00a0ship", "the text has NO-BREAK SPACE U+00A0 where the quote has SPACE U+0020"),
        ("10 kg", "10\u202fkg", "the text has NARROW NO-BREAK SPACE U+202F where the quote has SPACE U+0020"),
        (
            "é",
            "e\u0301",
            "the text has e U+0065 + COMBINING ACUTE ACCENT U+0301 where the quote has é U+00E9",
        ),
        ("the port", "the  port", "the text has SPACE U+0020 that the quote has not"),
        ("the, port", "the port", "the quote has , U+002C that the text has not"),
        ("a-b", "a–b", "the text has – U+2013 where the quote has - U+002D"),
        ("it'll's", "it’ll’s", "the text has ’ U+2019 where the quote has ' U+0027 (2 times)"),
    ],
)
def test_the_differing_characters_are_named(words: str, passage: str, expected: str) -> None:
    """By sign and code point; by name what cannot be seen; whole words when more than a letter differs."""
    assert differences(words, passage) == (expected,)


def test_a_differing_word_is_shown_whole() -> None:
    """Character by character it would be a riddle."""
    assert differences("the sea is", "the river is") == ("the text has “river” where the quote has “sea”",)


def test_at_most_four_differences_are_told() -> None:
    """More would hide what is wrong."""
    told = differences("a.b.c.d.e.f", "a,b;c:d!e?f")
    assert (len(told), told[-1]) == (5, "and more")


@pytest.mark.parametrize(("character", "expected"), [("’", "’ U+2019"), ("\u00ad", "SOFT HYPHEN U+00AD")])
def test_a_character_is_shown_so_that_it_can_be_told_apart(character: str, expected: str) -> None:
    """What has no ink has its name."""
    assert show_character(character) == expected


@pytest.mark.parametrize("words", ["xylophone quartz", "", "\u0301"])
def test_nothing_is_near_when_nothing_is_like_it(words: str) -> None:
    """A far-fetched passage would mislead."""
    assert nearest_passage(words, "The mayor spoke.") is None


def test_the_nearest_passage_prefers_small_slips() -> None:
    """A wrong accent and case is nearer than another word of the same length."""
    near = nearest_passage("elysee", "an elyxxx, the Élysée")
    assert near is not None
    assert near.quote == "Élysée"


def test_a_decomposed_quote_finds_the_composed_text() -> None:
    """Normal forms differ in code points, and that is what is told."""
    near = nearest_passage(unicodedata.normalize("NFD", "été"), "un été")
    assert near is not None
    assert near.quote == "été"


WORDS = [
    "the",
    "harbour",
    "mayor",
    "of",
    "Saltmere",
    "said",
    "that",
    "quay",
    "stays",
    "été",
    "l’élu",
    "e\u0301tat",
    "port",
]


def prose(size: int) -> str:
    """Always the same text of at least so many characters, from few words, so that much in it is alike."""
    words, state, length = [], 1, 0
    while length < size:
        state = state * 1103515245 + 12345 & 0x7FFFFFFF
        words.append(WORDS[(state >> 16) % len(WORDS)])
        length += len(words[-1]) + 1
    return " ".join(words)


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_in_a_long_text_the_nearest_passage_is_that_of_the_whole_comparison(data: st.DataObject) -> None:
    """Comparing only the likeliest regions misses nothing: some characters of a passage changed, left out or added."""
    long = prose(3000)
    start = data.draw(st.integers(0, len(long) - 120))
    words = list(long[start : start + data.draw(st.integers(40, 120))])
    for _ in range(data.draw(st.integers(1, 4))):
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(st.sampled_from(["", "xy", "'", "É", "  "]))
    near = nearest_passage("".join(words), long)
    cost, _, _ = _best_window("".join(words), long)
    assert near is not None
    assert cost == _best_window("".join(words), near.quote)[0]


@pytest.mark.parametrize("length", [67, 160, 2000])
def test_a_nearest_passage_is_soon_found(length: int) -> None:
    """Ten absent quotes in a million characters in a few seconds, where a whole comparison takes minutes."""
    long = prose(1_000_000)
    start = process_time()
    for number in range(10):
        first = 90_000 * number
        near = nearest_passage(f"{long[first : first + 40]}XQ{long[first + 42 : first + length]}", long)
        assert near is not None
        assert first <= near.start <= first + 40 < near.end <= first + length
    assert process_time() - start < 15


def test_of_long_words_those_around_the_first_difference_are_compared() -> None:
    """A whole page would hide the one character that is wrong."""
    long = "".join(f"{number} " for number in range(1000))
    near = nearest_passage(f"{long[500:900]}'{long[901:1500]}", long)
    assert near is not None
    assert (near.start, near.end) == (820, 980)


def test_a_quote_is_found_within_its_sentence() -> None:
    """Although the same words stand in another sentence as well."""
    problems = Problems()
    assert locator(problems).quote([(text("mayor"), None)], 2) == [Span(50, 55)]
    assert told(problems) == []


def test_a_quote_elsewhere_says_in_which_sentence() -> None:
    """The words exist; the fact stands under the wrong sentence."""
    problems = Problems()
    assert locator(problems).quote([(text("port"), None)], 1) is None
    assert told(problems) == [
        (
            "“port” stands outside sentence 1",
            "it stands in sentence 2, at 40: move the fact to that sentence, or quote other words",
        )
    ]


def test_a_quote_across_sentences_is_outside_each() -> None:
    """A quote never reaches over the border of its sentence."""
    problems = Problems()
    assert locator(problems).quote([(text("spoke. Saltmere"), None)], 1) is None
    assert "across the borders of the sentences, at 22" in problems[0].fix


def test_a_quote_that_stands_twice_lists_the_positions() -> None:
    """With some words around each, to choose from."""
    problems = Problems()
    assert locator(problems).quote([(text("said"), None)], 2) == [Span(56, 60)]
    twice = Locator(TextEvidence("go, go"), [Span(0, 6)], problems)
    assert twice.quote([(text("go"), None)], 1) is None
    assert told(problems) == [
        (
            "“go” stands 2 times in sentence 1",
            "say which with `at:`, one of 0 …[go], go…, 4 …go, [go]…; or quote more words",
        )
    ]
    assert twice.quote([(text("go"), 4)], 1) == [Span(4, 6)]


def test_overlapping_occurrences_are_two() -> None:
    """`ana` stands twice in banana: without a position it is ambiguous."""
    problems = Problems()
    assert Locator(TextEvidence("banana"), [Span(0, 6)], problems).quote([(text("ana"), None)], 1) is None
    assert problems[0].message == "“ana” stands 2 times in sentence 1"


def test_a_position_that_disagrees_says_where_the_words_are() -> None:
    """Also when the words stand only once: what is written must be true."""
    problems = Problems()
    assert locator(problems).quote([(text("port"), 41)], 2) is None
    assert told(problems) == [
        ("“port” does not stand at 41", "it stands at 40 …e spoke. Saltmere’s [port], the mayor said, st…")
    ]


def test_a_position_in_another_sentence_is_told_as_that() -> None:
    """The words stand there, but not in the sentence of the fact."""
    problems = Problems()
    assert locator(problems).quote([(text("mayor"), 4)], 2) is None
    assert told(problems)[0][0] == "“mayor” stands outside sentence 2"


def test_an_absent_quote_shows_the_nearest_passage_of_its_sentence() -> None:
    """And which characters differ, with the position of the passage."""
    problems = Problems()
    assert locator(problems).quote([(text("Saltmere's port"), None)], 2) is None
    assert told(problems) == [
        (
            "“Saltmere's port” is not in the text",
            "nearest: “Saltmere’s port” at 29–44: the text has ’ U+2019 where the quote has ' U+0027",
        )
    ]


def test_a_quote_that_nothing_resembles_names_no_passage() -> None:
    """Better no hint than a wrong one."""
    problems = Problems()
    locator(problems).quote([(text("xylophone quartz"), None)], 2)
    assert told(problems) == [
        ("“xylophone quartz” is not in the text", "copy the words from the text, exactly as they stand there")
    ]


def test_segments_stand_apart_and_in_the_order_of_the_text() -> None:
    """Each is verified by itself."""
    problems = Problems()
    finder = locator(problems)
    assert finder.quote([(text("port"), None), (text("stays open"), None)], 2) == [Span(40, 44), Span(62, 72)]
    assert finder.spans == {Span(40, 44), Span(62, 72)}
    assert finder.quote([(text("stays open"), None), (text("port"), None)], 2) is None
    assert finder.quote([(text("the mayor"), None), (text("mayor said"), None)], 2) is None
    assert [message for message, _ in told(problems)] == [
        "the segment “port” stands before the one before it",
        "the segment “mayor said” overlaps the one before it",
    ]


def test_a_cue_is_looked_for_in_its_sentence_and_then_once_in_the_text() -> None:
    """A voice may be named elsewhere, as long as there is no doubt where."""
    problems = Problems()
    finder = locator(problems)
    assert finder.cue(text("the mayor"), None, 2) == Span(46, 55)
    assert finder.cue(text("mayor"), None, 2) == Span(50, 55)
    assert finder.cue(text("spoke"), None, 2) == Span(22, 27)
    assert told(problems) == []
    assert finder.cue(text("mayor"), None, 3) is None
    assert told(problems)[0][0] == "“mayor” stands 2 times in the text"
    assert finder.cue(text("mayor"), 4, 3) == Span(4, 9)


@given(st.data())
def test_what_is_found_is_what_stands_there(data: st.DataObject) -> None:
    """Whatever is quoted, a span returned holds exactly the words, within the sentence."""
    sentence = data.draw(st.integers(1, 3))
    low, high = SENTENCES[sentence - 1].start, SENTENCES[sentence - 1].end
    start = data.draw(st.integers(low, high - 1))
    words = TEXT[start : data.draw(st.integers(start + 1, high))]
    problems = Problems()
    unsaid = locator(problems).quote([(text(words), None)], sentence)
    assert unsaid == [Span(start, start + len(words))] if not problems else unsaid is None
    assert locator(Problems()).quote([(text(words), start)], sentence) == [Span(start, start + len(words))]
