"""What is to be reached, and whether it was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

__all__ = ["Floor", "floors"]

_RDFLIB = ("rdflib-memory", "rdflib-oxigraph")
_OTHER = {"oxigraph": ("oxigraph",), "rdflib": _RDFLIB}


@dataclass(frozen=True, slots=True)
class Floor:
    """A figure that is to be reached."""

    what: str
    wanted: str
    told: str
    reached: bool


@dataclass(frozen=True, slots=True)
class _Ratio:
    """How many times as fast as somebody else we are to be, for each of some shapes."""

    what: str
    dataset: str
    kind: str
    shapes: tuple[str, ...]
    other: str
    least: float


_ALL = ("point", "join", "optional", "group", "path", "contains", "construct", "select")
_RATIOS = (
    _Ratio(
        "repeated queries, the article, 8 clients, against `oxigraph serve`", "article", "same-8", _ALL, "oxigraph", 0.9
    ),
    *(
        _Ratio(
            f"never-seen point lookups, {title}, {clients}, against rdflib-endpoint",
            dataset,
            kind,
            ("point",),
            "rdflib",
            2,
        )
        for dataset, title in (("article", "the article"), ("large", "2 M quads"))
        for kind, clients in (("fresh-1", "1 client"), ("fresh-8", "8 clients"))
    ),
    _Ratio(
        "never-seen scans, CONSTRUCT and full SELECT, 2 M quads, against rdflib-endpoint",
        "large",
        "fresh-1",
        ("group", "contains", "construct", "select"),
        "rdflib",
        40,
    ),
    _Ratio("100,000 rows, 1 client, against `oxigraph serve`", "large", "fresh-1", ("select",), "oxigraph", 1 / 1.15),
)


def floors(found: Mapping[str, Any]) -> Iterator[Floor]:
    """What can be said of the results."""
    for ratio in _RATIOS:
        ratios = {shape: value for shape in ratio.shapes if (value := _ratio(found, ratio, shape)) is not None}
        if ratios:
            told = ", ".join(f"{shape} {value:.2g}×" for shape, value in ratios.items())
            yield Floor(ratio.what, f"≥ {ratio.least:.2g}×", told, min(ratios.values()) >= ratio.least)
    for part, floor in _OTHERS.items():
        if found.get(part):
            yield from floor(found[part])


def _ratio(found: Mapping[str, Any], wanted: _Ratio, shape: str) -> float | None:
    """How many times the best of the others we reach: the median of the runs, each taken with its own."""
    servers = found["loads"].get(wanted.dataset, {}).get(shape, {})
    ours = _rates(servers.get("pressgraph"), wanted.kind)
    ratios = [
        median(mine / its for mine, its in zip(ours, theirs, strict=False) if its)
        for name in _OTHER[wanted.other]
        if (theirs := _rates(servers.get(name), wanted.kind))
    ]
    return min(ratios) if ours and ratios else None


def _rates(entry: Mapping[str, Any] | None, kind: str) -> list[float]:
    if entry is None:
        return []
    if kind in entry["kinds"]:
        return list(entry["kinds"][kind]["rate"])
    return [1 / seconds for seconds in entry["once"] if seconds]


def _memory(found: Mapping[str, Any]) -> Iterator[Floor]:
    if ours := found.get("pressgraph"):
        more = ours["more"]
        yield Floor("100,000 rows: more memory in the front process", "< 10 MB", f"{more:.1f} MB", more < 10)


def _loading(found: Mapping[str, Any]) -> Iterator[Floor]:
    for name, title in (("wall", "time"), ("cpu", "CPU seconds")):
        ratio = median(ours[name] / bulk[name] for ours, bulk in zip(found["ours"], found["bulk"], strict=True))
        yield Floor(f"loading 2 M quads against `bulk_load`: {title}", "≤ 1.5×", f"{ratio:.2f}×", ratio <= 1.5)


def _fairness(found: Mapping[str, Any]) -> Iterator[Floor]:
    if not (ours := found.get("pressgraph")):
        return
    health, point, idle = ours["health"], ours["point"], ours["point_idle"]
    told = "no answer" if health is None else f"{health:.1f} ms"
    yield Floor("200 slow queries at once: health, p95", "< 50 ms", told, health is not None and health < 50)
    told = "no answer" if point is None else f"{point:.1f} ms, {point / idle:.1f}×"
    reached = point is not None and point < 3 * idle
    yield Floor("200 slow queries at once: point query of another client, p95", "< 3× idle", told, reached)
    refused = ours["statuses"].get("503", 0)
    told = f"{refused} refused, {ours['told']} told when to come back"
    yield Floor("200 slow queries at once: 503 with Retry-After", "all refused", told, 0 < refused == ours["told"])


_OTHERS: dict[str, Callable[[Mapping[str, Any]], Iterator[Floor]]] = {
    "memory": _memory,
    "loading": _loading,
    "fairness": _fairness,
}
