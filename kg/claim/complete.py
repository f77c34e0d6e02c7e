"""What a sent record may leave out, and what stands for it; the articles that the records are of."""

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path

import polars as pl

from kg.article import ENTITY_ID, is_language_tag
from kg.claim.evidence import EVIDENCE, FACT, is_inference
from kg.claim.finding import SHOWN, Findings
from kg.claim.known import Known
from kg.claim.ndjson import LINE, Form, Lines, read_lines
from kg.errors import Place

__all__ = ["ARTICLE", "completed", "fact_form", "read_articles"]

# The columns of an article's metadata.
ARTICLE: dict[str, pl.DataType | type[pl.DataType]] = {
    "article": pl.String,
    "language": pl.String,
    "headline": pl.String,
    "rights": pl.String,
    "length": pl.Int64,
    "sentences": pl.Int64,
    "sha256": pl.String,
}

_LISTS = ("passages", "voices", "readings", "premises", "rationale")
_UNIT = "\x1f"


def fact_form(fields: Collection[str]) -> Form:
    """What a line of a file of facts may hold."""
    return Form(EVIDENCE, tuple(sorted(fields)))


def completed(facts: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Facts as they were sent, with what they left out, and numbered.

    A fact has the language of its article, the sentence of its first passage, is positive and explicit, and asserted
    where nobody but the article speaks, else reported. An inference has none of it but the language.
    An id is made of the kind, the fields and the passages.
    """
    language = known.of(facts["article"])["language"]
    stance = {
        "modality": pl.when(pl.col("voices").list.len() > 0).then(pl.lit("reported")).otherwise(pl.lit("asserted")),
        "polarity": pl.lit("positive"),
        "status": pl.lit("explicit"),
        "sentence": pl.col("passages").list.first().struct.field("sentence"),
    }
    facts = facts.with_columns(
        pl.col("language").fill_null(language), *(pl.col(name).fill_null(pl.lit([], EVIDENCE[name])) for name in _LISTS)
    ).with_columns(
        pl.when(is_inference()).then(pl.col(name)).otherwise(pl.col(name).fill_null(value)).alias(name)
        for name, value in stance.items()
    )
    if facts["id"].null_count():
        unnamed = facts.filter(pl.col("id").is_null())
        ids = unnamed.select(LINE, pl.Series("made", map(_id, _said(unnamed, known.fields)), dtype=pl.String))
        facts = (
            facts.join(ids, on=LINE, how="left", maintain_order="left")
            .with_columns(pl.coalesce("id", "made").alias("id"))
            .drop("made")
        )
    return facts.with_row_index(FACT)


def _said(facts: pl.DataFrame, fields: Iterable[str]) -> pl.Series:
    """What a fact says and where, as one text."""
    pieces = [pl.col("kind").fill_null("")]
    for name in fields:
        value = pl.col(name).list.join(_UNIT) if isinstance(facts.schema[name], pl.List) else pl.col(name)
        pieces.append(pl.concat_str(pl.lit(f"{_UNIT}{_UNIT}{name}{_UNIT}"), value).fill_null(""))
    ends = [pl.element().struct.field(end).cast(pl.String) for end in ("start", "end")]
    places = pl.col("passages").list.eval(pl.concat_str(ends, separator="-")).list.join(_UNIT)
    return facts.select(pl.concat_str(*pieces, pl.lit(f"{_UNIT}{_UNIT}"), places.fill_null(""))).to_series()


def _id(said: str) -> str:
    return f"f-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def read_articles(
    files: Iterable[tuple[Path, str]], taken: Collection[str], size: int, findings: Findings
) -> pl.DataFrame:
    """The metadata of all articles, in the order of the files.

    files: each with its name in messages. taken: slugs of articles that are written by hand. Anything wrong is noted.
    """
    form = Form(ARTICLE)
    tables = [pl.DataFrame(schema=ARTICLE)]
    for path, name in files:
        for lines in read_lines(path, name, size):
            table = form.read(lines, findings)
            _check(table, lines, findings)
            tables.append(table.select(*ARTICLE, pl.lit(name).alias("file"), LINE))
    found = pl.concat(tables, how="diagonal")
    again = found.filter(pl.col("article").is_not_null() & ~pl.col("article").is_first_distinct())
    for row in found.filter(pl.col("article").is_in(list(taken))).iter_rows(named=True):
        _tell(row, f"the article {row['article']!r} is written by hand as well", "keep one of the two", findings)
    for row in again.iter_rows(named=True):
        _tell(row, f"the article {row['article']!r} is described twice", "keep one of the two", findings)
    return found.select(*ARTICLE)


def _tell(row: dict[str, object], message: str, fix: str, findings: Findings) -> None:
    findings.add("article twice", message, Place(str(row["file"]), int(str(row[LINE])), 1), fix)


_RULES: tuple[tuple[str, str], ...] = (
    ("sha256", r"^[0-9a-f]{64}$"),
    ("rights", "^(?:quotes|text)$"),
    ("article", f"^(?:{ENTITY_ID.pattern})$"),
    ("headline", r"\S"),
)
_WANTED = {
    "sha256": "64 digits of 0–9 and a–f",
    "rights": "quotes or text",
    "article": "lower-case letters, digits and hyphens",
    "headline": "the headline of the article",
    "language": "a tag such as fr, en or zh-Hans (RFC 5646)",
}


def _check(table: pl.DataFrame, lines: Lines, findings: Findings) -> None:
    tags = [tag for tag in table["language"].unique().to_list() if tag is not None and is_language_tag(tag)]
    bad = {name: ~pl.col(name).str.contains(pattern) for name, pattern in _RULES}
    bad["language"] = ~pl.col("language").is_in(tags)
    for name in ARTICLE:
        missing = table.filter(pl.col(name).is_null())
        for number in missing[LINE].head(SHOWN):
            findings.add("article", f"the article has no {name}", lines.place(number), f'add "{name}"')
        if name in bad:
            for number, value in table.filter(bad[name]).select(LINE, name).head(SHOWN).iter_rows():
                findings.add(
                    "article", f"{name} {value!r} is wrong", lines.place(number, name), f"write {_WANTED[name]}"
                )
