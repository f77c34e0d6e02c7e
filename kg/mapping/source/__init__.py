"""Logical sources -> records: tables in memory, and files and databases read in batches.

records ─┬─ tabular     CSV, TSV
         ├─ parquet     Parquet
         ├─ jsonpath    JSON, NDJSON, YAML
         ├─ xpath       XML
         └─ database    SQL, SPARQL

All of them read files that `access` finds, and `remote` fetches.
"""

from kg.mapping.source.access import Reading, as_given, file_of
from kg.mapping.source.batch import ROW, natural
from kg.mapping.source.catalog import Catalog, check_source, rows, selected, table, text_table
from kg.mapping.source.nearby import nearest_iterator
from kg.mapping.source.node import Nodes, TableNodes, parse
from kg.mapping.source.records import check_references, nodes_of, path_problems, records
from kg.mapping.source.refusal import refused
from kg.mapping.source.remote import Fetched

__all__ = [
    "ROW",
    "Catalog",
    "Fetched",
    "Nodes",
    "Reading",
    "TableNodes",
    "as_given",
    "check_references",
    "check_source",
    "file_of",
    "natural",
    "nearest_iterator",
    "nodes_of",
    "parse",
    "path_problems",
    "records",
    "refused",
    "rows",
    "selected",
    "table",
    "text_table",
]
