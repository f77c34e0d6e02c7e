"""The store: written whole, opened read-only, queried natively; and the faults that this gets around."""

import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest import mock

import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery

from kg.errors import ContentError, Place, UsageError
from kg.graph import store as door
from kg.graph.store import Literal, NamedNode, Quad, QueryTriples, Store, claim_graphs, memory_store, open_store, query

# rdflib 7.6 warns of its own use of its own deprecated properties.
pytestmark = pytest.mark.filterwarnings("ignore:Dataset\\.:DeprecationWarning")

QUADS = b"""\
<http://e/a> <http://e/p> "x" .
<http://e/a> <http://e/p> "y" <http://e/g> .
"""
BASE = "http://e/"
EVALUATOR = "rdflib.plugins.sparql.processor.evalQuery"


def nquads(folder: Path, content: bytes = QUADS) -> Path:
    """A file of quads."""
    path = folder / "graph.nq"
    path.write_bytes(content)
    return path


def select(store: Store, text: str, **more: object) -> list[list[str | None]]:
    """Rows of a SELECT as the terms' values."""
    results = query(store, text, base=BASE, **more)  # type: ignore[arg-type]
    assert isinstance(results, door.QuerySolutions)
    return [[term.value if isinstance(term, NamedNode | Literal) else None for term in row] for row in results]


# Writing and opening


