"""Terms as JSON that is pleasant to read: numbers are numbers, IRIs have their labels beside them.

| term                                     | JSON                                                  |
|------------------------------------------|-------------------------------------------------------|
| IRI                                      | `{"iri": …, "label": …}`, the label null without one  |
| text                                     | string                                                |
| text in a language                       | `{"text": …, "language": …}`                          |
| number of XML Schema                     | number, where JSON readers keep it exactly            |
| boolean                                  | true, false                                           |
| date, time, duration of XML Schema       | string, as written                                    |
| any other literal, a number like INF     | `{"value": …, "datatype": …}`                         |
| blank node, triple                       | `{"node": …}`                                         |
| nothing                                  | null                                                  |
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from kg.graph.store import PREFIXES, BlankNode, Literal, NamedNode, Triple
from kg.web.show.labels import Labels

__all__ = ["named", "value"]

_XSD = PREFIXES["xsd"]
_INTEGERS = (
    "integer long int short byte nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger "
    "unsignedLong unsignedInt unsignedShort unsignedByte"
)
_AS_WRITTEN = (
    "string anyURI date dateTime dateTimeStamp time gYear gYearMonth gMonth gMonthDay gDay "
    "duration dayTimeDuration yearMonthDuration"
)
# https://www.rfc-editor.org/rfc/rfc7493#section-2.2
_EXACT = 2**53 - 1
_DIGITS = 16


def _integer(text: str) -> int | None:
    if not re.fullmatch(rf"[+-]?[0-9]{{1,{_DIGITS}}}", text):
        return None
    return number if abs(number := int(text)) <= _EXACT else None


def _float(text: str) -> float | None:
    """The number that a double stands for, which is the nearest one to what is written."""
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return None
    number = float(text)
    return number if abs(number) < float("inf") else None


def _fraction(text: str) -> float | None:
    """The number, where writing it again gives the same one."""
    number = _float(text)
    return None if number is None or Decimal(repr(number)) != Decimal(text) else number


def _boolean(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


# Datatype -> what its text is in JSON; None where JSON has no such value.
_TYPED: dict[str, Callable[[str], Any]] = {
    **{_XSD + name: _integer for name in _INTEGERS.split()},
    **{_XSD + name: str for name in _AS_WRITTEN.split()},
    _XSD + "decimal": _fraction,
    _XSD + "double": _float,
    _XSD + "float": _float,
    _XSD + "boolean": _boolean,
}


def value(term: object, labels: Labels, language: str) -> Any:  # noqa: ANN401 - JSON
    """A term as JSON; labels in the language of the reader where there are such."""
    match term:
        case NamedNode():
            return named(term.value, labels, language)
        case Literal() if term.language:
            return {"text": term.value, "language": term.language}
        case Literal():
            typed = _TYPED.get(term.datatype.value)
            found = typed(term.value) if typed else None
            return {"value": term.value, "datatype": term.datatype.value} if found is None else found
        case BlankNode() | Triple():
            return {"node": str(term)}
        case _:
            return None


def named(iri: str, labels: Labels, language: str) -> dict[str, str | None]:
    """An IRI with its label."""
    label = labels.label(iri, language)
    return {"iri": iri, "label": label[0] if label else None}
