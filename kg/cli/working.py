"""The working copy, served so that it can be changed."""

from collections.abc import Callable
from pathlib import Path

from kg.errors import UsageError
from kg.graph.working import WorkingCopy, current_version, working_copy
from kg.web import serve
from kg.web.pool.token import Token
from kg.web.pool.writer import Writable
from kg.web.settings import Settings

__all__ = ["refuse_options", "serve_working_copy", "tell_of_working_copy"]

Tell = Callable[[str], None]


def refuse_options(*, writable: bool, watch: bool, fresh: bool, token_file: Path | None) -> None:
    """Raise UsageError for options that do not go together."""
    for name, given in (("--fresh", fresh), ("--token-file", token_file is not None)):
        if given and not writable:
            raise UsageError(f"{name} says how a working copy is served: write --writable as well")
    if watch and writable:
        raise UsageError("--watch serves what is built, and --writable a copy that builds do not change: choose one")


def serve_working_copy(
    home: Path,
    snapshot: Path,
    token: Token,
    settings: Settings,
    *,
    fresh: bool,
    tell: Tell,
    ready: Tell,
) -> None:
    """Serve the working copy in a folder of snapshots, which begins with a snapshot, until a signal comes.

    Raises UsageError where another server holds the copy.
    """
    with working_copy(home, snapshot, fresh=fresh) as copy:
        for line in _told(copy, snapshot):
            tell(line)
        serve(lambda: copy.version, settings, ready, Writable(copy, token))


def _told(copy: WorkingCopy, snapshot: Path) -> list[str]:
    """What is served: the same snapshot, or an older one, and how much it was changed."""
    if not copy.changes:
        return [f"a working copy of snapshot {copy.origin}, not changed yet, in {copy.folder}"]
    lines = [f"going on with the working copy of snapshot {copy.origin}, {_changes(copy.changes)}, in {copy.folder}"]
    if copy.origin != snapshot.name:
        lines.append(f"snapshot {snapshot.name} is newer, and not in it; to begin with that: --writable --fresh")
    return lines


def _changes(number: int) -> str:
    return "1 change" if number == 1 else f"{number:,} changes"


def tell_of_working_copy(home: Path, tell: Tell) -> None:
    """Say that a working copy is not what is served, where there is one that was changed."""
    version = current_version(home / "working")
    if version is not None and (number := WorkingCopy(version.parent.parent, version).changes):
        tell(f"serving the snapshot, not the working copy with its {_changes(number)}; that is served by --writable")
