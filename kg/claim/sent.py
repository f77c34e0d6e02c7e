"""The files of facts that machines sent: where they lie, what they are built with, what is told of them."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from kg.article import FactsLock, Kind, Registry
from kg.claim.finding import Findings
from kg.claim.ndjson import Lines, place_in, read_lines
from kg.errors import Place
from kg.mapping import Catalog, TriplesMap

__all__ = ["BATCH", "Once", "Sent", "Setting", "Told", "articles_whole", "find_sent", "sent_files", "stem"]

BATCH = 20_000
"""Records read at a time."""

_ENDINGS = (".ndjson", ".ndjson.gz", ".ndjson.zst")


@dataclass(frozen=True, slots=True)
class Sent:
    """The files that machines sent.

    folder: where they lie, and texts may. root: what messages name them relative to.
    """

    folder: Path
    root: Path
    articles: Sequence[Path]
    facts: Sequence[Path]

    def name(self, path: Path) -> str:
        """A file as messages name it."""
        return path.relative_to(self.root).as_posix()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.articles or self.facts)


def sent_files(folder: Path, root: Path) -> Sent:
    """The NDJSON files of a folder: `articles.ndjson` and `….articles.ndjson` are of articles, all others of facts."""
    files = sorted(path for path in folder.glob("*.ndjson*") if path.name.endswith(_ENDINGS))
    articles = [path for path in files if f".{stem(path)}".endswith(".articles")]
    return Sent(folder, root, articles, [path for path in files if path not in articles])


@lru_cache(maxsize=256)
def _lines_of(path: Path, name: str, article: str) -> Sequence[tuple[int, str]]:
    """The lines of an article in a file, with their numbers."""
    found: list[tuple[int, str]] = []
    for lines in read_lines(path, name, BATCH):
        chosen = _article_of(lines.texts) == article
        found += zip(lines.numbers.filter(chosen), lines.texts.filter(chosen), strict=True)
    return found


def find_sent(sent: Sent, article: str, fact: str) -> Place | None:
    """Where a sent fact is written; the first fact of its article when it was sent without an id."""
    for path in sent.facts:
        lines = _lines_of(path, sent.name(path), article)
        chosen = next((line for line in lines if json.loads(line[1]).get("id") == fact), lines[0] if lines else None)
        if chosen is not None:
            return place_in(sent.name(path), chosen[0], chosen[1], "id")
    return None


def stem(path: Path) -> str:
    """A file's name without what says its format and how it is packed."""
    return path.name.partition(".ndjson")[0]


@dataclass(frozen=True, slots=True)
class Setting:
    """What facts are built with.

    tables: the logical sources besides the facts, for mappings that join with them. documents: entities that are
    documents. taken: slugs of articles that are written by hand. mapped: lines that are in the graph already.
    """

    kinds: Mapping[str, Kind]
    registry: Registry
    triples_maps: Sequence[TriplesMap]
    tables: Catalog
    base: str
    documents: Collection[str]
    taken: Collection[str]
    mapped: Collection[str] = ()


@dataclass(slots=True)
class Told:
    """What a run found and made.

    counts: of articles, facts, inferences, claims, quotes, quads, claim_quads and ambiguous facts. by: facts by kinds,
    modalities, statuses, polarities and number of voices. locks: what was verified against texts, by the path of its
    lock. vouched: files whose lock vouches for some of their quotes.
    """

    findings: Findings = field(default_factory=Findings)
    counts: Counter[str] = field(default_factory=Counter)
    by: dict[str, Counter[Any]] = field(default_factory=dict)
    locks: dict[Path, FactsLock] = field(default_factory=dict)
    vouched: list[str] = field(default_factory=list)


class Once:
    """Lets each line through once, by two hashes of it."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Take `lines` for lines that were there before."""
        self._seen = [self._hashed(pl.Series("line", list(lines), dtype=pl.String)).drop("line")]

    @staticmethod
    def _hashed(lines: pl.Series) -> pl.DataFrame:
        return (
            lines.alias("line").to_frame().with_columns(pl.col("line").hash(seed).alias(f"h{seed}") for seed in (1, 2))
        )

    def take(self, lines: pl.Series) -> pl.Series:
        """The lines that were not there before, in their order."""
        new = self._hashed(lines.unique(maintain_order=True))
        keys = ["h1", "h2"]
        for seen in self._seen:
            known = seen.join(new, on=keys, how="semi")
            new = new.join(known, on=keys, how="anti", maintain_order="left") if known.height else new
        self._seen.append(new.drop("line"))
        if len(self._seen) > 16:
            self._seen = [pl.concat(self._seen, rechunk=True)]
        return new["line"]


def articles_whole(batches: Iterable[Lines]) -> Iterator[tuple[Lines, pl.Series]]:
    """The lines again, in batches that end where an article does, with the article of each line."""
    rest: Lines | None = None
    for read in batches:
        lines = read
        if rest is not None:
            numbers, texts = pl.concat([rest.numbers, read.numbers]), pl.concat([rest.texts, read.texts])
            lines = Lines(read.file, numbers, texts)
        articles = _article_of(lines.texts)
        last = (articles != articles.shift()).fill_null(value=True).arg_true()[-1]
        if last:
            yield lines.slice(0, last), articles[:last]
        rest = lines.slice(last, len(lines))
    if rest is not None:
        yield rest, _article_of(rest.texts)


def _article_of(texts: pl.Series) -> pl.Series:
    """The slug in each line; empty where there is none."""
    return texts.str.extract(r'"article"\s*:\s*"([^"\\]*)"').fill_null("")
