"""The README is true: its commands run, its output is what they print, its queries and links work."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.cli import main
from kg.graph.store import PREFIXES, QuerySolutions, RdfFormat, open_store, parse, query
from kg.pipeline import Snapshot, build
from kg.project import DEFAULT_BASE, bundled

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The bundled project, built."""
    return build(bundled(), home=tmp_path_factory.mktemp("readme"))


def test_console_blocks_show_what_the_command_prints(snapshot: Snapshot) -> None:
    """Line by line; a line with `…` alone stands for any further lines."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *expected = part.splitlines()
            arguments = ["--data", str(snapshot.folder.parent.parent), *shlex.split(command)[1:]]
            result = CliRunner().invoke(main, ["--project", str(TOP), *arguments])
            printed = [line.rstrip() for line in result.output.rstrip().splitlines()]
            if expected[-1] == "…":
                expected.pop()
                printed = printed[: len(expected)]
            assert [line.rstrip() for line in expected] == printed, command


def test_shell_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command exits with 0, one after the other, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for block in blocks("sh"):
        for line in block.splitlines():
            result = CliRunner().invoke(main, shlex.split(line)[1:])
            assert 0 == result.exit_code, f"{line}\n{result.output}"


def test_sparql_blocks_answer(snapshot: Snapshot) -> None:
    """Each query has an answer in the bundled graph."""
    for block in blocks("sparql"):
        results = query(open_store(snapshot.store), block, base=DEFAULT_BASE)
        assert isinstance(results, QuerySolutions)
        assert [] != list(results)


def test_turtle_blocks_are_in_the_graph(snapshot: Snapshot) -> None:
    """What the README shows of a claim is what the graph says of it."""
    quads = {
        (quad.subject, quad.predicate, quad.object)
        for quad in parse((snapshot.folder / "graph.nq").read_bytes(), RdfFormat.N_QUADS)
    }
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    for block in blocks("turtle"):
        shown = parse((head + block).encode(), RdfFormat.TURTLE, base_iri=DEFAULT_BASE)
        assert [] == [quad for quad in shown if (quad.subject, quad.predicate, quad.object) not in quads]


def test_text_blocks_are_messages_of_the_cases() -> None:
    """An error that the README shows is one that a case of bad input gives."""
    told = [path.read_text(encoding="utf-8") for path in sorted((TOP / "tests/cases").glob("*/expected.txt"))]
    for block in blocks("text"):
        assert any(block in message for message in told)


def test_files_that_the_readme_names_are_there() -> None:
    """No name in code font that looks like a file of the checkout leads nowhere."""
    named = set(re.findall(r"`([A-Za-z][\w./-]*\.(?:md|cff|toml|txt))`", README)) - {"my-press/README.md"}
    assert [] == [name for name in sorted(named) if not (TOP / name).exists()]


def test_two_commands_are_the_makefile_s() -> None:
    """`make` and `make test` are targets, and continuous integration calls the second."""
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    assert ".DEFAULT_GOAL := run" in makefile
    assert re.search(r"^test:", makefile, flags=re.MULTILINE)
    assert "make test" in (TOP / ".ci/run").read_text(encoding="utf-8")
