"""SHACL: the one door to pyshacl. https://www.w3.org/TR/shacl/."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pyshacl
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, Graph, URIRef, Variable
from rdflib import Literal as RdflibLiteral
from rdflib.namespace import SH
from rdflib.plugins.stores.memory import Memory
from rdflib.query import Result
from rdflib.term import Node

from kg.errors import ContentError, Place, Problem, Problems
from kg.graph.shape import narrowed
from kg.graph.store import (
    PREFIXES,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    Store,
    Term,
    claim_graphs,
    query,
)
from kg.graph.terms import graph_of, rdflib_term, read_turtle, silence

__all__ = ["Violation", "claims_and_facts", "validate"]

# What pySHACL raises for shapes that it cannot follow: seldom an error of its own. Caught around its call alone, so
# that no fault of ours is taken for one of the shapes.
_FAULTS = (
    *(AssertionError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError),
    ReportableRuntimeError,
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One result of a validation: https://www.w3.org/TR/shacl/#results-validation-result.

    focus: IRI of the node that does not conform. path: IRI of the property, empty where there is none. value: the
    offending value's IRI or lexical form, empty where there is none. target: IRI of the property whose subjects or
    objects the shape is about, empty otherwise. shape: its IRI, or that of the shape around it. severity: local name.
    messages: by language tag, empty for none.
    """

    focus: str
    path: str
    value: str
    target: str
    shape: str
    severity: str
    messages: Mapping[str, str]


def claims_and_facts(store: Store) -> Iterator[Quad]:
    """The quads of the default graph and of the graph of every claim, for shapes and for nothing else.

    What somebody only said stands there as if it were so: types of what is spoken of are found nowhere else.
    """
    names: list[DefaultGraph | NamedNode] = [DefaultGraph(), *claim_graphs(store)]
    for name in names:
        yield from store.quads_for_pattern(None, None, None, name)


def validate(store: Store, shapes: Path, ontology: Path, root: Path | None = None) -> list[Violation]:
    """Every violation of the shapes by the store's claims and facts, sorted.

    shapes, ontology: Turtle files; the ontology says which class is below which. root: the folder that places are told
    relative to; the one around the shapes' folder when None. Nothing is inferred into the data, nothing is fetched.
    Raises ContentError for a file that is not Turtle, for shapes that pySHACL cannot follow, and for a query of theirs
    that is not SPARQL or would ask elsewhere.
    """
    root = root or shapes.parent.parent
    file, vocabulary = (_named(path, root) for path in (shapes, ontology))
    problems = Problems()
    written, text = read_turtle(shapes, file, problems)
    # Classes and closed lists of the ontology are data here: what is below a class, what is a modality.
    classes, _ = read_turtle(ontology, vocabulary, problems)
    problems.stop_if_any()
    quads = [*claims_and_facts(store), *classes]
    rules, data = graph_of(written), graph_of(quads, _Queried(quads, file, text))
    with silence("pyshacl-validate"), silence("rdflib.term"):
        doubtful = narrowed(rules, data)
        try:
            _, report, _ = pyshacl.validate(data, shacl_graph=doubtful, inplace=True, do_owl_imports=False)
        except _FAULTS as error:
            raise _unfollowable(error, file) from error
    if not isinstance(report, Graph):
        # pySHACL may hand over a failure in the place of the report.
        raise _unfollowable(report, file)
    violations = (_violation(result, report, rules) for result in report.subjects(RDF.type, SH.ValidationResult))
    return sorted(violations, key=_order)


def _unfollowable(failure: object, file: str) -> ContentError:
    told = str(failure).split("\n", 1)[0] or type(failure).__name__
    fix = "see which shape it speaks of, and compare it with https://www.w3.org/TR/shacl/"
    return ContentError([Problem(f"these shapes cannot be followed: {told}", Place(file, 1, 1), fix)])


def _order(found: Violation) -> tuple[object, ...]:
    return (found.focus, found.path, found.value, found.shape, found.target, sorted(found.messages.items()))


