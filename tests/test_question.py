"""Competency questions: header, parameters as terms, and answers against what is expected."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ContentError, Problem, Problems
from kg.graph.question import Parameter, Question, check_expectation, parse_question, read_questions, shorten
from kg.graph.store import Literal, NamedNode, QuerySolutions, Store, memory_store

BASE = "https://w3id.org/pressgraph/"
NS = BASE + "ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
OUR_QUESTIONS = Path(__file__).parent.parent / "queries"
QUADS = f"""\
<{BASE}id/rats> <{NS}basedIn> <{BASE}id/tashkent> .
<{BASE}id/rats> <{NS}basedIn> <{BASE}id/paris> .
<{BASE}id/rats> <{NS}label> "SART"@fr .
<{BASE}id/ocs> <{NS}basedIn> <{BASE}id/beijing> .
<{BASE}id/ocs> <{NS}statedIn> <{BASE}article/a> .
"""
HEADER = """\
#+ summary: {fr: Où cet organisme est-il établi ?, en: Where is this body based?}
#+ parameters:
#+   body: {type: entity, default: rats, label: {fr: organisme, en: body}}
#+ expectation:
#+   articles: [a]
"""
BODY = """\
PREFIX kg: <https://w3id.org/pressgraph/ns#>
SELECT ?place ?body WHERE { ?body kg:basedIn ?place } ORDER BY ?place
"""
ROWS = "#+   rows: [[tashkent], [paris]]\n"


def store() -> Store:
    """A few quads."""
    return memory_store(QUADS.encode())


def parsed(text: str) -> tuple[Question, Problems]:
    """The question in a text, and what is wrong with it."""
    problems = Problems()
    return parse_question(text, "where", "queries/where.rq", problems), problems


def told(problems: list[Problem]) -> list[tuple[int, int, str, str]]:
    """Line, column, message and remedy of each problem."""
    return [
        (problem.place.line, problem.place.column, problem.message, problem.fix)
        for problem in problems
        if problem.place and problem.place.file == "queries/where.rq"
    ]


def failures(rows: str, body: str = BODY) -> list[tuple[int, int, str]]:
    """How the answer differs from an expectation."""
    question, problems = parsed(HEADER + rows + body)
    assert problems == []
    (expectation,) = question.expectations
    return [found[:3] for found in told(check_expectation(question, expectation, store(), BASE))]


# Reading


def test_a_question_is_its_header_and_its_query() -> None:
    """Texts by language, parameters by name, the query without the header."""
    question, problems = parsed(HEADER + ROWS + BODY)
    assert problems == []
    assert question.name == "where"
    assert question.summary["en"] == "Where is this body based?"
    assert question.parameters == {"body": Parameter("entity", "rats", {"fr": "organisme", "en": "body"})}
    assert question.text == BODY
    assert question.expectations[0].rows == (("tashkent",), ("paris",))


def test_a_query_without_a_header_is_a_question() -> None:
    """What comes from standard input needs none."""
    question, problems = parsed(BODY)
    assert (problems, question.parameters, question.text) == ([], {}, BODY)


def test_a_project_s_question_needs_a_header(tmp_path: Path) -> None:
    """In a folder of questions each says what it asks."""
    (tmp_path / "b.rq").write_text(BODY)
    (tmp_path / "a.rq").write_text(HEADER + ROWS + BODY)
    problems = Problems()
    questions = read_questions(tmp_path, tmp_path, problems)
    assert [question.name for question in questions] == ["a", "b"]
    assert [(str(problem.place), problem.message) for problem in problems] == [
        ("b.rq:1:1", "the question has no header")
    ]


def test_a_query_that_would_end_the_process_is_told(tmp_path: Path) -> None:
    """Braces within braces, thousands of them, are a problem of their file like any other."""
    text = "#+ summary: {en: Deep?}\nSELECT * {" + "{" * 5_000 + "}" * 5_000 + "}"
    (tmp_path / "deep.rq").write_text(text, encoding="utf-8")
    problems = Problems()
    read_questions(tmp_path, tmp_path, problems)
    assert [("deep.rq", 2, 74)] == [(hit.place.file, hit.place.line, hit.place.column) for hit in problems if hit.place]


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    """The other questions are read all the same."""
    (tmp_path / "a.rq").write_bytes((HEADER + ROWS + BODY).encode("latin-1"))
    problems = Problems()
    read_questions(tmp_path, tmp_path, problems)
    assert problems[0].message.startswith("not UTF-8 at byte")


FAULTS = {
    "an unknown key": (
        HEADER.replace("parameters", "paramters") + ROWS + BODY,
        (2, 4, "unknown key 'paramters' in the header", "did you mean 'parameters'?"),
    ),
    "no summary": (
        "#+ parameters: {}\n" + BODY,
        (1, 4, "the header has no summary", "add summary: …"),
    ),
    "an unknown type": (
        HEADER.replace("type: entity", "type: entty") + ROWS + BODY,
        (3, 19, "'entty' is no type of a parameter", "did you mean 'entity'?"),
    ),
    "no type": (
        HEADER.replace("type: entity, ", "") + ROWS + BODY,
        (3, 12, "the parameter body has no type", "add type: …"),
    ),
    "a default that is no such term": (
        HEADER.replace("default: rats", "default: RATS!") + ROWS + BODY,
        (3, 36, "'RATS!' is no entity", "write the id of an entity, such as rats"),
    ),
    "a parameter that the query does not use": (
        HEADER + ROWS + BODY.replace("?body", "?boby"),
        (3, 6, "the query has no variable ?body", "did you mean 'boby'?"),
    ),
    "a parameter of no name": (
        HEADER.replace("  body:", "  bo dy:") + ROWS + BODY,
        (3, 6, "'bo dy' is no name of a variable", "use letters, digits and _"),
    ),
    "an expectation of nothing": (
        HEADER + BODY,
        (5, 6, "an expectation says one of rows, count, empty, answer", "for example count: 3"),
    ),
    "an expectation of two things": (
        HEADER + ROWS + "#+   count: 2\n" + BODY,
        (5, 6, "an expectation says one of rows, count, empty, answer", "for example count: 3"),
    ),
    "an expectation of no article": (
        HEADER.replace("articles: [a]", "count: 2") + BODY,
        (5, 6, "an expectation has no articles", "add articles: …"),
    ),
    "no rows": (HEADER + "#+   rows: []\n" + BODY, (6, 12, "no rows are written", "write them, or empty: true")),
    "a count that is no number": (HEADER + "#+   count: two\n" + BODY, (6, 13, "count is a whole number", "")),
    "a flag that is none": (
        HEADER + ROWS + "#+   ordered: yes\n" + BODY,
        (7, 15, "ordered is true or false", ""),
    ),
    "a row that is no list": (HEADER + "#+   rows: [tashkent]\n" + BODY, (6, 13, "a row must be a list", "")),
    "a row of another width": (
        HEADER + "#+   rows: [[tashkent], [paris, rats]]\n" + BODY,
        (6, 25, "a row of 2 cells, of 1 columns", "the columns are: place"),
    ),
    "a column that there is not": (
        HEADER + ROWS + "#+   columns: [plaec]\n" + BODY,
        (5, 6, "the query has no column 'plaec'", "did you mean 'place'?"),
    ),
    "a value for no parameter": (
        HEADER + ROWS + "#+   parameters: {bdy: ocs}\n" + BODY,
        (7, 19, "there is no parameter 'bdy'", "did you mean 'body'?"),
    ),
    "a value that is no such term": (
        HEADER + ROWS + "#+   parameters: {body: an other}\n" + BODY,
        (7, 25, "'an other' does not fit body", "write the id of an entity, such as rats"),
    ),
    "an answer of a SELECT": (
        HEADER + "#+   answer: true\n" + BODY,
        (5, 6, "answer of a query that has none", "answer is for ASK alone"),
    ),
    "rows of a CONSTRUCT": (
        HEADER + ROWS + "CONSTRUCT { ?body <p> ?o } WHERE { ?body <p> ?o }\n",
        (5, 6, "rows of a query that answers triples", "write count: and their number"),
    ),
    "a header that is a list": (
        "#+ - summary\n" + BODY,
        (1, 4, "the header is no mapping", "begin with #+ summary: {fr: …, en: …}"),
    ),
    "a header that is not YAML": (
        HEADER.replace("label: {fr", "label: {{fr") + ROWS + BODY,
        (4, 4, "not YAML: while parsing a flow mapping, did not find expected ',' or '}'", "check indentation"),
    ),
    "a key that is there twice": (
        HEADER.replace("#+ expectation:\n", "#+ summary: {fr: x, en: y}\n#+ expectation:\n") + ROWS + BODY,
        (4, 4, "'summary' is written twice", "the first is on line 1: keep one of them"),
    ),
    "a line of the header below it": (
        HEADER + ROWS + BODY + "#+ more: 1\n",
        (9, 1, "a line of the header below its end", "move it to the top"),
    ),
    "a query that is not SPARQL": (
        HEADER + ROWS + BODY.replace("kg:basedIn", "kgg:basedIn"),
        (8, 35, "the prefix 'kgg:' is not declared", "did you mean 'kg'?"),
    ),
    "a bracket that is not closed": (
        HEADER + ROWS + BODY.replace("}", ""),
        (8, 27, "'{' is not closed", "add '}'"),
    ),
    "a query that asks elsewhere": (
        HEADER + ROWS + "SELECT ?place { SERVICE <http://127.0.0.1:9/> { ?body ?p ?place } }",
        (7, 17, "SERVICE is not answered here", "ask the other endpoint yourself"),
    ),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(text: str, expected: tuple[int, int, str, str]) -> None:
    """Line and column of the file, and what to write."""
    found = told(parsed(text)[1])
    assert [(*problem[:3], problem[3][: len(expected[3])]) for problem in found if problem[2] == expected[2]] == [
        expected
    ]


def test_all_faults_of_a_question_are_told_together() -> None:
    """One reading finds them all."""
    text = HEADER.replace("summary", "sumary").replace("entity", "entty") + "#+   count: two\n" + BODY
    assert [problem[2] for problem in told(parsed(text)[1])] == [
        "unknown key 'sumary' in the header",
        "the header has no summary",
        "'entty' is no type of a parameter",
        "count is a whole number",
    ]


@settings(deadline=None)
@given(st.text("#+ \nsumaryfre:{}[],'\"-") | st.text())
def test_no_file_stops_the_reader(text: str) -> None:
    """Whatever stands in a file, problems have places in it."""
    for source in (text, HEADER + "#+ " + text.replace("\n", "\n#+ ") + "\n" + BODY):
        _, problems = parsed(source)
        assert all(problem.place and problem.place.file == "queries/where.rq" for problem in problems)


# Parameters


@pytest.mark.parametrize(
    ("parameter", "text", "term"),
    [
        (Parameter("entity"), "rats", NamedNode(BASE + "id/rats")),
        (Parameter("iri"), "http://e/a", NamedNode("http://e/a")),
        (Parameter("iri"), "article/a", NamedNode(BASE + "article/a")),
        (Parameter("iri"), "kg:basedIn", NamedNode(NS + "basedIn")),
        (Parameter("text"), 'a "b" } #', Literal('a "b" } #')),
        (Parameter("text", language="fr"), "à", Literal("à", language="fr")),
        (Parameter("text"), "", Literal("")),
        (Parameter("integer"), "-42", Literal("-42", datatype=NamedNode(XSD + "integer"))),
        (Parameter("integer"), "+007", Literal("7", datatype=NamedNode(XSD + "integer"))),
        (Parameter("date"), "2010-06-13", Literal("2010-06-13", datatype=NamedNode(XSD + "date"))),
    ],
)
def test_a_text_becomes_a_term_of_the_type(parameter: Parameter, text: str, term: NamedNode | Literal) -> None:
    """An entity's id, an IRI in any of its forms, a text with its language, a number, a day."""
    assert parameter.term(text, BASE) == term


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("entity", "rats> } #"),
        ("entity", "../x"),
        ("entity", ""),
        ("iri", "http://e/a> } #"),
        ("iri", "a b"),
        ("iri", "kg:a b"),
        ("integer", "1.5"),
        ("integer", "1 } #"),
        ("integer", "1" * 19),
        ("integer", "١"),
        ("date", "2010-02-30"),
        ("date", "2010-6-1"),
        ("date", "20100613"),
    ],
)
def test_a_text_that_is_no_such_term_is_refused(kind: str, text: str) -> None:
    """Nothing reaches a query that is not a term of the type."""
    with pytest.raises(ValueError, match=r"\w"):
        Parameter(kind).term(text, BASE)


