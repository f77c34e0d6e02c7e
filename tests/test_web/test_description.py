"""What the server says of itself and of its data, and that it is true."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, parse
from rdflib import RDF, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node
from starlette.testclient import TestClient

from benchmarks.sparql.description import SD, faults
from kg.web.sparql.once import Once

BASE = "https://w3id.org/pressgraph/"
NAMED = {f"{BASE}graph/links", f"{BASE}graph/ontology"}
VOID = Namespace("http://rdfs.org/ns/void#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
DATA = Namespace(f"{BASE}.well-known/void#")
ADDRESSES = ("/sparql", "/.well-known/void")
FORMATS = {
    "text/turtle": "turtle",
    "application/trig": "trig",
    "application/n-triples": "nt",
    "application/n-quads": "nquads",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
}


def described(client: TestClient, path: str, accept: str = "text/turtle", host: str = "testserver") -> rdflib.Graph:
    """The graph at an address, read from a format."""
    response = client.get(path, headers={"Accept": accept, "Host": host})
    assert (200, accept) == (response.status_code, response.headers["content-type"].partition(";")[0])
    assert response.headers["access-control-allow-origin"] == "*"
    read = rdflib.Dataset()
    read.parse(data=response.content, format=FORMATS[accept])
    graph = rdflib.Graph()
    for subject, predicate, value, _ in read.quads():
        graph.add((subject, predicate, value))
    return graph


def number(graph: rdflib.Graph, node: Node | None, name: str) -> int | None:
    """A count of VoID."""
    found = graph.value(node, VOID[name])
    return int(found) if isinstance(found, Literal) else None


@pytest.fixture(scope="module")
def quads(snapshot: Path) -> list[Quad]:
    """What is in the snapshot."""
    return [quad for quad in parse(path=str(snapshot / "graph.nq"), format=RdfFormat.N_QUADS) if isinstance(quad, Quad)]


@pytest.fixture
def void(client: TestClient) -> rdflib.Graph:
    """The VoID document."""
    return described(client, "/.well-known/void")


# ------------------------------------------------------------------------------------------------- both documents


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_format_says_the_same(client: TestClient, path: str) -> None:
    """Another implementation reads the same graph from each format."""
    expected = described(client, path)
    assert len(expected) > 20
    for accept in FORMATS:
        assert isomorphic(expected, described(client, path, accept))


@pytest.mark.parametrize("path", ADDRESSES)
def test_the_same_document_is_the_same_bytes(client: TestClient, path: str) -> None:
    """Names of blank nodes and the order of statements do not change from request to request."""
    assert client.get(path).content == client.get(path).content


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_claim_is_named(client: TestClient, path: str, quads: list[Quad]) -> None:
    """There may be a million graphs of claims; their number is told, and none of their names."""
    graph = described(client, path)
    claims = {quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode)} - NAMED
    assert len(claims) == 2
    assert set() == {str(term) for triple in graph for term in triple} & claims


@pytest.mark.parametrize("path", ADDRESSES)
def test_addresses_are_those_that_the_client_knows(client: TestClient, path: str) -> None:
    """What is served here is named as the request names this server; what the data are, as the project does."""
    graph = described(client, path, host="data.example:8080")
    served = {str(value) for value in graph.objects() if str(value).endswith(("/sparql", ".trig", "known/void"))}
    assert served
    assert all(address.startswith("http://data.example:8080/") for address in served)
    assert (DATA.dataset, RDF.type, VOID.Dataset) in graph


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("host", ["a b", "<x>", 'q"q', "[::1", "e.example:port", ""])
def test_a_host_that_is_none_names_nothing(client: TestClient, path: str, host: str) -> None:
    """A header that names no host breaks nothing and does not come back."""
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 200
    assert not host or f"://{host}" not in response.text


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_format_that_a_graph_has_not(client: TestClient, path: str) -> None:
    """406 lists what there is; a name that is no format is a 400."""
    response = client.get(path, headers={"Accept": "text/csv"})
    assert (406, True) == (response.status_code, "application/n-quads" in response.json()["fix"])
    assert client.get(path, params={"format": "csv"}).status_code == 400
    assert client.get(path, params={"format": "nq"}).headers["content-type"] == "application/n-quads"


# ------------------------------------------------------------------------------------------------- the service


def test_the_service_description_keeps_to_its_vocabulary(client: TestClient) -> None:
    """Every property has a subject and a value of its classes, and no more values than it may have."""
    assert list(faults(described(client, "/sparql"))) == []


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ("[] a sd:Nothing .", "is no class"),
        ("[] sd:nothing [] .", "is no property"),
        ("[] sd:endpoint <http://e/x> .", "is no sd:Service"),
        ("[ a sd:Service ; sd:endpoint 'x' ] .", "literal"),
        ("[ a sd:Service ; sd:endpoint <http://e/x>, <http://e/y> ] .", "two values"),
        ("[ a sd:Service ; sd:endpoint <http://e/x> ; sd:defaultDataset [] ] .", "is no sd:Dataset"),
        ("[ a sd:Service ; sd:endpoint <http://e/x> ; sd:feature sd:Fast ] .", "has no value"),
        ("[ a sd:Service ] .", "has no sd:endpoint"),
    ],
)
def test_a_wrong_description_is_found_out(wrong: str, fault: str) -> None:
    """The check of the vocabulary sees what is wrong."""
    graph = rdflib.Graph().parse(data=f"@prefix sd: <{SD}> . {wrong}", format="turtle")
    assert any(fault in found for found in faults(graph))


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_the_endpoint_is_the_address_that_was_asked(client: TestClient, path: str) -> None:
    """With or without the slash, as a client compares it with what it asked."""
    assert (None, SD.endpoint, URIRef(f"http://testserver{path}")) in described(client, path)


def test_the_service_tells_the_size_of_each_graph(client: TestClient, quads: list[Quad]) -> None:
    """The default graph, and the named ones but those of claims."""
    graph = described(client, "/sparql")
    sizes = Counter(quad.graph_name for quad in quads)
    assert number(graph, graph.value(DATA.dataset, SD.defaultGraph), "triples") == sizes[DefaultGraph()]
    found = {
        str(graph.value(node, SD.name)): number(graph, graph.value(node, SD.graph), "triples")
        for node in graph.objects(DATA.dataset, SD.namedGraph)
    }
    assert found == {name: sizes[NamedNode(name)] for name in NAMED}
    assert number(graph, DATA.dataset, "triples") == len(quads)


# ------------------------------------------------------------------------------------------------- the data


def test_what_the_data_are(void: rdflib.Graph, client: TestClient) -> None:
    """Where they are, what they are called, since when they are there and what may be done with them."""
    here, document = "http://testserver", URIRef("http://testserver/.well-known/void")
    assert (document, RDF.type, VOID.DatasetDescription) in void
    assert str(void.value(DATA.dataset, VOID.sparqlEndpoint)) == f"{here}/sparql"
    assert str(void.value(DATA.dataset, VOID.uriSpace)) == BASE
    assert {title.language for title in void.objects(DATA.dataset, DCTERMS.title) if isinstance(title, Literal)} == {
        "en",
        "fr",
    }
    assert str(void.value(DATA.dataset, DCTERMS.license)).startswith("https://")
    for moment in (void.value(DATA.dataset, DCTERMS[name]) for name in ("issued", "modified")):
        assert isinstance(moment, Literal)
        assert moment.datatype == rdflib.XSD.dateTime
    dumps = {str(dump) for dump in void.objects(DATA.dataset, VOID.dataDump)}
    assert f"{here}/dumps/graph.nq" in dumps
    assert {200} == {client.head(dump.removeprefix(here)).status_code for dump in dumps}
    vocabularies = {str(vocabulary) for vocabulary in void.objects(DATA.dataset, VOID.vocabulary)}
    assert {f"{BASE}ns#", "http://www.w3.org/ns/oa#", "https://schema.org/"} <= vocabularies


def _graphs(quads: list[Quad]) -> dict[str, list[Quad]]:
    """The quads of each graph that is not a claim's, by the local name of its dataset."""
    graphs: dict[str, list[Quad]] = defaultdict(list)
    for quad in quads:
        name = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        if not name or name in NAMED:
            graphs[name.removeprefix(BASE) or "default"].append(quad)
    return graphs


