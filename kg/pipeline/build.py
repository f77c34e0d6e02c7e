"""The pipeline on one page.

article → facts → (mapping) → content triples → claims → quads → checks → snapshot
"""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import IO

import kg
from kg.claim import KEPT, Told, make_claims
from kg.errors import ContentError, Problems
from kg.graph import Store, memory_store, open_store, read_context, write_store
from kg.graph.dump import dump
from kg.mapping import materialize
from kg.pipeline.content import FACTS, Content, read_content, write_locks
from kg.pipeline.dataset import Dataset
from kg.pipeline.report import make_report, render_report
from kg.pipeline.sent import sent_facts, write_sent_locks
from kg.pipeline.shapes import shape_problems
from kg.pipeline.snapshot import Snapshot, current, publish, workspace
from kg.project import Project

__all__ = ["SHAPED", "UNSHAPED", "build", "fresh", "input_files", "inputs", "make_quads", "stored", "write_graph"]

_PACKAGE = Path(kg.__file__).parent
# Endings of the files that a build reads, the texts apart.
_READ = frozenset({".yaml", ".lock", ".tsv", ".ttl", ".jsonld", ".rq", ".ndjson", ".gz", ".zst"})
_DUMPS = {"graph.trig": "trig", "graph.ttl": "ttl", "graph.jsonld": "jsonld"}

SHAPED = 100_000
"""The shapes of a graph with more quads are checked for what people wrote alone."""

HELD = 2_000_000
"""Of a graph with more quads no dump but the N-Quads is written: the others hold all of it in memory."""

UNSHAPED = f"above {SHAPED:,} quads, shapes are checked for what people wrote alone"

Tell = Callable[[str], None]


def _silent(_: str) -> None:
    """Tell nobody."""


def build(project: Project, *, home: Path | None = None, tell: Tell = _silent) -> Snapshot:
    """Build the project's graph and make it the current snapshot.

    home: the folder of the snapshots; the project's own when None. tell: called with a line about each step done.
    Locks are renewed where texts are at hand.
    Raises `ContentError` with all problems found, and then leaves the current snapshot as it was.
    """
    home = home or project.snapshots
    # Taken before anything is read: what changes from here on makes the snapshot stale.
    made_from = inputs(project)
    content = read_content(project)
    count = len(content.articles)
    articles = f"{count} article{'s' if count != 1 else ''}"
    tell(f"read {articles}, {len(content.records())} facts, {len(content.kinds)} kinds")
    with workspace(home) as folder:
        lines, told = write_graph(content, folder / "graph.nq")
        count = len(lines) + told.counts["quads"]
        if content.sent:
            tell(f"read {told.counts['articles']:,} articles and {told.counts['facts']:,} facts that machines sent")
        tell(f"made {count:,} quads")
        write_store(folder / "graph.nq", folder / "store")
        store = open_store(folder / "store")
        if violations := shape_problems(store if count <= SHAPED else stored(lines), content):
            raise ContentError(violations)
        tell("every shape holds" if count <= SHAPED else UNSHAPED)
        dumps = _DUMPS if count <= HELD else {}
        for name, syntax in dumps.items():
            with (folder / name).open("wb") as out:
                write_dump(store, out, syntax, "default", project, content.dataset)
        left_out = [
            *([] if count <= SHAPED else [UNSHAPED]),
            *(f"{name} left out" for name in _DUMPS if name not in dumps),
        ]
        report = make_report(content, lines, told, left_out)
        (folder / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        (folder / "report.txt").write_text(render_report(report), encoding="utf-8")
        (folder / "queries").mkdir()
        for question in content.questions:
            (folder / "queries" / f"{question.name}.rq").write_bytes(question.source.encode())
        del store
        # Nothing outside the workspace is written before everything holds.
        for lock in (*write_locks(content), *write_sent_locks(content, told)):
            tell(f"wrote {project.relative(lock)}")
        facts = {
            "base": content.dataset.base,
            "licence": content.dataset.licence,
            "title": content.dataset.title,
            "description": content.dataset.description,
            "inputs": made_from,
            "quads": count,
            "version": kg.__version__,
        }
        snapshot = publish(folder, home, facts)
    tell(f"snapshot {snapshot.name}")
    return snapshot


def write_graph(content: Content, path: Path) -> tuple[list[str], Told]:
    """Write all quads of a project to an N-Quads file, none twice, and return those of what people wrote.

    First those lines, sorted; then, as they are streamed, those of the facts that machines sent, of which it is also
    told what was counted. Raises `ContentError` with the problems of both.
    """
    problems = Problems()
    lines: list[str] = []
    try:
        lines = make_quads(content)
    except ContentError as error:
        problems += error.problems
    with path.open("wb") as out:
        out.write("".join(f"{line}\n" for line in lines).encode())
        told = sent_facts(content, out, mapped=lines)
    problems += told.findings.problems()
    problems.stop_if_any()
    return lines, told


def stored(lines: Sequence[str]) -> Store:
    """A store in memory with N-Quads lines."""
    return memory_store("".join(f"{line}\n" for line in lines).encode())


def make_quads(content: Content, only: Collection[str] | None = None) -> list[str]:
    """All quads of what people wrote as N-Quads lines, sorted and without repetition.

    only: slugs of the articles to take; all when None. Raises `ContentError`.
    """
    problems = Problems()
    catalog = content.catalog(only)
    triples = materialize(content.triples_maps, catalog, keep=tuple(KEPT), problems=problems, locate=content.locate)
    made = make_claims(
        catalog[FACTS],
        triples,
        base=content.dataset.base,
        documents=content.documents,
        problems=problems,
        locate=content.locate,
    )
    problems.stop_if_any()
    ontology = content.ontology.quads(f"{content.dataset.base}graph/ontology")
    return sorted({*made.lines(), *ontology})


def write_dump(store: Store, out: IO[bytes], syntax: str, graph: str, project: Project, dataset: Dataset) -> None:
    """Write the graph, or one of its graphs, with the project's JSON-LD context, base and licence.

    Raises `UsageError` for a syntax or graph that there is not, `ContentError` for a context that is wrong.
    """
    problems = Problems()
    path = project.part("ontology/context.jsonld")
    context = read_context(path, project.root_of(path), problems)
    problems.stop_if_any()
    dump(store, out, syntax, graph, base=dataset.base, context=context, licence=dataset.licence)


def inputs(project: Project) -> str:
    """SHA-256 of everything that a build of this project depends on, the package's own code included, texts not."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    for name, path in input_files(project):
        digest.update(os.fsencode(f"\0{name}\0"))
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def input_files(project: Project) -> Iterator[tuple[str, Path]]:
    """The files that a build reads, texts not: part and path in it, and where the file lies; in their order."""
    for part in ("sources", "mappings", "ontology", "queries"):
        folder = project.part(part)
        for path in sorted(path for path in folder.rglob("*") if path.suffix in _READ and path.is_file()):
            yield f"{part}/{path.relative_to(folder).as_posix()}", path


def fresh(project: Project, home: Path | None = None) -> Snapshot | None:
    """The current snapshot, if it was built from what the project holds now."""
    snapshot = current(home or project.snapshots)
    return snapshot if snapshot and snapshot.manifest.get("inputs") == inputs(project) else None
