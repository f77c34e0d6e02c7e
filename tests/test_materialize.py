"""Mappings over files and databases: sources, joins, targets, errors, and the command."""

import gzip
import json
import lzma
import sqlite3
import tarfile
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import zstandard
from click.testing import CliRunner

from kg.cli import main
from kg.errors import ContentError, Problems
from kg.mapping import OnError, Reading, Summary, TriplesMap, materialize_files, read_rml, read_yarrrml

HEAD = """
@prefix rml: <http://w3id.org/rml/> . @prefix ex: <http://e.x/> . @prefix csvw: <http://www.w3.org/ns/csvw#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix d2rq: <http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#> .
"""
CSV = "id,name\n1,Ann\n2,Béa\n"
MADE = ['<http://e.x/1> <http://e.x/name> "Ann" .', '<http://e.x/2> <http://e.x/name> "Béa" .']


def file(name: str, more: str = "") -> str:
    """The RML of a file beside the mapping."""
    return f'rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "{name}" {more} ]'


CSV_SOURCE = f"{file('a.csv')} ; rml:referenceFormulation rml:CSV"
JSON_SOURCE = f'{file("a.json")} ; rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]"'


def name_map(source: str, name: str = "name", key: str = "id") -> str:
    """A triples map with the name of each record."""
    return f"""<http://e.x/#names> rml:logicalSource [ {source} ] ;
    rml:subjectMap [ rml:template "http://e.x/{{{key}}}" ] ;
    rml:predicateObjectMap [ rml:predicate ex:name ; rml:objectMap [ rml:reference "{name}" ] ] ."""


def read(text: str, folder: Path) -> tuple[TriplesMap, ...]:
    """The triples maps of RML text."""
    (folder / "m.ttl").write_text(HEAD + text, encoding="utf-8")
    problems = Problems()
    maps = read_rml(folder / "m.ttl", folder, ("http://e.x/", "http://e.x/"), problems)
    problems.stop_if_any()
    return maps


def run(text: str, folder: Path, *, base: str = "", batch: int = 2, on_error: OnError = "stop") -> list[str]:
    """The lines that RML text makes of the files in a folder, sorted."""
    return summarized(text, folder, base=base, batch=batch, on_error=on_error)[0]


def summarized(
    text: str, folder: Path, *, base: str = "", batch: int = 2, on_error: OnError = "stop"
) -> tuple[list[str], Summary]:
    """The lines, and what is told of the run."""
    lines: list[str] = []
    summary = materialize_files(
        read(text, folder),
        Reading(folder, folder, batch=batch),
        lambda _, new: lines.extend(new),
        base=base,
        on_error=on_error,
    )
    return sorted(lines), summary


def refusal(text: str, folder: Path, on_error: OnError = "stop") -> tuple[str, str]:
    """The message and the remedy of the one problem that RML text has."""
    with pytest.raises(ContentError) as error:
        run(text, folder, on_error=on_error)
    (problem,) = error.value.problems
    assert problem.place is not None
    return problem.message, problem.fix


def tar(path: Path, mode: str, name: str, data: bytes) -> None:
    """Write an archive of one file."""
    (path.parent / name).write_bytes(data)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(path.parent / name, name)


@pytest.mark.parametrize("ending", ["gz", "xz", "zst", "zip", "tar.gz", "tar.xz"])
def test_packed_source(ending: str, tmp_path: Path) -> None:
    """A packed file is unpacked by what its name says."""
    path, data = tmp_path / f"a.csv.{ending}", CSV.encode()
    match ending:
        case "gz":
            path.write_bytes(gzip.compress(data))
        case "xz":
            path.write_bytes(lzma.compress(data))
        case "zst":
            path.write_bytes(zstandard.compress(data))
        case "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a.csv", data)
        case _:
            tar(path, f"w:{ending[4:]}", "a.csv", data)
    assert run(name_map(f"{file(path.name)} ; rml:referenceFormulation rml:CSV"), tmp_path) == MADE


