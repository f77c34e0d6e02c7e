"""Content triples with their evidence -> claims: who said what, in which words, and how.

    facts ─┬─ fact, passage, attribution nodes ─┐
           └─ content triples ─┬─ claims ───────┼─ quads
                               └─ inferences ───┘

One content triple of one fact is one claim. The claim's IRI names a node in the default graph and a graph that
holds the triple alone. The triple itself stands in the default graph only where the article asserts it in its own
voice. An inference is no claim: it stands with its premises in a graph of its own.
"""

from collections.abc import Collection

import polars as pl

from kg.errors import Place, Problems
from kg.mapping.lexical import OUTSIDE_UCSCHAR, XSD
from kg.mapping.materialize import Locate, nquads
from kg.mapping.term import encode_iri_part, iri, literal

__all__ = ["CLAIM", "EVIDENCE", "INFERRED", "NS", "claim_iris", "quads"]

NS = "https://w3id.org/pressgraph/ns#"
INFERRED = "graph/inferred"

# Asks for the place of the field of a fact that refers to a claim, whatever its name is.
CLAIM = "claim"

# So many code points of a literal stand in the IRI of its claim.
_KEY = 40

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_OA = "http://www.w3.org/ns/oa#"

_SPAN = {"start": pl.Int64, "end": pl.Int64, "quote": pl.String, "sentence": pl.Int64}
_VOICE = {"entity": pl.String, "cue": pl.String, "start": pl.Int64, "end": pl.Int64, "sentence": pl.Int64}

# The columns of a fact that are evidence, declared and never inferred: an empty list has no type of its own.
EVIDENCE: dict[str, pl.DataType | type[pl.DataType]] = {
    "article": pl.String,
    "id": pl.String,
    "kind": pl.String,
    "language": pl.String,
    "sentence": pl.Int64,
    "passages": pl.List(pl.Struct(_SPAN)),
    "voices": pl.List(pl.Struct(_VOICE)),
    "modality": pl.String,
    "polarity": pl.String,
    "status": pl.String,
    "ambiguity": pl.String,
    "readings": pl.List(pl.String),
    "premises": pl.List(pl.String),
    "rationale": pl.List(pl.Struct({"value": pl.String, "language": pl.String})),
}

# Datatypes whose values have an EDTF string, and what stands for the year that they lack: https://www.loc.gov/standards/datetime/.
_EDTF = {"date": "", "dateTime": "", "gYear": "", "gYearMonth": "", "gMonth": "XXXX-", "gMonthDay": "XXXX-"}


def claim_iris(triples: pl.DataFrame, base: str) -> pl.DataFrame:
    """The content triples with a column `claim`: the IRI of the claim or inference, in angle brackets.

    It is made of article, fact, predicate and object alone, so no order, position or quote moves it.
    """
    # The key of an object: the last segment of its IRI, or the first 40 code points of its lexical form.
    is_iri = pl.col("object").str.starts_with("<")
    segment = pl.col("value").str.strip_chars_end("/#").str.extract(r"([^/#]*)$")
    key = pl.when(is_iri).then(segment).otherwise(encode_iri_part(pl.col("value").str.slice(0, _KEY)))
    local = pl.col("predicate").str.extract(r"([^/#:>]+)[/#]?>$")
    folder = pl.when(_is_inference()).then(pl.lit("inference/")).otherwise(pl.lit("claim/"))
    node = pl.concat_str(
        pl.lit(f"<{base}"), folder, "article", pl.lit("/"), "id", pl.lit("."), local, pl.lit("."), key, pl.lit(">")
    )
    return triples.with_columns(node.alias("claim"))


