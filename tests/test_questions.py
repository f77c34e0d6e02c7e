"""The questions in queries/: each is well formed, answers what it says, and answers alike elsewhere."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import rdflib

from kg.errors import Place, Problems
from kg.graph import Expectation, Question, check_expectation, memory_store, read_questions
from kg.graph.store import PREFIXES, BlankNode, Literal, NamedNode, QueryBoolean, QuerySolutions, Store, query
from kg.graph.syntax import bind_values, tokens
from kg.pipeline import make_quads, read_content
from kg.project import DEFAULT_BASE, bundled

FOLDER = bundled().part("queries")
QUESTIONS = {path.stem: path for path in sorted(FOLDER.glob("*.rq"))}

each_question = pytest.mark.parametrize("name", sorted(QUESTIONS))


@pytest.fixture(scope="module")
def questions() -> dict[str, Question]:
    """The questions by name, read without a problem."""
    problems = Problems()
    found = read_questions(FOLDER, FOLDER.parent, problems)
    problems.stop_if_any()
    return {question.name: question for question in found}


@pytest.fixture(scope="module")
def nquads() -> bytes:
    """The quads of the bundled project."""
    return "".join(f"{line}\n" for line in make_quads(read_content(bundled()))).encode()


@pytest.fixture(scope="module")
def store(nquads: bytes) -> Store:
    """The bundled project's graph in Oxigraph."""
    return memory_store(nquads)


@pytest.fixture(scope="module")
def elsewhere(nquads: bytes) -> Iterator[rdflib.Dataset]:
    """The same graph in rdflib: another parser, another evaluator."""
    dataset = rdflib.Dataset(default_union=False)
    dataset.parse(data=nquads, format="nquads")
    yield dataset
    dataset.close()


def bound(question: Question, values: dict[str, str]) -> str:
    """The query with its parameters bound, whole in itself."""
    terms = {name: str(term) for name, term in question.bindings(values, DEFAULT_BASE).items()}
    return f"BASE <{DEFAULT_BASE}>\n" + bind_values(question.source, terms)


def written(term: object) -> str:
    """A term of Oxigraph as the text that rdflib's `str` gives; what is unbound is empty."""
    return term.value if isinstance(term, NamedNode | Literal | BlankNode) else ""


def native(store: Store, question: Question, values: dict[str, str], *, union: bool = False) -> list[tuple[str, ...]]:
    """Rows of the answer of Oxigraph. union: every graph seen as the default graph, as some stores do."""
    results = store.query(bound(question, values), use_default_graph_as_union=union, prefixes={})
    if isinstance(results, QueryBoolean):
        return [(str(bool(results)).lower(),)]
    if isinstance(results, QuerySolutions):
        return [tuple(written(term) for term in solution) for solution in results]
    return sorted((written(triple.subject), written(triple.predicate), written(triple.object)) for triple in results)


def foreign(dataset: rdflib.Dataset, question: Question, values: dict[str, str]) -> list[tuple[str, ...]]:
    """Rows of the answer of rdflib."""
    results = dataset.query(bound(question, values))
    if results.type == "ASK":
        return [(str(results.askAnswer).lower(),)]
    rows = results if results.type == "SELECT" else results.graph
    assert rows is not None
    found = [tuple("" if term is None else str(term) for term in row) for row in rows]  # type: ignore[union-attr]
    return found if results.type == "SELECT" else sorted(found)


def asked(question: Question) -> list[dict[str, str]]:
    """The values that the question's expectations give to its parameters."""
    return [dict(expectation.parameters) for expectation in question.expectations]


def test_there_are_questions(questions: dict[str, Question]) -> None:
    """A folder that went missing would make every other test here pass."""
    assert len(questions) >= 30
    assert sorted(questions) == sorted(QUESTIONS)


@each_question
def test_a_question_is_asked_in_french_and_english(questions: dict[str, Question], name: str) -> None:
    """Both summaries are there and are questions; each parameter has a label in both languages."""
    question = questions[name]
    assert set(question.summary) == {"fr", "en"}
    assert all(text.endswith("?") for text in question.summary.values())
    assert all(set(parameter.label) == {"fr", "en"} for parameter in question.parameters.values())


