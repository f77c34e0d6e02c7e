"""Live snapshots: a new build answers as soon as it is opened, and no request is dropped by the switch."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from kg.errors import UsageError
from kg.web import application

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

LABELS = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label }"
_NUMBERS = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(40)))} }}" for n in range(3))


def labels(client: httpx.Client) -> tuple[str, int]:
    """The snapshot that answers, and how many labels it has."""
    response = client.get("sparql", params={"query": LABELS})
    assert response.status_code == 200
    return response.headers["snapshot"], len(response.json()["results"]["bindings"])


def point(pointer: Path, snapshot: Path) -> None:
    """Switch what is current, as a build does: at once."""
    (pointer.parent / "next").write_text(str(snapshot))
    (pointer.parent / "next").replace(pointer)


def wait_for(client: httpx.Client, snapshot: Path) -> None:
    """Wait until a snapshot answers."""
    for _ in range(100):
        if labels(client)[0] == snapshot.name:
            return
        time.sleep(0.1)
    pytest.fail(f"{snapshot.name} never answers")


def test_a_new_snapshot_is_picked_up(serving: Serving, pointer: Path, snapshot: Path, another: Path) -> None:
    """Each answer names the snapshot that it is from, to pages elsewhere as well; nothing else tells them apart."""
    _, url = serving()
    with httpx.Client(base_url=url) as client:
        before = labels(client)
        point(pointer, another)
        wait_for(client, another)
        after = labels(client)
        assert (snapshot.name, another.name) == (before[0], after[0])
        assert after[1] == before[1] + 1
        for path in ("ontology.ttl", "", "dumps/graph.nq", "nothing-here"):
            assert another.name == client.get(path).headers["snapshot"]
        assert "Snapshot" in client.get("sparql").headers["access-control-expose-headers"]


def test_no_request_is_dropped_by_a_switch(serving: Serving, pointer: Path, snapshot: Path, another: Path) -> None:
    """While snapshots change, every request is answered, each by one of the two alone."""
    _, url = serving()
    seen: list[tuple[str, int]] = []
    failed: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            while not done.is_set():
                try:
                    seen.append(labels(client))
                except (httpx.HTTPError, AssertionError) as error:
                    failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    with httpx.Client(base_url=url, timeout=30) as client:
        for current in (another, snapshot, another):
            point(pointer, current)
            wait_for(client, current)
    done.set()
    for thread in threads:
        thread.join()
    assert [] == failed
    assert {snapshot.name, another.name} == {name for name, _ in seen}
    assert len(set(seen)) == 2


def test_an_answer_under_way_ends_as_it_began(serving: Serving, pointer: Path, snapshot: Path, another: Path) -> None:
    """What is being sent when the snapshot changes is sent to its end, by the one that began."""
    _, url = serving()
    with httpx.Client(base_url=url, timeout=30) as client, httpx.Client(base_url=url) as other:
        query = f"SELECT * {{ {_NUMBERS} }}"
        with client.stream("GET", "sparql", params={"query": query}, headers={"Accept": "text/csv"}) as response:
            point(pointer, another)
            wait_for(other, another)
            assert response.headers["snapshot"] == snapshot.name
            assert 64_001 == sum(1 for _ in response.iter_lines())


def test_a_snapshot_that_cannot_be_opened(serving: Serving, pointer: Path, snapshot: Path, another: Path) -> None:
    """It is told once in the log, the one before goes on, and the next one is picked up all the same."""
    process, url = serving()
    broken = pointer.parent / "broken"
    broken.mkdir()
    with httpx.Client(base_url=url) as client:
        point(pointer, broken)
        time.sleep(2.5)
        assert labels(client)[0] == snapshot.name
        point(pointer, another)
        wait_for(client, another)
    process.terminate()
    _, told = process.communicate(timeout=10)
    assert 1 == told.count(f"broken cannot be served, {snapshot.name} goes on")
    assert "Traceback" not in told


def test_what_is_served_no_more_is_closed(serving: Serving, pointer: Path, snapshot: Path, another: Path) -> None:
    """However often the snapshot changes, the server holds the files of the one that it serves alone."""
    process, url = serving()
    with httpx.Client(base_url=url) as client:
        for _ in range(3):
            for current in (another, snapshot):
                point(pointer, current)
                wait_for(client, current)
        held = [path.readlink() for path in Path(f"/proc/{process.pid}/fd").iterdir()]
        assert [] == [path for path in held if path.is_relative_to(another)]


def test_without_a_snapshot(tmp_path: Path) -> None:
    """It is said what to do."""
    with pytest.raises(UsageError, match="run kg build"):
        application(lambda: None)
    with pytest.raises(UsageError, match="is no snapshot"):
        application(lambda: tmp_path)
