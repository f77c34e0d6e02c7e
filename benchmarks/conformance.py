"""The RML test suites, run case by case, and the table of what passes, of these and of the suites of SPARQL.

    KG_SUITES=… python -m benchmarks.conformance     renews benchmarks/CONFORMANCE.md

`KG_SUITES` names a folder with the folders rml-core, rml-io, rml-fnml, rml-lv and rml-cc of
https://github.com/kg-construct, and rdf-tests of https://github.com/w3c/rdf-tests. Outputs are compared as RDF datasets
up to the names of blank nodes.
"""

import csv
import gzip
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyoxigraph
import rdflib

from benchmarks.sparql import changes
from benchmarks.sparql import suites as queries
from benchmarks.sparql.changed import Changed
from benchmarks.sparql.served import Served
from kg.errors import KgError, Problems
from kg.mapping.bulk import materialize_files
from kg.mapping.model import LogicalTarget
from kg.mapping.output import Targets
from kg.mapping.rml import read_rml
from kg.mapping.source import Reading

__all__ = ["EXPECTED", "SUITES", "TABLE", "Case", "Known", "cases", "fault", "main", "table"]

SUITES = ("rml-core", "rml-io", "rml-fnml", "rml-lv", "rml-cc")
# Where metadata.csv says no base, the one of the expected outputs.
_BASES = {"rml-cc": "http://example.com/base/"}
TABLE = Path(__file__).with_name("CONFORMANCE.md")


@dataclass(frozen=True, slots=True)
class Known:
    """Why a case does not pass. wrong, right: a pattern and what it must be replaced with in what the case expects."""

    reason: str
    wrong: str = ""
    right: str = ""


_XSD = "http://www.w3.org/2001/XMLSchema#"
_UNTYPED = Known(
    "expects the JSON number 33 as a plain string, where RMLTTC0000 expects an xsd:integer of the same file; passes"
    " with that corrected",
    r'"(\d+)"$',
    rf'"\1"^^<{_XSD}integer>',
)

_UNTYPED_CASES = ("0004a", "0004c", "0004e", "0004f", "0004g", "0005b", "0006b", "0006c", "0006d", "0006e")

# The cases that do not pass, and why. A case that is listed and passes is an error of this table.
EXPECTED: dict[str, Known] = {
    "RMLSTC0003": Known(
        "expects an xsd:integer of a query over an RDF file whose literal is the plain string 33; passes with that"
        " corrected",
        rf'"(\d+)"\^\^<{_XSD}integer>',
        r'"\1"',
    ),
    "RMLSTC0009a": Known(
        "must be refused for its quoted header, by metadata.csv; RFC 4180 allows one, and the case has an output.nq,"
        " which is what we write"
    ),
    "RMLTTC0002q": Known(
        'expects "3.3E1" for the 33 of the source with datatype xsd:double; we write what stands in the source; passes'
        " with that corrected",
        r'"(\d)\.(\d)E1"',
        r'"\1\2"',
    ),
    **dict.fromkeys((f"RMLTTC{name}" for name in _UNTYPED_CASES), _UNTYPED),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its suite, its name, its folder, the files that it must write, whether it must fail, its base."""

    suite: str
    name: str
    folder: Path
    outputs: tuple[str, ...]
    fails: bool
    base: str


def cases(root: Path, suite: str) -> Iterator[Case]:
    """The cases that a suite's `metadata.csv` lists, by name."""
    folder = root / suite / "test-cases"
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: row["ID"]):
            outputs = tuple(row[f"output{number}"] for number in (1, 2, 3) if row.get(f"output{number}"))
            base = row.get("base_iri") or _BASES.get(suite, "http://example.com/")
            yield Case(suite, row["ID"], folder / row["ID"], outputs, row["error"] == "true", base)


