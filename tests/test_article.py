"""Reading an article: the records of its facts, and everything that can be wrong with it, all told together."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kg.article
from kg.article import (
    Article,
    Field,
    Kind,
    Lock,
    Word,
    compute_lock,
    content_words,
    lock_path,
    read_article,
    read_entities,
    read_lock,
    write_lock,
)
from kg.article.quote import digest
from kg.errors import Problem, Problems

TEXT = (
    "Harbour stays open, mayor says\n\n"
    "The harbour council of Saltmere has 2 basins. "
    "“The basin’s floor is rising,” said the harbour master, quoting the council’s report. "
    "The mayor of Saltmere denied that Saltmere would close."
)
SENTENCES = "[[0, 30], [32, 77], [78, 163], [164, 219]]"
HEAD = f"""\
article:
  language: en
  headline: Harbour stays open, mayor says
  rights: text
  text: {{sha256: {digest(TEXT)}, length: {len(TEXT)}}}
  sentences: {SENTENCES}
"""
ENTITIES = """\
council: {type: Organization, label: {en: harbour council}}
saltmere: {type: Place, label: {en: Saltmere}}
mayor: {type: Person, label: {en: mayor}}
harbour-master: {type: Person, label: {en: harbour master}}
report: {type: Document, label: {en: report}}
basins: {type: Group, label: {en: basins}}
"""


def whole_number(value: str) -> str | None:
    """What is wrong with a count."""
    return None if value.isdigit() else f"{value!r} is no whole number"


KINDS = {
    "seat": Kind("seat", {"body": Field("body", "entity", required=True), "place": Field("place", "entity")}),
    "count": Kind(
        "count", {"subject": Field("subject", "entity"), "number": Field("number", "value", "", whole_number)}
    ),
    "naming": Kind("naming", {"subject": Field("subject", "entity"), "name": Field("name", "text")}),
    "denial": Kind("denial", {"person": Field("person", "entity"), "statement": Field("statement", "claim")}),
}


def read(
    tmp_path: Path, passages: str, *, head: str = HEAD, text: str | None = TEXT, lock: Lock | None = None
) -> tuple[Article | None, list[Problem]]:
    """The article of a file with these passages, and what is wrong with it."""
    (tmp_path / "entities.yaml").write_text(ENTITIES, encoding="utf-8")
    problems = Problems()
    classes = ("Organization", "Place", "Person", "Document", "Group")
    registry = read_entities(tmp_path / "entities.yaml", tmp_path, classes, problems)
    path = tmp_path / "harbour.yaml"
    path.write_text(head + passages, encoding="utf-8")
    return read_article(path, tmp_path, KINDS, registry, text, lock, problems), list(problems)


def good(tmp_path: Path, passages: str) -> Article:
    """The article of a file that must have no problem."""
    article, problems = read(tmp_path, passages)
    assert [problem.render() for problem in problems] == []
    assert article is not None
    return article


def fact(body: str, *, sentence: int = 2, more: str = "") -> str:
    """A file with one fact."""
    return f"passages:\n- sentence: {sentence}\n{more}  facts:\n    f: {{{body}}}\n"


def wrong(tmp_path: Path, passages: str, **more: Any) -> list[tuple[str, str]]:
    """Messages and remedies for a file."""
    _, problems = read(tmp_path, passages, **more)
    return [(problem.message, problem.fix) for problem in problems]


SEAT = "kind: seat, body: council, place: saltmere, quote: harbour council of Saltmere"


# What is read


def test_everything_public_exists() -> None:
    """And is listed once, in order."""
    assert all(hasattr(kg.article, name) for name in kg.article.__all__)
    assert len(set(kg.article.__all__)) == len(kg.article.__all__)


def test_the_record_of_a_plain_fact(tmp_path: Path) -> None:
    """Every key is there, with its default."""
    article = good(tmp_path, fact(SEAT))
    assert article.facts == [
        {
            "article": "harbour",
            "id": "f",
            "kind": "seat",
            "body": "council",
            "place": "saltmere",
            "language": "en",
            "sentence": 2,
            "passages": [{"start": 36, "end": 63, "quote": "harbour council of Saltmere", "sentence": 2}],
            "voices": [],
            "modality": "asserted",
            "polarity": "positive",
            "status": "explicit",
            "ambiguity": None,
            "readings": [],
            "premises": [],
            "rationale": [],
        }
    ]


def test_the_record_of_the_article(tmp_path: Path) -> None:
    """What the head says, flat."""
    assert good(tmp_path, fact(SEAT)).record == {
        "article": "harbour",
        "language": "en",
        "headline": "Harbour stays open, mayor says",
        "rights": "text",
        "length": len(TEXT),
        "sentences": 4,
        "sha256": digest(TEXT),
    }


VOICED = """\
passages:
- sentence: 3
  voices:
  - harbour-master: said the harbour master
  - report: quoting the council’s report
  modality: evaluated
  facts:
    rising: {kind: naming, subject: basins, name: floor, quote: [floor, rising]}
    own: {kind: naming, subject: report, name: a, quote: report, voices: [], modality: asserted, status: presupposed}