def _named(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _violation(result: Node, report: Graph, rules: Graph) -> Violation:
    def told(predicate: URIRef) -> str:
        return str(report.value(result, predicate) or "")

    shape = report.value(result, SH.sourceShape)
    around = list(_outward(shape, rules)) if shape else []
    # pySHACL drops the language of a SPARQL constraint's message: it is read from the shapes.
    sources = (report.value(result, SH.sourceConstraint), *around)
    spoken = next((found for node in sources if node and (found := list(rules.objects(node, SH.message)))), [])
    messages = {getattr(text, "language", None) or "": str(text) for text in sorted(spoken, key=str)}
    aims = (SH.targetSubjectsOf, SH.targetObjectsOf)
    targets = sorted(str(aim) for node in around for of in aims for aim in rules.objects(node, of))
    return Violation(
        focus=told(SH.focusNode),
        path=told(SH.resultPath),
        value=told(SH.value),
        target=targets[0] if targets else "",
        shape=next((str(node) for node in around if isinstance(node, URIRef)), ""),
        severity=told(SH.resultSeverity).removeprefix(str(SH)),
        messages=messages or {"": told(SH.resultMessage)},
    )


def _outward(shape: Node, rules: Graph) -> Iterator[Node]:
    """The shape, then the shapes that it is a property of, from the inside out."""
    found, waiting = {shape}, [shape]
    while waiting:
        inner = waiting.pop(0)
        yield inner
        new = [outer for outer in sorted(rules.subjects(SH.property, inner), key=str) if outer not in found]
        found.update(new)
        waiting[:0] = new


class _Queried(Memory):
    """The data in rdflib's own store, with its queries answered by Oxigraph: rdflib takes longer than for all else.

    They are queries of the shapes, so what is wrong with one is told at its line in their file.
    """

    def __init__(self, quads: Sequence[Quad], file: str, text: str) -> None:
        super().__init__()
        self._quads = quads
        self._file = file
        self._lines = text.splitlines() or [""]

    @cached_property
    def _native(self) -> Store:
        store = Store()
        store.extend(Quad(*quad.triple) for quad in self._quads)
        return store

    def query(  # type: ignore[override]  # the names of the parameters are rdflib's
        self, text: object, _prefixes: object, bindings: Mapping[str, Node] | None, _graph: object, **_: object
    ) -> Result:
        """The answer to a SELECT or ASK; NotImplementedError, at which rdflib evaluates it, for anything else."""
        terms = {name: _store_term(node) for name, node in (bindings or {}).items()}
        if not isinstance(text, str):
            raise NotImplementedError
        try:
            found = query(self._native, text, base=PREFIXES["kg"], bindings=terms, file=self._file)
        except ContentError as error:
            raise ContentError(map(self._in_file, error.problems)) from error
        result = Result("ASK" if isinstance(found, QueryBoolean) else "SELECT")
        if isinstance(found, QueryBoolean):
            result.askAnswer = bool(found)
        elif isinstance(found, QuerySolutions):
            names = [Variable(variable.value) for variable in found.variables]
            result.vars = names
            result.bindings = [
                {name: rdflib_term(term) for name, term in zip(names, row, strict=True) if term is not None}
                for row in found
            ]
        else:
            raise NotImplementedError
        return result

    def _in_file(self, problem: Problem) -> Problem:
        """The problem at the line of the file that holds its line of the query; at the top where none does."""
        place = problem.place
        line = place.text.strip() if place else ""
        number = next((n for n, text in enumerate(self._lines) if line and line in text), None)
        if place is None or number is None:
            return replace(problem, place=Place(self._file, 1, 1, self._lines[0]))
        text = self._lines[number]
        column = text.index(line) + place.column - (len(place.text) - len(place.text.lstrip()))
        return replace(problem, place=Place(self._file, number + 1, column, text))


def _store_term(node: Node) -> Term:
    """The term as the store has it; NotImplementedError for a blank node, which no query can name."""
    match node:
        case URIRef():
            return NamedNode(str(node))
        case RdflibLiteral(language=None):
            return Literal(str(node), datatype=NamedNode(str(node.datatype or PREFIXES["xsd"] + "string")))
        case RdflibLiteral():
            return Literal(str(node), language=node.language)
    raise NotImplementedError
