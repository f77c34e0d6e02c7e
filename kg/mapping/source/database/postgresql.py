"""PostgreSQL by psycopg (extra `postgresql`), in a transaction that only reads.

Values are read as PostgreSQL writes them, in ISO 8601 and UTC: https://www.postgresql.org/docs/current/datatype.html.
The result stays on the server, and comes a batch at a time.
"""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
import psycopg
from psycopg.types.string import TextLoader

from kg.mapping.lexical import XSD
from kg.mapping.source.database.column import Cells, lexical

__all__ = ["Postgresql"]

# By the numbers of https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat.
_DATATYPES = {
    16: "boolean", 17: "hexBinary", 20: "integer", 21: "integer", 23: "integer", 26: "integer", 700: "double",
    701: "double", 1700: "decimal", 1082: "date", 1083: "time", 1266: "time", 1114: "dateTime", 1184: "dateTime",
}  # fmt: skip
# Of no natural datatype: json, jsonb, interval, uuid.
_PLAIN = (114, 3802, 1186, 2950)
_SETTINGS = "-c datestyle=ISO -c timezone=UTC -c bytea_output=hex -c extra_float_digits=1"


class Postgresql:
    """A database of PostgreSQL."""

    def __init__(self, address: str, given: Mapping[str, str]) -> None:
        """Connect. given: user and password, where not in the address. Raises `psycopg.Error`."""
        known = {"connect_timeout": "30", **psycopg.conninfo.conninfo_to_dict(address, **given)}
        known["options"] = f"{_SETTINGS} {known.get('options') or ''}"
        self._connection = psycopg.connect(**{name: str(value) for name, value in known.items()})  # type: ignore[arg-type]
        self._connection.read_only = True
        for number in (*_DATATYPES, *_PLAIN):
            self._connection.adapters.register_loader(number, TextLoader)
        self._cursor: psycopg.ServerCursor[tuple[object, ...]] | None = None

    def close(self) -> None:
        """Close it."""
        if self._cursor is not None:
            self._cursor.close()
        self._connection.close()

    def tables(self) -> dict[tuple[str, ...], bool]:
        """Its tables and views, and whether each needs nothing before its name."""
        query = (
            "SELECT current_database(), nspname, relname, pg_table_is_visible(pg_class.oid)"
            " FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid"
            " WHERE relkind IN ('r', 'v', 'm', 'p', 'f')"
        )
        found = self._connection.execute(query).fetchall()
        # Booleans come as texts, as they do in sources.
        return {(str(catalog), str(schema), str(name)): near == "t" for catalog, schema, name, near in found}

    def run(self, query: str) -> Sequence[str]:
        """Run a query; the names of the columns of its result."""
        self._cursor = self._connection.cursor("kg")
        self._cursor.execute(query.encode())
        return [item.name for item in self._cursor.description or ()]

    def batches(self, chosen: Sequence[int], size: int) -> Iterator[tuple[int, list[Cells]]]:
        """How many rows, and the columns at these positions, for each batch of the result."""
        assert self._cursor is not None
        described = self._cursor.description or []
        kinds = [_DATATYPES.get(described[at].type_code) for at in chosen]
        while rows := self._cursor.fetchmany(size):
            yield (
                len(rows),
                [
                    _cells([row[at] for row in rows], f"{XSD}{kind}" if kind else None)
                    for at, kind in zip(chosen, kinds, strict=True)
                ],
            )


def _cells(values: Sequence[object], datatype: str | None) -> Cells:
    if any(not isinstance(value, str | None) for value in values):
        values = [value if value is None else str(value) for value in values]
    return Cells(lexical(pl.Series(values, dtype=pl.String), datatype), datatype)
