"""A logical source and the references used of it -> batches of records, by the formulation and the file's name."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import polars as pl

from kg.errors import ContentError, Place, Problem, nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, unpacked
from kg.mapping.source.batch import ROW, numbered, without_nulls
from kg.mapping.source.database import read_sparql, read_sql
from kg.mapping.source.jsonpath import read_json, read_nodes
from kg.mapping.source.node import JsonNodes, Nodes, TableNodes, XmlNodes
from kg.mapping.source.parquet import read_parquet
from kg.mapping.source.path import PathError, path_of
from kg.mapping.source.refusal import refused
from kg.mapping.source.tabular import read_csv
from kg.mapping.source.xpath import read_elements, read_xml, values

__all__ = ["check_references", "nodes_of", "path_problems", "records"]

_Reader = Callable[[LogicalSource, Mapping[str, Place], Reading], Iterator[pl.DataFrame]]


def _read_rows(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    reader = read_parquet if unpacked(source, locate(source, reading)).endswith(".parquet") else read_csv
    return reader(source, references, reading)


# https://kg-construct.github.io/rml-io/spec/docs/#reference-formulations
_READERS: dict[str, _Reader] = {
    "csv": _read_rows,
    "tsv": _read_rows,
    "parquet": read_parquet,
    "jsonpath": read_json,
    "xpath": read_xml,
    "sql-table": read_sql,
    "sql-query": read_sql,
    "SPARQL_Results_CSV": read_sparql,
}


def records(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of the source's records in their order, with the columns that `natural` and `ROW` name.

    references: what is used of a record, and where the mapping says so.

    Raises `ContentError`: no such source, reference or formulation, or a malformed file.
    """
    reader = _READERS.get(source.formulation)
    if reader is None:
        raise refused(
            f"no reference formulation is called {source.formulation!r}",
            source.place,
            nearest(source.formulation, _READERS),
        )
    check_references(references)
    with _followed(source):
        for batch in numbered(reader(source, references, reading)):
            yield without_nulls(batch, source, list(references))


@contextmanager
def _followed(source: LogicalSource) -> Iterator[None]:
    """Tell at the place of a source that its records cannot be searched."""
    try:
        yield
    except PathError as error:
        fix = "name the members on the way, in place of `..`"
        raise refused(f"{source.label} cannot be searched: {error}", source.place, fix) from error


def path_problems(source: LogicalSource, references: Mapping[str, Place]) -> Iterator[Problem]:
    """What is wrong with the iterator and the references of a source of JSON or XML, before anything is read."""
    check = _PATHS.get(source.formulation)
    if check is None:
        return
    iterator = {source.iterator: source.place} if source.iterator else {}
    for what, paths in (("iterator", iterator), ("reference", references)):
        for path, place in paths.items():
            try:
                check(path, replace(source, place=place), what)
            except ContentError as error:
                yield from error.problems


_PATHS: dict[str, Callable[[str, LogicalSource, str], object]] = {
    "jsonpath": path_of,
    "xpath": lambda path, source, _: values(path, [], source, source.place),
}


def check_references(references: Mapping[str, Place]) -> None:
    """Raise `ContentError` for a reference to nothing, and for one that Polars would take for a pattern of names."""
    for name, place in references.items():
        if not name.strip():
            raise refused("a reference is empty", place, "name a part of the record, or escape the braces")
        if name == "*" or (name.startswith("^") and name.endswith("$")):
            told = "be *" if name == "*" else f"begin with ^ and end with $, as {name!r} does"
            raise refused(f"no reference can {told}", place, "rename that part")


def nodes_of(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Nodes:
    """All records of the source, with what is inside of them where it is JSON or XML. Raises `ContentError`."""
    if source.formulation == "jsonpath":
        with _followed(source):
            return JsonNodes(read_nodes(source, reading))
    if source.formulation == "xpath":
        return XmlNodes(read_elements(source, reading))
    batches = list(records(source, references, reading))
    return TableNodes(pl.concat(batches, how="diagonal").drop(ROW) if batches else pl.DataFrame())
