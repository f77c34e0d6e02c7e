"""The command: what people type, what they see, and the exit code."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kg.article import read_entities
from kg.cli import main
from kg.errors import Problems
from kg.graph.store import RdfFormat, parse
from kg.project import bundled, example

SLUG = "lindmoor-east-quay"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its snapshot; tests here only read it."""
    root = tmp_path_factory.mktemp("cli") / "project"
    shutil.copytree(example(), root)
    assert 0 == CliRunner().invoke(main, ["--project", str(root), "build"]).exit_code
    return root


@pytest.fixture(autouse=True)
def _texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's text lies beside its article."""
    monkeypatch.delenv("KG_TEXTS", raising=False)


def kg(root: Path, *arguments: str, given: str = "") -> Result:
    """Run the command on a project."""
    return CliRunner().invoke(main, ["--project", str(root), *arguments], input=given)


def test_build_prints_the_report_and_the_snapshot(tmp_path: Path) -> None:
    """Counts for people on standard output, steps on standard error, nothing wider than 80 columns."""
    shutil.copytree(example(), tmp_path / "p")
    result = kg(tmp_path / "p", "build")
    assert 0 == result.exit_code
    assert result.stdout.startswith("articles           1\n")
    assert "every shape holds" in result.stderr
    assert max(map(len, result.stdout.splitlines()[:-1])) <= 80


def test_problems_are_told_together_with_exit_code_1(tmp_path: Path) -> None:
    """Two mistakes in two files, both told, each with its line and what to do."""
    shutil.copytree(example(), tmp_path / "p")
    for name, old, new in (
        ("entities.yaml", "type: Place", "type: Plaice"),
        (f"articles/{SLUG}.yaml", "kind: count", "kind: cuont"),
    ):
        path = tmp_path / "p/sources" / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    result = kg(tmp_path / "p", "build")
    assert 1 == result.exit_code
    assert "did you mean 'Place'?" in result.stderr
    assert "did you mean 'count'?" in result.stderr
    assert result.stderr.rstrip().endswith("2 problems")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--project", "/nowhere", "build"], "is no project: it has no folder sources/"),
        (["query", "wich-voices-for-the-wall"], "did you mean 'which-voices-for-the-wall'?"),
        (["query", "missing.rq"], "there is no file missing.rq"),
        (["query", "who-took-part", "-p", "activity"], "write NAME=VALUE"),
        (["query", "who-took-part", "-f", "xlsx"], "cannot be written as xlsx"),
        (["dump", "-f", "turtle"], "unknown format 'turtle'"),
        (["dump", "-f", "ttl", "-g", "infered"], "did you mean 'inferred'?"),
    ],
)
def test_what_cannot_run_is_one_line_with_exit_code_2(arguments: list[str], told: str, built: Path) -> None:
    """A wrong call says what is wrong and the nearest right one."""
    result = CliRunner().invoke(
        main, arguments if arguments[0] == "--project" else ["--project", str(built), *arguments]
    )
    assert 2 == result.exit_code
    assert told in result.stderr
    assert 1 == len(result.stderr.strip().splitlines())


