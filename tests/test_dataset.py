"""sources/dataset.yaml: the base of data IRIs, names, licence."""

from pathlib import Path

import pytest

from kg.errors import Problems
from kg.pipeline import Dataset, read_dataset
from kg.project import DEFAULT_BASE, Project


def read(text: str, tmp_path: Path) -> tuple[Dataset, list[str]]:
    """The dataset of a project whose file holds the text, and the problems as `line: message`."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/dataset.yaml").write_text(text, encoding="utf-8")
    problems = Problems()
    dataset = read_dataset(Project(tmp_path), problems)
    assert all(problem.fix for problem in problems)
    return dataset, [f"{problem.place.line}: {problem.message}" for problem in problems if problem.place]


def test_everything_may_be_left_out(tmp_path: Path) -> None:
    """The base is the bundled project's unless a project has its own."""
    assert (Dataset(DEFAULT_BASE), []) == read("{}", tmp_path)


@pytest.mark.parametrize(
    "base", ["https://example.org/harbour/", "http://x.example:8080/é/", "https://a.example/%C3%A9/"]
)
def test_base_of_ones_own(base: str, tmp_path: Path) -> None:
    """Any folder on the web."""
    assert (Dataset(base), []) == read(f"base: {base}", tmp_path)


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("https://ex.org/?q=/", "must be a folder: no query, no fragment, no empty or dotted part"),
        ("https://ex.org/#/", "must be a folder: no query, no fragment, no empty or dotted part"),
        ("https://ex.org/a/../b/", "must be a folder: no query, no fragment, no empty or dotted part"),
        ("https://ex.org", "must be a folder: no query, no fragment, no empty or dotted part"),
        ("https://ex.org//", "must be a folder: no query, no fragment, no empty or dotted part"),
        ("https:///", "is no http or https address"),
        ("https://[bad/", "is no http or https address"),
        ("ftp://ex.org/", "is no http or https address"),
        ('"https://e x.org/"', "is no http or https address"),
        ("https://ex.org/%zz/", "has a % without two hexadecimal digits"),
        ("https://w3id.org/pressgraph/ns/", "is the namespace of the vocabulary"),
        ("[https://ex.org/]", "must be an address"),
    ],
)
def test_base_that_could_not_be_resolved_against_is_told(base: str, message: str, tmp_path: Path) -> None:
    """A base from which a parser would make other IRIs than ours is refused where it is written."""
    assert [f"2: base {message}"] == read(f"title: {{en: x}}\nbase: {base}", tmp_path)[1]


@pytest.mark.parametrize("licence", ['"x\\n<a:s> <a:p> <a:o> ."', "[a]", "CC BY 4.0"])
def test_licence_is_an_iri(licence: str, tmp_path: Path) -> None:
    """Nothing else gets into the head of a dump."""
    assert ["1: licence is no IRI"] == read(f"licence: {licence}", tmp_path)[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bse: x", "1: unknown key 'bse'"),
        ("title: x", "1: title must give a text for each language"),
        ("- a", "1: this must be a mapping"),
    ],
)
def test_other_mistakes_are_told(text: str, message: str, tmp_path: Path) -> None:
    """With the line."""
    assert [message] == read(text, tmp_path)[1]
