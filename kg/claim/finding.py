"""What is wrong with records by the million: counted by kind, a few of each kind shown."""

from dataclasses import dataclass, field

from kg.errors import Place, Problems

__all__ = ["SHOWN", "Findings"]

SHOWN = 5
"""So many problems of one kind are told; of the others, how many there are."""


@dataclass(slots=True)
class Findings:
    """Problems by kind, the first `SHOWN` of each, and how many of each there are."""

    told: dict[str, Problems] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.counts)

    def add(self, kind: str, message: str, place: Place | None, fix: str = "", *, more: int = 0) -> None:
        """Note a problem of a kind, and `more` of that kind that are not shown."""
        self.counts[kind] = self.counts.get(kind, 0) + 1 + more
        told = self.told.setdefault(kind, Problems())
        if len(told) < SHOWN:
            told.add(message, place, fix)

    def extend(self, later: "Findings") -> None:
        """Take over what was found in later records."""
        for kind, count in later.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + count
            told = self.told.setdefault(kind, Problems())
            told += later.told[kind][: SHOWN - len(told)]

    def problems(self) -> Problems:
        """What is told: the problems, and for each kind with others, how many."""
        found = Problems(problem for told in self.told.values() for problem in told)
        for kind, count in self.counts.items():
            if count > len(self.told[kind]):
                found.add(f"{kind}: and {count - len(self.told[kind])} more")
        return found
