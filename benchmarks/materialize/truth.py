"""What the output must be, written record by record by pyoxigraph, and how an output differs from it.

Quads are compared as sets of 64-bit hashes of their lines; that two of 20 million share one has a probability of about
1 in 100,000. A line that is not as pyoxigraph writes it is read and written anew by it first.

python -m benchmarks.materialize.truth FORM ROWS GRAPHS FOLDER OUTPUT      prints the difference as JSON
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import polars as pl
import pyoxigraph as ox

from benchmarks.materialize.inputs import Record, records
from benchmarks.materialize.mappings import CLASS, GRAPH, PROPERTIES, SUBJECT, XSD

__all__ = ["Difference", "compare", "quads"]

_BLOCK = 1 << 26
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """How an output differs from what it must be.

    made: distinct quads of the output. wrong: those that should not be; missing: those that should. by: the number of
    the wrong ones for each local name of a predicate. samples: what was written, and what should have been.
    """

    made: int
    wrong: int
    missing: int
    by: dict[str, int]
    samples: list[list[str]]


def _encoded(text: str) -> str:
    """A value in a template: https://www.rfc-editor.org/rfc/rfc3987#section-2.2, as far as the input goes."""
    return re.sub(
        "[^A-Za-z0-9._~\xa1-\U0010ffff-]", lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text
    )


def _filled(template: str, record: Record, *, encode: bool) -> str:
    if not encode:
        return template.format_map(record)
    return template.format_map({name: _encoded(str(record[name])) for name in _names(template)})


@cache
def _names(template: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", template)


def quads(form: str, rows: int, *, graphs: bool) -> Iterator[str]:
    """The lines that must be made, as pyoxigraph writes them."""
    predicates = {prop: ox.NamedNode("https://example.org/vocabulary/" + prop.name) for prop in PROPERTIES}
    for record in records(form, rows):
        subject = ox.NamedNode(_filled(SUBJECT, record, encode=True))
        graph = ox.NamedNode(_filled(GRAPH, record, encode=True)) if graphs else ox.DefaultGraph()
        yield f"{ox.Quad(subject, _TYPE, ox.NamedNode(CLASS), graph)} ."
        for prop, predicate in predicates.items():
            if record[prop.reference or "id"] is None:
                continue
            value = _filled(prop.value, record, encode=prop.iri and not prop.reference)
            obj: ox.NamedNode | ox.Literal
            if prop.iri:
                obj = ox.NamedNode(value)
            elif prop.datatype:
                obj = ox.Literal(value, datatype=ox.NamedNode(XSD + prop.datatype))
            else:
                obj = ox.Literal(value, language=prop.language or None)
            yield f"{ox.Quad(subject, predicate, obj, graph)} ."


def _hashes(lines: Iterator[str]) -> pl.Series:
    """The distinct hashes of lines."""
    parts = []
    while batch := list(islice(lines, 1_000_000)):
        parts.append(pl.Series("hash", batch, dtype=pl.String).hash())
    return pl.concat(parts).unique() if parts else pl.Series("hash", [], dtype=pl.UInt64)


def _wanted(form: str, rows: int, folder: Path, *, graphs: bool) -> pl.Series:
    """The hashes of the quads that must be, kept in `folder`."""
    # JSON and NDJSON are the same records.
    name = f"{form.removeprefix('nd')}-{rows}-{'graphs' if graphs else 'plain'}-polars-{pl.__version__}"
    path = folder / f"{name}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _hashes(quads(form, rows, graphs=graphs)).to_frame("hash").write_parquet(path)
    return pl.read_parquet(path).to_series()


def _blocks(path: Path) -> Iterator[pl.Series]:
    """The lines of a file; only a line feed ends one."""
    rest = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            whole, _, rest = (rest + block).rpartition(b"\n")
            yield pl.Series("line", whole.decode(errors="replace").split("\n"), dtype=pl.String)
    if rest:
        yield pl.Series("line", [rest.decode(errors="replace")], dtype=pl.String)


def _canonical(lines: list[str]) -> list[str | None]:
    """Lines as pyoxigraph writes them; as they are where it cannot read them; None for one without a quad."""
    try:
        parsed = [f"{quad} ." for quad in ox.parse("\n".join(lines), format=ox.RdfFormat.N_QUADS)]
    except (SyntaxError, ValueError):
        parsed = []
    if len(parsed) == len(lines):
        return list(parsed)
    if len(lines) == 1:
        return [None if not lines[0].strip() else lines[0]]
    middle = len(lines) // 2
    return _canonical(lines[:middle]) + _canonical(lines[middle:])


def _told(line: str) -> str:
    """The local name of a line's predicate; `unreadable` for a line without one."""
    match = re.match(r"<[^>]*> <[^>]*[/#](\w+)>", line)
    return match[1] if match else "unreadable"


def compare(form: str, rows: int, folder: Path, output: Path, *, graphs: bool) -> Difference:
    """How the output differs from what it must be for this input."""
    wanted = _wanted(form, rows, folder, graphs=graphs).to_frame("hash").lazy()
    made: list[pl.Series] = []
    wrong: dict[int, str] = {}
    by: Counter[str] = Counter()
    for lines in _blocks(output):
        found = pl.DataFrame({"line": lines, "hash": lines.hash()})
        other = found.lazy().join(wanted, on="hash", how="anti").collect()
        made.append(found["hash"].filter(~found["hash"].is_in(other["hash"].implode())))
        texts = other["line"].to_list()
        canonical = [text for start in range(0, len(texts), 4096) for text in _canonical(texts[start : start + 4096])]
        again = pl.DataFrame({"line": pl.Series(canonical, dtype=pl.String), "written": other["line"]}).drop_nulls()
        again = again.with_columns(again["line"].hash().alias("hash"))
        made.append(again["hash"])
        left = again.lazy().join(wanted, on="hash", how="anti").collect()
        by.update(map(_told, left["line"]))
        for number, line in left.select("hash", "written").head(1000).iter_rows():
            wrong.setdefault(number, line)
    distinct = (pl.concat(made) if made else pl.Series("hash", [], dtype=pl.UInt64)).unique().to_frame("hash").lazy()
    amount_wrong, missing = (
        frame.select(pl.len()).collect().item()
        for frame in (distinct.join(wanted, on="hash", how="anti"), wanted.join(distinct, on="hash", how="anti"))
    )
    samples = _samples(list(wrong.values()), quads(form, rows, graphs=graphs))
    return Difference(distinct.select(pl.len()).collect().item(), amount_wrong, missing, dict(by), samples)


def _samples(wrong: list[str], right: Iterator[str]) -> list[list[str]]:
    """The first wrong line of some predicates, and the right line for the same subject and predicate."""
    first: dict[str, str] = {}
    for line in wrong:
        first.setdefault(_told(line), line)
    chosen = list(first.values())[:_SAMPLES]
    starts = {match[0]: line for line in chosen if (match := re.match(r"<[^>]*> <[^>]*> ", line))}
    found: dict[str, str] = {}
    for line in islice(right, 200_000) if starts else ():
        match = re.match(r"<[^>]*> <[^>]*> ", line)
        if match and match[0] in starts:
            found[starts[match[0]]] = line
        if len(found) == len(starts):
            break
    return [[line, found.get(line, "")] for line in chosen]


if __name__ == "__main__":
    form_, rows_, graphs_, folder_, output_ = sys.argv[1:]
    difference = compare(form_, int(rows_), Path(folder_), Path(output_), graphs=graphs_ == "graphs")
    sys.stdout.write(json.dumps(asdict(difference)) + "\n")
