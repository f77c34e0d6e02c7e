"""Facts by the million: NDJSON files -> N-Quads, batch by batch, so that memory does not grow with the facts.

    lines ─┬─ batches of whole articles ── checked ── content triples ── claims ── blocks of lines ──┐
           └─ articles, held (some hundred bytes each)                        └─ shared lines, once ─┴─ output

Two batches are worked on at a time, and written in their order: whatever the size of a batch, the output is the same.
What is held besides: 16 bytes for each different line that several facts may make.
"""

import hashlib
import os
import shutil
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, TypeVar

import polars as pl

from kg.article import FactsLock, digest, read_facts_lock, read_text, why_other
from kg.claim.check import Checker
from kg.claim.claims import CLAIM, Quads, make_claims
from kg.claim.complete import completed, fact_form, read_articles
from kg.claim.evidence import FACT, KEPT, is_inference
from kg.claim.finding import Findings
from kg.claim.known import Known
from kg.claim.ndjson import LINE, Form, Lines, read_lines
from kg.claim.sent import BATCH, Once, Sent, Setting, Told, articles_whole, stem
from kg.claim.verify import verify
from kg.errors import Place, Problems
from kg.mapping import Materializer, ReferencingObjectMap, nquads
from kg.mapping.output import write_texts

__all__ = ["stream"]


ARTICLES = "articles.json"
FACTS = "facts.json"

_WORKERS = 2
_AGAIN = "run `kg check` where the texts are"

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