def _distinct(quads: list[Quad]) -> tuple[int, int, int]:
    return len(quads), len({quad.subject for quad in quads}), len({quad.object for quad in quads})


def _expected(quads: list[Quad]) -> Iterator[tuple[tuple[str, ...], tuple[int, int, int]]]:
    """Path of partitions -> triples, subjects, objects; counted one by one."""
    kinds: dict[str, set[object]] = defaultdict(set)
    for quad in quads:
        if quad.predicate.value == str(RDF.type) and isinstance(quad.object, NamedNode):
            kinds[quad.object.value].add(quad.subject)
    yield (), _distinct(quads)
    for name in {quad.predicate.value for quad in quads}:
        of_property = [quad for quad in quads if quad.predicate.value == name]
        yield (name,), _distinct(of_property)
        for kind, subjects in kinds.items():
            if both := [quad for quad in of_property if quad.subject in subjects]:
                yield (kind, name), _distinct(both)
                yield (name, kind), _distinct(both)
    for kind, subjects in kinds.items():
        yield (kind,), _distinct([quad for quad in quads if quad.subject in subjects])


def _partitions(
    void: rdflib.Graph, node: Node, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], tuple[int | None, ...]]]:
    yield path, tuple(number(void, node, name) for name in ("triples", "distinctSubjects", "distinctObjects"))
    for partition, term in ((VOID.classPartition, VOID["class"]), (VOID.propertyPartition, VOID.property)):
        for inner in void.objects(node, partition):
            yield from _partitions(void, inner, (*path, str(void.value(inner, term))))


