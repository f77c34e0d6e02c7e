"""Measure facts and claims in bulk, and write the table of benchmarks/FACTS.md.

    python -m benchmarks.facts [--facts 1000000] [--runs 3] [--texts]

Articles of ten facts each are made up, the same for the same seed, with fields of the bundled mappings' kinds and
quotes that stand in made-up texts. Each run is a process of its own; the figures are of the whole process.
"""

import argparse
import hashlib
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.article import Field, Kind, write_facts_lock
from kg.pipeline import Content, read_content, sent_facts
from kg.project import Project, bundled

TOP = Path(__file__).resolve().parent.parent
SEED = 20100613
FACTS_EACH = 10
WORDS = [
    "le",
    "la",
    "un",
    "une",
    "des",
    "port",
    "ville",
    "conseil",
    "accord",
    "région",
    "sécurité",
    "ministre",
    "sommet",
    "été",
    "déclaré",
    "“selon”",
    "l’État",
    "centre",
    "coopération",
    "frontière",
    "d’Asie",
    "juin",
    "porte-parole",
    "réunion",
    "centrale",
    "pays",
    "membre",
    "signé",
    "prévu",
    "avant",
    "après",
    "contre",
]
# A value for a datatype, by its local name.
VALUES = {
    "integer": ("2", "17", "2001", "120000"),
    "gYear": ("1996", "2001", "2010"),
    "gMonth": ("--04", "--06", "--11"),
    "gMonthDay": ("--06-09", "--06-15", "--12-31"),
    "gYearMonth": ("2004-01", "2010-06"),
    "date": ("2001-06-15", "2010-06-13"),
    "boolean": ("true", "false"),
}


@dataclass(frozen=True)
class Text:
    """A made-up text and the positions of its sentences."""

    text: str
    sentences: list[tuple[int, int]]

    def span(self, dice: random.Random) -> dict[str, Any]:
        """Some words of one sentence, where they stand."""
        number = dice.randrange(len(self.sentences))
        start, end = self.sentences[number]
        words = [(m.start() + start, m.end() + start) for m in re.finditer(r"\S+", self.text[start:end])]
        first = dice.randrange(len(words))
        last = min(len(words), first + dice.randint(1, 5)) - 1
        begin, stop = words[first][0], words[last][1]
        return {"start": begin, "end": stop, "quote": self.text[begin:stop], "sentence": number + 1}


def make_text(dice: random.Random) -> Text:
    """A text of some 1,500 characters."""
    sentences, parts, at = [], [], 0
    for _ in range(10):
        sentence = " ".join(dice.choices(WORDS, k=dice.randint(15, 30))).capitalize() + "."
        sentences.append((at, at + len(sentence)))
        parts.append(sentence)
        at += len(sentence) + 1
    return Text(" ".join(parts), sentences)


@dataclass(frozen=True)
class Cast:
    """Entities by the role that they may have: in a field of a kind, or as a voice; of the classes seen there."""

    roles: Mapping[tuple[str, str], list[str]]

    @classmethod
    def of(cls, content: Content) -> "Cast":
        """Of a project's facts: any entity of a class that one of them has in a role may have it."""
        classes: dict[tuple[str, str], set[str]] = {}
        for record in content.records():
            named = [(name, record.get(name)) for name in content.kinds[record["kind"]].fields]
            for role, held in (((record["kind"], name), value) for name, value in named):
                for entity in held if isinstance(held, list) else [held]:
                    if isinstance(entity, str) and entity in content.registry:
                        classes.setdefault(role, set()).add(content.registry[entity].type)
            for voice in record["voices"]:
                classes.setdefault(VOICE, set()).add(content.registry[voice["entity"]].type)
        return cls(
            {
                role: sorted(known.id for known in content.registry.values() if known.type in types)
                for role, types in classes.items()
            }
        )


VOICE = ("", "voice")


def value(kind: Kind, field: Field, said: str, cast: Cast, dice: random.Random) -> str:
    """Something for a field."""
    if field.type == "entity":
        return dice.choice(cast.roles[kind.name, field.name])
    return dice.choice(VALUES[field.datatype.rpartition("#")[2]]) if field.datatype in _DATATYPES else said


_DATATYPES = {f"http://www.w3.org/2001/XMLSchema#{name}" for name in VALUES}


def make_fact(slug: str, number: int, kind: Kind, text: Text, cast: Cast, dice: random.Random) -> dict[str, Any]:
    """A fact as a machine sends it: two in five by voices, one in five of two segments."""
    spans = sorted((text.span(dice) for _ in range(1 + (dice.random() < 0.2))), key=lambda span: span["start"])
    if len(spans) == 2 and spans[1]["start"] < spans[0]["end"]:
        del spans[1]
    voices = []
    for entity in dice.sample(cast.roles[VOICE], k=dice.choice((0, 0, 0, 1, 2))):
        cue = text.span(dice)
        voices.append({"entity": entity, "cue": cue.pop("quote"), **cue})
    quote = spans[0]["quote"]
    record: dict[str, Any] = {"article": slug, "id": f"{kind.name}-{number}", "kind": kind.name}
    record |= {name: value(kind, field, quote, cast, dice) for name, field in kind.fields.items()}
    record |= {"sentence": spans[0]["sentence"], "passages": spans, "voices": voices}
    return record


