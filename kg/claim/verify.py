"""Facts that a machine sent, checked a table at a time: fields, passages, voices, and quotes against the texts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from kg.article import ENTITY_ID, LONGEST_QUOTE, MODALITIES, POLARITIES, STATUSES, Kind, Registry, whereabouts
from kg.article import is_language_tag as is_tag
from kg.claim.evidence import FACT, is_inference
from kg.claim.finding import SHOWN, Findings
from kg.claim.ndjson import LINE, Lines
from kg.errors import nearest
from kg.mapping.lexical import PATTERNS, lexical_error

__all__ = ["Known", "Verifier"]

Row = dict[str, Any]
Say = str | Callable[[Row], str]

# Of more names than this, none is looked for that is like a wrong one.
_FEW = 2000

_ID = f"^(?:{ENTITY_ID.pattern})$"
_WORDS = {"modality": MODALITIES, "polarity": POLARITIES, "status": STATUSES}


@dataclass(frozen=True)
class Known:
    """What facts may name. articles: their metadata, a row each."""

    kinds: Mapping[str, Kind]
    registry: Registry
    articles: pl.DataFrame

    @cached_property
    def entities(self) -> pl.Series:
        """The ids of the registry."""
        return pl.Series("entity", list(self.registry), dtype=pl.String)

    @cached_property
    def fields(self) -> list[str]:
        """The fields of all kinds."""
        return sorted({name for kind in self.kinds.values() for name in kind.fields})

    def of(self, articles: pl.Series) -> pl.DataFrame:
        """The metadata of the articles in a column, in its order; null for one that there is not."""
        return articles.to_frame("article").join(self.articles, on="article", how="left", maintain_order="left")


@dataclass(frozen=True)
class Verifier:
    """The checks of one batch, whose articles are whole. texts: those at hand, by article."""

    known: Known
    lines: Lines
    findings: Findings

    def verify(self, facts: pl.DataFrame, texts: Mapping[str, str]) -> int:
        """Note everything that is wrong with facts that have their defaults; the number of quotes and cues."""
        about = self.known.of(facts["article"]).drop("article").rename(lambda name: f"of {name}")
        wide = pl.concat([facts, about], how="horizontal")
        self._heads(wide)
        self._fields(facts)
        self._inferences(facts)
        columns = (FACT, LINE, "article", pl.col("^of .*$"))
        quotes = wide.select(*columns, "passages").explode("passages").drop_nulls("passages").unnest("passages")
        spoken = wide.filter(pl.col("voices").list.len() > 0)
        voices = spoken.select(*columns, "voices").explode("voices").unnest("voices")
        self._quotes(quotes)
        self._voices(voices)
        shown = ("start", "end", "quote", "sentence", LINE, "article", "of length", "of rights", "of headline")
        spans = [
            (quotes.select(FACT, *shown), "passages"),
            (voices.rename({"cue": "quote"}).select(FACT, *shown), "voices"),
        ]
        for found, key in spans:
            self._spans(found, key)
            self._stand(found, key, texts)
        self._agree(pl.concat([found for found, _ in spans]))
        return quotes.height + voices.height

    def _tell(self, bad: pl.DataFrame, kind: str, say: Say, key: str, fix: Say = "") -> None:
        rows = list(bad.head(SHOWN).iter_rows(named=True))
        for number, row in enumerate(rows, 1):
            message, remedy = (told if isinstance(told, str) else told(row) for told in (say, fix))
            more = bad.height - len(rows) if number == len(rows) else 0
            self.findings.add(kind, message, self.lines.place(row[LINE], key), remedy, more=more)

    def _run(self, frame: pl.DataFrame, checks: "tuple[_Check, ...]") -> None:
        """Tell of the rows where a check is true. One pass says which checks are worth a second."""
        if not frame.height:
            return
        found = frame.select(check.bad.any().alias(str(number)) for number, check in enumerate(checks)).row(0)
        for check, any_bad in zip(checks, found, strict=True):
            if any_bad:
                self._tell(frame.filter(check.bad), check.kind, check.say, check.key, check.fix)

    def _heads(self, wide: pl.DataFrame) -> None:
        kinds, articles = list(self.known.kinds), self.known.articles["article"]
        col = pl.col
        words = tuple(
            _Check(
                f"unknown {name}",
                ~col(name).is_in(allowed) & ~is_inference(),
                _said(f"unknown {name} {{{name}!r}}"),
                name,
                _nearest(name, allowed),
            )
            for name, allowed in _WORDS.items()
        )
        self._run(
            wide,
            (
                _Check("no article", col("article").is_null(), "the fact has no article", "", 'add "article"'),
                _Check(
                    "unknown article",
                    col("article").is_not_null() & col("of language").is_null(),
                    lambda row: f"unknown article {row['article']!r}",
                    "article",
                    lambda row: _near(row["article"], articles) or "describe it in articles.ndjson",
                ),
                _Check("no kind", col("kind").is_null(), "the fact has no kind", "", nearest("", kinds)),
                _Check(
                    "unknown kind",
                    ~col("kind").is_in(kinds),
                    lambda row: f"unknown kind {row['kind']!r}",
                    "kind",
                    lambda row: nearest(row["kind"], kinds),
                ),
                _Check(
                    "id",
                    ~col("id").str.contains(_ID),
                    lambda row: f"{row['id']!r} cannot be the id of a fact",
                    "id",
                    "use lower-case letters, digits and hyphens",
                ),
                _Check(
                    "fact written twice",
                    pl.struct("article", "id").is_duplicated() & ~pl.struct("article", "id").is_first_distinct(),
                    lambda row: f"the fact {row['id']!r} is written twice",
                    "id",
                    "rename one, or keep one",
                ),
                _Check(
                    "language",
                    col("language") != col("of language"),
                    lambda row: f"the fact is in {row['language']}, its article in {row['of language']}",
                    "language",
                    "leave the language of the fact out",
                ),
                *words,
                _Check(
                    "no quote",
                    (col("passages").list.len() == 0) & ~is_inference(),
                    lambda row: f"the fact {row['id']} has no quote",
                    "passages",
                    'add "passages": [{"start", "end", "quote", "sentence"}]',
                ),
                _Check(
                    "sentence",
                    ~col("sentence").is_between(1, col("of sentences")) & ~is_inference(),
                    lambda row: f"there is no sentence {row['sentence']}",
                    "sentence",
                    lambda row: f"the article has sentences 1 to {row['of sentences']}",
                ),
                _Check(
                    "ambiguity",
                    col("ambiguity").is_not_null() & (col("readings").list.unique().list.len() < 2),
                    "an ambiguity with fewer than two readings",
                    "ambiguity",
                    'give at least two different "readings"',
                ),
                _Check(
                    "ambiguity",
                    col("ambiguity").is_null() & (col("readings").list.len() > 0),
                    "readings without an ambiguity",
                    "readings",
                    'say in "ambiguity" why it can be read in several ways',
                ),
            ),
        )

    def _fields(self, facts: pl.DataFrame) -> None:
        """Each field where it has a value: whether the kind has it, and what the value must be."""
        totals = dict(facts.group_by("kind").len().iter_rows())
        for name in self.known.fields:
            used = facts.filter(pl.col(name).is_not_null()).select(LINE, "id", "kind", pl.col(name).alias("value"))
            there = dict(used.group_by("kind").len().iter_rows())
            having = {kind: self.known.kinds[kind].fields.get(name) for kind in totals if kind in self.known.kinds}
            foreign = [kind for kind in there if kind in having and having[kind] is None]
            if foreign:
                self._tell(
                    used.filter(pl.col("kind").is_in(foreign)),
                    "unknown field",
                    _said(f"unknown field {name!r} of the kind {{kind}}"),
                    name,
                    self._nearest_field(name),
                )
            lacking = [
                kind
                for kind, known in having.items()
                if known is not None and known.required and there.get(kind, 0) < totals[kind]
            ]
            if lacking:
                self._tell(
                    facts.filter(pl.col("kind").is_in(lacking) & pl.col(name).is_null()),
                    "missing field",
                    _said(f"the fact {{id}} has no {name}"),
                    "kind",
                    lambda row: f"the kind {row['kind']} needs it",
                )
            if used.height:
                self._values(name, used, [kind for kind in there if having.get(kind) is not None])
        silent = [
            kind
            for kind in totals
            if kind in self.known.kinds
            and (fields := self.known.kinds[kind].fields)
            and not any(field.required for field in fields.values())
        ]
        if silent:
            nothing = pl.all_horizontal(pl.col(self.known.fields).is_null())
            self._tell(
                facts.filter(pl.col("kind").is_in(silent) & nothing),
                "missing field",
                lambda row: f"the fact {row['id']} says nothing",
                "kind",
                lambda row: (
                    f"give the fields of the kind {row['kind']}: {', '.join(self.known.kinds[row['kind']].fields)}"
                ),
            )

    def _nearest_field(self, name: str) -> Say:
        return lambda row: nearest(name, self.known.kinds[row["kind"]].fields)

    def _values(self, name: str, used: pl.DataFrame, kinds: Sequence[str]) -> None:
        if isinstance(used.schema["value"], pl.List):
            twice = pl.col("value").list.len() != pl.col("value").list.n_unique()
            self._tell(used.filter(twice), "value", f"{name} has a value twice", name, "keep one of them")
            used = used.explode("value")
        value = pl.col("value")
        composed = value.str.normalize("NFC")
        checks = [
            _Check("value", value.str.strip_chars() == "", f"{name} is empty", name, "give a value, or leave it out"),
            _Check(
                "value",
                value.str.contains(r"[^\x00-\x{2FF}]") & (value != composed),
                f"{name} is written with decomposed characters",
                name,
                "write it in Unicode normal form C",
            ),
        ]
        entities: list[str] = []
        datatypes: dict[str, list[str]] = {}
        for kind in kinds:
            field = self.known.kinds[kind].fields[name]
            if field.type == "entity":
                entities.append(kind)
            elif field.datatype in PATTERNS:
                datatypes.setdefault(field.datatype, []).append(kind)
        if entities:
            checks.append(
                _Check(
                    "unknown entity",
                    pl.col("kind").is_in(entities) & ~value.is_in(self.known.entities),
                    lambda row: f"unknown entity {row['value']!r}",
                    name,
                    lambda row: nearest(row["value"], self.known.registry),
                )
            )
        checks += [
            _Check(
                "value",
                pl.col("kind").is_in(those) & ~value.str.contains(PATTERNS[datatype]),
                _lexical(name, datatype),
                name,
            )
            for datatype, those in datatypes.items()
        ]
        self._run(used, tuple(checks))

    def _inferences(self, facts: pl.DataFrame) -> None:
        inferred = facts.filter(is_inference())
        if not inferred.height:
            return
        rested = (pl.col("passages").list.len() > 0) | (pl.col("voices").list.len() > 0)
        self._tell(
            inferred.filter(rested),
            "inference",
            "an inference has no passages and no voices",
            "premises",
            "it rests on its premises; what a text says is a fact",
        )
        premises = inferred.select(LINE, "article", pl.col("premises").alias("id")).explode("id")
        stated = facts.filter(~is_inference()).select("article", "id")
        self._tell(
            premises.join(stated, on=["article", "id"], how="anti", maintain_order="left"),
            "premise",
            lambda row: f"the premise {row['id']!r} is no fact of the article",
            "premises",
            "name the facts that it rests on",
        )
        whys = inferred.select(LINE, "rationale").explode("rationale").unnest("rationale")
        tags = [tag for tag in whys["language"].unique().to_list() if tag and is_tag(tag)]
        self._tell(
            whys.filter(pl.col("value").is_null() | ~pl.col("language").is_in(tags).fill_null(value=False)),
            "rationale",
            "an inference needs a rationale in words, each in a language",
            "rationale",
            'add "rationale": [{"value": "…", "language": "en"}]',
        )

    def _quotes(self, quotes: pl.DataFrame) -> None:
        missing = pl.any_horizontal(pl.col("start", "end", "quote", "sentence").is_null())
        before = pl.col("end").shift().over(FACT)
        self._run(
            quotes,
            (
                _Check("passage", missing, "a passage needs start, end, quote and sentence", "passages"),
                _Check(
                    "passage",
                    pl.col("start") < before,
                    lambda row: f"the segment “{row['quote']}” stands before the end of the one before it",
                    "passages",
                    "write the segments in the order of the text, apart",
                ),
                _Check(
                    "passage",
                    ~pl.col("sentence").is_between(1, pl.col("of sentences")),
                    lambda row: f"there is no sentence {row['sentence']}",
                    "passages",
                    lambda row: f"the article has sentences 1 to {row['of sentences']}",
                ),
            ),
        )

    def _voices(self, voices: pl.DataFrame) -> None:
        col = pl.col
        again = pl.struct(FACT, "entity", "start", "end").is_duplicated()
        self._run(
            voices,
            (
                _Check(
                    "voice",
                    pl.any_horizontal(col("entity", "cue", "start", "end").is_null()),
                    "a voice needs entity, cue, start and end",
                    "voices",
                ),
                _Check(
                    "unknown entity",
                    ~col("entity").is_in(self.known.entities),
                    lambda row: f"the voice {row['entity']!r} is no entity",
                    "voices",
                    lambda row: nearest(row["entity"], self.known.registry),
                ),
                _Check(
                    "voice",
                    again | (col("entity") == col("entity").shift().over(FACT)),
                    lambda row: f"{row['entity']} speaks twice in this chain",
                    "voices",
                    "keep one of the two; who speaks again does so through another voice, named by other words",
                ),
                _Check(
                    "voice",
                    ~col("sentence").is_between(1, col("of sentences")),
                    lambda row: f"there is no sentence {row['sentence']}",
                    "voices",
                    lambda row: f"the article has sentences 1 to {row['of sentences']}",
                ),
            ),
        )

    def _spans(self, spans: pl.DataFrame, key: str) -> None:
        col = pl.col
        length = col("quote").str.len_chars()
        long = (length > LONGEST_QUOTE) & (col("of rights") == "quotes")
        self._run(
            spans,
            (
                _Check(
                    "passage",
                    (col("end") <= col("start")) | (col("end") > col("of length")),
                    lambda row: f"{row['start']}–{row['end']} is no stretch of the text",
                    key,
                    lambda row: f"positions are in code points, the end exclusive; the text has {row['of length']}",
                ),
                _Check(
                    "passage",
                    (col("end") > col("start")) & (length != col("end") - col("start")),
                    lambda row: (
                        f"“{row['quote']}” has {len(row['quote'])} characters, not those of {row['start']}–{row['end']}"
                    ),
                    key,
                    "positions are in code points, the end exclusive",
                ),
                _Check(
                    "passage",
                    long & ~col("of headline").str.contains(col("quote"), literal=True),
                    lambda row: (
                        f"“{row['quote'][:20]}…” has {len(row['quote'])} characters; the article's rights "
                        f"allow quotes of {LONGEST_QUOTE}"
                    ),
                    key,
                    "quote the fewest words that say it, in several segments where they stand apart",
                ),
            ),
        )

    def _stand(self, spans: pl.DataFrame, key: str, texts: Mapping[str, str]) -> None:
        """Whether each quote stands where it says in its text, exactly."""
        if not texts:
            return
        at_hand = pl.DataFrame({"article": list(texts), "text": list(texts.values())})
        found = spans.join(at_hand, on="article", how="inner", maintain_order="left")
        there = pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start"))
        bad = found.filter((pl.col("end") > pl.col("start")) & (there != pl.col("quote")))
        self._tell(
            bad,
            "quote",
            lambda row: f"“{row['quote']}” does not stand at {row['start']}–{row['end']}",
            key,
            lambda row: whereabouts(row["quote"], row["text"]),
        )

    def _agree(self, spans: pl.DataFrame) -> None:
        """One stretch of a text is one passage, with one quote in one sentence."""
        known = spans.select("article", "start", "end", "quote", "sentence", LINE).drop_nulls("start")
        distinct = known.unique(["article", "start", "end", "quote", "sentence"], keep="first", maintain_order=True)
        place = pl.struct("article", "start", "end")
        self._run(
            distinct,
            (
                _Check(
                    "passage",
                    ~place.is_first_distinct(),
                    lambda row: f"the passage {row['start']}–{row['end']} has another quote or sentence before",
                    "passages",
                    "give it the same quote and sentence in every fact",
                ),
            ),
        )


@dataclass(frozen=True)
class _Check:
    """Rows where `bad` is true, of which `say` tells, at `key`; null is not true."""

    kind: str
    bad: pl.Expr
    say: Say
    key: str
    fix: Say = ""


def _said(template: str) -> Say:
    """The template with the values of a row."""
    return template.format_map


def _nearest(column: str, known: Collection[str]) -> Say:
    return lambda row: nearest(row[column], known)


def _lexical(name: str, datatype: str) -> Say:
    return lambda row: f"{name}: {lexical_error(datatype, row['value'])}"


def _near(name: str, known: pl.Series) -> str:
    return nearest(name, known) if known.len() <= _FEW else ""
