"""What an IRI, a literal and a value of an XSD datatype look like, as patterns that Polars and Python both read."""

import re

from kg.errors import nearest
from kg.language import LANGUAGE_TAG

__all__ = [
    "ABSOLUTE_IRI",
    "INSIDE_AND_OUTSIDE_UCSCHAR",
    "IRI",
    "IRIREF_ESCAPES",
    "IRI_ESCAPES",
    "LANGUAGE_TAG",
    "LITERAL_ESCAPES",
    "NOT_IN_IRI",
    "OUTSIDE_UCSCHAR",
    "PATTERNS",
    "SCHEME",
    "XSD",
    "lexical_error",
    "unknown_datatype",
]

XSD = "http://www.w3.org/2001/XMLSchema#"

_YEAR = r"-?(?:[1-9][0-9]*)?[0-9]{4}"
_LEAP_YEAR = r"-?(?:[1-9][0-9]*)?(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_MONTH = r"(?:0[1-9]|1[0-2])"
_FEBRUARY = r"02-(?:0[1-9]|1[0-9]|2[0-8])"
_LONGER = r"(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_DAY_OF_MONTH = f"(?:{_LONGER}|{_FEBRUARY})"
_DATE = f"(?:{_YEAR}-{_DAY_OF_MONTH}|{_LEAP_YEAR}-02-29)"
_OFFSET = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_ZONE = f"{_OFFSET}?"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_INTEGER = r"[+-]?[0-9]+"
_FLOAT = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN"

_SECONDS = r"[0-9]+(?:\.[0-9]+)?S"
_HOURS = f"T(?:[0-9]+H(?:[0-9]+M)?(?:{_SECONDS})?|[0-9]+M(?:{_SECONDS})?|{_SECONDS})"
_DAYS = f"(?:[0-9]+D(?:{_HOURS})?|{_HOURS})"
_MONTHS = "(?:[0-9]+Y(?:[0-9]+M)?|[0-9]+M)"

_BASE64 = "[A-Za-z0-9+/] ?"
_QUAD = f"(?:{_BASE64}){{4}}"
_QUAD_AT_END = f"(?:{_BASE64}){{3}}[A-Za-z0-9+/]|(?:{_BASE64}){{2}}[AEIMQUYcgkosw048] ?=|{_BASE64}[AQgw] ?= ?="

# The characters themselves, which Polars and Python escape differently: https://www.w3.org/TR/xml/#NT-NameStartChar.
_NAME_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = f"{_NAME_START}.0-9\u00b7\u0300-\u036f\u203f-\u2040-"


def _up_to(limit: int) -> str:
    """What matches the decimal numbers from 0 to the limit, leading zeros allowed.

    >>> _up_to(127)
    '0*(?:[0-9]{1,2}|[0-0][0-9]{2}|1[0-1][0-9]{1}|12[0-6]|127)'
    """
    digits = str(limit)
    parts = [f"[0-9]{{1,{len(digits) - 1}}}"]
    for position, digit in enumerate(digits):
        if digit != "0":
            rest = len(digits) - position - 1
            parts.append(f"{digits[:position]}[0-{int(digit) - 1}]" + (f"[0-9]{{{rest}}}" if rest else ""))
    return f"0*(?:{'|'.join([*parts, digits])})"


def _signed(bits: int) -> str:
    return rf"\+?{_up_to(2 ** (bits - 1) - 1)}|-{_up_to(2 ** (bits - 1))}"


def _unsigned(bits: int) -> str:
    return rf"\+?{_up_to(2**bits - 1)}|-0+"


