"""Manifests of the SPARQL suites: cases, their data, and what they expect."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode

__all__ = ["BASE", "CNT", "FOLDER", "HT", "MF", "Case", "Data", "Exchange", "Manifest", "Node", "manifests"]

FOLDER = Path("rdf-tests/sparql/sparql11")
BASE = "https://w3c.github.io/rdf-tests/sparql/sparql11/"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

Node = NamedNode | BlankNode


@dataclass(frozen=True, slots=True)
class Data:
    """What a store holds. default: files of the default graph. named: (IRI, file) of each named graph."""

    default: tuple[Path, ...] = ()
    named: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what must be answered. path: with the query string, under `/sparql/`.

    statuses: first digits of the statuses that will do. truth: what an ASK must answer. format: boolean, tabular, RDF.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: str
    truth: bool | None
    format: str


@dataclass(frozen=True)
class Case:
    """A case of a manifest. kind: local name of its class, such as QueryEvaluationTest."""

    manifest: "Manifest"
    node: Node
    name: str
    kind: str

    @cached_property
    def action(self) -> Node | None:
        """What is done: a file, or a node with several."""
        action = self.manifest.one(self.node, MF + "action")
        return None if isinstance(action, Literal) else action

    @cached_property
    def request(self) -> tuple[str, str]:
        """The text of the query or update, and its IRI, which is its base."""
        assert self.action is not None
        for predicate in (QT + "query", UT + "request"):
            file = self.manifest.one(self.action, predicate)
            if isinstance(file, NamedNode):
                return self.manifest.path(file).read_bytes().decode(), file.value
        assert isinstance(self.action, NamedNode)
        return self.manifest.path(self.action).read_bytes().decode(), self.action.value

    @cached_property
    def data(self) -> Data:
        """What is in the store before."""
        return self.manifest.data(self.node if self.kind == "ProtocolTest" else self.action)

    @cached_property
    def services(self) -> dict[str, Data]:
        """What other endpoints hold, by the IRIs that SERVICE names them by."""
        nodes = [node for node in self.manifest.all_values(self.action, QT + "serviceData") if isinstance(node, Node)]
        return {self.manifest.text(node, QT + "endpoint"): self.manifest.data(node) for node in nodes}

    @cached_property
    def result(self) -> Path | None:
        """The file of what a query must answer."""
        result = self.manifest.one(self.node, MF + "result")
        return self.manifest.path(result) if isinstance(result, NamedNode) else None

    @cached_property
    def after(self) -> Data:
        """What is in the store after an update."""
        result = self.manifest.one(self.node, MF + "result")
        assert not isinstance(result, Literal)
        return self.manifest.data(result)

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The requests of a case of the protocol, in order."""
        manifest = self.manifest
        return tuple(_exchange(manifest, node) for node in manifest.all_of(self.action, HT + "requests"))


class Manifest:
    """The manifest of one folder."""

    def __init__(self, root: Path, folder: str, name: str = "manifest.ttl") -> None:
        """Read a manifest in a folder of the suites below `root`."""
        self.folder = folder
        self._root = root / FOLDER
        self._store = pyoxigraph.Store()
        file = self._root / folder / name
        self._store.load(path=str(file), format=pyoxigraph.RdfFormat.TURTLE, base_iri=f"{BASE}{folder}/{name}")

    def cases(self) -> Iterator[Case]:
        """The cases, in their order."""
        for quad in self._store.quads_for_pattern(None, NamedNode(MF + "entries"), None):
            for node in self._items(quad.object):
                kind = self.one(node, RDF + "type")
                assert isinstance(kind, NamedNode)
                assert isinstance(node, NamedNode)
                yield Case(self, node, f"{self.folder}/{_local(node)}", _local(kind))

    def all_values(self, subject: Node | None, predicate: str) -> list[NamedNode | BlankNode | Literal]:
        """The values of a property."""
        if subject is None:
            return []
        found = [quad.object for quad in self._store.quads_for_pattern(subject, NamedNode(predicate), None)]
        return [value for value in found if isinstance(value, NamedNode | BlankNode | Literal)]

    def one(self, subject: Node | None, predicate: str) -> NamedNode | BlankNode | Literal | None:
        """The value of a property; None where there is none."""
        return next(iter(self.all_values(subject, predicate)), None)

    def text(self, subject: Node | None, predicate: str) -> str:
        """The value of a property as text; empty where there is none."""
        found = self.one(subject, predicate)
        return "" if found is None else found.value

    def all_of(self, subject: Node | None, predicate: str) -> list[Node]:
        """The items of a list."""
        head = self.one(subject, predicate)
        return [] if head is None else list(self._items(head))

    def path(self, iri: NamedNode) -> Path:
        """The file that an IRI of the suites names."""
        return self._root / iri.value.removeprefix(BASE)

    def data(self, node: Node | None) -> Data:
        """The data that a node names, of queries and of updates alike."""
        default = [value for name in (QT, UT) for value in self.all_values(node, name + "data")]
        named = []
        for value in (value for name in (QT, UT) for value in self.all_values(node, name + "graphData")):
            assert not isinstance(value, Literal)
            file = self.one(value, UT + "graph") or self.one(value, QT + "graph") or value
            assert isinstance(file, NamedNode)
            named.append((self.text(value, RDFS + "label") or file.value, self.path(file)))
        return Data(tuple(self.path(file) for file in default if isinstance(file, NamedNode)), tuple(sorted(named)))

    def _items(self, head: object) -> Iterator[Node]:
        while isinstance(head, NamedNode | BlankNode) and head != NamedNode(RDF + "nil"):
            first = self.one(head, RDF + "first")
            assert isinstance(first, NamedNode | BlankNode)
            yield first
            head = self.one(head, RDF + "rest")


def _exchange(manifest: Manifest, node: Node) -> Exchange:
    headers = {
        manifest.text(header, HT + "fieldName").lower(): manifest.text(header, HT + "fieldValue")
        for header in manifest.all_of(node, HT + "headers")
    }
    answer, body = manifest.one(node, HT + "resp"), manifest.one(node, HT + "body")
    assert not isinstance(answer, Literal)
    assert not isinstance(body, Literal)
    coding = manifest.text(body, CNT + "characterEncoding") or "utf-8"
    statuses = manifest.all_values(answer, MF + "expectedStatus")
    truth = manifest.text(answer, MF + "expectedBoolean")
    return Exchange(
        method=manifest.text(node, HT + "methodName"),
        path=manifest.text(node, HT + "absolutePath").removeprefix("/sparql/"),
        headers=headers,
        body=manifest.text(body, CNT + "chars").encode(coding),
        statuses="".join(sorted(status.value.rpartition("StatusCode")[2][0] for status in statuses)),
        truth=truth == "true" if truth else None,
        format=manifest.text(answer, MF + "expectedFormat"),
    )


def _local(node: NamedNode) -> str:
    return node.value.rpartition("#")[2].rpartition("/")[2]


def manifests(root: Path, *folders: str) -> Iterator[Case]:
    """The cases of some folders."""
    for folder in folders:
        yield from Manifest(root, folder).cases()