@pytest.mark.parametrize("kind", ["entity", "iri", "text", "integer", "date"])
@settings(deadline=None)
@given(text=st.text() | st.text("<>{}\"'\\ #?$:/.-0123456789abc\n"))
def test_whatever_is_given_is_one_term_or_refused(kind: str, text: str) -> None:
    """The query finds just the term that was bound, and the rest of it is not changed."""
    body = "SELECT ?value ?rest { BIND('untouched' AS ?rest) FILTER(BOUND(?value)) }"
    question = Question("q", "q.rq", {}, {"value": Parameter(kind)}, (), body)
    try:
        term = question.bindings({"value": text}, BASE)["value"]
    except ContentError:
        return
    results = question.ask(memory_store(b""), BASE, {"value": text})
    assert isinstance(results, QuerySolutions)
    assert [list(solution) for solution in results] == [[term, Literal("untouched")]]


def test_a_value_that_is_not_given_is_the_default() -> None:
    """And a default is a value like any other."""
    question, _ = parsed(HEADER + ROWS + BODY)
    assert question.bindings({}, BASE) == {"body": NamedNode(BASE + "id/rats")}
    assert question.bindings({"body": "ocs"}, BASE) == {"body": NamedNode(BASE + "id/ocs")}


def test_all_wrong_values_are_told_together() -> None:
    """An unknown parameter with the nearest, a wrong value with what to write."""
    question, _ = parsed(HEADER + ROWS + BODY)
    with pytest.raises(ContentError) as error:
        question.bindings({"boby": "rats", "body": "the RATS"}, BASE)
    assert [(problem.message, problem.fix) for problem in error.value.problems] == [
        ("where has no parameter 'boby'", "did you mean 'body'?"),
        ("'the RATS' is no entity for body", "write the id of an entity, such as rats"),
    ]