def stream(sent: Sent, setting: Setting, out: IO[bytes], *, batch: int = BATCH) -> Told:
    """Make the quads of all sent facts and articles and write them to `out` as N-Quads, no line twice.

    Nothing more is written once anything is wrong. The lines of a fact, its passages and its claims stand
    together, in the order of the records; then the lines that several facts and articles may make, in the order in
    which they are first made.
    """
    told = Told()
    named = [(path, sent.name(path)) for path in sent.articles]
    articles = read_articles(named, setting.taken, batch, told.findings)
    if told.findings:
        return told
    told.counts["articles"] = articles.height
    _check_joins(setting, told.findings)
    with tempfile.TemporaryFile() as shared, ThreadPoolExecutor(_WORKERS) as pool:
        known = Known(setting.kinds, setting.registry, articles)
        run = _Run(sent, setting, known, told, Once(setting.mapped), out, shared)
        run.articles(batch)
        for path in sent.facts:
            run.file(path, pool, batch)
        shared.seek(0)
        if not told.findings:
            shutil.copyfileobj(shared, out)
    return told


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a batch came to. own: its lines. shared: lines that other batches may make. seen: all texts were at hand."""

    own: pl.Series
    shared: pl.Series
    told: Told
    seen: bool


@dataclass(frozen=True)
class _Run:
    sent: Sent
    setting: Setting
    known: Known
    told: Told
    once: Once
    out: IO[bytes]
    shared: IO[bytes]
    _places: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _ready(self) -> Materializer:
        return Materializer(self.setting.triples_maps, tuple(KEPT), (FACTS,))

    @cached_property
    def _paths(self) -> dict[str, Path]:
        """The texts at hand, by slug: those of `$KG_TEXTS` before those beside the facts."""
        folders = [self.sent.folder, *([Path(texts)] if (texts := os.environ.get("KG_TEXTS")) else [])]
        found = [entry for folder in folders if folder.is_dir() for entry in os.scandir(folder)]
        return {entry.name.removesuffix(".txt"): Path(entry) for entry in found if entry.name.endswith(".txt")}

    def articles(self, size: int) -> None:
        """Make the lines of the articles' metadata."""
        if self.told.findings:
            return
        ready = Materializer(self.setting.triples_maps, (FACT,), (ARTICLES,))
        for part in self.known.articles.iter_slices(size):
            texts = part.select(pl.all().cast(pl.String)).with_row_index(FACT)
            problems = Problems()
            triples = ready.run({**self.setting.tables, ARTICLES: texts}, problems)
            _note(problems, "article", self.told.findings)
            if triples.height:
                self._share(nquads(triples.sort(FACT, maintain_order=True)))

    def file(self, path: Path, pool: ThreadPoolExecutor, size: int) -> None:
        """Read and write one file of facts."""
        form = fact_form(self.known.fields)
        name = self.sent.name(path)
        sha256 = pool.submit(_sha256, path)
        texts = hashlib.sha256()
        seen, quotes = True, 0
        batches = self._checked(articles_whole(read_lines(path, name, size)), texts)

        def work(item: tuple[Lines, pl.Series]) -> _Piece:
            return self._piece(form, *item)

        for piece in _ordered(pool, work, batches):
            self._add(piece.told)
            quotes += piece.told.counts["quotes"]
            seen = seen and piece.seen
            if not self.told.findings:
                write_texts(piece.own, self.out)
                self._share(piece.shared)
        self._vouch(path, FactsLock(sha256.result(), texts.hexdigest(), quotes), verified=seen)

    def _share(self, lines: pl.Series) -> None:
        """Keep the lines that are new for the end of the output."""
        new = self.once.take(lines)
        self.told.counts["quads"] += new.len()
        write_texts(new, self.shared, "\n")

    def _checked(
        self, batches: Iterable[tuple[Lines, pl.Series]], texts: "hashlib._Hash"
    ) -> Iterator[tuple[Lines, pl.Series]]:
        """The batches, after a look at whether an article comes again; `texts` gets the hashes of their texts."""
        for lines, articles in batches:
            starts = (articles != articles.shift()).fill_null(value=True)
            runs = articles.filter(starts)
            for number, slug in zip(lines.numbers.filter(starts), runs, strict=True):
                if slug in self._places:
                    message = f"the article {slug!r} comes again; its first facts begin at {self._places[slug]}"
                    self.told.findings.add(
                        "article again", message, lines.place(number, "article"), "keep its facts together"
                    )
                self._places.setdefault(slug, f"{lines.file}:{number}")
            for slug, sha256 in zip(runs, self.known.of(runs)["sha256"], strict=True):
                texts.update(f"{slug} {sha256}\n".encode())
            yield lines, runs.unique(maintain_order=True)

    def _add(self, piece: Told) -> None:
        self.told.findings.extend(piece.findings)
        self.told.counts += piece.counts
        for name, counted in piece.by.items():
            self.told.by[name] = self.told.by.get(name, Counter()) + counted

    def _piece(self, form: Form, lines: Lines, articles: pl.Series) -> _Piece:
        told = Told()
        findings = told.findings
        facts = completed(form.read(lines, findings), self.known)
        texts = self._texts(articles, lines, findings)
        told.counts["quotes"] = verify(facts, self.known, Checker(lines, findings), texts)
        seen = len(texts) == articles.len()
        none = pl.Series("text", dtype=pl.String)
        nothing = _Piece(none, none, told, seen)
        if findings:
            return nothing
        problems = Problems()
        made = self._quads(facts, lines, problems)
        _note(problems, "claim", findings)
        if findings or made is None:
            return nothing
        _count(facts, told)
        told.counts["claims"] = made.claims
        told.counts["quads"] = made.count
        told.counts["claim_quads"] = made.count - made.inferred
        return _Piece(made.own, made.shared, told, seen)

    def _quads(self, facts: pl.DataFrame, lines: Lines, problems: Problems) -> Quads | None:
        def locate(record: Mapping[str, Any], name: str) -> Place | None:
            if name == CLAIM:
                fields = self.known.kinds[record["kind"]].fields.values()
                name = next((one.name for one in fields if one.type == "claim"), "")
            return lines.place(facts[LINE][int(record[FACT])], name)

        triples = self._ready.run({**self.setting.tables, FACTS: facts}, problems, locate)
        if problems:
            return None
        return make_claims(
            facts,
            triples,
            base=self.setting.base,
            documents=self.setting.documents,
            problems=problems,
            locate=locate,
        )

    def _texts(self, articles: pl.Series, lines: Lines, findings: Findings) -> dict[str, str]:
        """The texts at hand that are those of the articles."""
        found = {}
        about = self.known.of(articles).select("article", "sha256", "length")
        for slug, sha256, length in about.iter_rows():
            path = self._paths.get(slug) if sha256 is not None else None
            problems = Problems()
            text = read_text(path, self.sent.root, problems) if path else None
            for problem in problems:
                findings.add("text", problem.message, problem.place, problem.fix)
            if text is None:
                continue
            if (digest(text), len(text)) == (sha256, length):
                found[slug] = text
                continue
            message = (
                f"the text of {slug} at hand is another: it has SHA-256 {digest(text)} and {len(text)} characters, "
                f"the article says {sha256} and {length}"
            )
            findings.add("text", message, Place(lines.file, 1, 1), why_other(text, sha256))
        return found

    def _vouch(self, path: Path, made: FactsLock, *, verified: bool) -> None:
        """Note the lock to write where all texts were at hand; else ask the lock that is there."""
        if self.told.findings:
            return
        lock_path = path.with_name(f"{stem(path)}.lock")
        if verified:
            self.told.locks[lock_path] = made
            return
        name = self.sent.name(path)
        problems = Problems()
        lock = read_facts_lock(lock_path, self.sent.root, problems)
        _note(problems, "lock", self.told.findings)
        if lock is None and not problems:
            told = "no quote can be verified: neither the texts nor a lock are there"
            fix = f"put each text at <article>.txt beside the file or in $KG_TEXTS, or restore {lock_path.name}"
            self.told.findings.add("lock", told, Place(name, 1, 1), fix)
        elif lock is not None and lock.file != made.file:
            self.told.findings.add("lock", f"{lock_path.name} is of another {path.name}", Place(name, 1, 1), _AGAIN)
        elif lock is not None and lock != made:
            self.told.findings.add("lock", f"{lock_path.name} is of other texts", Place(name, 1, 1), _AGAIN)
        self.told.vouched.append(name)


