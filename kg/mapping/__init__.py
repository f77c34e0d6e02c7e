"""Mappings: YARRRML -> model -> Polars expressions -> triples in N-Triples terms."""

from polars import Series

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
from kg.mapping.output import Output, Targets, sort_lines, write_lines
from kg.mapping.rml import read_rml
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
    "Output",
    "PredicateObjectMap",
    "Reading",
    "Reference",
    "ReferencingObjectMap",
    "Series",
    "Summary",
    "Targets",
    "TermMap",
    "TriplesMap",
    "check_maps",
    "lexical_error",
    "materialize",
    "materialize_files",
    "nquads",
    "read_rml",
    "read_yarrrml",
    "selected",
    "sort_lines",
    "table",
    "text_table",
    "write_lines",
]
