"""Tokens of SPARQL, terms bound by inline data, and what is said of a query that is not one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.graph.store import Literal, NamedNode, QuerySolutions, QueryTriples, Term, Variable, memory_store
from kg.graph.syntax import bind_values, explain, tokens, variables

QUADS = b"""\
<http://e/a> <http://e/p> "x" .
<http://e/a> <http://e/p> <http://e/b> .
<http://e/b> <http://e/p> <http://e/a> .
<http://e/b> <http://e/q> "x" .
<http://e/c> <http://e/q> "y" .
<http://e/a> <http://e/p> "z" <http://e/g> .
"""
A = NamedNode("http://e/a")
P = "<http://e/p>"
Q = "<http://e/q>"

# A query with ?s for the parameter, and the same with the term written by hand.
SHAPES = {
    "a pattern": f"SELECT ?o {{ ?s {P} ?o }}",
    "dollar": f"SELECT ?o {{ $s {P} ?o }}",
    "projected": f"SELECT ?s ?o {{ ?s {P} ?o }}",
    "a filter": f"SELECT ?x ?o {{ ?x {P} ?o FILTER(?x = ?s) }}",
    "bound": f"SELECT ?x ?o {{ ?x {P} ?o FILTER(BOUND(?s)) }}",
    "bind": f"SELECT ?x ?q {{ ?x {P} ?o BIND(STR(?s) AS ?q) }}",
    "bind then filter": f"SELECT ?x ?o {{ ?x {P} ?o BIND(?s AS ?q) FILTER(?x = ?q) }}",
    "optional": f"SELECT ?x ?o {{ ?x {P}|{Q} ?y OPTIONAL {{ ?x {P} ?o FILTER(?x = ?s) }} }}",
    "only in optional": f"SELECT ?x {{ ?x {P} ?y OPTIONAL {{ ?s {Q} ?o }} }}",
    "nested": f"SELECT ?x ?o {{ ?x {P} ?y OPTIONAL {{ {{ ?x {P} ?o FILTER(?x != ?s) }} }} }}",
    "union": f"SELECT ?x ?o {{ {{ ?s {P} ?o }} UNION {{ ?x {Q} ?o FILTER(?x != ?s) }} }}",
    "minus": f"SELECT ?x ?o {{ ?x {P} ?o MINUS {{ ?x {P} ?s }} }}",
    "exists": f"SELECT ?x {{ ?x {P} ?o FILTER EXISTS {{ ?x {P} ?s }} }}",
    "not exists": f"SELECT ?x {{ ?x {P} ?o FILTER NOT EXISTS {{ ?s {P} ?x }} }}",
    "graph": f"SELECT ?g ?o {{ GRAPH ?g {{ ?s {P} ?o }} }}",
    "path": f"SELECT ?o {{ ?s {P}* ?o }}",
    "count": f"SELECT (COUNT(?o) AS ?n) {{ ?s {P} ?o }}",
    "count of nothing": f"SELECT (COUNT(?o) AS ?n) {{ ?s {Q} ?o }}",
    "group": f"SELECT ?s (COUNT(?o) AS ?n) {{ ?s {P} ?o }} GROUP BY ?s",
    "having": f"SELECT ?x (COUNT(?o) AS ?n) {{ ?x {P} ?o }} GROUP BY ?x HAVING(EXISTS {{ ?x {P} ?s }})",
    "order": f"SELECT ?x {{ ?x {P} ?s }} ORDER BY ?s",
    "a subquery": f"SELECT ?o {{ {{ SELECT ?o {{ ?s {P} ?o }} }} }}",
    "a subquery's count": f"SELECT ?n {{ {{ SELECT (COUNT(*) AS ?n) {{ ?s {P} ?o }} }} }}",
    "a subquery's expression": f"SELECT ?t {{ {{ SELECT (STR(?s) AS ?t) {{ ?x {Q} ?o }} }} }}",
    "a subquery of a subquery": f"SELECT ?o {{ {{ SELECT ?o {{ {{ SELECT ?o WHERE {{ ?s {P} ?o }} }} }} }} }}",
    "beside data": f"SELECT ?o {{ VALUES ?o {{ <http://e/b> }} VALUES (?z) {{ (1) (2) }} ?s {P} ?o }}",
    "data after": f"SELECT ?o {{ ?s {P} ?o }} VALUES ?o {{ <http://e/b> }}",
    "an anonymous node": f"SELECT ?o {{ [] {P} ?s ; {P} ?o }}",
    "comments": f"SELECT ?o # {{ ?s\n{{ # ?s }}\n ?s {P} ?o . FILTER(STR(?o) != '}} ?s #') }}",
}


def solutions(quads: bytes, text: str) -> QuerySolutions:
    """What a SELECT answers, evaluated as it is."""
    results = memory_store(quads).query(text)
    assert isinstance(results, QuerySolutions)
    return results


def rows(text: str, term: Term | None = None) -> list[list[str]]:
    """Sorted rows of a query, without the column of the parameter."""
    results = solutions(QUADS, text if term is None else bind_values(text, {"s": str(term)}))
    columns = [variable for variable in results.variables if variable != Variable("s")]
    return sorted([str(solution[column]) for column in columns] for solution in results)


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_bound_variable_answers_as_the_written_term(text: str) -> None:
    """Wherever the variable stands, binding it answers as if the term stood there."""
    written = text.replace("BOUND(?s)", "true").replace("SELECT ?s ", "SELECT ").replace("GROUP BY ?s", "GROUP BY (1)")
    written = written.replace("ORDER BY ?s", "").replace("$s", "?s").replace("?s", str(A))
    assert rows(text, A) == rows(written)


def test_a_projected_parameter_has_its_value_in_every_row() -> None:
    """The parameter is a column like any other."""
    results = solutions(QUADS, bind_values(f"SELECT ?s ?x {{ ?x {Q} ?o }}", {"s": str(A)}))
    assert {str(solution["s"]) for solution in results} == {str(A)}


@pytest.mark.parametrize(
    "text",
    [f"ASK {{ ?s {P} 'x' }}", f"ASK {{ FILTER(?s = {A}) }}", f"ASK {{ FILTER EXISTS {{ ?s {P} 'x' }} }}"],
)
def test_a_parameter_of_ask_is_bound(text: str) -> None:
    """ASK needs no SELECT clause to be given a term."""
    assert bool(memory_store(QUADS).query(bind_values(text, {"s": str(A)})))
    assert not bool(memory_store(QUADS).query(bind_values(text, {"s": "<http://e/c>"})))


def test_a_template_of_construct_is_left_alone() -> None:
    """Data goes into the WHERE of a CONSTRUCT, and the template gets the term."""
    text = f"CONSTRUCT {{ ?s {Q} ?o }} WHERE {{ ?x {P} ?o FILTER(?x = ?s) }}"
    triples = memory_store(QUADS).query(bind_values(text, {"s": str(A)}))
    assert isinstance(triples, QueryTriples)
    assert sorted(str(triple) for triple in triples) == [f'{A} {Q} "x"', f"{A} {Q} <http://e/b>"]


def test_substitutions_of_pyoxigraph_are_not_used_because_they_answer_wrongly() -> None:
    """The fault that inline data stands in for: pyoxigraph 0.5.13 drops the rows without a word."""
    shapes = [SHAPES["bound"], SHAPES["bind then filter"]]
    for text in shapes:
        faulty = memory_store(QUADS).query(text.replace("SELECT", "SELECT ?s"), substitutions={Variable("s"): A})
        assert isinstance(faulty, QuerySolutions)
        assert list(faulty) == []
    assert [len(rows(text, A)) for text in shapes] == [3, 2]


TERMS = st.one_of(
    st.text().map(Literal),
    st.builds(lambda text, tag: Literal(text, language=tag), st.text(), st.sampled_from(["fr", "en-gb", "uz-latn"])),
    st.text(alphabet="\"\\'\n\r\t{}<>?#u0022 .").map(Literal),
    st.text(alphabet="abcé%20/~-._()'").map(lambda path: "http://e/" + path.replace("%", "%25")).map(NamedNode),
)


@settings(deadline=None)
@given(TERMS)
def test_no_term_can_leave_its_place(term: Term) -> None:
    """Any literal or IRI comes back as itself, and the rest of the query stays as it was."""
    text = "SELECT ?s ?rest { BIND('untouched' AS ?rest) }"
    results = solutions(b"", bind_values(text, {"s": str(term)}))
    assert [list(solution) for solution in results] == [[term, Literal("untouched")]]


@pytest.mark.parametrize(
    "attempt",
    [
        '" } } SELECT * { ?a ?b ?c } #',
        '"@en } UNION { ?a ?b ?c } #',
        "\\u0022 } } ASK {} #",
        '\\" } DROP ALL ; #',
        '"""',
        "\n} } #",
        "?s",
    ],
)
def test_an_injection_is_only_text(attempt: str) -> None:
    """What looks like SPARQL inside a literal is found as that literal and does nothing else."""
    results = solutions(QUADS, bind_values("SELECT ?s { }", {"s": str(Literal(attempt))}))
    assert [[term.value for term in solution] for solution in results] == [[attempt]]