def test_a_parameter_of_a_question_without_parameters_is_refused() -> None:
    """There is nothing near to propose."""
    question, _ = parsed(BODY)
    with pytest.raises(ContentError, match="the question has no parameters"):
        question.bindings({"body": "rats"}, BASE)


# Expectations


def test_an_answer_as_expected_has_no_problem() -> None:
    """In any order, unless the order counts; the column of a parameter is left out."""
    assert failures(ROWS) == []
    assert failures("#+   rows: [[paris], [tashkent]]\n#+   ordered: true\n") == []
    assert failures("#+   count: 2\n") == []
    assert failures("#+   empty: true\n#+   parameters: {body: paris}\n") == []
    assert failures("#+   rows: [[beijing]]\n#+   parameters: {body: ocs}\n") == []
    assert failures("#+   rows: [[rats, paris], [rats, tashkent]]\n#+   columns: [body, place]\n") == []


def test_each_missing_row_is_told_where_it_is_written() -> None:
    """And the rows that nobody expects, together."""
    assert failures("#+   rows:\n#+   - [tashkent]\n#+   - [moscow]\n") == [
        (8, 8, "the answer lacks the row [moscow]"),
        (5, 6, "the answer has rows that are not expected: [paris]"),
    ]


def test_a_row_is_expected_as_often_as_it_is_written() -> None:
    """Rows are compared with their number."""
    body = BODY.replace("?body kg:basedIn ?place", "{ ?body kg:basedIn ?place } UNION { ?body kg:basedIn ?place }")
    assert failures("#+   rows: [[tashkent], [paris]]\n", body) == [
        (5, 6, "the answer has rows that are not expected: [paris]; [tashkent]")
    ]
    assert failures("#+   rows: [[tashkent], [paris], [paris], [tashkent]]\n", body) == []


