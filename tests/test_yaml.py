"""YAML as people write it: scalars are the text that stands there, and every value knows its place."""

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import Place, Problems
from kg.yaml import List, Map, Text, Value, place_of, read, read_text

# What YAML may hold as it is: https://yaml.org/spec/1.2.2/#51-character-set, without the marks that libyaml
# takes for line breaks.
PRINTABLE = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff")


def value_of(text: str) -> Value | None:
    """The value of a file without a problem."""
    problems = Problems()
    value = read_text(text, "a.yaml", problems)
    assert [problem.render() for problem in problems] == []
    return value


@pytest.mark.parametrize("scalar", ["no", "yes", "null", "~", "12:30", "2010-06-13", "007", "1e3", "--06-09", ".inf"])
def test_a_plain_scalar_stays_the_text_that_stands_there(scalar: str) -> None:
    """Nothing is turned into a truth value, a number or a date."""
    assert value_of(f"a: {scalar}") == {"a": scalar}


@given(st.text(alphabet=PRINTABLE, max_size=20), st.text(alphabet=PRINTABLE, max_size=20))
def test_a_quoted_scalar_is_read_as_it_is_and_in_its_place(key: str, text: str) -> None:
    """Whatever characters it has; line and column count code points from 1."""
    first, second = json.dumps(key, ensure_ascii=False), json.dumps(text, ensure_ascii=False)
    value = value_of(f"top: 1\n? {first}\n:   {second}\n")
    if key == "top":
        return
    assert isinstance(value, Map)
    assert dict(value) == {"top": "1", key: text}
    written = list(value)[1]
    assert [str(written.place), str(place_of(list(value.values())[1]))] == ["a.yaml:2:3", "a.yaml:3:5"]


NESTED = st.recursive(
    st.text(alphabet=PRINTABLE, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet=PRINTABLE, max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(NESTED)
def test_nested_values_are_read_as_they_are_written(value: object) -> None:
    """JSON is YAML: https://yaml.org/spec/1.2.2/#13-terminology."""
    assert value_of(json.dumps(value, ensure_ascii=False, indent=1)) == value


def test_values_know_their_places() -> None:
    """Mappings, lists, keys and scalars, with the line they stand on."""
    value = value_of("a:\n- b: [é, c]\n")
    assert isinstance(value, Map)
    (items,) = value.values()
    assert isinstance(items, List)
    (entry,) = items
    assert isinstance(entry, Map)
    (inner,) = entry.values()
    assert isinstance(inner, List)
    assert [str(place_of(each)) for each in (value, items, entry, inner, *inner)] == [
        "a.yaml:1:1",
        "a.yaml:2:1",
        "a.yaml:2:3",
        "a.yaml:2:6",
        "a.yaml:2:7",
        "a.yaml:2:10",
    ]
    last = inner[1]
    assert isinstance(last, Text)
    assert last.place.text == "- b: [é, c]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: 'a' is written twice"),
        ("a: {b: 1, b: 2}", "a.yaml:1:11: 'b' is written twice"),
        ("", "a.yaml:1:1: the file is empty"),
        ("# nothing\n", "a.yaml:1:1: the file is empty"),
        ("? [a]\n: b\n", "a.yaml:1:3: a key must be a plain word"),
        ("a: &x [*x]\n", "a.yaml:1:4: an alias that contains itself"),
        ("[" * 100_000, "a.yaml:1:101: more than 100 levels, one inside the other"),
        ("- " * 200 + "a", "a.yaml:1:201: more than 100 levels, one inside the other"),
        ("a: b\x07c", "a.yaml:1:5: not YAML: the character U+0007 cannot stand here"),
        ("é: 1\nb: é\x07c", "a.yaml:2:5: not YAML: the character U+0007 cannot stand here"),
        ('a: "b\u2028c"\nd: e: f', "a.yaml:1:6: not YAML: the character U+2028 cannot stand here"),
        ("a: 1\n# b\u2029c\n", "a.yaml:2:4: not YAML: the character U+2029 cannot stand here"),
        ("# b\u0085c\na: 1\n", "a.yaml:1:4: not YAML: the character U+0085 cannot stand here"),
        ("a: 1\r\nb: 2\rc: d: e\n", "a.yaml:3:5: not YAML: mapping values are not allowed in this context"),
        ("a: b: c\n", "a.yaml:1:5: not YAML: mapping values are not allowed in this context"),
        ("a: [1, 2\nb: 3\n", "a.yaml:2:2: not YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(text: str, expected: str) -> None:
    """Line and column of the offender."""
    problems = Problems()
    read_text(text, "a.yaml", problems)
    assert [f"{problem.place}: {problem.message}" for problem in problems] == [expected]


@pytest.mark.parametrize("separator", ["\u0085", "\u2028", "\u2029"])
def test_a_line_separator_can_be_written_as_its_number(separator: str) -> None:
    """The remedy that is told, and nothing in a text is lost by it."""
    problems = Problems()
    read_text(f'a: "b{separator}c"', "a.yaml", problems)
    escape = f"\\u{ord(separator):04X}"
    assert [problem.fix for problem in problems] == [f"remove it, or write {escape} between double quotes"]
    assert value_of(f'a: "b{escape}c"') == {"a": f"b{separator}c"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_count_the_lines_that_an_editor_shows(end: str) -> None:
    """Whatever ends them; the line is shown without its end."""
    value = value_of(f"a: é{end}{end}b: c{end}")
    assert isinstance(value, Map)
    last = list(value)[1]
    assert (last.place.line, last.place.column, last.place.text) == (3, 1, "b: c")


def nothing(path: Path) -> None:
    """A link to a file that is not there."""
    path.symlink_to("nothing")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.mkdir, "it is no plain file"),
        (os.mkfifo, "it is no plain file"),
        (nothing, "No such file or directory"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    """With the reason; a pipe is not waited for."""
    make(tmp_path / "a.yaml")
    problems = Problems()
    assert read(tmp_path / "a.yaml", tmp_path, problems) is None
    assert [(f"{problem.place}: {problem.message}", problem.fix) for problem in problems] == [
        (f"a.yaml:1:1: cannot be read: {reason}", "put a file there that can be read, or remove it")
    ]


def test_an_alias_has_the_value_it_names() -> None:
    """With the place where that value is written."""
    value = value_of("a: &x b\nc: *x\n")
    assert isinstance(value, Map)
    assert [str(place_of(each)) for each in value.values()] == ["a.yaml:1:4", "a.yaml:1:4"]


def test_aliases_cannot_make_a_small_file_large() -> None:
    """An alias is the very value that it names, however often it is nested."""
    lines = ["a: &a [x, x, x, x, x, x, x, x]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]" for before, name in pairwise("abcdefghij")]
    value = value_of("\n".join(lines))
    assert isinstance(value, Map)
    last = value[Text("j", Place("", 1, 1))]
    assert isinstance(last, List)
    assert last[0] is last[7]
