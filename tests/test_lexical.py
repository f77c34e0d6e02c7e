"""Lexical forms of XSD and language tags: one rule in Python and in Polars, the one of the specifications."""

import base64
import binascii
import datetime as dt
import re
from calendar import isleap

import polars as pl
import pyoxigraph
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.language import LANGUAGE_TAG, is_language_tag
from kg.mapping import lexical_error
from kg.mapping.lexical import IRI, PATTERNS, XSD

VALUES = {
    "boolean": ("true 0", "TRUE yes"),
    "integer": ("0 -5 +12 007", "1.0 1e3 ٣"),
    "nonPositiveInteger": ("0 -0 +0 -12", "1 -"),
    "negativeInteger": ("-1 -01", "0 -0 1"),
    "positiveInteger": ("1 +01", "0 -1"),
    "nonNegativeInteger": ("0 -0 +5", "-1"),
    "long": ("9223372036854775807 -9223372036854775808", "9223372036854775808 -9223372036854775809"),
    "int": ("2147483647 -2147483648 00002147483647", "2147483648 -2147483649"),
    "short": ("32767 -32768", "32768 -32769"),
    "byte": ("127 -128 +0127", "128 -129 1e2"),
    "unsignedLong": ("18446744073709551615 -0", "18446744073709551616 -1"),
    "unsignedInt": ("4294967295", "4294967296"),
    "unsignedShort": ("65535", "65536"),
    "unsignedByte": ("255 0", "256 -1"),
    "decimal": ("1 1. .5 -2.50", "1e3 . INF"),
    "double": ("1e3 -INF NaN +INF", "inf nan 1e"),
    "float": ("1.5E-3 NaN", "Infinity"),
    "date": ("2024-02-29 2000-02-29 -0004-02-29 12004-02-29 2010-06-13Z 2010-02-28+14:00",
             "2010-02-29 1900-02-29 2010-02-30 2010-13-01 2010-04-31 02010-01-01 2010-01-01+14:01"),
    "dateTime": ("2024-02-29T24:00:00 2010-06-13T09:30:00.5Z", "2023-02-29T00:00:00 2010-06-13 2010-06-13T24:00:01"),
    "dateTimeStamp": ("2010-06-13T09:30:00Z", "2010-06-13T09:30:00"),
    "time": ("09:30:00", "9:30:00 25:00:00"),
    "gYear": ("2010 -0044", "10"),
    "gYearMonth": ("2010-06", "2010-13"),
    "gMonth": ("--06", "06"),
    "gMonthDay": ("--02-29", "--02-30"),
    "gDay": ("---31", "---32"),
    "duration": ("P1Y P1Y2M3DT4H5M6.7S -PT1M P1M P0D", "P P1YT 1Y P1S PT P1M1Y"),
    "dayTimeDuration": ("P3D PT4H P3DT4H -PT0.5S", "P1Y P3DT P"),
    "yearMonthDuration": ("P1Y P1Y2M P3M", "P1D P"),
    "hexBinary": ("0FB7 0fb7", "0FB G0"),
    "base64Binary": ("aGVsbG8= aGVsbG8h", "aGVsbG8 aGVsbG9= ="),
    "anyURI": ("https://e.x/é x", "<a> a|b"),
    "language": ("fr x-mine", "fr_FR"),
    "normalizedString": ("a,b", "a\tb"),
    "token": ("a", "\u0009"),
    "Name": ("é :a a1", "1a"),
    "NCName": ("é a-1", "a:b 1a"),
    "NMTOKEN": ("1a :", "a/b"),
}  # fmt: skip
CASES = [
    (name, value, right)
    for name, (good, bad) in VALUES.items()
    for values, right in ((good, True), (bad, False))
    for value in values.split(" ")
]


def in_polars(pattern: str, text: str) -> bool:
    """Whether Polars finds the pattern in the text."""
    return bool(pl.Series([text]).str.contains(pattern)[0])


@pytest.mark.parametrize(("name", "value", "right"), CASES)
def test_lexical_forms(name: str, value: str, right: bool) -> None:  # noqa: FBT001 - a table of cases
    """Every built-in type takes its forms and no others, in Python and in Polars."""
    assert (lexical_error(XSD + name, value) is None, in_polars(PATTERNS[XSD + name], value)) == (right, right)


def test_every_type_has_cases() -> None:
    """No type goes untested."""
    assert {XSD + name for name in VALUES} == set(PATTERNS)


TEXTS = st.text(alphabet="aéZ:.+-/=0129PDTHMSY \n\t'’", max_size=12)