def test_query_prints_labels_not_iris(built: Path) -> None:
    """A table for people: names in the language asked for, and no address."""
    english, french = (kg(built, "query", "how-many-cracks", "--lang", tag).stdout for tag in ("en", "fr"))
    assert "harbour master" in english
    assert "http" not in english
    assert english != french


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_answers_fit_the_terminal(width: int, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal, and no word is broken, however narrow it is."""
    monkeypatch.setattr("kg.cli.answer._UNBOUND", width)
    printed = kg(built, "query", "what-is-to-come").stdout
    assert max(map(len, printed.splitlines())) <= width
    assert {"Skarrow", "Lindmoor", "agreed"} <= set(printed.split())


def test_query_formats(built: Path) -> None:
    """CSV and JSON hold IRIs; what they hold is the same."""
    rows = kg(built, "query", "how-many-cracks", "-f", "csv").stdout.splitlines()
    found = json.loads(kg(built, "query", "how-many-cracks", "-f", "json").stdout)
    assert len(rows) - 1 == len(found["results"]["bindings"])
    assert "https://example.org/harbour/id/" in rows[1]


def test_query_takes_files_and_standard_input(built: Path, tmp_path: Path) -> None:
    """The same query by file and by pipe; relative IRIs resolve against the project's base."""
    text = "ASK { ?c a kg:Claim ; kg:statedIn <article/lindmoor-east-quay> }"
    (tmp_path / "q.rq").write_text(text, encoding="utf-8")
    assert "yes\n" == kg(built, "query", str(tmp_path / "q.rq")).stdout
    assert "oui\n" == kg(built, "query", "-", "--lang", "fr", given=text).stdout


def test_query_syntax_error_has_its_place(built: Path) -> None:
    """Line and column of the query, exit code 1."""
    result = kg(built, "query", "-", given="SELECT ?s\nWHERE { ?s a }")
    assert 1 == result.exit_code
    assert "standard input:2:" in result.stderr


def test_unknown_entity_is_told_instead_of_an_empty_answer(built: Path) -> None:
    """A misspelt parameter is not an honest empty answer."""
    result = kg(built, "query", "who-took-part", "-p", "activity=surwey")
    assert 1 == result.exit_code
    assert "did you mean 'survey'?" in result.stderr


def test_questions_are_listed_with_their_parameters(built: Path) -> None:
    """Without a name: all of them, within 80 columns."""
    listed = kg(built, "query").stdout
    assert "how-many-cracks\n" in listed
    assert "-p activity=survey" in listed
    assert max(map(len, listed.splitlines())) <= 80


def test_dump_writes_rdf_to_standard_output(built: Path) -> None:
    """The whole dataset, as in the snapshot."""
    result = kg(built, "dump", "-f", "nq")
    snapshot = next((built / ".kg/snapshots").iterdir())
    expected = set(parse((snapshot / "graph.nq").read_bytes(), RdfFormat.N_QUADS))
    assert expected == set(parse(result.stdout_bytes, RdfFormat.N_QUADS))


def test_check_prints_a_line_for_each_gate(built: Path) -> None:
    """State and what was checked; all hold, so exit code 0."""
    result = kg(built, "check", "--strict")
    gates = [line.split()[:2] for line in result.stdout.splitlines()]
    assert [["files", "holds"], ["quotes", "holds"], ["coverage", "holds"], ["shapes", "holds"]] == gates[:4]
    assert 0 == result.exit_code


def test_check_without_the_text_is_not_checked(tmp_path: Path) -> None:
    """The lock vouches: exit code 0, and 1 under --strict; coverage holds by the lock."""
    shutil.copytree(example(), tmp_path / "p")
    (tmp_path / f"p/sources/articles/{SLUG}.txt").unlink()
    lenient, strict = kg(tmp_path / "p", "check"), kg(tmp_path / "p", "check", "--strict")
    assert (0, 1) == (lenient.exit_code, strict.exit_code)
    assert "quotes     not checked" in lenient.stdout
    assert "coverage   holds" in lenient.stdout


def test_check_shows_uncovered_words(tmp_path: Path) -> None:
    """A sentence that lost its facts, and the words that nobody covers any more, are failures with the file."""
    shutil.copytree(example(), tmp_path / "p")
    article = tmp_path / f"p/sources/articles/{SLUG}.yaml"
    lines = article.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.startswith("- sentence: 3"))
    end = next(n for n, line in enumerate(lines[start + 1 :], start + 1) if line.startswith("- sentence: 4"))
    article.write_text("".join(lines[:start] + lines[end:]), encoding="utf-8")
    result = kg(tmp_path / "p", "check", "--json")
    coverage = next(gate for gate in json.loads(result.stdout) if gate["gate"] == "coverage")
    assert ("fails", 1) == (coverage["state"], result.exit_code)
    assert "sentence 3 has no fact" in [problem["message"] for problem in coverage["problems"]]


def test_check_writes_the_lock(tmp_path: Path) -> None:
    """With the text at hand a missing lock is written anew, the same as before."""
    shutil.copytree(example(), tmp_path / "p")
    lock = tmp_path / f"p/sources/articles/{SLUG}.lock"
    before = lock.read_bytes()
    lock.unlink()
    assert 0 == kg(tmp_path / "p", "check").exit_code
    assert before == lock.read_bytes()


def test_check_heals_a_damaged_lock_where_the_text_is(tmp_path: Path) -> None:
    """A lock that a merge broke is written anew; in continuous integration that is a failure."""
    shutil.copytree(example(), tmp_path / "p")
    lock = tmp_path / f"p/sources/articles/{SLUG}.lock"
    before = lock.read_bytes()
    for strict, code in ((["--strict"], 1), ([], 0)):
        lock.write_bytes(before.replace(b"quotes:", b"<<<<<<< mine"))
        assert code == kg(tmp_path / "p", "check", *strict).exit_code
        assert before == lock.read_bytes()


