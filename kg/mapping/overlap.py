"""Files that a run would write over what it reads, or write twice."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from kg.errors import UsageError
from kg.mapping.model import LogicalSource, TriplesMap
from kg.mapping.output import Targets
from kg.mapping.source import Reading, file_of
from kg.mapping.statement import statements

__all__ = ["check_overlap"]


def check_overlap(
    maps: Sequence[TriplesMap], reading: Reading, read: Iterable[Path], written: Iterable[Path], targets: Targets
) -> None:
    """Raise `UsageError` where a file would be written twice, or over one that is read.

    read: what is read besides the sources of the triples maps. written: what is written besides their targets.
    """
    used = [*read, *(path for source in _sources(maps) if (path := file_of(source, reading)) is not None)]
    known = {path.resolve(): "is read by this run" for path in used}
    parents = {triples_map.name: triples_map for triples_map in maps}
    to = {target for one in maps for statement in statements(one, parents) for target in statement.targets}
    for path in [*written, *sorted({targets.path(target) for target in to})]:
        if path.resolve() in known:
            raise UsageError(f"cannot write {path}: it {known[path.resolve()]}; give each file its own name")
        known[path.resolve()] = "is written already"


def _sources(maps: Iterable[TriplesMap]) -> list[LogicalSource]:
    """All sources, those under views too."""
    found = [source for triples_map in maps for source in triples_map.sources]
    for source in found:
        if source.view is not None:
            found += [source.view.on, *(join.parent for join in source.view.joins)]
    return found