def _check_joins(setting: Setting, findings: Findings) -> None:
    """A mapping of facts cannot be joined with facts or articles: they are never all there at once."""
    streamed = {
        found.name for found in setting.triples_maps for source in found.sources if source.access in {FACTS, ARTICLES}
    }
    objects = [
        obj
        for triples_map in setting.triples_maps
        if triples_map.name in streamed
        for pom in triples_map.predicate_objects
        for obj in pom.objects
    ]
    for obj in objects:
        if isinstance(obj, ReferencingObjectMap) and obj.joins and obj.parent in streamed:
            message = f"facts that machines sent cannot be joined with the facts or articles of {obj.parent!r}"
            findings.add("join", message, obj.place, "join with entities, or write the field into the facts")


def _count(facts: pl.DataFrame, told: Told) -> None:
    stated = facts.filter(~is_inference())
    told.counts["facts"] = stated.height
    told.counts["inferences"] = facts.height - stated.height
    told.counts["ambiguous"] = stated.height - stated["ambiguity"].null_count()
    voices = stated.with_columns((pl.col("voices").list.len() + 1).alias("voices"))
    for name, column in {
        "kinds": "kind",
        "modalities": "modality",
        "statuses": "status",
        "polarities": "polarity",
        "voices": "voices",
    }.items():
        told.by[name] = Counter(dict(voices.group_by(column).len().iter_rows()))


def _note(problems: Problems, kind: str, findings: Findings) -> None:
    for problem in problems:
        findings.add(kind, problem.message, problem.place, problem.fix)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _ordered(pool: ThreadPoolExecutor, work: Callable[[_Item], _Made], items: Iterable[_Item]) -> Iterator[_Made]:
    """What `work` makes of the items, in their order; one more than there are workers is held."""
    waiting: deque[Future[_Made]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > _WORKERS:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