@given(st.sampled_from(sorted(PATTERNS)), TEXTS)
def test_python_and_polars_agree(datatype: str, text: str) -> None:
    """A value is never refused by one check and let through by the other."""
    assert in_polars(PATTERNS[datatype], text) is (lexical_error(datatype, text) is None)


@given(st.sampled_from([("byte", 8), ("short", 16), ("int", 32), ("long", 64)]), st.data())
def test_bounds_of_integers(kind: tuple[str, int], data: st.DataObject) -> None:
    """A bounded integer is one within its bounds, signed and unsigned, with any number of leading zeros."""
    name, bits = kind
    number = data.draw(st.integers(-(2 ** (bits + 1)), 2 ** (bits + 1)) | st.sampled_from([2**bits, 2 ** (bits - 1)]))
    text = f"{'-' if number < 0 else ''}{'0' * data.draw(st.integers(0, 2))}{abs(number)}"
    unsigned = f"unsigned{name.title()}"
    assert (lexical_error(XSD + name, text) is None) is (-(2 ** (bits - 1)) <= number < 2 ** (bits - 1))
    assert (lexical_error(XSD + unsigned, text) is None) is (0 <= number < 2**bits)


@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
@example(1900, 2, 29)
@example(2000, 2, 29)
def test_days_of_the_calendar(year: int, month: int, day: int) -> None:
    """A date is a day that the calendar has."""
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        expected = str(dt.date(year, month, day)) == text
    except ValueError:
        expected = False
    assert (lexical_error(f"{XSD}date", text) is None) is expected


@given(st.integers(10_000, 10**7), st.booleans())
def test_leap_days_of_far_years(year: int, past: bool) -> None:  # noqa: FBT001 - drawn
    """Years of more than four digits, and those before the year 1, have leap days too."""
    text = f"{'-' if past else ''}{year}-02-29"
    assert (lexical_error(f"{XSD}date", text) is None) is isleap(year)


@given(st.text(alphabet="aGVQ8+/=", max_size=9) | st.binary(max_size=9).map(lambda b: base64.b64encode(b).decode()))
def test_base64(text: str) -> None:
    """A text is base64Binary where it is what encoding its bytes gives."""
    try:
        expected = base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except binascii.Error:
        expected = False
    assert (lexical_error(f"{XSD}base64Binary", text) is None) is expected


def stored(tag: str) -> bool:
    """Whether Oxigraph takes a literal in that language, as N-Triples has it."""
    try:
        return bool(list(pyoxigraph.parse(f'<a:a> <a:b> "c"@{tag} .', format=pyoxigraph.RdfFormat.N_TRIPLES)))
    except SyntaxError:
        return False


@given(st.lists(st.text(alphabet="aZx1", max_size=9), min_size=1, max_size=5).map("-".join))
@example("fr-a1")
@example("en-a")
@example("x-mine")
@example("de-1996-1996")
def test_a_language_tag_is_one_that_the_store_takes(tag: str) -> None:
    """One rule, so that nothing is refused only when the graph is loaded."""
    assert (is_language_tag(tag), in_polars(LANGUAGE_TAG, tag), re.fullmatch(LANGUAGE_TAG, tag) is not None) == (
        (stored(tag),) * 3
    )


PARTS = [
    "//",
    "e.x",
    "/",
    "?",
    "#",
    "%",
    "%2F",
    "%zz",
    "[",
    "]",
    "[::1]",
    "@",
    ":",
    "80",
    "é",
    " ",
    '"',
    "\\",
    "a",
    "=",
]
PARTS += [
    "\x85",
    "\xa0",
    "\u200e",
    "\u202e",
    "\ue000",
    "\ufdd0",
    "\ufff0",
    "\ufffe",
    "\U0001f600",
    "\U000e0001",
    "\U000f0000",
]


@given(
    st.sampled_from(["http:", "http://e.x/", "urn:a:", "a:"]), st.lists(st.sampled_from(PARTS), min_size=1, max_size=6)
)
@example("http://e.x/", ["?", "a", "[", "]", "=", "80"])
@example("http://e.x/", ["80", "%"])
@example("http://", ["[::1]", ":", "80"])
@example("http://", ["e.x", ":", "a"])
def test_an_iri_is_one_that_the_store_takes(begun: str, parts: list[str]) -> None:
    """One rule, that of RFC 3987: what is written can be loaded."""
    text = begun + "".join(parts)
    try:
        taken = bool(list(pyoxigraph.parse(f"<{text}> <a:b> <a:c> .", format=pyoxigraph.RdfFormat.N_TRIPLES)))
    except SyntaxError:
        taken = False
    # An escape of N-Triples is none of an IRI.
    taken = taken and "\\" not in text
    assert (taken, taken) == (in_polars(IRI, text), re.fullmatch(IRI, text) is not None)
