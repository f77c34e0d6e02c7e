"""The endpoint on a port of this machine, over a working copy that begins empty."""

import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph
from pyoxigraph import DefaultGraph, NamedNode, Quad
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.sparql.manifest import BASE, Data
from benchmarks.sparql.served import Served
from kg.graph.store import write_store
from kg.graph.working import working_copy
from kg.web import application
from kg.web.limits import LIMITS
from kg.web.pool.token import Token
from kg.web.pool.writer import Writable

__all__ = ["AUTHORIZED", "Changed"]

_TOKEN = "a-token-of-the-suites"  # noqa: S105 - of a server that lives as long as the suites run
AUTHORIZED = {"Authorization": f"Bearer {_TOKEN}"}


class Changed(Served):
    """A server that is told what to hold; entered, it answers until it is left."""

    def __init__(self, root: Path) -> None:
        """root: the folder of the suites."""
        super().__init__(root)
        self._held = ExitStack()
        self._writable: ASGIApp | None = None

    def __enter__(self) -> Self:
        """Start with an empty working copy."""
        folder = Path(self._folder.name)
        copy = self._held.enter_context(working_copy(folder, _empty(folder / "empty")))
        self._writable = application(lambda: copy.version, LIMITS, writable=Writable(copy, Token.of(_TOKEN)))
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the server, and the working copy with it."""
        super().__exit__(kind, error, trace)
        self._held.close()

    async def _switched(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._writable is not None
        await self._writable(scope, receive, send)

    def update(self, text: str) -> int:
        """The status of an update."""
        headers = {**AUTHORIZED, "Content-Type": "application/sparql-update"}
        return self.ask("POST", "/sparql", headers, text.encode()).status

    def hold(self, data: Data) -> None:
        """Hold nothing but some data, by one update."""
        text = ["DROP ALL", *(f"CREATE GRAPH <{name}>" for name, _ in data.named)]
        lines = [f"{triple} ." for path in data.default for triple in self._triples(path)]
        for name, path in data.named:
            lines += [f"GRAPH <{name}> {{ {triple} }}" for triple in self._triples(path)]
        text.append("INSERT DATA { " + "\n".join(lines) + " }")
        status = self.update(" ;\n".join(text))
        assert status == 204, f"the data of a case are answered by {status}"

    def _triples(self, path: Path) -> list[str]:
        return [str(quad.triple) for quad in self._quads(path, DefaultGraph())]

    def dataset(self) -> set[Quad]:
        """What it holds, read by the Graph Store Protocol, with canonical names of blank nodes."""
        query = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
        asked = self.ask("POST", "/sparql", query, b"SELECT ?g { GRAPH ?g {} }")
        names = [row["g"]["value"] for row in json.loads(asked.body)["results"]["bindings"]]
        quads = self._read("/store?default", DefaultGraph())
        for name in names:
            quads += self._read(f"/store?graph={name}", NamedNode(name))
        return canonical(quads)

    def _read(self, path: str, graph: NamedNode | DefaultGraph) -> list[Quad]:
        answer = self.ask("GET", path, {"Accept": "application/n-triples"})
        assert answer.status == 200, f"{path} is answered by {answer.status}"
        found = pyoxigraph.parse(answer.body, pyoxigraph.RdfFormat.N_TRIPLES)
        return [Quad(quad.subject, quad.predicate, quad.object, graph) for quad in found]

    def expected(self, data: Data) -> set[Quad]:
        """What data are as a dataset, in the lexical forms of the store."""
        store = pyoxigraph.Store()
        store.extend(quad for path in data.default for quad in self._quads(path, DefaultGraph()))
        store.extend(quad for name, path in data.named for quad in self._quads(path, NamedNode(name)))
        return canonical(list(store))


def canonical(quads: list[Quad]) -> set[Quad]:
    """Quads with names of blank nodes that are those of every isomorphic dataset."""
    dataset = pyoxigraph.Dataset(quads)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset)


def _empty(folder: Path) -> Path:
    """A snapshot that holds nothing."""
    (folder / "queries").mkdir(parents=True)
    (folder / "graph.nq").write_bytes(b"")
    write_store(folder / "graph.nq", folder / "store")
    told = {"title": {"en": "suite"}, "description": {"en": "Data of a case."}, "licence": "", "files": {}}
    (folder / "manifest.json").write_text(json.dumps({"base": BASE, **told}), encoding="utf-8")
    (folder / "report.json").write_text("{}", encoding="utf-8")
    return folder
