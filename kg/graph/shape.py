"""SHACL shapes as functions: which nodes conform, decided for the common constraints without a validator.

pySHACL sets every constraint up anew for each node that a nested shape is about, which takes milliseconds. Here a
shape becomes a function once, and is asked of each of its nodes; only those that do not conform, or of which this
module is not sure, are left to pySHACL. So pySHACL has the last word on every violation, and little to do where all
is well.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache

from rdflib import RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from kg.graph.terms import classes_below

__all__ = ["narrowed"]

# Whether a focus node and its value nodes keep to a constraint; whether a node conforms to a shape.
_Constraint = Callable[[Node, AbstractSet[Node]], bool]
_Check = Callable[[Node], bool]

_TARGETS = (SH.targetNode, SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
# What a shape says that decides nothing.
_SILENT = {*_TARGETS, RDF.type, RDFS.label, RDFS.comment, RDFS.isDefinedBy, SH.path, SH.message, SH.severity}
_SILENT |= {SH.name, SH.description, SH.order, SH.group, SH.defaultValue}
_SINGLE = {SH.datatype, SH["in"], SH.languageIn, SH.maxCount, SH.minCount, SH.minLength, SH.nodeKind}
_SINGLE |= {SH.qualifiedMinCount, SH.qualifiedValueShape, SH.uniqueLang}
_OF_PROPERTIES = {SH.lessThan, SH.maxCount, SH.minCount, SH.qualifiedMinCount, SH.qualifiedValueShape, SH.uniqueLang}
# Deeper than people nest shapes, and less deep than pySHACL follows them.
_DEPTH = 8

# What rdflib makes of a literal that is well-formed: pySHACL asks no more of it.
_VALUES: Mapping[Node, type] = {
    RDF.langString: str,
    XSD.string: str,
    XSD.integer: int,
    XSD.float: float,
    XSD.decimal: Decimal,
    XSD.boolean: bool,
    XSD.date: date,
    XSD.time: time,
    XSD.dateTime: datetime,
}
_KINDS: Mapping[Node, tuple[type, ...]] = {
    SH.IRI: (URIRef,),
    SH.BlankNode: (BNode,),
    SH.Literal: (Literal,),
    SH.BlankNodeOrIRI: (BNode, URIRef),
    SH.BlankNodeOrLiteral: (BNode, Literal),
    SH.IRIOrLiteral: (URIRef, Literal),
}


class _UnsureError(Exception):
    """This module cannot tell whether a node conforms."""


def narrowed(rules: Graph, data: Graph) -> Graph:
    """The shapes, each about just those of its nodes that may not conform: they become its `sh:targetNode`s.

    A shape with a constraint that is not known here keeps its targets.
    """
    result = Graph()
    for triple in rules:
        result.add(triple)
    compiler = _Compiler(rules, data)
    for shape in {shape for target in _TARGETS for shape in rules.subjects(target, None)}:
        try:
            conforms = compiler.shape(shape)
        except _UnsureError:
            continue
        doubtful = [node for node in compiler.focus(shape) if not _surely(conforms, node)]
        for target in _TARGETS:
            result.remove((shape, target, None))
        for node in doubtful:
            result.add((shape, SH.targetNode, node))
    return result


def _surely(conforms: _Check, node: Node) -> bool:
    try:
        return conforms(node)
    except _UnsureError:
        return False


class _Compiler:
    """Makes functions of shapes, which answer as pySHACL would or raise _UnsureError."""

    def __init__(self, rules: Graph, data: Graph) -> None:
        self.rules = rules
        self.data = data
        self._depth = 0

    def focus(self, shape: Node) -> set[Node]:
        """The nodes that the shape's own targets name: https://www.w3.org/TR/shacl/#targets."""
        found = set(self.rules.objects(shape, SH.targetNode))
        for top in self.rules.objects(shape, SH.targetClass):
            for below in classes_below(self.data, top):
                found.update(self.data.subjects(RDF.type, below))
        for predicate in self.rules.objects(shape, SH.targetSubjectsOf):
            found.update(self.data.subjects(predicate, None))
        for predicate in self.rules.objects(shape, SH.targetObjectsOf):
            found.update(self.data.objects(None, predicate))
        return found

    def shape(self, shape: Node) -> _Check:
        """The function of a shape; raises _UnsureError for a constraint that is not known here."""
        if self._depth > _DEPTH:
            raise _UnsureError
        said = set(self.rules.predicates(shape, None))
        self._depth += 1
        try:
            constraints = [found for name in said - _SILENT for found in self._constraints(shape, name)]
        finally:
            self._depth -= 1
        paths = list(self.rules.objects(shape, SH.path))
        if not said or len(paths) > 1 or not (paths or said.isdisjoint(_OF_PROPERTIES)):
            raise _UnsureError
        if not paths:
            return lambda node: all(holds(node, {node}) for holds in constraints)
        (path,) = paths
        if not isinstance(path, URIRef):
            raise _UnsureError

        def conforms(node: Node) -> bool:
            values = set(self.data.objects(node, path))
            return all(holds(node, values) for holds in constraints)

        return conforms

    def members(self, head: Node) -> list[_Check]:
        """The functions of the shapes of a list."""
        return [self.shape(member) for member in set(self.rules.items(head))]

    def _constraints(self, shape: Node, name: Node) -> Iterable[_Constraint]:
        compiled = _CONSTRAINTS.get(name)
        parameters = list(self.rules.objects(shape, name))
        if compiled is None or (name in _SINGLE and len(parameters) > 1):
            raise _UnsureError
        return [compiled(self, parameter, shape) for parameter in parameters]


# Each function below makes a constraint: (compiler, parameter, shape that has it) -> whether the nodes keep to it.


