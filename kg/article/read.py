"""An article file, read and checked against its text or its lock."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from kg.article.coverage import masked, uncovered_words
from kg.article.fact import FactReader
from kg.article.kind import Kind
from kg.article.locate import Locator
from kg.article.lock import Lock, LockEvidence, coverage_digest, lock_path
from kg.article.metadata import read_metadata
from kg.article.model import Article, Metadata
from kg.article.passage import Passage, PassageReader
from kg.article.quote import Evidence, TextEvidence, digest
from kg.article.registry import ENTITY_ID, Record, Registry
from kg.article.shape import as_list, as_map, as_number, key_place, only_keys
from kg.article.stance import read_stance
from kg.article.text import why_other
from kg.errors import Problems
from kg.yaml import Map, Text, Value, place_of, read

__all__ = ["read_article"]

_KEYS = ("article", "passages", "inferences")
_PASSAGE_KEYS = ("sentence", "voices", "modality", "status", "polarity", "facts")

Verified = Literal["text", "lock", "nothing"]


def read_article(  # noqa: PLR0917 -- called once, with all that an article is read against
    path: Path,
    root: Path,
    kinds: Mapping[str, Kind],
    registry: Registry,
    text: str | None,
    lock: Lock | None,
    problems: Problems,
) -> Article | None:
    """Read the article file `path`; places name it relative to `root`.

    Its quotes and cues are verified against `text` (as `read_text` gave it) when there is one, else against
    `lock`. Everything wrong is noted in `problems`, together; the records are meant for use only when nothing
    was. None when the file holds no article at all.
    """
    against = lock if text is None else text
    value = read(path, root, problems)
    entries = None if value is None else as_map(value, "an article file", problems)
    if entries is None:
        return None
    only_keys(entries, _KEYS, "an article file", problems)
    if not ENTITY_ID.fullmatch(path.stem):
        problems.add(
            f"{path.stem!r} cannot be the slug of an article",
            entries.place,
            "name the file in lower case, with hyphens",
        )
    head = entries.get("article")
    metadata_entries = None if head is None else as_map(head, "article", problems)
    if metadata_entries is None:
        problems.add("the file has no article", entries.place, "start it with `kg article new`")
        return None
    metadata = read_metadata(metadata_entries, problems)
    verified, locator = _evidence(path, metadata, metadata_entries, against, problems)
    passages = PassageReader(registry, locator, problems)
    reader = FactReader(path.stem, metadata.language, kinds, registry, passages, problems)
    facts = list(_facts(entries.get("passages"), len(metadata.sentences), reader))
    inferences = list(
        _inferences(entries.get("inferences"), {name for name, key in reader.places if key is None}, reader)
    )
    spans = frozenset(locator.spans) if locator else frozenset()
    uncovered = None
    if locator and isinstance(against, str):
        uncovered = masked(uncovered_words(against, metadata.language, spans), metadata.language)
    elif locator and isinstance(against, Lock):
        current = coverage_digest(metadata.sha256, metadata.language, spans)
        uncovered = against.uncovered if against.coverage == current else None
    return Article(
        slug=path.stem,
        file=entries.place.file,
        metadata=metadata,
        facts=facts,
        inferences=inferences,
        places=reader.places,
        spans=spans,
        quoted=frozenset(locator.words) if locator else frozenset(),
        verified=verified,
        covered=frozenset(number for fact in facts if isinstance(number := fact["sentence"], int)),
        uncovered=uncovered,
    )


def _evidence(
    path: Path, metadata: Metadata, entries: Map, against: str | Lock | None, problems: Problems
) -> tuple[Verified, Locator | None]:
    """What quotes are verified against, and by whom they are found; nothing when it is not the article's text."""
    place = key_place(entries, "text")
    stated = (metadata.sha256, metadata.length)
    evidence: Evidence
    if not metadata.sha256:
        return "nothing", None
    if against is None:
        problems.add(
            "no quote can be verified: neither the text nor a lock is there",
            place,
            f"put the text at {path.stem}.txt beside the article or in $KG_TEXTS, or restore {lock_path(path).name}",
        )
        return "nothing", None
    if isinstance(against, Lock):
        evidence, found = LockEvidence(against), (against.sha256, against.length)
        told, remedy = f"{lock_path(path).name} is of another text", "run `kg check` where the text is"
    else:
        evidence, found = TextEvidence(against), (digest(against), len(against))
        told, remedy = "the text at hand is another", "" if found == stated else _remedy(against, *stated)
    if found != stated:
        both = f"it has SHA-256 {found[0]} and {found[1]} characters, the article says {stated[0]} and {stated[1]}"
        problems.add(f"{told}: {both}", place, remedy)
        return "nothing", None
    shown = metadata.headline if metadata.rights == "quotes" else None
    locator = Locator(evidence, metadata.sentences, problems, shown)
    _headline(metadata, entries, locator, problems)
    if not metadata.sentences:
        return "nothing", None
    return ("lock" if isinstance(against, Lock) else "text"), locator


def _remedy(text: str, sha256: str, length: int) -> str:
    if digest(text) == sha256:
        return f"the hash agrees and the length does not: write length: {len(text)} (code points), not {length}"
    return why_other(text, sha256)


def _headline(metadata: Metadata, entries: Map, locator: Locator, problems: Problems) -> None:
    headline = entries.get("headline")
    if not isinstance(headline, Text) or not metadata.headline or not metadata.sentences:
        return
    if locator.evidence.occurrences(metadata.headline):
        locator.words.add(metadata.headline)
    else:
        message, fix = locator.evidence.absent(metadata.headline, metadata.sentences[0])
        problems.add(f"the headline {message}", headline.place, fix)


def _facts(value: Value | None, sentences: int, reader: FactReader) -> Iterator[Record]:
    problems = reader.problems
    for item in (as_list(value, "passages", problems) if value is not None and value != "" else None) or ():
        entries = as_map(item, "a passage", problems)
        if entries is None:
            continue
        only_keys(entries, _PASSAGE_KEYS, "a passage", problems)
        sentence = _sentence(entries, sentences, problems)
        voices = entries.get("voices")
        chain = [] if voices is None else reader.passages.voices(voices, sentence)
        passage = Passage(sentence, chain, read_stance(entries, problems))
        facts = entries.get("facts")
        if facts is None:
            problems.add("the passage has no facts", entries.place, "add facts: and the statements of the sentence")
            continue
        statements = None if facts == "" else as_map(facts, "facts", problems)
        for name, fact in statements.items() if statements else ():
            record = reader.fact(name, fact, passage)
            if record is not None:
                yield record


def _sentence(entries: Map, sentences: int, problems: Problems) -> int | None:
    value = entries.get("sentence")
    if value is None:
        problems.add("the passage has no sentence", entries.place, "add sentence: and its number, from 1")
        return None
    number = as_number(value, "sentence", problems)
    if number is None or not sentences:
        return None
    if not 1 <= number <= sentences:
        problems.add(f"there is no sentence {number}", place_of(value), f"the article has sentences 1 to {sentences}")
        return None
    return number


def _inferences(value: Value | None, facts: set[str], reader: FactReader) -> Iterator[Record]:
    if value is None or value == "":
        return
    entries = as_map(value, "inferences", reader.problems) or Map()
    names = {str(name) for name in entries}
    for name, inference in entries.items():
        record = reader.inference(name, inference, facts, names - facts)
        if record is not None:
            yield record