# Lexical forms: https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes. Each with an example for messages.
_FORMS: dict[str, tuple[str, str]] = {
    "boolean": (r"true|false|1|0", "true"),
    "integer": (_INTEGER, "42"),
    "nonNegativeInteger": (r"\+?[0-9]+|-0+", "42"),
    "positiveInteger": (r"\+?0*[1-9][0-9]*", "42"),
    "nonPositiveInteger": (r"-[0-9]+|\+?0+", "-42"),
    "negativeInteger": (r"-0*[1-9][0-9]*", "-42"),
    "long": (_signed(64), "42"),
    "int": (_signed(32), "42"),
    "short": (_signed(16), "42, at most 32767"),
    "byte": (_signed(8), "42, at most 127"),
    "unsignedLong": (_unsigned(64), "42"),
    "unsignedInt": (_unsigned(32), "42"),
    "unsignedShort": (_unsigned(16), "42, at most 65535"),
    "unsignedByte": (_unsigned(8), "42, at most 255"),
    "decimal": (r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", "3.14"),
    "double": (_FLOAT, "1.5e3"),
    "float": (_FLOAT, "1.5e3"),
    "date": (f"{_DATE}{_ZONE}", "2010-06-13"),
    "dateTime": (f"{_DATE}T{_TIME}{_ZONE}", "2010-06-13T09:30:00"),
    "dateTimeStamp": (f"{_DATE}T{_TIME}{_OFFSET}", "2010-06-13T09:30:00Z"),
    "time": (f"{_TIME}{_ZONE}", "09:30:00"),
    "gYear": (f"{_YEAR}{_ZONE}", "2010"),
    "gYearMonth": (f"{_YEAR}-{_MONTH}{_ZONE}", "2010-06"),
    "gMonth": (f"--{_MONTH}{_ZONE}", "--06"),
    "gMonthDay": (f"--(?:{_DAY_OF_MONTH}|02-29){_ZONE}", "--06-13"),
    "gDay": (f"---(?:0[1-9]|[12][0-9]|3[01]){_ZONE}", "---13"),
    "duration": (f"-?P(?:{_MONTHS}{_DAYS}?|{_DAYS})", "P1Y2M3DT4H"),
    "dayTimeDuration": (f"-?P{_DAYS}", "P3DT4H"),
    "yearMonthDuration": (f"-?P{_MONTHS}", "P1Y2M"),
    "hexBinary": (r"(?:[0-9a-fA-F]{2})*", "0FB7"),
    "base64Binary": (f"(?:{_QUAD})*(?:{_QUAD_AT_END})|", "aGVsbG8="),
    "anyURI": (r'[^\x00-\x20<>"{}|\\^`]*', "https://example.org/"),
    "language": (r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*", "fr"),
    "normalizedString": (r"[^\t\n\r]*", "a text without line breaks and tabs"),
    "token": (r"(?:[^ \t\n\r]+(?: [^ \t\n\r]+)*)?", "words with one space between them"),
    "Name": (f"[:{_NAME_START}][:{_NAME}]*", "name"),
    "NCName": (f"[{_NAME_START}][{_NAME}]*", "name"),
    "NMTOKEN": (f"[:{_NAME}]+", "name"),
}

PATTERNS = {XSD + name: f"^(?:{pattern})$" for name, (pattern, _) in _FORMS.items()}

# Built-in datatypes whose values are not checked: what they mean depends on the document, or they are texts.
_UNCHECKED = (
    "string", "QName", "NOTATION", "ID", "IDREF", "IDREFS", "ENTITY", "ENTITIES", "NMTOKENS", "anySimpleType",
    "anyAtomicType", "anyType",
)  # fmt: skip

# What no IRIREF may hold, and how an absolute one begins: https://www.w3.org/TR/n-triples/#grammar-production-IRIREF.
NOT_IN_IRI = r"[\x00-\x20<>\"{}|\\^`]"
SCHEME = r"^[a-zA-Z][a-zA-Z0-9+.-]*:"
ABSOLUTE_IRI = r"^[a-zA-Z][a-zA-Z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+$"

# https://www.rfc-editor.org/rfc/rfc3987#section-2.2, the characters themselves as for names.
_UCSCHAR = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr((plane << 16) + (0x1000 if plane == 0xE else 0))}-{chr((plane << 16) + 0xFFFD)}" for plane in range(1, 0xF)
)
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_IRI_CHARACTERS = f"A-Za-z0-9._~!$&'()*+,;={_UCSCHAR}"


def _characters(more: str) -> str:
    return f"(?:[{_IRI_CHARACTERS}{more}-]|%[0-9A-Fa-f][0-9A-Fa-f])"


