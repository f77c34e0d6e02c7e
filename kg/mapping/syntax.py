"""What can be said of the paths of a mapping without its sources."""

from collections.abc import Sequence
from itertools import chain

from kg.errors import Place, Problems
from kg.mapping.model import LogicalSource, TriplesMap
from kg.mapping.source import path_problems
from kg.mapping.statement import statements

__all__ = ["check_paths"]


def check_paths(triples_maps: Sequence[TriplesMap], problems: Problems) -> None:
    """Note every iterator and every reference that is no JSONPath or XPath where the formulation asks for one."""
    parents = {triples_map.name: triples_map for triples_map in triples_maps}
    used: dict[LogicalSource, dict[str, Place]] = {}
    for triples_map in triples_maps:
        stated = list(statements(triples_map, parents))
        own = chain(triples_map.subjects, *(one.term_maps for one in stated))
        found = [(source, term_map) for term_map in own for source in triples_map.sources]
        joined = {at for one in stated for at in one.joined if at.parent in parents}
        found += [(source, join.parent) for at in joined for join in at.joins for source in parents[at.parent].sources]
        for source, term_map in found:
            for name in term_map.references:
                used.setdefault(source, {}).setdefault(name, term_map.place)
    problems += dict.fromkeys(one for source, references in used.items() for one in path_problems(source, references))