def test_csv_dialect(tmp_path: Path) -> None:
    """Delimiter, quote character, encoding, header and nulls are those of the dialect."""
    (tmp_path / "a.csv").write_bytes("1;'Ann; A'\n2;-\n".encode("utf-16"))
    source = """rml:source [ a csvw:Table ; csvw:url "a.csv" ; csvw:null "-" ; rml:encoding rml:UTF-16 ;
      csvw:dialect [ csvw:delimiter ";" ; csvw:quoteChar "'" ; csvw:header false ] ] ;
      rml:referenceFormulation rml:CSV"""
    assert run(name_map(source, "_col.2", "_col.1"), tmp_path) == ['<http://e.x/1> <http://e.x/name> "Ann; A" .']


def test_parquet(tmp_path: Path) -> None:
    """The columns of Parquet have the natural datatype of their type."""
    table = pl.DataFrame({"id": [1], "name": [1.5], "day": ["2024-02-29"]}).with_columns(pl.col("day").str.to_date())
    table.write_parquet(tmp_path / "a.parquet")
    source = f"{file('a.parquet')} ; rml:referenceFormulation rml:CSV"
    assert run(name_map(source), tmp_path) == [
        '<http://e.x/1> <http://e.x/name> "1.5"^^<http://www.w3.org/2001/XMLSchema#double> .'
    ]
    assert run(name_map(source, "day"), tmp_path) == [
        '<http://e.x/1> <http://e.x/name> "2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date> .'
    ]


NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (time(1, 2, 3, 400), pl.Time, ['"01:02:03.000400"^^xsd:time']),
        (NEW_YEAR, pl.Datetime("us", "Asia/Tokyo"), ['"2024-01-01T09:00:00.000000+09:00"^^xsd:dateTime']),
        (3 * 10**17, pl.Datetime("us"), ['"11476-08-15T05:20:00"^^xsd:dateTime']),
        (timedelta(days=1, seconds=3), pl.Duration, ['"P1DT3S"']),
        (2**100, pl.Int128, ['"1267650600228229401496703205376"^^xsd:integer']),
        ([1, None, 2], pl.List(pl.Int8), ['"1"^^xsd:integer', '"2"^^xsd:integer']),
        (["é", "a"], pl.Array(pl.String, 2), ['"é"', '"a"']),
        ([], pl.List(pl.String), []),
    ],
)
def test_types_of_parquet(value: object, kind: Any, written: list[str], tmp_path: Path) -> None:
    """Nothing of a value is lost, and each item of a list is one."""
    table = pl.DataFrame({"id": [1, 2], "v": pl.Series([value, None]).cast(kind)})
    table.write_parquet(tmp_path / "a.parquet")
    made = run(name_map(f"{file('a.parquet')} ; rml:referenceFormulation rml:CSV", "v"), tmp_path)
    found = [line.partition("/name> ")[2].removesuffix(" .") for line in made]
    short = [text.replace("<http://www.w3.org/2001/XMLSchema#", "xsd:").rstrip(">") for text in found]
    assert sorted(written) == sorted(short)


@pytest.mark.parametrize(
    ("value", "told"),
    [({"x": 1}, "column 'v' of a.parquet holds Struct"), ([[1]], "column 'v' of a.parquet holds List(List(Int64))")],
)
def test_what_is_no_value_of_parquet_is_told(value: object, told: str, tmp_path: Path) -> None:
    """Members and lists of lists stand for no term."""
    pl.DataFrame({"id": [1], "v": pl.Series([value])}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ContentError) as error:
        run(name_map(f"{file('a.parquet')} ; rml:referenceFormulation rml:CSV", "v"), tmp_path)
    assert told in str(error.value)


