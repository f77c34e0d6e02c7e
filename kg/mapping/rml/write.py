"""The mapping model, written as RML in the new or the old vocabulary, or as R2RML."""

from dataclasses import dataclass, field, replace
from typing import Literal as OneOf
from urllib.parse import quote

from kg.errors import Problems
from kg.mapping.model import (
    DEFAULT_GRAPH,
    Execution,
    Input,
    Join,
    LogicalSource,
    LogicalTarget,
    MappingDocument,
    PredicateObjectMap,
    Reference,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.names import EQUAL, GREL, IDLAB, TRUE_CONDITION
from kg.mapping.rml.access import source_thing, target_thing
from kg.mapping.rml.thing import Iri, Literal, Thing, turtle
from kg.mapping.rml.vocabulary import FNO, NAMESPACES, TERM_TYPES, Words
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
    writer = _Writer(Words(vocabulary), problems)
    maps = _singles(document.maps)
    if classes:
        maps = [(name, _with_classes(made)) for name, made in maps]
    things = [writer.triples_map(name, made, maps) for name, made in maps]
    head = [_dataset(document, things)] if metadata or (metadata is None and document.authors) else []
    ours = Words(vocabulary).prefixes
    prefixes = {**ours, **{name: iri for name, iri in document.prefixes if name not in ours}}
    base = document.base if vocabulary != "rml" else ""
    return turtle([*head, *writer.sources.values(), *writer.targets.values(), *things], prefixes, base)


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
    sources: dict[str, Thing] = field(default_factory=dict)
    targets: dict[str, Thing] = field(default_factory=dict)

    def triples_map(self, name: str, made: TriplesMap, maps: list[tuple[str, TriplesMap]]) -> Thing:
        say = self.words
        thing = Thing((say("TriplesMap"),), name)
        source = self._source(made.sources[0], name) if made.sources else None
        thing.say(say("logicalSource"), source)
        thing.say(_RDFS_LABEL, Literal(local_name(made.name)))
        thing.say(say("baseIRI"), Iri(made.base) if made.base and say.new else None)
        subject = self.term("SubjectMap", made.subjects[0], made.condition, source)
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
            thing.say(say("predicateMap"), self.term("PredicateMap", predicate, None, source))
        for item in pair.objects:
            if isinstance(item, TermMap):
                thing.say(say("objectMap"), self.term("ObjectMap", item, pair.condition, source))
                continue
            for name, parent in maps:
                same = parent.sources == made.sources
                if parent.name == item.parent and (item.joins or same or not self._linked(made, item, maps)):
                    thing.say(say("objectMap"), self._referencing(item, name, pair.condition))
        self._graphs(thing, pair.graphs, source)
        return thing

    def _linked(self, made: TriplesMap, item: ReferencingObjectMap, maps: list[tuple[str, TriplesMap]]) -> bool:
        """Whether one of the parents is read from the same source."""
        return any(parent.name == item.parent and parent.sources == made.sources for _, parent in maps)

    def _graphs(self, thing: Thing, graphs: tuple[TermMap, ...], source: Thing | None) -> None:
        for graph in graphs:
            thing.say(self.words("graphMap"), self.term("GraphMap", graph, None, source))

    def term(
        self, kind: str, term: TermMap, condition: TermMap | None, source: Thing | None, *, typed: bool = True
    ) -> Thing:
        """A term map. kind: its class. typed: whether an object's term type is written."""
        say = self.words
        if condition is not None and not say.new:
            inner = replace(term, datatype=None, language=None, targets=())
            inputs = (Input(f"{IDLAB}strBoolean", condition), Input(f"{IDLAB}str", inner))
            term = replace(term, parts=(), execution=Execution(TRUE_CONDITION, inputs, "", term.place))
        thing = Thing(say.types(kind))
        if term.execution is not None and not say.new:
            own = (say(kind),) if kind in ("SubjectMap", "GraphMap") or not typed else ()
            thing.types = (*own, say("FunctionTermMap"))
        self._expression(thing, term, source)
        written = self._term_type(kind, term)
        if typed and written:
            thing.say(say("termType"), Iri(say(_TYPE_NAMES[term.term_type])))
        if say.new and condition is not None:
            thing.say(say("condition"), self.term("Condition", condition, None, source, typed=False))
        self._datatype(thing, term, source)
        self._language(thing, term, source)
        for target in term.targets:
            thing.say(say("logicalTarget"), self._target(target))
        return thing

    def _expression(self, thing: Thing, term: TermMap, source: Thing | None) -> None:
        say = self.words
        if term.execution is not None:
            if say.new:
                thing.say(say("functionExecution"), self._execution(term.execution, source))
                thing.say(say("return"), Iri(term.execution.returns) if term.execution.returns else None)
            else:
                thing.say(say("functionValue"), self._function_value(term.execution, source, ""))
        elif term.is_reference:
            thing.say(say("reference"), Literal(term.references[0]))
        elif (constant := term.constant) is not None and term.parts and not (say.new and term.term_type == "blank"):
            thing.say(say("constant"), self._constant(term, constant))
        elif term.parts:
            thing.say(say("template"), Literal(template(term.parts)))

    def _constant(self, term: TermMap, constant: str) -> Iri | Literal:
        if term.term_type in ("literal", "blank"):
            return Literal(constant)
        return Iri(self.words("defaultGraph") if constant == DEFAULT_GRAPH else constant)

    def _term_type(self, kind: str, term: TermMap) -> bool:
        """Whether the term type must be written, and is by those who write the old vocabulary."""
        function = term.execution is not None
        if self.words.new:
            usual = "iri" if kind != "ObjectMap" else self._usual(term)
            return term.term_type != usual and kind not in ("LanguageMap", "Condition", "Value")
        if kind in ("SubjectMap", "GraphMap", "PredicateMap"):
            return function or term.term_type != "iri"
        return kind not in ("LanguageMap", "DatatypeMap")

    def _usual(self, term: TermMap) -> str:
        if term.constant is not None and term.parts:
            return term.term_type if term.term_type in ("iri", "literal") else "literal"
        if term.execution is not None or term.is_reference or term.datatype or term.language:
            return "literal"
        return "iri"

    def _datatype(self, thing: Thing, term: TermMap, source: Thing | None) -> None:
        say, datatype = self.words, term.datatype
        if datatype is None or (term.language is not None):
            return
        if datatype.constant is not None and not datatype.targets:
            thing.say(say("datatype"), Iri(datatype.constant))
        else:
            thing.say(say("datatypeMap"), self.term("DatatypeMap", datatype, None, source))

    def _language(self, thing: Thing, term: TermMap, source: Thing | None) -> None:
        say, language = self.words, term.language
        if language is None:
            return
        short = say.new or say.vocabulary == "r2rml"
        if short and language.constant is not None and not language.targets:
            thing.say(say("language"), Literal(language.constant))
        else:
            thing.say(say("languageMap"), self.term("LanguageMap", language, None, source, typed=False))

    def _execution(self, execution: Execution, source: Thing | None) -> Thing:
        say = self.words
        thing = Thing()
        thing.say(say("function"), Iri(execution.function))
        for argument in execution.inputs:
            one = Thing()
            one.say(say("parameter"), Iri(argument.parameter))
            value = argument.value
            if value.constant is not None and value.parts and value.term_type == "literal" and not value.datatype:
                one.say(say("inputValue"), Literal(value.constant))
            else:
                one.say(say("inputValueMap"), self.term("Value", value, None, source))
            thing.say(say("input"), one)
        return thing

    def _function_value(self, execution: Execution, source: Thing | None, parent: str) -> Thing:
        """An execution as a triples map: https://fno.io/rml/.

        parent: the parameter whose value is of the other triples map's record, `*` for all, empty for none.
        """
        say = self.words
        thing = Thing()
        thing.say(say("logicalSource"), source)
        executes = Thing()
        executes.say(say("predicateMap"), self._bare(Iri(f"{FNO}executes")))
        executes.say(say("objectMap"), self._bare(Iri(execution.function), typed=True))
        thing.say(say("predicateObjectMap"), executes)
        for argument in execution.inputs:
            one = Thing(say.types("PredicateObjectMap"))
            predicate = Thing(say.types("PredicateMap"))
            predicate.say(say("constant"), Iri(argument.parameter))
            one.say(say("predicateMap"), predicate)
            side = parent in ("*", argument.parameter)
            one.say(say("objectMap"), self._argument(argument.value, source, parent=side))
            thing.say(say("predicateObjectMap"), one)
        return thing

    def _argument(self, value: TermMap, source: Thing | None, *, parent: bool) -> Thing:
        if value.execution is not None:
            thing = Thing((self.words("ObjectMap"), self.words("FunctionTermMap")))
            inner = self._function_value(value.execution, source, "*" if parent else "")
            if value.term_type != "literal":
                thing.say(self.words("termType"), Iri(self.words(_TYPE_NAMES[value.term_type])))
            thing.say(self.words("functionValue"), inner)
            return thing
        if not parent:
            return self.term("ObjectMap", value, None, source)
        thing, inner = Thing(self.words.types("ObjectMap")), Thing()
        self._expression(inner, value, source)
        thing.say(self.words("parentTermMap"), inner)
        return thing

    def _bare(self, value: Iri, *, typed: bool = False) -> Thing:
        thing = Thing()
        thing.say(self.words("constant"), value)
        if typed:
            thing.say(self.words("termType"), Iri(self.words("IRI")))
        return thing

    def _referencing(self, item: ReferencingObjectMap, parent: str, condition: TermMap | None) -> Thing:
        say = self.words
        thing = Thing(say.types("ObjectMap"))
        thing.say(say("parentTriplesMap"), Iri(parent))
        for join in item.joins:
            plain = join.child.is_reference and join.parent.is_reference
            if say.new or plain:
                thing.say(say("joinCondition"), self._join(join))
            else:
                thing.say(f"{NAMESPACES[1]}joinCondition", self._join_function(join))
        if condition is not None and say.new:
            thing.say(say("condition"), self.term("Condition", condition, None, None, typed=False))
        elif condition is not None:
            self.problems.add(
                "a condition on a link between triples maps cannot be written in this vocabulary",
                item.place,
                "write the mapping with --to rml",
            )
        for target in item.targets:
            thing.say(say("logicalTarget"), self._target(target))
        return thing

    def _join(self, join: Join) -> Thing:
        thing = Thing()
        for name, side in (("child", join.child), ("parent", join.parent)):
            if side.is_reference:
                thing.say(self.words(name), Literal(side.references[0]))
            else:
                thing.say(self.words(f"{name}Map"), self.term("Value", side, None, None))
        return thing

    def _join_function(self, join: Join) -> Thing:
        inputs = (Input(f"{GREL}valueParameter", join.child), Input(f"{GREL}valueParameter2", join.parent))
        execution = Execution(EQUAL, inputs, "", join.child.place)
        thing = Thing((self.words("FunctionTermMap"),))
        thing.say(self.words("functionValue"), self._function_value(execution, None, f"{GREL}valueParameter2"))
        return thing

    def _source(self, source: LogicalSource, user: str) -> Thing:
        """The source of a triples map; a thing of its own where it has a name, or functions repeat it."""
        if source.name and source.name in self.sources:
            return self.sources[source.name]
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

    def _target(self, target: LogicalTarget) -> Thing:
        name = target.name or f"{target.path}-{target.type}"
        if name not in self.targets:
            thing = target_thing(target, self.words)
            thing.iri = f"#target-{quote(name, safe='')}"
            self.targets[name] = thing
        return self.targets[name]


def template(parts: tuple[str | Reference, ...]) -> str:
    r"""Parts as a template of RML.

    >>> template(("a{", Reference("b")))
    'a\\{{b}'
    """
    return "".join(_escaped(part) if isinstance(part, str) else f"{{{_escaped(part.name)}}}" for part in parts)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
