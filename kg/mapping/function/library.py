"""The functions that every mapping may call, by IRI.

Names and parameters are those of GREL (http://users.ugent.be/~bjdmeest/function/grel.ttl) and of IDLab
(https://w3id.org/imec/idlab/function), as other engines have them, and a few of our own. Every value is a text.
"""

from types import MappingProxyType

from kg.mapping.function.array import ARRAY
from kg.mapping.function.choice import CHOICE
from kg.mapping.function.date import DATE
from kg.mapping.function.names import GREL, IDLAB
from kg.mapping.function.number import NUMBER_FUNCTIONS
from kg.mapping.function.text import TEXT

__all__ = ["FUNCTIONS", "GROUPS", "REFUSED"]

GROUPS = MappingProxyType(
    {"Texts": TEXT, "Several texts": ARRAY, "Numbers": NUMBER_FUNCTIONS, "Dates and times": DATE, "Choices": CHOICE}
)
FUNCTIONS = MappingProxyType({iri: function for group in GROUPS.values() for iri, function in group.items()})

_DIFFERS = "its result differs at every run: take the value from the source, or from {}"

REFUSED = MappingProxyType(
    {
        f"{GREL}date_now": _DIFFERS.format("a file of one record that says when it was made"),
        f"{GREL}math_randomNumber": _DIFFERS.format("a function of your own (--functions) that has a seed"),
        f"{IDLAB}random": _DIFFERS.format("https://w3id.org/pressgraph/function#uuid5, the UUID of a name"),
        f"{IDLAB}readFile": "a mapping reads files as sources only",
        f"{IDLAB}lookup": "join with a triples map over that file",
        f"{IDLAB}lookupWithDelimiter": "join with a triples map over that file",
        f"{IDLAB}dbpediaSpotlight": "a mapping asks no service: take the answer as a source",
    }
)
"""Functions that other engines have and this one never will, with what to do instead."""