- sentence: 4
  voices: [mayor: The mayor of Saltmere denied]
  facts:
    closing: {kind: seat, body: council, place: saltmere, quote: Saltmere would close, polarity: negative}
"""


def test_voices_and_modality_of_a_passage_hold_for_its_facts(tmp_path: Path) -> None:
    """Unless a fact says otherwise; what another says is reported, when nothing else is said."""
    rising, own, closing = good(tmp_path, VOICED).facts
    assert rising["voices"] == [
        {"entity": "harbour-master", "cue": "said the harbour master", "start": 109, "end": 132, "sentence": 3},
        {"entity": "report", "cue": "quoting the council’s report", "start": 134, "end": 162, "sentence": 3},
    ]
    assert rising["passages"] == [
        {"start": 91, "end": 96, "quote": "floor", "sentence": 3},
        {"start": 100, "end": 106, "quote": "rising", "sentence": 3},
    ]
    assert [rising["modality"], rising["status"], rising["polarity"]] == ["evaluated", "explicit", "positive"]
    assert [own["voices"], own["modality"], own["status"]] == [[], "asserted", "presupposed"]
    assert [closing["modality"], closing["polarity"]] == ["reported", "negative"]


def test_a_list_of_values_stays_a_list(tmp_path: Path) -> None:
    """Each item is a value of its own; a single value is none."""
    article = good(tmp_path, fact("kind: naming, subject: [basins, council], name: port, quote: basins"))
    assert [article.facts[0]["subject"], article.facts[0]["name"]] == [["basins", "council"], "port"]


def test_records_hold_plain_strings(tmp_path: Path) -> None:
    """Nothing in them remembers a file: they are JSON."""

    def types(value: object) -> set[type]:
        if isinstance(value, list):
            return {kind for item in value for kind in types(item)}
        if isinstance(value, dict):
            return {kind for pair in value.items() for item in pair for kind in types(item)}
        return {type(value)}

    article = good(tmp_path, VOICED)
    assert types([*article.facts, article.record]) == {str, int, type(None)}


def test_an_ambiguous_fact_says_why_and_how(tmp_path: Path) -> None:
    """In plain words, with each reading."""
    article = good(tmp_path, fact(SEAT + ", ambiguous: {why: of what?, readings: [the council, the harbour]}"))
    assert article.facts[0]["ambiguity"] == "of what?"
    assert article.facts[0]["readings"] == ["the council", "the harbour"]


INFERENCE = fact(SEAT) + (
    "inferences:\n"
    "  two: {kind: count, subject: basins, number: 2, premises: [f], why: {en: It follows., fr: Cela s’ensuit.}}\n"
)


def test_an_inference_has_premises_and_reasons_and_no_passage(tmp_path: Path) -> None:
    """It is what we work out, not what the article says."""
    (inference,) = good(tmp_path, INFERENCE).inferences
    assert inference["premises"] == ["f"]
    assert inference["rationale"] == [
        {"language": "en", "value": "It follows."},
        {"language": "fr", "value": "Cela s’ensuit."},
    ]
    assert [inference[key] for key in ("sentence", "passages", "voices", "modality")] == [None, [], [], None]
    assert list(inference) == list(good(tmp_path, fact("kind: count, subject: basins, number: 2, quote: 2")).facts[0])


def test_places_lead_back_to_the_file(tmp_path: Path) -> None:
    """To a field, else to its fact, else nowhere."""
    article = good(tmp_path, fact(SEAT))
    assert str(article.place("f", "place")) == "harbour.yaml:10:43"
    assert str(article.place("f")) == "harbour.yaml:10:5"
    assert article.place("f", "nothing") == article.place("f")
    assert article.place("g") is None


def test_a_position_says_which_of_two(tmp_path: Path) -> None:
    """For a quote and for a cue; `~` is no position."""
    passages = """\