def test_check_reads_the_context(tmp_path: Path) -> None:
    """A context that no dump could be written with fails where it is wrong, and so does the build."""
    shutil.copytree(example(), tmp_path / "p")
    shutil.copytree(bundled().part("ontology"), tmp_path / "p/ontology")
    (tmp_path / "p/ontology/context.jsonld").write_text('{"@context": {', encoding="utf-8")
    for command in ("check", "build"):
        result = kg(tmp_path / "p", command)
        assert 1 == result.exit_code
        assert "ontology/context.jsonld:1:" in result.output


def test_find_prints_positions_and_names_what_differs(built: Path) -> None:
    """Exact words with their range and exit code 0; near ones with the differing character and exit code 1."""
    exact, near = kg(built, "find", "harbour master"), kg(built, "find", "harbour mastér")
    assert (0, 1) == (exact.exit_code, near.exit_code)
    assert f"{SLUG} " in exact.stdout
    assert "[harbour master]" in exact.stdout
    assert "U+00E9" in near.stdout


def test_a_new_project_and_article_from_nothing(tmp_path: Path) -> None:
    """init, article new, one fact, build: the skeleton is right as it is written."""
    root = tmp_path / "mine"
    assert 0 == CliRunner().invoke(main, ["init", str(root)]).exit_code
    text = tmp_path / "fair-2031.txt"
    text.write_text("Fair opens\n\nThe fair is held in Saltmere.\n", encoding="utf-8")
    made = kg(root, "article", "new", str(text), "--language", "en")
    assert 0 == made.exit_code, made.stderr
    article = root / "sources/articles/fair-2031.yaml"
    written = article.read_text(encoding="utf-8")
    fact = "facts:\n    venue: {kind: venue, event: fair, place: saltmere, quote: held in Saltmere}"
    at = written.rindex("facts: {}")
    article.write_text(written[:at] + fact + written[at + 9 :], encoding="utf-8")
    (root / "sources/entities.yaml").write_text(
        "fair: {type: Event, label: {fr: foire, en: fair}}\n"
        "saltmere: {type: Place, label: {fr: Saltmere, en: Saltmere}}\n",
        encoding="utf-8",
    )
    assert 0 == kg(root, "build").exit_code
    answer = kg(root, "query", "-", "-f", "csv", given="SELECT ?q { ?c a kg:Claim ; kg:quote ?q }")
    assert ["q", "held in Saltmere"] == answer.stdout.splitlines()


def test_a_new_article_never_overwrites(built: Path) -> None:
    """An article of that name is there already."""
    result = kg(built, "article", "new", str(built / f"sources/articles/{SLUG}.txt"))
    assert (2, True) == (result.exit_code, "is there already" in result.stderr)


def test_init_never_overwrites(tmp_path: Path) -> None:
    """A folder that is a project already is left as it is."""
    runner = CliRunner()
    assert 0 == runner.invoke(main, ["init", str(tmp_path), "--example"]).exit_code
    again = runner.invoke(main, ["init", str(tmp_path)])
    assert (2, True) == (again.exit_code, "already" in again.stderr)


def test_a_project_without_articles_says_how_to_begin(tmp_path: Path) -> None:
    """An empty project is an error with the command that helps."""
    assert 0 == CliRunner().invoke(main, ["init", str(tmp_path / "p")]).exit_code
    result = kg(tmp_path / "p", "build")
    assert 1 == result.exit_code
    assert "kg article new TEXT" in result.stderr


def test_schema_lists_kinds_and_entities(built: Path) -> None:
    """The JSON Schema of article files knows what the mappings and the registry know."""
    schema = json.loads(kg(built, "schema").stdout)
    assert "seat" in schema["$defs"]["fact"]["properties"]["kind"]["enum"]
    problems = Problems()
    registry = read_entities(built / "sources/entities.yaml", built, _AnyClass(), problems)
    assert sorted(registry) == schema["$defs"]["entity"]["enum"]


class _AnyClass(frozenset[str]):
    """Takes every class name."""

    def __contains__(self, name: object) -> bool:
        return True


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_is_in_the_readme(name: str) -> None:
    """Nobody has to guess that a command exists."""
    assert f"kg {name}" in Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")


