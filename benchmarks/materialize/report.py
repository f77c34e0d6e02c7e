"""The results of all runs so far, kept in results.json, and what is written of them: a table and a picture."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.materialize.engines import ENGINES, Case
from benchmarks.materialize.measure import Run
from benchmarks.page import filled, machine
from benchmarks.picture import Bar, Panel, picture

__all__ = ["PAGE", "Results"]

PAGE = Path(__file__).parents[1] / "MATERIALIZE.md"
PICTURE = PAGE.with_name("materialize.svg")
STORE = Path(__file__).with_name("results.json")
_OURS = "pressgraph"
_FORMS = {
    "csv": "CSV",
    "csv-flat": "CSV without line breaks in fields",
    "json": "JSON, one array",
    "ndjson": "NDJSON",
}


class Results:
    """What was measured: by case and engine, of our memory, and why an engine was not run."""

    def __init__(self, found: dict[str, Any]) -> None:
        """Go on from what was found."""
        self._cases: dict[str, dict[str, Any]] = found.get("cases", {})
        self._absent: dict[str, str] = found.get("unavailable", {})
        self._scale: list[dict[str, Any]] = found.get("scale", [])
        self._machine: str = found.get("machine", "")
        self._versions: dict[str, str] = found.get("versions", {})

    @classmethod
    def read(cls) -> "Results":
        """The results that are kept; none if there are none."""
        return cls(json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {})

    def available(self, engine: str, release: str) -> None:
        """Note that an engine is there, in this version; empty for our own."""
        self._absent.pop(engine, None)
        self._versions[engine] = release

    def unavailable(self, engine: str, reason: str) -> None:
        """Note why an engine cannot be run."""
        self._absent[engine] = reason

    def wrong(self, case: Case, engine: str, difference: dict[str, object]) -> None:
        """Note how the output of an engine differs from what it must be."""
        self._cases.setdefault(case.name, {})[engine] = {"difference": difference}

    def add(self, case: Case, engine: str, runs: Sequence[Run]) -> None:
        """Note the runs of an engine."""
        entry = self._cases.setdefault(case.name, {}).setdefault(engine, {})
        entry |= {
            "cpu": [round(run.cpu, 2) for run in runs],
            "wall": [round(run.wall, 2) for run in runs],
            "peak": [round(run.peak) for run in runs],
            "error": next((run.error for run in runs if run.error), ""),
            "date": time.strftime("%Y-%m-%d"),
        }
        self._cases[case.name] |= {"": {"form": case.form, "rows": case.rows, "graphs": case.graphs}}

    def scaled(self, rows: int, setting: str, run: Run) -> None:
        """Note our memory for so many rows."""
        self._scale = [row for row in self._scale if (row["rows"], row["setting"]) != (rows, setting)]
        self._scale.append(
            {"rows": rows, "setting": setting, "cpu": round(run.cpu, 1), "peak": round(run.peak), "error": run.error}
        )
        self._scale.sort(key=lambda row: (row["setting"], row["rows"]))

    def write(self) -> None:
        """Write results.json, the tables of MATERIALIZE.md, and the picture."""
        self._machine = (
            f"{machine('polars')}. Median (least–greatest) of the runs, and the ratio to pressgraph's median."
        )
        found = {
            "machine": self._machine,
            "versions": self._versions,
            "unavailable": self._absent,
            "cases": dict(sorted(self._cases.items())),
            "scale": self._scale,
        }
        STORE.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(self.page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        PICTURE.write_text(self.picture(), encoding="utf-8")

    def page(self, old: str) -> str:
        """The page with its tables written anew between the marks."""
        parts = {"tables": self._tables(), "scale": self._memory(), "wrong": self._differences()}
        return filled(old, parts)

    def picture(self) -> str:
        """Bars of CPU seconds for the largest case of each form, without graphs."""
        panels = []
        for form, title in _FORMS.items():
            cases = [case for case in self._sorted() if case.form == form and not case.graphs]
            if cases:
                found = self._cases[cases[0].name]
                names = [name for name in ENGINES if name in found]
                bars = [Bar(ENGINES[name].title, *_length(found[name]), ours=name == _OURS) for name in names]
                panels.append(Panel(f"{title}, {cases[0].rows:,} rows", bars))
        return picture("CPU seconds for ten triples a row: shorter is better", panels)

    def _sorted(self) -> list[Case]:
        cases = [Case(**found[""]) for found in self._cases.values()]
        forms = list(_FORMS)
        return sorted(cases, key=lambda case: (-case.rows, forms.index(case.form), case.graphs))

    def _tables(self) -> Iterator[str]:
        yield self._machine
        for case in self._sorted():
            found = self._cases[case.name]
            graphs = ", a graph for each row" if case.graphs else ""
            yield f"\n### {_FORMS[case.form]}, {case.rows:,} rows{graphs}\n"
            yield "| engine | CPU | wall | peak memory | quads/s | quads wrong or missing |"
            yield "|---|---|---|---|---|---|"
            for name, engine in ENGINES.items():
                title = f"{engine.title} {self._versions.get(name, '')}".strip()
                if name in found:
                    yield f"| {title} | {' | '.join(_row(found[name], found.get(_OURS)))} |"
            if unable := [engine.title for engine in ENGINES.values() if not engine.does(case)]:
                yield f"\nNot supported: {', '.join(unable)}."
        for name, reason in self._absent.items():
            yield f"\n{ENGINES[name].title} was not run. {reason}"

    def _memory(self) -> Iterator[str]:
        yield "| setting | rows of CSV | peak memory | CPU |"
        yield "|---|---|---|---|"
        for row in self._scale:
            peak = row["error"] or f"{row['peak']} MB"
            yield f"| {row['setting']} | {row['rows']:,} | {peak} | {row['cpu']} s |"

    def _differences(self) -> Iterator[str]:
        for name, engine in ENGINES.items():
            for case in self._sorted():
                found = self._cases[case.name].get(name, {}).get("difference")
                if not found or not (found["wrong"] or found["missing"]):
                    continue
                by = ", ".join(f"{key} {count:,}" for key, count in sorted(found["by"].items(), key=lambda p: -p[1]))
                amount = f"{found['wrong']:,} wrong, {found['missing']:,} missing"
                yield f"\n**{engine.title}**, {case.name}: {amount}. Wrong by predicate: {by or 'none'}.\n"
                yield "```"
                for written, right in found["samples"]:
                    yield f"wrote     {written}\nexpected  {right}"
                yield "```"
                break


def _row(entry: dict[str, Any], ours: dict[str, Any] | None) -> list[str]:
    if entry["error"]:
        return [f"failed: {entry['error'].replace('|', '/')}", "", "", "", ""]
    found = entry.get("difference")
    wrong = f"{found['wrong'] + found['missing']:,}" if found else ""
    if found and (found["wrong"] or found["missing"]):
        wrong = f"{found['wrong']:,} wrong, {found['missing']:,} missing"
    speed = f"{found['made'] / median(entry['wall']):,.0f}" if found else ""
    columns = [_figure(entry, ours, kind, unit) for kind, unit in (("cpu", "s"), ("wall", "s"), ("peak", "MB"))]
    return [*columns, speed, wrong]


def _figure(entry: dict[str, Any], ours: dict[str, Any] | None, kind: str, unit: str) -> str:
    figures = entry[kind]
    middle = median(figures)
    ratio = f" · {middle / median(ours[kind]):.2g}×" if ours and ours is not entry and not ours["error"] else ""
    digits = ".1f" if unit == "s" else ",.0f"
    spread = f" ({min(figures):{digits}}–{max(figures):{digits}})" if len(figures) > 1 else ""
    return f"{middle:{digits}} {unit}{spread}{ratio}"


def _length(entry: dict[str, Any]) -> tuple[float, str]:
    """How long a bar is, and what stands at its end."""
    if entry["error"]:
        return 0.0, entry["error"] if entry["error"].startswith("more than") else "failed"
    seconds = median(entry["cpu"])
    found = entry.get("difference", {"wrong": 0, "missing": 0, "made": 1})
    share = max(found["wrong"], found["missing"]) / max(found["made"], 1)
    return seconds, f"{seconds:.1f} s" + (f", {share:.2%} of the quads wrong" if share else "")
