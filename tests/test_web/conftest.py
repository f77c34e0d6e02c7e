"""A small snapshot, the application over it, and a server in a process of its own."""

import hashlib
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from kg.errors import Problems
from kg.graph.question import read_questions
from kg.graph.store import write_store
from kg.web import create_app

HERE = Path(__file__).parent
BASE = "https://w3id.org/pressgraph/"

# What `serve` is given in the process of the `serving` fixture; the same as the `presentation` fixture.
_SCRIPT = """
    import json
    import sys
    from pathlib import Path
    from kg.errors import Problems
    from kg.graph.question import read_questions
    from kg.web import serve
    from kg.web.limits import Limits

    here, snapshot, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    questions = read_questions(here / "queries", here, Problems())
    serve(
        snapshot, base=sys.argv[4], title={"en": "harbour"}, description={"en": "Of a harbour."},
        questions=questions, stats={}, port=port, ready=lambda url: print(url, flush=True),
        limits=Limits(**json.loads(sys.argv[5])),
    )
    print("left", flush=True)
"""


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, dumps and their manifest."""
    folder = tmp_path_factory.mktemp("snapshot")
    quads = (HERE / "graph.nq").read_bytes()
    for name in ("graph.nq", "graph.trig"):
        (folder / name).write_bytes(quads)
    (folder / "graph.ttl").write_bytes(b"<http://e/s> <http://e/p> <http://e/o> .\n")
    (folder / "graph.jsonld").write_bytes(b"{}\n")
    write_store(folder / "graph.nq", folder / "store")
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in folder.iterdir()
        if path.is_file()
    }
    (folder / "manifest.json").write_text(json.dumps({"files": files}))
    return folder


@pytest.fixture(scope="session")
def presentation() -> dict[str, Any]:
    """What is said about the snapshot."""
    problems = Problems()
    questions = read_questions(HERE / "queries", HERE, problems)
    assert problems == []
    return {
        "base": BASE,
        "title": {"fr": "port : ce qu’on en dit", "en": "harbour: what is said of it"},
        "description": {"fr": "Les énoncés d’un petit port.", "en": "The claims of a small harbour."},
        "questions": questions,
        "stats": {"articles": 1, "claims": 2, "unheard-of": 3},
    }


@pytest.fixture(scope="session")
def app(snapshot: Path, presentation: dict[str, Any]) -> FastAPI:
    """The application over the snapshot."""
    return create_app(snapshot, **presentation)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client that accepts anything, as curl does, and follows no redirect."""
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def serving(snapshot: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Starts servers in processes of their own; each is the process and its address, once it answers."""
    started: list[subprocess.Popen[str]] = []

    def start(port: int = 0, **limits: float) -> tuple[subprocess.Popen[str], str]:
        command = [
            sys.executable,
            "-c",
            textwrap.dedent(_SCRIPT),
            str(HERE),
            str(snapshot),
            str(port),
            BASE,
            json.dumps(limits),
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()
