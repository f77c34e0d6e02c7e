"""Bad input: each folder of tests/cases is one mistake in a small project, and how it is told.

A case is what differs from `cases/_base`: `change.yaml` lists edits of its files (`file`, and the words `old`, which
stand there once, replaced by `new`) and what is left out (`remove`). `expected.txt` is everything the build says.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import ContentError, Problems, UsageError
from kg.pipeline import build
from kg.project import find_project
from kg.yaml import List, Map, Value, read

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("_"))


@pytest.fixture(autouse=True)
def _texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts of the cases lie beside their articles."""
    monkeypatch.delenv("KG_TEXTS", raising=False)


def changes(case: str) -> Iterator[dict[str, str]]:
    """The entries of a case's change.yaml."""
    problems = Problems()
    value: Value | None = read(FOLDER / case / "change.yaml", FOLDER, problems)
    problems.stop_if_any()
    assert isinstance(value, List)
    for entry in value:
        assert isinstance(entry, Map)
        yield {str(key): str(text) for key, text in entry.items()}


def lay_out(case: str, root: Path) -> None:
    """The project of a case in `root`."""
    shutil.copytree(FOLDER / "_base", root)
    (root / "queries").mkdir()
    for change in changes(case):
        if "remove" in change:
            path = root / change["remove"]
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            continue
        path = root / change["file"]
        before = path.read_bytes().decode()
        assert before.count(change["old"]) == 1, f"{case}: {change['old']!r} must stand once in {change['file']}"
        path.write_bytes(before.replace(change["old"], change["new"]).encode())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_project_that_the_cases_change_builds(tmp_path: Path) -> None:
    """Otherwise a case would show another mistake than its own; its lock is the one the build writes."""
    root = tmp_path / "project"
    shutil.copytree(FOLDER / "_base", root)
    (root / "queries").mkdir()
    before = contents(root)
    build(find_project(root, root), home=tmp_path / "home")
    assert contents(root) == before


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_and_nothing_is_written(case: str, tmp_path: Path) -> None:
    """Every problem with its place, the line, and what to do; no snapshot, no lock, no other file."""
    root, home = tmp_path / "project", tmp_path / "home"
    lay_out(case, root)
    before = contents(root)
    with pytest.raises((ContentError, UsageError)) as raised:
        build(find_project(root, root), home=home)
    assert f"{raised.value}\n".replace(str(root), ".") == (FOLDER / case / "expected.txt").read_text(encoding="utf-8")
    assert contents(root) == before
    assert not home.exists() or contents(home) == {}
