"""`kg serve --writable`: what it says, and that changes are there when it is started again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from kg.project import example

TOKEN = "a-token-of-the-tests"
SECONDS = 120


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the example."""
    root = tmp_path / "project"
    shutil.copytree(example(), root, ignore=shutil.ignore_patterns(".kg"))
    return root


def command(root: Path, *options: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "kg", "--project", str(root), "serve", "--port", "0", *options]


@contextmanager
def serving(root: Path, *options: str) -> Iterator[tuple[str, str]]:
    """A running server: its address, and what it said before it answered."""
    process = subprocess.Popen(
        command(root, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "KG_TOKEN": TOKEN},
    )
    assert process.stdout
    assert process.stderr
    url = process.stdout.readline().partition(" ")[0]
    said: list[str] = []
    try:
        os.set_blocking(process.stderr.fileno(), False)
        said.append(process.stderr.read() or "")
        yield url, said[0]
    finally:
        process.terminate()
        _, late = process.communicate(timeout=SECONDS)
        assert (0, "") == (process.returncode, late)


def change(url: str, text: str) -> int:
    """The status of an update."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/sparql-update"}
    return httpx.post(f"{url}sparql", content=text, headers=headers, timeout=SECONDS).status_code


def holds(url: str, pattern: str) -> bool:
    """Whether the graph matches a pattern."""
    answer = httpx.get(f"{url}sparql", params={"query": f"ASK {{ {pattern} }}"}, timeout=SECONDS)
    return bool(answer.json()["boolean"])


def test_a_working_copy_from_one_start_to_the_next(root: Path) -> None:
    """It goes on, also when there is a newer build, until it is begun anew; read-only, the snapshot is served."""
    with serving(root, "--writable") as (url, said):
        assert "a working copy of snapshot" in said
        assert "not changed yet" in said
        assert change(url, "INSERT DATA { <s> <p> 1 }") == 204
        assert "a working copy, which may change" in httpx.get(url, headers={"Accept": "text/html"}).text
    with serving(root) as (url, said):
        assert "not the working copy with its 1 change; that is served by --writable" in said
        assert change(url, "CLEAR ALL") == 403
        assert not holds(url, "<s> ?p ?o")
    article = next((root / "sources" / "articles").glob("*.yaml"))
    article.write_text(article.read_text(encoding="utf-8") + "# saved again\n", encoding="utf-8")
    with serving(root, "--writable") as (url, said):
        assert "going on with the working copy" in said
        assert "to begin with that: --writable --fresh" in said
        assert holds(url, "<s> <p> 1 . ?claim a kg:Claim")
    with serving(root, "--writable", "--fresh") as (url, said):
        assert "not changed yet" in said
        assert not holds(url, "<s> ?p ?o")
    assert (root / ".kg" / "working.old" / "current").is_file()


@pytest.mark.parametrize(
    ("options", "token", "message"),
    [
        (["--writable"], None, "--writable needs a token"),
        (["--writable"], "short", "has 5 characters, and needs 16"),
        (["--writable", "--token-file", "none"], TOKEN, "the token cannot be read from none"),
        (["--writable", "--watch"], TOKEN, "choose one"),
        (["--fresh"], None, "write --writable as well"),
        (["--token-file", "none"], None, "write --writable as well"),
    ],
)
def test_what_does_not_go(root: Path, options: list[str], token: str | None, message: str) -> None:
    """One line, before anything is built."""
    environment = {name: value for name, value in os.environ.items() if name != "KG_TOKEN"}
    done = subprocess.run(
        command(root, *options),
        env=environment if token is None else {**environment, "KG_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (root / ".kg").exists()
