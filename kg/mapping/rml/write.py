"""The mapping model, written as RML in the new or the old vocabulary, or as R2RML."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal as OneOf
from urllib.parse import quote

from kg.errors import Place, Problems
from kg.mapping.lexical import XSD
from kg.mapping.model import (
    LogicalSource,
    LogicalView,
    MappingDocument,
    PredicateObjectMap,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.rml.access import source_thing
from kg.mapping.rml.expression import Expressions
from kg.mapping.rml.fields import view_thing
from kg.mapping.rml.thing import Iri, Literal, Thing, turtle
from kg.mapping.rml.vocabulary import NAMESPACES, TERM_TYPES, Words
from kg.mapping.turtle import RDF

__all__ = ["Vocabulary", "local_name", "write_rml"]

Vocabulary = OneOf["rml", "rml-old", "r2rml"]

_RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_FOAF = "http://xmlns.com/foaf/0.1/"
_DC = "http://purl.org/dc/terms/"
_VOID = "http://rdfs.org/ns/void#"
_TYPE_NAMES = {ours: theirs for theirs, ours in TERM_TYPES.items()}


def local_name(name: str) -> str:
    """The last segment of a triples map's IRI, or its name.

    >>> local_name("http://example.com/base/TriplesMap1")
    'TriplesMap1'
    """
    return name.rstrip("/#").replace("#", "/").rpartition("/")[2] or name


def write_rml(
    document: MappingDocument,
    vocabulary: Vocabulary,
    problems: Problems,
    *,
    metadata: bool | None = None,
    classes: bool = False,
) -> str:
    """A mapping document as Turtle.

    vocabulary: `rml` for https://w3id.org/rml/, `rml-old` for RML over R2RML, `r2rml` for tables and queries.
    metadata: whether a `void:Dataset` names the triples maps and their authors; None: where there are authors.
    classes: whether `rdf:type` with a constant is written as a class of the subject.
    What a vocabulary cannot say is noted in `problems`.
    """
    words = Words(vocabulary)
    writer = _Writer(words, problems, Expressions(words), document.base)
    maps = _singles(document.maps)
    if classes:
        maps = [(name, _with_classes(made)) for name, made in maps]
    things = [writer.triples_map(name, made, maps) for name, made in maps]
    head = [_dataset(document, things)] if metadata or (metadata is None and document.authors) else []
    ours = Words(vocabulary).prefixes
    prefixes = {**ours, **{name: iri for name, iri in document.prefixes if name not in ours}}
    return turtle([*head, *writer.sources.values(), *writer.terms.targets.values(), *things], prefixes, document.base)


def _singles(maps: tuple[TriplesMap, ...]) -> list[tuple[str, TriplesMap]]:
    """One triples map for each source and subject, each with a name of its own."""
    found = []
    for made in maps:
        parts = [
            replace(made, sources=(source,), subjects=(subject,))
            for source in made.sources
            for subject in made.subjects
        ]
        if not made.sources:
            parts = [replace(made, subjects=(subject,)) for subject in made.subjects]
        base = made.name if ":" in made.name else f"#{quote(made.name.removeprefix('#'), safe='')}"
        for number, part in enumerate(parts):
            found.append((f"{base}-{number + 1}" if len(parts) > 1 else base, part))
    return found


def _with_classes(made: TriplesMap) -> TriplesMap:
    """The constant types as classes of the subject."""
    classes, rest = list(made.classes), []
    for pair in made.predicate_objects:
        plain = not pair.graphs and pair.condition is None and [p.constant for p in pair.predicates] == [f"{RDF}type"]
        constants = [term for term in pair.objects if isinstance(term, TermMap) and term.constant is not None]
        if plain and len(constants) == len(pair.objects) and all(term.parts for term in constants):
            classes += [str(term.constant) for term in constants]
        else:
            rest.append(pair)
    return replace(made, classes=tuple(classes), predicate_objects=tuple(rest))


def _dataset(document: MappingDocument, maps: list[Thing]) -> Thing:
    """The rules as a data set, with who wrote them."""
    rules = Thing((f"{_VOID}Dataset",), "#rules")
    for author in document.authors:
        if author.iri:
            rules.say(f"{_DC}contributor", Iri(author.iri))
            continue
        person = Thing((f"{_FOAF}Person",))
        person.say(_RDFS_LABEL, Literal(author.name) if author.name else None)
        person.say(f"{_FOAF}mbox", Iri(f"mailto:{author.email}") if author.email else None)
        person.say(f"{_FOAF}homepage", Iri(author.website) if author.website else None)
        rules.say(f"{_DC}contributor", person)
    for made in maps:
        rules.say(f"{_VOID}exampleResource", Iri(made.iri))
    return rules


@dataclass(slots=True)
class _Writer:
    words: Words
    problems: Problems
    terms: Expressions
    base: str
    sources: dict[str, Thing] = field(default_factory=dict)

    def triples_map(self, name: str, made: TriplesMap, maps: list[tuple[str, TriplesMap]]) -> Thing:
        say = self.words
        thing = Thing((say("TriplesMap"),), name)
        source = self._source(made.sources[0], name) if made.sources else None
        thing.say(say("logicalSource"), source)
        thing.say(_RDFS_LABEL, Literal(local_name(made.name)))
        # The older vocabularies have the base of the file alone.
        based = made.base and (say.new or made.base != self.base)
        thing.say(say("baseIRI"), Iri(made.base) if based and self._known("a base", made.place) else None)
        subject = self._term("SubjectMap", made.subjects[0], made.condition, source, made, maps)
        for iri in made.classes:
            subject.say(say("class"), Iri(iri))
        self._graphs(subject, made.graphs, source)
        thing.say(say("subjectMap"), subject)
        for pair in made.predicate_objects:
            thing.say(say("predicateObjectMap"), self._pair(pair, made, maps, source))
        return thing

    def _pair(
        self, pair: PredicateObjectMap, made: TriplesMap, maps: list[tuple[str, TriplesMap]], source: Thing | None
    ) -> Thing:
        say = self.words
        thing = Thing(say.types("PredicateObjectMap"))
        for predicate in pair.predicates:
            thing.say(say("predicateMap"), self.terms.term("PredicateMap", predicate, None, source))
        for item in pair.objects:
            if isinstance(item, TermMap):
                thing.say(say("objectMap"), self._term("ObjectMap", item, pair.condition, source, made, maps))
            else:
                for name in self._parents(item, made, maps):
                    thing.say(say("objectMap"), self._referencing(item, name, pair.condition))
        self._graphs(thing, pair.graphs, source)
        return thing

    def _term(
        self,
        kind: str,
        term: TermMap,
        condition: TermMap | None,
        source: Thing | None,
        made: TriplesMap,
        maps: list[tuple[str, TriplesMap]],
    ) -> Thing:
        """A term map with what it gathers: https://kg-construct.github.io/rml-cc/spec/docs/."""
        thing = self.terms.term(kind, term, condition, source)
        if term.gather is None or not self._known("collections", term.gather.place):
            return thing
        say, gather = self.words, term.gather
        items: list[Thing] = []
        for item in gather.items:
            if isinstance(item, TermMap):
                items.append(self._term("ObjectMap", item, None, source, made, maps))
            else:
                items += [self._referencing(item, name, None) for name in self._parents(item, made, maps)]
        thing.say(say("gather"), tuple(items))
        thing.say(say("gatherAs"), Iri(RDF + gather.kind))
        thing.say(say("strategy"), Iri(say("cartesianProduct")) if gather.product else None)
        thing.say(say("allowEmptyListAndContainer"), Literal("true", f"{XSD}boolean") if gather.empty else None)
        return thing

    def _parents(
        self, item: ReferencingObjectMap, made: TriplesMap, maps: list[tuple[str, TriplesMap]]
    ) -> Iterator[str]:
        """The names of the triples maps that a link leads to."""
        for name, parent in maps:
            same = parent.sources == made.sources
            if parent.name == item.parent and (item.joins or same or not self._linked(made, item, maps)):
                yield name

    def _known(self, what: str, place: Place) -> bool:
        """Whether the vocabulary has words for what only the new one can say; a problem otherwise."""
        if not self.words.new:
            self.problems.add(f"this vocabulary has no word for {what}", place, "write the mapping with --to rml")
        return self.words.new

    def _linked(self, made: TriplesMap, item: ReferencingObjectMap, maps: list[tuple[str, TriplesMap]]) -> bool:
        """Whether one of the parents is read from the same source."""
        return any(parent.name == item.parent and parent.sources == made.sources for _, parent in maps)

    def _graphs(self, thing: Thing, graphs: tuple[TermMap, ...], source: Thing | None) -> None:
        for graph in graphs:
            thing.say(self.words("graphMap"), self.terms.term("GraphMap", graph, None, source))

    def _referencing(self, item: ReferencingObjectMap, parent: str, condition: TermMap | None) -> Thing:
        say = self.words
        thing = Thing(say.types("ObjectMap"))
        thing.say(say("parentTriplesMap"), Iri(parent))
        for join in item.joins:
            plain = join.child.is_reference and join.parent.is_reference
            if say.new or plain:
                thing.say(say("joinCondition"), self.terms.join(join))
            else:
                thing.say(f"{NAMESPACES[1]}joinCondition", self.terms.join_function(join))
        if condition is not None and say.new:
            thing.say(say("condition"), self.terms.term("Condition", condition, None, None, typed=False))
        elif condition is not None:
            self._known("a condition on a link between triples maps", item.place)
        for target in item.targets:
            thing.say(say("logicalTarget"), self.terms.target(target))
        return thing

    def _source(self, source: LogicalSource, user: str) -> Thing:
        """The source of a triples map; a thing of its own where it has a name, or functions repeat it."""
        if source.name and source.name in self.sources:
            return self.sources[source.name]
        if source.view is not None:
            return self._view(source, source.view, user)
        thing, others = source_thing(source, self.words, self.problems)
        for other in others:
            self.sources[other.iri] = other
        if source.name:
            thing.iri = f"#source-{quote(source.name, safe='')}"
            thing.said.insert(0, (_RDFS_LABEL, Literal(source.name)))
            self.sources[source.name] = thing
        elif not self.words.new:
            thing.iri = f"#source-of-{quote(local_name(user), safe='')}"
            self.sources[thing.iri] = thing
        return thing

    def _view(self, source: LogicalSource, view: LogicalView, user: str) -> Thing:
        """A view, the same thing for each use."""
        if source.access not in self.sources and self._known("logical views", source.place):
            thing = view_thing(view, self.terms, lambda inner: self._source(inner, user))
            thing.iri = source.access if ":" in source.access else f"#{quote(source.access.strip('#[]'), safe='')}"
            self.sources[source.access] = thing
        return self.sources.get(source.access) or Thing()
