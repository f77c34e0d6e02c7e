"""A mapping file as a whole: where its quads go, in which order, in how much memory, and what is told of it."""

import gzip
import json
import lzma
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import kg.mapping
from kg.cli import main
from kg.errors import ContentError, Place, UsageError
from kg.graph.store import open_store
from kg.mapping import Reading, materialize_arrow, materialize_tables, write
from kg.mapping.model import LogicalSource
from kg.mapping.output import Output
from kg.mapping.quad import QUAD, quad_table
from kg.mapping.sort import Sorter
from kg.mapping.source import as_given
from kg.mapping.term import quote_literal

MAPPING = """prefixes: {ex: "http://e.x/", xsd: "http://www.w3.org/2001/XMLSchema#"}
mappings:
  person:
    sources: [[people.csv~csv]]
    s: ex:$(id)
    po:
    - [ex:name, $(name), fr~lang]
    - [ex:born, $(born), xsd:date]
"""
GRAPH = MAPPING.replace("    s: ex:$(id)", "    graphs: ex:g\n    s: ex:$(id)")
PEOPLE = "id,name,born\n2,Béa,1999-12-31\n1,Ann,2024-02-29\n2,Béa,1999-12-31\n"
LINES = [
    '<http://e.x/1> <http://e.x/born> "2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date> .',
    '<http://e.x/1> <http://e.x/name> "Ann"@fr .',
    '<http://e.x/2> <http://e.x/born> "1999-12-31"^^<http://www.w3.org/2001/XMLSchema#date> .',
    '<http://e.x/2> <http://e.x/name> "Béa"@fr .',
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a mapping and its source, where the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return tmp_path


def materialize(*arguments: str) -> Result:
    """Run `kg materialize m.yaml`."""
    return CliRunner().invoke(main, ["materialize", "m.yaml", *arguments])


def lines(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text(encoding="utf-8").splitlines()


def test_public_names_are_there() -> None:
    """`kg.mapping.__all__` is the public surface: each name is there, once, in order."""
    names = kg.mapping.__all__
    assert sorted(set(names)) == names
    assert [] == [name for name in names if not hasattr(kg.mapping, name)]
    assert {"materialize_tables", "write", "Summary"} <= set(names)


def test_write_tells_what_was_done(folder: Path) -> None:
    """Records, quads by triples map, bytes, files."""
    told: list[int] = []
    summary = write("m.yaml", "out.nq", batch=1, tell=lambda summary: told.append(summary.records))
    assert LINES == sorted(set(lines(folder / "out.nq")))
    assert ({"person": 6}, 3, None) == (summary.quads, summary.records, summary.different)
    assert ([folder / "out.nq"], (folder / "out.nq").stat().st_size) == (summary.paths, summary.size)
    assert [1, 2, 3] == sorted(set(told))


def test_sorted_output_is_a_set(folder: Path) -> None:
    """In order of code points, each quad once, also on standard output."""
    assert 4 == write("m.yaml", "out.nq", sort=True).different
    assert LINES == lines(folder / "out.nq")
    assert LINES == materialize("--sort").stdout.splitlines() == materialize("--sort", "-o", "-").stdout.splitlines()


def test_tables_have_a_column_for_each_term(folder: Path) -> None:
    """Terms as N-Triples writes them, and what the object is made of; the graph is null in the default graph."""
    (folder / "m.yaml").write_text(MAPPING + "  also:\n" + GRAPH.partition("  person:\n")[2], encoding="utf-8")
    made = pl.concat(materialize_tables("m.yaml", batch=2)).unique().sort("graph", "subject", "object")
    assert ["subject", "predicate", "object", "graph", "kind", "value", "datatype", "language"] == made.columns
    assert [pl.String] * 8 == made.dtypes
    assert [None] * 4 + ["<http://e.x/g>"] * 4 == made["graph"].to_list()
    assert LINES == [f"{s} {p} {o} ." for s, p, o, g, *_ in made.rows() if g is None]
    date = ("literal", "2024-02-29", "http://www.w3.org/2001/XMLSchema#date", None)
    name = ("literal", "Ann", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "fr")
    assert [date, name] == made.select("kind", "value", "datatype", "language").rows()[:2]


def test_arrow_streams_the_same_columns(folder: Path) -> None:
    """A batch at a time, with the schema also where there is none; what is wrong is raised when it is read."""
    pyarrow = pytest.importorskip("pyarrow")
    reader = materialize_arrow("m.yaml", batch=1)
    assert isinstance(reader, pyarrow.RecordBatchReader)
    assert [2, 2, 2] == [len(batch) for batch in reader]
    assert pl.concat(materialize_tables("m.yaml")).equals(pl.DataFrame(materialize_arrow("m.yaml").read_all()))
    (folder / "people.csv").write_text("id,name,born\n", encoding="utf-8")
    empty = materialize_arrow("m.yaml").read_all()
    assert (0, list(QUAD)) == (empty.num_rows, empty.column_names)
    (folder / "people.csv").write_text("id,name,born\n1,a,x\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"'x' is no xsd:date \(record 1 of people.csv\)"):
        materialize_arrow("m.yaml").read_all()


def test_arrow_without_pyarrow_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read."""
    assert folder.is_dir()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"Arrow needs pyarrow: pip install 'pressgraph\[arrow\]'"):
        materialize_arrow("m.yaml")


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.booleans()), min_size=1))
def test_terms_of_any_line_are_told_apart(drawn: list[tuple[str, bool]]) -> None:
    """Whatever stands in a literal: also what looks like a graph or the end of a line."""
    quoted = pl.select(quote_literal(pl.lit(pl.Series([text for text, _ in drawn])))).to_series().to_list()
    endings = [
        ("", "http://www.w3.org/2001/XMLSchema#string", None),
        ("@fr", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "fr"),
        ("^^<http://e.x/d>", "http://e.x/d", None),
    ]
    terms = []
    for number, (term, (text, graph)) in enumerate(zip(quoted, drawn, strict=True)):
        ending, *kind = endings[number % 3]
        terms.append(("_:b", "<p>", term + ending, "<http://g>" if graph else None, "literal", text, *kind))
    made = pl.Series([f"{s} {p} {o}{f' {g}' if g else ''} ." for s, p, o, g, *_ in terms])
    assert terms == quad_table(made).rows()


def test_iris_and_blank_nodes_have_a_value_and_no_datatype() -> None:
    """Without brackets and what stands before a label; what an unsafe IRI holds is not escaped."""
    made = quad_table(pl.Series(["<s> <p> <http://e.x/a\\u0020b> .", "<s> <p> _:b-1 <g> ."]))
    assert [("iri", "http://e.x/a b", None, None), ("blank", "b-1", None, None)] == made[:, 4:].rows()


@pytest.mark.parametrize("text", ["a <g>", "a _:b", "<g> .", ' "x" <g>', "a <b", "> <g> ."])
def test_a_literal_that_looks_like_a_graph_is_none(text: str) -> None:
    """A graph is what follows the object, not what the object holds."""
    (term,) = pl.select(quote_literal(pl.lit(text))).to_series()
    made = quad_table(pl.Series([f"<s> <p> {term} .", f"<s> <p> {term} _:g ."]))
    assert [("<s>", "<p>", term, None), ("<s>", "<p>", term, "_:g")] == made[:, :4].rows()


WORDS = st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=5))


@given(st.lists(WORDS, max_size=6), st.integers(1, 40))
def test_sorter(batches: Sequence[list[str]], held: int) -> None:
    """Whatever is held at a time: all lines, sorted by code point, each once."""
    with Sorter(held) as sorter:
        for batch in batches:
            sorter.add(pl.Series(batch, dtype=pl.String))
        made = [line for part in sorter.lines() for line in part]
    assert sorted({line for batch in batches for line in batch}) == made


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "out.ttl"], "out.ttl: only N-Quads and N-Triples are written; name it .nq or .nt"),
        (["-o", "out.nq.bz2"], "out.nq.bz2: files are packed by gzip, xz or zstd"),
        (["-o", "out.parquet"], "out.parquet: only N-Quads and N-Triples are written"),
        (["-o", "nowhere/out.nq"], "nowhere/out.nq: No such file or directory"),
        (["--shards", "2"], "--shards needs a file: add -o OUT"),
        (["--on-error", "quarantine"], "say which file takes the quarantined records: --quarantine FILE"),
        (["--on-error", "skip", "--quarantine", "q"], "records are either skipped or quarantined"),
        (["--store", "s", "-o", "out.nq"], "--store takes the place of -o"),
        (["--store", "."], ". is there already: a store is written once"),
        (["--low-memory", "--batch", "3"], "--low-memory is a --batch of its own"),
        (["--base", "e.x"], "base 'e.x' is no absolute IRI: write one like https://example.org/"),
        (["-s", "poeple.csv=people.csv"], "the mapping reads no source 'poeple.csv': did you mean 'people.csv'?"),
        (["-s", "sqlite:people.db"], "the mapping reads no database without a name: known: people.csv"),
        (["-s", "people.csv"], "--source 'people.csv': write NAME=PATH"),
    ],
)
def test_what_cannot_run_is_refused(arguments: list[str], told: str, folder: Path) -> None:
    """With exit code 2 and in one line; nothing is written."""
    result = materialize(*arguments)
    assert 2 == result.exit_code
    assert told in result.stderr
    assert ["m.yaml", "people.csv"] == sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"on_eror": "skip"}, "there is no setting 'on_eror': did you mean 'on_error'?"),
        ({"on_error": "skp"}, "on_error 'skp' is not known: did you mean 'skip'?"),
        ({"batch": 0}, "batch 0 is less than 1"),
        ({"shards": 0}, "shards 0 is less than 1"),
        ({"functions": "f.py"}, "functions 'f.py' is one text: write a list"),
        ({"allowed": "https://e.x/"}, "allowed 'https://e.x/' is one text: write a list"),
        ({"base": "e.x"}, "base 'e.x' is no absolute IRI"),
        ({"sources": {"people": "people.csv"}}, "the mapping reads no source 'people': did you mean 'people.csv'?"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings: Any, told: str, folder: Path) -> None:
    """Before anything is read or written, by each of the calls."""
    with pytest.raises(UsageError, match=re.escape(told)):
        write("m.yaml", "out.nq", **settings)
    with pytest.raises(UsageError, match=re.escape(told)):
        list(materialize_tables("m.yaml", **settings))
    assert not (folder / "out.nq").exists()


def test_what_is_read_in_place_of_a_source_is_told_by_its_own_name(folder: Path) -> None:
    """Where it is not there."""
    told = materialize("-s", "people.csv=poeple.csv").stderr
    assert "there is no file 'poeple.csv' to read in place of 'people.csv'" in told
    assert "did you mean 'people.csv'?" in told
    assert "people.csv" in [path.name for path in folder.iterdir()]


def test_what_is_wrong_is_told_of_the_file_that_was_read(folder: Path) -> None:
    """Also of a database, without its password."""
    (folder / "other.csv").write_text(PEOPLE + "3,Zoé,2024-02-30\n", encoding="utf-8")
    told = materialize("-s", "people.csv=other.csv", "--quarantine", "wrong.ndjson", "-o", "out.nq").stderr
    assert "of other.csv" in told
    assert "people.csv" not in told
    assert '"source":"other.csv"' in (folder / "wrong.ndjson").read_text(encoding="utf-8")
    source = LogicalSource("", "sql-table", "t", Place("m", 1, 1))
    shown = as_given(source, Reading(folder, paths={"": "postgresql://me:secret@localhost/news"})).label
    assert "postgresql://me:***@localhost/news" == shown


@pytest.mark.usefixtures("folder")
def test_missing_mapping_is_told_with_the_nearest_name() -> None:
    """As any name that is not there."""
    with pytest.raises(UsageError, match=r"there is no mapping n\.yaml: did you mean 'm\.yaml'\?"):
        write("n.yaml", None)


def test_n_triples_have_no_graphs(folder: Path) -> None:
    """A mapping that names a graph is refused at its line; one without makes N-Triples."""
    write("m.yaml", "out.nt.gz")
    (folder / "m.yaml").write_text(GRAPH, encoding="utf-8")
    result = materialize("-o", "out.nt")
    assert 1 == result.exit_code
    assert "m.yaml:5:13: out.nt is N-Triples, which has no graphs" in result.stderr
    assert not (folder / "out.nt").exists()


def test_quarantine_takes_what_is_wrong(folder: Path) -> None:
    """Exit code 3, a line of NDJSON for each fault, the rest written; also packed; empty where nothing is wrong."""
    assert 0 == materialize("-o", "out.nq", "--quarantine", "bad.ndjson").exit_code
    assert [] == lines(folder / "bad.ndjson")
    (folder / "people.csv").write_text(PEOPLE + "3,Zoé,2024-02-30\n", encoding="utf-8")
    result = materialize("-o", "out.nq", "--quarantine", "bad.ndjson", "--sort")
    assert 3 == result.exit_code
    (row,) = map(json.loads, lines(folder / "bad.ndjson"))
    assert (4, "2024-02-30", "m.yaml:8:17") == (row["record"], row["value"], row["mapping"])
    assert [*LINES, '<http://e.x/3> <http://e.x/name> "Zoé"@fr .'] == lines(folder / "out.nq")
    assert "1 quad left out; 1 line in bad.ndjson" in result.stderr


def test_stopping_leaves_the_old_output(folder: Path) -> None:
    """After an error, what was written before is still there, and nothing else."""
    write("m.yaml", "out.nq", sort=True)
    (folder / "people.csv").write_text(PEOPLE + "3,Zoé,2024-02-30\n", encoding="utf-8")
    assert 1 == materialize("-o", "out.nq", "--batch", "1").exit_code
    assert LINES == lines(folder / "out.nq")
    assert ["m.yaml", "out.nq", "people.csv"] == sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "m.yaml"], "is read by this run"),
        (["-o", "link.nq"], "is read by this run"),
        (["-o", "../{folder}/m.yaml"], "is read by this run"),
        (["-o", "out.nq", "--source", "people.csv=out.nq"], "is read by this run"),
        (["-o", "out.nq", "--functions", "f.py", "--quarantine", "f.py"], "is read by this run"),
        (["-o", "out.nq", "--quarantine", "out.nq"], "is written already"),
        (["-o", "out.nq", "--shards", "2", "--quarantine", "out-2.nq"], "is written already"),
    ],
)
def test_nothing_that_is_read_is_written_over(arguments: list[str], told: str, folder: Path) -> None:
    """Neither mapping, source nor functions, by any name; no file is written twice."""
    (folder / "link.nq").symlink_to("people.csv")
    (folder / "out.nq").write_text(PEOPLE, encoding="utf-8")
    functions = "from kg.mapping.function import function\n@function('http://e.x/f', 'http://e.x/t')\n"
    (folder / "f.py").write_text(f"{functions}def one(t: str) -> str:\n    return t\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    result = materialize(*(one.replace("{folder}", folder.name) for one in arguments))
    assert (2, True) == (result.exit_code, told in result.stderr)
    assert before == {path: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("target", "told"),
    [("../out.nq", "outside of the working folder"), ("/tmp/out.nq", "outside of"), ("people.csv", "read by this run")],
)
def test_targets_of_a_mapping_stay_in_the_working_folder(target: str, told: str, folder: Path) -> None:
    """A mapping names no file elsewhere to be written, and none that is read."""
    text = MAPPING.replace("mappings:", f"targets:\n  t: [{target}~void, nquads]\nmappings:")
    text = text.replace("s: ex:$(id)", "s: {value: 'ex:$(id)', targets: t}")
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    result = materialize("-o", "out.nq")
    assert told in result.stderr
    assert PEOPLE == (folder / "people.csv").read_text(encoding="utf-8")
    assert not (folder / "out.nq").exists()
    assert not (folder.parent / "out.nq").exists()


def test_two_runs_at_once_do_not_mix(folder: Path) -> None:
    """Each writes a file of its own, and the last to end gives it the name."""
    with Output(folder / "out.nq") as one:
        one.write(pl.Series(["<a> <b> <c> ."]))
        with Output(folder / "out.nq") as two:
            two.write(pl.Series(["<d> <e> <f> ."]))
        assert ["<d> <e> <f> ."] == lines(folder / "out.nq")
    assert ["<a> <b> <c> ."] == lines(folder / "out.nq")
    assert ["m.yaml", "out.nq", "people.csv"] == sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 1), (signal.SIGTERM, 143)])
def test_a_run_that_is_ended_leaves_nothing(number: int, code: int, folder: Path) -> None:
    """Neither an output nor what was written of it, nor the files that lines are sorted in."""
    (folder / "tmp").mkdir()
    command = [
        sys.executable,
        "-m",
        "kg",
        "materialize",
        "m.yaml",
        "-o",
        "out.nq",
        "--sort",
        "-s",
        "people.csv=big.csv",
    ]
    (folder / "big.csv").write_text("id,name,born\n" + "1,Ann,2024-02-29\n" * 3_000_000, encoding="utf-8")
    before = {path.name for path in folder.iterdir()}
    environment = os.environ | {"TMPDIR": str(folder / "tmp")}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        while not any((folder / "tmp").iterdir()) and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert code == process.returncode
    assert before == {path.name for path in folder.iterdir()}
    assert [] == list((folder / "tmp").iterdir())


def test_a_reader_that_goes_is_no_error(folder: Path) -> None:
    """As with `head`: nothing is told, and the exit code is that of a broken pipe."""
    (folder / "people.csv").write_text("id,name,born\n" + "1,Ann,2024-02-29\n" * 300_000, encoding="utf-8")
    text = MAPPING.replace("ex:$(id)", "ex:$(id)/$(name)")
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "kg", "materialize", "m.yaml", "--batch", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"" == process.stderr.read()
    assert 141 == process.returncode


def test_store_is_loaded(folder: Path) -> None:
    """The quads are in a new store, and nothing is left beside it."""
    result = materialize("--store", "graph")
    assert 0 == result.exit_code
    assert "a store holds each quad once: 4 different" in result.stderr
    assert 4 == len(list(open_store(folder / "graph").quads_for_pattern(None, None, None, None)))
    assert ["graph", "m.yaml", "people.csv"] == sorted(path.name for path in folder.iterdir())


def test_shards_and_packed_files_hold_the_same(folder: Path) -> None:
    """Each sorted where sorting is asked for, together all quads; xz and gz are read back by their libraries."""
    for ending in ("gz", "xz", "zst"):
        write("m.yaml", f"out.nq.{ending}")
    write("m.yaml", "part.nq", shards=2, batch=1)
    assert LINES == sorted({*lines(folder / "part-1.nq"), *lines(folder / "part-2.nq")})
    packed = [(folder / f"out.nq.{ending}").read_bytes() for ending in ("gz", "xz", "zst")]
    unzipped = [gzip.decompress(packed[0]), lzma.decompress(packed[1])]
    unzipped.append(zstandard.decompress(packed[2], max_output_size=10_000))
    read = [data.decode() for data in unzipped]
    assert [LINES] * 3 == [sorted(set(text.splitlines())) for text in read]


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="there is no /dev/null")  # noqa: PTH110 - a device
@pytest.mark.usefixtures("folder")
def test_devices_are_written_to_as_they_are() -> None:
    """Never replaced by a file."""
    assert 0 == materialize("-o", "/dev/null").exit_code
    assert Path("/dev/null").is_char_device()


def test_summary_is_at_most_80_columns_wide(folder: Path) -> None:
    """Quads by triples map, rates, memory, and how duplicates are dealt with."""
    (folder / "m.yaml").write_text(MAPPING + "  also:\n" + GRAPH.partition("  person:\n")[2], encoding="utf-8")
    told = materialize("-o", "out.nq").stderr.splitlines()
    assert ["  6 quads by person", "  6 quads by also"] == told[:2]
    assert told[2].startswith("  3 records, 12 quads in ")
    assert told[3].endswith("MB of memory at most")
    assert "  streamed: equal quads may be written more than once (--sort: once)" == told[4]
    assert "  → out.nq" == told[5]
    assert max(map(len, told)) <= 80


def test_low_memory_stays_under_200_mb(folder: Path) -> None:
    """Also for an input that takes as much itself."""
    rows = (f"{number},{'é' * 200},2024-02-29\n" for number in range(400_000))
    (folder / "people.csv").write_text("id,name,born\n" + "".join(rows), encoding="utf-8")
    run = "import sys; from kg.cli import main; main(['materialize', 'm.yaml', '-o', 'out.nq', '--low-memory'])"
    told = subprocess.run([sys.executable, "-c", run], stderr=subprocess.PIPE, text=True, check=True).stderr
    (peak,) = [line.split(", ")[1].split(" ")[0] for line in told.splitlines() if line.endswith("at most")]
    assert int(peak) < 200
    assert 800_000 == (folder / "out.nq").read_bytes().count(b"\n")
