"""DuckDB (extra `duckdb`), opened for reading its own file alone: no query reads other files or the network."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import polars as pl

from kg.mapping.lexical import XSD
from kg.mapping.source.database.column import Cells, datatype_of, lexical

__all__ = ["Duckdb"]


class Duckdb:
    """A file of DuckDB, whose values are read as DuckDB writes them."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises `duckdb.Error`."""
        self._connection = duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"})
        self._connection.execute("SET TimeZone = 'UTC'")
        self._query = ""
        self._types: list[str] = []

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def tables(self) -> dict[tuple[str, ...], bool]:
        """Its tables and views, and whether each needs nothing before its name."""
        query = (
            "SELECT database_name, schema_name, table_name FROM duckdb_tables() UNION ALL"
            " SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal"
        )
        found = self._connection.execute(query).fetchall()
        return {(catalog, schema, name): schema == "main" for catalog, schema, name in found}

    def run(self, query: str) -> Sequence[str]:
        """Run a query; the names of the columns of its result."""
        self._query = query
        described = self._connection.execute(f"SELECT * FROM ({query}) LIMIT 0").description or []  # noqa: S608
        self._types = [str(item[1]) for item in described]
        return [str(item[0]) for item in self._connection.execute(f"DESCRIBE {query}").fetchall()]

    def batches(self, chosen: Sequence[int], size: int) -> Iterator[tuple[int, list[Cells]]]:
        """How many rows, and the columns at these positions, for each batch of the result."""
        kinds = [datatype_of(self._types[at]) for at in chosen]
        names = ", ".join(f"c{at}" for at in range(len(self._types)))
        columns = [
            f"hex(c{at})" if kind == f"{XSD}hexBinary" else f"CAST(c{at} AS VARCHAR)"
            for at, kind in zip(chosen, kinds, strict=True)
        ]
        cursor = self._connection.execute(f"SELECT {', '.join(columns) or '0'} FROM ({self._query}) AS t({names})")  # noqa: S608
        while rows := cursor.fetchmany(size):
            table = list(zip(*rows, strict=True))
            yield (
                len(rows),
                [
                    Cells(lexical(pl.Series(table[number], dtype=pl.String), kind), kind)
                    for number, kind in enumerate(kinds)
                ],
            )
