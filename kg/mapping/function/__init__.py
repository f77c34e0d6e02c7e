"""Functions that mappings call: a library, and those that the user writes in Python.

call ── user ── library ─┬─ text ─┬─ definition, names
                         ├─ array ┤
                         ├─ number┤
                         ├─ date ─┤
                         └─ choice┘
"""

from kg.mapping.function.call import bind, call, gives_many, output_datatype, takes_all
from kg.mapping.function.definition import Example, Function
from kg.mapping.function.library import FUNCTIONS, GROUPS, REFUSED
from kg.mapping.function.user import function, read_functions

__all__ = [
    "FUNCTIONS",
    "GROUPS",
    "REFUSED",
    "Example",
    "Function",
    "bind",
    "call",
    "function",
    "gives_many",
    "output_datatype",
    "read_functions",
    "takes_all",
]
