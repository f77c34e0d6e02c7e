"""What an IRI, a literal and a value of an XSD datatype look like, as patterns that Polars and Python both read."""

import re

__all__ = [
    "ABSOLUTE_IRI",
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
]

XSD = "http://www.w3.org/2001/XMLSchema#"

_YEAR = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY_OF_MONTH = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))"
)
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_INTEGER = r"[+-]?[0-9]+"

# Lexical forms: https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes. Each with an example for messages.
_FORMS: dict[str, tuple[str, str]] = {
    "boolean": (r"true|false|1|0", "true"),
    "integer": (_INTEGER, "42"),
    "nonNegativeInteger": (r"\+?[0-9]+|-0+", "42"),
    "positiveInteger": (r"\+?0*[1-9][0-9]*", "42"),
    "decimal": (r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", "3.14"),
    "double": (r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN", "1.5e3"),
    "date": (f"{_YEAR}-{_DAY_OF_MONTH}{_ZONE}", "2010-06-13"),
    "dateTime": (f"{_YEAR}-{_DAY_OF_MONTH}T{_TIME}{_ZONE}", "2010-06-13T09:30:00"),
    "time": (f"{_TIME}{_ZONE}", "09:30:00"),
    "gYear": (f"{_YEAR}{_ZONE}", "2010"),
    "gYearMonth": (f"{_YEAR}-{_MONTH}{_ZONE}", "2010-06"),
    "gMonth": (f"--{_MONTH}{_ZONE}", "--06"),
    "gMonthDay": (f"--{_DAY_OF_MONTH}{_ZONE}", "--06-13"),
    "gDay": (f"---(?:0[1-9]|[12][0-9]|3[01]){_ZONE}", "---13"),
    "anyURI": (r'[^\x00-\x20<>"{}|\\^`]*', "https://example.org/"),
    "language": (r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*", "fr"),
}

PATTERNS = {XSD + name: f"^(?:{pattern})$" for name, (pattern, _) in _FORMS.items()}

# https://www.rfc-editor.org/rfc/rfc5646#section-2.1: well-formed, as N-Triples and this project accept it.
LANGUAGE_TAG = r"^[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8})*$"

# What no IRI may hold, and how an absolute one begins: https://www.w3.org/TR/n-triples/#grammar-production-IRIREF.
NOT_IN_IRI = r"[\x00-\x20<>\"{}|\\^`]"
SCHEME = r"^[a-zA-Z][a-zA-Z0-9+.-]*:"
ABSOLUTE_IRI = r"^[a-zA-Z][a-zA-Z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+$"

# Code points outside iunreserved that stand in no table below: private use, non-characters, specials.
# https://www.rfc-editor.org/rfc/rfc3987#section-2.2
OUTSIDE_UCSCHAR = r"[\x{E000}-\x{F8FF}\x{FDD0}-\x{FDEF}\x{FFF0}-\x{FFFF}\x{E0000}-\x{E0FFF}\x{F0000}-\x{10FFFF}]"

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


def lexical_error(datatype: str, value: str) -> str | None:
    """Why `value` is no literal of the datatype IRI; None when it is one, or the datatype is not known here."""
    pattern = PATTERNS.get(datatype)
    if pattern is None or re.fullmatch(pattern[1:-1], value):
        return None
    name = datatype.removeprefix(XSD)
    return f"{value!r} is no xsd:{name}; written like {_FORMS[name][1]}"
