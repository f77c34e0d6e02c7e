"""The documents are true: their files make what they show, their commands print it, their Python runs."""

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.cli import main
from kg.mapping.yarrrml.keys import KEYS

DOCS = Path(__file__).parent.parent / "docs"
TEXT = (DOCS / "materialize.md").read_text(encoding="utf-8")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a language: the name of the file that each is, or nothing, and its text."""
    for found in re.finditer(rf"^```{language}(?: (\S+))?\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL):
        yield found[1] or "", found[2]


@pytest.fixture
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the document shows, in the working folder."""
    monkeypatch.chdir(tmp_path)
    for language in ("csv", "json", "yaml"):
        for name, text in blocks(language):
            (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(block: str) -> Iterator[tuple[list[str], list[str]]]:
    """What each command of a block is said to print, and prints; a line `…` at the end stands for any more lines."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *told = part.rstrip("\n").split("\n")
        printed = CliRunner().invoke(main, shlex.split(command)[1:]).output.rstrip("\n").split("\n")
        if told[-1] == "…":
            told.pop()
            printed = printed[: len(told)]
        yield told, printed


@pytest.mark.usefixtures("_files")
def test_console_blocks_show_what_the_command_prints() -> None:
    """Line by line."""
    for _, block in blocks("console"):
        for told, printed in run(block):
            assert told == printed


def test_quads_are_among_those_written(_files: Path) -> None:  # noqa: PT019 - its value is used
    """As many as the document says."""
    CliRunner().invoke(main, ["materialize", "people.yaml", "-o", "people.nq", "--quarantine", "wrong.ndjson"])
    (block,) = [text for _, text in blocks("nquads")]
    written = (_files / "people.nq").read_text(encoding="utf-8").splitlines()
    assert set() == set(block.splitlines()) - set(written)
    assert f"holds {len(written)} quads" in TEXT


@pytest.mark.usefixtures("_files")
def test_python_blocks_run() -> None:
    """One after the other, and give what the document shows."""
    source = "\n".join(text for _, text in blocks("pycon"))
    test = doctest.DocTestParser().get_doctest(source, {}, "materialize.md", "materialize.md", 0)
    assert (0, 14) == tuple(doctest.DocTestRunner().run(test))


def test_every_key_of_yarrrml_is_in_the_table() -> None:
    """In its long spelling."""
    named = set(re.findall(r"`(\w+)`", TEXT.partition("## YARRRML")[2]))
    keys = {
        long for kind, spellings in KEYS.items() if kind not in ("author", "security") for long in spellings.values()
    }
    assert set() == keys - named


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """To a heading of the page, or to a file of the checkout."""
    text = path.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)", text, re.MULTILINE)
    }
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        file, _, heading = link.partition("#")
        assert heading in headings if not file else (path.parent / file).exists(), link
