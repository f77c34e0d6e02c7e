"""Terms and graphs of rdflib made from those of the store, term by term: no text in between that could be misread.

rdflib judges literals by what Python can hold: it tells of others on standard error, with a traceback, and takes days
before the year 1 and after 9999 for ill-typed. Here it is silent, and those days are what XSD 1.1 says of them.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from pathlib import Path
from warnings import catch_warnings, simplefilter

import rdflib
from rdflib import RDFS
from rdflib.term import Identifier, Node

from kg.errors import Place, Problems
from kg.graph.store import (
    PREFIXES,
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Triple,
    memory_store,
    parse,
    query,
)

__all__ = ["classes_below", "graph_of", "rdflib_term", "read_turtle", "silence"]

_XSD = PREFIXES["xsd"]
_STRING = _XSD + "string"
# The first and the last day of Python's calendar.
_ENDS = {
    _XSD + "date": (date.min, date.max),
    _XSD + "dateTime": (datetime.min, datetime.max),  # noqa: DTZ901 (a time without a zone, as most are)
}


class _FarDay(rdflib.Literal):
    """A day or time that XSD 1.1 has and Python has not: https://www.w3.org/TR/xmlschema11-2/#dateTime."""

    __slots__ = ()

    @property
    def ill_typed(self) -> bool:
        """It is not."""
        return False

    @property
    def value(self) -> date:
        """The end of Python's calendar that it lies beyond, so that it compares as it should."""
        first, last = _ENDS[str(self.datatype)]
        return first if str(self).startswith(("-", "0000")) else last


def rdflib_term(term: object) -> Identifier:
    """The term as rdflib has it, with the lexical form that it has here; raises ValueError for a term of RDF 1.2."""
    match term:
        case NamedNode():
            return rdflib.URIRef(term.value)
        case BlankNode():
            return rdflib.BNode(term.value)
        case Literal() if term.direction is None:
            return _literal(term)
    raise ValueError(f"{term} is of RDF 1.2")


def graph_of(triples: Iterable[Triple | Quad], store: rdflib.store.Store | str = "default") -> rdflib.Graph:
    """A graph of rdflib, in memory; the graph names of quads are left out.

    store: an empty store of rdflib to put it into. Raises ValueError for a term of RDF 1.2.
    """
    graph = rdflib.Graph(store)
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


def classes_below(graph: rdflib.Graph, top: Node) -> set[Node]:
    """A class, and all that a graph says are below it, however deep."""
    found, waiting = {top}, [top]
    while waiting:
        new = set(graph.subjects(RDFS.subClassOf, waiting.pop())) - found
        found |= new
        waiting += new
    return found


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
    literal = rdflib.Literal(term.value, datatype=rdflib.URIRef(datatype), normalize=False)
    if literal.ill_typed and datatype in _ENDS and _is_valid(term.value, datatype):
        return _FarDay(term.value, datatype=rdflib.URIRef(datatype), normalize=False)
    return literal


def _is_valid(text: str, datatype: str) -> bool:
    """Whether a text is a literal of a datatype, as Oxigraph has it, which holds to XSD 1.1."""
    cast = f"SELECT (<{datatype}>(?text) AS ?value) {{}}"
    rows = query(memory_store(b""), cast, base=_XSD, bindings={"text": Literal(text)})
    return isinstance(rows, QuerySolutions) and any(row["value"] is not None for row in rows)
