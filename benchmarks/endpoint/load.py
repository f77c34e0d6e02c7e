"""Load by wrk, and single requests by a plain socket."""

import http.client
import json
import math
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks.endpoint.data import Data
from benchmarks.endpoint.servers import Running
from benchmarks.endpoint.shapes import NUMBER, TERM, Shape

__all__ = ["WRK", "Answer", "Load", "ask", "load"]

WRK = shutil.which("wrk") or ""
# Seconds after which nobody waits for an answer any more.
PATIENCE = 60
_SCRIPT = """
local terms = {%(terms)s}
local parts, fresh, number = {%(parts)s}, %(fresh)s, %(number)d
local headers = {["Accept"] = "%(accept)s"}
local same
function request()
  if same and not fresh then return same end
  number = number + 1
  local term = terms[number %% #terms + 1]
  same = wrk.format("GET", "%(path)s?query=" .. parts[1] .. number .. parts[2] .. term .. parts[3], headers)
  return same
end
function done(summary, latency, requests)
  io.write(string.format(
    '\\n{"requests":%%d,"seconds":%%f,"wrong":%%d,"p50":%%f,"p95":%%f,"bytes":%%d}\\n', summary.requests,
    summary.duration / 1e6, summary.errors.status, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, summary.bytes))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load. rate: answers a second. p95: milliseconds. wrong: answers that were errors."""

    rate: float
    p95: float
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. seconds: to its last byte; rows: bindings or triples, -1 where it is an error, or none came."""

    seconds: float
    rows: int
    status: int


def load(at: Running, shape: Shape, data: Data, clients: int, seconds: int, *, fresh: bool, folder: Path) -> Load:
    """Ask for so many seconds. fresh: whether each query is one that nobody asked before."""
    script = folder / "load.lua"
    script.write_text(_script(at, shape, data, fresh=fresh), encoding="utf-8")
    command = [WRK, "-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={PATIENCE}s", f"-s{script}"]
    done = subprocess.run([*command, f"http://127.0.0.1:{at.port}/"], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return Load(max(0, told["requests"] - told["wrong"]) / told["seconds"], told["p95"], told["wrong"])


def _script(at: Running, shape: Shape, data: Data, *, fresh: bool) -> str:
    before, _, rest = shape.text.partition(NUMBER)
    between, _, after = rest.partition(TERM)
    return _SCRIPT % {
        "terms": _listed(shape.terms(data)),
        "parts": _listed([before, between, after]),
        "fresh": "true" if fresh else "false",
        # Milliseconds: what differs from run to run goes on being a whole number in Lua.
        "number": time.time_ns() // 1_000_000,
        "accept": shape.accept,
        "path": at.path,
    }


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f'"{quote(text, safe="")}"' for text in texts)


def ask(at: Running, shape: Shape, data: Data, number: int | None = None) -> Answer:
    """Ask once, a query that nobody asked before where no number is given."""
    text = shape.query(data, time.time_ns() if number is None else number)
    begun = time.perf_counter()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", at.port, timeout=PATIENCE)
        connection.request("GET", f"{at.path}?query={quote(text, safe='')}", headers={"Accept": shape.accept})
        with connection.getresponse() as response:
            body = response.read()
    except (OSError, http.client.HTTPException):
        return Answer(math.inf, -1, 0)
    seconds = time.perf_counter() - begun
    return Answer(seconds, _rows(body, shape) if response.status == 200 else -1, response.status)


def _rows(body: bytes, shape: Shape) -> int:
    if "json" not in shape.accept:
        return len(body.splitlines())
    found = json.loads(body)["results"]["bindings"]
    return len(found)
