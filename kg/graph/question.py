"""Competency questions: SPARQL files that say in a `#+` header what they ask, of what, and what they expect.

    #+ summary: {fr: …, en: …}
    #+ parameters: {body: {type: entity, default: rats, label: {fr: …, en: …}}}
    #+ expectation: {articles: [a-slug], columns: [place], rows: [[tashkent]]}

A parameter is a variable of the query that is bound to a term: `entity` (an id of the registry), `iri` (whole,
prefixed, or relative to the base), `text` (with `language` if it has one), `integer`, `date`. An expectation names the
articles that it holds for and either `rows`, `count`, `empty: true` or, of an ASK, `answer: true`.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg import yaml
from kg.errors import ContentError, Place, Problem, Problems, nearest
from kg.graph.store import (
    PREFIXES,
    Literal,
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    Results,
    Store,
    Term,
    memory_store,
    query,
)
from kg.graph.syntax import variables

__all__ = ["Expectation", "Parameter", "Question", "check_expectation", "parse_question", "read_question", "read_questions", "shorten"]

_HEADER = "#+"
_KEYS = ("summary", "parameters", "expectation")
_PARAMETER_KEYS = ("type", "default", "label", "language")
_EXPECTATION_KEYS = ("articles", "columns", "rows", "count", "empty", "answer", "ordered", "parameters")
_XSD = PREFIXES["xsd"]
_SHOWN_ROWS = 10


def _typed(datatype: str, pattern: str, example: str) -> Callable[[str, str, str], Term]:
    def term(value: str, _base: str, _language: str) -> Term:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"write it like {example}")
        return Literal(value, datatype=NamedNode(_XSD + datatype))

    return term


def _entity(value: str, base: str, _language: str) -> Term:
    if not re.fullmatch(r"[\w.~%-]+", value):
        raise ValueError("write the id of an entity, such as rats")
    return NamedNode(f"{base}id/{value}")


def _iri(value: str, base: str, _language: str) -> Term:
    prefix, colon, rest = value.partition(":")
    if colon and prefix in PREFIXES and not rest.startswith("//"):
        return NamedNode(PREFIXES[prefix] + rest)
    return NamedNode(value if colon else base + value)


def _text(value: str, _base: str, language: str) -> Term:
    return Literal(value, language=language) if language else Literal(value)


# Type of a parameter -> how its value becomes a term; each raises ValueError for what is no such value.
_TERMS: dict[str, Callable[[str, str, str], Term]] = {
    "entity": _entity,
    "iri": _iri,
    "text": _text,
    "integer": _typed("integer", r"[+-]?[0-9]+", "42"),
    "date": _typed("date", r"-?[0-9]{4,}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])", "2010-06-13"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that whoever asks gives a value. default: as text. label: by language. language: of a text."""

    type: str
    default: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    language: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the answer must be on just these articles. columns: all when empty. place: where it is written."""

    articles: tuple[str, ...]
    place: Place
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] | None = None
    count: int | None = None
    answer: bool | None = None
    ordered: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)


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
        return "\n".join(line for line in self.source.splitlines() if not line.startswith(_HEADER)).strip() + "\n"

    def bindings(self, values: Mapping[str, str], base: str) -> dict[str, Term]:
        """The term of each parameter: the value that is given for it, else its default.

        Raises `ContentError` for a value that is no such term, a parameter without value, and a name that is none.
        """
        problems = Problems()
        for name in values:
            if name not in self.parameters:
                problems.add(f"{self.name} has no parameter {name!r}", None, nearest(name, self.parameters))
        terms: dict[str, Term] = {}
        for name, parameter in self.parameters.items():
            value = values.get(name, parameter.default)
            if not value and parameter.type != "text":
                problems.add(f"{self.name} needs a value for {name}", None, f"give one, of the type {parameter.type}")
                continue
            try:
                terms[name] = _TERMS[parameter.type](value, base, parameter.language)
            except ValueError as error:
                problems.add(f"{value!r} is no {parameter.type} for {name}", None, str(error))
        problems.stop_if_any()
        return terms

    def ask(self, store: Store, base: str, values: Mapping[str, str] | None = None) -> Results:
        """The answer of a store; raises `ContentError` for values that are wrong."""
        return query(store, self.source, base=base, bindings=self.bindings(values or {}, base), file=self.file)


def read_questions(folder: Path, root: Path, problems: Problems) -> list[Question]:
    """The questions of a folder, by name; what is wrong with one is noted in `problems`, with its place."""
    return [read_question(path, root, problems) for path in sorted(folder.glob("*.rq"))]


def read_question(path: Path, root: Path, problems: Problems) -> Question:
    """Read one `.rq` file; places name it relative to `root`."""
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 at byte {error.start}", Place(file, 1, 1), "save the file as UTF-8")
        source = ""
    return parse_question(source, path.stem, file, problems)


def parse_question(source: str, name: str, file: str, problems: Problems) -> Question:
    """Read a question from a string; `file` is its name in places. Without a header it is a question all the same."""
    # The header's lines as YAML on the lines and columns where they stand; every other line is blank.
    lines = [line.replace(_HEADER, "  ", 1) if line.startswith(_HEADER) else "" for line in source.splitlines()]
    header = yaml.read_text("\n".join(lines), file, problems) if any(lines) else yaml.Map()
    reader = _Header(problems)
    entries = reader.map(header, _KEYS, "a header")
    parameters = {
        str(key): reader.parameter(value)
        for key, value in reader.map(entries.get("parameters"), None, "parameters").items()
    }
    stated = entries.get("expectation")
    expectations = [
        reader.expectation(item) for item in (stated if isinstance(stated, yaml.List) else [stated]) if item
    ]
    question = Question(
        name, file, reader.texts(entries.get("summary")), parameters, tuple(filter(None, expectations)), source
    )
    reader.check(question, entries)
    return question


@dataclass(slots=True)
class _Header:
    problems: Problems

    def map(self, value: yaml.Value | None, known: Collection[str] | None, what: str) -> yaml.Map:
        """The entries of a mapping, its unknown keys noted; empty when there is none."""
        if value is None or value == "":
            return yaml.Map()
        if not isinstance(value, yaml.Map):
            self.problems.add(f"{what} must be a mapping", yaml.place_of(value), "write names and values")
            return yaml.Map()
        for key in value:
            if known is not None and key not in known:
                self.problems.add(f"unknown key {str(key)!r} in {what}", key.place, nearest(key, known))
        return value

    def texts(self, value: yaml.Value | None) -> dict[str, str]:
        return {str(key): str(text) for key, text in self.map(value, None, "texts by language").items()}

    def parameter(self, value: yaml.Value) -> Parameter:
        entries = self.map(value, _PARAMETER_KEYS, "a parameter")
        kind = entries.get("type", "")
        if kind not in _TERMS:
            self.problems.add(
                f"{str(kind)!r} is no type of a parameter",
                yaml.place_of(kind) or yaml.place_of(value),
                nearest(str(kind), _TERMS),
            )
        plain = {key: str(entries.get(key, "")) for key in ("default", "language")}
        return Parameter(str(kind), plain["default"], self.texts(entries.get("label")), plain["language"])

    def expectation(self, value: yaml.Value) -> Expectation | None:
        entries = self.map(value, _EXPECTATION_KEYS, "an expectation")
        place = yaml.place_of(value)
        assert place is not None
        said = [key for key in ("rows", "count", "empty", "answer") if key in entries]
        if len(said) != 1 or "articles" not in entries:
            self.problems.add(
                "an expectation names articles and one of rows, count, empty, answer",
                place,
                "for example articles: [a], count: 3",
            )
            return None
        rows = self._list(entries.get("rows"))
        count = str(entries.get("count", ""))
        if "count" in entries and not count.isdecimal():
            self.problems.add(f"{count!r} is no count", yaml.place_of(entries["count"]), "write a number")
            return None
        return Expectation(
            tuple(str(slug) for slug in self._list(entries["articles"])),
            place,
            tuple(str(column) for column in self._list(entries.get("columns"))),
            tuple(tuple(str(cell) for cell in self._list(row)) for row in rows) if "rows" in entries else None,
            0 if "empty" in entries else int(count) if count else None,
            str(entries["answer"]) == "true" if "answer" in entries else None,
            entries.get("ordered") == "true",
            {str(key): str(item) for key, item in self.map(entries.get("parameters"), None, "parameters").items()},
        )

    def _list(self, value: yaml.Value | None) -> list[yaml.Value]:
        if value is None:
            return []
        return list(value) if isinstance(value, yaml.List) else [value]

    def check(self, question: Question, entries: yaml.Map) -> None:
        """Note a query that is not SPARQL, and a parameter that is no variable of it."""
        used = variables(question.text)
        for name in self.map(entries.get("parameters"), None, "parameters"):
            if name not in used:
                self.problems.add(f"the query has no variable ?{name}", name.place, nearest(name, used))
        try:
            query(memory_store(b""), question.source, base="http://base.example/", file=question.file)
        except ContentError as error:
            self.problems.extend(error.problems)


def shorten(term: object, base: str) -> str:
    """A term as expectations write it: an entity's id, an IRI relative to the base or prefixed, a literal's text.

    >>> shorten(NamedNode("http://b.example/id/rats"), "http://b.example/")
    'rats'
    >>> shorten(NamedNode("https://w3id.org/pressgraph/ns#basedIn"), "http://b.example/")
    'kg:basedIn'
    """
    if not isinstance(term, NamedNode):
        return getattr(term, "value", "") if term is not None else ""
    iri = term.value
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri.removeprefix(f"{base}id/").removeprefix(base)


def check_expectation(question: Question, expectation: Expectation, store: Store, base: str) -> list[Problem]:
    """What is wrong with the answer of a store that holds just the expectation's articles."""
    try:
        results = question.ask(store, base, expectation.parameters)
    except ContentError as error:
        return list(error.problems)
    match results:
        case QueryBoolean():
            answer = bool(results)
            told = f"the answer is {'yes' if answer else 'no'}"
            return [] if answer == expectation.answer else [_wrong(question, expectation, told)]
        case QuerySolutions():
            return _check_rows(question, expectation, results, base)
        case _:
            return _counted(question, expectation, sum(1 for _ in results), "triples")