def test_parquet_of_which_nothing_is_used_packed_or_damaged(tmp_path: Path) -> None:
    """Its records are there though no column is named; a packed file is unpacked; a damaged one is told."""
    pl.DataFrame({"id": [1, 2]}).write_parquet(tmp_path / "b.parquet")
    whole = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(whole))
    mapped = name_map(f"{file('a.parquet.gz')} ; rml:referenceFormulation rml:CSV").replace("/{id}", "/s")
    constant = mapped.replace('rml:reference "name"', 'rml:constant "x"')
    assert ['<http://e.x/s> <http://e.x/name> "x" .'] == run(constant, tmp_path)
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(whole[:10] + b"\xff" * 20 + whole[30:]))
    with pytest.raises(ContentError, match="is not Parquet"):
        run(mapped.replace('rml:reference "name"', 'rml:reference "id"'), tmp_path)


def test_lists_of_parquet(tmp_path: Path) -> None:
    """Each item is a value, whatever is null or empty; what has parts of its own is refused where it is referred to."""
    dates = [[date(2024, 2, 29), None], [], None]
    columns = {"id": ["1", "2", "3"], "days": dates, "tags": [["a", "é"], None, [""]], "inner": [{"a": 1}] * 3}
    table = pl.DataFrame(columns).with_columns(pair=pl.Series([[1, 2], [3, 4], [5, 6]], dtype=pl.Array(pl.Int8, 2)))
    table.write_parquet(tmp_path / "a.parquet")
    source = f"{file('a.parquet')} ; rml:referenceFormulation rml:CSV"

    def made(name: str) -> list[str]:
        lines = run(name_map(source, name), tmp_path)
        return [line.removeprefix("<http://e.x/").replace("> <http://e.x/name>", "") for line in lines]

    assert ['1 "2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date> .'] == made("days")
    assert ['1 "a" .', '1 "é" .', '3 "" .'] == made("tags")
    assert 6 == len(made("pair"))
    message, _ = refusal(name_map(source, "inner"), tmp_path)
    assert "column 'inner' of a.parquet holds Struct({'a': Int64}), which is no value" == message


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_database(kind: str, tmp_path: Path) -> None:
    """A table and a query of a database; a null makes no triple, a number has its natural datatype."""
    path = tmp_path / f"a.{kind}"
    connection = sqlite3.connect(path) if kind == "sqlite" else duckdb.connect(str(path))
    connection.execute("CREATE TABLE people (id INTEGER, name TEXT)")
    connection.execute("INSERT INTO people VALUES (1, 'Ann'), (2, 'Béa'), (3, NULL)")
    connection.commit()
    connection.close()
    source = f'rml:source [ d2rq:jdbcDSN "jdbc:{kind}:a.{kind}" ] ; rml:referenceFormulation rml:SQL2008'
    assert run(name_map(f'{source}Table ; rml:iterator "people"'), tmp_path) == MADE
    query = f'{source}Query ; rml:iterator "SELECT id AS name, id FROM people WHERE id = 1"'
    assert run(name_map(query), tmp_path) == [
        '<http://e.x/1> <http://e.x/name> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .'
    ]


def test_general_jsonpath(tmp_path: Path) -> None:
    """A path beyond names and wildcards is followed as RFC 9535 says."""
    people = {"people": [{"id": "1", "age": 40, "name": "Ann"}, {"id": "2", "age": 7, "name": "Bob"}]}
    (tmp_path / "a.json").write_text(json.dumps(people), encoding="utf-8")
    source = f'{file("a.json")} ; rml:referenceFormulation rml:JSONPath ; rml:iterator "$.people[?@.age > 18]"'
    assert run(name_map(source), tmp_path) == MADE[:1]


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_join(batch: int, tmp_path: Path) -> None:
    """A join finds every parent, on all conditions, whatever the size of a batch; a null joins with nothing."""
    (tmp_path / "a.json").write_text('[{"id":"1","t":"x","n":1},{"id":"2","t":"x","n":2},{"id":"3"}]', encoding="utf-8")
    (tmp_path / "b.csv").write_text("id,t,n\nA,x,1\nB,x,1\nC,x,3\n", encoding="utf-8")
    text = f"""
    <http://e.x/#child> rml:logicalSource [ {JSON_SOURCE} ] ; rml:subjectMap [ rml:template "http://e.x/{{id}}" ] ;
      rml:predicateObjectMap [ rml:predicate ex:to ; rml:objectMap [
        rml:parentTriplesMap <http://e.x/#parent> ; rml:joinCondition [ rml:child "t" ; rml:parent "t" ] ,
          [ rml:child "n" ; rml:parent "n" ] ] ] .
    <http://e.x/#parent> rml:logicalSource [ {file("b.csv")} ; rml:referenceFormulation rml:CSV ] ;
      rml:subjectMap [ rml:template "http://e.x/{{id}}" ] ."""
    assert run(text, tmp_path, batch=batch) == [
        "<http://e.x/1> <http://e.x/to> <http://e.x/A> .",
        "<http://e.x/1> <http://e.x/to> <http://e.x/B> .",
    ]