def make_records(
    count: int, kinds: Mapping[str, Kind], cast: Cast
) -> Iterator[tuple[dict[str, Any], Text, list[dict[str, Any]]]]:
    """Articles with their texts and facts."""
    dice = random.Random(SEED)  # noqa: S311 - made-up facts, not secrets
    plain = [
        kind
        for kind in kinds.values()
        if all(
            field.type != "claim" and (field.type != "entity" or (kind.name, field.name) in cast.roles)
            for field in kind.fields.values()
        )
    ]
    for number in range(count // FACTS_EACH):
        slug = f"article-{number:06}"
        text = make_text(dice)
        facts = [make_fact(slug, n, dice.choice(plain), text, cast, dice) for n in range(FACTS_EACH)]
        head = {
            "article": slug,
            "language": "fr",
            "headline": text.text[:40],
            "rights": "quotes",
            "length": len(text.text),
            "sentences": len(text.sentences),
            "sha256": hashlib.sha256(text.text.encode()).hexdigest(),
        }
        yield head, text, facts


def lay_out(folder: Path, count: int) -> None:
    """A project with the bundled registry and mappings, and made-up facts with their texts."""
    facts = folder / "sources/facts"
    facts.mkdir(parents=True)
    (folder / "texts").mkdir()
    for name in ("dataset.yaml", "entities.yaml"):
        shutil.copy(bundled().root / "sources" / name, folder / "sources" / name)
    content = read_content(bundled())
    with (
        (facts / "articles.ndjson").open("w", encoding="utf-8") as heads,
        (facts / "sent.ndjson").open("w", encoding="utf-8") as out,
    ):
        for head, text, records in make_records(count, content.kinds, Cast.of(content)):
            (folder / "texts" / f"{head['article']}.txt").write_text(text.text, encoding="utf-8", newline="")
            heads.write(json.dumps(head, ensure_ascii=False) + "\n")
            out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def run(folder: Path, out: Path) -> None:
    """Make the quads of a project's facts: what is measured."""
    with out.open("wb") as file:
        told = sent_facts(read_content(Project(folder)), file)
    problems = told.findings.problems()
    problems.stop_if_any()
    for path, lock in told.locks.items():
        write_facts_lock(path, lock)
    print(json.dumps(dict(told.counts)))


@dataclass(frozen=True)
class Measured:
    """One run of a process: seconds by the clock and of the processor, MB at the peak, what it counted."""

    seconds: float
    cpu: float
    memory: float
    counts: dict[str, int]


def measured(folder: Path, out: Path, *, texts: bool) -> Measured:
    """Run the job in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(TOP), "KG_TEXTS": str(folder / "texts") if texts else ""}
    line = [sys.executable, "-m", "benchmarks.facts", "--run", str(folder), str(out)]
    start = time.perf_counter()
    process = subprocess.Popen(line, cwd=TOP, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as out_of_it:
        told = out_of_it.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(line)} ended with {process.returncode}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.loads(told))


def row(name: str, runs: list[Measured]) -> str:
    """A row of the table: medians, the greatest memory."""
    quads = runs[0].counts["quads"]
    seconds = statistics.median(run.seconds for run in runs)
    cpu = statistics.median(run.cpu for run in runs)
    return (
        f"| {name} | {quads / 1e6:.1f} M | {seconds:.1f} s | {cpu:.1f} s | {quads / seconds / 1e6:.2f} M | "
        f"{quads / cpu / 1e6:.2f} M | {max(run.memory for run in runs):.0f} MB |"
    )


def table(facts: int, runs: int) -> list[str]:
    """The rows of the table."""
    rows = [
        "| job | quads | time | CPU time | quads a second | quads a CPU second | peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as place:
        sizes = (facts // 10, facts)
        for size in sizes:
            folder = Path(place) / str(size)
            lay_out(folder, size)
            jobs = {"every quote compared with its text": True, "the lock vouches for the quotes": False}
            for name, texts in jobs.items():
                done = [measured(folder, Path(os.devnull), texts=texts) for _ in range(runs)]
                rows.append(row(f"{size:,} facts, {name}", done))
        done = [measured(folder, Path(place) / "graph.nq", texts=False) for _ in range(runs)]
        size_of = (Path(place) / "graph.nq").stat().st_size / 1e9
        rows.append(row(f"{facts:,} facts, to a file of {size_of:.1f} GB", done))
    return rows


def main() -> None:
    """Measure, print, and write the table between the marks of FACTS.md."""
    parser = argparse.ArgumentParser(description="Measure facts and claims in bulk.")
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--run", nargs=2, type=Path, metavar=("PROJECT", "OUT"), help=argparse.SUPPRESS)
    parser.add_argument("--lay-out", type=Path, metavar="FOLDER", help="only write the project")
    given = parser.parse_args()
    if given.run:
        run(*given.run)
    elif given.lay_out:
        lay_out(given.lay_out, given.facts)
    else:
        rows = table(given.facts, given.runs)
        system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
        text = "\n".join([f"{os.cpu_count()} cores, {system}, median of {given.runs} runs.", "", *rows])
        print(text)
        path = Path(__file__).with_name("FACTS.md")
        old = path.read_text(encoding="utf-8")
        new = re.sub(r"(?s)(<!-- table -->\n).*(<!-- end -->)", lambda m: f"{m[1]}{text}\n{m[2]}", old)
        path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