def _check_rows(question: Question, expectation: Expectation, results: QuerySolutions, base: str) -> list[Problem]:
    names = [variable.value for variable in results.variables]
    missing = [column for column in expectation.columns if column not in names]
    if missing:
        return [Problem(f"{question.name} has no column {missing[0]!r}", expectation.place, nearest(missing[0], names))]
    columns = expectation.columns or names
    rows = [tuple(shorten(solution[column], base) for column in columns) for solution in results]
    if expectation.rows is None:
        return _counted(question, expectation, len(rows), "rows")
    return _compared(question, expectation, [_normal(row, base) for row in expectation.rows], rows)


def _normal(row: Sequence[str], base: str) -> tuple[str, ...]:
    """An expected row with whole IRIs shortened as found ones are."""
    return tuple(shorten(NamedNode(cell), base) if re.match(r"https?://\S+$", cell) else cell for cell in row)


def _wrong(question: Question, expectation: Expectation, message: str) -> Problem:
    fix = "correct the question, the facts that it is about, or what it expects"
    return Problem(f"{question.name}: {message}", expectation.place, fix)


def _counted(question: Question, expectation: Expectation, found: int, what: str) -> list[Problem]:
    if expectation.count is None or found == expectation.count:
        return []
    return [_wrong(question, expectation, f"{found} {what}, expected {expectation.count}")]


def _compared(
    question: Question, expectation: Expectation, expected: Sequence[tuple[str, ...]], found: Sequence[tuple[str, ...]]
) -> list[Problem]:
    lost, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    if not lost and not extra:
        if expectation.ordered and list(expected) != list(found):
            return [_wrong(question, expectation, "the rows come in another order")]
        return []
    told = [f"missing [{', '.join(row)}]" for row in lost] + [f"unexpected [{', '.join(row)}]" for row in extra]
    more = f", and {len(told) - _SHOWN_ROWS} more" if len(told) > _SHOWN_ROWS else ""
    return [_wrong(question, expectation, "; ".join(told[:_SHOWN_ROWS]) + more)]
