"""Results and descriptions as tables of cells that a template writes."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice

from kg.graph.store import (
    PREFIXES,
    RDF,
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryTriples,
    ReadTriples,
    Results,
    Triple,
)
from kg.web.http.negotiation import GRAPHS, RESULTS, Offer
from kg.web.show.labels import Labels

__all__ = ["Cell", "Column", "Row", "Table", "cell", "headed", "heading", "result_table", "statement_rows"]

_XSD = "http://www.w3.org/2001/XMLSchema#"
_TEXT = frozenset({_XSD + "string", RDF + "langString", RDF + "dirLangString"})
_QUOTES = frozenset({"quote", "cue"})
# Where a row comes before another of the same subject.
_TYPE = NamedNode(RDF + "type")

ROWS = 1000


def _names(offers: Iterable[Offer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(offer.name for offer in offers))


@dataclass(frozen=True, slots=True)
class Cell:
    """One term for a template.

    text: what is read. title: the full IRI, or the datatype. href: where it leads. language: of the text.
    kind: iri, named (an IRI shown by its label), literal, quote, node, none.
    """

    kind: str
    text: str = ""
    title: str = ""
    href: str | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the variable, and its heading where there is a better one than the variable."""

    name: str
    heading: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a query answers.

    truth: of an ASK. more: whether there are rows beyond those shown. formats: names of those it can be taken along in.
    """

    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    truth: bool | None = None
    more: bool = False
    formats: tuple[str, ...] = _names(RESULTS)


@dataclass(frozen=True, slots=True)
class Row:
    """A statement about the subject of a page, or by it: property, the other end, and the graph that says so."""

    property: Cell
    value: Cell
    source: Cell | None


def cell(term: object, labels: Labels, language: str, column: str = "") -> Cell:
    """A term as a cell; `column` is the variable that it answers."""
    match term:
        case NamedNode():
            href = labels.href(term.value)
            if named := labels.label(term.value, language):
                return Cell("named", named[0], term.value, href, named[1])
            return Cell("iri", labels.short(term.value), term.value, href)
        case Literal():
            datatype = "" if term.datatype.value in _TEXT else labels.short(term.datatype.value)
            kind = "quote" if column in _QUOTES else "literal"
            return Cell(kind, term.value, datatype, language=term.language or "")
        case BlankNode() | Triple():
            return Cell("node", str(term))
        case _:
            return Cell("none")


def result_table(
    results: Results, labels: Labels, language: str, headings: Mapping[str, str], *, triples: bool = False
) -> Table:
    """The first rows of a result; headings: variable -> what its column is called.

    triples: whether the rows are triples, read back from a table. A variable without a heading is called like the term
    of the vocabulary that it is named after, else as it is written.
    """
    if isinstance(results, QueryBoolean):
        return Table(truth=bool(results))
    if isinstance(results, QueryTriples | ReadTriples):
        names = ["subject", "predicate", "object"]
    else:
        names = [variable.value for variable in results.variables]
    found: list[Iterable[object]] = list(islice(results, ROWS + 1))
    labels.learn(chain(headed(names), chain.from_iterable(found)))
    rows = (zip(names, row, strict=True) for row in found[:ROWS])
    return Table(
        columns=tuple(Column(name, headings.get(name) or heading(name, labels, language)) for name in names),
        rows=tuple(tuple(cell(term, labels, language, name) for name, term in row) for row in rows),
        more=len(found) > ROWS,
        formats=_names(GRAPHS if triples or isinstance(results, QueryTriples | ReadTriples) else RESULTS),
    )


def heading(name: str, labels: Labels, language: str) -> str:
    """`according_to` is called as the property accordingTo is, or the class AccordingTo; else "according to"."""
    for term in headed([name]):
        if label := labels.label(term.value, language):
            return label[0]
    return name.replace("_", " ")


def headed(names: Iterable[str]) -> Iterator[NamedNode]:
    """Terms of the vocabulary that variables may be named after."""
    for name in names:
        first, *rest = name.split("_")
        local = first + "".join(word.capitalize() for word in rest)
        for term in (local, local[:1].upper() + local[1:]):
            with suppress(ValueError):
                yield NamedNode(PREFIXES["kg"] + term)


def statement_rows(quads: Iterable[Quad], labels: Labels, language: str, *, inverse: bool = False) -> list[Row]:
    """Statements of a page, types first, then by property and value; inverse: the subject is the other end."""
    rows, found = [], list(quads)
    labels.learn(chain.from_iterable(found))
    for quad in found:
        other = quad.subject if inverse else quad.object
        local = quad.predicate.value.rpartition("#")[2].rpartition("/")[2]
        value = cell(other, labels, language, local)
        source = None if isinstance(quad.graph_name, DefaultGraph) else cell(quad.graph_name, labels, language)
        rows.append((quad.predicate != _TYPE, Row(cell(quad.predicate, labels, language), value, source)))
    rows.sort(key=lambda row: (row[0], row[1].property.text, row[1].value.text))
    return [row for _, row in rows]