@pytest.mark.parametrize("name", ["default", "graph/links", "graph/ontology"])
def test_partitions_are_counted_right(void: rdflib.Graph, quads: list[Quad], name: str) -> None:
    """Classes with the properties of each, properties with the classes of each, as a count one by one has them."""
    expected = dict(_expected(_graphs(quads)[name]))
    assert (DATA.dataset, VOID.subset, DATA[name]) in void
    made = dict(_partitions(void, DATA[name]))
    assert made.keys() == expected.keys()
    for path, counts in made.items():
        # Where objects are not told, they are not compared.
        assert counts == tuple(
            None if count is None else right for count, right in zip(counts, expected[path], strict=True)
        )
        assert None not in counts[:2]


def test_claims_are_counted_together(void: rdflib.Graph, quads: list[Quad]) -> None:
    """The graphs of all claims are one subset; with it, the subsets make up the dataset."""
    assert number(void, DATA.claims, "triples") == 2
    names = ("claims", "default", *(name.removeprefix(BASE) for name in NAMED))
    assert number(void, DATA.dataset, "triples") == len(quads)
    assert sum(number(void, DATA[name], "triples") or 0 for name in names) == len(quads)


def test_links_are_told_by_property_and_target(void: rdflib.Graph) -> None:
    """Each set of links says by which property, how many, and what the IRIs of the other data begin with."""
    (linkset,) = void.subjects(RDF.type, VOID.Linkset)
    assert (DATA.dataset, VOID.subset, linkset) in void
    assert void.value(linkset, VOID.linkPredicate) == rdflib.OWL.sameAs
    assert void.value(linkset, VOID.subjectsTarget) == DATA.dataset
    target = void.value(linkset, VOID.objectsTarget)
    assert str(void.value(target, VOID.uriSpace)) == "http://www.wikidata.org/entity/"
    assert number(void, linkset, "triples") == 1


def test_data_without_a_licence(asking: Callable[..., AbstractContextManager[TestClient]]) -> None:
    """Where none is given, none is made up."""
    with asking(licence="") as client:
        assert (None, DCTERMS.license, None) not in described(client, "/.well-known/void")


# ------------------------------------------------------------------------------------------------- once


def test_what_is_asked_for_at_once_is_made_once() -> None:
    """All who ask get the one value; what fails is made anew for the next."""
    made = []

    async def make() -> int:
        made.append(1)
        await asyncio.sleep(0)
        if len(made) == 1:
            raise ValueError
        return len(made)

    async def ask() -> None:
        once = Once(make)
        failed = await asyncio.gather(once(), once(), return_exceptions=True)
        assert [ValueError, ValueError] == [type(error) for error in failed]
        assert {2} == set(await asyncio.gather(once(), once(), once()))
        assert await once() == 2

    asyncio.run(ask())


def test_who_leaves_does_not_stop_the_making() -> None:
    """A client that goes away while the graph is counted takes the count from nobody."""
    go = asyncio.Event()

    async def make() -> str:
        await go.wait()
        return "made"

    async def ask() -> None:
        once = Once(make)
        leaving, staying = asyncio.create_task(once()), asyncio.create_task(once())
        await asyncio.sleep(0)
        leaving.cancel()
        go.set()
        assert await staying == "made"

    asyncio.run(ask())
