"""Term maps, executions and joins, written as RML."""

from dataclasses import dataclass, field, replace
from urllib.parse import quote

from kg.mapping.model import DEFAULT_GRAPH, Execution, Input, Join, LogicalTarget, Reference, TermMap
from kg.mapping.names import EQUAL, GREL, IDLAB, TRUE_CONDITION
from kg.mapping.rml.access import target_thing
from kg.mapping.rml.thing import Iri, Literal, Thing
from kg.mapping.rml.vocabulary import FNO, TERM_TYPES, Words

__all__ = ["Expressions", "template"]

_TYPE_NAMES = {ours: theirs for theirs, ours in TERM_TYPES.items()}


@dataclass(slots=True)
class Expressions:
    """Term maps of one document -> things. targets: those that terms name, by their names."""

    words: Words
    targets: dict[str, Thing] = field(default_factory=dict)

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
            thing.say(say("logicalTarget"), self.target(target))
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

    def join(self, join: Join) -> Thing:
        """A condition of a join."""
        thing = Thing()
        for name, side in (("child", join.child), ("parent", join.parent)):
            if side.is_reference:
                thing.say(self.words(name), Literal(side.references[0]))
            else:
                thing.say(self.words(f"{name}Map"), self.term("Value", side, None, None))
        return thing

    def join_function(self, join: Join) -> Thing:
        """A condition of a join as a function, for what the old vocabulary cannot compare otherwise."""
        inputs = (Input(f"{GREL}valueParameter", join.child), Input(f"{GREL}valueParameter2", join.parent))
        execution = Execution(EQUAL, inputs, "", join.child.place)
        thing = Thing((self.words("FunctionTermMap"),))
        thing.say(self.words("functionValue"), self._function_value(execution, None, f"{GREL}valueParameter2"))
        return thing

    def target(self, target: LogicalTarget) -> Thing:
        """A target, the same thing for each use."""
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
