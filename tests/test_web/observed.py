"""A server seen from outside: what it answers, byte by byte, and what its processes do."""

import os
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import httpx

POINT = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label }"
_CROSS = " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(9))
_NUMBERS = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(60)))} }}" for n in range(6))
ENDLESS = {
    "count": f"SELECT (COUNT(*) AS ?n) {{ {_CROSS} }}",
    "sort": f"SELECT * {{ {_NUMBERS} }} ORDER BY ?v5",
    "nested list": "ASK { ?s ?p " + "(" * 60 + "1" + ")" * 60 + " }",
    "blank nodes": "ASK { ?s ?p " + "[ ?p " * 60 + "1" + " ]" * 60 + " }",
    "chain": "ASK { " + " ".join(f"?s{n} ?p{n} ?s{n + 1} ." for n in range(240)) + " }",
}
STREAM = f"SELECT * {{ {_NUMBERS} }}"


def ask(url: str, query: str, **more: str) -> httpx.Response:
    """The response to a query by GET."""
    return httpx.get(f"{url}sparql", params={"query": query, **more}, timeout=60)


def drain(connection: socket.socket) -> bytes:
    """The last of what comes on a connection until it ends."""
    received = b""
    while piece := connection.recv(1 << 20):
        received = received[-100:] + piece
    return received


def raw(url: str, query: str, version: str = "1.1", accept: str = "text/csv") -> socket.socket:
    """A connection on which a query has just been asked."""
    address = httpx.URL(url)
    connection = socket.create_connection((address.host, address.port or 80), timeout=30)
    head = f"GET /sparql?query={quote(query)} HTTP/{version}\r\nHost: {address.host}\r\nAccept: {accept}\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def children(process: subprocess.Popen[str]) -> list[int]:
    """Numbers of the processes that a process started, itself left out."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in found.split()]


def busy(pids: list[int]) -> float:
    """CPU seconds that processes took."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def idle(process: subprocess.Popen[str]) -> bool:
    """Whether the server and its workers come to rest within 3 s."""
    for _ in range(12):
        try:
            pids = [process.pid, *children(process)]
            before = busy(pids)
            time.sleep(0.25)
            if busy(pids) - before < 0.05:
                return True
        except OSError:
            continue
    return False
