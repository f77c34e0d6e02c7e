"""Mappings: YARRRML -> model -> Polars expressions -> triples in N-Triples terms.

A mapping file as a whole: `write` and `materialize_tables`. Triples maps at hand: `materialize_files` over files and
databases, `materialize` over tables in memory.
"""

from kg.mapping.arrow import materialize_arrow
from kg.mapping.bulk import OnError, Summary, materialize_files
from kg.mapping.lexical import lexical_error
from kg.mapping.materialize import Locate, Materializer, check_maps, materialize, nquads
from kg.mapping.model import (
    LogicalSource,
    LogicalTarget,
    PredicateObjectMap,
    Reference,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.rml import read_rml
from kg.mapping.run import is_rml, materialize_tables, read_maps, write
from kg.mapping.setting import Settings, WriteSettings
from kg.mapping.source import Catalog, Fetched, Reading, selected, table, text_table
from kg.mapping.yarrrml import read_yarrrml

__all__ = [
    "Catalog",
    "Fetched",
    "Locate",
    "LogicalSource",
    "LogicalTarget",
    "Materializer",
    "OnError",
    "PredicateObjectMap",
    "Reading",
    "Reference",
    "ReferencingObjectMap",
    "Settings",
    "Summary",
    "TermMap",
    "TriplesMap",
    "WriteSettings",
    "check_maps",
    "is_rml",
    "lexical_error",
    "materialize",
    "materialize_arrow",
    "materialize_files",
    "materialize_tables",
    "nquads",
    "read_maps",
    "read_rml",
    "read_yarrrml",
    "selected",
    "table",
    "text_table",
    "write",
]
