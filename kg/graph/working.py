"""The working copy of a snapshot: versions that changes leave behind, one of them current.

    .kg/working/
      lock                held by the server that writes
      current             the name of the current version
      versions/<name>/    store/, manifest.json, report.json, queries/
      writing-*/          what a writer has in hand
      bodies/             of requests under way

A version is named by the snapshot that the copy began with and a number, `0123456789abcdef.12`. Its store is never
written again: a writer works on a clone, and the clone's `backup()` becomes the next version. Switching `current` is
what makes a change count, so that one which breaks off anywhere before has never been. What a snapshot says of itself
goes along, but for its dumps and its counts, which a change makes untrue.

The immutable files of a store, which are most of it, are hard links; a snapshot is read, and never written.
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kg.errors import UsageError
from kg.graph.disk import point, sync

__all__ = ["WorkingCopy", "clone", "current_version", "size_of", "working_copy"]

_NAME = re.compile(r"([0-9a-zA-Z_-]+)\.(\d+)")
_HAND = "writing-"


class WorkingCopy:
    """A working copy that this process holds. folder: where it lies. version: folder of the current version."""

    def __init__(self, folder: Path, version: Path) -> None:
        """Take over what `working_copy` found."""
        self.folder = folder
        self.version = version

    @property
    def origin(self) -> str:
        """Name of the snapshot that it began with."""
        return self.version.name.rpartition(".")[0]

    @property
    def changes(self) -> int:
        """How many changes were made to that snapshot."""
        return int(self.version.name.rpartition(".")[2])

    def commit(self, made: Path) -> Path:
        """Make a folder that holds nothing but `store/` the current version; its new place. On the disk on return."""
        name = f"{self.origin}.{self.changes + 1}"
        version = self.folder / "versions" / name
        # Left by a process that ended before it switched.
        shutil.rmtree(version, ignore_errors=True)
        _seal(made, self.version)
        made.rename(version)
        sync(version.parent)
        point(self.folder / "current", name)
        self.version = version
        return version

    def discard(self, version: Path) -> None:
        """Remove a version that nobody reads any more; the current one stays."""
        if version != self.version and version.parent == self.folder / "versions":
            shutil.rmtree(version, ignore_errors=True)

    @property
    def bodies(self) -> Path:
        """The folder for bodies of requests."""
        return self.folder / "bodies"

    def clean(self) -> None:
        """Remove what writers and requests that have ended left behind."""
        for left in (*self.folder.glob(f"{_HAND}*"), self.bodies):
            shutil.rmtree(left, ignore_errors=True)
        self.bodies.mkdir(exist_ok=True)

    def hand(self) -> Path:
        """A folder for a writer, which is not there yet."""
        taken = {path.name for path in self.folder.glob(f"{_HAND}*")}
        return self.folder / next(name for n in range(len(taken) + 1) if (name := f"{_HAND}{n}") not in taken)


@contextmanager
def working_copy(home: Path, snapshot: Path, *, fresh: bool = False) -> Iterator[WorkingCopy]:
    """The working copy in a folder of snapshots, which no other process holds at the same time.

    snapshot: its folder; the copy begins with it where there is none. fresh: begin anew, and set the copy that is there
        aside as `working.old`, in place of one that was set aside before.
    Raises UsageError where another process holds it, and where it cannot be written.
    """
    with ExitStack() as stack:
        folder = home / "working"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((folder / "lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if fresh:
                _set_aside(folder, home / "working.old")
            copy = WorkingCopy(folder, current_version(folder) or _begin(folder, snapshot))
            copy.clean()
            for version in (folder / "versions").iterdir():
                copy.discard(version)
        except BlockingIOError as error:
            raise UsageError(f"another server writes to {folder}: stop it, or choose another --data DIR") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(f"cannot write to {folder}: {reason}. Choose another folder with --data DIR") from error
        yield copy


def current_version(folder: Path) -> Path | None:
    """The folder of the current version of the working copy in a folder; None where there is no working copy.

    Raises UsageError where it is damaged.
    """
    try:
        name = (folder / "current").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    version = folder / "versions" / name
    if not _NAME.fullmatch(name) or not (version / "store" / "CURRENT").is_file():
        raise UsageError(f"the working copy at {folder} is damaged; begin anew with --fresh, which sets it aside")
    return version


def _begin(folder: Path, snapshot: Path) -> Path:
    """The first version, which holds what the snapshot does."""
    name = f"{snapshot.name}.0"
    version, aside = folder / "versions" / name, folder / f"{_HAND}0"
    for left in (version, aside):
        shutil.rmtree(left, ignore_errors=True)
    version.parent.mkdir(exist_ok=True)
    aside.mkdir()
    clone(snapshot / "store", aside / "store")
    _seal(aside, snapshot)
    aside.rename(version)
    sync(version.parent)
    point(folder / "current", name)
    return version


def _set_aside(folder: Path, old: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    old.mkdir()
    for name in ("versions", "current"):
        if (folder / name).exists():
            (folder / name).rename(old / name)


def _seal(folder: Path, before: Path) -> None:
    """Give a version what is said of the one before it, or of a snapshot, and bring it to the disk."""
    facts = json.loads((before / "manifest.json").read_bytes())
    facts.pop("quads", None)
    (folder / "manifest.json").write_text(json.dumps({**facts, "files": {}}, indent=2) + "\n", encoding="utf-8")
    (folder / "report.json").write_text("{}\n", encoding="utf-8")
    if (before / "queries").is_dir():
        shutil.copytree(before / "queries", folder / "queries", copy_function=_link)
    for path in (*folder.rglob("*"), folder):
        sync(path)


def clone(store: Path, target: Path) -> None:
    """Copy a store that nobody writes to; what RocksDB never changes is a hard link, where that is possible."""
    target.mkdir()
    for path in store.iterdir():
        copy = _link if path.suffix == ".sst" else shutil.copyfile
        copy(path, target / path.name)


def _link(path: Path | str, target: Path | str) -> None:
    """A second name for a file that nobody changes; a copy where there cannot be one."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def size_of(folder: Path) -> int:
    """Bytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
