"""Competency questions: SPARQL files that say in a `#+` header what they ask, of what, and what they expect.

    #+ summary: {fr: …, en: …}
    #+ parameters: {body: {type: entity, default: rats, label: {fr: …, en: …}}}
    #+ expectation: {articles: [a-slug], columns: [place], rows: [[tashkent]]}

A parameter is a variable of the query that is bound to a term: `entity` (an id of the registry), `iri` (whole,
prefixed, or relative to the base), `text` (with `language` if it has one), `integer`, `date`. An expectation names the
articles that it holds for and either `rows`, `count`, `empty: true` or, of an ASK, `answer: true`; `columns` compares
only these, `ordered: true` the order as well, `parameters` gives values other than the defaults.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from kg import yaml
from kg.errors import ContentError, Place, Problem, Problems, nearest
from kg.graph.expectation import Expectation, differences, misfits, shorten
from kg.graph.header import MARK, Header, read_header
from kg.graph.order import form, in_order
from kg.graph.store import (
    PREFIXES,
    Literal,
    NamedNode,
    QuerySolutions,
    QueryTriples,
    Results,
    Store,
    Term,
    memory_store,
    query,
)
from kg.graph.syntax import variables

__all__ = [
    "RESERVED",
    "Expectation",
    "Parameter",
    "Question",
    "check_expectation",
    "parse_question",
    "read_question",
    "read_questions",
    "shorten",
]

RESERVED = ("format", "lang", "limit", "offset")
"""Names that no parameter has, because they say in an address how an answer is sent."""

_XSD = PREFIXES["xsd"]
# Where a term is made only to see whether it can be.
_ANY_BASE = "http://base.example/"


def _entity(text: str, base: str, _language: str) -> Term:
    if not re.fullmatch(r"[a-z0-9-]+", text):
        raise ValueError("write the id of an entity, such as rats")
    return NamedNode(f"{base}id/{text}")


def _iri(text: str, base: str, _language: str) -> Term:
    prefix, colon, local = text.partition(":")
    if colon and prefix in PREFIXES and not local.startswith("//"):
        return NamedNode(PREFIXES[prefix] + local)
    return NamedNode(text if colon else base + text)


def _text(text: str, _base: str, language: str) -> Term:
    return Literal(text, language=language) if language else Literal(text)


def _integer(text: str, _base: str, _language: str) -> Term:
    # What 64 bits hold: the store keeps longer numbers as text.
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError("write a whole number of at most 18 digits, such as 42")
    return Literal(str(int(text)), datatype=NamedNode(_XSD + "integer"))


def _date(text: str, _base: str, _language: str) -> Term:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("write a day like 2010-06-13")
    return Literal(date.fromisoformat(text).isoformat(), datatype=NamedNode(_XSD + "date"))


# Type of a parameter -> how its text becomes a term; each raises ValueError for what is no such text.
_TERMS: dict[str, Callable[[str, str, str], Term]] = {
    "date": _date,
    "entity": _entity,
    "integer": _integer,
    "iri": _iri,
    "text": _text,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that whoever asks gives a value. default: as text. label: by language. language: of a text."""

    type: str
    default: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    language: str = ""

    def term(self, text: str, base: str) -> Term:
        """The term that a text stands for; raises ValueError, saying what to write, when it stands for none."""
        return _TERMS[self.type](text, base, self.language)

    def fault(self, text: str) -> str | None:
        """What to write instead of a text that is no such term; None for one that is."""
        try:
            self.term(text, _ANY_BASE)
        except ValueError as error:
            return str(error)
        return None


