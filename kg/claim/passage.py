"""The passages and voices of sent facts, checked: their form, their positions, their words against the texts."""

from collections.abc import Mapping

import polars as pl

from kg.article import LONGEST_QUOTE, whereabouts
from kg.claim.check import Check, Checker
from kg.claim.evidence import FACT
from kg.claim.known import Known
from kg.claim.ndjson import LINE
from kg.errors import nearest

__all__ = ["verify_passages"]


def verify_passages(wide: pl.DataFrame, known: Known, checker: Checker, texts: Mapping[str, str]) -> int:
    """Note what is wrong with the quotes and cues of facts; how many there are.

    wide: facts with the metadata of their articles as `of …`. texts: those at hand, by article.
    """
    columns = (FACT, LINE, "article", pl.col("^of .*$"))
    quotes = wide.select(*columns, "passages").explode("passages").drop_nulls("passages").unnest("passages")
    spoken = wide.filter(pl.col("voices").list.len() > 0)
    voices = spoken.select(*columns, "voices").explode("voices").unnest("voices")
    _quotes(checker, quotes)
    _voices(known, checker, voices)
    shown = (FACT, "start", "end", "quote", "sentence", LINE, "article", "of length", "of rights", "of headline")
    spans = [(quotes.select(shown), "passages"), (voices.rename({"cue": "quote"}).select(shown), "voices")]
    for found, key in spans:
        _spans(checker, found, key)
        _stand(checker, found, key, texts)
    _agree(checker, pl.concat([found for found, _ in spans]))
    return quotes.height + voices.height


def _quotes(checker: Checker, quotes: pl.DataFrame) -> None:
    missing = pl.any_horizontal(pl.col("start", "end", "quote", "sentence").is_null())
    before = pl.col("end").shift().over(FACT)
    checker.run(
        quotes,
        (
            Check("passage", missing, "a passage needs start, end, quote and sentence", "passages"),
            Check(
                "passage",
                pl.col("start") < before,
                lambda row: f"the segment “{row['quote']}” stands before the end of the one before it",
                "passages",
                "write the segments in the order of the text, apart",
            ),
            Check(
                "passage",
                ~pl.col("sentence").is_between(1, pl.col("of sentences")),
                lambda row: f"there is no sentence {row['sentence']}",
                "passages",
                lambda row: f"the article has sentences 1 to {row['of sentences']}",
            ),
        ),
    )


def _voices(known: Known, checker: Checker, voices: pl.DataFrame) -> None:
    col = pl.col
    again = pl.struct(FACT, "entity", "start", "end").is_duplicated()
    checker.run(
        voices,
        (
            Check(
                "voice",
                pl.any_horizontal(col("entity", "cue", "start", "end").is_null()),
                "a voice needs entity, cue, start and end",
                "voices",
            ),
            Check(
                "unknown entity",
                ~col("entity").is_in(known.entities),
                lambda row: f"the voice {row['entity']!r} is no entity",
                "voices",
                lambda row: nearest(row["entity"], known.registry),
            ),
            Check(
                "voice",
                again | (col("entity") == col("entity").shift().over(FACT)),
                lambda row: f"{row['entity']} speaks twice in this chain",
                "voices",
                "keep one of the two; who speaks again does so through another voice, named by other words",
            ),
            Check(
                "voice",
                ~col("sentence").is_between(1, col("of sentences")),
                lambda row: f"there is no sentence {row['sentence']}",
                "voices",
                lambda row: f"the article has sentences 1 to {row['of sentences']}",
            ),
        ),
    )


def _spans(checker: Checker, spans: pl.DataFrame, key: str) -> None:
    col = pl.col
    length = col("quote").str.len_chars()
    long = (length > LONGEST_QUOTE) & (col("of rights") == "quotes")
    checker.run(
        spans,
        (
            Check(
                "passage",
                (col("end") <= col("start")) | (col("end") > col("of length")),
                lambda row: f"{row['start']}–{row['end']} is no stretch of the text",
                key,
                lambda row: f"positions are in code points, the end exclusive; the text has {row['of length']}",
            ),
            Check(
                "passage",
                (col("end") > col("start")) & (length != col("end") - col("start")),
                lambda row: (
                    f"“{row['quote']}” has {len(row['quote'])} characters, not those of {row['start']}–{row['end']}"
                ),
                key,
                "positions are in code points, the end exclusive",
            ),
            Check(
                "passage",
                long & ~col("of headline").str.contains(col("quote"), literal=True),
                lambda row: (
                    f"“{row['quote'][:20]}…” has {len(row['quote'])} characters; the article's rights "
                    f"allow quotes of {LONGEST_QUOTE}"
                ),
                key,
                "quote the fewest words that say it, in several segments where they stand apart",
            ),
        ),
    )


def _stand(checker: Checker, spans: pl.DataFrame, key: str, texts: Mapping[str, str]) -> None:
    """Whether each quote stands where it says in its text, exactly."""
    if not texts:
        return
    at_hand = pl.DataFrame({"article": list(texts), "text": list(texts.values())})
    found = spans.join(at_hand, on="article", how="inner", maintain_order="left")
    there = pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start"))
    # Where the length is not right, it was told already.
    fits = pl.col("quote").str.len_chars() == pl.col("end") - pl.col("start")
    bad = found.filter(fits & (there != pl.col("quote")))
    checker.tell(
        bad,
        "quote",
        lambda row: f"“{row['quote']}” does not stand at {row['start']}–{row['end']}",
        key,
        lambda row: whereabouts(row["quote"], row["text"]),
    )


def _agree(checker: Checker, spans: pl.DataFrame) -> None:
    """One stretch of a text is one passage, with one quote in one sentence."""
    known = spans.select("article", "start", "end", "quote", "sentence", LINE).drop_nulls("start")
    distinct = known.unique(["article", "start", "end", "quote", "sentence"], keep="first", maintain_order=True)
    place = pl.struct("article", "start", "end")
    checker.run(
        distinct,
        (
            Check(
                "passage",
                ~place.is_first_distinct(),
                lambda row: f"the passage {row['start']}–{row['end']} has another quote or sentence before",
                "passages",
                "give it the same quote and sentence in every fact",
            ),
        ),
    )
