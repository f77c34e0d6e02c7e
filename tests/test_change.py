"""Changes of a store: updates, and graphs that are put together from what is sent."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import ContentError
from kg.graph.change import (
    SYNTAXES,
    Part,
    StateError,
    fill_graph,
    holds_graph,
    parts_of,
    remove_graph,
    update,
)
from kg.graph.guard import STEPS, UnreachableError
from kg.graph.store import DefaultGraph, NamedNode, Quad, RdfFormat, Store, memory_store, serialize
from kg.graph.syntax import tokens, using

BASE = "http://b.example/"
GRAPH = NamedNode("http://b.example/g")
TWO = b"<http://b.example/s> <http://b.example/p> _:x .\n_:x <http://b.example/p> _:x .\n"


def changed(text: str, before: bytes = b"", **more: object) -> list[str]:
    """What a store holds after an update, as sorted lines."""
    store = memory_store(before)
    update(store, text, base=BASE, **more)  # type: ignore[arg-type]  # handed on
    return sorted(str(quad) for quad in store)


# ------------------------------------------------------------------------------------------------- updates


def test_relative_iris_and_prefixes() -> None:
    """They are read as in a query."""
    assert changed("INSERT DATA { <s> kg:p 1 }") == [
        '<http://b.example/s> <https://w3id.org/pressgraph/ns#p> "1"^^<http://www.w3.org/2001/XMLSchema#integer>'
    ]


def test_the_default_graph_is_changed_alone() -> None:
    """CLEAR DEFAULT leaves the named graphs, and INSERT DATA needs none; rdflib fails at both."""
    before = b"<http://e/a> <http://e/p> 'x' .\n<http://e/b> <http://e/p> <http://e/c> <http://e/g> .\n"
    assert changed("CLEAR DEFAULT", before.replace(b"'x'", b'"x"')) == [
        "<http://e/b> <http://e/p> <http://e/c> <http://e/g>"
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "fix"),
    [
        ("INSRT DATA {", 1, 1, "did you mean 'INSERT'?"),
        ("SELECT * {}", 1, 1, "send it as query=…"),
        ("INSERT DATA {\n <a> nope:b 1 }", 2, 6, "known: "),
        ("DELETE { ?s ?p ?o", 1, 8, "add '}'"),
        ("DELETE DATA { _:b <p> 1 }", 1, 26, "look here and just before"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, line: int, column: int, fix: str) -> None:
    """Line and column, and what to do."""
    dataset: tuple[list[str], list[str]] = (["http://e/g"], [])
    for graphs in (None, dataset):
        with pytest.raises(ContentError) as raised:
            changed(text, graphs=graphs)
        problem = raised.value.problems[0]
        assert problem.place
        assert (line, column) == (problem.place.line, problem.place.column)
        assert fix in problem.fix or "nope" in text


@pytest.mark.parametrize("text", ["CREATE GRAPH <g>; CREATE GRAPH <g>", "DROP GRAPH <none>", "CLEAR GRAPH <none>"])
def test_what_the_store_does_not_allow(text: str) -> None:
    """It is told apart from a mistake, nothing of the request is done, and SILENT makes it none."""
    store = memory_store(b"")
    with pytest.raises(StateError, match="graph"):
        update(store, f"INSERT DATA {{ <a> <b> <c> }}; {text}", base=BASE)
    assert list(store) == []
    assert not store.contains_named_graph(GRAPH)
    assert changed(text.replace("GRAPH", "SILENT GRAPH")) == []


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1:9/>",
        "PREFIX file: <file:///> LOAD file:etc INTO GRAPH <g>",
        "INSERT { ?s ?p ?o } WHERE { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "INSERT DATA { <a> <b> 'LOAD' } ; lOaD <http://127.0.0.1:9/>",
    ],
)
def test_nothing_is_fetched(text: str) -> None:
    """LOAD and SERVICE are refused before anything is read, SILENT or not."""
    with pytest.raises(UnreachableError):
        changed(text)


def test_a_silent_load_loads_nothing(tmp_path: Path) -> None:
    """It fails and is told to be silent of that; what is beside it is done."""
    secret = tmp_path / "secret.nt"
    secret.write_text("<http://e/s> <http://e/p> <http://e/o> .\n")
    for load in (
        f"LOAD SILENT <{secret.as_uri()}>",
        f"lOaD sIlEnT <{secret.as_uri()}> INTO GRAPH <g>",
        "LOAD SILENT a:b",
    ):
        assert len(changed(f"INSERT DATA {{ <a> <b> 1 }}; {load}; INSERT DATA {{ <a> <b> 2 }}")) == 2


@pytest.mark.parametrize(
    "text",
    ["LOAD", "LOAD SILENT", "LOAD INTO GRAPH <g>", "LOAD <x> INTO <g>", "LOAD <x> LOAD <y>", "LOAD <x>; CLEAR <y>"],
)
def test_a_load_that_is_no_sparql(text: str) -> None:
    """That is told, not that it is refused."""
    with pytest.raises(ContentError) as raised:
        changed(text)
    assert not isinstance(raised.value, UnreachableError)


def test_using_is_never_fetched(tmp_path: Path) -> None:
    """USING chooses among the graphs of the store."""
    secret = tmp_path / "secret.nt"
    secret.write_text("<http://e/s> <http://e/p> <http://e/o> .\n")
    text = f"INSERT {{ ?s ?p ?o }} USING <{secret.as_uri()}> WHERE {{ ?s ?p ?o }}"
    assert changed(text) == []


def test_long_data_and_many_operations_are_no_long_operation() -> None:
    """The limit of steps is for what is planned: each pattern of an operation, not data and not their number."""
    assert len(changed("INSERT DATA {" + "".join(f"<s{n}> <p> 1 . " for n in range(STEPS * 4)) + "}")) == STEPS * 4
    assert len(changed(";".join(f"INSERT DATA {{ <s{n}> <p> 1 }}" for n in range(STEPS * 4)))) == STEPS * 4
    with pytest.raises(ContentError, match="keywords"):
        changed("INSERT { ?s ?p ?o } WHERE {" + "OPTIONAL { ?s ?p ?o } " * STEPS + "}")


# ------------------------------------------------------------------------------------------------- USING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DELETE WHERE { ?s ?p ?o }", "DELETE { ?s ?p ?o } USING <g> USING NAMED <n> WHERE { ?s ?p ?o }"),
        (
            "DELETE { ?s ?p 1 } INSERT { ?s ?p 2 } WHERE { GRAPH ?where { ?s ?p 1 } }",
            "DELETE { ?s ?p 1 } INSERT { ?s ?p 2 } USING <g> USING NAMED <n> WHERE { GRAPH ?where { ?s ?p 1 } }",
        ),
        ("INSERT DATA { <a> <b> 'WHERE {}' } # WHERE", "INSERT DATA { <a> <b> 'WHERE {}' } # WHERE"),
        ("PREFIX using: <x> CLEAR ALL", "PREFIX using: <x> CLEAR ALL"),
    ],
)
def test_the_dataset_of_a_request(text: str, expected: str) -> None:
    """It stands before each pattern, and nowhere else."""
    assert using(text, (["<g>"], ["<n>"]), "update") == expected


@pytest.mark.parametrize("clause", ["WITH <g>\nDELETE { ?s ?p ?o }", "\nINSERT { ?s ?p ?o } USING <g>"])
def test_two_datasets_are_refused(clause: str) -> None:
    """https://www.w3.org/TR/sparql11-protocol/#update-operation: USING and WITH beside graphs of the request."""
    with pytest.raises(ContentError) as raised:
        changed(f"{clause} WHERE {{ ?s ?p ?o }}", graphs=(["http://e/g"], []))
    assert "and graphs in the request" in raised.value.problems[0].message


