"""Databases -> batches of records.

read ─┬─ sqlite ────┬─ column
      ├─ duckdb ────┤
      └─ postgresql ┘
sparql
"""

from kg.mapping.source.database.read import read_sql
from kg.mapping.source.database.sparql import read_sparql

__all__ = ["read_sparql", "read_sql"]
