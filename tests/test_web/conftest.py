"""Small snapshots, the application over one, and a server in a process of its own."""

import hashlib
import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from kg.graph.store import write_store
from kg.graph.working import working_copy
from kg.web import application
from kg.web.app import create_app
from kg.web.limits import LIMITS, Limits
from kg.web.live import Live
from kg.web.pool.token import Token
from kg.web.pool.workers import Workers
from kg.web.pool.writer import Writable
from kg.web.site import Site

HERE = Path(__file__).parent
BASE = "https://w3id.org/pressgraph/"

# What serves in the process of the `serving` fixture: what the file `current` names, when it is asked.
_SCRIPT = """
    import json
    import sys
    from pathlib import Path
    from kg.web import serve
    from kg.web.limits import Limits
    from kg.web.settings import Settings

    current, port, told = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    limits = Limits(**{name: told.pop(name) for name in Limits.__slots__ if name in told})
    settings = Settings(port=port, limits=limits, **told)
    serve(lambda: Path(current.read_text()), settings, lambda url: print(url, flush=True))
    print("left", flush=True)
"""

TOKEN = "a-token-of-the-tests"
# The same, of a working copy.
_WRITING_SCRIPT = """
    import json
    import sys
    from pathlib import Path
    from kg.graph.working import working_copy
    from kg.web import serve
    from kg.web.limits import Limits
    from kg.web.settings import Settings
    from kg.web.pool.token import Token
    from kg.web.pool.writer import Writable

    home, snapshot, limits = Path(sys.argv[1]), Path(sys.argv[2]), Limits(**json.loads(sys.argv[3]))
    settings = Settings(port=0, limits=limits)
    with working_copy(home, snapshot) as copy:
        writable = Writable(copy, Token.of(sys.argv[4]))
        serve(lambda: copy.version, settings, lambda url: print(url, flush=True), writable)
"""


def _make_snapshot(folder: Path, more: str = "") -> Path:
    """Fill a folder with a snapshot of the graph and some more N-Quads."""
    quads = (HERE / "graph.nq").read_bytes() + more.encode()
    for name in ("graph.nq", "graph.trig"):
        (folder / name).write_bytes(quads)
    (folder / "graph.ttl").write_bytes(b"<http://e/s> <http://e/p> <http://e/o> .\n")
    (folder / "graph.jsonld").write_bytes(b"{}\n")
    (folder / "report.json").write_text(json.dumps({"articles": 1, "claims": 2, "unheard-of": 3}))
    write_store(folder / "graph.nq", folder / "store")
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in folder.iterdir()
        if path.is_file()
    }
    told = {
        "base": BASE,
        "title": {"fr": "port : ce qu’on en dit", "en": "harbour: what is said of it"},
        "description": {"fr": "Les énoncés d’un petit port.", "en": "The claims of a small harbour."},
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(told))
    shutil.copytree(HERE / "queries", folder / "queries")
    return folder


@contextmanager
def _asking(snapshot: Path, **changes: Any) -> Iterator[TestClient]:
    workers = Workers()

    def opened(folder: Path) -> ASGIApp:
        return create_app(replace(Site.open(folder, workers), **changes))

    with TestClient(Live(lambda: snapshot, opened, workers), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot, with dumps that are small."""
    return _make_snapshot(tmp_path_factory.mktemp("snapshot"))


@pytest.fixture(scope="session")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of the same project after a change: the lighthouse has one more label."""
    more = f'<{BASE}id/lighthouse> <http://www.w3.org/2004/02/skos/core#prefLabel> "faro"@it .\n'
    return _make_snapshot(tmp_path_factory.mktemp("another"), more)


@pytest.fixture
def asking(snapshot: Path) -> Callable[..., AbstractContextManager[TestClient]]:
    """Makes a client of the snapshot, of which something else is said than it says itself: fields of its `Site`."""
    return partial(_asking, snapshot)


@pytest.fixture(scope="session")
def app(snapshot: Path) -> ASGIApp:
    """The application over the snapshot."""
    return application(lambda: snapshot)


@pytest.fixture(scope="session")
def client(app: ASGIApp) -> Iterator[TestClient]:
    """A client that accepts anything, as curl does, and follows no redirect."""
    with TestClient(app, follow_redirects=False) as client:
        yield client


def _writing(snapshot: Path, home: Path, limits: Limits = LIMITS) -> Iterator[TestClient]:
    with working_copy(home, snapshot) as copy:
        app = application(lambda: copy.version, limits, writable=Writable(copy, Token.of(TOKEN)))
        with TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"}, follow_redirects=False) as client:
            yield client


@pytest.fixture
def writing(snapshot: Path, tmp_path: Path) -> Callable[..., AbstractContextManager[TestClient]]:
    """Makes a client that changes the working copy of the test, which stays what it is from one client to the next."""
    return partial(contextmanager(_writing), snapshot, tmp_path / "home")


@pytest.fixture(scope="session")
def writer(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client that changes a working copy of the whole session: what a test needs, it puts there itself."""
    yield from _writing(snapshot, tmp_path_factory.mktemp("home"))


@pytest.fixture
def pointer(snapshot: Path, tmp_path: Path) -> Path:
    """The file that names the snapshot which `serving` serves."""
    path = tmp_path / "current"
    path.write_text(str(snapshot))
    return path


Serving = Callable[..., tuple[subprocess.Popen[str], str]]


def _started(script: str, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().strip()


@contextmanager
def _servers(pointer: Path) -> Iterator[Serving]:
    with ExitStack() as started:

        def start(port: int = 0, slow: float = 600, **settings: Any) -> tuple[subprocess.Popen[str], str]:
            process, url = _started(_SCRIPT, str(pointer), str(port), json.dumps({**settings, "slow": slow}))
            started.callback(_end, process)
            return process, url

        yield start


@pytest.fixture(scope="session")
def behind(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the endpoint of a server in a process of its own, which serves the snapshot."""
    current = tmp_path_factory.mktemp("behind") / "current"
    current.write_text(str(snapshot))
    process, url = _started(_SCRIPT, str(current), "0", "{}")
    yield f"{url}sparql"
    _end(process)


@pytest.fixture
def serving(pointer: Path) -> Iterator[Serving]:
    """Starts servers in processes of their own; each is the process and its address, once it answers."""
    with _servers(pointer) as start:
        yield start


@pytest.fixture(scope="module")
def serving_all(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Starts servers that answer all tests of a module."""
    pointer = tmp_path_factory.mktemp("served") / "current"
    pointer.write_text(str(snapshot))
    with _servers(pointer) as start:
        yield start


@pytest.fixture
def serving_copy(snapshot: Path, tmp_path: Path) -> Iterator[Serving]:
    """Starts servers of the working copy of the test in processes of their own, one after the other."""
    with ExitStack() as started:

        def start(**limits: float) -> tuple[subprocess.Popen[str], str]:
            process, url = _started(_WRITING_SCRIPT, str(tmp_path / "home"), str(snapshot), json.dumps(limits), TOKEN)
            started.callback(_end, process)
            return process, url

        yield start


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