@given(st.text(alphabet="{}<>\"'#;a? WHERDLTUSINGwith\n", max_size=60))
def test_the_dataset_of_anything(text: str) -> None:
    """Whatever is sent, it is rewritten or refused; what has no WHERE stays as it is."""
    try:
        found = using(text, (["<http://e/g>"], []), "update")
    except ContentError:
        return
    if not any(token.keyword == "WHERE" for token in tokens(text)):
        assert found == text


def test_a_graph_of_the_request_that_is_no_iri() -> None:
    """It is refused before it gets into a query."""
    for iri in ("relative", "http://e/> { } ; CLEAR ALL #"):
        with pytest.raises(ValueError, match=r".+"):
            changed("DELETE WHERE { ?s ?p ?o }", graphs=([iri], []))


# ------------------------------------------------------------------------------------------------- graphs


def filled(*parts: Part) -> list[Quad]:
    """What a graph holds that is made of parts."""
    store = Store()
    fill_graph(store, GRAPH, parts, BASE)
    assert holds_graph(store, GRAPH)
    return list(store)


@pytest.mark.parametrize("media_type", SYNTAXES)
def test_every_syntax_is_read(media_type: str, tmp_path: Path) -> None:
    """The same triples in each, from bytes and from a file, all of them in the graph that is filled."""
    triples = [quad.triple for quad in memory_store(TWO)]
    content = serialize(triples, format=SYNTAXES[media_type])
    assert content
    (tmp_path / "body").write_bytes(content)
    for given_as in (content, tmp_path / "body"):
        found = filled(Part("body", media_type, given_as))
        assert len(found) == 2
        assert {quad.graph_name for quad in found} == {GRAPH}
        assert len({quad.object for quad in found}) == 1


