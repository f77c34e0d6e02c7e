"""Facts that a machine sent, checked a table at a time: what every fact has, its fields, inferences."""

from collections.abc import Mapping, Sequence

import polars as pl

from kg.article import ENTITY_ID, MODALITIES, POLARITIES, STATUSES
from kg.article import is_language_tag as is_tag
from kg.claim.check import Check, Checker, Say, lexical, nearest_to, said
from kg.claim.evidence import is_inference
from kg.claim.known import Known
from kg.claim.ndjson import LINE
from kg.claim.passage import verify_passages
from kg.errors import nearest
from kg.mapping.lexical import PATTERNS

__all__ = ["verify"]

# Of more names than this, none is looked for that is like a wrong one.
_FEW = 2000

_ID = f"^(?:{ENTITY_ID.pattern})$"
_WORDS = {"modality": MODALITIES, "polarity": POLARITIES, "status": STATUSES}


def verify(facts: pl.DataFrame, known: Known, checker: Checker, texts: Mapping[str, str]) -> int:
    """Note everything that is wrong with facts that have their defaults; the number of quotes and cues.

    The articles of the facts are whole. texts: those at hand, by article.
    """
    about = known.of(facts["article"]).drop("article").rename(lambda name: f"of {name}")
    wide = pl.concat([facts, about], how="horizontal")
    _heads(known, checker, wide)
    _fields(known, checker, facts)
    _inferences(checker, facts)
    return verify_passages(wide, known, checker, texts)


def _heads(known: Known, checker: Checker, wide: pl.DataFrame) -> None:
    kinds, articles = list(known.kinds), known.articles["article"]
    col = pl.col
    words = tuple(
        Check(
            f"unknown {name}",
            ~col(name).is_in(allowed) & ~is_inference(),
            said(f"unknown {name} {{{name}!r}}"),
            name,
            nearest_to(name, allowed),
        )
        for name, allowed in _WORDS.items()
    )
    checker.run(
        wide,
        (
            Check("no article", col("article").is_null(), "the fact has no article", "", 'add "article"'),
            Check(
                "unknown article",
                col("article").is_not_null() & col("of language").is_null(),
                lambda row: f"unknown article {row['article']!r}",
                "article",
                lambda row: _near(row["article"], articles) or "describe it in articles.ndjson",
            ),
            Check("no kind", col("kind").is_null(), "the fact has no kind", "", nearest("", kinds)),
            Check(
                "unknown kind",
                ~col("kind").is_in(kinds),
                lambda row: f"unknown kind {row['kind']!r}",
                "kind",
                lambda row: nearest(row["kind"], kinds),
            ),
            Check(
                "id",
                ~col("id").str.contains(_ID),
                lambda row: f"{row['id']!r} cannot be the id of a fact",
                "id",
                "use lower-case letters, digits and hyphens",
            ),
            Check(
                "fact written twice",
                pl.struct("article", "id").is_duplicated() & ~pl.struct("article", "id").is_first_distinct(),
                lambda row: f"the fact {row['id']!r} is written twice",
                "id",
                "rename one, or keep one",
            ),
            Check(
                "language",
                col("language") != col("of language"),
                lambda row: f"the fact is in {row['language']}, its article in {row['of language']}",
                "language",
                "leave the language of the fact out",
            ),
            *words,
            Check(
                "no quote",
                (col("passages").list.len() == 0) & ~is_inference(),
                lambda row: f"the fact {row['id']} has no quote",
                "passages",
                'add "passages": [{"start", "end", "quote", "sentence"}]',
            ),
            Check(
                "sentence",
                ~col("sentence").is_between(1, col("of sentences"))
                & (col("sentence") != col("passages").list.first().struct.field("sentence")),
                lambda row: f"there is no sentence {row['sentence']}",
                "sentence",
                lambda row: f"the article has sentences 1 to {row['of sentences']}",
            ),
            Check(
                "ambiguity",
                col("ambiguity").is_not_null() & (col("readings").list.unique().list.len() < 2),
                "an ambiguity with fewer than two readings",
                "ambiguity",
                'give at least two different "readings"',
            ),
            Check(
                "ambiguity",
                col("ambiguity").is_null() & (col("readings").list.len() > 0),
                "readings without an ambiguity",
                "readings",
                'say in "ambiguity" why it can be read in several ways',
            ),
        ),
    )


