"""Lines of JSON in one form are read in columns, and come out as if they were read value by value."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kg.errors import ContentError, Place
from kg.mapping import LogicalSource, Reading
from kg.mapping.source import jsontext, natural, records
from kg.mapping.source.flat import Flat

PLACE = Place("m.yaml", 3, 5)
REFERENCES = {"a": "a", "$['b c']": "b c", "$['é.*']": "é.*"}

LEARNED = [
    {"a": "x", "id": 1, "no": 1},
    {"a": "x", "b c": 1, "id": 2, "é.*": 7, "no": "x"},
    {"b c": True, "id": 3, "no": False},
]

texts = st.text(st.sampled_from('a"\\/:,{}é\n\r\t\x01\u2028😀 '), max_size=6).map(
    lambda text: json.dumps(text, ensure_ascii="a" in text)
)
bares = st.sampled_from(
    ["0", "-0", "2.50", "1E+3", "42", "-7", "1234567890123456789", "18446744073709551617", "true", "false"]
)
odd = st.sampled_from(['"\\ud83d"', '"\\u12"', "1.", "01", "nul", "[1]", '{"a": 1}', '"\x01"', '"\\"a\\": 1"'])
spaces = st.sampled_from(["", " ", "\t", "\r"])
pairs = st.one_of(
    st.tuples(st.just("a"), texts),
    st.tuples(st.sampled_from(["b c", "no", "é.*"]), bares),
    st.tuples(st.sampled_from(["a", "b c", "é.*", "no"]), st.just("null")),
)
MEMBERS = ["a", "b c", "id", "é.*", "no"]
odd_pairs = st.tuples(st.sampled_from(["a", "b c", "no", "new"]), st.one_of(texts, bares, odd))


@st.composite
def lines(draw: st.DrawFn) -> str:
    """An object, as it may be written, or nearly one."""
    members = draw(st.lists(pairs, max_size=4, unique_by=lambda pair: pair[0]))
    if draw(st.integers(0, 9)):
        members.append(("id", "7"))
    members.sort(key=lambda pair: MEMBERS.index(pair[0]))
    if draw(st.integers(0, 9)) == 0:
        members.insert(draw(st.integers(0, len(members))), draw(odd_pairs))
    written = ",".join(
        f'{draw(spaces)}"{name}"{draw(spaces)}:{draw(spaces)}{value}{draw(spaces)}' for name, value in members
    )
    return f"{draw(spaces)}{{{written}{draw(st.sampled_from(['}', '}', '}', '} ', ',}', '']))}"


def read(content: str, folder: Path, block: int) -> list[list[tuple[str | None, str | None]]] | str:
    """The values of each reference with their datatypes, or that it is refused; block: bytes that are read at once."""
    (folder / "a.ndjson").write_bytes(content.encode())
    source = LogicalSource("a.ndjson", "jsonpath", "$", PLACE)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jsontext, "_BLOCK", block)
            table = pl.concat(records(source, dict.fromkeys(REFERENCES, PLACE), Reading(folder)), how="diagonal")
    except ContentError:
        # Of several faults, the one told is that of the first block that has any.
        return "refused"
    none = pl.Series([None] * table.height, dtype=pl.String)
    kinds = {name: table.get_column(natural(name), default=none) for name in REFERENCES}
    return [list(zip(table[name], kinds[name], strict=True)) for name in REFERENCES]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(lines(), min_size=1, max_size=4))
@example(rows=['{"a": "\\\\\\"b c\\": 5", "b c": 2.50}'])
@example(rows=['{"a": "x", "a": "y"}'])
@example(rows=['{"a": "x",}'])
def test_the_same_in_columns_as_value_by_value(rows: list[str], tmp_path: Path) -> None:
    """Values, datatypes, and whether a line is wrong."""
    learned = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in LEARNED)
    content = learned + "\n".join(rows) + "\n"
    assert read(content, tmp_path, 1 << 20) == read(content, tmp_path, len(learned.encode()))


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('{"a": "\\u00e9\\ud83d\\ude00\\n", "b c": 2.50, "id": 1}', ["é😀\n", "2.50", None]),
        ('{"id": 1 , "é.*":null , "no":"y"}\r', [None, None, None]),
        ('{"b c": -0, "id": null, "no": 1e99}', [None, "-0", None]),
        ('{"id":1,"é.*": -42}', [None, None, "-42"]),
        ('{ "id": 1 }', [None, None, None]),
        ('{"é.*": -42}', None),
        ('{"é.*": -42, "id": 1}', None),
        ('{"id": 1, "é.*": -0}', None),
        ('{"id": 1, "é.*": 1234567890123456789}', None),
        ('{"id": 1, "no": 1e999}', None),
        ('{"a": "x", "a": "y", "id": 1}', None),
        ('{"b c": 1, "a": "x", "id": 1}', None),
        ('{"a": 1, "id": 1}', None),
        ('{"b c": "1", "id": 1}', None),
        ('{"a": "x", "id": 1, "no": [1]}', None),
        ('{"a": "x", "id": 1, "new": 1}', None),
        ('{"a": "\\ud83d", "id": 1}', None),
        ('{"a": "\x01", "id": 1}', None),
        ('{"id": 1,}', None),
        ('{"id": 1, "no": 1,}', None),
        ('{"a": "x" "id": 1}', None),
        ('{"a": "x", "id": 1', None),
        ('{"a": "x", "id": 1}{}', None),
        ('{"b c": 01, "id": 1}', None),
        ("{}", None),
        ("", None),
    ],
)
def test_a_line_is_recognised(line: str, values: list[str | None] | None) -> None:
    """Members in order, of the types that were seen, each once or left out but for one that all had: no other line."""
    flat = Flat(REFERENCES)
    flat.learn(LEARNED)
    table = flat.table(f'{{"a": "x", "id": 1}}\n{line}\n'.encode())
    assert values == (None if table is None else [table[name][1] for name in REFERENCES])


@pytest.mark.parametrize(
    "records",
    [
        [{"a": [1]}],
        [{"a": 1}, {"a": "1"}],
        [{'"': 1}],
        [1],
        [{"a": 1}, {"b": 1}],
        [{"a": 1, str(n): 1} for n in range(200)],
    ],
)
def test_no_line_is_recognised(records: list[object]) -> None:
    """Where values are no texts and numbers, members follow no order, or the objects have none in common."""
    flat = Flat({"a": "a"})
    flat.learn(records)
    assert flat.table(b'{"a": 1}\n') is None


def test_an_object_that_does_not_end_is_not_recognised() -> None:
    """Even where no text is decoded."""
    flat = Flat({"a": "a"})
    flat.learn([{"a": True}])
    assert flat.table(b'{"a": true}\n') is not None
    assert flat.table(b'{"a": true,\n') is None
