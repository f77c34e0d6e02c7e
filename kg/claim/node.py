"""The nodes of facts, passages, attributions, claims and inferences, as N-Quads.

All lines about a node are written by one expression, as one block of text; a node's blocks stand where its fact does.
"""

from collections.abc import Callable, Collection, Iterable, Sequence

import polars as pl

from kg.claim.evidence import FACT, INFERRED, NS
from kg.mapping.lexical import XSD
from kg.mapping.term import joined, literal, quote_literal

__all__ = ["TEXT", "claim_blocks", "evidence_blocks", "inference_blocks"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_OA = "http://www.w3.org/ns/oa#"

TEXT = "text"
"""The column of a block's text."""

# Datatypes whose values have an EDTF string, and what stands for the year that they lack: https://www.loc.gov/standards/datetime/.
_EDTF = {"date": "", "dateTime": "", "gYear": "", "gYearMonth": "", "gMonth": "XXXX-", "gMonthDay": "XXXX-"}

Pieces = tuple[str | pl.Expr, ...]
Pair = tuple[str, Pieces]
"""A predicate IRI and what its object is joined of."""


def _block(subject: Pieces, pairs: Iterable[Pair], *, graph: Pieces = (), optional: Iterable[Pair] = ()) -> pl.Expr:
    """A line for each predicate and object; none for one of `optional` whose object is null."""
    end = (" ", *graph, " .\n") if graph else (" .\n",)
    pieces: list[str | pl.Expr] = []
    for predicate, obj in pairs:
        pieces += [*subject, f" <{predicate}> ", *obj, *end]
    pieces += [joined((*subject, f" <{predicate}> ", *obj, *end)).fill_null("") for predicate, obj in optional]
    return joined(pieces)


def _rows(frame: pl.LazyFrame, text: pl.Expr) -> pl.LazyFrame:
    return frame.select(FACT, text.alias(TEXT))


def _class(name: str) -> Pair:
    return f"{_RDF}type", (f"<{name}>",)


def _integer(column: str) -> Pieces:
    return ('"', pl.col(column).cast(pl.String), f'"^^<{XSD}integer>')


def _term(column: str) -> Pieces:
    """A term of the claim vocabulary whose local name stands in a column: a modality, a status, a polarity."""
    return (f"<{NS}", pl.col(column), ">")


def _node(base: str, kind: str, *path: str | Pieces) -> Pieces:
    """`<base kind/article/path>`; a name in `path` is a column."""
    ends = [piece for part in path for piece in ("/", *((pl.col(part),) if isinstance(part, str) else part))]
    return (f"<{base}{kind}/", pl.col("article"), *ends, ">")


def _between(of: Callable[[str], pl.Expr] = pl.col) -> pl.Expr:
    """What names a passage within its article."""
    return joined((of("start").cast(pl.String), "-", of("end").cast(pl.String)))


def _spoken(text: str) -> pl.Expr:
    """A literal in the language of the fact."""
    return literal(pl.col(text), language=pl.col("language"))


def evidence_blocks(facts: pl.DataFrame, base: str) -> list[pl.LazyFrame]:
    """The nodes of facts, of the passages that they show first, and of their attributions."""
    named = facts.lazy()
    first = _node(base, "attribution", "id", ("1",))
    article = _node(base, "article")
    nodes = (
        _block(
            _node(base, "fact", "id"),
            (_class(f"{NS}Fact"), (f"{NS}kind", (quote_literal(pl.col("kind")),)), (f"{NS}statedIn", article)),
        ),
        _block(
            first,
            (
                _class(f"{NS}Attribution"),
                (f"{NS}step", (f'"1"^^<{XSD}integer>',)),
                (f"{NS}voice", article),
            ),
        ),
    )
    passage = _block(
        _node(base, "passage", (_between(),)),
        (
            _class(f"{NS}Passage"),
            _class(f"{_OA}TextPositionSelector"),
            (f"{NS}quote", (_spoken("quote"),)),
            (f"{_OA}start", _integer("start")),
            (f"{_OA}end", _integer("end")),
            (f"{_OA}hasSource", article),
        ),
        optional=((f"{NS}sentence", _integer("sentence")),),
    )
    later = _block(
        _node(base, "attribution", "id", (pl.col("step").cast(pl.String),)),
        (
            _class(f"{NS}Attribution"),
            (f"{NS}step", _integer("step")),
            (f"{NS}voice", (f"<{base}id/", pl.col("entity"), ">")),
            (f"{NS}cue", (_spoken("cue"),)),
            (f"{NS}passage", _node(base, "passage", (_between(),))),
        ),
    )
    steps = _steps(named, "article", "id", "language")
    return [_rows(named, joined(nodes)), _rows(_passages(named), passage), _rows(steps, later)]


def _passages(facts: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each passage of an article, of quotes first and then of cues, at the first fact that shows it."""
    columns = ("article", "language", "start", "end", "quote", "sentence")
    quoted = facts.select(FACT, "article", "language", "passages").explode("passages").unnest("passages")
    cues = facts.filter(pl.col("voices").list.len() > 0).select(FACT, "article", "language", "voices")
    cues = cues.explode("voices").unnest("voices").rename({"cue": "quote"})
    spans = pl.concat([quoted.select(FACT, *columns), cues.select(FACT, *columns)])
    return spans.drop_nulls("start").unique(columns, keep="first", maintain_order=True)


def _steps(facts: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    """A row for each voice after the article's, numbered from step 2 on; `again` where it has spoken in the chain."""
    numbered = facts.filter(pl.col("voices").list.len() > 0).select(
        FACT, *columns, "voices", pl.int_ranges(2, pl.col("voices").list.len().cast(pl.Int64) + 2).alias("step")
    )
    return (
        numbered.explode("voices", "step")
        .unnest("voices")
        .with_columns(~pl.struct(FACT, "entity").is_first_distinct().alias("again"))
    )


def _edtf() -> pl.Expr:
    """The EDTF string of a date literal; null for any other object."""
    expression = pl.lit(None, dtype=pl.String)
    for name, unknown in _EDTF.items():
        value = pl.concat_str(pl.lit(unknown), pl.col("value").str.strip_prefix("--") if unknown else pl.col("value"))
        expression = pl.when(pl.col("object").str.ends_with(f"^^<{XSD}{name}>")).then(value).otherwise(expression)
    return literal(expression)


def _joined_quote() -> pl.Expr:
    """The segments of the quote in text order, as one line of text."""
    return pl.col("passages").list.eval(pl.element().struct.field("quote")).list.join(" … ")


def _statement() -> tuple[Pair, ...]:
    """What every reified triple says of itself."""
    return (
        (f"{_RDF}subject", (pl.col("subject"),)),
        (f"{_RDF}predicate", (pl.col("predicate"),)),
        (f"{_RDF}object", (pl.col("object"),)),
    )


def _triple(graph: Pieces) -> Pieces:
    return (pl.col("subject"), " ", pl.col("predicate"), " ", pl.col("object"), " ", *graph, " .\n")


def _beside(triples: pl.DataFrame, facts: pl.DataFrame, columns: Sequence[str | pl.Expr]) -> pl.DataFrame:
    """The triples with columns of their facts, which are computed once a fact."""
    return pl.concat([triples, facts.select(columns)[triples[FACT]]], how="horizontal")


def claim_blocks(
    claims: pl.DataFrame, facts: pl.DataFrame, base: str, documents: Collection[str]
) -> list[pl.LazyFrame]:
    """The nodes of claims and the graphs with their triples.

    claims: content triples with `claim`, `FACT`, `article` and `id`. facts: the table that `FACT` counts in.
    """
    node: Pieces = (pl.col("claim"),)
    last = pl.col("voices").list.last().struct.field("entity")
    article = joined(_node(base, "article"))
    told = _beside(
        claims,
        facts,
        (
            "modality",
            "polarity",
            "status",
            "readings",
            literal(_joined_quote(), language=pl.col("language")).alias("quote"),
            literal(pl.col("ambiguity"), language=pl.lit("en")).alias("ambiguity"),
            pl.coalesce(joined((f"<{base}id/", last, ">")), article).alias("last"),
            pl.col("passages").list.eval(_between(pl.element().struct.field)).alias("spans"),
        ),
    )
    text = _block(
        node,
        (
            _class(f"{NS}Claim"),
            *_statement(),
            (f"{NS}fact", _node(base, "fact", "id")),
            (f"{NS}statedIn", _node(base, "article")),
            (f"{NS}modality", _term("modality")),
            (f"{NS}polarity", _term("polarity")),
            (f"{NS}status", _term("status")),
            (f"{NS}lastVoice", (pl.col("last"),)),
            (f"{NS}attribution", _node(base, "attribution", "id", ("1",))),
            (f"{NS}mappingFile", (quote_literal(pl.col("file")),)),
            (f"{NS}mappingLine", _integer("line")),
        ),
        optional=(
            (f"{NS}quote", (pl.col("quote"),)),
            (f"{NS}edtf", (_edtf(),)),
            (f"{NS}ambiguity", (pl.col("ambiguity"),)),
        ),
    )
    ready = told.lazy()
    spans = ready.select(FACT, "claim", "article", "spans").explode("spans").drop_nulls("spans")
    readings = ready.filter(pl.col("readings").list.len() > 0).select(FACT, "claim", "readings").explode("readings")
    steps = (
        claims.lazy()
        .select(FACT, "claim", "article", "id")
        .join(
            _steps(facts.lazy()).select(FACT, "entity", "step", "again"),
            on=FACT,
            how="inner",
            maintain_order="left_right",
        )
    )
    relation = (
        pl.when(pl.col("entity").is_in(list(documents)))
        .then(pl.lit(f" <{NS}accordingTo> "))
        .otherwise(pl.lit(f" <{NS}attributedTo> "))
    )
    attributed = joined((*node, relation, f"<{base}id/", pl.col("entity"), "> .\n"))
    step = _block(node, ((f"{NS}attribution", _node(base, "attribution", "id", (pl.col("step").cast(pl.String),))),))
    return [
        _rows(ready, joined((text, *_triple(node)))),
        _rows(spans, _block(node, ((f"{NS}passage", _node(base, "passage", "spans")),))),
        _rows(readings, _block(node, ((f"{NS}reading", (literal(pl.col("readings"), language=pl.lit("en")),)),))),
        _rows(steps, joined((step, pl.when("again").then(pl.lit("")).otherwise(attributed)))),
    ]


def inference_blocks(inferences: pl.DataFrame, facts: pl.DataFrame, base: str) -> list[pl.LazyFrame]:
    """The inferred triples and their nodes, in the graph of inferences."""
    node: Pieces = (pl.col("claim"),)
    graph: Pieces = (f"<{base}{INFERRED}>",)
    told = _beside(inferences, facts, ("premises", "rationale")).lazy()
    premises = told.explode("premises").drop_nulls("premises")
    rationale = told.select(FACT, "claim", "rationale").explode("rationale").drop_nulls("rationale").unnest("rationale")
    text = _block(
        node,
        (_class(f"{NS}Inference"), *_statement()),
        graph=graph,
        optional=((f"{NS}edtf", (_edtf(),)),),
    )
    because = (f"{NS}rationale", (literal(pl.col("value"), language=pl.col("language")),))
    return [
        _rows(told, joined((*_triple(graph), text))),
        _rows(premises, _block(node, ((f"{NS}premise", _node(base, "fact", "premises")),), graph=graph)),
        _rows(rationale, _block(node, (because,), graph=graph)),
    ]
