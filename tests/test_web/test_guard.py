"""What is refused before a query is parsed."""

import contextlib
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.errors import ContentError
from kg.graph.guard import UnreachableError, check_query
from kg.graph.store import memory_store

# Port 9 is one that the HTTP client of the store refuses at once: asking it shows without any network.
TARGET = "http://127.0.0.1:9/"
SERVICE = f"SERVICE<{TARGET}>{{}}"
PREFIXES = dict.fromkeys(("", "ex", "service", "http"), TARGET)


def asks_elsewhere(query: str) -> bool:
    """Whether the store, unguarded, would ask another endpoint."""
    store = memory_store(f"<{TARGET}a> <{TARGET}p> <{TARGET}a> .".encode())
    try:
        store.query(query, base_iri=TARGET, prefixes=PREFIXES)
    except SyntaxError:
        return False
    except (OSError, RuntimeError):
        return True
    return False


HIDDEN = [
    f"ASK {{ {SERVICE} }}",
    f"ASK {{ service{SERVICE[7:]} }}",
    f"ASK {{ SERVICE SILENT ex:a {{}} {SERVICE} }}",
    "ASK { SERVICEex:a{} }",
    "ASK { service:a {} }",
    "ASK { SERVICE # a comment\n ?s {} }",
    f"ASK {{ VALUES ?a {{1}}{SERVICE} }}",
    # A comparison to the parser, an IRI to who reads on: a comment, a string begin inside of it.
    f"ASK {{ VALUES ?a {{1}} FILTER(?a<ex:b#>\n||true) {SERVICE} }}",
    "ASK { VALUES ?a {1} FILTER(1<2||?a<?b)SERVICE#>\n ex:a {} }",
    f'ASK {{ FILTER(true||?a <\'x> \') {SERVICE} FILTER("\'"!="b") }} # "',
    f"ASK {{ FILTER(1<http:/ex:a#>1\n) {SERVICE} }}",
    # A long string that the parser gives up, and then reads as two.
    f"ASK {{ VALUES ?a {{ '''a' }} {SERVICE} # \\z '''\n }}",
    f"ASK {{ VALUES ?a {{ '''a' }} {SERVICE} # \\uD800 '''\n }}",
    f"ASK {{ VALUES ?a {{ '''a' }} {SERVICE} # \\UFFFFFFFF '''\n }}",
]


@pytest.mark.parametrize("query", HIDDEN)
def test_service_is_refused_however_it_is_written(query: str) -> None:
    """What makes the store ask another endpoint is refused; unguarded, it would ask."""
    assert asks_elsewhere(query)
    with pytest.raises(ContentError):
        check_query(query, "query")


@pytest.mark.parametrize(
    "query",
    [
        f"ASK {{ ?s ex:p 1{SERVICE} }}",
        f"ASK {{ ?s ex:p true{SERVICE} }}",
        "ASK { ?s ex:p true.SERVICE:x {} }",
        f"ASK {{ ?s ex:-1{SERVICE} }}",
        f"ASK {{ ?s ex:.5{SERVICE} }}",
    ],
)
def test_service_is_refused_without_a_word_boundary(query: str) -> None:
    """The parser needs no space before a keyword; a pattern without solutions only hides that it would ask."""
    with pytest.raises(ContentError):
        check_query(query, "query")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service ex:service 'SERVICE' }",
        "# SERVICE <http://a/> {}\nASK {}",
        'ASK { ?s ?p <http://e/SERVICE>, """SERVICE ?x {}""" }',
        "PREFIX service: <http://e/> ASK { ?s service:x ?o . GRAPH service:x { ?s ?p ?o } }",
        "ASK { FILTER(?a<?b&&?c>?d) }",
        "ASK { VALUES (?x ?p) { (<id/a#b> <id/it's>) (<id/a> <id/service>) (<http://e/a#b> <http://e/service#b>) } }",
        'ASK { ?load ex:load \'LOAD\' ; ex:a \'it\\\'s \\u0041\' , \'\' , """a "quoted" b""" }',
        "SELECT * { ?s ?p ?o . FILTER(STRLEN(?o) > 1 && !(?o = ex:o)) } ORDER BY DESC(?s)",
        "not SPARQL at all",
        "",
    ],
)
def test_harmless_queries_pass(query: str) -> None:
    """The words in variables, strings, comments, IRIs and names are no keywords; mere mistakes are the parser's."""
    check_query(query, "query")


