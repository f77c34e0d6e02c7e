"""What one server serves: a snapshot, and what is said about it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kg.errors import Problems, UsageError
from kg.graph.question import Question, read_questions
from kg.graph.source import Held, Source
from kg.graph.store import Store, open_store
from kg.graph.worker import Task
from kg.web.dumps import Dump, Release, neighbour, neighbours, read_release
from kg.web.limits import LIMITS, Limits
from kg.web.pool.pool import Pool
from kg.web.pool.workers import Workers
from kg.web.pool.writer import Writer
from kg.web.show.labels import Labels
from kg.web.show.texts import spoken

__all__ = ["Site"]


@dataclass(frozen=True)
class Site:
    """A snapshot folder and its presentation.

    snapshot: the folder. base: what the IRIs of the data begin with. title, description: language -> text.
    questions: in the order in which they are shown. stats: counts of the build, by their names in its report.
    workers: of the server. limits: of requests. licence: IRI of what may be done with the data, empty where that is not
    said. writer: who changes the graph, None where nobody does.
    """

    snapshot: Path
    base: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    questions: Sequence[Question]
    stats: Mapping[str, int]
    workers: Workers
    limits: Limits = LIMITS
    licence: str = ""
    writer: Writer | None = None

    def task(self, query: str, **more: Any) -> Task:  # noqa: ANN401 - as a task has it
        """A query of the snapshot. more: other fields of the task."""
        return Task(str(self.snapshot / "store"), query, self.base, **more)

    @property
    def caching(self) -> str:
        """The Cache-Control of what is answered; empty where it is left to the cache, whose answers are as good as new.

        What can be changed may be something else already when it is read again.
        """
        return "" if self.writer is None else "no-store"

    @cached_property
    def published(self) -> str:
        """When the snapshot was published, as an xsd:dateTime."""
        return self.release.date.isoformat().replace("+00:00", "Z")

    @classmethod
    def open(
        cls,
        snapshot: Path,
        workers: Workers,
        limits: Limits = LIMITS,
        writer: Writer | None = None,
        questions: Sequence[Question] | None = None,
    ) -> "Site":
        """The site of a snapshot that a build left; raises UsageError when it cannot be read.

        questions: those of the snapshot, where they have been read already.
        """
        try:
            manifest = json.loads((snapshot / "manifest.json").read_bytes())
            base, title, description, licence = (manifest[name] for name in ("base", "title", "description", "licence"))
            stats = json.loads((snapshot / "report.json").read_bytes())
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(f"{snapshot} is no snapshot: its manifest or its report cannot be read") from error
        if questions is None:
            problems = Problems()
            questions = read_questions(snapshot / "queries", snapshot, problems)
            problems.stop_if_any()
        site = cls(snapshot, base, title, description, questions, stats, workers, limits, licence, writer)
        # Opened before anything is asked of it.
        assert site.store is not None
        return site

    @cached_property
    def store(self) -> Store:
        """The snapshot's store, read-only. Raises UsageError when it cannot be read."""
        return open_store(self.snapshot / "store")

    @cached_property
    def source(self) -> Source:
        """Where pages look things up."""
        return Held(self.store)

    @cached_property
    def labels(self) -> Labels:
        """Labels of the store's terms."""
        return Labels(self.source, self.base)

    @property
    def pool(self) -> Pool:
        """Where the public's queries are evaluated."""
        return self.workers.public

    @property
    def own_pool(self) -> Pool:
        """Where the questions of the pages are evaluated."""
        return self.workers.own

    @property
    def name(self) -> str:
        """The name of the snapshot."""
        return self.snapshot.name

    @cached_property
    def release(self) -> Release:
        """The files handed out; raises UsageError where the snapshot has no manifest."""
        return read_release(self.snapshot)

    def others(self) -> list[Release]:
        """The other snapshots, whose files are handed out as well; the latest first."""
        return neighbours(self.snapshot)

    def other(self, name: str) -> Release | None:
        """Another snapshot by name; None where there is none."""
        return neighbour(self.snapshot, name)

    @property
    def dumps(self) -> Mapping[str, Dump]:
        """The files handed out, by name."""
        return self.release.dumps

    def dump_addresses(self, origin: str) -> list[str]:
        """Absolute addresses of the files handed out, for void:dataDump. origin: of the server, ending with /.

        https://www.w3.org/TR/void/#dumps
        """
        return [f"{origin}dumps/{name}" for name in self.dumps]

    @cached_property
    def named(self) -> Mapping[str, Question]:
        """Questions by name."""
        return {question.name: question for question in self.questions}

    def text(self, texts: Mapping[str, str], language: str) -> str:
        """What is said in a language, else in the first one that there is."""
        return spoken(texts, language)
