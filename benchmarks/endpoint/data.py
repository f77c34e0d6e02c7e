"""The data that is served: the bundled article, and facts that are made up, in the same shape; built once, and kept."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.facts import lay_out
from kg.pipeline import current, fresh
from kg.project import Project, bundled

__all__ = ["DATASETS", "TOP", "Data", "kg"]

TOP = Path(__file__).resolve().parents[2]
_CLAIM = re.compile(rb"<([^>]*)> <[^>]*#type> <[^>]*#Claim> \.\n")
# IRIs of each kind that queries name.
_SOME = 2000


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A data set. facts: that are made up; 0 for the bundled article."""

    title: str
    facts: int


DATASETS = {
    "article": _Wanted("The article", 0),
    "large": _Wanted("Two million quads", 50_000),
}


@dataclass(frozen=True)
class Data:
    """A data set that is built. home: folder of its snapshots. project: what it was built from, None for the bundled
    one.
    """

    name: str
    home: Path
    project: Path | None

    @classmethod
    def build(cls, name: str, cache: Path) -> "Data":
        """Build the data set where that has not been done."""
        folder, facts = cache / name, DATASETS[name].facts
        project = folder / "project" if facts else None
        made = cls(name, folder / "data", project)
        if project is not None and not (project / "sources").is_dir():
            lay_out(project, facts)
        # The first build of facts that machines send leaves a lock beside them, which is a reason for another one.
        while fresh(bundled() if project is None else Project(project), made.home) is None:
            texts = {} if project is None else {"KG_TEXTS": str(project / "texts")}
            subprocess.run(
                kg(made, "build"),
                cwd=TOP,
                env={**os.environ, "PYTHONPATH": str(TOP), **texts},
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        return made

    @cached_property
    def folder(self) -> Path:
        """The folder of the snapshot."""
        snapshot = current(self.home)
        assert snapshot is not None
        return snapshot.folder

    @property
    def quads(self) -> Path:
        """All of it as N-Quads."""
        return self.folder / "graph.nq"

    @property
    def key(self) -> str:
        """What tells it from any other content."""
        snapshot = current(self.home)
        assert snapshot is not None
        return str(snapshot.manifest["files"]["graph.nq"]["sha256"])[:16]

    @cached_property
    def count(self) -> int:
        """How many quads it has."""
        snapshot = current(self.home)
        assert snapshot is not None
        return int(snapshot.manifest["quads"])

    @cached_property
    def claims(self) -> list[str]:
        """IRIs of claims, from everywhere in it."""
        found = [match[1].decode() for match in _CLAIM.finditer(self.quads.read_bytes())]
        return found[:: max(1, len(found) // _SOME)]

    @cached_property
    def articles(self) -> list[str]:
        """IRIs of the articles of `claims`."""
        parts = (claim.replace("/claim/", "/article/", 1).rpartition("/")[0] for claim in self.claims)
        return sorted(set(parts))


def kg(data: Data, *arguments: str) -> list[str]:
    """The command `kg` for a data set."""
    project = [] if data.project is None else ["--project", str(data.project)]
    return [sys.executable, "-m", "kg", *project, "--data", str(data.home), *arguments]
