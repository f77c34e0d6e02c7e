"""Files that are handed out: those of the snapshot that is served, and those of its neighbours, the older ones."""

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from kg.errors import UsageError

__all__ = ["DUMPS", "Dump", "Release", "neighbour", "neighbours", "read_release"]

# Files of a snapshot that are handed out, and their media types.
DUMPS = {
    "graph.trig": "application/trig",
    "graph.nq": "application/n-quads",
    "graph.jsonld": "application/ld+json",
    "graph.ttl": "text/turtle",
}
_MANIFEST = "manifest.json"
# A snapshot is called by the beginning of a hash in hexadecimal.
_NAME = re.compile(r"[0-9a-f]{16}")
_READ = 1000


@dataclass(frozen=True, slots=True)
class Dump:
    """A file that is handed out. path: where it lies. bytes: its size. sha256: of its content, in hexadecimal.

    date: when the snapshot was finished, in whole seconds.
    """

    path: Path
    media_type: str
    bytes: int
    sha256: str
    date: datetime

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.path.name

    @property
    def size(self) -> str:
        """The size for people, in units of 1,000 bytes."""
        size, units = float(self.bytes), ["B", "kB", "MB", "GB", "TB"]
        while size >= 1000 and len(units) > 1:
            size, units = size / 1000, units[1:]
        return f"{size:.0f} {units[0]}"


@dataclass(frozen=True, slots=True)
class Release:
    """A snapshot as it is handed out. date: when it was finished, in UTC. dumps: its files by name."""

    name: str
    date: datetime
    dumps: Mapping[str, Dump]


def read_release(folder: Path) -> Release:
    """The files of a snapshot as its manifest lists them; raises UsageError without one."""
    manifest = folder / _MANIFEST
    try:
        return _read(folder, manifest.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} is no snapshot: its manifest.json cannot be read") from error


def neighbours(folder: Path) -> list[Release]:
    """The other snapshots that lie beside one, the latest first; what is no snapshot is left out."""
    names = [other.name for other in _shelf(folder).glob("*") if other != folder]
    found = [release for name in names if (release := neighbour(folder, name))]
    return sorted(found, key=lambda release: (release.date, release.name), reverse=True)


def neighbour(folder: Path, name: str) -> Release | None:
    """The snapshot of a name that lies beside another one; None where there is none."""
    if _NAME.fullmatch(name):
        with contextlib.suppress(UsageError):
            return read_release(_shelf(folder) / name)
    return None


def _shelf(folder: Path) -> Path:
    """The folder of the snapshots; versions of a working copy lie beside it, in `working/versions`."""
    return folder.parents[2] / "snapshots" if folder.parent.name == "versions" else folder.parent


# A manifest never changes, and there may be many: each is read once.
@lru_cache(_READ)
def _read(folder: Path, modified: int) -> Release:
    listed = json.loads((folder / _MANIFEST).read_bytes())["files"]
    date = datetime.fromtimestamp(modified // 1_000_000_000, UTC)
    dumps = {
        name: Dump(folder / name, media_type, int(listed[name]["bytes"]), str(listed[name]["sha256"]), date)
        for name, media_type in DUMPS.items()
        if name in listed
    }
    return Release(folder.name, date, dumps)