def _fields(known: Known, checker: Checker, facts: pl.DataFrame) -> None:
    """Each field where it has a value: whether the kind has it, and what the value must be."""
    totals = dict(facts.group_by("kind").len().iter_rows())
    for name in known.fields:
        used = facts.filter(pl.col(name).is_not_null()).select(LINE, "id", "kind", pl.col(name).alias("value"))
        there = dict(used.group_by("kind").len().iter_rows())
        having = {kind: known.kinds[kind].fields.get(name) for kind in totals if kind in known.kinds}
        foreign = [kind for kind in there if kind in having and having[kind] is None]
        if foreign:
            checker.tell(
                used.filter(pl.col("kind").is_in(foreign)),
                "unknown field",
                said(f"unknown field {name!r} of the kind {{kind}}"),
                name,
                _nearest_field(known, name),
            )
        lacking = [
            kind
            for kind, known in having.items()
            if known is not None and known.required and there.get(kind, 0) < totals[kind]
        ]
        if lacking:
            checker.tell(
                facts.filter(pl.col("kind").is_in(lacking) & pl.col(name).is_null()),
                "missing field",
                said(f"the fact {{id}} has no {name}"),
                "kind",
                lambda row: f"the kind {row['kind']} needs it",
            )
        if used.height:
            _values(known, checker, name, used, [kind for kind in there if having.get(kind) is not None])
    silent = [
        kind
        for kind in totals
        if kind in known.kinds
        and (fields := known.kinds[kind].fields)
        and not any(field.required for field in fields.values())
    ]
    if silent:
        nothing = pl.all_horizontal(pl.col(known.fields).is_null())
        checker.tell(
            facts.filter(pl.col("kind").is_in(silent) & nothing),
            "missing field",
            lambda row: f"the fact {row['id']} says nothing",
            "kind",
            lambda row: f"give the fields of the kind {row['kind']}: {', '.join(known.kinds[row['kind']].fields)}",
        )


def _nearest_field(known: Known, name: str) -> Say:
    return lambda row: nearest(name, known.kinds[row["kind"]].fields)


def _values(known: Known, checker: Checker, name: str, used: pl.DataFrame, kinds: Sequence[str]) -> None:
    if isinstance(used.schema["value"], pl.List):
        twice = pl.col("value").list.len() != pl.col("value").list.n_unique()
        checker.tell(used.filter(twice), "value", f"{name} has a value twice", name, "keep one of them")
        used = used.explode("value")
    value = pl.col("value")
    composed = value.str.normalize("NFC")
    checks = [
        Check("value", value.str.strip_chars() == "", f"{name} is empty", name, "give a value, or leave it out"),
        Check(
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
        field = known.kinds[kind].fields[name]
        if field.type == "entity":
            entities.append(kind)
        elif field.datatype in PATTERNS:
            datatypes.setdefault(field.datatype, []).append(kind)
    if entities:
        checks.append(
            Check(
                "unknown entity",
                pl.col("kind").is_in(entities) & ~value.is_in(known.entities),
                lambda row: f"unknown entity {row['value']!r}",
                name,
                lambda row: nearest(row["value"], known.registry),
            )
        )
    checks += [
        Check(
            "value",
            pl.col("kind").is_in(those) & ~value.str.contains(PATTERNS[datatype]),
            lexical(name, datatype),
            name,
        )
        for datatype, those in datatypes.items()
    ]
    checker.run(used, tuple(checks))


def _inferences(checker: Checker, facts: pl.DataFrame) -> None:
    inferred = facts.filter(is_inference())
    if not inferred.height:
        return
    rested = (pl.col("passages").list.len() > 0) | (pl.col("voices").list.len() > 0)
    checker.tell(
        inferred.filter(rested),
        "inference",
        "an inference has no passages and no voices",
        "premises",
        "it rests on its premises; what a text says is a fact",
    )
    premises = inferred.select(LINE, "article", pl.col("premises").alias("id")).explode("id")
    stated = facts.filter(~is_inference()).select("article", "id")
    checker.tell(
        premises.join(stated, on=["article", "id"], how="anti", maintain_order="left"),
        "premise",
        lambda row: f"the premise {row['id']!r} is no fact of the article",
        "premises",
        "name the facts that it rests on",
    )
    whys = inferred.select(LINE, "rationale").explode("rationale").unnest("rationale")
    tags = [tag for tag in whys["language"].unique().to_list() if tag and is_tag(tag)]
    checker.tell(
        whys.filter(pl.col("value").is_null() | ~pl.col("language").is_in(tags).fill_null(value=False)),
        "rationale",
        "an inference needs a rationale in words, each in a language",
        "rationale",
        'add "rationale": [{"value": "…", "language": "en"}]',
    )


def _near(name: str, known: pl.Series) -> str:
    return nearest(name, known) if known.len() <= _FEW else ""
