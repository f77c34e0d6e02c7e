"""Functions of texts."""

import hashlib
import html
import json
import re
import unicodedata
import urllib.parse
import uuid
from collections.abc import Callable
from functools import partial

import polars as pl

from kg.mapping.function.definition import Example, Function
from kg.mapping.function.names import (
    BOOLEAN_OUT,
    GREL,
    IDLAB,
    LIST_OUT,
    NUMBER_OUT,
    OTHER,
    OWN,
    STR,
    STR_OUT,
    SUB,
    TEXT_OUT,
    VALUE,
)  # fmt: skip
from kg.mapping.lexical import XSD

__all__ = ["TEXT"]

_FIND = ("p_string_find", "param_find")
_REPLACE = ("p_string_replace", "param_replace")
_SEPARATOR = ("p_string_sep", "param_string_sep")
_MODE = ("modeParameter", "modeParam")
_FRAGMENT = ("p_fragment", "param_fragment")
_DELIMITER = ("delimiter", "_delimiter")
_BOOLEAN = f"{XSD}boolean"
_INTEGER = f"{XSD}integer"


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text.strip()):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def _substring(text: str, start: str, end: str | None = None) -> str | None:
    first, last = _whole(start), _whole(end) if end is not None else len(text)
    return text[first : max(first, last)] if 0 <= first <= len(text) else None


def _upper_url(text: pl.Expr) -> pl.Expr:
    upper = text.str.to_uppercase()
    return pl.when(upper.str.contains("^HTTPS?://")).then(upper).otherwise(pl.concat_str(pl.lit("http://"), upper))


_ESCAPES: dict[str, Callable[[str], str]] = {
    "html": html.escape,
    "xml": html.escape,
    "url": partial(urllib.parse.quote, safe="-._~"),
    "csv": lambda text: '"' + text.replace('"', '""') + '"' if set(text) & set('",\r\n') else text,
    "javascript": lambda text: json.dumps(text)[1:-1],
}
_UNESCAPES: dict[str, Callable[[str], str]] = {
    "html": html.unescape,
    "xml": html.unescape,
    "url": partial(urllib.parse.unquote, errors="strict"),
    "csv": lambda text: text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text,
    "javascript": lambda text: str(json.loads(f'"{text}"', strict=False)),
}


def _by_mode(modes: dict[str, Callable[[str], str]], text: str, mode: str) -> str:
    if mode not in modes:
        raise ValueError(f"{mode!r} is no mode; known: {', '.join(modes)}")
    return modes[mode](text)


def _digest(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _chomp(text: str, end: str) -> str:
    return text.removesuffix(end)


def _replaced_characters(text: str, find: str, new: str) -> str:
    if len(find) != len(new):
        raise ValueError(f"{find!r} and {new!r} differ in length")
    return text.translate(str.maketrans(find, new))


def _matched(text: str, pattern: str) -> list[str] | None:
    try:
        match = re.fullmatch(pattern, text)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return [group or "" for group in match.groups()] if match else None


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)


def _cut(parts: tuple[str, str, str], alone: str | None) -> list[str]:
    return [parts[0], parts[2]] if alone == "true" else list(parts)


def _slug(text: pl.Expr) -> pl.Expr:
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return plain.str.replace_all(r"[^a-z0-9]+", "-").str.strip_chars("-")


_SPACES = {
    "dns": uuid.NAMESPACE_DNS, "url": uuid.NAMESPACE_URL, "oid": uuid.NAMESPACE_OID, "x500": uuid.NAMESPACE_X500,
}  # fmt: skip


def _uuid(space: str, name: str) -> str:
    try:
        return str(uuid.uuid5(_SPACES.get(space) or uuid.UUID(space), name))
    except ValueError:
        raise ValueError(f"{space!r} is no UUID, and none of {', '.join(_SPACES)}") from None


def _literal(text: pl.Expr, part: pl.Expr, test: str) -> pl.Expr:
    found = text.str.contains(part, literal=True) if test == "contains" else getattr(text.str, test)(part)
    made: pl.Expr = found.cast(pl.String)
    return made


def _test(test: str, doc: str, *examples: Example) -> Function:
    return Function(partial(_literal, test=test), (VALUE, SUB), BOOLEAN_OUT, doc, examples, _BOOLEAN)


def _of_text(doc: str, make: Callable[[pl.Expr], pl.Expr], given: str, result: str) -> Function:
    return Function(make, (VALUE,), TEXT_OUT, doc, (Example((given,), result),))


