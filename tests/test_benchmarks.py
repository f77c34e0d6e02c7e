"""The benchmark of materialization: its input, its limit, its comparison with the truth, and its report."""

from pathlib import Path

import pytest

from benchmarks.materialize import inputs, limit, mappings
from benchmarks.materialize.engines import ENGINES, Case, Job
from benchmarks.materialize.measure import run
from benchmarks.materialize.report import PAGE, PICTURE, Results
from benchmarks.materialize.truth import Difference, compare, quads

ROWS = 200
CASES = [Case(form, ROWS, graphs) for form in inputs.FORMATS for graphs in (False, True)]
OURS = [name for name, engine in ENGINES.items() if engine.ours]


def outcome(case: Case, name: str, folder: Path) -> Path:
    """The output of an engine for a case."""
    engine = ENGINES[name]
    source = inputs.write(case.form, case.rows, folder).name
    mapping = ""
    if engine.language:
        mapping = mappings.write(engine.language, source, case.form, graphs=case.graphs, folder=folder).name
    job = Job(case, folder, source, mapping, engine.install(folder))
    took = run(engine.command(job), folder, folder / "log.txt", 60, engine.extra)
    assert (took.error, (folder / "log.txt").read_text() * bool(took.error)) == ("", "")
    return folder / job.out


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_engines_make_the_truth(case: Case, name: str, tmp_path: Path) -> None:
    """The engine and both limits make exactly the quads that pyoxigraph writes of the records."""
    expected = len(set(quads(case.form, ROWS, graphs=case.graphs)))
    output = outcome(case, name, tmp_path)
    found = compare(case.form, ROWS, tmp_path, output, graphs=case.graphs)
    assert Difference(expected, 0, 0, {}, []) == found


@pytest.mark.parametrize("language", ["rml", "older-rml"])
@pytest.mark.parametrize("case", [Case("csv", ROWS, graphs=True), Case("json", ROWS)], ids=lambda case: case.name)
def test_every_language_says_the_same(case: Case, language: str, tmp_path: Path) -> None:
    """The mapping that other engines get makes the same quads with pressgraph as the one in YARRRML."""
    source = inputs.write(case.form, ROWS, tmp_path).name
    mapping = mappings.write(language, source, case.form, graphs=case.graphs, folder=tmp_path).name
    engine = ENGINES["pressgraph"]
    job = Job(case, tmp_path, source, mapping, engine.install(tmp_path))
    assert run(engine.command(job), tmp_path, tmp_path / "log.txt", 60, engine.extra).error == ""
    found = compare(case.form, ROWS, tmp_path, tmp_path / job.out, graphs=case.graphs)
    assert (0, 0) == (found.wrong, found.missing)


def test_a_difference_is_told(tmp_path: Path) -> None:
    """Wrong, missing and unreadable lines are counted; another way to write the same quad is right."""
    lines = list(quads("csv", 3, graphs=False))
    lines[0] = lines[0].replace(" .", ".")
    lines[2] = lines[2].replace('"@fr', '!"@fr')
    lines[3] = "<https://example.org/"
    output = tmp_path / "out.nt"
    output.write_text("\n".join(lines[:-1] + lines[:2]) + "\n", encoding="utf-8")
    found = compare("csv", 3, tmp_path, output, graphs=False)
    assert (29, 2, 3, {"name": 1, "unreadable": 1}) == (found.made, found.wrong, found.missing, found.by)
    assert [lines[2], lines[2].replace('!"@fr', '"@fr')] == found.samples[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("born", "2001-02-30"), ("amount", "1,5"), ("children", "two"), ("homepage", "/relative")],
        *[("homepage", "https://example.org/a b"), ("city", "")],
    ],
)
def test_the_limit_checks(field: str, value: str, tmp_path: Path) -> None:
    """The limit with checks refuses what pressgraph refuses, so that the two can be compared."""
    record = next(inputs.records("csv", 1)) | {field: value}
    source = tmp_path / "people.csv"
    inputs.FORMATS["csv"].write([record], source)
    with pytest.raises(SystemExit):
        limit.main([str(source), str(tmp_path / "limit.nq"), "--checks"])
    case = Case("csv", 1)
    mapping = mappings.write("yarrrml", source.name, "csv", graphs=False, folder=tmp_path).name
    engine = ENGINES["pressgraph"]
    job = Job(case, tmp_path, source.name, mapping, engine.install(tmp_path))
    assert run(engine.command(job), tmp_path, tmp_path / "log.txt", 60, engine.extra).error.startswith("exit code 1")


def test_a_run_is_measured(tmp_path: Path) -> None:
    """CPU, memory and children of a process are seen; one that takes too long is ended."""
    python = str(ENGINES["pressgraph"].install(tmp_path))
    busy = "b = bytearray(200_000_000); x = 0\nwhile x < 10_000_000: x += 1"
    took = run([python, "-c", busy], tmp_path, tmp_path / "log.txt", 60)
    assert ("", True, True) == (took.error, took.cpu > 0.1, 200 < took.peak < 300)
    late = run([python, "-c", "import time; time.sleep(60)"], tmp_path, tmp_path / "log.txt", 0.2)
    assert ("more than 0 s", True) == (late.error, late.wall < 10)
    failed = run([python, "-c", "raise SystemExit('no such thing')"], tmp_path, tmp_path / "log.txt", 60)
    assert "exit code 1: no such thing" == failed.error


def test_the_page_is_made_of_the_results() -> None:
    """MATERIALIZE.md and its picture are what the results that are kept say."""
    results = Results.read()
    assert PAGE.read_text(encoding="utf-8") == results.page(PAGE.read_text(encoding="utf-8"))
    assert PICTURE.read_text(encoding="utf-8") == results.picture()