@dataclass(frozen=True, slots=True)
class Question:
    """A question. name: of its file. summary: by language. source: the file, header included."""

    name: str
    file: str
    summary: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    expectations: tuple[Expectation, ...]
    source: str

    @property
    def text(self) -> str:
        """The query without its header."""
        lines = self.source.splitlines()
        return "\n".join(line for line in lines if not line.startswith(MARK)).strip() + "\n"

    @property
    def form(self) -> str:
        """SELECT, ASK, CONSTRUCT or DESCRIBE."""
        return form(self.source)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of what each row of the answer holds; none where it is yes or no. Raises `ContentError`."""
        return _columns(self.source)

    @property
    def ordered(self) -> str:
        """The source, changed so that the rows of a SELECT come in the same order every time."""
        return in_order(self.source, self.columns) if self.form == "SELECT" else self.source

    def bindings(self, values: Mapping[str, str], base: str) -> dict[str, Term]:
        """The term of each parameter: the value that is given for it, else its default.

        Raises `ContentError` for a value that is no such term, and for a name that is none.
        """
        problems = Problems()
        for name in values:
            if name not in self.parameters:
                fix = nearest(name, self.parameters) or "the question has no parameters"
                problems.add(f"{self.name} has no parameter {name!r}", None, fix)
        terms: dict[str, Term] = {}
        for name, parameter in self.parameters.items():
            text = values.get(name, parameter.default)
            try:
                terms[name] = parameter.term(text, base)
            except ValueError as error:
                problems.add(f"{text!r} is no {parameter.type} for {name}", None, str(error))
        problems.stop_if_any()
        return terms

    def ask(self, store: Store, base: str, values: Mapping[str, str] | None = None) -> Results:
        """The answer of a store; raises `ContentError` for values that are wrong."""
        return query(store, self.source, base=base, bindings=self.bindings(values or {}, base), file=self.file)


@lru_cache(1000)
def _columns(source: str) -> tuple[str, ...]:
    results = query(memory_store(b""), source, base=_ANY_BASE)
    if isinstance(results, QueryTriples):
        return "subject", "predicate", "object"
    return tuple(name.value for name in results.variables) if isinstance(results, QuerySolutions) else ()


def read_questions(folder: Path, root: Path, problems: Problems) -> list[Question]:
    """The questions of a folder, by name; what is wrong with one is noted in `problems`, with its place.

    Here, where they are a project's, each must have a header.
    """
    questions = [read_question(path, root, problems) for path in sorted(folder.glob("*.rq"))]
    for question in questions:
        if not question.source.startswith(MARK):
            problems.add("the question has no header", Place(question.file, 1, 1), "begin with #+ summary: {en: …}")
    return questions


def read_question(path: Path, root: Path, problems: Problems) -> Question:
    """Read one `.rq` file; places name it relative to `root`."""
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 at byte {error.start}", Place(file, 1, 1), "save the file as UTF-8")
        return Question(path.stem, file, {}, {}, (), "")
    return parse_question(source, path.stem, file, problems)


def parse_question(source: str, name: str, file: str, problems: Problems) -> Question:
    """Read a question from a string; `file` is its name in places. Without a header it is a question all the same."""
    found = Problems()
    header = read_header(source, file, found)
    question = Question(name, file, {}, {}, (), source)
    if header is not None:
        keys = header.keys(header.entries, ("summary",), ("parameters", "expectation"), "the header")
        parameters = _parameters(header, keys.get("parameters"), source)

        def fault(parameter: str, text: str) -> str | None:
            return parameters[parameter].fault(text) if parameters[parameter].type in _TERMS else None

        expectations = tuple(header.expectations(keys.get("expectation"), fault, parameters))
        summary = header.texts(keys.get("summary"), "summary")
        question = Question(name, file, summary, parameters, expectations, source)
    if not found:
        _try(question, found)
    problems.extend(found)
    return question


def check_expectation(question: Question, expectation: Expectation, store: Store, base: str) -> list[Problem]:
    """What is wrong with the answer of a store that holds just the expectation's articles."""
    try:
        return differences(expectation, question.ask(store, base, expectation.parameters), question.parameters, base)
    except ContentError as error:
        return list(error.problems)


def _parameters(header: Header, value: yaml.Value | None, source: str) -> dict[str, Parameter]:
    used = variables(source)
    parameters = {}
    for name, entry in (header.typed(value, yaml.Map, "parameters") or {}).items():
        what = f"the parameter {name}"
        keys = header.keys(entry, ("type", "default"), ("label", "language"), what)
        kind, default, language = (
            header.text(keys.get(key), f"{key} of {what}") for key in ("type", "default", "language")
        )
        parameter = Parameter(kind, default, header.texts(keys.get("label"), f"label of {what}"), language)
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            header.problems.add(f"{str(name)!r} is no name of a variable", name.place, "use letters, digits and _")
        elif name in RESERVED:
            taken = "it means something else in the address of an answer"
            header.problems.add(f"a parameter cannot be called {name}", name.place, f"give it another name: {taken}")
        elif name not in used:
            header.problems.add(f"the query has no variable ?{name}", name.place, nearest(name, used))
        if kind and kind not in _TERMS:
            place = yaml.place_of(keys["type"])
            header.problems.add(f"{kind!r} is no type of a parameter", place, nearest(kind, _TERMS))
        elif kind and "default" in keys and (wrong := parameter.fault(default)):
            header.problems.add(f"{default!r} is no {kind}", yaml.place_of(keys["default"]), wrong)
        parameters[str(name)] = parameter
    return parameters


def _try(question: Question, problems: Problems) -> None:
    """Ask an empty store: what is wrong with the query, and with the columns that are expected, shows there."""
    try:
        for expectation in question.expectations:
            results = question.ask(memory_store(b""), _ANY_BASE, expectation.parameters)
            problems.extend(misfits(expectation, results, question.parameters))
        if not question.expectations:
            question.ask(memory_store(b""), _ANY_BASE)
    except ContentError as error:
        problems.extend(error.problems)
