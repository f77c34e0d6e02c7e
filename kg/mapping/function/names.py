"""Names of parameters and outputs that several functions share, under all that they go by.

GREL and IDLab name a parameter by its own IRI and by its predicate; mappings write either.
"""

from kg.mapping.names import GREL, IDLAB

__all__ = [
    "BOOLEAN_OUT",
    "DATE_OUT",
    "GREL",
    "IDLAB",
    "LIST",
    "LIST_OUT",
    "NUMBER",
    "NUMBER_2",
    "NUMBER_OUT",
    "OTHER",
    "OWN",
    "STR",
    "STR_OUT",
    "SUB",
    "TEXT_OUT",
    "UNIT",
    "VALUE",
    "VALUE_2",
]

OWN = "https://w3id.org/pressgraph/function#"
"""The namespace of the functions that GREL and IDLab do not have."""

VALUE = ("valueParameter", "valueParam")
VALUE_2 = ("valueParameter2", "valueParam2")
STR = ("str", "_str")
OTHER = ("otherStr", "_otherStr")
SUB = ("string_sub", "p_string_sub", "param_string_sub")
LIST = ("p_array_a", "param_a")
NUMBER = ("p_dec_n", "param_dec_n", "p_int_i", "param_int_i")
NUMBER_2 = ("param_n2", "param_dec_n2", "p_int_i2", "param_int_i2")
UNIT = ("p_string_unit", "param_string_unit", "p_string_timeunit", "param_string_timeunit")

TEXT_OUT = ("stringOutput", "stringOut", "_stringOut")
STR_OUT = ("_stringOut", "stringOut", "stringOutput")
BOOLEAN_OUT = ("output_bool", "o_bool", "_boolOut", "boolOut", "o_boolOut", "stringOut")
NUMBER_OUT = ("output_number", "o_number", "output_decimal", "o_decimal", "numberOutput", "stringOut")
DATE_OUT = ("output_date", "o_date", "output_datetime", "o_datetime", *TEXT_OUT)
LIST_OUT = ("output_array", "o_array", "_listOut", "listOut")