_HOST = rf"(?:\[(?:[0-9A-Fa-f:.]+|[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~:-]+)\]|{_characters('')}*)"
_AUTHORITY = f"(?:{_characters(':')}*@)?{_HOST}(?::[0-9]*)?"
_HIERARCHY = f"(?://{_AUTHORITY}(?:/{_characters(':@/')}*)?|/?{_characters(':@')}{_characters(':@/')}*|/)"
_QUERY = rf"\?{_characters(f':@/?{_PRIVATE}')}*"
_FRAGMENT = f"#{_characters(':@/?')}*"
IRI = f"^[a-zA-Z][a-zA-Z0-9+.-]*:(?:{_HIERARCHY}(?:{_QUERY})?(?:{_FRAGMENT})?|{_QUERY}(?:{_FRAGMENT})?|{_FRAGMENT})$"

# Code points outside iunreserved that stand in no table below: private use, non-characters, specials.
# https://www.rfc-editor.org/rfc/rfc3987#section-2.2
_NO_UCSCHAR = r"\x{E000}-\x{F8FF}\x{FDD0}-\x{FDEF}\x{FFF0}-\x{FFFF}\x{E0000}-\x{E0FFF}\x{F0000}-\x{10FFFF}" + "".join(
    f"\\x{{{plane:X}FFFE}}-\\x{{{plane:X}FFFF}}" for plane in range(1, 15)
)
OUTSIDE_UCSCHAR = f"[{_NO_UCSCHAR}]"
INSIDE_AND_OUTSIDE_UCSCHAR = f"[^{_NO_UCSCHAR}]+|{OUTSIDE_UCSCHAR}+"

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


# White space and invisible controls of Unicode: RFC 3987 lets most of them stand (and forbids those that change the
# direction, https://www.rfc-editor.org/rfc/rfc3987#section-4.1), but people and parsers take them for an end.
_UNSEEN = (
    0xA0,
    0xAD,
    0x61C,
    0x1680,
    0x180E,
    *range(0x2000, 0x2010),
    *range(0x2028, 0x2030),
    0x205F,
    *range(0x2060, 0x2070),
)
_UNSEEN = (*_UNSEEN, 0x3000, 0xFEFF)

# Everything up to U+009F that is not unreserved, and what cannot be seen; any other letter stays as it is.
IRI_ESCAPES = {chr(c): _percent(chr(c)) for c in (*range(0xA0), *_UNSEEN) if chr(c) not in _UNRESERVED}

# Characters of NOT_IN_IRI, as an IRIREF writes them: https://www.w3.org/TR/n-triples/#grammar-production-UCHAR.
IRIREF_ESCAPES = {chr(c): f"\\u{c:04X}" for c in (*range(0x21), *b'<>"{}|\\^`')}

_NAMED = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}

# https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples
LITERAL_ESCAPES = {chr(c): _NAMED.get(chr(c), f"\\u{c:04X}") for c in (*range(0x20), 0x22, 0x5C, 0x7F, 0xFFFE, 0xFFFF)}


def unknown_datatype(datatype: str) -> str:
    """The nearest name for a datatype IRI of XSD's namespace that is none of its datatypes; else the empty string.

    https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes

    >>> unknown_datatype("http://www.w3.org/2001/XMLSchema#decimale")
    "did you mean 'xsd:decimal'?"
    """
    name = datatype.removeprefix(XSD)
    if name == datatype or name in _FORMS or name in _UNCHECKED:
        return ""
    return nearest(f"xsd:{name}", (f"xsd:{known}" for known in (*_FORMS, *_UNCHECKED)))


def lexical_error(datatype: str, value: str) -> str | None:
    """Why `value` is no literal of the datatype IRI; None when it is one, or the datatype is not known here."""
    pattern = PATTERNS.get(datatype)
    if pattern is None or re.fullmatch(pattern[1:-1], value):
        return None
    name = datatype.removeprefix(XSD)
    return f"{value!r} is no xsd:{name}; written like {_FORMS[name][1]}"
