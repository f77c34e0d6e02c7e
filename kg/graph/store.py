"""The graph in an Oxigraph store: the one door to pyoxigraph and oxrdflib.

Queries are evaluated by pyoxigraph itself. rdflib's `Dataset` over the same store is for Python users and for checks;
its own evaluator and its updates are never used here (tests/test_store.py pins why).
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolution,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    Variable,
    parse,
    parse_query_results,
    serialize,
)

from kg.errors import ContentError, Place, Problem, UsageError
from kg.graph.guard import UnsupportedError, check_query
from kg.graph.syntax import bind_values, explain, place_in

if TYPE_CHECKING:
    import rdflib

__all__ = [
    "PREFIXES",
    "RDF",
    "RESULT_FORMATS",
    "TRIPLE_FORMATS",
    "BlankNode",
    "DefaultGraph",
    "Literal",
    "NamedNode",
    "Quad",
    "QueryBoolean",
    "QueryResultsFormat",
    "QuerySolution",
    "QuerySolutions",
    "QueryTriples",
    "RdfFormat",
    "ReadTriples",
    "Results",
    "Store",
    "Term",
    "Triple",
    "Variable",
    "claim_graphs",
    "dataset",
    "memory_store",
    "open_store",
    "parse",
    "parse_query_results",
    "query",
    "read_results",
    "reading",
    "serialize",
    "serialize_results",
    "write_store",
]

Term = NamedNode | Literal


class ReadTriples:
    """Triples of an answer that is read, which are handed on as those that the store finds.

    text: where they are read from. format: of it. base: what its relative IRIs start from.
    """

    def __init__(self, text: IO[bytes], format: RdfFormat, base: str) -> None:  # noqa: A002 - as the library has it
        """Read nothing yet; whoever reads is told of a syntax error."""
        self._triples: Iterator[Triple] = map(
            attrgetter("triple"), parse(text, format, base_iri=base, without_named_graphs=True)
        )

    def __iter__(self) -> Iterator[Triple]:
        """The triples, once."""
        return self._triples

    def serialize(self, out: IO[bytes], format: RdfFormat) -> None:  # noqa: A002 - as the library has it
        """Write them all."""
        serialize(self._triples, out, format)


Results = QuerySolutions | QueryBoolean | QueryTriples | ReadTriples

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

# How RocksDB begins to tell, by a RuntimeError, that a file of the store is damaged.
_CORRUPTION = "Corruption"

# What a query may use without declaring it, and what dumps declare.
PREFIXES: dict[str, str] = {
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "kg": "https://w3id.org/pressgraph/ns#",
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": RDF,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sem": "http://semanticweb.cs.vu.nl/2009/11/sem/",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sssom": "https://w3id.org/sssom/",
    "wd": "http://www.wikidata.org/entity/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

# Names of result formats, as file endings, for SELECT and ASK; then for CONSTRUCT and DESCRIBE.
RESULT_FORMATS: dict[str, QueryResultsFormat] = {
    "csv": QueryResultsFormat.CSV,
    "json": QueryResultsFormat.JSON,
    "tsv": QueryResultsFormat.TSV,
    "xml": QueryResultsFormat.XML,
}
TRIPLE_FORMATS: dict[str, RdfFormat] = {
    "jsonld": RdfFormat.JSON_LD,
    "nq": RdfFormat.N_QUADS,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
    "ttl": RdfFormat.TURTLE,
}


def write_store(nquads: Path, directory: Path) -> int:
    """Load an N-Quads file into a new store at `directory`, which must not exist; the number of quads.

    The store is filled aside and then copied with `backup()`, so that nothing unflushed is left for a reader to trip
    over, and `directory` is there whole or not at all. Raises ContentError for a line that is not N-Quads, UsageError
    where the directory cannot be written.
    """
    if directory.exists():
        raise UsageError(f"{directory} is there already: a store is written once")
    aside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        store = Store(aside / "filling")
        _load(store, nquads)
        store.flush()
        store.optimize()
        count = len(store)
        store.backup(aside / "whole")
        del store
        (aside / "whole").rename(directory)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return count


def open_store(directory: Path) -> Store:
    """The store that `write_store` left at `directory`, read-only.

    Raises UsageError when there is none, or one that cannot be read. What is damaged inside of its files may show only
    where they are read: see `reading`.
    """
    try:
        return Store.read_only(str(directory))
    except OSError as error:
        raise UsageError(f"no store can be read at {directory}: {error}") from error
    except RuntimeError as error:
        raise _damaged(directory) from error


@contextmanager
def reading(directory: Path, quads: int | None = None) -> Iterator[Store]:
    """The store at `directory`, opened by `open_store`; what turns out damaged while it is read is a UsageError.

    quads: how many it must hold, where that is known: a store that has lost its list of files opens as an empty one.
    """
    store = open_store(directory)
    try:
        if quads is not None and len(store) != quads:
            raise _damaged(directory)
        yield store
    except RuntimeError as error:
        if not str(error).startswith(_CORRUPTION):
            raise
        raise _damaged(directory) from error


def _damaged(directory: Path) -> UsageError:
    return UsageError(f"the store at {directory} is damaged: remove {directory.parent} and run kg build")


def memory_store(nquads: bytes | Path) -> Store:
    """A store in memory holding the quads of N-Quads text or of a file; raises ContentError when they are not."""
    store = Store()
    _load(store, nquads)
    return store


def dataset(store: Store) -> "rdflib.Dataset":
    """The store as an rdflib Dataset; its default graph is only the default graph, not the union of all."""
    # Slow to import, and no worker that evaluates queries needs them.
    import rdflib  # noqa: PLC0415
    from oxrdflib import OxigraphStore  # noqa: PLC0415

    return rdflib.Dataset(store=OxigraphStore(store=store), default_union=False)


def claim_graphs(store: Store) -> Iterator[NamedNode]:
    """Names of the graphs that hold the triple of one claim: a node of the default graph with an `rdf:subject`
    and a graph of its own; in order of their names.
    """
    stated = store.quads_for_pattern(None, NamedNode(RDF + "subject"), None, DefaultGraph())
    names = {quad.subject for quad in stated if isinstance(quad.subject, NamedNode)}
    yield from sorted((name for name in names if store.contains_named_graph(name)), key=lambda name: name.value)


def query(  # noqa: PLR0913 - the query, what it is read by, and what it may reach
    store: Store,
    text: str,
    *,
    base: str,
    prefixes: Mapping[str, str] = PREFIXES,
    bindings: Mapping[str, Term | str] | None = None,
    graphs: tuple[Sequence[str], Sequence[str]] | None = None,
    file: str = "query",
    origin: str = "",
) -> Results:
    """Evaluate a SPARQL 1.1 query natively; the default graph is only the default graph.

    base: IRI that relative IRIs are resolved against, unless the query has its own BASE.
    prefixes: prefixes that need no declaration.
    bindings: variable name, without `?` -> the term it stands for, or its N-Triples; see `kg.graph.syntax.bind_values`.
    graphs: IRIs of the graphs whose merge is the default graph, and IRIs of the named graphs; they replace the
        dataset that the query describes (https://www.w3.org/TR/sparql11-protocol/#dataset).
    file: name of the query in error messages. origin: as for `kg.graph.guard.check_query`.
    Raises ContentError, with line and column, for a query that is not SPARQL, that is an update, or that
    `kg.graph.guard` refuses, UnsupportedError for one that calls a function which is not known; ValueError for a graph
    that is no IRI.
    Nothing is fetched: FROM and FROM NAMED choose among the store's own graphs.
    """
    check_query(text, file, origin)
    known = dict(prefixes)
    bound = bind_values(text, {name: str(term) for name, term in bindings.items()}) if bindings else text
    default: list[NamedNode | BlankNode | DefaultGraph] | None = None
    names: list[NamedNode | BlankNode] | None = None
    if graphs is not None:
        default, names = [NamedNode(iri) for iri in graphs[0]], [NamedNode(iri) for iri in graphs[1]]
    try:
        return store.query(bound, base_iri=base, prefixes=known, default_graph=default, named_graphs=names)
    except SyntaxError as error:
        told = error
    except RuntimeError as error:
        if str(error).startswith(_CORRUPTION):
            raise
        raise UnsupportedError([Problem(f"the query cannot be evaluated: {error}", place_in(text, 0, file))]) from error
    if bound != text:
        # The place is told in the text as it was written, where that fails as well.
        try:
            store.query(text, base_iri=base, prefixes=known)
        except SyntaxError as error:
            told = error
    raise ContentError([explain(text, str(told), file, known)]) from told


def serialize_results(results: Results, name: str, out: IO[bytes]) -> None:
    """Write results to `out` in a format of `RESULT_FORMATS` or, for triples, `TRIPLE_FORMATS`.

    Raises UsageError when the results cannot be written so.
    """
    triples = isinstance(results, QueryTriples | ReadTriples)
    table: Mapping[str, object] = TRIPLE_FORMATS if triples else RESULT_FORMATS
    if name not in table:
        raise UsageError(f"these results cannot be written as {name}: one of {', '.join(table)}")
    if isinstance(results, QueryTriples | ReadTriples):
        results.serialize(out, TRIPLE_FORMATS[name])
    else:
        results.serialize(out, RESULT_FORMATS[name])


def read_results(body: bytes, name: str) -> QuerySolutions | QueryBoolean:
    """Results of a SELECT or ASK from their text in a format of `RESULT_FORMATS` that can be read."""
    return parse_query_results(body, RESULT_FORMATS[name])


def _load(store: Store, nquads: bytes | Path) -> None:
    try:
        if isinstance(nquads, Path):
            store.bulk_load(path=nquads, format=RdfFormat.N_QUADS)
        else:
            store.bulk_load(nquads, RdfFormat.N_QUADS)
    except SyntaxError as error:
        file = str(nquads) if isinstance(nquads, Path) else "N-Quads"
        place = Place(file, error.lineno or 1, error.offset or 1)
        raise ContentError([Problem(f"not N-Quads: {error.msg}", place)]) from error
    except OSError as error:
        raise UsageError(f"cannot load {nquads if isinstance(nquads, Path) else 'the quads'}: {error}") from error