def _each(holds: _Check) -> _Constraint:
    return lambda _, values: all(map(holds, values))


def _class(compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    classes = classes_below(compiler.data, wanted)

    @cache
    def holds(value: Node) -> bool:
        return not isinstance(value, Literal) and not classes.isdisjoint(compiler.data.objects(value, RDF.type))

    return _each(holds)


def _datatype(_compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    if wanted in {RDFS.Literal, RDFS.Datatype}:
        raise _UnsureError

    def holds(value: Node) -> bool:
        if not isinstance(value, Literal):
            return False
        actual = value.datatype or (RDF.langString if value.language else XSD.string)
        return actual == wanted and not value.ill_typed and isinstance(value.value, _VALUES.get(wanted, object))

    return _each(holds)


def _node_kind(_compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    if wanted not in _KINDS:
        raise _UnsureError
    return _each(lambda value: isinstance(value, _KINDS[wanted]))


def _min_count(_compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    least = _whole(wanted)
    return lambda _, values: len(values) >= least


def _max_count(_compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    most = _whole(wanted)
    return lambda _, values: len(values) <= most


def _has_value(_compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    return lambda _, values: wanted in values


def _in(compiler: _Compiler, head: Node, _shape: Node) -> _Constraint:
    known = set(compiler.rules.items(head))
    return _each(lambda value: value in known)


def _min_inclusive(_compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    least = _whole(wanted)
    return _each(lambda value: _whole(value) >= least)


def _less_than(compiler: _Compiler, predicate: Node, _shape: Node) -> _Constraint:
    def holds(node: Node, values: AbstractSet[Node]) -> bool:
        others = list(compiler.data.objects(node, predicate))
        return all(_whole(value) < _whole(other) for value in values for other in others)

    return holds


def _min_length(_compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    least = _whole(wanted)
    if least < 1:
        raise _UnsureError
    return _each(lambda value: not isinstance(value, BNode) and len(str(value)) >= least)


def _unique_language(_compiler: _Compiler, wanted: Node, _shape: Node) -> _Constraint:
    if not isinstance(wanted, Literal) or wanted.value is not True:
        raise _UnsureError

    def holds(_: Node, values: AbstractSet[Node]) -> bool:
        tags = [value.language.lower() for value in values if isinstance(value, Literal) and value.language]
        return len(tags) == len(set(tags))

    return holds


def _language_in(compiler: _Compiler, head: Node, _shape: Node) -> _Constraint:
    known = {str(tag).lower() for tag in compiler.rules.items(head)}

    def holds(value: Node) -> bool:
        tag = (value.language or "").lower() if isinstance(value, Literal) else ""
        # A tag may be in the range of another one, as fr-ca is of fr: https://www.rfc-editor.org/rfc/rfc4647.
        if "*" in known or ("-" in tag and tag not in known):
            raise _UnsureError
        return tag in known

    return _each(holds)


def _qualified(compiler: _Compiler, wanted: Node, shape: Node) -> _Constraint:
    least = _whole(wanted)
    checks = [compiler.shape(part) for part in compiler.rules.objects(shape, SH.qualifiedValueShape)]
    if len(checks) != 1:
        raise _UnsureError
    return lambda _, values: sum(map(checks[0], values)) >= least


def _counted(compiler: _Compiler, _wanted: Node, shape: Node) -> _Constraint:
    """What `_qualified` counts; without a number it is no constraint."""
    if (shape, SH.qualifiedMinCount, None) not in compiler.rules:
        raise _UnsureError
    return lambda _node, _values: True


def _property(compiler: _Compiler, part: Node, _shape: Node) -> _Constraint:
    if (part, SH.path, None) not in compiler.rules:
        raise _UnsureError
    return _each(compiler.shape(part))


def _node(compiler: _Compiler, part: Node, _shape: Node) -> _Constraint:
    return _each(compiler.shape(part))


def _not(compiler: _Compiler, part: Node, _shape: Node) -> _Constraint:
    conforms = compiler.shape(part)
    return _each(lambda value: not conforms(value))


def _and(compiler: _Compiler, head: Node, _shape: Node) -> _Constraint:
    members = compiler.members(head)
    return _each(lambda value: all(conforms(value) for conforms in members))


def _or(compiler: _Compiler, head: Node, _shape: Node) -> _Constraint:
    members = compiler.members(head)
    return _each(lambda value: any(conforms(value) for conforms in members))


def _xone(compiler: _Compiler, head: Node, _shape: Node) -> _Constraint:
    members = compiler.members(head)
    return _each(lambda value: sum(conforms(value) for conforms in members) == 1)


def _whole(term: Node) -> int:
    """The value of an integer; raises _UnsureError for anything else."""
    if isinstance(term, Literal) and term.datatype == XSD.integer and type(term.value) is int:
        return term.value
    raise _UnsureError


# https://www.w3.org/TR/shacl/#core-components
_CONSTRAINTS: Mapping[Node, Callable[[_Compiler, Node, Node], _Constraint]] = {
    SH["and"]: _and,
    SH["class"]: _class,
    SH.datatype: _datatype,
    SH.hasValue: _has_value,
    SH["in"]: _in,
    SH.languageIn: _language_in,
    SH.lessThan: _less_than,
    SH.maxCount: _max_count,
    SH.minCount: _min_count,
    SH.minInclusive: _min_inclusive,
    SH.minLength: _min_length,
    SH.node: _node,
    SH.nodeKind: _node_kind,
    SH["not"]: _not,
    SH["or"]: _or,
    SH.property: _property,
    SH.qualifiedMinCount: _qualified,
    SH.qualifiedValueShape: _counted,
    SH.uniqueLang: _unique_language,
    SH.xone: _xone,
}
