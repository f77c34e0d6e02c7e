"""The facts that machines sent, in a project: sources/facts/*.ndjson, streamed into the graph."""

from collections.abc import Collection
from pathlib import Path
from typing import IO

from kg.article import write_facts_lock
from kg.claim import BATCH, Setting, Told, stream
from kg.pipeline.content import ARTICLES, FACTS, Content

__all__ = ["sent_facts", "write_sent_locks"]


def sent_facts(
    content: Content,
    out: IO[bytes],
    *,
    mapped: Collection[str] = (),
    batch: int = BATCH,
) -> Told:
    """Make the quads of all sent facts and articles and write them to `out` as N-Quads.

    mapped: lines that are in the graph already, which are left out. batch: records read at a time.
    What is wrong is in the findings of the answer; nothing more is written then.
    """
    tables = {name: table for name, table in content.catalog().items() if name not in {ARTICLES, FACTS}}
    setting = Setting(
        content.kinds,
        content.registry,
        content.triples_maps,
        tables,
        content.dataset.base,
        content.documents,
        [article.slug for article in content.articles],
        mapped,
    )
    return stream(content.sent, setting, out, batch=batch)


def write_sent_locks(content: Content, told: Told) -> dict[Path, bool]:
    """Write the lock of each file whose texts were all at hand; those that changed, and whether there was one before.

    Nothing is written into the bundled project.
    """
    changed = {}
    for path, lock in told.locks.items():
        before = path.exists()
        if not content.project.bundled and write_facts_lock(path, lock):
            changed[path] = before
    return changed