passages:
- sentence: 4
  voices: [mayor: {cue: Saltmere, at: 177}]
  facts:
    a: {kind: naming, subject: council, name: port, quote: Saltmere, at: 198}
    b: {kind: naming, subject: council, name: port, quote: [Saltmere, would], at: [198, ~]}
"""
    first, second = good(tmp_path, passages).facts
    assert first["passages"] == [{"start": 198, "end": 206, "quote": "Saltmere", "sentence": 4}]
    assert [span["start"] for span in second["passages"]] == [198, 207]  # type: ignore[attr-defined]
    assert first["voices"] == [{"entity": "mayor", "cue": "Saltmere", "start": 177, "end": 185, "sentence": 4}]


# Coverage


def test_silent_sentences_and_uncovered_words(tmp_path: Path) -> None:
    """Sentences without a fact, and the words under no quote; content words are masked."""
    article = good(tmp_path, fact(SEAT))
    assert [sorted(article.covered), article.silent] == [[2], (1, 3, 4)]
    assert article.uncovered is not None
    assert article.uncovered[5:9] == (Word(32, "The"), Word(64, "has"), Word(68, "·"), Word(70, "······"))
    assert [word.start for word in content_words(article.uncovered, "en")][5:7] == [68, 70]


# With the lock in place of the text


def locked(tmp_path: Path, passages: str) -> Lock:
    """The lock of an article, by way of its file."""
    article = good(tmp_path, passages)
    path = lock_path(tmp_path / "harbour.yaml")
    write_lock(path, compute_lock(TEXT, "en", article.quoted, article.spans))
    lock = read_lock(path, tmp_path, Problems())
    assert lock is not None
    return lock


def test_an_article_reads_alike_with_its_lock(tmp_path: Path) -> None:
    """Same records, same coverage, so that a build is the same with the text and without."""
    lock = locked(tmp_path, VOICED)
    with_text, _ = read(tmp_path, VOICED)
    with_lock, problems = read(tmp_path, VOICED, text=None, lock=lock)
    assert problems == []
    assert with_text is not None
    assert with_lock is not None
    assert [with_text.verified, with_lock.verified] == ["text", "lock"]
    assert with_lock.facts == with_text.facts
    assert with_lock.uncovered == with_text.uncovered
    assert with_lock.spans == with_text.spans


def test_a_quote_that_is_not_in_the_lock_is_refused(tmp_path: Path) -> None:
    """Even when the text would have it: nobody looked."""
    lock = locked(tmp_path, fact(SEAT))
    passages = fact(SEAT.replace("harbour council of Saltmere", "council of Saltmere"))
    assert wrong(tmp_path, passages, text=None, lock=lock) == [
        ("“council of Saltmere” is not in the lock", "run `kg check` where the text is")
    ]


def test_a_quote_that_is_there_twice_is_refused_with_the_lock_too(tmp_path: Path) -> None:
    """The lock knows every place of the words, not only those quoted."""
    one = fact("kind: naming, subject: council, name: port, quote: Saltmere, at: 198", sentence=4)
    lock = locked(tmp_path, one)
    assert wrong(tmp_path, one.replace(", at: 198", ""), text=None, lock=lock) == [
        ("“Saltmere” stands 2 times in sentence 4", "say which with `at:`, one of 177, 198; or quote more words")
    ]


def test_coverage_is_unknown_when_the_lock_was_written_for_other_quotes(tmp_path: Path) -> None:
    """A fact fewer needs no text, but what is uncovered is not known then."""
    lock = locked(tmp_path, VOICED)
    # The cue takes the words of this quote already.
    less = "\n".join(line for line in VOICED.splitlines() if "own:" not in line) + "\n"
    article, problems = read(tmp_path, less, text=None, lock=lock)
    assert problems == []
    assert article is not None
    assert article.uncovered == lock.uncovered
    article, problems = read(tmp_path, "passages: []\n", text=None, lock=lock)
    assert problems == []
    assert article is not None
    assert article.uncovered is None


def test_a_lock_of_another_text_is_refused(tmp_path: Path) -> None:
    """Told once, not for every quote."""
    lock = locked(tmp_path, fact(SEAT))
    head = HEAD.replace(digest(TEXT), "0" * 64)
    assert [message for message, _ in wrong(tmp_path, fact(SEAT), head=head, text=None, lock=lock)] == [
        (
            f"harbour.lock is of another text: it has SHA-256 {digest(TEXT)} and {len(TEXT)} characters, "
            f"the article says {'0' * 64} and {len(TEXT)}"
        )
    ]


def test_the_text_comes_before_the_lock(tmp_path: Path) -> None:
    """Where the text is at hand, an old lock stands in nobody's way."""
    lock = locked(tmp_path, fact(SEAT))
    article, problems = read(tmp_path, VOICED, lock=lock)
    assert problems == []
    assert article is not None
    assert article.verified == "text"