def test_blank_nodes_and_graphs(tmp_path: Path) -> None:
    """One value is one blank node in one graph, another in another; a class stands in the subject's graphs alone."""
    (tmp_path / "a.csv").write_text("id,g\nv 1,1\nv 1,2\nv 1,1\n", encoding="utf-8")
    text = f"""<http://e.x/#m> rml:logicalSource [ {file("a.csv")} ; rml:referenceFormulation rml:CSV ] ;
      rml:subjectMap [ rml:reference "id" ; rml:termType rml:BlankNode ; rml:class ex:C ;
        rml:graphMap [ rml:template "http://e.x/{{g}}" ] ] ;
      rml:predicateObjectMap [ rml:predicate ex:p ; rml:object ex:o ; rml:graph ex:h ] ."""
    lines = {tuple(line.split(" ")) for line in run(text, tmp_path)}
    classes = {(graph, subject) for subject, _, name, graph, _ in lines if name == "<http://e.x/C>"}
    assert {graph for graph, _ in classes} == {"<http://e.x/1>", "<http://e.x/2>"}
    assert len({subject for _, subject in classes}) == len(classes) == 2
    assert {graph for _, _, name, graph, _ in lines if name == "<http://e.x/o>"} == {
        f"<http://e.x/{name}>" for name in "12h"
    }


def test_base_is_appended(tmp_path: Path) -> None:
    """A relative IRI is the base with the value after it, never resolved; an absolute one stays."""
    (tmp_path / "a.csv").write_text("id,name\nx/../y,x\nhttp://f.x/z,z\n", encoding="utf-8")
    text = f"""<http://e.x/#m> rml:logicalSource [ {file("a.csv")} ; rml:referenceFormulation rml:CSV ] ;
      rml:subjectMap [ rml:reference "id" ] ; rml:predicateObjectMap [ rml:predicate ex:p ; rml:object ex:o ] ."""
    assert [line.split(" ")[0] for line in run(text, tmp_path, base="http://b.x/d/")] == [
        "<http://b.x/d/x/../y>",
        "<http://f.x/z>",
    ]


def test_yarrrml_function_and_condition(tmp_path: Path) -> None:
    """A function makes a value, conditions choose the records, all of them: in YARRRML as in RML."""
    (tmp_path / "a.csv").write_text("id,name\n1,ann\n2,bob\n3,bob\n", encoding="utf-8")
    (tmp_path / "m.yaml").write_text(
        """
prefixes: {ex: "http://e.x/", grel: "http://users.ugent.be/~bjdmeest/function/grel.ttl#", idlab-fn: "https://w3id.org/imec/idlab/function#"}
mappings:
  m:
    sources: [[a.csv~csv]]
    s: ex:$(id)
    condition:
    - {function: idlab-fn:equal, parameters: [[grel:valueParam, $(name)], [grel:valueParam2, bob]]}
    - {function: idlab-fn:notEqual, parameters: [[grel:valueParam, $(id)], [grel:valueParam2, "3"]]}
    po:
    - p: ex:name
      o: {function: grel:toUpperCase, parameters: [[grel:valueParam, $(name)]]}
""",
        encoding="utf-8",
    )
    problems = Problems()
    maps = read_yarrrml(tmp_path / "m.yaml", tmp_path, ("http://e.x/", "http://e.x/"), problems)
    problems.stop_if_any()
    lines: list[str] = []
    materialize_files(maps, Reading(tmp_path), lambda _, new: lines.extend(new))
    assert lines == ['<http://e.x/2> <http://e.x/name> "BOB" .']


