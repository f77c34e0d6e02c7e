"""The benchmark of the endpoint: its data, its queries, what it measures with, and its report."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.endpoint.data import Data
from benchmarks.endpoint.floors import floors
from benchmarks.endpoint.memory import tree, watching
from benchmarks.endpoint.report import PAGE, PICTURE, Results
from benchmarks.endpoint.servers import SERVERS, version
from benchmarks.endpoint.shapes import SHAPES
from kg.graph.store import QueryTriples, open_store, query


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """The article's graph, built."""
    return Data.build("article", tmp_path_factory.mktemp("bench"))


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_has_answers(article: Data, name: str) -> None:
    """Each query finds something, in the form that its shape accepts, and no two with other numbers are the same."""
    shape = SHAPES[name]
    found = query(open_store(article.folder / "store"), shape.query(article, 3), base="https://example.org/")
    assert "triples" in shape.accept if isinstance(found, QueryTriples) else "json" in shape.accept
    assert any(True for _ in found)  # type: ignore[union-attr]  # no shape asks for a boolean
    assert shape.query(article, 3) != shape.query(article, 4)


def test_memory_is_that_of_all_processes(tmp_path: Path) -> None:
    """A child is found, its memory counts, and what the first process takes meanwhile is told."""
    held = tmp_path / "held"
    inner = f"b = bytearray(80_000_000); import time, pathlib; pathlib.Path({str(held)!r}).touch(); time.sleep(60)"
    outer = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {inner!r}]); input();"
        "b = bytearray(40_000_000); print(); sys.stdout.flush(); input(); p.kill()"
    )
    with subprocess.Popen([sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while not held.exists():
            time.sleep(0.01)
        with watching(process.pid) as peak:
            process.stdin.write(b"\n")
            process.stdin.flush()
            process.stdout.readline()
            seen = peak.samples
            while peak.samples < seen + 2:
                time.sleep(0.01)
        assert process.pid in tree(os.getpid())
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert (True, True, 2) == (peak.whole > 120, 38 < peak.more < 60, peak.processes)


def test_floors_are_told_of_the_least_ratio() -> None:
    """Each run is compared with the other's of the same turn, and a single shape that is too slow misses the floor."""

    def entry(*rates: float) -> dict[str, object]:
        return {"rows": 1, "once": [], "kinds": {"same-8": {"rate": rates, "p95": [], "wrong": 0}}}

    found = {
        "loads": {
            "article": {
                "point": {"pressgraph": entry(200, 100, 50), "oxigraph": entry(100, 50, 25)},
                "join": {"pressgraph": entry(80), "oxigraph": entry(100)},
            }
        }
    }
    [floor] = floors(found)
    assert ("≥ 0.9×", "point 2×, join 0.8×", False) == (floor.wanted, floor.told, floor.reached)


def test_versions_are_those_of_the_pins() -> None:
    """Every server but our own is pinned."""
    assert [name == "pressgraph" for name in SERVERS] == [version(name) == "" for name in SERVERS]


def test_the_page_is_made_of_the_results() -> None:
    """ENDPOINT.md and its picture are what the results that are kept say."""
    results = Results.read()
    assert PAGE.read_text(encoding="utf-8") == results.page(PAGE.read_text(encoding="utf-8"))
    assert PICTURE.read_text(encoding="utf-8") == results.picture()
