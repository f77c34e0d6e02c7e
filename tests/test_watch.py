"""`kg serve --watch`: what is saved is served, and what is wrong with it is told beside what was served before."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from kg.project import example

ARTICLE = "sources/articles/lindmoor-east-quay.yaml"
SECONDS = 120


class Watching:
    """A running `kg serve --watch`, what it says and what it serves."""

    def __init__(self, root: Path) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "kg", "--project", str(root), "serve", "--port", "0", "--watch"]
        self._said = root / "said"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True)
        assert self.process.stdout
        self.url = self.process.stdout.readline().partition(" ")[0]

    def wait_for(self, expected: Callable[[], object]) -> None:
        """Wait until something is so."""
        for _ in range(SECONDS * 20):
            if expected():
                return
            time.sleep(0.05)
        pytest.fail(self.said)

    @property
    def said(self) -> str:
        """What it says on standard error."""
        return self._said.read_text(encoding="utf-8")

    @property
    def snapshot(self) -> str:
        """The name of the snapshot that answers."""
        return httpx.get(f"{self.url}ontology.ttl").headers["snapshot"]

    def end(self) -> int:
        """End it by a signal; the exit code."""
        self.process.terminate()
        self.process.communicate(timeout=SECONDS)
        return self.process.returncode


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the example."""
    root = tmp_path / "project"
    shutil.copytree(example(), root, ignore=shutil.ignore_patterns(".kg"))
    return root


@pytest.fixture
def watch(root: Path) -> Iterator[Callable[[], Watching]]:
    """Starts servers that watch it."""
    started: list[Watching] = []

    def start() -> Watching:
        started.append(Watching(root))
        return started[-1]

    yield start
    for watching in started:
        watching.process.kill()
        watching.process.communicate()


def spoil(root: Path) -> str:
    """Write a word wrong in the article; its text as it was."""
    article = root / ARTICLE
    right = article.read_text(encoding="utf-8")
    article.write_text(right.replace("kind: count", "kind: cuont"), encoding="utf-8")
    return right


def test_what_is_saved_is_served(root: Path, watch: Callable[[], Watching]) -> None:
    """A save makes a new snapshot; a wrong one is told and changes nothing, until it is put right."""
    watching = watch()
    first = watching.snapshot
    right = spoil(root)
    watching.wait_for(lambda: "is served on" in watching.said)
    assert "lindmoor-east-quay.yaml:71:26: unknown kind 'cuont'" in watching.said
    assert "did you mean 'count'" in watching.said
    assert first == watching.snapshot
    (root / ARTICLE).write_text(f"{right}\n# put right\n", encoding="utf-8")
    watching.wait_for(lambda: "built anew" in watching.said)
    watching.wait_for(lambda: first != watching.snapshot)


def test_it_leaves_in_the_middle_of_a_build(root: Path, watch: Callable[[], Watching]) -> None:
    """A signal ends the server, and the build with it."""
    watching = watch()
    with (root / "sources/entities.yaml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    watching.wait_for(lambda: list((root / ".kg").glob("building-*")))
    assert 0 == watching.end()
    assert "built" not in watching.said.partition("snapshot")[2]


def test_a_stale_snapshot_is_served_until_it_is_built_anew(root: Path, watch: Callable[[], Watching]) -> None:
    """Who watches is shown at once what there is, even where what is to come is wrong."""
    assert 0 == watch().end()
    spoil(root)
    watching = watch()
    assert 200 == httpx.get(watching.url).status_code
    watching.wait_for(lambda: "is served on" in watching.said)
