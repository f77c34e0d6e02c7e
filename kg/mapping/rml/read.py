"""RML and R2RML in Turtle, read into the mapping model: https://kg-construct.github.io/rml-core/spec/docs/."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kg.errors import Place, Problems, nearest
from kg.mapping.lexical import ABSOLUTE_IRI
from kg.mapping.model import (
    Author,
    Gather,
    Join,
    LogicalSource,
    MappingDocument,
    PredicateObjectMap,
    Reference,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.names import EQUAL
from kg.mapping.rml.document import Document, Properties, Property
from kg.mapping.rml.terms import Conditional, Terms
from kg.mapping.rml.view import Views
from kg.mapping.rml.vocabulary import word
from kg.mapping.turtle import Node, read_turtle

__all__ = ["read_rml", "read_rml_document"]

_COLLECTIONS = ("List", "Bag", "Seq", "Alt")
_STRATEGIES = ("append", "cartesianProduct")
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_FOAF = "http://xmlns.com/foaf/0.1/"
_DC = "http://purl.org/dc/terms/"
_VOID = "http://rdfs.org/ns/void#"
_OF_TRIPLES_MAP = frozenset({"subjectMap", "subject", "predicateObjectMap", "logicalSource"})


def read_rml(path: Path, root: Path, base: tuple[str, str], problems: Problems) -> tuple[TriplesMap, ...]:
    """Read one Turtle file of RML, in the new or the old vocabulary, or R2RML.

    base: the base that mappings spell out and the one to put in its place in every data IRI.
    Places name the file relative to `root`. What is wrong is noted in `problems`; what is returned then is read only
    to find what else is wrong.
    """
    return read_rml_document(path, root, base, problems).maps


def read_rml_document(path: Path, root: Path, base: tuple[str, str], problems: Problems) -> MappingDocument:
    """Read one Turtle file with its prefixes, its base and its authors; otherwise like `read_rml`."""
    file = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 at byte {error.start}", Place(file, 1, 1), "save the file as UTF-8")
        return MappingDocument(())
    before = len(problems)
    prefixes, written, statements = read_turtle(text, file, problems)
    if len(problems) > before:
        return MappingDocument(())
    nodes = Document(statements, problems)
    maps = _Reader(nodes, problems, base).document(Place(file, 1, 1))
    return MappingDocument(maps, tuple(prefixes.items()), written, tuple(_authors(nodes)))


def _authors(nodes: Document) -> Iterator[Author]:
    """The contributors to the data set of rules."""
    for node in nodes.subjects:
        for found in nodes.raw(node).get(f"{_DC}contributor", []) if f"{_VOID}Dataset" in nodes.types(node) else ():
            said = nodes.raw(found.value)
            if not said:
                yield Author(found.value.value)
                continue
            name, mail, site = (
                said[key][0].value.value if key in said else "" for key in (_LABEL, f"{_FOAF}mbox", f"{_FOAF}homepage")
            )
            yield Author("", name, mail.removeprefix("mailto:"), site)


class _Reader:
    def __init__(self, document: Document, problems: Problems, base: tuple[str, str]) -> None:
        self.nodes = document
        self.problems = problems
        self.terms = Terms(document, problems, base)
        self._sources: dict[Node, LogicalSource | None] = {}
        self._views = Views(document, problems, self.terms)

    def document(self, start: Place) -> tuple[TriplesMap, ...]:
        functions = {
            item.value
            for node in self.nodes.subjects
            for name in ("functionValue", "functionExecution")
            for item in self.nodes.raw(node).get(name, [])
        }
        found = [node for node in self.nodes.subjects if node not in functions and self._is_triples_map(node)]
        if not found:
            self.problems.add("there is no triples map, so nothing is mapped", start, "add a rml:TriplesMap")
        names = {node.value for node in found}
        return tuple(self._triples_map(node, names, start) for node in found)

    def _is_triples_map(self, node: Node) -> bool:
        said = self.nodes.raw(node)
        described = bool(_OF_TRIPLES_MAP & said.keys()) and "functionValue" not in said
        return "TriplesMap" in self.nodes.types(node) or described

    def _triples_map(self, node: Node, names: set[str], start: Place) -> TriplesMap:
        before = len(self.problems)
        place = self.nodes.place(node, start)
        said = self.nodes.of("triples map", node, place)
        source = self.nodes.one(said, "logicalSource")
        if source is None:
            self.problems.add("the triples map has no logical source", place, "add rml:logicalSource")
        elif source.value not in self._sources:
            self._sources[source.value] = self._views.read(source)
        logical = self._sources[source.value] if source else None
        subject, graphs, classes = self._subject(said, place, names)
        predicate_objects = [
            made for item in said.get("predicateObjectMap", []) for made in self._predicate_objects(item, names)
        ]
        base = self.nodes.iri(said, "baseIRI")
        if base and not re.fullmatch(ABSOLUTE_IRI, base):
            self.problems.add("a base must be an absolute IRI", said["baseIRI"][0].place, "begin it with http://")
        made = TriplesMap(
            node.value,
            (logical,) if logical else (),
            (subject.term,),
            graphs,
            tuple(predicate_objects),
            place,
            classes,
            subject.condition,
            self.terms.rebase(base),
            sound=len(self.problems) == before,
        )
        return _undelimited(made) if logical and logical.formulation.startswith("sql") else made

    def _subject(
        self, said: Properties, place: Place, names: set[str]
    ) -> tuple[Conditional, tuple[TermMap, ...], tuple[str, ...]]:
        found = self.nodes.one(said, "subject", "subjectMap")
        if found is None:
            self.problems.add("the triples map has no subject map", place, "add rml:subjectMap or rml:subject")
            return Conditional(TermMap((), "blank", place)), (), ()
        if found in said.get("subject", []):
            return Conditional(self.terms.constant("subject map", found)), (), ()
        subject = self.terms.map("subject map", found)
        inner = self.nodes.raw(found.value)
        classes = []
        for item in inner.get("class", []):
            if item.value.kind == "iri":
                classes.append(self.terms.rebase(item.value.value))
            else:
                self.problems.add("a class must be an IRI", item.place, "write it as <…> or prefix:name")
        gathered = self._gathered(subject.term, found, names)
        return replace(subject, term=gathered), self._graphs(inner), tuple(classes)

    def _graphs(self, said: Properties) -> tuple[TermMap, ...]:
        return tuple(
            [self.terms.constant("graph map", item) for item in said.get("graph", [])]
            + [self.terms.map("graph map", item).term for item in said.get("graphMap", [])]
        )

    def _predicate_objects(self, found: Property, names: set[str]) -> list[PredicateObjectMap]:
        """One map for each condition under which its objects are made."""
        said = self.nodes.of("predicate-object map", found.value, found.place)
        if not said:
            return []
        predicates = [Conditional(self.terms.constant("predicate map", item)) for item in said.get("predicate", [])]
        predicates += [self.terms.map("predicate map", item) for item in said.get("predicateMap", [])]
        objects: list[tuple[TermMap | ReferencingObjectMap, TermMap | None]]
        objects = [(self.terms.constant("object map", item), None) for item in said.get("object", [])]
        for item in said.get("objectMap", []):
            if "parentTriplesMap" in self.nodes.raw(item.value):
                objects.append((self._referencing(item, names), self.terms.condition(self.nodes.raw(item.value))))
            else:
                made = self.terms.map("object map", item)
                objects.append((self._gathered(made.term, item, names), made.condition))
        for name, given in (("predicate", predicates), ("object", objects)):
            if not given:
                self.problems.add(
                    f"the predicate-object map has no {name}", found.place, f"add rml:{name} or rml:{name}Map"
                )
        graphs = self._graphs(said)
        groups: dict[tuple[TermMap | None, TermMap | None], tuple[list[TermMap], list[TermMap | ReferencingObjectMap]]]
        groups = {}
        for predicate in predicates:
            for term, condition in objects:
                left, right = groups.setdefault((predicate.condition, condition), ([], []))
                left += [predicate.term] if predicate.term not in left else []
                right += [term] if term not in right else []
        return [
            PredicateObjectMap(tuple(left), tuple(right), graphs, found.place, object_condition or predicate_condition)
            for (predicate_condition, object_condition), (left, right) in groups.items()
        ] or [PredicateObjectMap((), (), graphs, found.place)]

    def _gathered(self, term: TermMap, found: Property, names: set[str]) -> TermMap:
        """The term map with what it gathers: https://kg-construct.github.io/rml-cc/spec/docs/#gathermap."""
        said = self.nodes.raw(found.value)
        if "gather" not in said:
            return term
        items: list[TermMap | ReferencingObjectMap] = []
        for item in self.nodes.members(said["gather"][0]):
            if "parentTriplesMap" in self.nodes.raw(item.value):
                items.append(self._referencing(item, names))
            else:
                items.append(self._gathered(self.terms.map("object map", item).term, item, names))
        kind = self.nodes.iri(said, "gatherAs").rpartition("#")[2]
        if kind not in _COLLECTIONS:
            fix = nearest(kind, _COLLECTIONS)
            self.problems.add("gatherAs must be one of RDF's collections and containers", found.place, fix)
        strategy = self.nodes.iri(said, "strategy")
        if strategy and word(strategy) not in _STRATEGIES:
            self.problems.add("there is no such strategy", said["strategy"][0].place, nearest(strategy, _STRATEGIES))
        empty = any(item.value.value == "true" for item in said.get("allowEmptyListAndContainer", []))
        product = word(strategy) == "cartesianProduct" if strategy else False
        return replace(term, gather=Gather(tuple(items), kind, product, empty, found.place))

    def _referencing(self, found: Property, names: set[str]) -> ReferencingObjectMap:
        said = self.nodes.of("object map", found.value, found.place)
        for name in ("constant", "template", "reference", "termType", "datatype", "language"):
            if name in said:
                self.problems.add(
                    f"a referencing object map has no {name}", said[name][0].predicate_place, f"remove {name}"
                )
        parent = self.nodes.one(said, "parentTriplesMap")
        assert parent is not None
        if parent.value.value not in names:
            self.problems.add("this is no triples map of the file", parent.place, "name one that is described here")
        joins = [join for item in said.get("joinCondition", []) for join in self._joins(item)]
        return ReferencingObjectMap(parent.value.value, tuple(joins), found.place)

    def _joins(self, found: Property) -> list[Join]:
        if "functionValue" in self.nodes.raw(found.value):
            return self._function_join(found)
        said = self.nodes.of("join condition", found.value, found.place)
        sides = []
        for name in ("child", "parent"):
            side = self.nodes.one(said, name, f"{name}Map")
            if side is None:
                if said:
                    self.problems.add(f"the join has no {name}", found.place, f"add rml:{name} or rml:{name}Map")
            elif side in said.get(f"{name}Map", []):
                sides.append(self.terms.map("value", side).term)
            elif side.value.kind != "literal":
                self.problems.add(f"{name} must be a reference", side.place, "write it in quotes")
            else:
                sides.append(TermMap((Reference(side.value.value),), "literal", side.place))
        return [Join(*sides)] if len(sides) == 2 else []

    def _function_join(self, found: Property) -> list[Join]:
        """A join whose condition is a function; only equality can be one."""
        term = self.terms.map("value", replace(found)).term
        inputs = term.execution.inputs if term.execution else ()
        if term.execution is None or term.execution.function != EQUAL or len(inputs) != 2:
            self.problems.add("a join can only compare two values with equal", found.place, "write rr:child, rr:parent")
            return []
        return [Join(inputs[0].value, inputs[1].value)]


def _undelimited(made: TriplesMap) -> TriplesMap:
    """SQL identifiers without the quotes that delimit them: https://www.w3.org/TR/r2rml/#dfn-sql-identifier."""

    def bare(term: TermMap) -> TermMap:
        parts = tuple(
            Reference(part.name[1:-1]) if isinstance(part, Reference) and re.fullmatch(r'".+"', part.name) else part
            for part in term.parts
        )
        return replace(
            term,
            parts=parts,
            datatype=bare(term.datatype) if term.datatype else None,
            language=bare(term.language) if term.language else None,
        )

    def bare_object(term: TermMap | ReferencingObjectMap) -> TermMap | ReferencingObjectMap:
        if isinstance(term, TermMap):
            return bare(term)
        return replace(term, joins=tuple(Join(bare(join.child), bare(join.parent)) for join in term.joins))

    return replace(
        made,
        subjects=tuple(map(bare, made.subjects)),
        graphs=tuple(map(bare, made.graphs)),
        predicate_objects=tuple(
            replace(
                item,
                predicates=tuple(map(bare, item.predicates)),
                objects=tuple(map(bare_object, item.objects)),
                graphs=tuple(map(bare, item.graphs)),
            )
            for item in made.predicate_objects
        ),
    )
