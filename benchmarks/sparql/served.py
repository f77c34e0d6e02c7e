"""The endpoint on a port of this machine, over one store after another: one server and its worker processes."""

import http.client
import tempfile
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.sparql.manifest import BASE, FOLDER, Data
from kg.graph.store import write_store
from kg.web.app import create_app
from kg.web.http.client import trusting
from kg.web.http.connection import Connection
from kg.web.http.crowd import Crowd
from kg.web.http.forwarded import LOOPBACK
from kg.web.limits import LIMITS
from kg.web.pool.workers import Workers
from kg.web.site import Site

__all__ = ["Answer", "Served"]

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of folders of our own
_FORMATS = {
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".rdf": pyoxigraph.RdfFormat.RDF_XML,
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. headers: with their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


class Served:
    """A server on loopback; entered, it answers until it is left. address: without a slash at its end."""

    address: str

    def __init__(self, root: Path) -> None:
        """root: the folder of the suites."""
        self._root = root / FOLDER
        self._folder = tempfile.TemporaryDirectory(dir=_SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None)
        self._stores: dict[Data, Path] = {}
        self._workers = Workers()
        self._app: ASGIApp | None = None
        crowd = Crowd(LIMITS.connections, LIMITS.each, trusting(LOOPBACK))
        protocol = partial(Connection, limits=LIMITS, crowd=crowd)
        config = uvicorn.Config(
            self._switched,
            port=0,
            log_level="warning",
            http=protocol,  # type: ignore[arg-type]  # a class, or what makes one
            lifespan="on",
            interface="asgi3",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        """Start, and wait until it listens."""
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            assert self._thread.is_alive()
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the server and its processes."""
        self._server.should_exit = True
        self._thread.join()
        self._folder.cleanup()

    async def _switched(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            async with self._workers:
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert self._app is not None
        await self._app(scope, receive, send)

    def switch(self, data: Data, base: str) -> None:
        """Serve other data; base: what relative IRIs of queries start from."""
        self._app = create_app(
            Site(self._snapshot(data), base, {"en": "suite"}, {"en": "Data of a case."}, (), {}, self._workers)
        )

    def _snapshot(self, data: Data) -> Path:
        """A folder with the store of these data, made once."""
        if data not in self._stores:
            folder = Path(self._folder.name) / str(len(self._stores))
            folder.mkdir()
            quads = [quad for path in data.default for quad in self._quads(path, pyoxigraph.DefaultGraph())]
            quads += [quad for name, path in data.named for quad in self._quads(path, pyoxigraph.NamedNode(name))]
            pyoxigraph.serialize(quads, str(folder / "graph.nq"), pyoxigraph.RdfFormat.N_QUADS)
            write_store(folder / "graph.nq", folder / "store")
            self._stores[data] = folder
        return self._stores[data]

    def _quads(self, path: Path, graph: pyoxigraph.NamedNode | pyoxigraph.DefaultGraph) -> list[pyoxigraph.Quad]:
        base = BASE + path.relative_to(self._root).as_posix()
        parsed = pyoxigraph.parse(path=str(path), format=_FORMATS[path.suffix], base_iri=base, rename_blank_nodes=True)
        return [pyoxigraph.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in parsed]

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """The answer to a request, on a connection of its own: the server closes one that is idle between cases."""
        with closing(http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=60)) as connection:
            connection.request(method, path, body or None, dict(headers or {}))
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())