@pytest.mark.parametrize(
    ("data", "reference", "message", "fix"),
    [
        (CSV, "nam", "reference 'nam' is no column of a.csv", "did you mean 'name'?"),
        ("id,name\n1\n", "name", "a.csv has 2 columns, but a record up to line 2 has 1 fields: '1'", ""),
        ("id,name\n1,a,b\n", "name", "a.csv has 2 columns, but a record up to line 2 has 3 fields: '1,a,b'", ""),
        ('id,name\n1,"a" b\n', "name", "a.csv, line 2: ',' expected after '\"'", ""),
        ('id,name\n1,"a\n', "name", "a.csv, line 2: unexpected end of data", ""),
        ("id,name\n1\n1,a,b\n", "name", "a.csv has 2 columns, but a record up to line 3 has 1 fields: '1'", ""),
        ('id,name\n1,"a"b "c"\n', "name", "a.csv, line 2: ',' expected after '\"'", ""),
        ("id,name\r1,a\r", "name", "a.csv, line 1: a carriage return alone stands outside of quotes", ""),
        ("id,name\n1,a\r2,b\n", "name", "a.csv, line 2: a carriage return alone stands outside of quotes", ""),
        ("id,*\n1,a\n", "*", "no reference can be *", "rename that part"),
        ("id,name\n,a\n", "name", "id is empty, so no IRI can be made of it (record 1 of a.csv)", "give id a value"),
    ],
)
def test_wrong_csv_is_told(data: str, reference: str, message: str, fix: str, tmp_path: Path) -> None:
    """Records with too few or too many fields, a stray quote, an unknown column: errors, never passed over."""
    (tmp_path / "a.csv").write_bytes(data.encode())
    told = refusal(name_map(CSV_SOURCE, reference), tmp_path)
    assert told == (message, fix or told[1])


@pytest.mark.parametrize(
    ("data", "message", "fix"),
    [
        ('[{"id":"1","nam":"a"}]', "reference 'name' is in no record of a.json", "did you mean 'nam'?"),
        (
            '[{"id":"1","name":["a"]}]',
            "reference 'name' is an array in a record of a.json, not a value",
            "write name[*]",
        ),
        ('[{"id":"1","name":{}}]', "reference 'name' is an object in a record of a.json, not a value", ""),
        ('[{"id":"1",\n"name":}]', "a.json is not JSON at line 2, column 8: Expecting value", ""),
        ('[{"id":"1","name":NaN}]', "a.json is not JSON: NaN is no number of JSON", ""),
        ('[{"id":"1","name":"\\ud800"}]', "reference 'name' of a.json holds half a surrogate pair", ""),
    ],
)
def test_wrong_json_is_told(data: str, message: str, fix: str, tmp_path: Path) -> None:
    """Malformed JSON, a reference to no value and one that no record has are errors."""
    (tmp_path / "a.json").write_text(data, encoding="utf-8")
    told = refusal(name_map(JSON_SOURCE), tmp_path)
    assert told == (message, fix or told[1])


def test_missing_file_is_told(tmp_path: Path) -> None:
    """A source that is not there is an error with the nearest name in its folder."""
    (tmp_path / "aa.csv").write_text(CSV, encoding="utf-8")
    assert refusal(name_map(CSV_SOURCE), tmp_path) == ("there is no file 'a.csv'", "did you mean 'aa.csv'?")


