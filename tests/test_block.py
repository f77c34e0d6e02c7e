"""A file of delimited text is read in blocks of whole records."""

import csv
import io
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import ContentError
from kg.mapping.source import block
from kg.mapping.source.block import blocks
from tests.test_exactness import OBJECTS, check, made, pairs, triples_map

cells = st.text(st.sampled_from('a",\n\ré'), max_size=5)
rows_of_cells = st.lists(st.tuples(cells, cells), min_size=1, max_size=20)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first block is of a few bytes, so that small files have many."""
    monkeypatch.setattr(block, "_FIRST", 8)


def quoted(rows: Sequence[tuple[str, ...]], end: str) -> str:
    """The rows as CSV, every field quoted."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def read(data: bytes) -> Iterator[list[str]]:
    """The records of a block, by the standard library."""
    return csv.reader(io.StringIO(data.decode(), newline=""))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_of_cells, st.sampled_from(["\n", "\r\n"]), st.integers(1, 5))
def test_blocks_end_where_records_do(rows: list[tuple[str, str]], end: str, batch: int) -> None:
    """Wherever line ends and quotes stand in the fields; all is there, in order, counted."""
    data = quoted(rows, end).encode()
    found = list(blocks(io.BytesIO(data), b",", b'"', batch))
    assert data == b"".join(one.data for one in found)
    assert [list(row) for row in rows] == [row for one in found for row in read(one.data)]
    assert [len(list(read(one.data))) for one in found] == [one.records for one in found]


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs, st.integers(1, 3))
def test_what_is_made_of_blocks_is_what_is_made_of_the_file(rows: list[tuple[str, str]], batch: int) -> None:
    """Every value comes back, though each record is in a block of its own."""
    check(quoted([("n", "a", "b"), *((str(n), a, b) for n, (a, b) in enumerate(rows))], "\n"), "r.csv", rows, batch)


@pytest.mark.parametrize(
    ("data", "records"),
    [
        ("a,b\nc,d\n" * 9 + "e\n", None),
        ("a,b\n" * 9 + "\na,b\n", None),
        ("a,b\n" * 9 + "a\na,b,c\n", None),
        ('"x",y\n' * 9 + '"x,y"\n"x",y,z\n', None),
        ("a,b\n" * 9 + '"a,b\n', None),
        ('"a",b\n' * 9 + '"a"b "c",d\n', None),
        ('"a",b\n' * 9 + '""a,d\n', None),
        ('"a",b\n' * 9 + 'a "b" c,d\n', 10),
        ('"a",b\n' * 9 + '"""a"" , ""b""","""",""\n', None),
        ('"a",b\n' * 9 + '"""a"" , ""b""",""\n', 10),
        ("a,b\n" * 9 + "a,b", 10),
        ("a,b\n" * 9 + "a\rb,c\n", None),
        ('"a",b\n' * 9 + '"a\rb",c\r\n', 10),
    ],
)
def test_what_may_be_wrong_is_not_counted(data: str, records: int | None) -> None:
    """A short record, with a long one to make up for it or not, a blank line, a quote that is never closed."""
    found = [one.records for one in blocks(io.BytesIO(data.encode()), b",", b'"', 2)]
    assert records == (None if None in found else sum(one or 0 for one in found))


def test_a_record_that_does_not_end_is_not_gathered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the largest block there are no more."""
    monkeypatch.setattr(block, "_MOST", 64)
    file = io.BytesIO(b'"' + b"a\n" * 1000)
    assert [None] == [one.records for one in blocks(file, b",", b'"', 2)]
    assert file.tell() < 200


@pytest.mark.parametrize("quote", ['"', 'a"'])
def test_many_lines_after_one_quote_are_read_in_reasonable_time(quote: str) -> None:
    """Neither a text of many lines nor a quote that has no other is looked at line by line, again for each block."""
    data = b"a,b\n" + quote.encode() + b"x\n" * 2_000_000
    begun = time.process_time()
    assert None in [one.records for one in blocks(io.BytesIO(data), b",", b'"', 2)]
    assert time.process_time() - begun < 5


def test_the_strict_reader_goes_on_where_the_blocks_end(tmp_path: Path) -> None:
    """A blank line in the middle of a file is passed over, and no record is read twice or left out."""
    rows = [(str(n), f"a{n}", "b") for n in range(40)]
    text = quoted([("n", "a", "b"), *rows], "\n").replace('"20"', '\n"20"')
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    lines = made([triples_map("r.csv", OBJECTS[0])], tmp_path, 3)
    assert [f'"a{n}"' for n in range(40)] == [line.split(" ")[2] for line in lines if "/p0>" in line]


@pytest.mark.parametrize("batch", [1, 3, 100])
@pytest.mark.parametrize("at", [0, 20, 39])
def test_a_carriage_return_alone_is_refused_wherever_it_stands(at: int, batch: int, tmp_path: Path) -> None:
    """By whichever reader: it neither ends a line nor is a part of a cell that has no quotes."""
    rows = [f"{n},a\rb,c" if n == at else f"{n},a,b" for n in range(40)]
    (tmp_path / "r.csv").write_text("\n".join(["n,a,b", *rows]), encoding="utf-8", newline="")
    with pytest.raises(ContentError, match=f"line {at + 2}: a carriage return alone stands outside of quotes"):
        made([triples_map("r.csv", OBJECTS[0])], tmp_path, batch)
