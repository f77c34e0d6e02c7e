"""SQL databases and SPARQL over RDF files -> batches of records.

SQLite by the standard library, DuckDB (extra `duckdb`) and PostgreSQL (extra `postgresql`) by their own drivers.
Natural datatypes: https://www.w3.org/TR/r2rml/#natural-mapping.
"""

import datetime as dt
import decimal
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from kg.errors import Place, nearest
from kg.mapping.lexical import XSD
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate
from kg.mapping.source.batch import natural
from kg.mapping.source.refusal import needs, refused

__all__ = ["read_sparql", "read_sql"]


def read_sql(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of a table or of a query's result. Raises `ContentError`."""
    connect, driver_errors = _driver(source, reading)
    if source.formulation == "sql-table" or not _is_query(source.iterator):
        query = f"SELECT * FROM {_quoted(source.iterator)}"  # noqa: S608 - the mapping names the table
    else:
        query = source.iterator.strip().rstrip(";")
    try:
        connection = connect()
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            columns = [str(item[0]) for item in cursor.description or ()]
            chosen = {name: _position(name, columns, source, place) for name, place in references.items()}
            while rows := cursor.fetchmany(reading.batch):
                table = list(zip(*rows, strict=True))
                made = [column for name, at in chosen.items() for column in _columns(name, table[at])]
                yield pl.DataFrame(made) if made else pl.DataFrame({"\0": pl.repeat(0, len(rows), eager=True)})
        finally:
            connection.close()
    except driver_errors as error:
        raise refused(
            f"the database says: {error}", source.place, "correct the query, the table or the connection"
        ) from error


def _is_query(text: str) -> bool:
    return text.lstrip().lower().startswith(("select", "with", "values", "("))


def _quoted(name: str) -> str:
    bare = name.strip()
    if bare.startswith('"') or "." in bare:
        return bare
    return '"' + bare.replace('"', '""') + '"'


def _position(name: str, columns: Sequence[str], source: LogicalSource, place: Place) -> int:
    bare = name[1:-1].replace('""', '"') if len(name) > 1 and name[0] == name[-1] == '"' else name
    if bare in columns:
        return columns.index(bare)
    folded = [column.lower() for column in columns]
    # https://www.w3.org/TR/r2rml/#dfn-sql-identifier: a bare name is not case-sensitive.
    if bare == name and folded.count(bare.lower()) == 1:
        return folded.index(bare.lower())
    raise refused(f"reference {name!r} is no column of {source.iterator.strip()[:60]!r}", place, nearest(bare, columns))


_KINDS = ("sqlite", "duckdb", "postgresql", "postgres")


def _driver(
    source: LogicalSource, reading: Reading
) -> tuple[Callable[[], Any], type[Exception] | tuple[type[Exception], ...]]:
    settings = dict(source.settings)
    dsn = source.access.removeprefix("jdbc:")
    kind, _, rest = dsn.partition(":")
    if kind not in _KINDS and settings.get("type") in _KINDS:
        kind, rest = settings["type"], f"//{dsn}" if settings["type"].startswith("postgres") else dsn
    where = rest.removeprefix("///")
    path = reading.folder / where
    if source.access in reading.paths:
        path = reading.paths[source.access]
        kind = "duckdb" if path.suffix == ".duckdb" else "sqlite"
    if kind == "sqlite":
        uri = f"{path.resolve().as_uri()}?mode=ro"
        return lambda: sqlite3.connect(uri, uri=True), sqlite3.Error
    if kind == "duckdb":
        try:
            import duckdb  # noqa: PLC0415 - an extra
        except ImportError:
            raise needs("duckdb", "duckdb", source.place) from None
        return lambda: duckdb.connect(str(path), read_only=True), duckdb.Error
    if kind in ("postgresql", "postgres"):
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError:
            raise needs("psycopg", "postgresql", source.place) from None
        given: dict[str, Any] = {
            key: settings[name] for name, key in (("username", "user"), ("password", "password")) if name in settings
        }
        return lambda: psycopg.connect(f"postgresql:{rest}", **given), psycopg.Error
    raise refused(
        f"the database {dsn!r} is of no known kind",
        source.place,
        "write sqlite:PATH, duckdb:PATH or postgresql://HOST/NAME, or give --source",
    )


def _moment(value: dt.datetime) -> str:
    return value.isoformat()


# Lexical form and natural datatype of what a driver gives; a text is a plain string.
_LEXICAL: dict[type, tuple[Callable[[Any], str], str | None]] = {
    str: (str, None),
    int: (str, f"{XSD}integer"),
    bool: (lambda value: "true" if value else "false", f"{XSD}boolean"),
    float: (lambda value: {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(repr(value), repr(value)), f"{XSD}double"),
    decimal.Decimal: (lambda value: f"{value:f}", f"{XSD}decimal"),
    bytes: (lambda value: value.hex().upper(), f"{XSD}hexBinary"),
    dt.date: (str, f"{XSD}date"),
    dt.time: (str, f"{XSD}time"),
    dt.datetime: (_moment, f"{XSD}dateTime"),
}


def _columns(name: str, values: Sequence[Any]) -> list[pl.Series]:
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return [pl.Series(name, values, dtype=pl.String)]
    forms = {kind: _LEXICAL.get(kind, (str, None)) for kind in kinds}
    texts = [None if value is None else forms[type(value)][0](value) for value in values]
    types = [None if value is None else forms[type(value)][1] for value in values]
    return [pl.Series(name, texts, dtype=pl.String), pl.Series(natural(name), types, dtype=pl.String)]


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
        raise refused(
            f"cannot query {source.access}: {error}", source.place, "correct the file or the query"
        ) from error
    names = [str(variable) for variable in result.vars or ()]
    for name in references:
        if name not in names:
            raise refused(f"reference {name!r} is no variable of the query", references[name], nearest(name, names))
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
