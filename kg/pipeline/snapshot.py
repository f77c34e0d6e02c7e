"""Snapshots: immutable folders of what a build made, one of them current.

    .kg/
      current             the name of the snapshot that is served
      snapshots/<name>/   manifest.json, graph.nq, graph.trig, graph.ttl, graph.jsonld, report.json, report.txt,
                          queries/, store/

A snapshot's name is the hash of its manifest, which holds the hash of every file but the store's: the store is an
index made from `graph.nq`, and its files differ from run to run.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import UsageError
from kg.graph.disk import point, sync
from kg.graph.store import reading
from kg.temporary import sweep

__all__ = ["Snapshot", "current", "publish", "sha256", "workspace"]

_NAME_LENGTH = 16
_STORE = "store"
_NAME = re.compile(r"[0-9a-f]{16}")
_BUILDING = re.compile(r"building-(?P<process>[0-9]+)-.*")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folder that a build finished."""

    folder: Path

    @property
    def name(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the manifest."""
        return self.folder.name

    @property
    def store(self) -> Path:
        """The Oxigraph store."""
        return self.folder / _STORE

    @property
    def manifest(self) -> dict[str, Any]:
        """`base`, `title` and `description` (language -> text), `inputs` (hash of everything it was made from),
        `quads`, and `files`: path -> size and SHA-256.

        Empty when it is gone or is no manifest.
        """
        try:
            found = json.loads((self.folder / "manifest.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and {"base", "inputs", "quads", "files"} <= found.keys() else {}

    @property
    def report(self) -> dict[str, Any]:
        """What the build counted."""
        return dict(json.loads((self.folder / "report.json").read_text(encoding="utf-8")))

    def damaged(self) -> list[str]:
        """Names of files that are gone or are not what the manifest says, of a store that does not hold its quads."""
        manifest = self.manifest
        if not manifest:
            return ["manifest.json"]
        wrong = [
            name
            for name, entry in manifest["files"].items()
            if not (self.folder / name).is_file() or sha256(self.folder / name) != entry["sha256"]
        ]
        try:
            with reading(self.store, manifest["quads"]):
                whole = True
        except UsageError:
            whole = False
        return wrong if whole else [*wrong, _STORE]


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def current(home: Path) -> Snapshot | None:
    """The snapshot that `home` serves; None when nothing whole was built there yet."""
    try:
        name = (home / "current").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    snapshot = Snapshot(home / "snapshots" / name)
    return snapshot if _NAME.fullmatch(name) and snapshot.manifest else None


@contextmanager
def workspace(home: Path) -> Iterator[Path]:
    """A new folder beside the snapshots to build in; removed afterwards unless `publish` took it.

    What builds that were killed left behind is removed first.
    Raises `UsageError` when `home` cannot be written, or the disk is full.
    """
    try:
        (home / "snapshots").mkdir(parents=True, exist_ok=True)
        sweep(home, _BUILDING)
        folder = Path(tempfile.mkdtemp(prefix=f"building-{os.getpid()}-", dir=home))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"cannot write snapshots to {home}: {reason}. Choose another folder with --data DIR"
        ) from error


def publish(folder: Path, home: Path, facts: Mapping[str, Any]) -> Snapshot:
    """Seal a finished workspace with its manifest, make it a snapshot, and switch `current` to it.

    facts: what the manifest says besides its files. The switch is one rename: whoever reads `current` sees the old
    snapshot or the new one, whatever happens in between.
    """
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_relative_to(folder / _STORE)
    }
    manifest = json.dumps({**facts, "files": files}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / "manifest.json").write_bytes(manifest.encode())
    sync(folder / "manifest.json")
    name = hashlib.sha256(manifest.encode()).hexdigest()[:_NAME_LENGTH]
    for path in (*(folder / name for name in files), *(path for path in folder.iterdir() if path.is_dir()), folder):
        sync(path)
    final = home / "snapshots" / name
    if final.is_dir() and Snapshot(final).damaged():
        shutil.rmtree(final)
    if not final.exists():
        folder.chmod(0o755)
        try:
            folder.rename(final)
        except OSError:
            # Another build of the same input was faster; its snapshot is this one.
            if not (final / "manifest.json").is_file():
                raise
    sync(final.parent)
    point(home / "current", name)
    return Snapshot(final)