@pytest.mark.parametrize("name", ["", "a b", "s } #", "?s", "1"])
def test_a_name_that_is_no_variable_is_refused(name: str) -> None:
    """Names are checked as well, though no stranger writes them."""
    with pytest.raises(ValueError, match="not a variable name"):
        bind_values("SELECT * { ?s ?p ?o }", {name: "1"})


@settings(deadline=None)
@given(st.text())
def test_tokens_cover_any_text(text: str) -> None:
    """No text stops the tokens; each stands where it says it does."""
    for token in tokens(text):
        assert text[token.start : token.end] == token.text


def test_tokens_are_those_of_the_grammar() -> None:
    """Strings, IRIs, comments, variables and names are told apart."""
    text = """PREFIX e: <http://e/#> SELECT ?é { ?é e:p?/e:q\\$v "a # ?no" ; <x> '''b'?no''' . FILTER(?é<3) } # ?no"""
    assert [(token.kind, token.text) for token in tokens(text) if token.kind not in {"mark", "word", "number"}] == [
        ("name", "e:"),
        ("iri", "<http://e/#>"),
        ("variable", "?é"),
        ("variable", "?é"),
        ("name", "e:p"),
        ("name", "e:q\\$v"),
        ("string", '"a # ?no"'),
        ("iri", "<x>"),
        ("string", "'''b'?no'''"),
        ("variable", "?é"),
    ]
    assert variables(text) == {"é"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT ?o {\n  ?s rdsf:label ?o }",
            ("the prefix 'rdsf:' is not declared", 2, 6, "did you mean 'rdfs'?"),
        ),
        ("SELEC ?o { ?s ?p ?o }", ("no query: it begins with none of SELECT, ASK, CONSTRUCT, DESCRIBE", 1, 1, "did")),
        ("", ("no query: it begins with none of SELECT, ASK, CONSTRUCT, DESCRIBE", 1, 1, "known")),
        (
            "INSERT DATA { <a> <b> <c> }",
            ("an update, where only queries are answered", 1, 1, "the graph changes by its sources"),
        ),
        ("SELECT ?o\n{ ?s ?p ?o", ("'{' is not closed", 2, 1, "add '}'")),
        ("SELECT ?o\n{ ?s ?p ?o ) }", ("')' closes nothing that is open", 2, 12, "")),
        ("SELECT ?o\n{ ?s ?p 'é }", ("a string that does not end", 2, 9, "close it on its line")),
        (
            "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }",
            ("a variable of the SELECT is neither grouped nor aggregated", 1, 40, "add it to GROUP BY"),
        ),
        (
            "SELECT ?o { ?s ?p ?o } LIMIT none",
            ("not SPARQL: it cannot be read further than this", 1, 30, "look here and just before"),
        ),
    ],
)
def test_a_faulty_query_is_explained(text: str, expected: tuple[str, int, int, str]) -> None:
    """The common faults are named where they are; the others where the parser gave up."""
    message, line, column, fix = expected
    with pytest.raises(SyntaxError) as told:
        memory_store(b"").query(text, prefixes={"rdfs": "http://r/"})
    problem = explain(text, str(told.value), "a.rq", {"rdfs"})
    assert problem.place is not None
    found = (problem.message, problem.place.line, problem.place.column, problem.fix[: len(fix)])
    assert found == (message, line, column, fix)
