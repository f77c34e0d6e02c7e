"""The results of all runs so far, kept in results.json, and what is written of them: tables and a picture."""

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.endpoint.data import DATASETS
from benchmarks.endpoint.fairness import MANY, Fairness
from benchmarks.endpoint.floors import floors
from benchmarks.endpoint.load import Answer, Load
from benchmarks.endpoint.loading import Loaded
from benchmarks.endpoint.memory import Peak
from benchmarks.endpoint.servers import SERVERS
from benchmarks.endpoint.shapes import SHAPES
from benchmarks.page import filled, machine
from benchmarks.picture import Bar, Panel, picture

__all__ = ["PAGE", "PICTURE", "Results"]

PAGE = Path(__file__).parents[1] / "ENDPOINT.md"
PICTURE = PAGE.with_name("endpoint.svg")
STORE = Path(__file__).with_name("results.json")
_OURS = "pressgraph"
# How it was asked: the key in the results, and the title.
KINDS = {
    "fresh-1": "never-seen queries, 1 client",
    "fresh-8": "never-seen queries, 8 clients",
    "same-1": "a repeated query, 1 client",
    "same-8": "a repeated query, 8 clients",
}


class Results:
    """What was measured: by data set, shape, server and kind of load; of memory, loading and fairness."""

    def __init__(self, found: dict[str, Any]) -> None:
        """Go on from what was found."""
        self.found: dict[str, Any] = {
            "machine": "",
            "versions": {},
            "unavailable": {},
            "sizes": {},
            "loads": {},
            "memory": {},
            "loading": {},
            "fairness": {},
            **found,
        }
        self._begun: set[tuple[str, ...]] = set()

    @classmethod
    def read(cls) -> "Results":
        """The results that are kept; none if there are none."""
        return cls(json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {})

    def available(self, server: str, release: str) -> None:
        """Note that a server is there, in this version; empty for our own."""
        self.found["unavailable"].pop(server, None)
        self.found["versions"][server] = release

    def unavailable(self, server: str, reason: str) -> None:
        """Note why a server cannot be run."""
        self.found["unavailable"][server] = reason

    def sized(self, dataset: str, quads: int) -> None:
        """Note how many quads a data set has."""
        self.found["sizes"][dataset] = quads

    def rows(self, dataset: str, shape: str, server: str, rows: int) -> None:
        """Note how many rows a server answers, -1 for an error; begins its results anew."""
        shapes = self.found["loads"].setdefault(dataset, {}).setdefault(shape, {})
        if (dataset, shape, server) not in self._begun:
            self._begun.add((dataset, shape, server))
            shapes[server] = {"rows": rows, "date": time.strftime("%Y-%m-%d"), "once": [], "kinds": {}}

    def once(self, dataset: str, shape: str, server: str, answer: Answer) -> None:
        """Note an answer that takes so long that it is asked for once."""
        seconds = round(answer.seconds, 2) if math.isfinite(answer.seconds) else None
        self.found["loads"][dataset][shape][server]["once"].append(seconds)

    def loaded(self, dataset: str, shape: str, server: str, took: Load, *, clients: int, fresh: bool) -> None:
        """Note a load."""
        kinds = self.found["loads"][dataset][shape][server]["kinds"]
        entry = kinds.setdefault(f"{'fresh' if fresh else 'same'}-{clients}", {"rate": [], "p95": [], "wrong": 0})
        entry["rate"].append(round(took.rate, 1))
        entry["p95"].append(round(took.p95, 2))
        entry["wrong"] += took.wrong

    def peaked(self, server: str, peak: Peak) -> None:
        """Note the memory of a server."""
        self.found["memory"][server] = {"whole": round(peak.whole), "more": round(peak.more, 1)}

    def filled(self, took: Mapping[str, Loaded]) -> None:
        """Note how long loading took, each way."""
        if ("loading",) not in self._begun:
            self._begun.add(("loading",))
            self.found["loading"] = {}
        for way, one in took.items():
            rounded = {name: round(value, 2) for name, value in asdict(one).items()}
            self.found["loading"].setdefault(way, []).append(rounded)

    def fair(self, server: str, fair: Fairness) -> None:
        """Note what other clients saw."""
        rounded = {
            name: (round(value, 1) if math.isfinite(value) else None) if isinstance(value, float) else value
            for name, value in asdict(fair).items()
        }
        self.found["fairness"][server] = rounded

    def write(self) -> None:
        """Write results.json, the tables of ENDPOINT.md, and the picture."""
        self.found["machine"] = (
            f"{machine()}. Answers a second: the median of the runs, and the ratio of the runs to pressgraph's, taken"
            f" in turn."
        )
        STORE.write_text(json.dumps(self.found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(self.page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        PICTURE.write_text(self.picture(), encoding="utf-8")

    def page(self, old: str) -> str:
        """The page with its tables written anew between the marks."""
        parts = {
            "floors": self.summary(),
            "tables": self._tables(),
            "memory": self._memory(),
            "loading": self._loading(),
            "fairness": self._fairness(),
        }
        return filled(old, parts)

    def summary(self) -> Iterator[str]:
        """What was to be reached, and what was."""
        yield "| what | to reach | measured | |"
        yield "|---|---|---|---|"
        for floor in floors(self.found):
            yield f"| {floor.what} | {floor.wanted} | {floor.told} | {'reached' if floor.reached else '**missed**'} |"

    def picture(self) -> str:
        """Bars of answers a second to one client that asks for what was never asked, of the larger data set."""
        found = self.found["loads"].get("large", {})
        panels = []
        for shape, title in ((name, shape.title) for name, shape in SHAPES.items()):
            rates = {name: _rate(found[shape][name], "fresh-1") for name in SERVERS if name in found.get(shape, {})}
            if rates:
                bars = [
                    Bar(SERVERS[name].title, rate or 0, _told(rate), ours=name == _OURS) for name, rate in rates.items()
                ]
                panels.append(Panel(title, bars))
        return picture("Answers a second, two million quads, one client, never-seen queries: longer is better", panels)

    def _tables(self) -> Iterator[str]:
        yield self.found["machine"]
        for dataset, wanted in DATASETS.items():
            shapes = self.found["loads"].get(dataset, {})
            for kind, title in KINDS.items():
                names = [name for name in SERVERS if any(_rate(s.get(name), kind) for s in shapes.values())]
                if not names:
                    continue
                yield f"\n### {wanted.title}, {self.found['sizes'][dataset]:,} quads: {title}\n"
                yield f"| query | {' | '.join(self._title(name) for name in names)} |"
                yield f"|---{'|---' * len(names)}|"
                for shape in (name for name in SHAPES if name in shapes):
                    cells = " | ".join(_cell(shapes[shape].get(name), shapes[shape].get(_OURS), kind) for name in names)
                    yield f"| {SHAPES[shape].title} | {cells} |"
        yield from self._different()
        for name, reason in self.found["unavailable"].items():
            yield f"\n{SERVERS[name].title} was not run. {reason}"

    def _title(self, name: str) -> str:
        return f"{SERVERS[name].title} {self.found['versions'].get(name, '')}".strip()

    def _different(self) -> Iterator[str]:
        """Answers with another number of rows than ours."""
        for dataset, shapes in self.found["loads"].items():
            for shape, servers in shapes.items():
                wanted = servers.get(_OURS, {}).get("rows")
                for name, entry in servers.items():
                    if wanted is not None and entry["rows"] != wanted:
                        told = f"{entry['rows']:,} rows in place of {wanted:,}" if entry["rows"] >= 0 else "no answer"
                        yield f"\n{SERVERS[name].title}, {dataset}, {SHAPES[shape].title}: {told}."

    def _memory(self) -> Iterator[str]:
        yield "| server | all its processes | more in the first one than before |"
        yield "|---|---|---|"
        for name, entry in self.found["memory"].items():
            yield f"| {self._title(name)} | {entry['whole']:,} MB | {entry['more']:.1f} MB |"

    def _loading(self) -> Iterator[str]:
        yield "| way | time | CPU | peak memory | size of the store |"
        yield "|---|---|---|---|---|"
        titles = {"ours": "pressgraph: filled, compacted, copied, flushed", "bulk": "pyoxigraph's `bulk_load` alone"}
        for way, runs in self.found["loading"].items():
            wall, cpu, peak, size = (median(run[name] for run in runs) for name in ("wall", "cpu", "peak", "size"))
            yield f"| {titles[way]} | {wall:.1f} s | {cpu:.1f} s | {peak:,.0f} MB | {size:,.0f} MB |"

    def _fairness(self) -> Iterator[str]:
        yield "| server | health, p95 | point query, p95 | answered meanwhile | processes, threads | memory |"
        yield "|---|---|---|---|---|---|"
        for name, entry in self.found["fairness"].items():
            statuses = ", ".join(f"{count} × {status}" for status, count in entry["statuses"].items()) or "none"
            told = f", {entry['told']} with Retry-After" if entry["told"] else ""
            yield (
                f"| {self._title(name)} | {_from_to(entry['health_idle'], entry['health'])} "
                f"| {_from_to(entry['point_idle'], entry['point'])} | {statuses}{told}, of {MANY} "
                f"| {entry['processes']}, {entry['threads']} | {entry['memory']:,.0f} MB |"
            )


def _from_to(idle: float | None, busy: float | None) -> str:
    told = ["no answer" if value is None else f"{value:.1f} ms" for value in (idle, busy)]
    return " → ".join(told)


def _rate(entry: dict[str, Any] | None, kind: str) -> float | None:
    """Answers a second; None where they were not measured, or did not come."""
    if entry is None or entry["rows"] < 0:
        return None
    if kind in entry["kinds"]:
        return float(median(entry["kinds"][kind]["rate"]))
    seconds = [value for value in entry["once"] if value]
    return 1 / median(seconds) if kind == "fresh-1" and seconds else None


def _told(rate: float | None) -> str:
    if not rate:
        return "no answer"
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.1f}/s" if rate >= 1 else f"one in {1 / rate:.1f} s"


def _cell(entry: dict[str, Any] | None, ours: dict[str, Any] | None, kind: str) -> str:
    rate = _rate(entry, kind)
    if entry is None or rate is None:
        return "" if entry is None or (entry["once"] and kind != "fresh-1") else _told(None)
    wrong = entry["kinds"].get(kind, {}).get("wrong", 0)
    base = _rate(ours, kind)
    ratio = f" · {rate / base:.2g}×" if base and entry is not ours else ""
    return f"{_told(rate)}{ratio}{f' ({wrong:,} errors)' if wrong else ''}"
