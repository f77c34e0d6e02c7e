"""JSON and NDJSON as sources: what is read of them, and where it is wrong."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import ContentError, Place
from kg.mapping import LogicalSource, Reading
from kg.mapping.lexical import XSD
from kg.mapping.source import natural, records

PLACE = Place("m.yaml", 3, 5)
DIGITS = "9" * 5000


def read(
    content: str, folder: Path, name: str = "a.json", iterator: str = "$[*]", batch: int = 3
) -> list[list[object]]:
    """The values of `v` in each record, and their datatypes."""
    (folder / name).write_bytes(content.encode())
    source = LogicalSource(name, "jsonpath", iterator, PLACE)
    found: list[list[object]] = []
    for table in records(source, {"v": PLACE}, Reading(folder, batch=batch)):
        assert table.height <= batch
        kinds = table[natural("v")].to_list() if natural("v") in table.columns else [None] * table.height
        found += [[value, kind and kind.removeprefix(XSD)] for value, kind in zip(table["v"], kinds, strict=True)]
    return found


@pytest.mark.parametrize(
    ("written", "lexical", "datatype"),
    [
        ("1", "1", "integer"),
        ("-0", "-0", "integer"),
        ("18446744073709551617", "18446744073709551617", "integer"),
        (DIGITS, DIGITS, "integer"),
        ("2.50", "2.50", "double"),
        ("-0.0", "-0.0", "double"),
        ("1E+3", "1E+3", "double"),
        ("true", "true", "boolean"),
        ("false", "false", "boolean"),
        ('"1"', "1", None),
        ('"-0"', "-0", None),
        ('"\\ud83d\\ude00"', "😀", None),
    ],
)
def test_value_keeps_its_form_and_type(written: str, lexical: str, datatype: str | None, tmp_path: Path) -> None:
    """A number is as it is written, whatever stands beside it and however the records are wrapped."""
    others = [f'{{"v": {one}}}' for one in ('"x"', "7", written, "2.0", "null", written)]
    there = [["x", None], ["7", "integer"], [lexical, datatype], ["2.0", "double"], [None, None], [lexical, datatype]]
    assert there == read(f"[{', '.join(others)}]", tmp_path)
    assert there == read("\n".join(others), tmp_path, "a.ndjson", "$")
    assert there == read(f'{{"a b": {{"c": [{", ".join(others)}]}}, "d": 1}}', tmp_path, iterator="$['a b'].c[*]")
    assert [[lexical, datatype]] * 2 == read(f'[{{"v": {written}}}, {{"v": {written}}}]', tmp_path)


def test_null_of_yaml_is_no_value(tmp_path: Path) -> None:
    """As in JSON: however it is written, behind an alias too. In quotes it is a text, as is every other scalar."""
    written = ["null", "~", "", "Null", "&none NULL", "*none", '"null"', "'~'", "nil", "no", "1.50", "[{v: null}]"]
    document = "".join(f"- v: {value}\n" for value in written)
    there = [[None, None]] * 6 + [[text, None] for text in ("null", "~", "nil", "no", "1.50")]
    assert there == read(document, tmp_path, "a.yaml", "$[:11]")
    assert [[None, None]] == read(document, tmp_path, "a.yaml", "$[*].v[*]")


@pytest.mark.parametrize(
    ("name", "content", "at"),
    [
        ("a.json", '[{"v": 1},\n{"v": 1,}]', "line 2, column 9"),
        ("a.json", '[{"v": 1},\n{"v": "\\ud8"}]', "line 2, column 9"),
        ("a.json", '[{"v": 1}', "line 1, column 10"),
        ("a.json", "", "line 1, column 1"),
        ("a.ndjson", '{"v": 1}\n\n{"v": 1}}\n', "line 3, column 9"),
        ("a.ndjson", '{"v": 1}{"v": 2}\n', "line 1, column 9"),
    ],
)
def test_fault_is_told_with_its_place(name: str, content: str, at: str, tmp_path: Path) -> None:
    """The line and column are those of the file, though it is read in pieces."""
    with pytest.raises(ContentError) as caught:
        read(content, tmp_path, name)
    assert f"{name} is not JSON at {at}: " in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("name", "content", "iterator", "told"),
    [
        ("a.json", b'[{"v": -0, "w": "\xff"}]', "$[*]", "a.json is not utf-8 at byte 17"),
        ("a.json", b'{"b":' * 120 + b"1" + b"}" * 120, "$..v", "a.json cannot be searched: it is nested too deeply"),
        ("a.json", b'{"b":' * 900 + b"1" + b"}" * 900, "$..v", "a.json cannot be searched: it is nested too deeply"),
        (
            "a.yaml",
            b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + b"".join(b"%c: &%c [%s]\n" % (n, n, b", ".join([b"*%c" % (n - 1)] * 10)) for n in b"bcdefghi"),
            "$.i[*][*][*][*][*][*][*][*][*]",
            "the aliases of a.yaml make more than 10,000,000 values of it",
        ),
    ],
)
def test_what_cannot_be_read_is_told(name: str, content: bytes, iterator: str, told: str, tmp_path: Path) -> None:
    """Bytes that are no text, a depth that cannot be searched, a document that its aliases make grow."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ContentError) as caught:
        list(records(LogicalSource(name, "jsonpath", iterator, PLACE), {"v": PLACE}, Reading(tmp_path)))
    assert told in caught.value.problems[0].message


