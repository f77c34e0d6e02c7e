"""Facts and their content triples -> quads, checked."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from kg.claim.evidence import FACT, INFERRED, KEPT, is_asserted, is_inference
from kg.claim.node import TEXT, claim_blocks, evidence_blocks, inference_blocks
from kg.errors import Place, Problems
from kg.mapping import Locate, nquads
from kg.mapping.lexical import OUTSIDE_UCSCHAR
from kg.mapping.term import encode_iri_part

__all__ = ["CLAIM", "Quads", "claim_iris", "make_claims"]

# Asks for the place of the field of a fact that refers to a claim, whatever its name is.
CLAIM = "claim"

# So many code points of a literal stand in the IRI of its claim.
_KEY = 40


@dataclass(frozen=True, slots=True)
class Quads:
    """The quads of some facts, as N-Quads.

    own: blocks of lines, each line ended, that are about these facts alone; in the order of the facts, no line twice.
    shared: lines, not ended, that other facts may make as well, in the order of the facts. claims: how many there are.
    count: of the lines of `own`. inferred: how many of them are about inferences.
    """

    own: pl.Series
    shared: pl.Series
    claims: int
    count: int
    inferred: int

    def lines(self) -> set[str]:
        """Every line once, without its end."""
        return {*"".join(self.own).split("\n")[:-1], *self.shared}


def claim_iris(triples: pl.DataFrame, facts: pl.DataFrame, base: str) -> pl.DataFrame:
    """The content triples with a column `claim`: the IRI of the claim or inference, in angle brackets.

    It is made of article, fact, predicate and object alone, so no order, position or quote moves it.
    facts: the table that the column `FACT` of the triples counts in.
    """
    # The key of an object: the last segment of its IRI, or the first 40 code points of its lexical form.
    is_iri = pl.col("object").str.starts_with("<")
    segment = pl.col("value").str.strip_chars_end("/#").str.extract(r"([^/#]*)$")
    key = pl.when(is_iri).then(segment).otherwise(encode_iri_part(pl.col("value").str.slice(0, _KEY)))
    local = pl.col("predicate").str.extract(r"([^/#:>]+)[/#]?>$")
    inferred = facts.select(is_inference()).to_series().gather(triples[FACT])
    folder = pl.when(inferred).then(pl.lit("inference/")).otherwise(pl.lit("claim/"))
    node = pl.concat_str(
        pl.lit(f"<{base}"), folder, "article", pl.lit("/"), "id", pl.lit("."), local, pl.lit("."), key, pl.lit(">")
    )
    return triples.with_columns(node.alias("claim"))


def make_claims(
    facts: pl.DataFrame,
    triples: pl.DataFrame,
    *,
    base: str,
    documents: Collection[str],
    problems: Problems,
    locate: Locate,
) -> Quads:
    """All quads of facts, their content triples and everything else that was mapped.

    facts: a table of `fact_table`. triples: what the mappings made of it and of other sources, with the columns of
    `KEPT`; a triple whose `FACT` is null is no claim.
    documents: entities that are documents, so that a statement is according to them rather than attributed to them.
    Two triples with one claim IRI, and a reference to a claim that nobody makes, are noted in `problems`.
    """
    if FACT not in triples.columns:
        triples = triples.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in KEPT.items())
    plain = pl.col(FACT).is_null() | pl.col("graph").is_not_null()
    mapped = triples.filter(plain)
    _check_graphs(mapped, base, problems)
    ungraphed = claim_iris(triples.filter(~plain), facts, base)
    _check_keys(ungraphed, problems, locate)
    _check_unique(ungraphed, problems, locate)
    inferred, asserted = facts.select(is_inference().alias("inferred"), is_asserted().alias("asserted"))
    is_inferred, is_fact = (column.gather(ungraphed[FACT]) for column in (inferred, asserted))
    claims, inferences = ungraphed.filter(~is_inferred), ungraphed.filter(is_inferred)
    _check_references(claims, inferences, base, problems, locate)
    blocks = [
        *evidence_blocks(facts.filter(~inferred), base),
        *claim_blocks(claims, facts, base, documents),
        *inference_blocks(inferences, facts, base),
    ]
    own = pl.concat(pl.collect_all(blocks)).sort(FACT, maintain_order=True)
    shared = pl.concat([mapped, ungraphed.filter(is_fact & ~is_inferred)], how="diagonal")
    lines = own[TEXT].str.count_matches("\n", literal=True)
    return Quads(
        own[TEXT],
        nquads(shared.sort(FACT, maintain_order=True)),
        claims.height,
        int(lines.sum()),
        int(lines.filter(inferred.gather(own[FACT])).sum()) if inferences.height else 0,
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
