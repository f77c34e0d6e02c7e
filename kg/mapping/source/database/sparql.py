"""SPARQL over RDF files -> batches of records."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from kg.errors import Place, Problems, nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate
from kg.mapping.source.batch import natural
from kg.mapping.source.refusal import refused

__all__ = ["read_sparql"]


def read_sparql(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of the solutions of a SELECT query over an RDF file.

    Values are as https://www.w3.org/TR/sparql11-results-csv-tsv/#csv has them, IRIs and lexical forms; a literal keeps
    its datatype as its natural one. Raises `ContentError`.
    """
    import rdflib  # noqa: PLC0415 - slow to import, and few sources need it

    path = locate(source, reading)
    try:
        graph = rdflib.Graph().parse(path)
        result = graph.query(source.iterator)
    except Exception as error:
        raise refused(f"cannot query {source.label}: {error}", source.place, "correct the file or the query") from error
    names = [str(variable) for variable in result.vars or ()]
    problems = Problems()
    for name in references:
        if name not in names:
            problems.add(f"reference {name!r} is no variable of the query", references[name], nearest(name, names))
    problems.stop_if_any()
    rows: list[Any] = list(result)
    for start in range(0, len(rows), reading.batch):
        part = rows[start : start + reading.batch]
        yield pl.DataFrame(
            [column for name in references for column in _terms(name, [row[name] for row in part])]
            or [pl.repeat(0, len(part), eager=True).alias("\0")]
        )


def _terms(name: str, terms: Sequence[Any]) -> list[pl.Series]:
    """The column of a variable and that of its datatypes."""
    texts = [None if term is None else str(term) for term in terms]
    types = [str(kind) if (kind := getattr(term, "datatype", None)) else None for term in terms]
    return [pl.Series(name, texts, dtype=pl.String), pl.Series(natural(name), types, dtype=pl.String)]
