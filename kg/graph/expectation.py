"""What a question must answer for some articles alone, and how an answer differs from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kg.errors import Place, Problem, Problems, nearest
from kg.graph.store import PREFIXES, Literal, NamedNode, QueryBoolean, QuerySolutions, Results

__all__ = ["Expectation", "differences", "misfits", "shorten"]

_SHOWN = 10
_FIX = "correct the question, the facts that it is about, or what it expects"

_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the answer must be on just these articles.

    articles: their slugs. place: where it is written. columns: the variables that are compared; empty for all but the
    parameters. rows: texts of cells. row_places: where they stand. count: of rows, or of triples. answer: of an ASK.
    ordered: whether the order of the rows counts. parameters: values other than the defaults.
    One of rows, count and answer is not None.
    """

    articles: tuple[str, ...]
    place: Place
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] | None = None
    row_places: tuple[Place, ...] = ()
    count: int | None = None
    answer: bool | None = None
    ordered: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)


def shorten(term: object, base: str) -> str:
    """A term as expectations write it: an entity's id, a path below the base, a prefixed name, a literal's text.

    >>> shorten(NamedNode("http://b.example/id/rats"), "http://b.example/")
    'rats'
    >>> shorten(NamedNode("https://w3id.org/pressgraph/ns#basedIn"), "http://b.example/")
    'kg:basedIn'
    """
    return _spellings(term, base)[0]


def differences(
    expectation: Expectation, results: Results, parameters: Mapping[str, object], base: str
) -> list[Problem]:
    """What of an answer is not as expected: each missing row where it is written, the others together.

    parameters: names of the question's parameters, whose columns are not compared unless the expectation names them.
    """
    problems = misfits(expectation, results, parameters)
    if problems:
        return problems
    if isinstance(results, QueryBoolean):
        told = f"the answer is {str(bool(results)).lower()}"
        return [] if bool(results) == expectation.answer else [Problem(told, expectation.place, _FIX)]
    if not isinstance(results, QuerySolutions):
        return _counted(expectation, sum(1 for _ in results), "triples", "")
    columns = _columns(results, expectation, parameters)
    found: list[_Row] = [tuple(solution[column] for column in columns) for solution in results]
    if expectation.rows is None:
        told = ": " + "; ".join(_told(row, base) for row in found[:_SHOWN]) if found else ""
        return _counted(expectation, len(found), "rows", told)
    return _in_order(expectation, found, base) if expectation.ordered else _in_any_order(expectation, found, base)


def misfits(expectation: Expectation, results: Results, parameters: Mapping[str, object]) -> list[Problem]:
    """Why an expectation cannot be about such results, whatever they hold: form of the query, columns, widths."""
    problems = Problems()
    said = "answer" if expectation.answer is not None else "count" if expectation.rows is None else "rows"
    if isinstance(results, QueryBoolean) != (said == "answer"):
        problems.add(f"{said} of a query that has none", expectation.place, "answer is for ASK alone")
    elif not isinstance(results, QuerySolutions):
        if said == "rows":
            problems.add("rows of a query that answers triples", expectation.place, "write count: and their number")
    else:
        names = [variable.value for variable in results.variables]
        for column in expectation.columns:
            if column not in names:
                problems.add(f"the query has no column {column!r}", expectation.place, nearest(column, names))
        columns = _columns(results, expectation, parameters)
        for row, place in zip(expectation.rows or (), expectation.row_places, strict=True):
            if len(row) != len(columns):
                told = f"a row of {len(row)} cells, of {len(columns)} columns"
                problems.add(told, place, f"the columns are: {', '.join(columns)}")
    return problems


def _columns(results: QuerySolutions, expectation: Expectation, parameters: Mapping[str, object]) -> tuple[str, ...]:
    names = (variable.value for variable in results.variables)
    return expectation.columns or tuple(name for name in names if name not in parameters)


def _counted(expectation: Expectation, found: int, what: str, told: str) -> list[Problem]:
    if found == expectation.count:
        return []
    return [Problem(f"{expectation.count} {what} are expected, {found} are found{told}", expectation.place, _FIX)]


def _in_any_order(expectation: Expectation, found: Sequence[_Row], base: str) -> list[Problem]:
    problems = Problems()
    rest = list(found)
    for row, place in zip(expectation.rows or (), expectation.row_places, strict=True):
        match = next((number for number, other in enumerate(rest) if _matches(row, other, base)), None)
        if match is None:
            problems.add(f"the answer lacks the row [{', '.join(row)}]", place, _FIX)
        else:
            del rest[match]
    if rest:
        more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
        told = "; ".join(_told(row, base) for row in rest[:_SHOWN])
        problems.add(f"the answer has rows that are not expected: {told}{more}", expectation.place, _FIX)
    return problems


def _in_order(expectation: Expectation, found: Sequence[_Row], base: str) -> list[Problem]:
    problems = Problems()
    expected = expectation.rows or ()
    for number, (row, place) in enumerate(zip(expected, expectation.row_places, strict=True)):
        here = found[number] if number < len(found) else None
        if here is None or not _matches(row, here, base):
            told = "missing" if here is None else _told(here, base)
            problems.add(f"row {number + 1} of the answer is {told}, not [{', '.join(row)}]", place, _FIX)
    for number in range(len(expected), min(len(found), len(expected) + _SHOWN)):
        problems.add(f"row {number + 1} is not expected: {_told(found[number], base)}", expectation.place, _FIX)
    return problems


def _matches(expected: Sequence[str], found: _Row, base: str) -> bool:
    return all(cell in _spellings(term, base) for cell, term in zip(expected, found, strict=True))


def _told(row: _Row, base: str) -> str:
    return "[" + ", ".join(shorten(term, base) for term in row) + "]"


def _spellings(term: object, base: str) -> tuple[str, ...]:
    """How a term may be written in a cell, the preferred spelling first."""
    if isinstance(term, Literal):
        return (term.value,)
    if not isinstance(term, NamedNode):
        return ("" if term is None else str(term),)
    iri = term.value
    # A namespace may lie below the base: prefixes come first.
    for prefix, namespace in PREFIXES.items():
        local = iri.removeprefix(namespace)
        if local not in {iri, ""} and "/" not in local:
            return (f"{prefix}:{local}", iri)
    if not iri.startswith(base):
        return (iri,)
    path = iri.removeprefix(base)
    return (path.removeprefix("id/"), path, path.rpartition("/")[2], iri)
