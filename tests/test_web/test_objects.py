"""Terms as plain JSON."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph import memory_store
from kg.graph.source import Held
from kg.graph.store import PREFIXES, BlankNode, Literal, NamedNode, Triple
from kg.web.show.labels import Labels
from kg.web.show.objects import value

LABEL = "<http://e/a> <http://www.w3.org/2004/02/skos/core#prefLabel>"
LABELS = Labels(Held(memory_store(f'{LABEL} "un"@fr .\n{LABEL} "one"@en .\n'.encode())), "http://e/")
XSD = PREFIXES["xsd"]


def typed(text: str, name: str) -> Literal:
    """A literal of a datatype of XML Schema, or of another one."""
    return Literal(text, datatype=NamedNode(name if ":" in name else XSD + name))


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (NamedNode("http://e/a"), {"iri": "http://e/a", "label": "un"}),
        (NamedNode("http://e/b"), {"iri": "http://e/b", "label": None}),
        (Literal(" « les mots »\n"), " « les mots »\n"),
        (Literal("les mots", language="fr"), {"text": "les mots", "language": "fr"}),
        (typed("007", "integer"), 7),
        (typed("-3", "nonPositiveInteger"), -3),
        (typed("9007199254740991", "long"), 2**53 - 1),
        (typed("9007199254740993", "long"), {"value": "9007199254740993", "datatype": XSD + "long"}),
        (typed("1.50", "decimal"), 1.5),
        (typed("0.12345678901234567891", "decimal"), {"value": "0.12345678901234567891", "datatype": XSD + "decimal"}),
        (typed("1.0E3", "double"), 1000.0),
        (typed("INF", "double"), {"value": "INF", "datatype": XSD + "double"}),
        (typed("1E999", "float"), {"value": "1E999", "datatype": XSD + "float"}),
        (typed("true", "boolean"), True),
        (typed("0", "boolean"), False),
        (typed("yes", "boolean"), {"value": "yes", "datatype": XSD + "boolean"}),
        (typed("--06-09", "gMonthDay"), "--06-09"),
        (typed("2010-06-13", "date"), "2010-06-13"),
        (typed("POINT(1 2)", "http://e/wkt"), {"value": "POINT(1 2)", "datatype": "http://e/wkt"}),
        (BlankNode("x"), {"node": "_:x"}),
        (
            Triple(NamedNode("http://e/a"), NamedNode("http://e/b"), Literal("c")),
            {"node": '<http://e/a> <http://e/b> "c"'},
        ),
        (None, None),
    ],
)
def test_terms(term: object, expected: object) -> None:
    """A number is a number where that loses nothing; what JSON cannot say keeps its text and its datatype."""
    found = value(term, LABELS, "fr")
    assert (expected, type(expected)) == (found, type(found))


@given(st.text(), st.sampled_from(["integer", "decimal", "double", "boolean", "date", "byte", "string"]))
def test_any_text_is_json(text: str, name: str) -> None:
    """Whatever stands in a typed literal, it becomes JSON that any reader reads."""
    found = value(typed(text, name), LABELS, "en")
    json.dumps(found, allow_nan=False)
    if isinstance(found, dict):
        assert found == {"value": text, "datatype": XSD + name}


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_digit_is_lost(number: Decimal) -> None:
    """A decimal that is sent as a number is that number."""
    text = f"{number:f}"
    found = value(typed(text, "decimal"), LABELS, "en")
    assert (isinstance(found, dict) and found["value"] == text) or Decimal(repr(found)) == number