def test_many_unexpected_rows_are_cut_short() -> None:
    """Ten are shown, the rest counted."""
    body = "SELECT ?n { VALUES ?n { 1 2 3 4 5 6 7 8 9 10 11 12 13 } ?body ?p <id/paris> }"
    assert failures("#+   rows: [['1']]\n", body) == [
        (
            5,
            6,
            "the answer has rows that are not expected: [2]; [3]; [4]; [5]; [6]; [7]; [8]; [9]; [10]; [11] and 2 more",
        )
    ]


def test_rows_in_another_order_are_told_one_by_one() -> None:
    """Where the order counts, each row has its place."""
    ordered = "#+   ordered: true\n"
    assert failures("#+   rows: [[tashkent], [paris]]\n" + ordered) == [
        (6, 13, "row 1 of the answer is [paris], not [tashkent]"),
        (6, 25, "row 2 of the answer is [tashkent], not [paris]"),
    ]
    assert failures("#+   rows: [[paris]]\n" + ordered) == [(5, 6, "row 2 is not expected: [tashkent]")]
    assert failures("#+   rows: [[paris], [tashkent], [x]]\n" + ordered) == [
        (6, 34, "row 3 of the answer is missing, not [x]")
    ]


def test_another_number_of_rows_is_told_with_the_rows() -> None:
    """So that one sees what came."""
    assert failures("#+   count: 3\n") == [(5, 6, "3 rows are expected, 2 are found: [paris]; [tashkent]")]
    assert failures("#+   empty: true\n") == [(5, 6, "0 rows are expected, 2 are found: [paris]; [tashkent]")]