def test_skip_leaves_out_what_is_wrong_alone(tmp_path: Path) -> None:
    """With `skip`, a bad value costs its own triples and is told; with `stop`, nothing is made."""
    (tmp_path / "a.csv").write_text("id,name\n1,2024-02-30\n2,2024-02-29\n", encoding="utf-8")
    text = name_map(CSV_SOURCE).replace('rml:reference "name"', 'rml:reference "name" ; rml:datatype xsd:date')
    assert refusal(text, tmp_path)[0] == "'2024-02-30' is no xsd:date (record 1 of a.csv)"
    lines, summary = summarized(text, tmp_path, on_error="skip")
    assert lines == ['<http://e.x/2> <http://e.x/name> "2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date> .']
    assert (1, 1, 1) == (summary.skipped, summary.total, len(summary.problems))


def command(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `kg materialize`."""
    result = CliRunner().invoke(main, ["materialize", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command writes to standard output, to a packed file, to shards, sorted; from any folder."""
    monkeypatch.chdir("/")
    (tmp_path / "other.csv").write_text("id,name\n2,Béa\n1,Ann\n1,Ann\n", encoding="utf-8")
    (tmp_path / "m.ttl").write_text(HEAD + name_map(CSV_SOURCE), encoding="utf-8")
    asked = (str(tmp_path / "m.ttl"), "--source", f"a.csv={tmp_path / 'other.csv'}")
    code, out, told = command(*asked)
    assert (0, [MADE[1], MADE[0], MADE[0]]) == (code, out.splitlines())
    assert "3 records, 3 quads" in told
    command(*asked, "-o", str(tmp_path / "out.nq.gz"))
    assert gzip.decompress((tmp_path / "out.nq.gz").read_bytes()).decode() == out
    command(*asked, "-o", str(tmp_path / "out.nq"), "--sort")
    assert (tmp_path / "out.nq").read_text(encoding="utf-8").splitlines() == MADE
    command(*asked, "-o", str(tmp_path / "part.nq"), "--shards", "2", "--batch", "2")
    shards = [(tmp_path / f"part-{number}.nq").read_text(encoding="utf-8").splitlines() for number in (1, 2)]
    assert shards == [[MADE[1], MADE[0]], [MADE[0]]]


def test_command_leaves_no_file_after_an_error(tmp_path: Path) -> None:
    """After an error the exit code is 1 and no output is there, not even a part."""
    (tmp_path / "a.csv").write_text("id,name\n1,Ann\n,Béa\n", encoding="utf-8")
    (tmp_path / "m.ttl").write_text(HEAD + name_map(CSV_SOURCE), encoding="utf-8")
    code, _, told = command(str(tmp_path / "m.ttl"), "-o", str(tmp_path / "out.nq"), "--batch", "1")
    assert code == 1
    assert "id is empty, so no IRI can be made of it (record 2 of a.csv)" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "m.ttl"]


@pytest.mark.parametrize("batch", [1, 2])
def test_lines_of_a_record_stand_together(batch: int, tmp_path: Path) -> None:
    """In the order of the mapping, whatever the size of a batch, without those that a null leaves out."""
    (tmp_path / "a.json").write_text('[{"id": "1", "a": "x", "b": "y"}, {"id": "2", "a": null, "b": "z"}]')
    objects = " ; ".join(
        f'rml:predicateObjectMap [ rml:predicate ex:{name} ; rml:objectMap [ rml:reference "{name}" ] ]'
        for name in ("a", "b")
    )
    subject = 'rml:subjectMap [ rml:template "http://e.x/{id}" ]'
    maps = read(f"<http://e.x/#m> rml:logicalSource [ {JSON_SOURCE} ] ; {subject} ; {objects} .", tmp_path)
    lines: list[str] = []
    materialize_files(maps, Reading(tmp_path, batch=batch), lambda _, new: lines.extend(new))
    assert [
        '<http://e.x/1> <http://e.x/a> "x" .',
        '<http://e.x/1> <http://e.x/b> "y" .',
        '<http://e.x/2> <http://e.x/b> "z" .',
    ] == lines
