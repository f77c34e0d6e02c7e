"""Run the benchmark and write ENDPOINT.md and its picture.

python -m benchmarks.endpoint [--dataset article large] [--shapes point …] [--only SERVER …] [--seconds 1] [--runs 3]
                              [--parts load memory loading fairness]

The servers run side by side and are asked in turn, by wrk. What was measured before, of other data, shapes or servers,
stays in the tables. Data, stores and environments are kept in .bench/, which is ignored by git and may be removed at
any time.
"""

import argparse
import contextlib
import math
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.endpoint import fairness, loading
from benchmarks.endpoint.data import DATASETS, TOP, Data
from benchmarks.endpoint.load import WRK, ask, load
from benchmarks.endpoint.memory import watching
from benchmarks.endpoint.report import Results
from benchmarks.endpoint.servers import SERVERS, Running, running, version
from benchmarks.endpoint.shapes import SHAPES
from benchmarks.peer import UnavailableError

CACHE = TOP / ".bench"
PARTS = ("load", "memory", "loading", "fairness")
# Clients at once. Whose single answer takes longer than so many seconds is asked by one client, once in each run.
CLIENTS = (1, 8)
SLOW = 0.3
# Who takes longer than so many seconds for one answer is asked once.
VERY_SLOW = 5
# Where each server says that it is there.
HEALTH = {"pressgraph": "/health", "oxigraph": "/", "fuseki": "/"}
FAIR = ("pressgraph", "oxigraph")


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endpoint", description=__doc__.split("\n")[0])
    parser.add_argument("--dataset", nargs="+", choices=DATASETS, default=list(DATASETS))
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES), metavar="SHAPE")
    parser.add_argument("--only", nargs="+", choices=SERVERS, default=list(SERVERS), metavar="SERVER")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what is measured")
    parser.add_argument("--seconds", type=int, default=1, help="of each load, a whole number")
    parser.add_argument("--runs", type=int, default=3, help="how often all is asked in turn")
    return parser.parse_args(given)


def installed(names: Sequence[str], results: Results) -> dict[str, Path]:
    """Where each server is; those that cannot be had are noted in the results."""
    found = {}
    for name in names:
        try:
            found[name] = SERVERS[name].install(CACHE / "peers")
            results.available(name, version(name))
        except UnavailableError as error:
            results.unavailable(name, str(error))
            print(f"{name}: not run: {error}", flush=True)
    return found


class Bench:
    """Servers with the same data, side by side."""

    def __init__(self, data: Data, up: Mapping[str, Running], results: Results, options: argparse.Namespace) -> None:
        """Begin with nothing asked."""
        self._data, self._up, self._results, self._options = data, up, results, options
        self._seconds: dict[tuple[str, str], float] = {}

    def loads(self) -> None:
        """Ask every shape of every server, in turn, and that again."""
        for _ in range(self._options.runs):
            for shape in self._options.shapes:
                for name in self._up:
                    self._asked_once(shape, name)
                for fresh, clients in ((True, 1), (True, 8), (False, 1), (False, 8)):
                    for name in self._up:
                        self._loaded(shape, name, clients, fresh=fresh)
            self._results.write()

    def _asked_once(self, shape: str, name: str) -> None:
        """Ask once; what takes long is not asked again by many at once."""
        if self._seconds.get((shape, name), 0) > VERY_SLOW:
            return
        found = ask(self._up[name], SHAPES[shape], self._data, 0)
        self._results.rows(self._data.name, shape, name, found.rows)
        self._seconds[shape, name] = found.seconds
        if found.seconds > SLOW:
            self._results.once(self._data.name, shape, name, found)
            print(f"{self._data.name} {shape} {name}: {found.seconds:.1f} s, {found.rows} rows", flush=True)

    def _loaded(self, shape: str, name: str, clients: int, *, fresh: bool) -> None:
        if self._seconds[shape, name] > SLOW or not (fresh or SERVERS[name].keeps):
            return
        options, data = self._options, self._data
        # Where clients wait for each other, each of them gets an answer or two all the same.
        seconds = max(options.seconds, math.ceil(2 * clients * self._seconds[shape, name]) if fresh else 0)
        took = load(self._up[name], SHAPES[shape], data, clients, seconds, fresh=fresh, folder=CACHE)
        self._results.loaded(data.name, shape, name, took, clients=clients, fresh=fresh)
        kind = "never seen" if fresh else "repeated"
        print(f"{data.name} {shape} {kind} {clients} {name}: {took.rate:.1f}/s, {took.wrong} wrong", flush=True)

    def memory(self) -> None:
        """The memory of the servers while they answer a hundred thousand rows, several times."""
        for name, at in self._up.items():
            if self._seconds.get(("select", name), 0) > VERY_SLOW:
                continue
            ask(at, SHAPES["point"], self._data)
            with watching(at.pid) as peak:
                for _ in range(3):
                    ask(at, SHAPES["select"], self._data)
            self._results.peaked(name, peak)
            print(f"{name}: {peak.whole:.0f} MB, {peak.more:.1f} MB more in its first process", flush=True)


def asked(data: Data, found: Mapping[str, Path], results: Results, options: argparse.Namespace) -> None:
    """Ask all servers, side by side."""
    if not {"load", "memory"} & set(options.parts):
        return
    with contextlib.ExitStack() as stack:
        up = {name: stack.enter_context(running(SERVERS[name], where, data, CACHE)) for name, where in found.items()}
        bench = Bench(data, up, results, options)
        if "load" in options.parts:
            bench.loads()
        if "memory" in options.parts and data.name == "large":
            bench.memory()


def beside(data: Data, found: Mapping[str, Path], results: Results, options: argparse.Namespace) -> None:
    """Measure loading, and what others see of a server that has too much to do."""
    if "loading" in options.parts:
        for _ in range(options.runs):
            took = loading.measure(data, CACHE)
            results.filled(took)
            print(", ".join(f"loading, {way}: {one.wall:.1f} s, {one.cpu:.1f} s CPU" for way, one in took.items()))
    if "fairness" in options.parts:
        for name in (name for name in FAIR if name in found):
            with running(SERVERS[name], found[name], data, CACHE) as at:
                fair = fairness.measure(at, data, 3 * options.seconds, HEALTH[name])
            results.fair(name, fair)
            print(f"{name}: {fair}", flush=True)


def main(given: Sequence[str] | None = None) -> None:
    """Measure what is asked for, and write the results after each part."""
    if not WRK:
        raise SystemExit("wrk is not on PATH: https://github.com/wg/wrk")
    # So that the servers are stopped as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    options = _arguments(given)
    results = Results.read()
    CACHE.mkdir(exist_ok=True)
    found = installed(options.only, results)
    for name in options.dataset:
        data = Data.build(name, CACHE / "data")
        results.sized(name, data.count)
        asked(data, found, results, options)
        if name == "large":
            beside(data, found, results, options)
        results.write()
    print("\n".join(results.summary()))


if __name__ == "__main__":
    main()
