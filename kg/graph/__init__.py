"""The graph: its store, dumps, questions, links, ontology and shapes.

What is named here is imported where it is first used: a process that evaluates queries starts without the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kg.graph.context import read_context
    from kg.graph.dump import FORMATS, graph_names
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

__all__ = [
    "FORMATS",
    "LINK_FIELDS",
    "Expectation",
    "Ontology",
    "Parameter",
    "Question",
    "Store",
    "check_expectation",
    "dataset",
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
    "write_store",
]

_HOMES = {
    "context": ("read_context",),
    "dump": ("FORMATS", "graph_names"),
    "link": ("LINK_FIELDS", "read_links"),
    "ontology": ("Ontology", "read_ontology"),
    "question": (
        "Expectation",
        "Parameter",
        "Question",
        "check_expectation",
        "parse_question",
        "read_question",
        "read_questions",
    ),
    "store": ("Store", "dataset", "memory_store", "open_store", "query", "write_store"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
