"""A project: the folder that holds sources, mappings, ontology and questions, and where its snapshots lie."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kg.errors import UsageError

__all__ = ["DEFAULT_BASE", "Project", "bundled", "example", "find_project"]

DEFAULT_BASE = "https://w3id.org/pressgraph/"

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Project:
    """A folder with `sources/`, and `mappings/`, `ontology/` and `queries/` where it does not use the bundled ones.

    root: the folder. bundled: whether it came with the package, so that nothing is written into it.
    """

    root: Path
    bundled: bool = False

    def part(self, name: str) -> Path:
        """The project's own folder or file of that name, else the one that came with the package."""
        own = self.root / name
        return own if own.exists() else bundled().root / name

    def root_of(self, path: Path) -> Path:
        """The folder that messages and the graph name a part's files relative to: this one's or the bundled one's."""
        return self.root if path.is_relative_to(self.root) else bundled().root

    @cached_property
    def snapshots(self) -> Path:
        """The folder of the project's snapshots: `.kg/` inside it, or the user's data folder for the bundled one."""
        if not self.bundled and os.access(self.root, os.W_OK):
            return self.root / ".kg"
        data = os.environ.get("XDG_DATA_HOME") or (Path.home() / ".local" / "share")
        return Path(data) / "pressgraph"

    def relative(self, path: Path) -> str:
        """A path as messages name it: relative to the project where it lies below it."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


def bundled() -> Project:
    """The project inside the package; in a checkout, the checkout itself."""
    inside = _PACKAGE / "bundled"
    return Project(inside, bundled=True) if inside.is_dir() else Project(_PACKAGE.parent)


def example() -> Path:
    """The folder of the small fictional project that `kg init --example` copies."""
    return _PACKAGE / "example"


def find_project(given: Path | None, start: Path) -> Project:
    """The project that is given, else the nearest folder from `start` upward with `sources/`, else the bundled one.

    Raises `UsageError` when the given folder has no `sources/`.
    """
    if given is not None:
        root = given.resolve()
        if not (root / "sources").is_dir():
            raise UsageError(f"{given} is no project: it has no folder sources/. Start one with: kg init {given}")
        return Project(root)
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "sources").is_dir():
            return Project(folder)
    return bundled()