def quads(
    facts: pl.DataFrame,
    triples: pl.DataFrame,
    *,
    base: str,
    documents: Collection[str],
    problems: Problems,
    locate: Locate,
) -> pl.Series:
    """All quads of facts, their content triples and everything else that was mapped, as N-Quads lines.

    The lines are in no order, and some stand there more than once.
    facts: a table with the columns of `EVIDENCE`. triples: what the mappings made of it and of other sources, those
    columns kept; a triple without them is no claim.
    documents: entities that are documents, so that a statement is according to them rather than attributed to them.
    Two triples with one claim IRI, and a reference to a claim that nobody makes, are noted in `problems`.
    """
    plain = pl.col("id").is_null() | pl.col("graph").is_not_null()
    _check_graphs(triples.filter(plain), base, problems)
    ungraphed = claim_iris(triples.filter(~plain), base)
    _check_keys(ungraphed, problems, locate)
    _check_unique(ungraphed, problems, locate)
    claims, inferences = ungraphed.filter(~_is_inference()), ungraphed.filter(_is_inference())
    _check_references(claims, inferences, base, problems, locate)
    stated = facts.filter(~_is_inference())
    write = _Writer(base)
    return pl.concat(
        [
            nquads(triples.filter(plain)),
            *_fact_nodes(stated, write),
            *_passage_nodes(stated, write),
            *_attribution_nodes(stated, write),
            *_claim_nodes(claims, write, documents),
            nquads(claims.filter(_is_asserted())),
            *_inference_nodes(inferences, write),
        ]
    )


def _is_inference() -> pl.Expr:
    return pl.col("premises").list.len().fill_null(0) > 0


def _is_asserted() -> pl.Expr:
    """Whether the article says it in its own voice, plainly: only then is the triple itself a fact of the graph."""
    return (
        (pl.col("voices").list.len() == 0)
        & (pl.col("modality") == "asserted")
        & (pl.col("polarity") == "positive")
        & pl.col("ambiguity").is_null()
    )


def _check_graphs(triples: pl.DataFrame, base: str, problems: Problems) -> None:
    """No mapping writes into the graph of a claim, of the inferences, or of the ontology."""
    ours = pl.col("graph").str.starts_with(f"<{base}claim/")
    ours |= pl.col("graph").is_in([f"<{base}{INFERRED}>", f"<{base}graph/ontology>"])
    for row in triples.filter(ours).unique(["file", "line"], maintain_order=True).iter_rows(named=True):
        place = Place(row["file"], row["line"], 1)
        problems.add(f"a mapping writes into {row['graph']}", place, "name a graph of your own, or none for claims")


def _check_keys(triples: pl.DataFrame, problems: Problems, locate: Locate) -> None:
    """The beginning of a literal stands in its claim's IRI, which cannot hold every character."""
    bad = ~pl.col("object").str.starts_with("<") & pl.col("value").str.slice(0, _KEY).str.contains(OUTSIDE_UCSCHAR)
    for row in triples.filter(bad).iter_rows(named=True):
        told = f"{row['value'][:_KEY]!r} holds a character for private use, or none at all"
        problems.add(told, locate(row, ""), "write it without that character")


def _check_unique(triples: pl.DataFrame, problems: Problems, locate: Locate) -> None:
    made_by = pl.concat_str("file", pl.lit(":"), "line").unique(maintain_order=True).alias("made by")
    repeated = triples.filter(pl.col("claim").is_duplicated()).group_by("claim", maintain_order=True)
    for row in repeated.agg(pl.all().exclude("claim").first(), made_by).iter_rows(named=True):
        if len(row["made by"]) > 1:
            told = f"fact {row['id']!r} makes {row['claim']} twice, by {' and '.join(row['made by'])}"
            problems.add(told, locate(row, ""), "keep one of these mappings")
            continue
        problems.add(
            f"fact {row['id']!r} makes two statements with the same IRI {row['claim']}",
            locate(row, ""),
            "write two facts",
        )


def _check_references(
    claims: pl.DataFrame, inferences: pl.DataFrame, base: str, problems: Problems, locate: Locate
) -> None:
    made = claims.select("claim")
    for position in ("subject", "object"):
        dangling = pl.concat([claims, inferences]).filter(pl.col(position).str.starts_with(f"<{base}claim/"))
        dangling = dangling.join(made, left_on=position, right_on="claim", how="anti")
        for row in dangling.iter_rows(named=True):
            folder = f"<{base}claim/{row['article']}/"
            named = row[position].removeprefix(folder).rstrip(">")
            fact = named.partition(".")[0]
            if fact == row["id"]:
                problems.add("a fact cannot refer to its own claim", locate(row, CLAIM), "name a claim of another fact")
                continue
            near = made.filter(pl.col("claim").str.starts_with(f"{folder}{fact}."))["claim"].to_list()
            known = ", ".join(claim.removeprefix(folder).rstrip(">") for claim in near)
            fix = f"that fact makes {known}" if near else f"no fact of the article is called {fact!r}"
            problems.add(f"there is no claim {named!r}", locate(row, CLAIM), fix)