@pytest.mark.parametrize("cell", ["tashkent", "id/tashkent", "<value>", "https://w3id.org/pressgraph/id/tashkent"])
def test_a_cell_may_be_written_in_several_ways(cell: str) -> None:
    """Id, path or IRI of an entity; anything else is another value."""
    expected = [] if cell != "<value>" else [(6, 13, "the answer lacks the row [<value>]")]
    assert failures(f"#+   rows: [[{cell}], [paris]]\n")[:1] == expected


def test_cells_of_every_kind_of_term() -> None:
    """Literals by their text, other IRIs by prefix or path, nothing by the empty text."""
    body = "SELECT ?p ?o ?none { VALUES ?body { UNDEF } <id/ocs> ?p ?o OPTIONAL { ?o <q> ?none } }"
    body = body.replace("VALUES ?body { UNDEF }", "?body ?x <id/paris> .")
    rows = "#+   rows: [[kg:basedIn, beijing, ''], ['https://w3id.org/pressgraph/ns#statedIn', article/a, '']]\n"
    assert failures(rows, body) == []
    assert failures("#+   rows: [[SART]]\n", "SELECT ?o { ?body <ns#label> ?o }") == []


def test_ask_and_construct_have_expectations_too() -> None:
    """True or false, and the number of triples."""
    ask = "ASK { ?body <ns#basedIn> <id/paris> }"
    assert failures("#+   answer: true\n", ask) == []
    assert failures("#+   answer: false\n", ask) == [(5, 6, "the answer is true")]
    construct = "CONSTRUCT { ?o <in> ?body } WHERE { ?body <ns#basedIn> ?o }"
    assert failures("#+   count: 2\n", construct) == []
    assert failures("#+   count: 1\n", construct) == [(5, 6, "1 triples are expected, 2 are found")]


def test_a_question_may_have_several_expectations() -> None:
    """One for each set of articles, or for each value of a parameter."""
    text = HEADER.replace("#+   articles: [a]\n", "#+ - {articles: [a], count: 2}\n#+ - {articles: [b], empty: true}\n")
    question, problems = parsed(text + BODY)
    assert problems == []
    assert [(expected.articles, expected.count) for expected in question.expectations] == [(("a",), 2), (("b",), 0)]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (NamedNode(BASE + "id/rats"), "rats"),
        (NamedNode(BASE + "article/a"), "article/a"),
        (NamedNode(NS + "basedIn"), "kg:basedIn"),
        (NamedNode("http://www.wikidata.org/entity/Q1"), "wd:Q1"),
        (NamedNode("https://schema.org/"), "https://schema.org/"),
        (NamedNode("http://e/a"), "http://e/a"),
        (Literal("à", language="fr"), "à"),
        (None, ""),
    ],
)
def test_terms_are_shortened_as_people_write_them(term: NamedNode | Literal | None, text: str) -> None:
    """What a difference shows is what one would write to expect it."""
    assert shorten(term, BASE) == text


# Ours


@pytest.mark.skipif(not OUR_QUESTIONS.is_dir(), reason="the project has no questions yet")
def test_our_questions_are_whole() -> None:
    """At least 25, each without fault, in French and English, each expecting something."""
    problems = Problems()
    questions = read_questions(OUR_QUESTIONS, OUR_QUESTIONS.parent, problems)
    assert problems == []
    assert len(questions) >= 25
    assert [question.name for question in questions if not {"fr", "en"} <= question.summary.keys()] == []
    assert [question.name for question in questions if not question.expectations] == []
