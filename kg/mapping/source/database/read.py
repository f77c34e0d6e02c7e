"""SQL databases -> batches of records, with the natural datatypes of their values."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from kg.errors import ContentError, Place, Problems, nearest
from kg.mapping.lexical import PATTERNS, XSD
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading
from kg.mapping.source.batch import natural
from kg.mapping.source.database.column import Cells, Database
from kg.mapping.source.database.sqlite import Sqlite
from kg.mapping.source.database.table import TableName, quoted, shown
from kg.mapping.source.refusal import needs, refused

__all__ = ["read_sql"]

_TABLES = re.compile(r'\b(?:from|join)\s+(?:"?\w+"?\s*\.\s*)*"?(\w+)', re.IGNORECASE)

_Open = tuple[Callable[[], Any], tuple[type[Exception], ...]]


def read_sql(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of a table or of a query's result. Raises `ContentError`."""
    connect, faults = _driver(source, reading)
    try:
        with closing(connect()) as database:
            columns = database.run(_query(source, database))
            chosen = _chosen(references, columns, source)
            for height, cells in database.batches(list(chosen.values()), reading.batch):
                each = zip(chosen, cells, strict=True)
                made = [series for name, cell in each for series in _series(name, cell, references[name])]
                yield pl.DataFrame(made) if made else pl.DataFrame({"\0": pl.repeat(0, height, eager=True)})
    except faults as error:
        told = " ".join(str(error).split())[:300]
        near = ""
        with suppress(*faults), closing(connect()) as again:
            near = _nearest_table(source.iterator, told, shown(again.tables()))
        fix = near or "correct the query, the table or the connection"
        raise refused(f"the database says: {told}", source.place, fix) from error


def _nearest_table(query: str, told: str, tables: Sequence[str]) -> str:
    """What a table may be called that a query reads, that an error names and that is not there."""
    known = {name.lower() for name in tables}
    # A table alone stands where a query may.
    used = _TABLES.findall(query if _TABLES.search(query) else f"from {query}")
    unknown = [name for name in used if name.lower() in told.lower() and name.lower() not in known]
    return nearest(unknown[0], tables) if unknown else ""


def _series(name: str, cells: Cells, place: Place) -> list[pl.Series]:
    """The column of a reference, and that of its datatypes."""
    texts = cells.texts.alias(name)
    if cells.datatypes is None:
        return [texts]
    if isinstance(cells.datatypes, pl.Series):
        return [texts, cells.datatypes.alias(natural(name))]
    wrong = texts.filter(~texts.str.contains(PATTERNS[cells.datatypes]).fill_null(value=True)).head(1)
    if wrong.len():
        kind = cells.datatypes.removeprefix(XSD)
        fix = f"leave it out, or make {name} a text, in the query"
        raise refused(f"column {name!r} holds {wrong[0]!r}, which is no xsd:{kind}", place, fix)
    return [texts, pl.repeat(cells.datatypes, texts.len(), dtype=pl.String, eager=True).alias(natural(name))]


def _query(source: LogicalSource, database: Database) -> str:
    text = source.iterator.strip().rstrip(";").strip()
    if source.formulation == "sql-query" and text.lower().startswith(("select", "with", "values", "(", "from")):
        return text
    if not text:
        raise refused("this source names no table and no query", source.place, "add one")
    name, tables = TableName.of(text), database.tables()
    if name is None:
        fix = 'write a table, as "Sales"."Order", or a query'
        raise refused(f"{text[:60]!r} names no table", source.place, fix)
    table = name.choose(tables)
    if table is None:
        raise refused(
            f"the database has no table {text!r}", source.place, nearest(text.replace('"', ""), shown(tables))
        )
    return f"SELECT * FROM {quoted(table)}"  # noqa: S608


def _chosen(references: Mapping[str, Place], columns: Sequence[str], source: LogicalSource) -> dict[str, int]:
    """The position of the column of each reference. Raises `ContentError` with all that have none."""
    chosen, problems = {}, Problems()
    for name, place in references.items():
        try:
            chosen[name] = _position(name, columns, source, place)
        except ContentError as error:
            problems += error.problems
    problems.stop_if_any()
    return chosen


def _position(name: str, columns: Sequence[str], source: LogicalSource, place: Place) -> int:
    bare = name[1:-1].replace('""', '"') if len(name) > 1 and name[0] == name[-1] == '"' else name
    if columns.count(bare) == 1:
        return columns.index(bare)
    folded = [column.lower() for column in columns]
    if bare == name and folded.count(bare.lower()) == 1:
        return folded.index(bare.lower())
    told = source.iterator.strip()[:60]
    if bare.lower() in folded:
        raise refused(f"{told!r} has several columns {name!r}", place, "name each by AS in a query")
    raise refused(f"reference {name!r} is no column of {told!r}", place, nearest(bare, columns))


_KINDS = ("sqlite", "duckdb", "postgresql", "postgres")


def _driver(source: LogicalSource, reading: Reading) -> _Open:
    """What opens the database of a source, and what it raises."""
    settings = dict(source.settings)
    access = reading.paths.get(source.access, source.access)
    if isinstance(access, Path):
        return _file("duckdb" if access.suffix == ".duckdb" else "sqlite", access, replace(source, access=str(access)))
    dsn = access.removeprefix("jdbc:")
    kind, _, rest = dsn.partition(":")
    if kind not in _KINDS and settings.get("type") in _KINDS:
        kind, rest = settings["type"], f"//{dsn}" if settings["type"].startswith("postgres") else dsn
    if kind in ("sqlite", "duckdb"):
        folder = reading.working if source.access in reading.paths else reading.folder
        return _file(kind, folder / rest.removeprefix("///"), replace(source, access=access))
    if kind in ("postgresql", "postgres"):
        try:
            import psycopg  # noqa: PLC0415 - an extra

            from kg.mapping.source.database.postgresql import Postgresql  # noqa: PLC0415
        except ImportError:
            raise needs("psycopg", "postgresql", source.place) from None
        given = {
            key: settings[name] for name, key in (("username", "user"), ("password", "password")) if name in settings
        }
        return lambda: Postgresql(f"postgresql:{rest}", given), (psycopg.Error,)
    raise refused(
        f"the database {dsn!r} is of no known kind" if dsn else "the mapping names no database",
        source.place,
        f"give --source {source.access + '=' if dsn else ''}sqlite:PATH, duckdb:PATH or postgresql://HOST/NAME",
    )


def _file(kind: str, path: Path, source: LogicalSource) -> _Open:
    if not path.is_file():
        folder = path.parent
        near = nearest(path.name, (item.name for item in folder.iterdir())) if folder.is_dir() else ""
        raise refused(f"there is no database {source.access!r}", source.place, near or "correct the path")
    if kind == "sqlite":
        return lambda: Sqlite(path), (sqlite3.Error,)
    try:
        import duckdb  # noqa: PLC0415 - an extra

        from kg.mapping.source.database.duckdb import Duckdb  # noqa: PLC0415
    except ImportError:
        raise needs("duckdb", "duckdb", source.place) from None
    return lambda: Duckdb(path), (duckdb.Error,)