class _Writer:
    """Expressions for the nodes of one base, and lines about them."""

    def __init__(self, base: str) -> None:
        self.base = base

    def node(self, kind: str, *path: str | pl.Expr) -> pl.Expr:
        """`<base kind/article/path>`; a name in `path` is a column."""
        ends = [piece for part in path for piece in (pl.lit("/"), pl.col(part) if isinstance(part, str) else part)]
        return pl.concat_str(pl.lit(f"<{self.base}{kind}/"), pl.col("article"), *ends, pl.lit(">"))

    def passage(self) -> pl.Expr:
        """The passage of columns start and end."""
        return self.node("passage", pl.concat_str(pl.col("start"), pl.lit("-"), pl.col("end")))

    def entity(self, column: str) -> pl.Expr:
        """The entity whose id stands in a column."""
        return pl.concat_str(pl.lit(f"<{self.base}id/"), pl.col(column), pl.lit(">"))


def _lines(
    frame: pl.DataFrame, subject: pl.Expr, *pairs: tuple[str, pl.Expr], graph: pl.Expr | None = None
) -> list[pl.Series]:
    """A line for each row and each (predicate IRI, object); none where the object is null."""
    end = pl.concat_str(pl.lit(" "), graph, pl.lit(" .")) if graph is not None else pl.lit(" .")
    return [
        frame.select(pl.concat_str(subject, pl.lit(f" <{predicate}> "), obj, end).alias("quad"))
        .to_series()
        .drop_nulls()
        for predicate, obj in pairs
    ]


def _class(name: str) -> tuple[str, pl.Expr]:
    return f"{_RDF}type", iri(NS + name)


def _integer(column: str) -> pl.Expr:
    return literal(pl.col(column).cast(pl.String), datatype=f"{XSD}integer")


def _term(column: str) -> pl.Expr:
    """A term of the claim vocabulary whose local name stands in a column: a modality, a status, a polarity."""
    return pl.concat_str(pl.lit(f"<{NS}"), pl.col(column), pl.lit(">"))


def _fact_nodes(facts: pl.DataFrame, write: _Writer) -> list[pl.Series]:
    return _lines(
        facts,
        write.node("fact", "id"),
        _class("Fact"),
        (f"{NS}kind", literal(pl.col("kind"))),
        (f"{NS}statedIn", write.node("article")),
    )


def _passage_nodes(facts: pl.DataFrame, write: _Writer) -> list[pl.Series]:
    quoted = facts.select("article", "language", pl.col("passages").alias("span")).explode("span").unnest("span")
    cues = facts.select("article", "language", pl.col("voices").alias("span")).explode("span").unnest("span")
    columns = ["article", "language", "start", "end", "quote", "sentence"]
    spans = (
        pl.concat([quoted.select(columns), cues.rename({"cue": "quote"}).select(columns)]).drop_nulls("start").unique()
    )
    return _lines(
        spans,
        write.passage(),
        _class("Passage"),
        (f"{_RDF}type", iri(f"{_OA}TextPositionSelector")),
        (f"{NS}quote", literal(pl.col("quote"), language=pl.col("language"))),
        (f"{_OA}start", _integer("start")),
        (f"{_OA}end", _integer("end")),
        (f"{_OA}hasSource", write.node("article")),
        (f"{NS}sentence", _integer("sentence")),
    )


def _steps(facts: pl.DataFrame) -> pl.DataFrame:
    """A row for each voice after the article's, numbered from step 2 on."""
    numbered = facts.with_columns(pl.int_ranges(2, pl.col("voices").list.len().cast(pl.Int64) + 2).alias("step"))
    return numbered.filter(pl.col("voices").list.len() > 0).explode("voices", "step").unnest("voices", separator="_")