def shell(command: str, root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `$KG` is the command on a project."""
    line = f"{shlex.quote(sys.executable)} -m kg --project {shlex.quote(str(root))}"
    full = {**os.environ, "KG": line, **environment}
    return subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True, env=full)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("$KG query what-is-to-come -f csv >&-", 2),
        ("$KG dump >&-", 2),
        ("$KG query what-is-to-come > /dev/full", 2),
        ("$KG dump -f nq > /dev/full", 2),
        ("set -o pipefail; $KG dump -f nq | head -c 1", 141),
        ("set -o pipefail; $KG query what-is-to-come -f csv | head -c 1", 0),
        ("PYTHONIOENCODING=ascii $KG query what-is-to-come", 0),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 $KG query what-is-to-come --lang de", 0),
        ("echo 'SELECT * { ?s ?p ?o }' > q.rq; set -o pipefail; $KG query q.rq | head -c 1", 141),
        ("$KG --help > /dev/full", 2),
        ("$KG query > /dev/full", 2),
        ("$KG query - <&-", 2),
        ("printf '\\xff' | $KG query -", 1),
        ("printf '# \\xc3\\xa9\\nASK {}' | PYTHONIOENCODING=ascii $KG query -", 0),
        ("mkdir gone && cd gone && rmdir ../gone && $KG query what-is-to-come", 0),
        ("mkdir gone && cd gone && rmdir ../gone && $KG --project . query", 2),
        ("ln -s loop loop; $KG --project loop query", 2),
    ],
)
def test_output_that_cannot_be_written_is_no_stack_trace(command: str, code: int, built: Path, tmp_path: Path) -> None:
    """Closed, full, or unable to hold a letter: a line and an exit code, or the answer."""
    result = shell(f"cd {shlex.quote(str(tmp_path))}; {command}", built)
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) <= 1 or code == 1
    assert result.returncode == code or ("head" in command and result.returncode in {0, 141})


@pytest.mark.parametrize("harm", ["cut", "flipped", "forgotten"])
@pytest.mark.parametrize("command", [["query", "-", "-f", "csv"], ["query", "-"], ["dump", "-f", "nq"]])
def test_a_damaged_store_is_told_in_one_line(harm: str, command: list[str], built: Path, tmp_path: Path) -> None:
    """Whether it shows when the store is opened or only when it is read, and what to do."""
    root = tmp_path / "p"
    shutil.copytree(built, root)
    for path in root.glob(".kg/snapshots/*/store/" + ("MANIFEST*" if harm == "forgotten" else "*.sst")):
        content = path.read_bytes()
        half = len(content) // 2
        flipped = bytes(byte ^ 255 for byte in content[:half]) + content[half:]
        path.write_bytes(flipped if harm == "flipped" else content[:half])
    result = kg(root, *command, given="SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }")
    assert (2, 1) == (result.exit_code, len(result.stderr.splitlines()))
    assert "is damaged: remove" in result.stderr


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de", "Hafenmeister"), ("DE-ch", "Hafenmeister"), ("fr-CA", "capitaine du port"), ("x", "harbour master")],
)
def test_labels_are_in_the_nearest_language_that_there_is(language: str, expected: str, tmp_path: Path) -> None:
    """A language without texts of ours has English headings, and its own labels where there are some."""
    root = tmp_path / "p"
    shutil.copytree(example(), root)
    entities = root / "sources/entities.yaml"
    label = "en: harbour master of Lindmoor"
    text = entities.read_text(encoding="utf-8")
    entities.write_text(text.replace(label, f"{label}, de: Hafenmeister von Lindmoor"), encoding="utf-8")
    given = "SELECT ?voice { ?voice skos:prefLabel 'harbour master of Lindmoor'@en }"
    result = kg(root, "query", "-", "--lang", language, given=given)
    assert 0 == result.exit_code, result.stderr
    assert expected in result.stdout
    assert ("qui le dit" if language == "fr-CA" else "who says so") in result.stdout
    assert 0 == kg(root, "query", "--lang", language).exit_code


def test_language_of_an_article_is_a_tag(built: Path, tmp_path: Path) -> None:
    """Nothing that is none gets into a file."""
    text = tmp_path / "x.txt"
    text.write_text("A text.", encoding="utf-8")
    result = kg(built, "article", "new", str(text), "--language", "x: {y")
    assert (2, True) == (result.exit_code, "no language tag" in result.stderr)
    assert not (built / "sources/articles/x.yaml").exists()
