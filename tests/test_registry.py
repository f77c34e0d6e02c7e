"""The registry of entities: what it reads, what it refuses, and the rows it gives."""

from pathlib import Path

import pytest

from kg.article import read_entities
from kg.article.registry import Registry
from kg.errors import Problems
from kg.language import is_language_tag

CLASSES = {"Organization", "Person", "Place"}


def read(tmp_path: Path, content: str) -> tuple[Registry, list[str]]:
    """The registry of a file, and what is wrong as `line:column message → fix`."""
    path = tmp_path / "entities.yaml"
    path.write_text(content, encoding="utf-8")
    problems = Problems()
    registry = read_entities(path, tmp_path, CLASSES, problems)
    return registry, [f"{p.place.line}:{p.place.column} {p.message} → {p.fix}" for p in problems if p.place is not None]


GOOD = """\
council:
  type: Organization
  label: {fr: conseil du port, en: harbour council}
  alias: {en: [the council, council], fr: le conseil}
  note: {en: It runs the port.}
  identifier: {unlocode: XX SAL, register: ["12", "013"]}
saltmere:
  type: Place
  label: {en: Saltmere}
"""


def test_rows_of_the_registry(tmp_path: Path) -> None:
    """Entities, labels and identifiers each have their logical source, in the order of the file."""
    registry, wrong = read(tmp_path, GOOD)
    assert wrong == []
    assert list(registry) == ["council", "saltmere"]
    assert registry.entities == [
        {"entity": "council", "type": "Organization"},
        {"entity": "saltmere", "type": "Place"},
    ]
    assert registry.labels == [
        {"entity": "council", "property": "prefLabel", "value": "conseil du port", "language": "fr"},
        {"entity": "council", "property": "prefLabel", "value": "harbour council", "language": "en"},
        {"entity": "council", "property": "altLabel", "value": "the council", "language": "en"},
        {"entity": "council", "property": "altLabel", "value": "council", "language": "en"},
        {"entity": "council", "property": "altLabel", "value": "le conseil", "language": "fr"},
        {"entity": "council", "property": "scopeNote", "value": "It runs the port.", "language": "en"},
        {"entity": "saltmere", "property": "prefLabel", "value": "Saltmere", "language": "en"},
    ]
    assert registry.identifiers == [
        {"entity": "council", "scheme": "unlocode", "code": "XX SAL"},
        {"entity": "council", "scheme": "register", "code": "12"},
        {"entity": "council", "scheme": "register", "code": "013"},
    ]


def test_rows_are_plain_strings(tmp_path: Path) -> None:
    """Places stay with the files; a table gets str and nothing else."""
    registry, _ = read(tmp_path, GOOD)
    rows = [*registry.entities, *registry.labels, *registry.identifiers]
    assert {type(value) for row in rows for value in row.values()} == {str}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "council: {typ: Organization, label: {en: council}}",
            ["1:1 the entity council has no type → add type: and the name of a class of the ontology"],
        ),
        (
            "council: {type: Organisation, label: {en: council}}",
            ["1:17 unknown class 'Organisation' → did you mean 'Organization'?"],
        ),
        ("council: {type: Place}", ["1:1 the entity council has no label → add label: {fr: …, en: …}"]),
        (
            "council: {type: Place, label: {english language: a}}",
            ["1:32 'english language' is not a language tag → use a tag such as fr, en or zh-Hans (RFC 5646)"],
        ),
        (
            "Council: {type: Place, label: {en: a}}",
            ["1:1 'Council' cannot be the id of an entity → use lower-case letters, digits and hyphens"],
        ),
        (
            "council: {type: Place, label: {en: a}, alias: {en: [b, b]}}",
            ["1:56 alias in en has 'b' twice → keep one of them"],
        ),
        (
            "council: {type: Place, label: {en: a}, alias: {en: [b, a]}}",
            ["1:56 'a' is the label in 'en' already → drop the alias"],
        ),
        (
            "council: {type: Place, label: {en: [a, b]}}",
            ["1:40 more than one label in 'en' → keep one; further names are aliases"],
        ),
        (
            "council: {type: Place, label: {en: a, EN: b}}",
            ["1:39 'EN' is the language 'en' again → keep one of them"],
        ),
        ("council: {type: Place, label: {en: ''}}", ["1:36 label in en is empty → "]),
        (
            "council: {type: Place, label: {fr: 'e\u0301te\u0301'}}",
            ["1:36 label in fr is written with decomposed characters → write it in Unicode normal form C: été"],
        ),
        (
            "council: {type: Place, label: {en: a}, identifier: {'a b': c}}",
            ["1:53 'a b' cannot name a scheme of identifiers → use letters, digits and hyphens"],
        ),
        (
            "council: [a]",
            ["1:10 the entity council must be a mapping → write it as `key: value` lines, or as {key: value}"],
        ),
        ("- council", ["1:1 the registry must be a mapping → write it as `key: value` lines, or as {key: value}"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_remedy(tmp_path: Path, content: str, expected: list[str]) -> None:
    """Each mistake once, and nothing that follows from it."""
    _, wrong = read(tmp_path, content)
    assert [line for line in wrong if "unknown key" not in line] == expected


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    """A typing slip is the likely reason."""
    _, wrong = read(tmp_path, "council: {type: Place, label: {en: a}, aliases: {en: b}}")
    assert wrong == ["1:40 unknown key 'aliases' in the entity council → did you mean 'alias'?"]


def test_all_mistakes_of_a_file_are_told_together(tmp_path: Path) -> None:
    """And the entities stay known, so that an article is not blamed for them."""
    registry, wrong = read(tmp_path, "a: {type: Plac}\nb: {label: {en: b}}\nc:\n")
    assert len(wrong) == 4
    assert [registry.lacks(name) for name in "abcd"] == [False, False, False, True]


def test_a_missing_registry_is_told(tmp_path: Path) -> None:
    """With the file's name; and then no name in an article is called unknown."""
    problems = Problems()
    registry = read_entities(tmp_path / "entities.yaml", tmp_path, CLASSES, problems)
    assert [len(registry), registry.lacks("council")] == [0, False]
    assert [problem.message for problem in problems] == ["there is no entities.yaml"]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("fr", True),
        ("fr-CA", True),
        ("zh-Hans-CN", True),
        ("zh-cmn-Hans-CN", True),
        ("de-CH-1996", True),
        ("sl-rozaj-biske", True),
        ("es-419", True),
        ("en-u-co-phonebk", True),
        ("x-harbour", True),
        ("en-x-us", True),
        ("i-klingon", False),
        ("sgn-BE-FR", False),
        ("FR", True),
        ("", False),
        ("f", False),
        ("fr_CA", False),
        ("fr-", False),
        ("english language", False),
        ("französisch", False),
        ("fr\n", False),
        ("a-DE", False),
        ("fr-a1", False),
        ("\u212alingon", False),
    ],
)
def test_well_formed_language_tags(tag: str, expected: bool) -> None:  # noqa: FBT001 -- a table of cases
    """RFC 5646 section 2.2.9, with examples of its appendix A."""
    assert is_language_tag(tag) is expected