FRAGMENTS = st.sampled_from(
    [
        *("SERVICE", "service:x", "SERVICEex:a", "SILENT", f"<{TARGET}>", "{}", "{", "}", " ", "\n", "#", "#>\n", "'"),
        *('"', "'''", '"""', "\\", "\\z", "<", ">", "?a", "?", "ex:p", "ex:", "-1", ".5", "true", "1.", ".", ";", ","),
        *("(", ")", "FILTER(", "VALUES ?a{1}", "VALUES ?a{", "||", "[", "]", "a", "GRAPH ", "<x#", "<'", "'a'", "@en"),
    ]
)


@given(
    before=st.lists(FRAGMENTS, max_size=6),
    between=st.lists(FRAGMENTS, max_size=2),
    after=st.lists(FRAGMENTS, max_size=5),
)
@example(before=["VALUES ?a{1}", "FILTER(", "?a", "<x#", ">", "\n", ")"], between=[], after=[])
def test_what_passes_asks_nobody(before: list[str], between: list[str], after: list[str]) -> None:
    """No text around SERVICE makes a query that passes and asks another endpoint."""
    query = f"ASK {{{''.join(before)}SERVICE{''.join(between)}<{TARGET}>{{}}{''.join(after)}}}"
    try:
        check_query(query, "query")
    except ContentError:
        return
    assert not asks_elsewhere(query)


@given(st.text())
def test_any_text_passes_or_is_refused(text: str) -> None:
    """Nothing else is raised, whatever the text."""
    with contextlib.suppress(ContentError):
        check_query(text, "query")


def test_load_is_refused() -> None:
    """LOAD, which would fetch, is told apart from a mere mistake."""
    with pytest.raises(UnreachableError, match="LOAD"):
        check_query("LOAD <file:///etc/hostname>", "query")


def test_a_refusal_has_its_place() -> None:
    """Line and column of the keyword."""
    with pytest.raises(ContentError) as caught:
        check_query("ASK {\n  SERVICE <http://e/> {}\n}", "query")
    place = caught.value.problems[0].place
    assert place is not None
    assert (2, 3) == (place.line, place.column)


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER(" + "(" * 10_000 + "1" + ")" * 10_000 + ") }",
        "ASK " + "{" * 3_000 + "}" * 3_000,
        "ASK { FILTER(1<" + "(" * 10_000 + "1" + ")" * 10_000 + ">2) }",
        "ASK { FILTER(" + "1<((2>1&&" * 60 + "1" + "))" * 60 + ") }",
        "ASK { FILTER(1<1" + "+1" * 10_000 + ">0) }",
        "ASK { FILTER(" + "!" * 10_000 + "true) }",
        "ASK { FILTER(" + "1+" * 10_000 + "1) }",
        "ASK {" + "OPTIONAL{?a ?b ?c}" * 3_000 + "}",
        "ASK {" + "BIND(1 AS ?a)" * 3_000 + "}",
        "ASK { " + "?a ?b ?c ." * 1_000 + "}",
    ],
)
def test_queries_that_break_the_store_are_refused(query: str) -> None:
    """Depth, number of steps and length have limits; beyond them the process would end, or never answer."""
    with pytest.raises(ContentError):
        check_query(query, "query")


def test_nested_brackets_end_the_process_unguarded() -> None:
    """Pins why the limit is there: the parser's recursion overflows the stack."""
    script = "import pyoxigraph; pyoxigraph.Store().query('ASK { FILTER(' + '(' * 20000 + '1' + ')' * 20000 + ') }')"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode < 0


def test_long_inline_data_passes() -> None:
    """Data has no steps: thousands of terms are one query."""
    check_query("SELECT ?s { VALUES ?s {" + " ex:a" * 10_000 + " } ?s ?p ?o }", "query")
    check_query("SELECT ?s { VALUES (?s ?o) {" + " (<id/a(/b> <id/b(/c>)" * 1_000 + " } ?s ?p ?o }", "query")
    check_query("SELECT ?s { VALUES (?s ?o) {" + " (<a> 'b')" * 8_000 + " } ?s ?p ?o }", "query")
