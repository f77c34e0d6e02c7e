"""The pipeline and its snapshots: the same input gives the same bytes, and a failure leaves what was there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kg.errors import ContentError, UsageError
from kg.pipeline import Snapshot, build, current, fresh
from kg.pipeline.snapshot import publish, workspace
from kg.project import Project, bundled, example

SLUG = "lindmoor-east-quay"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the example, with its text and nothing built."""
    shutil.copytree(example(), tmp_path / "project", ignore=shutil.ignore_patterns(".kg"))
    return Project(tmp_path / "project")


def files(snapshot: Snapshot) -> dict[str, bytes]:
    """Every file of a snapshot but the store's."""
    paths = (path for path in sorted(snapshot.folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(snapshot.folder).as_posix(): path.read_bytes()
        for path in paths
        if not path.is_relative_to(snapshot.store)
    }


def left(home: Path) -> list[str]:
    """What lies in the folder of the snapshots."""
    return sorted(path.name for path in home.iterdir()) if home.exists() else []


def test_two_builds_of_one_input_are_byte_identical(project: Project, tmp_path: Path) -> None:
    """The same name, and the same bytes in every file that the manifest holds."""
    one, other = build(project, home=tmp_path / "one"), build(project, home=tmp_path / "other")
    assert files(one) == files(other)
    assert one.name == other.name


def test_text_at_hand_changes_no_byte(project: Project, tmp_path: Path) -> None:
    """Without the text the lock vouches, and the snapshot is the same."""
    with_text = build(project, home=tmp_path / "one")
    (project.root / f"sources/articles/{SLUG}.txt").unlink()
    assert files(with_text) == files(build(project, home=tmp_path / "other"))


def test_snapshot_holds_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the French article, whose text is somebody's, no sentence stands in any file but the headline."""
    texts = os.environ.get("KG_TEXTS")
    if not texts:
        pytest.skip("KG_TEXTS names no folder: the article's text is not at hand")
    monkeypatch.chdir(tmp_path)
    snapshot = build(bundled(), home=tmp_path / "home")
    text = Path(texts, "ocs-rats-2010-06-13.txt").read_text(encoding="utf-8")
    sentences = [line for line in text.split("\n") if line][2:]
    assert [] == [name for name, content in files(snapshot).items() for line in sentences if line.encode() in content]


def test_manifest_names_every_file_with_its_hash(project: Project, tmp_path: Path) -> None:
    """Nothing that was written is missing, and damage is seen."""
    snapshot = build(project, home=tmp_path / "home")
    expected = {"graph.nq", "graph.trig", "graph.ttl", "graph.jsonld", "report.json", "report.txt"}
    expected |= {path.relative_to(project.root).as_posix() for path in (project.root / "queries").iterdir()}
    assert expected == set(snapshot.manifest["files"])
    assert [] == snapshot.damaged()
    (snapshot.folder / "graph.ttl").write_text("changed", encoding="utf-8")
    assert ["graph.ttl"] == snapshot.damaged()


def test_damaged_snapshot_is_made_again(project: Project, tmp_path: Path) -> None:
    """A build never trusts a folder of the right name whose content is wrong."""
    snapshot = build(project, home=tmp_path / "home")
    (snapshot.folder / "graph.ttl").unlink()
    assert [] == build(project, home=tmp_path / "home").damaged()


def test_failed_build_leaves_the_current_snapshot(project: Project, tmp_path: Path) -> None:
    """Bad content changes nothing: not the snapshot, not `current`, no half-written folder."""
    home = tmp_path / "home"
    before = build(project, home=home)
    there = left(home)
    article = project.root / f"sources/articles/{SLUG}.yaml"
    article.write_text(article.read_text(encoding="utf-8").replace("kind: count", "kind: cuont"), encoding="utf-8")
    with pytest.raises(ContentError, match="did you mean 'count'"):
        build(project, home=home)
    assert (there, before) == (left(home), current(home))


def test_shape_violation_leaves_nothing_behind(project: Project, tmp_path: Path) -> None:
    """A violation is found after the store is written, and still nothing of it stays."""
    entities = project.root / "sources/entities.yaml"
    text = entities.read_text(encoding="utf-8")
    entities.write_text(text.replace("type: Place", "type: Person"), encoding="utf-8")
    home = tmp_path / "home"
    with pytest.raises(ContentError, match="must be a place"):
        build(project, home=home)
    assert ["snapshots"] == left(home)
    assert [] == left(home / "snapshots")


def test_failed_build_writes_no_lock(project: Project, tmp_path: Path) -> None:
    """The lock is renewed only with a snapshot: not by a build that a shape stops."""
    lock = project.root / f"sources/articles/{SLUG}.lock"
    lock.unlink()
    entities = project.root / "sources/entities.yaml"
    entities.write_text(entities.read_text(encoding="utf-8").replace("type: Place", "type: Person"), encoding="utf-8")
    with pytest.raises(ContentError):
        build(project, home=tmp_path / "home")
    assert not lock.exists()


def test_killed_build_leaves_the_current_snapshot(project: Project, tmp_path: Path) -> None:
    """Killed at any moment: `current` still names a whole snapshot, and the next build succeeds."""
    home = tmp_path / "home"
    before = build(project, home=home)
    article = project.root / f"sources/articles/{SLUG}.yaml"
    article.write_text(article.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    code = (
        "import importlib, os, pathlib, sys\n"
        "p = importlib.import_module('kg.pipeline.build')\n"
        "from kg.project import Project\n"
        "real = getattr(p, sys.argv[3])\n"
        "def die(*a, **k):\n    real(*a, **k) if sys.argv[3] != 'publish' else None\n    os.kill(os.getpid(), 9)\n"
        "setattr(p, sys.argv[3], die)\n"
        "p.build(Project(pathlib.Path(sys.argv[1])), home=pathlib.Path(sys.argv[2]))\n"
    )
    for step in ("write_store", "write_dump", "publish"):
        arguments = [sys.executable, "-c", code, str(project.root), str(home), step]
        assert -9 == subprocess.run(arguments, check=False, capture_output=True).returncode
        assert before == current(home)
        assert [] == before.damaged()
    after = build(project, home=home)
    assert after == current(home)
    assert after != before


def test_workspaces_of_killed_builds_are_removed(tmp_path: Path) -> None:
    """What a build left that runs no more is gone; what may be under way stays."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, alive = tmp_path / f"building-{ended.pid}-x", tmp_path / f"building-{os.getpid()}-x"
    for folder in (dead, alive):
        folder.mkdir()
    with workspace(tmp_path):
        pass
    assert (False, True) == (dead.exists(), alive.exists())


@pytest.mark.parametrize("pointer", [b"gone\n", b"../../etc\n", b"\xff", b""])
def test_current_that_names_nothing_whole_is_none(pointer: bytes, tmp_path: Path) -> None:
    """A snapshot that somebody removed, or a pointer that is none, means that there is nothing to serve yet."""
    (tmp_path / "current").write_bytes(pointer)
    assert current(tmp_path) is None


@pytest.mark.parametrize("damage", ["store/CURRENT", "store", "manifest.json", "graph.nq"])
def test_any_damage_is_healed_by_a_build(damage: str, project: Project, tmp_path: Path) -> None:
    """Whatever is gone of a snapshot, the next build makes it whole."""
    home = tmp_path / "home"
    snapshot = build(project, home=home)
    path = snapshot.folder / damage
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert snapshot.damaged()
    assert [] == build(project, home=home).damaged()


def test_store_with_changed_blocks_is_healed(project: Project, tmp_path: Path) -> None:
    """Damage inside of the store's files is found or does no harm; the build never ends in a stack trace."""
    snapshot = build(project, home=tmp_path)
    for path in snapshot.store.glob("*.sst"):
        content = bytearray(path.read_bytes())
        content[len(content) // 3 : len(content) // 2] = b"\xff" * (len(content) // 2 - len(content) // 3)
        path.write_bytes(content)
    assert ["store"] == snapshot.damaged()
    assert [] == build(project, home=tmp_path).damaged()


def test_edit_during_a_build_makes_its_snapshot_stale(project: Project, tmp_path: Path) -> None:
    """What was changed while a build ran is never taken for what it was made from."""
    home = tmp_path / "home"

    def edit(_: str) -> None:
        with (project.root / "sources/entities.yaml").open("a", encoding="utf-8") as file:
            file.write("# edited\n")

    build(project, home=home, tell=edit)
    assert fresh(project, home) is None


def test_files_that_no_build_reads_change_nothing(project: Project, tmp_path: Path) -> None:
    """What a file manager or an editor leaves in the sources does not make a snapshot stale."""
    built = build(project, home=tmp_path)
    (project.root / "sources/.DS_Store").write_bytes(b"x")
    assert built == fresh(project, tmp_path)


def test_snapshot_is_fresh_until_something_it_was_made_from_changes(project: Project, tmp_path: Path) -> None:
    """Content makes it stale; the text beside the article does not."""
    home = tmp_path / "home"
    assert fresh(project, home) is None
    built = build(project, home=home)
    (project.root / f"sources/articles/{SLUG}.txt").unlink()
    assert built == fresh(project, home)
    with (project.root / "sources/entities.yaml").open("a", encoding="utf-8") as file:
        file.write("# a remark\n")
    assert fresh(project, home) is None


def test_two_publications_of_one_snapshot_agree(tmp_path: Path) -> None:
    """Two builds of one input that end together make one snapshot; neither fails."""
    with workspace(tmp_path) as one, workspace(tmp_path) as other:
        for folder in (one, other):
            (folder / "graph.nq").write_text("", encoding="utf-8")
            (folder / "store").mkdir()
        assert publish(one, tmp_path, {"quads": 0}) == publish(other, tmp_path, {"quads": 0})
    assert ["current", "snapshots"] == left(tmp_path)


def test_read_only_home_is_told(project: Project, tmp_path: Path) -> None:
    """A folder that cannot be made is an error that names another way."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="--data DIR"):
        build(project, home=blocked / "home")


@pytest.mark.parametrize("name", ["sources/articles/other.yml", "sources/articles/sub/other.yaml", "mappings/x.yml"])
def test_yaml_that_is_not_read_is_told(name: str, project: Project, tmp_path: Path) -> None:
    """Nobody waits for a file that the build passes over."""
    shutil.copytree(bundled().root / "mappings", project.root / "mappings")
    (project.root / name).parent.mkdir(exist_ok=True)
    (project.root / name).write_text("{}\n", encoding="utf-8")
    with pytest.raises(ContentError, match="this file is not read"):
        build(project, home=tmp_path)


def test_adding_an_article_changes_no_quad_of_another(project: Project, tmp_path: Path) -> None:
    """The graph grows; what stood there stands there, line by line."""
    before = set(build(project, home=tmp_path / "home").folder.joinpath("graph.nq").read_text("utf-8").splitlines())
    folder = project.root / "sources/articles"
    second = (folder / f"{SLUG}.yaml").read_text(encoding="utf-8")
    (folder / "again.yaml").write_text(second, encoding="utf-8")
    shutil.copy(folder / f"{SLUG}.txt", folder / "again.txt")
    after = set(build(project, home=tmp_path / "home").folder.joinpath("graph.nq").read_text("utf-8").splitlines())
    assert before < after
    assert all("/again" in line for line in after - before)


def test_report_is_json_with_the_counts(project: Project, tmp_path: Path) -> None:
    """The counts of the report are those of the graph."""
    snapshot = build(project, home=tmp_path / "home")
    report = json.loads((snapshot.folder / "report.json").read_text(encoding="utf-8"))
    lines = (snapshot.folder / "graph.nq").read_text(encoding="utf-8").splitlines()
    claims = [
        line for line in lines if line.endswith("22-rdf-syntax-ns#type> <https://w3id.org/pressgraph/ns#Claim> .")
    ]
    assert (len(lines), len(claims)) == (report["quads"], report["claims"])
    assert report["statements"] == sum(report["kinds"].values()) == sum(report["modalities"].values())
    assert max(map(len, (snapshot.folder / "report.txt").read_text(encoding="utf-8").splitlines())) <= 80