def test_neither_text_nor_lock_is_one_problem(tmp_path: Path) -> None:
    """With what to do."""
    assert wrong(tmp_path, VOICED, text=None) == [
        (
            "no quote can be verified: neither the text nor a lock is there",
            "put the text at harbour.txt beside the article or in $KG_TEXTS, or restore harbour.lock",
        )
    ]


# The text


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (f"\ufeff{TEXT}", "save the text without its byte order mark: then it is the same text"),
        (TEXT.replace("\n", "\r\n"), "save the text with Unix line ends (LF, not CRLF): then it is the same text"),
        (
            TEXT.replace("open", "shut"),
            "this is another text, or another edition: get the one the article was read from, or read the article anew",
        ),
    ],
)
def test_another_text_is_told_with_both_hashes_and_lengths(tmp_path: Path, text: str, remedy: str) -> None:
    """And no quote is blamed for it."""
    message = (
        f"the text at hand is another: it has SHA-256 {digest(text)} and {len(text)} characters, "
        f"the article says {digest(TEXT)} and {len(TEXT)}"
    )
    assert wrong(tmp_path, VOICED, text=text) == [(message, remedy)]


def test_a_wrong_length_with_the_right_hash(tmp_path: Path) -> None:
    """The article file is what is wrong then."""
    head = HEAD.replace(f"length: {len(TEXT)}", f"length: {len(TEXT.encode())}")
    assert [fix for _, fix in wrong(tmp_path, "", head=head)] == [
        f"the hash agrees and the length does not: write length: {len(TEXT)} (code points), not {len(TEXT.encode())}"
    ]


