"""SQL databases, each a real one: natural datatypes, names of tables and columns, batches, what is told when wrong."""

import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg
import pytest
from click.testing import CliRunner
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kg.cli import main
from kg.errors import ContentError, Place
from kg.mapping import Reading
from kg.mapping.lexical import XSD, lexical_error
from kg.mapping.model import LogicalSource
from kg.mapping.source import natural, records
from kg.mapping.source.database.table import TableName, quoted

HERE = Place("m.ttl", 4, 7)
COLUMNS = """
CREATE TABLE everything (id INTEGER, small SMALLINT, wide BIGINT, exact NUMERIC(10, 2), rough DOUBLE PRECISION,
  thin REAL, yes BOOLEAN, day DATE, moment TIMESTAMP, hour TIME, word VARCHAR(9), padded CHAR(5), raw {binary})
"""
ROWS = """
INSERT INTO everything VALUES
 (1, 2, 9007199254740993, 2.50, 1.5, 1.1, {true}, '2010-06-13', '2010-06-13 09:30:00', '09:30:00', ' a é''"', 'ab',
  {raw}),
 (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""
NATURAL = {
    "id": ("1", "integer"),
    "small": ("2", "integer"),
    "wide": ("9007199254740993", "integer"),
    "exact": ("2.50", "decimal"),
    "rough": ("1.5", "double"),
    "thin": ("1.1", "double"),
    "yes": ("true", "boolean"),
    "day": ("2010-06-13", "date"),
    "moment": ("2010-06-13T09:30:00", "dateTime"),
    "hour": ("09:30:00", "time"),
    "word": (" a é'\"", None),
    "padded": ("ab", None),
    "raw": ("00FF41", "hexBinary"),
}


def sqlite_file(folder: Path, *statements: str) -> str:
    """The address of a file of SQLite."""
    with closing(sqlite3.connect(folder / "a.sqlite")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return "jdbc:sqlite:a.sqlite"


def duckdb_file(folder: Path, *statements: str) -> str:
    """The address of a file of DuckDB."""
    with duckdb.connect(str(folder / "a.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)
    return "jdbc:duckdb:a.duckdb"


def found(name: str) -> str | None:
    """A program of PostgreSQL, which Debian does not put on PATH."""
    here = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(here[0]) if here else None)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The address of a server on loopback, with a database of its own in a temporary folder."""
    initdb, server = found("initdb"), found("postgres")
    if initdb is None or server is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if other and (shutil.which("runuser") is None or "postgres" not in {user.pw_name for user in pwd.getpwall()}):
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="kg-pg-", dir="/tmp"))
    if other:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    password = folder / "password"
    password.write_text("secret\n", encoding="utf-8")
    if other:
        shutil.chown(password, "postgres")
    made = [*other, initdb, "-D", str(folder / "data"), "-U", "kg", "-A", "scram-sha-256", f"--pwfile={password}",
            "-E", "UTF8", "--locale=C", "--no-sync"]  # fmt: skip
    subprocess.run(made, check=True, capture_output=True, cwd=folder)
    command = [*other, server, "-D", str(folder / "data"), "-p", str(port), "-k", str(folder), "-F",
               "-c", "listen_addresses=127.0.0.1"]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        address = f"postgresql://127.0.0.1:{port}/postgres"
        for _ in range(100):
            try:
                psycopg.connect(address, user="kg", password="secret").close()
            except psycopg.OperationalError:
                process.poll() is None or pytest.fail("the server of PostgreSQL ended")
                time.sleep(0.1)
            else:
                break
        yield address
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def prepared(address: str, *statements: str) -> str:
    """The address, after some statements."""
    with psycopg.connect(address, user="kg", password="secret", autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    return f"jdbc:{address}"


SIGNED = (("username", "kg"), ("password", "secret"))


Row = dict[str, tuple[str | None, str | None]]


def cells(access: str, folder: Path, query: str, names: list[str], kind: str = "sql-query") -> list[Row]:
    """The records of a query, each name with its text and datatype."""
    source = LogicalSource(access, kind, query, HERE, settings=SIGNED)
    made: list[Row] = []
    for batch in records(source, dict.fromkeys(names, HERE), Reading(folder, batch=2)):
        for row in batch.iter_rows(named=True):
            kinds = {name: row.get(natural(name)) for name in names}
            made.append({name: (row[name], (kinds[name] or "").removeprefix(XSD) or None) for name in names})
    return made


DATABASES = ["sqlite", "duckdb", "postgresql"]


@pytest.fixture
def everything(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with a column of each type."""
    kind = str(request.param)
    binary = {"sqlite": "BLOB", "duckdb": "BLOB", "postgresql": "BYTEA"}[kind]
    raw = {"sqlite": "x'00ff41'", "duckdb": r"'\x00\xFFA'", "postgresql": r"'\x00ff41'"}[kind]
    drop, table = "DROP TABLE IF EXISTS everything", COLUMNS.format(binary=binary)
    rows = ROWS.format(true="1" if kind == "sqlite" else "true", raw=raw)
    if kind == "postgresql":
        return prepared(request.getfixturevalue("postgresql"), drop, table, rows)
    return (sqlite_file if kind == "sqlite" else duckdb_file)(tmp_path, drop, table, rows)


@pytest.mark.parametrize("everything", DATABASES, indirect=True)
def test_natural_datatypes(everything: str, tmp_path: Path) -> None:
    """Each type of SQL has its natural datatype, and the value as it stands there; a null is none."""
    first, second = cells(everything, tmp_path, "everything", list(NATURAL), "sql-table")
    padded = "ab   " if "postgresql" in everything else "ab"
    exact = "2.5" if "sqlite" in everything else "2.50"
    assert first == NATURAL | {"padded": (padded, None), "exact": (exact, "decimal")}
    assert [text for text, _ in second.values()] == ["2", *[None] * 12]
    wrong = [lexical_error(f"{XSD}{kind}", text or "") for text, kind in first.values() if kind]
    assert [error for error in wrong if error] == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1e300::float8", ("1e+300", "double")),
        ("'NaN'::float8", ("NaN", "double")),
        ("'-Infinity'::float8", ("-INF", "double")),
        ("TIMESTAMPTZ '2010-06-13 09:30:00.5+02'", ("2010-06-13T07:30:00.5+00:00", "dateTime")),
        ("TIMESTAMP '2010-06-13 09:30:00.123456'", ("2010-06-13T09:30:00.123456", "dateTime")),
        ("TIMETZ '09:30:00+02'", ("09:30:00+02:00", "time")),
        ("12345678901234567890.10::numeric", ("12345678901234567890.10", "decimal")),
        ("'{\"a\": 1}'::json", ('{"a": 1}', None)),
        ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None)),
        ("false", ("false", "boolean")),
    ],
)
def test_values_of_postgresql(postgresql: str, expression: str, expected: tuple[str, str], tmp_path: Path) -> None:
    """What PostgreSQL writes is what is read, whatever Python would make of it."""
    (row,) = cells(prepared(postgresql), tmp_path, f"SELECT {expression} AS v", ["v"])
    assert row["v"] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'infinity'::date AS v", "column 'v' holds 'infinity', which is no xsd:date"),
        ("'NaN'::numeric AS v", "column 'v' holds 'NaN', which is no xsd:decimal"),
        ("'0044-03-15 BC'::date AS v", "column 'v' holds '0044-03-15 BC', which is no xsd:date"),
        ("pg_sleep(0) FROM nothing", 'the database says: relation "nothing" does not exist'),
        ("1 / 0 AS v", "the database says: division by zero"),
    ],
)
def test_what_postgresql_cannot_give_is_told(postgresql: str, expression: str, expected: str, tmp_path: Path) -> None:
    """A value without a lexical form of its datatype, and an error of the server, at the mapping's place."""
    (tmp_path / "m.yaml").write_text(
        f"""\
mappings:
  m:
    sources:
    - access: {prepared(postgresql)}
      type: postgresql
      credentials: {{username: kg, password: secret}}
      query: "SELECT {expression}"
      referenceFormulation: csv
    s: http://e.x/1
    po: [[http://e.x/v, $(v)]]
""",
        encoding="utf-8",
    )
    result = CliRunner().invoke(main, ["materialize", str(tmp_path / "m.yaml")])
    assert (result.exit_code, expected in result.stderr) == (1, True), result.stderr


def test_postgresql_only_reads(postgresql: str, tmp_path: Path) -> None:
    """A query of a mapping changes nothing."""
    access = prepared(postgresql, "DROP SEQUENCE IF EXISTS s", "CREATE SEQUENCE s")
    (tmp_path / "m.yaml").write_text("", encoding="utf-8")
    with pytest.raises(Exception, match="cannot execute nextval"):
        cells(access, tmp_path, "SELECT nextval('s') AS v", ["v"])


def test_postgresql_answers_in_batches(postgresql: str, tmp_path: Path) -> None:
    """A large result stays on the server: the first records are there long before the last is made."""
    source = LogicalSource(
        prepared(postgresql), "sql-query", "SELECT generate_series(1, 2000000000) AS v", HERE, settings=SIGNED
    )
    batches = iter(records(source, {"v": HERE}, Reading(tmp_path, batch=3)))
    assert [next(batches)["v"].to_list() for _ in range(2)] == [["1", "2", "3"], ["4", "5", "6"]]


def test_duckdb_reads_its_file_alone(tmp_path: Path) -> None:
    """A query of a mapping opens no other file and no address."""
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    access = duckdb_file(tmp_path, "CREATE TABLE t (a INTEGER)")
    with pytest.raises(Exception, match=r"the database says: .*disabled"):
        cells(access, tmp_path, f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')", ["a"])


@pytest.mark.parametrize("kind", DATABASES)
def test_names_of_tables_and_columns(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A bare name is found whatever its case, a quoted one as it stands, and one that is a word of SQL too."""
    statements = ('DROP TABLE IF EXISTS "user"', 'CREATE TABLE "user" ("Id" INTEGER, name TEXT)',
                  """INSERT INTO "user" VALUES (1, 'Ann')""")  # fmt: skip
    if kind == "postgresql":
        access = prepared(request.getfixturevalue("postgresql"), *statements)
    else:
        access = (sqlite_file if kind == "sqlite" else duckdb_file)(tmp_path, *statements)
    schema = "public" if kind == "postgresql" else "main"
    for table in ("user", "USER", '"user"', f"{schema}.User", f'{schema.upper()} . "user"', f'"{schema}"."user"'):
        for column in ("id", "ID", '"Id"'):
            (row,) = cells(access, tmp_path, table, [column, "name"], "sql-table")
            assert row == {column: ("1", "integer"), "name": ("Ann", None)}
    for table, column, message in (
        ("usr", "id", "the database has no table 'usr'\n.*did you mean 'user'"),
        ('"usr"', "id", "the database has no table '\"usr\"'\n.*did you mean 'user'"),
        ('"USER"', "id", "the database has no table '\"USER\"'"),
        ("other.user", "id", "the database has no table 'other.user'"),
        ('"user" WHERE 1 = 0', "id", "'\"user\" WHERE 1 = 0' names no table"),
        ("user", "nam", "reference 'nam' is no column of 'user'\n.*did you mean 'name'"),
    ):
        with pytest.raises(Exception, match=f"(?s){message}"):
            cells(access, tmp_path, table, [column], "sql-table")
    for query in ("SELECT * FROM usr", "SELECT 1 FROM \"user\" AS u JOIN usr ON u.name = 'x'"):
        with pytest.raises(Exception, match=r"(?s)the database says: .*usr.*\n.*did you mean 'user'"):
            cells(access, tmp_path, query, ["id"])
    with pytest.raises(Exception, match=r"(?s)the database says: .*nam.*correct the query"):
        cells(access, tmp_path, 'SELECT nam FROM "user"', ["id"])


@pytest.mark.parametrize("kind", DATABASES)
def test_tables_of_other_schemas(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """One is named with its schema, also where a table of the same name needs none."""
    if kind == "sqlite":
        pytest.skip("a file of SQLite has one schema")
    statements = ("DROP SCHEMA IF EXISTS sales CASCADE", "CREATE SCHEMA sales",
                  'CREATE TABLE sales."a.b""c" (id INTEGER)', 'INSERT INTO sales."a.b""c" VALUES (7)',
                  "CREATE TABLE sales.alone (id INTEGER)")  # fmt: skip
    if kind == "postgresql":
        access = prepared(request.getfixturevalue("postgresql"), *statements)
    else:
        access = duckdb_file(tmp_path, *statements)
    assert [{"id": ("7", "integer")}] == cells(access, tmp_path, 'Sales."a.b""c"', ["id"], "sql-table")
    for table in ('"a.b""c"', "alone"):
        with pytest.raises(Exception, match="the database has no table"):
            cells(access, tmp_path, table, ["id"], "sql-table")
    with pytest.raises(Exception, match=r"did you mean 'sales\.alone'"):
        cells(access, tmp_path, "sales.alon", ["id"], "sql-table")


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_a_quoted_name_is_read_as_it_was(parts: list[str]) -> None:
    """Whatever it holds: quotes, dots, spaces, words of SQL."""
    assert TableName(tuple((part, True) for part in parts)) == TableName.of(quoted(tuple(parts)))


@given(NAMES.filter(lambda name: not name.lower().startswith("sqlite_")), NAMES)
@example('a" UNION SELECT * FROM "secret', "x")
@example("a", '"a" UNION SELECT * FROM "secret"')
@example("a", "a.b UNION SELECT * FROM secret")
@example("a", '"a" -- .')
@example("a", "(SELECT * FROM secret) AS a.b")
def test_no_name_of_a_table_reads_another_one(name: str, text: str) -> None:
    """A table is read by its quoted name; a text in the place of a name reads no table that is called otherwise."""
    assume(name.lower() != "secret")
    with tempfile.TemporaryDirectory() as folder:
        rows = (f"CREATE TABLE {quoted((name,))} (id TEXT)", f"INSERT INTO {quoted((name,))} VALUES ('open')")
        access = sqlite_file(
            Path(folder), *rows, "CREATE TABLE secret (id TEXT)", "INSERT INTO secret VALUES ('hidden')"
        )
        assert [{"id": ("open", None)}] == cells(access, Path(folder), quoted((name,)), ["id"], "sql-table")
        for written in (text, f"{quoted((name,))}{text}", f"main.{text}"):
            try:
                read = cells(access, Path(folder), written, ["id"], "sql-table")
            except ContentError:
                continue
            meant = TableName.of(written.strip().rstrip(";"))
            assert meant is not None
            assert [{"id": ("hidden" if meant.parts[-1][0].lower() == "secret" else "open", None)}] == read


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_absent_database_is_told(kind: str, tmp_path: Path) -> None:
    """No file is made where there is none."""
    with pytest.raises(Exception, match=f"there is no database '{kind}:a.db'"):
        cells(f"{kind}:a.db", tmp_path, "t", ["a"], "sql-table")
    assert list(tmp_path.iterdir()) == []


def test_a_database_named_on_the_command_line_lies_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every path of the command line, also where the mapping lies elsewhere; a wrong one is told by its own name."""
    (tmp_path / "here").mkdir()
    sqlite_file(tmp_path / "here", "CREATE TABLE people (id INT)", "INSERT INTO people VALUES (1)")
    (tmp_path / "m.ttl").write_text(
        '@prefix rr: <http://www.w3.org/ns/r2rml#> . <#people> rr:logicalTable [ rr:tableName "people" ] ;'
        ' rr:subjectMap [ rr:template "http://e.x/{id}" ; rr:class rr:TriplesMap ] .',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path / "here")
    (name,) = [path.name for path in Path().iterdir()]
    result = CliRunner().invoke(main, ["materialize", "../m.ttl", "--source", f"sqlite:{name}"])
    assert (0, True) == (result.exit_code, result.stdout.startswith("<http://e.x/1> "))
    result = CliRunner().invoke(main, ["materialize", "../m.ttl", "--source", f"sqlite:x{name}"])
    assert f"there is no database 'sqlite:x{name}'" in result.stderr
    assert f"did you mean '{name}'?" in result.stderr


R2RML = """
@prefix rr: <http://www.w3.org/ns/r2rml#> . @prefix ex: <http://e.x/> .
<#people> rr:logicalTable [ rr:tableName "people" ] ;
  rr:subjectMap [ rr:template "http://e.x/{id}" ; rr:class ex:Person ] ;
  rr:predicateObjectMap [ rr:predicate ex:name ; rr:objectMap [ rr:column "name" ] ] ;
  rr:predicateObjectMap [ rr:predicate ex:born ; rr:objectMap [ rr:column "born" ] ] ;
  rr:predicateObjectMap [ rr:predicate ex:boss ; rr:objectMap [ rr:parentTriplesMap <#people> ;
    rr:joinCondition [ rr:child "boss" ; rr:parent "id" ] ] ] .
"""


def test_r2rml_over_postgresql(postgresql: str, tmp_path: Path) -> None:
    """A mapping in R2RML over a table, with a join; the database is named on the command line."""
    access = prepared(
        postgresql, "DROP TABLE IF EXISTS people", "CREATE TABLE people (id INT, name TEXT, born DATE, boss INT)",
        "INSERT INTO people VALUES (1, 'Ann', '1970-02-28', NULL), (2, 'Béa', NULL, 1)",
    )  # fmt: skip
    address = access.removeprefix("jdbc:").replace("//", "//kg:secret@")
    (tmp_path / "m.ttl").write_text(R2RML, encoding="utf-8")
    result = CliRunner().invoke(main, ["materialize", str(tmp_path / "m.ttl"), "--source", address])
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e.x/Person>"
    assert sorted(result.stdout.splitlines()) == [
        '<http://e.x/1> <http://e.x/born> "1970-02-28"^^<http://www.w3.org/2001/XMLSchema#date> .',
        '<http://e.x/1> <http://e.x/name> "Ann" .',
        f"<http://e.x/1> {kind} .",
        "<http://e.x/2> <http://e.x/boss> <http://e.x/1> .",
        '<http://e.x/2> <http://e.x/name> "Béa" .',
        f"<http://e.x/2> {kind} .",
    ], result.stderr
