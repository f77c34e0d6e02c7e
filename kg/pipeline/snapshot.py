"""Snapshots: immutable folders of what a build made, one of them current.

    .kg/
      current             the name of the snapshot that is served
      snapshots/<name>/   manifest.json, graph.nq, graph.trig, graph.ttl, graph.jsonld, report.json, report.txt, store/

A snapshot's name is the hash of its manifest, which holds the hash of every file but the store's: the store is an
index made from `graph.nq`, and its files differ from run to run.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import UsageError

__all__ = ["Snapshot", "current", "publish", "sha256", "workspace"]

_NAME_LENGTH = 16
_STALE_SECONDS = 3600
_STORE = "store"


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
        """`base`, `inputs` (hash of everything it was made from), `quads`, and `files`: name -> size and SHA-256."""
        return dict(json.loads((self.folder / "manifest.json").read_text(encoding="utf-8")))

    @property
    def report(self) -> dict[str, Any]:
        """What the build counted."""
        return dict(json.loads((self.folder / "report.json").read_text(encoding="utf-8")))

    def damaged(self) -> list[str]:
        """Names of files whose content is not what the manifest says, and of files that are gone."""
        wrong = []
        for name, entry in self.manifest["files"].items():
            path = self.folder / name
            if not path.is_file() or sha256(path) != entry["sha256"]:
                wrong.append(name)
        return wrong if self.store.is_dir() else [*wrong, _STORE]


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def current(home: Path) -> Snapshot | None:
    """The snapshot that `home` serves; None when nothing was built there yet.

    Raises `UsageError` when `current` names a snapshot that is gone.
    """
    try:
        name = (home / "current").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    folder = home / "snapshots" / name
    if not (folder / "manifest.json").is_file():
        raise UsageError(
            f"{home / 'current'} names the snapshot {name}, which is not there. Make it again with: kg build"
        )
    return Snapshot(folder)


@contextmanager
def workspace(home: Path) -> Iterator[Path]:
    """A new folder beside the snapshots to build in; removed afterwards unless `publish` took it.

    What builds that were killed left behind more than an hour ago is removed first.
    Raises `UsageError` when `home` cannot be written.
    """
    try:
        (home / "snapshots").mkdir(parents=True, exist_ok=True)
        for left in home.glob("building-*"):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="building-", dir=home))
    except OSError as error:
        raise UsageError(
            f"cannot write snapshots to {home}: {error.strerror}. Choose another folder with --data DIR"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, home: Path, facts: Mapping[str, Any]) -> Snapshot:
    """Seal a finished workspace with its manifest, make it a snapshot, and switch `current` to it.

    facts: what the manifest says besides its files. The switch is one rename: whoever reads `current` sees the old
    snapshot or the new one, whatever happens in between.
    """
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
    manifest = json.dumps({**facts, "files": files}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / "manifest.json").write_bytes(manifest.encode())
    name = hashlib.sha256(manifest.encode()).hexdigest()[:_NAME_LENGTH]
    for path in sorted(folder.iterdir()):
        _sync(path)
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
    _sync(final.parent)
    with tempfile.TemporaryDirectory(prefix="building-", dir=home) as aside:
        pointer = Path(aside) / "current"
        pointer.write_text(f"{name}\n", encoding="utf-8")
        _sync(pointer)
        pointer.replace(home / "current")
    _sync(home)
    return Snapshot(final)


def _sync(path: Path) -> None:
    """Bring a file or folder to the disk, where the platform lets a folder be opened."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)