# What is wrong with a fact


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("kind: seet, body: council, quote: basins", [("unknown kind 'seet'", "did you mean 'seat'?")]),
        (
            "body: council, quote: basins",
            [("the fact f has no kind", "add kind: …; known: count, denial, naming, seat")],
        ),
        (
            "kind: seat, bodi: council, place: saltmere, quote: basins",
            [("unknown field 'bodi' of the kind seat", "did you mean 'body'?")],
        ),
        ("kind: seat, body: councel, quote: basins", [("unknown entity 'councel'", "did you mean 'council'?")]),
        ("kind: seat, place: saltmere, quote: basins", [("the fact f has no body", "the kind seat needs it")]),
        ("kind: seat, quote: basins", [("the fact f says nothing", "give the fields of the kind seat: body, place")]),
        ("kind: seat, body: council", [("the fact f has no quote", "add quote: and the words that say it")]),
        ("kind: seat, body: council, quote: ''", [("quote is empty", "")]),
        ("kind: seat, body: council, quote: []", [("quote is an empty list", "give the words that say it")]),
        ("kind: seat, body: council, quote: {a: b}", [("quote must be a single value", "")]),
        (
            "kind: seat, body: council, quote: Basins",
            [
                (
                    "“Basins” is not in the text",
                    "nearest: “basins” at 70–76: the text has b U+0062 where the quote has B U+0042",
                )
            ],
        ),
        (
            "kind: seat, body: council, quote: basins, at: [70, 70]",
            [("at has 2 positions for 1 segments", "give one each, ~ for none")],
        ),
        (
            "kind: seat, body: council, quote: basins, at: here",
            [("at must be a whole number, not 'here'", "write up to nine digits, such as 42")],
        ),
        (
            f"kind: seat, body: council, quote: basins, at: {'9' * 5000}",
            [
                (
                    "at must be a whole number, not '999999999999...9999999999999'",
                    "write up to nine digits, such as 42",
                )
            ],
        ),
        (
            "kind: seat, body: council, quote: basins, modality: said",
            [
                (
                    "unknown modality 'said'",
                    "known: agreed, asserted, evaluated, intended, mandated, predicted, reported",
                )
            ],
        ),
        (
            "kind: seat, body: council, quote: basins, status: implicit",
            [("unknown status 'implicit'", "did you mean 'explicit'?")],
        ),
        (
            "kind: seat, body: council, quote: basins, polarity: negativ",
            [("unknown polarity 'negativ'", "did you mean 'negative'?")],
        ),
        (
            "kind: seat, body: council, quote: basins, voices: [major: has]",
            [("the voice 'major' is no entity", "did you mean 'mayor'?")],
        ),
        (
            "kind: seat, body: council, quote: basins, voices: {mayor: has}",
            [("voices must be a list", "write it as `- item` lines, or as [item, item]")],
        ),
        (
            "kind: seat, body: council, quote: basins, voices: [mayor]",
            [("a voice must be a mapping", "write it as `key: value` lines, or as {key: value}")],
        ),
        (
            "kind: seat, body: council, quote: basins, voices: [{mayor: has, council: The}]",
            [("a voice is one `entity: the words that name it`", "start each voice with its own dash")],
        ),
        ("kind: seat, body: council, quote: basins, voices: [mayor: '']", [("the cue of mayor is empty", "")]),
        (
            "kind: seat, body: council, quote: basins, voices: [mayor: {at: 3}]",
            [("the voice mayor has no cue", "add cue: and the words that name it")],
        ),
        ("kind: count, number: two, quote: basins", [("number: 'two' is no whole number", "")]),
        ("kind: naming, name: [], quote: basins", [("name is an empty list", "give a value, or leave the key out")]),
        ("kind: naming, name: [a, a], quote: basins", [("name has 'a' twice", "keep one of them")]),
        ("kind: naming, name: {a: b}, quote: basins", [("name must be a single value", "")]),
        (
            "kind: naming, name: 'e\u0301', quote: basins",
            [("name is written with decomposed characters", "write it in Unicode normal form C: é")],
        ),
        (
            "kind: seat, body: council, quote: basins, ambiguous: {why: a}",
            [("ambiguous needs why and readings", "ambiguous: {why: …, readings: [one reading, another]}")],
        ),
        (
            "kind: seat, body: council, quote: basins, ambiguous: {why: a, readings: [b]}",
            [("ambiguous has a single reading", "give at least two")],
        ),
        (
            "kind: seat, body: council, quote: basins, premises: [a]",
            [
                (
                    "unknown field 'premises' of the kind seat",
                    "known: ambiguous, at, body, kind, modality, place, polarity, quote, status, voices",
                )
            ],
        ),
        ("kind: denial, statement: '', quote: basins", [("statement is empty", "")]),
    ],
)
def test_what_is_wrong_with_a_fact(tmp_path: Path, body: str, expected: list[tuple[str, str]]) -> None:
    """One message for one mistake, with what to do."""
    assert wrong(tmp_path, fact(body)) == expected


def test_a_problem_shows_the_line_and_points_at_the_value(tmp_path: Path) -> None:
    """So that an editor can jump there."""
    _, (problem,) = read(tmp_path, fact("kind: seat, body: councel, quote: basins"))
    assert problem.render() == (
        "harbour.yaml:10:27: unknown entity 'councel'\n"
        "  10 |     f: {kind: seat, body: councel, quote: basins}\n"
        "     |                           ^\n"
        "  → did you mean 'council'?"
    )


def test_a_cue_that_is_nowhere(tmp_path: Path) -> None:
    """Is told like a quote, and the voice keeps its entity's check."""
    remedy = (
        "nearest: “The mayor of Saltmere denied” at 164–192: the text has T U+0054 where the quote has t U+0074; "
        "the text has m U+006D where the quote has M U+004D"
    )
    assert wrong(tmp_path, fact(SEAT, more="  voices: [mayor: the Mayor of Saltmere denied]\n")) == [
        ("“the Mayor of Saltmere denied” is not in the text", remedy)
    ]


TWICE = (
    "mayor speaks twice in this chain",
    "keep one of the two; who speaks again does so through another voice, named by other words",
)


@pytest.mark.parametrize(
    ("voices", "expected"),
    [
        ("mayor: The mayor, mayor: The mayor", [TWICE]),
        ("mayor: The mayor, mayor: mayor of Saltmere denied", [TWICE]),
        ("mayor: The mayor, report: denied, mayor: The mayor", [TWICE]),
        ("mayor: The mayor, report: mayor of Saltmere, mayor: denied", []),
        ("mayor: The mayor, report: The mayor", []),
    ],
)
def test_nobody_is_quoted_by_themselves(tmp_path: Path, voices: str, expected: list[tuple[str, str]]) -> None:
    """An entity speaks again only through another voice, and with other words to name it."""
    chain = "[{" + voices.replace(", ", "}, {") + "}]"
    body = f"kind: naming, name: port, quote: denied, voices: {chain}"
    assert wrong(tmp_path, fact(body, sentence=4)) == expected


