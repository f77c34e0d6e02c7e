"""The natural RDF datatypes of SQL's types: https://www.w3.org/TR/r2rml/#natural-mapping."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from kg.mapping.lexical import XSD
from kg.mapping.source.database.table import Path

__all__ = ["Cells", "Database", "datatype_of", "lexical"]

_DATATYPES = {
    "boolean": "boolean", "bool": "boolean", "date": "date", "time": "time", "timestamp": "dateTime",
    "datetime": "dateTime", "real": "double", "float": "double", "double": "double", "numeric": "decimal",
    "decimal": "decimal", "dec": "decimal", "int": "integer", "integer": "integer", "tinyint": "integer",
    "smallint": "integer", "mediumint": "integer", "bigint": "integer", "hugeint": "integer", "utinyint": "integer",
    "usmallint": "integer", "uinteger": "integer", "ubigint": "integer", "uhugeint": "integer", "serial": "integer",
    "bigserial": "integer", "smallserial": "integer", "binary": "hexBinary", "varbinary": "hexBinary",
    "blob": "hexBinary", "bytea": "hexBinary",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cells:
    """A column of a batch. texts: lexical forms. datatypes: IRI of all, or of each; None for plain strings."""

    texts: pl.Series
    datatypes: str | pl.Series | None


class Database(Protocol):
    """An open database."""

    def tables(self) -> Mapping[Path, bool]:
        """Its tables and views, and whether each needs nothing before its name."""

    def run(self, query: str) -> Sequence[str]:
        """Run a query; the names of the columns of its result."""

    def batches(self, chosen: Sequence[int], size: int) -> Iterator[tuple[int, list[Cells]]]:
        """How many rows, and the columns at these positions, for each batch of the result."""


def datatype_of(declared: str) -> str | None:
    """The datatype IRI of a type as it is declared in SQL; None for texts and for what has no natural datatype.

    >>> datatype_of("DECIMAL(10, 2)").removeprefix(XSD), datatype_of("VARCHAR(9)")
    ('decimal', None)
    """
    word = re.match(r"[a-z]*", declared.strip().lower())
    name = _DATATYPES.get(word[0]) if word else None
    return XSD + name if name and not declared.rstrip().endswith("[]") else None


def lexical(texts: pl.Series, datatype: str | None) -> pl.Series:
    """The texts that databases write, in the lexical forms of their datatype.

    `2010-06-13 09:30:00+00` becomes `2010-06-13T09:30:00+00:00`, `Infinity` becomes `INF`, `t` becomes `true`.
    """
    match (datatype or "").removeprefix(XSD):
        case "dateTime" | "time":
            return texts.str.replace(" ", "T").str.replace(r"([+-][0-9]{2})$", "${1}:00")
        case "double":
            return texts.str.replace("(?i)^(-?)inf(inity)?$", "${1}INF").str.replace("(?i)^nan$", "NaN")
        case "boolean":
            return texts.str.replace("(?i)^(t|true|1)$", "true").str.replace("(?i)^(f|false|0)$", "false")
        case "hexBinary":
            return texts.str.strip_prefix("\\x").str.to_uppercase()
    return texts
