"""The servers: how each is installed, how its data are loaded, and how it is started and stopped."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.endpoint.data import TOP, Data, kg
from benchmarks.peer import install_java, install_python

__all__ = ["PEERS", "SERVERS", "Running", "Server", "running", "version"]

PEERS = Path(__file__).with_name("peers")
# Seconds that a server has to load and to answer, and to leave.
_STARTING, _LEAVING = 600, 5


def _nothing(_: Path) -> Path:
    return Path(sys.executable)


def _load_nothing(_where: Path, _data: Data, _folder: Path) -> None:
    """Leave the data as they are."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server. install: answers where it is, or raises `UnavailableError`. load: fills a new folder with the data.

    command: what to run, by where it is, the data, that folder and the port. path: of its endpoint.
    keeps: whether it may keep answers, so that repeated queries are worth asking. pins: name of what pins it.
    """

    title: str
    command: Callable[[Path, Data, Path, int], Sequence[str]]
    path: str
    install: Callable[[Path], Path] = _nothing
    load: Callable[[Path, Data, Path], None] = _load_nothing
    keeps: bool = False
    pins: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. pid: of the process that was started."""

    pid: int
    port: int
    path: str

    @property
    def url(self) -> str:
        """The address of its endpoint."""
        return f"http://127.0.0.1:{self.port}{self.path}"


@contextmanager
def running(server: Server, where: Path, data: Data, cache: Path) -> Iterator[Running]:
    """The server with the data, from its first answer on until it is left."""
    folder = cache / "stores" / f"{server.title.replace(' ', '-').replace(',', '')}-{data.key}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "loaded").exists():
        server.load(where, data, folder)
        (folder / "loaded").touch()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            server.command(where, data, folder, port),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(TOP)} if server is SERVERS["pressgraph"] else None,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        up = Running(process.pid, port, server.path)
        _wait(process, up, log)
        yield up
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_LEAVING)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], up: Running, log: Path) -> None:
    until = time.monotonic() + _STARTING
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"{up.url} ended: {log.read_text(errors='replace')[-500:]}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{up.url}?query=ASK%7B%7D", timeout=10).close()  # noqa: S310 - our own server
            return
        time.sleep(0.05)
    raise SystemExit(f"{up.url} does not answer")


def _pressgraph(_: Path, data: Data, _folder: Path, port: int) -> Sequence[str]:
    return kg(data, "serve", "--port", str(port))


def _install_oxigraph(cache: Path) -> Path:
    return install_python(PEERS, "oxigraph", cache).with_name("oxigraph")


def _load_oxigraph(where: Path, data: Data, folder: Path) -> None:
    _run([str(where), "load", "--location", str(folder / "store"), "--file", str(data.quads)])


def _oxigraph(where: Path, _: Data, folder: Path, port: int) -> Sequence[str]:
    return [str(where), "serve-read-only", "--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}"]


def _install_rdflib(cache: Path) -> Path:
    return install_python(PEERS, "rdflib-endpoint", cache)


_RDFLIB = str(PEERS / "rdflib_serve.py")


def _memory(where: Path, data: Data, _folder: Path, port: int) -> Sequence[str]:
    return [str(where), _RDFLIB, str(port), "memory", str(data.quads)]


def _load_oxrdflib(where: Path, data: Data, folder: Path) -> None:
    _run([str(where), _RDFLIB, "0", "oxigraph", str(folder / "store"), str(data.quads)])


def _oxrdflib(where: Path, _: Data, folder: Path, port: int) -> Sequence[str]:
    return [str(where), _RDFLIB, str(port), "oxigraph", str(folder / "store")]


def _install_fuseki(cache: Path) -> Path:
    return install_java(PEERS, "fuseki", cache)


def _load_fuseki(where: Path, data: Data, folder: Path) -> None:
    _run(["java", "-cp", f"{where}/*", "tdb2.tdbloader", "--loc", str(folder / "store"), str(data.quads)])


def _fuseki(where: Path, _: Data, folder: Path, port: int) -> Sequence[str]:
    main = "org.apache.jena.fuseki.main.cmds.FusekiMainCmd"
    place = ["--localhost", "--port", str(port), "--loc", str(folder / "store"), "/data"]
    return ["java", "-Xmx4G", "-cp", f"{where}/*", main, "--quiet", *place]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


SERVERS = {
    "pressgraph": Server("pressgraph", _pressgraph, "/sparql", keeps=True),
    "oxigraph": Server(
        "oxigraph serve", _oxigraph, "/query", _install_oxigraph, _load_oxigraph, keeps=True, pins="oxigraph"
    ),
    "rdflib-memory": Server("rdflib-endpoint, memory", _memory, "/", _install_rdflib, pins="rdflib-endpoint"),
    "rdflib-oxigraph": Server(
        "rdflib-endpoint, Oxigraph", _oxrdflib, "/", _install_rdflib, _load_oxrdflib, pins="rdflib-endpoint"
    ),
    "fuseki": Server("Apache Jena Fuseki", _fuseki, "/data/query", _install_fuseki, _load_fuseki, pins="fuseki"),
}


def version(name: str) -> str:
    """The version that peers/ pins; empty for our own."""
    pins = SERVERS[name].pins
    if not pins:
        return ""
    if pins == "fuseki":
        return (
            (PEERS / "fuseki.xml")
            .read_text(encoding="utf-8")
            .partition("<version>1</version>")[2]
            .partition("<version>")[2]
            .partition("<")[0]
        )
    found = (PEERS / f"{pins}.txt").read_text(encoding="utf-8").partition(f"{pins}==")[2]
    return found.split()[0]
