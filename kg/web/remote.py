"""A store elsewhere, served as a snapshot is: its pages, questions and endpoint are those of a project.

It is taken to be unchanged for half the time that an answer may be old, and is a snapshot for as long: what is kept of
it is forgotten then. For the other half whoever was answered may keep the answer.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from kg.graph.question import Question
from kg.graph.source import Source
from kg.graph.worker import Task
from kg.web.dumps import Release
from kg.web.limits import LIMITS, Limits
from kg.web.pool.lookup import Lookup
from kg.web.pool.workers import Workers
from kg.web.site import Site

__all__ = ["Upstream"]

_NAME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Upstream:
    """A store elsewhere, and what a project says of it.

    address, login: as `kg.graph.remote.Remote` has them. age: seconds that an answer may be old, at least 2.
    base, title, description, questions, licence: as of a `Site`.
    """

    address: str
    base: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    questions: Sequence[Question]
    licence: str = ""
    age: int = 60
    login: str = field(default="", repr=False)

    @property
    def period(self) -> int:
        """Seconds for which it is taken to be unchanged."""
        return max(1, self.age // 2)

    def current(self) -> Path:
        """What stands for its snapshot: called by the time from which on it is taken to be unchanged."""
        begun = time.time() // self.period * self.period
        return Path(datetime.fromtimestamp(begun, UTC).strftime(_NAME))

    def site(self, snapshot: Path, workers: Workers, limits: Limits = LIMITS) -> Site:
        """The site of what `current` told."""
        counts = {"questions": len(self.questions)}
        return _RemoteSite(
            snapshot,
            self.base,
            self.title,
            self.description,
            self.questions,
            counts,
            workers,
            limits,
            self.licence,
            upstream=self,
        )


@dataclass(frozen=True)
class _RemoteSite(Site):
    """The site of a store elsewhere, which has no files."""

    upstream: Upstream = field(kw_only=True)

    def task(self, query: str, **more: Any) -> Task:  # noqa: ANN401 - as a task has it
        """A query of the store."""
        told = {"login": self.upstream.login, "reach": self.limits.reach, **more}
        return Task(self.upstream.address, query, self.base, **told)

    @property
    def caching(self) -> str:
        """For how long an answer may be kept by whoever has it."""
        return f"max-age={self.upstream.period}"

    @cached_property
    def source(self) -> Source:
        """Looks things up by queries."""
        return Lookup(self.own_pool, self.task(""), self.workers.loop, self.limits.seconds)

    @cached_property
    def release(self) -> Release:
        """No files."""
        return Release(self.name, datetime.strptime(self.name, _NAME).replace(tzinfo=UTC), {})

    def others(self) -> list[Release]:
        """None: what it was before is not known."""
        return []

    def other(self, name: str) -> Release | None:  # noqa: ARG002 - as of a site
        """None: what it was before is not known."""
        return None
