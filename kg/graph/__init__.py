"""The graph: its store, dumps, questions, links, ontology and shapes."""

from kg.graph.context import read_context
from kg.graph.dump import FORMATS, dump, graph_names
from kg.graph.link import LINK_FIELDS, read_links
from kg.graph.ontology import Ontology, read_ontology
from kg.graph.question import (
    Expectation,
    Parameter,
    Question,
    check_expectation,
    parse_question,
    read_question,
    read_questions,
)
from kg.graph.store import Store, dataset, memory_store, open_store, query, write_store
from kg.graph.validate import Violation, validate

__all__ = [
    "FORMATS",
    "LINK_FIELDS",
    "Expectation",
    "Ontology",
    "Parameter",
    "Question",
    "Store",
    "Violation",
    "check_expectation",
    "dataset",
    "dump",
    "graph_names",
    "memory_store",
    "open_store",
    "parse_question",
    "query",
    "read_context",
    "read_links",
    "read_ontology",
    "read_question",
    "read_questions",
    "validate",
    "write_store",
]
