"""N-Quads lines -> a table with columns for the terms."""

import polars as pl

from kg.mapping.lexical import IRIREF_ESCAPES, LITERAL_ESCAPES, XSD

__all__ = ["QUAD", "quad_table"]

QUAD = ("subject", "predicate", "object", "graph", "kind", "value", "datatype", "language")
"""The columns of every table of quads, all texts."""

# After the object, and never inside of one: within the quotes of a literal, a space, < or _: is followed by a quote
# before the line ends, and neither an IRI nor a label holds one.
_GRAPH = r' (<[^<>" ]*>|_:[^<>" ]+)$'
# A literal ends with the last quote: neither a language tag nor a datatype IRI holds one.
_LITERAL = r'^"(.*)"(?:@([^"]+)|\^\^<([^"]*)>)?$'
_UNESCAPE = {escaped: plain for table in (IRIREF_ESCAPES, LITERAL_ESCAPES) for plain, escaped in table.items()}
_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


def quad_table(lines: pl.Series) -> pl.DataFrame:
    """The quads of lines in canonical N-Quads, with the columns of `QUAD`.

    subject, predicate, object, graph: the terms as N-Triples writes them; graph is null in the default graph. kind: of
    the object: `iri`, `blank` or `literal`. value: its IRI, label or lexical form, nothing escaped. datatype: the IRI
    of a literal's datatype, that of a plain one and of one with a language as well; null for others. language: the
    tag of a literal that has one.
    """
    parts = pl.col("line").str.strip_suffix(" .").str.splitn(" ", 3).struct
    split = lines.to_frame("line").select(
        parts.field("field_0").alias("subject"), parts.field("field_1").alias("predicate"), rest=parts.field("field_2")
    )
    graph = pl.col("rest").str.extract(_GRAPH)
    whole = pl.concat_str(pl.lit(" "), "graph")
    with_object = pl.when(pl.col("graph").is_null()).then("rest").otherwise(pl.col("rest").str.strip_suffix(whole))
    terms = split.with_columns(graph=graph).select("subject", "predicate", with_object.alias("object"), "graph")
    return terms.with_columns(*_of_object(pl.col("object"))).select(QUAD)


def _of_object(term: pl.Expr) -> tuple[pl.Expr, ...]:
    iri, blank = term.str.starts_with("<"), term.str.starts_with("_:")
    text, language, datatype = (term.str.extract(_LITERAL, group) for group in (1, 2, 3))
    value = pl.when(iri).then(term.str.slice(1).str.head(-1)).when(blank).then(term.str.slice(2)).otherwise(text)
    known = pl.when(language.is_not_null()).then(pl.lit(_LANG_STRING)).otherwise(pl.lit(f"{XSD}string"))
    return (
        pl.when(iri).then(pl.lit("iri")).when(blank).then(pl.lit("blank")).otherwise(pl.lit("literal")).alias("kind"),
        value.str.replace_many(list(_UNESCAPE), list(_UNESCAPE.values())).alias("value"),
        pl.when(~iri & ~blank).then(pl.coalesce(datatype, known)).alias("datatype"),
        language.alias("language"),
    )