def test_a_written_store_is_opened_with_all_its_quads(tmp_path: Path) -> None:
    """What was loaded is what is read, and nothing else is left in the folder."""
    assert door.write_store(nquads(tmp_path), tmp_path / "store") == 2
    assert sorted(str(quad) for quad in open_store(tmp_path / "store")) == sorted(
        str(quad) for quad in memory_store(QUADS)
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph.nq", "store"]


def test_an_open_store_refuses_to_be_written(tmp_path: Path) -> None:
    """The served store is read-only."""
    door.write_store(nquads(tmp_path), tmp_path / "store")
    store = open_store(tmp_path / "store")
    quad = Quad(NamedNode("http://e/b"), NamedNode("http://e/p"), Literal("z"))
    with pytest.raises(RuntimeError, match="read-write"):
        store.add(quad)


def test_a_reader_is_not_disturbed_by_the_next_writer(tmp_path: Path) -> None:
    """A store opened while another one is filled beside it keeps answering with its own quads."""
    door.write_store(nquads(tmp_path), tmp_path / "one")
    reader = open_store(tmp_path / "one")
    many = b"".join(b"<http://e/%d> <http://e/p> <http://e/o> .\n" % number for number in range(5000))
    writer = threading.Thread(target=door.write_store, args=(nquads(tmp_path, many), tmp_path / "two"))
    writer.start()
    sizes = {len(reader)}
    while writer.is_alive():
        sizes |= {len(reader), len(open_store(tmp_path / "one"))}
    writer.join()
    assert sizes == {2}
    assert len(open_store(tmp_path / "two")) == 5000


def test_the_writer_leaves_no_log_for_the_reader_to_replay(tmp_path: Path) -> None:
    """The store is flushed before it is copied: its write-ahead log is empty."""
    door.write_store(nquads(tmp_path), tmp_path / "store")
    assert [path.stat().st_size for path in (tmp_path / "store").glob("*.log")] in ([], [0])


def test_a_faulty_file_leaves_nothing_half_made(tmp_path: Path) -> None:
    """A line that is no quad is told with its place; the directory is not there."""
    path = nquads(tmp_path, QUADS + b'<http://e/a> "p" "x" .\n')
    with pytest.raises(ContentError) as told:
        door.write_store(path, tmp_path / "store")
    assert [problem.place for problem in told.value.problems] == [Place(str(path), 3, 14)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph.nq"]


def test_a_store_is_never_written_over(tmp_path: Path) -> None:
    """A directory that is there is left as it is."""
    (tmp_path / "store").mkdir()
    with pytest.raises(UsageError, match="is there already"):
        door.write_store(nquads(tmp_path), tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_what_is_no_store_is_said_so(tmp_path: Path, name: str) -> None:
    """An absent or empty directory is no store, and opening it makes none."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no store can be read"):
        open_store(tmp_path / name)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    """There is nothing to load."""
    with pytest.raises(UsageError, match="cannot load"):
        door.write_store(tmp_path / "absent.nq", tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


# Queries


def test_the_default_graph_is_not_the_union() -> None:
    """Natively and through rdflib, what stands in a named graph is not in the default graph."""
    store = memory_store(QUADS)
    assert select(store, "SELECT ?o { <a> <p> ?o }") == [["x"]]
    over = door.dataset(store)
    assert [str(row[0]) for row in over.query("SELECT ?o { ?s ?p ?o }")] == ["x"]  # type: ignore[index]
    assert over.default_union is False


def test_relative_iris_and_known_prefixes_need_no_declaration() -> None:
    """`<a>` is under the base; `e:` is known from the table; a query's own BASE and PREFIX win."""
    store = memory_store(QUADS)
    assert select(store, "SELECT ?o { <a> e:p ?o }", prefixes={"e": "http://e/"}) == [["x"]]
    text = "BASE <http://other/> PREFIX e: <http://other/> SELECT * { <a> e:p ?o }"
    assert select(store, text, prefixes={"e": "http://e/"}) == []


def test_bindings_are_terms() -> None:
    """A bound variable is the term, in every form of query."""
    store = memory_store(QUADS)
    assert select(store, "SELECT ?s { ?s ?p ?o }", bindings={"o": Literal("x")}) == [["http://e/a"]]
    assert select(store, "SELECT ?s { ?s ?p ?o }", bindings={"o": Literal('x" . } #')}) == []
    assert bool(query(store, "ASK { ?s ?p ?o }", base=BASE, bindings={"o": Literal("x")}))
    assert not bool(query(store, "ASK { ?s ?p ?o }", base=BASE, bindings={"o": Literal("y")}))


def test_a_fault_is_placed_in_the_query_as_it_was_written() -> None:
    """Binding a term moves no position of an error."""
    text = "SELECT ?o\n{ ?s ?p ?o } LIMIT none"
    places = []
    for bindings in (None, {"s": NamedNode("http://e/a")}):
        with pytest.raises(ContentError) as told:
            query(memory_store(QUADS), text, base=BASE, bindings=bindings, file="a.rq")
        places += [problem.place for problem in told.value.problems]
    assert places == [Place("a.rq", 2, 20, "{ ?s ?p ?o } LIMIT none")] * 2


def test_service_is_refused_before_anything_is_asked() -> None:
    """There is no switch for SERVICE in pyoxigraph, so the query is never handed to it."""
    with pytest.raises(ContentError, match=r"a\.rq:1:12: SERVICE is not answered here"):
        query(memory_store(QUADS), "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", base=BASE, file="a.rq")


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("SELECT ?o { <a> <p> ?o }", "csv", b"o\r\nx\r\n"),
        ("SELECT ?o { <a> <p> ?o }", "tsv", b'?o\n"x"\n'),
        ("ASK { <a> <p> ?o }", "json", b'{"head":{},"boolean":true}'),
        ("CONSTRUCT WHERE { <a> <p> ?o }", "nt", b'<http://e/a> <http://e/p> "x" .\n'),
    ],
)
def test_results_are_written_in_their_formats(text: str, name: str, expected: bytes) -> None:
    """Rows and answers in result formats, triples in RDF."""
    out = io.BytesIO()
    door.serialize_results(query(memory_store(QUADS), text, base=BASE), name, out)
    assert out.getvalue() == expected


def test_results_that_a_format_cannot_hold_are_refused() -> None:
    """Rows are no Turtle."""
    results = query(memory_store(QUADS), "SELECT ?o { <a> <p> ?o }", base=BASE)
    with pytest.raises(UsageError, match="cannot be written as ttl: one of csv, json, tsv, xml"):
        door.serialize_results(results, "ttl", io.BytesIO())


def test_claim_graphs_are_those_with_a_node_that_says_its_subject() -> None:
    """A graph is a claim's when the default graph describes its name as a statement; other graphs are not."""
    subject = f"<{door.RDF}subject>"
    store = memory_store(
        f"""\
<http://e/c2> {subject} <http://e/a> .
<http://e/c1> {subject} <http://e/a> .
<http://e/none> {subject} <http://e/a> .
<http://e/i> {subject} <http://e/a> <http://e/graph/inferred> .
<http://e/a> <http://e/p> "x" <http://e/c1> .
<http://e/a> <http://e/p> "x" <http://e/c2> .
<http://e/a> <http://e/p> "x" <http://e/i> .
""".encode()
    )
    assert [name.value for name in claim_graphs(store)] == ["http://e/c1", "http://e/c2"]


# Faults of what stands below, and what is relied on instead


def test_rdflib_evaluates_a_prepared_query_in_python() -> None:
    """A parsed query is refused by oxrdflib and rdflib goes on in silence, many times slower: pass text, natively."""
    over = door.dataset(memory_store(QUADS))
    with mock.patch(EVALUATOR, side_effect=RuntimeError("in Python")):
        with pytest.raises(RuntimeError, match="in Python"):
            over.query(prepareQuery("SELECT ?o { ?s ?p ?o }"))
        assert len(list(over.query("SELECT ?o { ?s ?p ?o }"))) == 1
        assert select(memory_store(QUADS), "SELECT ?o { ?s ?p ?o }") == [["x"]]


def in_memory() -> rdflib.Dataset:
    """The same quads in rdflib's own store."""
    memory = rdflib.Dataset()
    memory.parse(data=QUADS.decode(), format="nquads")
    return memory


def test_rdflib_clears_everything_for_clear_default() -> None:
    """The update of rdflib itself empties named graphs too; Oxigraph's empties the default graph alone."""
    faulty = in_memory()
    faulty.update("CLEAR DEFAULT")
    store = memory_store(QUADS)
    store.update("CLEAR DEFAULT")
    assert (len(list(faulty.quads())), [str(quad) for quad in store]) == (
        0,
        ['<http://e/a> <http://e/p> "y" <http://e/g>'],
    )


def test_rdflib_cannot_insert_into_the_default_graph() -> None:
    """`INSERT DATA` without GRAPH fails in rdflib's Dataset; Oxigraph does it."""
    text = 'INSERT DATA { <http://e/b> <http://e/p> "z" }'
    with pytest.raises(ValueError, match="not enough values to unpack"):
        in_memory().update(text)
    store = memory_store(QUADS)
    store.update(text)
    assert len(store) == 3


def test_rdflib_cannot_answer_construct_where_with_a_limit() -> None:
    """A short CONSTRUCT with LIMIT is a TypeError in rdflib; natively it is answered."""
    text = "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1"
    with pytest.raises(TypeError):
        in_memory().query(text)
    results = query(memory_store(QUADS), text, base=BASE)
    assert isinstance(results, QueryTriples)
    assert [str(triple) for triple in results] == ['<http://e/a> <http://e/p> "x"']


def test_a_plain_literal_read_through_oxrdflib_has_a_datatype() -> None:
    """Where rdflib names no datatype oxrdflib names xsd:string, and rdflib holds the two for different terms."""
    (literal,) = door.dataset(memory_store(QUADS)).objects(None, None)
    assert literal == rdflib.Literal("x", datatype=rdflib.XSD.string)
    assert literal != rdflib.Literal("x")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ('"01"^^xsd:integer', '"1"^^xsd:integer'),
        ('"1.50"^^xsd:decimal', '"1.5"^^xsd:decimal'),
        ('"1"^^xsd:boolean', '"true"^^xsd:boolean'),
        ('"2010-06-11T00:00:00+00:00"^^xsd:dateTime', '"2010-06-11T00:00:00Z"^^xsd:dateTime'),
        ('"a"@EN-us', '"a"@en-us'),
        ('"--06-09"^^xsd:gMonthDay', '"--06-09"^^xsd:gMonthDay'),
        ('"2010-06-09"^^xsd:date', '"2010-06-09"^^xsd:date'),
        ('"no number"^^xsd:integer', '"no number"^^xsd:integer'),
    ],
)
def test_oxigraph_stores_the_canonical_lexical_form(written: str, stored: str) -> None:
    """Numbers, times and language tags change on storing, partial dates do not: originals are kept as plain strings."""

    def full(literal: str) -> str:
        head, mark, local = literal.partition("^^xsd:")
        return f"{head}^^<http://www.w3.org/2001/XMLSchema#{local}>" if mark else head

    store = memory_store(f"<http://e/a> <http://e/p> {full(written)} .\n".encode())
    assert [str(quad.object) for quad in store] == [full(stored)]


@pytest.mark.parametrize("clause", ["FROM", "FROM NAMED"])
def test_from_reads_no_file_and_fetches_nothing(tmp_path: Path, clause: str) -> None:
    """`FROM <file:///…>` and `FROM <http://…>` choose among the store's graphs; they are never opened."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'<http://e/leak> <http://e/p> "leak" .\n')

    (tmp_path / "leak.nt").write_text('<http://e/leak> <http://e/p> "leak" .\n')
    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    pattern = "?s ?p ?o" if clause == "FROM" else "GRAPH ?g { ?s ?p ?o }"
    try:
        for iri in ((tmp_path / "leak.nt").as_uri(), f"http://127.0.0.1:{server.server_port}/leak.nt"):
            assert select(memory_store(QUADS), f"SELECT ?o {clause} <{iri}> {{ {pattern} }}") == []
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert asked == []


def test_from_chooses_among_the_graphs_of_the_store() -> None:
    """A named graph can be the default graph of one query."""
    assert select(memory_store(QUADS), "SELECT ?o FROM <g> { ?s ?p ?o }") == [["y"]]