@each_question
def test_a_file_is_named_like_its_question(questions: dict[str, Question], name: str) -> None:
    """The words of the file name stand in the English summary in that order; "it" is any noun, "the" may be "this"."""
    words = iter(re.findall(r"[a-z]+", questions[name].summary["en"].lower()))
    missing = [word for word in name.split("-") if word not in {"it", "its", "the"} and word not in words]
    assert missing == []


@each_question
def test_a_question_declares_what_it_uses_and_explains_itself(questions: dict[str, Question], name: str) -> None:
    """Every prefix is declared, so the file runs anywhere, and none is declared in vain; 2 to 5 lines say why."""
    question = questions[name]
    stream = list(tokens(question.text))
    declared = [after.text for before, after in pairwise(stream) if before.keyword == "PREFIX"]
    used = {token.text.partition(":")[0] + ":" for token in stream if token.kind == "name"} - {"_:"}
    assert sorted(used) == sorted(set(declared))
    assert declared == sorted(declared)
    assert 2 <= sum(line.startswith("# ") for line in question.text.splitlines()) <= 5


@each_question
def test_data_iris_are_relative(questions: dict[str, Question], name: str) -> None:
    """A project with another base asks the same file: no IRI of the default base is written out."""
    iris = [token.text[1:-1] for token in tokens(questions[name].text) if token.kind == "iri"]
    assert [iri for iri in iris if iri.startswith(DEFAULT_BASE) and not iri.startswith(PREFIXES["kg"])] == []


@each_question
def test_an_expectation_holds(questions: dict[str, Question], store: Store, name: str) -> None:
    """Each question says what it expects, and its answer is that."""
    question = questions[name]
    assert question.expectations
    found = [
        str(problem)
        for expectation in question.expectations
        for problem in check_expectation(question, expectation, store, DEFAULT_BASE)
    ]
    assert found == []


@each_question
def test_an_expectation_can_fail(questions: dict[str, Question], name: str) -> None:
    """Over an empty graph, no question holds all that it expects, unless it expects nothing."""
    question = questions[name]
    empty = memory_store(b"")
    fails = [bool(check_expectation(question, expected, empty, DEFAULT_BASE)) for expected in question.expectations]
    assert fails == [expected.rows is not None or expected.count != 0 for expected in question.expectations]


DENIAL = """
    <claim/a/f.p.o> a kg:Claim ; kg:polarity kg:negative ; rdf:subject <id/a> ; rdf:predicate kg:p ;
      rdf:object <id/b> ; kg:lastVoice <id/a> ; kg:quote "x"@fr .
"""
NAMED_MEMBER = """
    <id/b> a kg:Group .
    <claim/a/g.p.o> a kg:Claim ; kg:polarity kg:positive ;
      rdf:subject <id/ocs> ; rdf:predicate kg:hasMembers ; rdf:object <id/b> .
    <claim/a/f.p.o> a kg:Claim ; kg:polarity kg:positive ;
      rdf:subject <id/b> ; rdf:predicate kg:includes ; rdf:object <id/c> ;
      kg:lastVoice <id/a> ; kg:quote "x"@fr .
"""


@pytest.mark.parametrize(("name", "said"), [("what-is-denied", DENIAL), ("who-are-the-members-by-name", NAMED_MEMBER)])
def test_an_empty_answer_is_not_always_empty(questions: dict[str, Question], name: str, said: str) -> None:
    """What the article does not say is found as soon as an article says it."""
    prologue = f"BASE <{DEFAULT_BASE}> " + " ".join(f"PREFIX {key}: <{iri}>" for key, iri in PREFIXES.items())
    store = memory_store(b"")
    store.update(f"{prologue} INSERT DATA {{ {said} }}")
    nothing = Expectation(("a",), Place("", 1, 1), count=0)
    assert check_expectation(questions[name], nothing, memory_store(b""), DEFAULT_BASE) == []
    assert len(check_expectation(questions[name], nothing, store, DEFAULT_BASE)) == 1