def _attribution_nodes(facts: pl.DataFrame, write: _Writer) -> list[pl.Series]:
    first = facts.with_columns(pl.lit(1, dtype=pl.Int64).alias("step"))
    later = _steps(facts.select("article", "id", "language", "voices")).rename(
        {"voices_start": "start", "voices_end": "end"}
    )
    step = write.node("attribution", "id", pl.col("step").cast(pl.String))
    return [
        *_lines(
            first, step, _class("Attribution"), (f"{NS}step", _integer("step")), (f"{NS}voice", write.node("article"))
        ),
        *_lines(
            later,
            step,
            _class("Attribution"),
            (f"{NS}step", _integer("step")),
            (f"{NS}voice", write.entity("voices_entity")),
            (f"{NS}cue", literal(pl.col("voices_cue"), language=pl.col("language"))),
            (f"{NS}passage", write.passage()),
        ),
    ]


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


def _statement(subject: pl.Expr) -> tuple[tuple[str, pl.Expr], ...]:
    """What every reified triple says of itself."""
    return (
        (f"{_RDF}subject", subject),
        (f"{_RDF}predicate", pl.col("predicate")),
        (f"{_RDF}object", pl.col("object")),
        (f"{NS}edtf", _edtf()),
    )


def _claim_nodes(claims: pl.DataFrame, write: _Writer, documents: Collection[str]) -> list[pl.Series]:
    claim = pl.col("claim")
    spans = claims.select("claim", "article", pl.col("passages").alias("span")).explode("span").unnest("span")
    readings = claims.select("claim", "readings").explode("readings").drop_nulls("readings")
    voices = _steps(claims.select("claim", "article", "id", "voices"))
    is_document = pl.col("voices_entity").is_in(list(documents))
    steps = pl.concat(
        [
            claims.select("claim", "article", "id", step=pl.lit(1, dtype=pl.Int64)),
            voices.select("claim", "article", "id", "step"),
        ]
    )
    last = pl.col("voices").list.last().struct.field("entity")
    innermost = pl.concat_str(pl.lit(f"<{write.base}id/"), last, pl.lit(">"))
    return [
        *_lines(
            claims,
            claim,
            _class("Claim"),
            *_statement(pl.col("subject")),
            (f"{NS}fact", write.node("fact", "id")),
            (f"{NS}statedIn", write.node("article")),
            (f"{NS}modality", _term("modality")),
            (f"{NS}polarity", _term("polarity")),
            (f"{NS}status", _term("status")),
            (f"{NS}lastVoice", pl.coalesce(innermost, write.node("article"))),
            (f"{NS}quote", literal(_joined_quote(), language=pl.col("language"))),
            (f"{NS}ambiguity", literal(pl.col("ambiguity"), language=pl.lit("en"))),
            (f"{NS}mappingFile", literal(pl.col("file"))),
            (f"{NS}mappingLine", _integer("line")),
        ),
        nquads(claims.with_columns(claim.alias("graph"))),
        *_lines(spans, claim, (f"{NS}passage", write.passage())),
        *_lines(readings, claim, (f"{NS}reading", literal(pl.col("readings"), language=pl.lit("en")))),
        *_lines(steps, claim, (f"{NS}attribution", write.node("attribution", "id", pl.col("step").cast(pl.String)))),
        *_lines(voices.filter(is_document), claim, (f"{NS}accordingTo", write.entity("voices_entity"))),
        *_lines(voices.filter(~is_document), claim, (f"{NS}attributedTo", write.entity("voices_entity"))),
    ]


def _inference_nodes(inferences: pl.DataFrame, write: _Writer) -> list[pl.Series]:
    node, graph = pl.col("claim"), iri(write.base + INFERRED)
    premises = inferences.explode("premises").drop_nulls("premises")
    rationale = inferences.select("claim", "rationale").explode("rationale").drop_nulls("rationale").unnest("rationale")
    return [
        nquads(inferences.with_columns(graph.alias("graph"))),
        *_lines(inferences, node, _class("Inference"), *_statement(pl.col("subject")), graph=graph),
        *_lines(premises, node, (f"{NS}premise", write.node("fact", "premises")), graph=graph),
        *_lines(
            rationale, node, (f"{NS}rationale", literal(pl.col("value"), language=pl.col("language"))), graph=graph
        ),
    ]
