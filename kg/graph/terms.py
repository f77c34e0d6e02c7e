"""Terms and graphs of rdflib made from those of the store, term by term: no text in between that could be misread."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from warnings import catch_warnings, simplefilter

import rdflib
from rdflib.term import Node

from kg.errors import Place, Problems
from kg.graph.store import (
    PREFIXES,
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

__all__ = ["graph_of", "rdflib_term", "read_turtle", "silence"]

_STRING = PREFIXES["xsd"] + "string"


def rdflib_term(term: object) -> Node:
    """The term as rdflib has it, with the lexical form that it has here; raises ValueError for a term of RDF 1.2."""
    match term:
        case NamedNode():
            return rdflib.URIRef(term.value)
        case BlankNode():
            return rdflib.BNode(term.value)
        case Literal() if term.direction is None:
            return _literal(term)
    raise ValueError(f"{term} is of RDF 1.2")


def graph_of(triples: Iterable[Triple | Quad]) -> rdflib.Graph:
    """A graph in memory; the graph names of quads are left out. Raises ValueError for a term of RDF 1.2."""
    graph = rdflib.Graph()
    known = cache(rdflib_term)
    with silence("rdflib.term"):
        for triple in triples:
            graph.add((known(triple.subject), known(triple.predicate), known(triple.object)))
    return graph


def read_turtle(path: Path, file: str, problems: Problems) -> tuple[list[Quad], str]:
    """The triples of a Turtle file, and its text; none of a file that is wrong, which is noted.

    file: its name in places. Relative IRIs need an `@base` in the file.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(file, content.count(b"\n", 0, error.start) + 1, 1)
        problems.add(f"not UTF-8 at byte {error.start}", place, "save the file as UTF-8")
        return [], ""
    try:
        triples = list(parse(text.encode(), RdfFormat.TURTLE))
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        told = error.msg.partition(": ")[2] or error.msg
        shown = text.split("\n")[line - 1].rstrip("\r")
        problems.add(f"not Turtle: {told}", Place(file, line, min(column, len(shown) + 1), shown))
        return [], text
    for triple in triples:
        if isinstance(triple.object, Triple) or (isinstance(triple.object, Literal) and triple.object.direction):
            problems.add(f"of RDF 1.2: {triple.object}", Place(file, 1, 1), "write it as RDF 1.1")
            return [], text
    return triples, text


@contextmanager
def silence(name: str) -> Iterator[None]:
    """Neither the logger of that name nor warnings are heard inside."""
    logger = logging.getLogger(name)
    before = logger.disabled
    logger.disabled = True
    try:
        with catch_warnings():
            simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


def _literal(term: Literal) -> rdflib.Literal:
    datatype = term.datatype.value
    if term.language or datatype == _STRING:
        return rdflib.Literal(term.value, lang=term.language, normalize=False)
    return rdflib.Literal(term.value, datatype=rdflib.URIRef(datatype), normalize=False)