def fault(case: Case, known: Known | None = None) -> str | None:
    """What is wrong with our output of a case; None when nothing is.

    known: a correction to make in what the case expects.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _copy(case, folder)
        try:
            default = _run(case, folder)
        except KgError as error:
            return None if case.fails else f"refused: {str(error).partition(chr(10))[0]}"
        if case.fails:
            return "must be refused, but was not"
        for name in case.outputs:
            expected = _read(case.folder / name)
            if known:
                expected = frozenset(re.sub(known.wrong, known.right, quad) for quad in expected)
            standard = name in ("output.nq", "default.nq")
            if not standard and not (folder / name).exists():
                return f"{name} was not written"
            made = default if standard else _read(folder / name)
            if made != expected:
                return f"{name} differs: {_difference(made, expected)}"
    return None


def _copy(case: Case, folder: Path) -> None:
    """The case without its outputs; where it needs a database, one of SQLite made of its CSV file."""
    for path in case.folder.iterdir():
        if path.is_file() and path.name not in case.outputs:
            shutil.copy(path, folder)
    mapping = folder / "mapping.ttl"
    text = mapping.read_text(encoding="utf-8")
    if "$CONNECTIONDSN" in text:
        with sqlite3.connect(folder / "case.sqlite") as database:
            for path in folder.glob("*.csv"):
                header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
                columns = ", ".join(f'"{name}" {"TEXT" if name == "name" else "INTEGER"}' for name in header)
                database.execute(f'CREATE TABLE "{path.stem}" ({columns})')
                marks = ", ".join("?" * len(header))
                database.executemany(f'INSERT INTO "{path.stem}" VALUES ({marks})', rows)  # noqa: S608 - as above
        mapping.write_text(text.replace("$CONNECTIONDSN", "jdbc:sqlite:case.sqlite"), encoding="utf-8")


def _run(case: Case, folder: Path) -> frozenset[str]:
    problems = Problems()
    maps = read_rml(folder / "mapping.ttl", folder, (case.base, case.base), problems)
    problems.stop_if_any()
    lines: list[str] = []
    targets = Targets(folder)

    def emit(target: LogicalTarget | None, made: pl.Series) -> None:
        if target is None:
            lines.extend(made)
        else:
            targets.add(target, made)

    materialize_files(maps, Reading(folder, folder), emit, base=case.base)
    targets.write()
    return _canonical("".join(f"{line}\n" for line in lines).encode(), "nq")


def _unpacked(path: Path) -> tuple[bytes, str]:
    data = path.read_bytes()
    name = path.name
    if ".tar." in name:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            member = archive.extractfile(archive.getmembers()[0])
            assert member is not None
            return member.read(), name.partition(".tar.")[0]
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.read(archive.namelist()[0]), name.removesuffix(".zip")
    if name.endswith(".gz"):
        return gzip.decompress(data), name.removesuffix(".gz")
    return data, name


def _read(path: Path) -> frozenset[str]:
    """A file as canonical quads."""
    data, name = _unpacked(path)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16").encode()
    return _canonical(data, name.rpartition(".")[2])


_FORMATS = {
    "nq": pyoxigraph.RdfFormat.N_QUADS,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "n3": pyoxigraph.RdfFormat.N3,
    "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
}


def _from_rdf_json(data: bytes) -> bytes:
    """RDF/JSON without blank nodes as N-Quads: https://www.w3.org/TR/rdf-json/."""
    lines = []
    for subject, properties in json.loads(data).items():
        for predicate, values in properties.items():
            for value in values:
                language, datatype = value.get("lang"), value.get("datatype")
                term = rdflib.Literal(str(value["value"]), language, datatype)
                obj = term if value["type"] == "literal" else rdflib.URIRef(value["value"])
                lines.append(f"<{subject}> <{predicate}> {obj.n3()} .\n")
    return "".join(lines).encode()


def _canonical(data: bytes, ending: str) -> frozenset[str]:
    if ending == "jsonld":
        data = rdflib.Dataset().parse(data=data.decode(), format="json-ld").serialize(format="nquads", encoding="utf-8")
        ending = "nq"
    if ending == "rdfjson":
        data, ending = _from_rdf_json(data), "nq"
    quads = pyoxigraph.Dataset(pyoxigraph.parse(data, _FORMATS[ending], base_iri="http://example.com/", lenient=True))
    quads.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    lowered = (
        re.sub(r'(?<=")@([A-Za-z-]+)(?=(?: <[^<>]*>| _:\w+)?$)', lambda tag: tag[0].lower(), str(quad))
        for quad in quads
    )
    return frozenset(lowered)


def _difference(made: frozenset[str], expected: frozenset[str]) -> str:
    missing, extra = sorted(expected - made), sorted(made - expected)
    first = f"not made: {missing[0]}" if missing else f"too much: {extra[0]}"
    return f"{len(missing)} not made, {len(extra)} too much; {first}"


def table(root: Path) -> str:
    """The table of every suite, and of every case that does not pass."""
    lines = [
        "# Conformance",
        "",
        "Made by `python -m benchmarks.conformance`; `tests/test_conformance.py` and `tests/test_web/test_suites.py`",
        "fail when it is not true.",
        "",
        "## Mappings",
        "",
        "| suite | commit | cases | pass |",
        "|---|---|---:|---:|",
    ]
    failing: list[str] = []
    for suite in SUITES:
        found = [(case, fault(case)) for case in cases(root, suite)]
        commit = root / suite / "COMMIT"
        version = commit.read_text(encoding="utf-8").strip()[:12] if commit.exists() else ""
        passed = sum(wrong is None for _, wrong in found)
        lines.append(f"| {suite} | {version} | {len(found)} | {passed} |")
        failing += [
            f"| {case.name} | {EXPECTED[case.name].reason if case.name in EXPECTED else wrong} |"
            for case, wrong in found
            if wrong
        ]
    lines += ["", "| case that does not pass | why |", "|---|---|", *failing, "", *sparql_table(root)]
    return "\n".join(lines) + "\n"


def sparql_table(root: Path) -> Iterator[str]:
    """The lines of the suites of SPARQL, each case asked over HTTP."""
    yield from ("## SPARQL 1.1, over HTTP", "")
    yield "The endpoints that SERVICE asks in these suites are other servers of ours on the same machine. Their"
    yield from ("addresses take the place of the ones in the queries, and they alone are allowed.", "")
    yield from ("| suite | cases | pass |", "|---|---:|---:|")
    reasons = {name: known.reason for name, known in {**queries.EXPECTED, **changes.EXPECTED}.items()}
    found: dict[str, list[tuple[str, str | None]]] = {}
    with Served(root) as served:
        for suite in queries.SUITES:
            found[suite] = [(case.name, queries.fault(case, served)) for case in queries.cases(root, suite)]
    with Changed(root) as changed:
        for suite in changes.SUITES:
            found[suite] = [(case.name, changes.fault(case, changed)) for case in changes.cases(root, suite)]
    for suite, told in found.items():
        yield f"| {suite} | {len(told)} | {sum(wrong is None for _, wrong in told)} |"
    failing = [f"| {name} | {reasons.get(name, wrong)} |" for told in found.values() for name, wrong in told if wrong]
    yield from ("", "| case that does not pass | why |", "|---|---|", *failing)


def main() -> None:
    """Run every case and write the table."""
    text = table(Path(os.environ["KG_SUITES"]))
    TABLE.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