@each_question
def test_a_statement_is_shown_with_its_words_and_its_voice(
    questions: dict[str, Question], store: Store, name: str
) -> None:
    """Where a question shows quotes, they are whole quotes of claims, beside whoever speaks."""
    question = questions[name]
    results = store.query(bound(question, {}), prefixes={})
    columns = [variable.value for variable in results.variables] if isinstance(results, QuerySolutions) else []
    if "quote" not in columns:
        assert not set(columns) & {"speaker", "voices", "modality"}
        return
    assert set(columns) & {"speaker", "voices", "voice", "person", "said_by", "attributed_to", "article"}
    claims = store.query("SELECT ?quote { ?claim a kg:Claim ; kg:quote ?quote }", prefixes=dict(PREFIXES))
    quotes = {written(quote) for (quote,) in claims}  # type: ignore[union-attr]
    shown = [row[columns.index("quote")] for row in native(store, question, {})]
    assert [quote for quote in shown if quote and quote not in quotes] == []


@each_question
def test_rows_come_in_a_certain_order(questions: dict[str, Question], nquads: bytes, name: str) -> None:
    """The quads loaded in the opposite order change nothing in the answer."""
    question = questions[name]
    reversed_lines = b"".join(line + b"\n" for line in reversed(nquads.splitlines()))
    assert native(memory_store(nquads), question, {}) == native(memory_store(reversed_lines), question, {})


@each_question
def test_an_answer_is_the_same_where_the_default_graph_is_the_union_of_all(
    questions: dict[str, Question], store: Store, name: str
) -> None:
    """Questions ask claim nodes, never the plain triple, so what is only said is not taken for what is."""
    question = questions[name]
    assert question.expectations
    for values in asked(question):
        assert native(store, question, values) == native(store, question, values, union=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
@each_question
def test_rdflib_gives_the_same_answer(
    questions: dict[str, Question], store: Store, elsewhere: rdflib.Dataset, name: str
) -> None:
    """The queries are plain SPARQL 1.1: another implementation gives the same rows in the same order."""
    question = questions[name]
    assert question.expectations
    for values in asked(question):
        assert native(store, question, values) == foreign(elsewhere, question, values)


def test_no_file_is_lost_among_the_questions() -> None:
    """The folder holds questions and nothing else."""
    assert [path.name for path in Path(FOLDER).iterdir() if path.suffix != ".rq"] == []


@pytest.mark.parametrize("name", sorted(path.stem for path in (bundled().root / "queries").glob("*.rq")))
def test_no_denial_is_shown_as_an_affirmation(name: str) -> None:
    """A question that shows the parts of a statement asks for what is affirmed, or shows the polarity."""
    text = (bundled().root / "queries" / f"{name}.rq").read_text(encoding="utf-8")
    if re.search(r"SELECT [^{]*\?object", text) and "?claim a kg:Claim" in text:
        assert "kg:polarity" in text


@each_question
def test_its_order_is_whole(name: str, questions: dict[str, Question], store: Store) -> None:
    """Made to come in one order, the answer has the same rows, in the order that the question asks for."""
    question = questions[name]
    ordered = query(store, question.ordered, base=DEFAULT_BASE, bindings=question.bindings({}, DEFAULT_BASE))
    plain = question.ask(store, DEFAULT_BASE)
    if not isinstance(ordered, QuerySolutions) or not isinstance(plain, QuerySolutions):
        assert question.ordered == question.source
        return
    assert list(question.columns) == [variable.value for variable in plain.variables]
    rows, expected = ([tuple(map(str, row)) for row in found] for found in (ordered, plain))
    assert sorted(expected) == sorted(rows)
    again = query(store, question.ordered, base=DEFAULT_BASE, bindings=question.bindings({}, DEFAULT_BASE))
    assert isinstance(again, QuerySolutions)
    assert rows == [tuple(map(str, row)) for row in again]
