"""What a fact says of itself besides its fields: the columns of every table of facts."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from kg.mapping import table

__all__ = ["EVIDENCE", "FACT", "INFERRED", "KEPT", "NS", "SPAN", "VOICE", "fact_table", "is_asserted", "is_inference"]

NS = "https://w3id.org/pressgraph/ns#"
INFERRED = "graph/inferred"

FACT = "\0fact"
"""The column of the number of a fact in its table, from 0."""

SPAN = {"start": pl.Int64, "end": pl.Int64, "quote": pl.String, "sentence": pl.Int64}
VOICE = {"entity": pl.String, "cue": pl.String, "start": pl.Int64, "end": pl.Int64, "sentence": pl.Int64}

# The columns of a fact that are evidence, declared and never inferred: an empty list has no type of its own.
EVIDENCE: dict[str, pl.DataType | type[pl.DataType]] = {
    "article": pl.String,
    "id": pl.String,
    "kind": pl.String,
    "language": pl.String,
    "sentence": pl.Int64,
    "passages": pl.List(pl.Struct(SPAN)),
    "voices": pl.List(pl.Struct(VOICE)),
    "modality": pl.String,
    "polarity": pl.String,
    "status": pl.String,
    "ambiguity": pl.String,
    "readings": pl.List(pl.String),
    "premises": pl.List(pl.String),
    "rationale": pl.List(pl.Struct({"value": pl.String, "language": pl.String})),
}

# What stays beside a content triple: the number of its fact, and what names the fact.
KEPT = {FACT: pl.UInt32, "article": pl.String, "id": pl.String, "kind": pl.String}


def fact_table(records: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Normalised records as a table with the columns of `EVIDENCE`, `FACT` and a column of text for each field."""
    return table(records, EVIDENCE).with_row_index(FACT)


def is_inference() -> pl.Expr:
    """Whether a fact is an inference: it rests on premises, not on words."""
    return pl.col("premises").list.len().fill_null(0) > 0


def is_asserted() -> pl.Expr:
    """Whether the article says it in its own voice, plainly: only then is the triple itself a fact of the graph."""
    return (
        (pl.col("voices").list.len() == 0)
        & (pl.col("modality") == "asserted")
        & (pl.col("polarity") == "positive")
        & pl.col("ambiguity").is_null()
    )
