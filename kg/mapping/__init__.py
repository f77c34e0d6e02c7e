"""Mappings: YARRRML -> model -> Polars expressions -> triples in N-Triples terms."""

from kg.mapping.lexical import lexical_error
from kg.mapping.materialize import check_maps, materialize, nquads
from kg.mapping.model import LogicalSource, PredicateObjectMap, Reference, TermMap, TriplesMap
from kg.mapping.source import Catalog, selected, table, text_table
from kg.mapping.yarrrml import read_yarrrml

__all__ = [
    "Catalog",
    "LogicalSource",
    "PredicateObjectMap",
    "Reference",
    "TermMap",
    "TriplesMap",
    "check_maps",
    "lexical_error",
    "materialize",
    "nquads",
    "read_yarrrml",
    "selected",
    "table",
    "text_table",
]
