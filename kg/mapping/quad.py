"""N-Quads lines -> a table with a column for each term."""

import polars as pl

__all__ = ["quad_table"]

# After the object, and never inside of one: within the quotes of a literal, a space, < or _: is followed by a quote
# before the line ends, and neither an IRI nor a label holds one.
_GRAPH = r' (<[^<>" ]*>|_:[^<>" ]+)$'


def quad_table(lines: pl.Series) -> pl.DataFrame:
    """The terms of lines in canonical N-Quads: subject, predicate, object, graph; null in the default graph."""
    parts = pl.col("line").str.strip_suffix(" .").str.splitn(" ", 3).struct
    split = lines.to_frame("line").select(
        parts.field("field_0").alias("subject"), parts.field("field_1").alias("predicate"), rest=parts.field("field_2")
    )
    graph = pl.col("rest").str.extract(_GRAPH)
    whole = pl.concat_str(pl.lit(" "), "graph")
    with_object = pl.when(pl.col("graph").is_null()).then("rest").otherwise(pl.col("rest").str.strip_suffix(whole))
    return split.with_columns(graph=graph).select("subject", "predicate", with_object.alias("object"), "graph")