LONG = "Headline. " + "word " * 40 + "end."


@pytest.mark.parametrize(
    ("rights", "size", "expected"),
    [
        ("quotes", 160, []),
        ("quotes", 161, ["“word word word word …” has 161 characters; the article's rights allow quotes of 160"]),
        ("text", 161, []),
    ],
)
def test_a_quote_of_a_text_that_is_not_ours_is_short(
    tmp_path: Path, rights: str, size: int, expected: list[str]
) -> None:
    """The quotes of an article do not add up to its text; the same for the words that name a voice."""
    head = f"""\
article:
  language: en
  headline: Headline
  rights: {rights}
  text: {{sha256: {digest(LONG)}, length: {len(LONG)}}}
  sentences: [[0, 9], [10, {len(LONG)}]]
"""
    words = LONG[10 : 10 + size]
    for body in (f"quote: '{words}', at: 10", f"quote: end, voices: [mayor: {{cue: '{words}', at: 10}}]"):
        said = wrong(tmp_path, fact(f"kind: naming, name: a, {body}"), head=head, text=LONG)
        assert [message for message, _ in said] == expected


def test_words_of_the_headline_may_be_as_many_as_it_has(tmp_path: Path) -> None:
    """It is shown with its article in any case."""
    head = f"""\
article:
  language: en
  headline: {LONG}
  rights: quotes
  text: {{sha256: {digest(LONG)}, length: {len(LONG)}}}
  sentences: [[0, {len(LONG)}]]
"""
    assert wrong(tmp_path, fact(f"kind: naming, name: a, quote: {LONG}", sentence=1), head=head, text=LONG) == []


def test_a_fact_id_is_unique_in_the_article(tmp_path: Path) -> None:
    """Across passages, and among inferences; within one mapping the reader of YAML sees it."""
    passages = (
        fact(SEAT) + f"- sentence: 2\n  facts:\n    f: {{{SEAT}}}\n" + INFERENCE[len(fact(SEAT)) :].replace("two", "f")
    )
    assert [message for message, _ in wrong(tmp_path, passages)] == [
        "the fact 'f' is written twice",
        "the fact 'f' is written twice",
    ]


@pytest.mark.parametrize("name", ["F", "a.b", "a_b", "-a", "é", "a b"])
def test_a_fact_id_that_cannot_be_one(tmp_path: Path, name: str) -> None:
    """Ids stand in IRIs."""
    assert [message for message, _ in wrong(tmp_path, fact(SEAT).replace("f:", f"{name}:"))] == [
        f"{name!r} cannot be the id of a fact"
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("premises: [f]", "premises: [g]", ("the premise 'g' is no fact", "known: f")),
        (
            "premises: [f]",
            "premises: [two]",
            ("the premise 'two' is an inference", "name the facts that it rests on"),
        ),
        (
            "premises: [f], ",
            "",
            ("the inference two has no premises", "add premises: [ids of facts]"),
        ),
        (
            "premises: [f]",
            "premises: [f], quote: basins",
            ("an inference has no quote", "it rests on its premises; what a text says is a fact"),
        ),
        (
            ", why: {en: It follows., fr: Cela s’ensuit.}",
            "",
            ("the inference two has no why", "add why: {fr: …, en: …}"),
        ),
        ("why: {en:", "why: {e_n:", ("'e_n' is not a language tag", "use a tag such as fr or en")),
    ],
)
def test_what_is_wrong_with_an_inference(tmp_path: Path, old: str, new: str, expected: tuple[str, str]) -> None:
    """It rests on facts, and says how."""
    assert old in INFERENCE
    assert wrong(tmp_path, INFERENCE.replace(old, new)) == [expected]


