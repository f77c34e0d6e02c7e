"""Results compared as SPARQL compares them: rows in any order or in one, blank nodes up to their names."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urljoin

import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode, QueryResultsFormat, RdfFormat, Triple

__all__ = ["Table", "read_graph", "read_table", "same_graphs", "same_tables"]

_FORMATS = {
    "json": QueryResultsFormat.JSON,
    "srj": QueryResultsFormat.JSON,
    "srx": QueryResultsFormat.XML,
    "tsv": QueryResultsFormat.TSV,
}
_XSD = "http://www.w3.org/2001/XMLSchema#"
_CANONICAL: dict[str, Callable[[str], str]] = {
    "boolean": lambda text: {"0": "false", "1": "true"}.get(text, text),
    "decimal": lambda text: f"{Decimal(text).normalize():f}",
    "double": lambda text: repr(float(text)),
    "float": lambda text: repr(float(text)),
    "integer": lambda text: str(int(text)),
}
_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"

Term = NamedNode | BlankNode | Literal | Triple | None
Row = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Results of a SELECT, whose rows have the terms in the order of the sorted names; or the truth of an ASK."""

    names: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    truth: bool | None = None


def read_table(data: bytes, ending: str, base: str) -> Table:
    """Results in a format that is named by the ending of its files; `ttl`: the vocabulary of result sets.

    base: what relative IRIs start from. Terms with one value are one term: the store keeps values of numbers and
    truths, not how they were written.
    """
    if ending == "ttl":
        return _described(data, base)
    if ending == "csv":
        return _plain(data)
    results = pyoxigraph.parse_query_results(_absolute(data, base) if ending == "srx" else data, _FORMATS[ending])
    if isinstance(results, pyoxigraph.QueryBoolean):
        return Table(truth=bool(results))
    names = tuple(sorted(variable.value for variable in results.variables))
    return Table(names, tuple(tuple(_valued(row[name]) for name in names) for row in results))


def _plain(data: bytes) -> Table:
    """CSV, which does not tell a number from a string: what reads as a number is one."""
    heading, *lines = csv.reader(data.decode().splitlines())
    names = tuple(sorted(heading))
    places = [heading.index(name) for name in names]
    return Table(names, tuple(tuple(_field(line[place]) for place in places) for line in lines))


def _field(text: str) -> Term:
    if text.startswith("_:"):
        return BlankNode(text[2:])
    return _valued(Literal(text, datatype=NamedNode(f"{_XSD}decimal"))) if text else None


def _absolute(data: bytes, base: str) -> bytes:
    """XML results with their relative IRIs resolved, which its reader does not do."""
    return re.sub(rb"(?<=<uri>)[^<:]*(?=</uri>)", lambda match: urljoin(base, match[0].decode()).encode(), data)


def _valued(term: Term) -> Term:
    """A term, written as every other one of its value."""
    if not isinstance(term, Literal) or not term.datatype.value.startswith(_XSD):
        return term
    write = _CANONICAL.get(term.datatype.value.removeprefix(_XSD))
    try:
        return Literal(write(term.value), datatype=term.datatype) if write else term
    except (ArithmeticError, ValueError):
        return term


def _described(data: bytes, base: str) -> Table:
    store = pyoxigraph.Store()
    store.load(data, RdfFormat.TURTLE, base_iri=base)
    if truth := next(store.quads_for_pattern(None, NamedNode(f"{_RS}boolean"), None), None):
        return Table(truth=truth.object == Literal(value=True))
    found = store.query(
        f"PREFIX rs: <{_RS}> SELECT ?row ?name ?value"
        " { ?set rs:solution ?row OPTIONAL { ?row rs:index ?index }"
        " OPTIONAL { ?row rs:binding [ rs:variable ?name ; rs:value ?value ] } } ORDER BY ?index"
    )
    assert isinstance(found, pyoxigraph.QuerySolutions)
    rows: defaultdict[str, dict[str, Term]] = defaultdict(dict)
    for row, name, value in found:
        bound = rows[str(row)]
        if name is not None:
            bound[name.value] = _valued(value)
    headings = store.query(f"SELECT ?name {{ ?set <{_RS}resultVariable> ?name }}")
    assert isinstance(headings, pyoxigraph.QuerySolutions)
    names = tuple(sorted(row["name"].value for row in headings))
    return Table(names, tuple(tuple(row.get(name) for name in names) for row in rows.values()))


def same_tables(made: Table, expected: Table, *, ordered: bool) -> bool:
    """Whether two results are the same; ordered: whether the order of their rows is part of them."""
    if (made.names, made.truth, len(made.rows)) != (expected.names, expected.truth, len(expected.rows)):
        return False
    if ordered:
        return _maps([[row] for row in made.rows], [[row] for row in expected.rows])
    ours, theirs = _by_shape(made.rows), _by_shape(expected.rows)
    if {shape: len(rows) for shape, rows in ours.items()} != {shape: len(rows) for shape, rows in theirs.items()}:
        return False
    return _maps(
        [[row] for shape in ours for row in ours[shape]], [theirs[shape] for shape in ours for _ in ours[shape]]
    )


def _by_shape(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows that differ by their blank nodes alone, together."""
    shapes: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        shapes[" ".join("_" if isinstance(term, BlankNode) else str(term) for term in row)].append(row)
    return shapes


def _maps(ours: Sequence[Sequence[Row]], theirs: Sequence[Sequence[Row]]) -> bool:
    """Whether the blank nodes of our rows can be renamed, one to one, so that each is another one of its candidates."""

    def rest(place: int, used: frozenset[tuple[int, int]], names: dict[BlankNode, BlankNode]) -> bool:
        if place == len(ours):
            return True
        candidates = theirs[place]
        for index, candidate in enumerate(candidates):
            if (id(candidates), index) in used:
                continue
            renamed = _renamed(ours[place][0], candidate, names)
            if renamed is not None and rest(place + 1, used | {(id(candidates), index)}, renamed):
                return True
        return False

    return rest(0, frozenset(), {})


def _renamed(row: Row, candidate: Row, names: dict[BlankNode, BlankNode]) -> dict[BlankNode, BlankNode] | None:
    """The names with those that make a row a candidate; None where none do."""
    found = dict(names)
    for term, other in zip(row, candidate, strict=True):
        if not isinstance(term, BlankNode) or not isinstance(other, BlankNode):
            if term != other:
                return None
        elif term in found:
            if found[term] != other:
                return None
        elif other in found.values():
            return None
        else:
            found[term] = other
    return found


def read_graph(data: bytes, base: str) -> pyoxigraph.Dataset:
    """The triples of Turtle, with canonical names of blank nodes."""
    graph = pyoxigraph.Dataset(pyoxigraph.parse(data, RdfFormat.TURTLE, base_iri=base))
    graph.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return graph


def same_graphs(made: pyoxigraph.Dataset, expected: pyoxigraph.Dataset) -> bool:
    """Whether two graphs of `read_graph` are isomorphic."""
    return set(made) == set(expected)
