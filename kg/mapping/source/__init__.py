"""Logical sources -> records: tables in memory, and files and databases read in batches.

records ─┬─ tabular     CSV, TSV, Parquet
         ├─ jsonpath    JSON, NDJSON, YAML
         ├─ xpath       XML
         └─ database    SQL, SPARQL
"""

from kg.mapping.source.access import Reading
from kg.mapping.source.batch import ROW, natural
from kg.mapping.source.catalog import Catalog, check_source, rows, selected, table, text_table
from kg.mapping.source.records import records

__all__ = [
    "ROW",
    "Catalog",
    "Reading",
    "check_source",
    "natural",
    "records",
    "rows",
    "selected",
    "table",
    "text_table",
]