def _digests(name: str, title: str, result: str) -> Function:
    return Function(_digest(name), (VALUE,), TEXT_OUT, f"The {title} of its UTF-8 bytes, in hexadecimal.",
                    (Example(("é",), result),), rows=True)  # fmt: skip


_UPPER = _of_text("The text in capital letters.", lambda text: text.str.to_uppercase(), "straße é", "STRASSE É")
_LOWER = _of_text("The text in small letters.", lambda text: text.str.to_lowercase(), "ÉTÉ", "été")
_TITLE = _of_text(
    "The text with each word capitalized.", lambda text: text.str.to_titlecase(), "l'été DERNIER", "L'Été Dernier"
)
_TRIM = _of_text("The text without white space around it.", lambda text: text.str.strip_chars(), " a b\n", "a b")

TEXT: dict[str, Function] = {
    f"{GREL}toUpperCase": _UPPER,
    f"{GREL}string_toUppercase": _UPPER,
    f"{GREL}toLowerCase": _LOWER,
    f"{GREL}string_toLowercase": _LOWER,
    f"{GREL}toTitleCase": _TITLE,
    f"{GREL}string_toTitlecase": _TITLE,
    f"{GREL}string_trim": _TRIM,
    f"{GREL}string_strip": _TRIM,
    f"{GREL}string_toString": _of_text("The text itself.", lambda text: text, "a", "a"),
    f"{GREL}string_chomp": Function(
        _chomp, (VALUE, _SEPARATOR), TEXT_OUT, "The text without the given end, where it has it.",
        (Example(("a.csv", ".csv"), "a"), Example(("a", ".csv"), "a")), rows=True,
    ),
    f"{GREL}string_length": Function(
        lambda text: text.str.len_chars().cast(pl.String), (VALUE,), NUMBER_OUT, "How many characters the text has.",
        (Example(("été",), "3"),), _INTEGER,
    ),
    f"{GREL}string_substring": Function(
        _substring, (VALUE, ("param_int_i_from", "p_int_i_from"), ("param_int_i_opt_to", "p_int_i_opt_to")), TEXT_OUT,
        "The characters from a position, counted from 0, up to another; nothing where the first lies outside.",
        (Example(("abcd", "1", "3"), "bc"), Example(("abcd", "2"), "cd"), Example(("abcd", "9"), None)),
        defaults=(None,), rows=True,
    ),
    f"{GREL}string_indexOf": Function(
        lambda text, part: str(text.find(part)), (VALUE, SUB), NUMBER_OUT,
        "Where a part stands first, counted from 0; -1 where it does not.",
        (Example(("banana", "an"), "1"), Example(("banana", "x"), "-1")), _INTEGER, rows=True,
    ),
    f"{GREL}string_lastIndexOf": Function(
        lambda text, part: str(text.rfind(part)), (VALUE, SUB), NUMBER_OUT,
        "Where a part stands last, counted from 0; -1 where it does not.",
        (Example(("banana", "an"), "3"),), _INTEGER, rows=True,
    ),
    f"{GREL}string_replace": Function(
        lambda text, find, new: text.str.replace_all(find, new, literal=True), (VALUE, _FIND, _REPLACE), TEXT_OUT,
        "The text with another in place of each occurrence of a part.", (Example(("a.b.", ".", "-"), "a-b-"),),
    ),
    f"{GREL}string_replaceChars": Function(
        _replaced_characters, (VALUE, _FIND, _REPLACE), TEXT_OUT,
        "The text with each of some characters replaced by the one at the same position of another text.",
        (Example(("a,b;c", ",;", ".:"), "a.b:c"),), rows=True,
    ),
    f"{GREL}string_match": Function(
        _matched, (VALUE, ("p_string_regex", "param_regex")), LIST_OUT,
        "The groups of a regular expression, where it fits the whole text.",
        (Example(("12-34", "([0-9]+)-([0-9]+)"), ["12", "34"]), Example(("x", "(y)"), None)), many=True, rows=True,
    ),
    f"{GREL}string_contains": _test("contains", "Whether a part stands in the text.", Example(("abc", "b"), "true")),
    f"{GREL}string_startsWith": _test("starts_with", "Whether the text starts so.", Example(("abc", "b"), "false")),
    f"{GREL}string_endsWith": _test("ends_with", "Whether the text ends so.", Example(("abc", "bc"), "true")),
    f"{GREL}string_split": Function(
        _split, (VALUE, _SEPARATOR), LIST_OUT, "The parts between a separator; the characters where it is empty.",
        (Example(("a;b;", ";"), ["a", "b", ""]),), many=True, rows=True,
    ),
    f"{GREL}string_partition": Function(
        lambda text, part, alone=None: _cut(text.partition(part), alone), (VALUE, _FRAGMENT, ("p_bool_opt_b",)),
        LIST_OUT, "What stands before a part first found, the part (left out where the last is true), and the rest.",
        (Example(("a=b=c", "="), ["a", "=", "b=c"]), Example(("a=b", "=", "true"), ["a", "b"])),
        defaults=(None,), many=True, rows=True,
    ),
    f"{GREL}string_rpartition": Function(
        lambda text, part, alone=None: _cut(text.rpartition(part), alone), (VALUE, _FRAGMENT, ("p_bool_opt_b",)),
        LIST_OUT, "What stands before a part last found, the part (left out where the last is true), and the rest.",
        (Example(("a=b=c", "="), ["a=b", "=", "c"]),), defaults=(None,), many=True, rows=True,
    ),
    f"{GREL}escape": Function(
        partial(_by_mode, _ESCAPES), (VALUE, _MODE), TEXT_OUT,
        "The text escaped for html, xml, url, csv or javascript.", (Example(("é&", "url"), "%C3%A9%26"),), rows=True,
    ),
    f"{GREL}string_unescape": Function(
        partial(_by_mode, _UNESCAPES), (VALUE, _MODE), TEXT_OUT,
        "The text that was escaped for html, xml, url, csv or javascript.", (Example(("a&amp;b", "html"), "a&b"),),
        rows=True,
    ),
    f"{GREL}string_md5": _digests("md5", "MD5", "66ddcd97cfdeabb2f6fb8a999b4bc76f"),
    f"{GREL}string_sha1": _digests("sha1", "SHA-1", "bf15be717ac1b080b4f1c456692825891ff5073d"),
    f"{GREL}string_sha256": _digests(
        "sha256", "SHA-256", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"
    ),
    f"{IDLAB}toUpperCaseURL": Function(
        _upper_url, (STR,), STR_OUT, "The text in capital letters, with HTTP:// before it where it is no address.",
        (Example(("e.org",), "http://E.ORG"), Example(("https://e.org",), "HTTPS://E.ORG")),
    ),
    f"{IDLAB}concat": Function(
        lambda one, two, between=None: pl.concat_str(one, *([between] if between is not None else []), two),
        (STR, OTHER, _DELIMITER), STR_OUT, "Two texts, one after the other, with a third between them.",
        (Example(("a", "b", "-"), "a-b"), Example(("a", "b"), "ab")), defaults=(None,),
    ),
    f"{IDLAB}slugify": Function(
        _slug, (STR,), STR_OUT, "The text in small Latin letters and digits without accents, joined by hyphens.",
        (Example(("L'Été à 2",), "l-ete-a-2"),),
    ),
    f"{IDLAB}stringContainsOtherString": Function(
        lambda text, other, between: str(other in _split(text, between)).lower(), (STR, OTHER, _DELIMITER),
        BOOLEAN_OUT, "Whether a text is one of the parts between a separator.",
        (Example(("a,b", "b", ","), "true"), Example(("ab", "b", ","), "false")), _BOOLEAN, rows=True,
    ),
    f"{IDLAB}alwaysReturnsABC": Function(
        lambda: pl.lit("ABC"), (), STR_OUT, "The text ABC, to try out functions.", (Example((), "ABC"),)
    ),
    f"{OWN}normalize": Function(
        lambda text, form: unicodedata.normalize(form, text), (("value",), ("form",)), ("result",),
        "The text in a Unicode normalization form: NFC, NFD, NFKC or NFKD.",
        (Example(("e\u0301", "NFC"), "é"),), rows=True,
    ),
    f"{OWN}uuid5": Function(
        _uuid, (("namespace",), ("name",)), ("result",),
        "The UUID that a name has in a namespace (dns, url, oid, x500 or a UUID), the same each time (RFC 9562, v5).",
        (Example(("url", "https://e.org/1"), "43620cf5-c51d-5cae-95cf-683dea7fc57d"),), rows=True,
    ),
}  # fmt: skip