def test_position_counts_all_lines(tmp_path: Path) -> None:
    """An index over NDJSON is one of all its lines, however many are decoded at once."""
    lines = "".join(f'{{"v": "{"x" * 100}{n}"}}\n' for n in range(30_000))
    assert [[f"{'x' * 100}29999", None]] == read(lines, tmp_path, "a.ndjson", "$[29999]")


def test_field_of_an_object_is_no_item(tmp_path: Path) -> None:
    """`[*]` of an object gives its values, though only arrays are read in pieces."""
    assert [["1", None], ["2", None]] == read('{"a": {"v": "1"}, "b": {"v": "2"}}', tmp_path)


numbers = st.one_of(
    st.integers().map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr), st.sampled_from(["-0", "1e5"])
)
values = st.one_of(st.text(st.characters(exclude_categories=["Cs"])).map(json.dumps), numbers, st.just("null"))


@given(written=st.lists(values, min_size=1, max_size=12), batch=st.integers(1, 5))
def test_any_values_come_back(written: list[str], batch: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Texts are the same texts, and numbers have the digits that they are written with."""
    folder = tmp_path_factory.mktemp("any")
    content = ",".join(f'{{"v": {one}}}' for one in written)
    if set(written) == {"null"}:
        return
    expected = [json.loads(one) if one.startswith('"') else None if one == "null" else one for one in written]
    assert expected == [value for value, _ in read(f"[{content}]", folder, batch=batch)]
    assert expected == [
        value for value, _ in read(content.replace('},{"v"', '}\n{"v"'), folder, "a.ndjson", "$", batch)
    ]


@pytest.mark.parametrize("reference", ["tags[*]", "tags[*].name", "inner.tags[*]"])
def test_items_of_arrays_that_are_all_empty_are_none(reference: str, tmp_path: Path) -> None:
    """A reference to the items of an array that is there is no mistake, whatever it holds."""
    (tmp_path / "a.json").write_text('[{"tags": [], "inner": {"tags": []}}, {"tags": null}]', encoding="utf-8")
    source = LogicalSource("a.json", "jsonpath", "$[*]", PLACE)
    (made,) = records(source, {reference: PLACE}, Reading(tmp_path))
    assert [[], []] == made[reference].to_list()
    for wrong in ("tag[*]", "inner.tag[*]"):
        with pytest.raises(ContentError):
            list(records(source, {wrong: PLACE}, Reading(tmp_path)))