def test_relative_iris_of_a_body_start_from_the_graph() -> None:
    """The base is given to the parser."""
    assert filled(Part("body", "text/turtle", b"<> <p> <o> ."))[0].subject == NamedNode(BASE)


def test_blank_nodes_of_parts_are_different() -> None:
    """The same label in two parts, or in the graph before, is not the same node."""
    part = Part("body", "text/turtle", b"_:x <http://e/p> 1 .")
    for syntax in ("text/turtle", "application/trig"):
        assert len(filled(part, Part("body", syntax, b"_:x <http://e/p> 1 ."))) == 2


@pytest.mark.parametrize(
    ("media_type", "content", "message", "place"),
    [
        ("text/turtle", b"<a> <b> <c> .\n<a> <b> ; .", "not text/turtle: ", (2, 9)),
        ("application/n-triples", b"<a> <b> <c> .", "not application/n-triples: ", (1, 1)),
        ("application/trig", b"GRAPH <g> { <a> <b> <c> }", "the content has named graphs", None),
        ("application/n-quads", b"<x:a> <x:b> <x:c> <x:g> .", "the content has named graphs", None),
        (
            "application/ld+json",
            b'{"@id":"x:g","@graph":[{"@id":"x:a","x:p":1}]}',
            "the content has named graphs",
            None,
        ),
        ("application/ld+json", b'{"@context": "http://127.0.0.1:9/"}', "its @context is elsewhere", None),
        ("application/rdf+xml", b"<a/>", "XML namespaces are required", None),
    ],
)
def test_a_body_that_is_not_what_it_says(
    media_type: str, content: bytes, message: str, place: tuple[int, int] | None
) -> None:
    """The place of the fault, where the parser tells it; nothing is fetched; nothing goes to another graph."""
    with pytest.raises(ContentError) as raised:
        filled(Part("body", media_type, content))
    problem = raised.value.problems[0]
    assert problem.message.startswith(message)
    assert (problem.place and (problem.place.line, problem.place.column)) == place


def test_graphs_are_there_or_not() -> None:
    """A named graph is there even when it is empty; the default graph when it holds something."""
    store = Store()
    assert not holds_graph(store, GRAPH)
    assert not holds_graph(store, DefaultGraph())
    fill_graph(store, GRAPH, [], BASE)
    fill_graph(store, DefaultGraph(), [Part("body", "text/turtle", TWO)], BASE)
    assert holds_graph(store, GRAPH)
    assert holds_graph(store, DefaultGraph())
    remove_graph(store, GRAPH)
    remove_graph(store, DefaultGraph())
    assert not holds_graph(store, GRAPH)
    assert not holds_graph(store, DefaultGraph())


# ------------------------------------------------------------------------------------------------- multipart


@pytest.fixture
def body(tmp_path: Path) -> Callable[[bytes], Path]:
    """Makes a file with a body."""

    def write(content: bytes) -> Path:
        path = tmp_path / "body"
        path.write_bytes(content)
        return path

    return write


def test_a_form_of_files(body: Callable[[bytes], Path]) -> None:
    """Each part has its own syntax, and its bytes stay as they are."""
    content = (
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a.ttl"\r\nContent-Type: text/turtle;'
        b' charset=utf-8\r\n\r\n<a> <b> "\xc3\xa9\n\r\n" .\r\n--x\r\nContent-Disposition: form-data; name="b"\r\n'
        b"Content-Type: application/n-triples\r\n\r\n\r\n--x--\r\n"
    )
    assert parts_of(body(content), 'multipart/form-data; boundary="x"') == [
        Part("a.ttl", "text/turtle", b'<a> <b> "\xc3\xa9\n\r\n" .'),
        Part("b", "application/n-triples", b""),
    ]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n--x--\r\n", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=x"),
    ],
)
def test_a_form_that_cannot_be_read(body: Callable[[bytes], Path], content: bytes, content_type: str) -> None:
    """A part without a syntax, and a form without parts."""
    with pytest.raises(ContentError):
        parts_of(body(content), content_type)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=3))
def test_a_form_of_any_bytes(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    """What is between the boundaries comes out as it went in."""
    path = tmp_path_factory.mktemp("form") / "body"
    head = b"Content-Disposition: form-data; name=a\r\nContent-Type: text/turtle\r\n\r\n"
    path.write_bytes(b"".join(b"--=b=\r\n" + head + each + b"\r\n" for each in contents) + b"--=b=--\r\n")
    found = parts_of(path, "multipart/form-data; boundary==b=")
    assert [part.content for part in found] == contents


def test_the_syntaxes_are_those_of_rdf() -> None:
    """N3 is none."""
    assert RdfFormat.N3 not in SYNTAXES.values()