# What is wrong with a passage or the head


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        (fact(SEAT, sentence=5), ("there is no sentence 5", "the article has sentences 1 to 4")),
        (
            fact(SEAT).replace("sentence: 2", f"sentence: {'2' * 5000}"),
            (
                "sentence must be a whole number, not '222222222222...2222222222222'",
                "write up to nine digits, such as 42",
            ),
        ),
        (fact(SEAT, sentence=0), ("there is no sentence 0", "the article has sentences 1 to 4")),
        (
            fact(SEAT).replace("sentence: 2", "sentences: 2"),
            ("unknown key 'sentences' in a passage", "did you mean 'sentence'?"),
        ),
        ("passages:\n- sentence: 2\n", ("the passage has no facts", "add facts: and the statements of the sentence")),
        ("passages:\n  sentence: 2\n", ("passages must be a list", "write it as `- item` lines, or as [item, item]")),
        ("pasages: []\n", ("unknown key 'pasages' in an article file", "did you mean 'passages'?")),
        (
            fact(SEAT, sentence=3),
            (
                "“harbour council of Saltmere” stands outside sentence 3",
                "it stands in sentence 2, at 36: move the fact to that sentence, or quote other words",
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_passage(tmp_path: Path, passages: str, expected: tuple[str, str]) -> None:
    """Its sentence, its keys, its shape."""
    assert wrong(tmp_path, passages)[0] == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("language: en", "language: e_n", "'e_n' is not a language tag"),
        ("  language: en\n", "", "the article has no language"),
        ("rights: text", "rights: none", "unknown rights 'none'"),
        ("length: 219", "length: -1", "length must be a whole number, not '-1'"),
        ("length: 219", f"length: {'1' * 5000}", "length must be a whole number, not '111111111111...1111111111111'"),
        ("language: en", "language: i-klingon", "'i-klingon' is not a language tag"),
        ("[164, 219]", "[164, 220]", "sentence 4 ends at 220, after the text's 219 characters"),
        ("[78, 163]", "[70, 163]", "sentence 3 overlaps the one before it"),
        ("[[0, 30], [32, 77]", "[[32, 77], [0, 30]", "sentence 2 starts before the one before it"),
        ("[78, 163]", "[163, 78]", "sentence 3 ends before it starts"),
        ("[78, 163]", "[78]", "sentence 3 must be [start, end]"),
        ("stays open, mayor", "stays open, Mayor", "the headline is not in the text"),
        ("  headline", "  title", "unknown key 'title' in article"),
        (digest(TEXT), "abc", "sha256 must be 64 digits of 0–9 and a–f"),
    ],
)
def test_what_is_wrong_with_the_head(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """And no quote is blamed for it."""
    assert old in HEAD
    messages = [message for message, _ in wrong(tmp_path, fact(SEAT), head=HEAD.replace(old, new, 1))]
    more = ["the article has no headline"] if "title" in new else []
    assert messages == [expected, *more]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "the file is empty"),
        ("- a", "an article file must be a mapping"),
        ("passages: []", "the file has no article"),
        ("article: {", "not YAML: while parsing a flow node, did not find expected node content"),
    ],
)
def test_a_file_without_an_article(tmp_path: Path, content: str, expected: str) -> None:
    """Gives a problem and no article."""
    article, problems = read(tmp_path, content, head="")
    assert article is None
    assert [problem.message for problem in problems] == [expected]


def test_all_that_is_wrong_is_told_together(tmp_path: Path) -> None:
    """In the order of the file when raised."""
    passages = fact("kind: seet, body: council, quote: basin's, modality: said", more="  voices: [major: has]\n")
    _, problems = read(tmp_path, passages, head=HEAD.replace("rights: text", "rights: none"))
    assert [problem.message for problem in problems] == [
        "unknown rights 'none'",
        "the voice 'major' is no entity",
        "unknown kind 'seet'",
        "“basin's” is not in the text",
        "unknown modality 'said'",
    ]


# Whatever is written


@given(words=st.text(min_size=1, max_size=12), sentence=st.integers(1, 4))
def test_any_quote_is_either_found_exactly_or_refused(
    tmp_path_factory: pytest.TempPathFactory, words: str, sentence: int
) -> None:
    """Whatever characters it has, no fuzzy match slips through and nothing breaks."""
    escaped = "".join(f"\\U{ord(character):08x}" for character in words)
    body = f'kind: naming, name: a, quote: "{escaped}"'
    article, problems = read(tmp_path_factory.mktemp("quote"), fact(body, sentence=sentence))
    assert article is not None
    spans = article.facts[0]["passages"]
    assert isinstance(spans, list)
    assert [TEXT[span["start"] : span["end"]] for span in spans] == ([] if problems else [words])
