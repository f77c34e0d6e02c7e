"""The functions of the library as a page of Markdown: docs/functions.md."""

import json
from collections.abc import Iterator

from kg.mapping.function.definition import Function, local
from kg.mapping.function.library import FUNCTIONS, GROUPS, REFUSED
from kg.mapping.function.names import GREL, IDLAB, OWN

__all__ = ["page"]

_PREFIXES = {GREL: "grel", IDLAB: "idlab-fn", OWN: "kg-fn"}

_OPENING = """\
# Functions

What a mapping may call, in YARRRML (`function: grel:toUpperCase`) and in RML
([RML-FNML](https://kg-construct.github.io/rml-fnml/spec/docs/)). Every value is a text, what is true is `true`, and
a call with a missing value gives none. A value that a function cannot take stops the run, with its place. What gives
several texts makes a term of each. Functions of your own: see [below](#functions-of-your-own).

```yaml
prefixes:
"""

_OWN = '''\
## Functions of your own

```python
# my_functions.py
import polars as pl

from kg.mapping.function import function

EX = "https://example.org/function#"


@function(f"{EX}initials", f"{EX}name")
def initials(name: str) -> str | None:
    """The first letter of each word."""
    return "".join(word[0] for word in name.split()) or None


@function(f"{EX}shout", f"{EX}text", columnar=True)
def shout(text: pl.Expr) -> pl.Expr:
    """The text in capital letters, with an exclamation mark."""
    return pl.concat_str(text.str.to_uppercase(), pl.lit("!"))
```

`kg materialize mapping.yaml --functions my_functions.py` runs that file, and only because it is named. The first
argument of `@function` is the IRI of the function, the others are those of its parameters, in order; a parameter with
a default may be left out of the mapping. Such a function is called once for each different tuple of values of a batch,
with texts, and gives a text or None. With `columnar=True` it makes a [Polars](https://docs.pola.rs) expression of
expressions, which is faster. `many=True`: it gives a list of texts. `nulls=True`: it is called with None where a value
is missing. `datatype=IRI`: of the literals made of it. What it raises is told with the place in the mapping, the value,
and the line of the function. `kg mapping mapping.yaml --functions my_functions.py` checks the calls.
'''


def page() -> str:
    """The whole page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _OPENING.rstrip()
    yield from (f"  {prefix}: {iri}" for iri, prefix in _PREFIXES.items())
    yield "```"
    for title, group in GROUPS.items():
        yield f"\n## {title}\n"
        for iri in group:
            yield from _entry(iri, FUNCTIONS[iri])
    yield "\n## Refused\n"
    yield from (f"- `{_short(iri)}`: {reason}." for iri, reason in REFUSED.items())
    yield f"\n{_OWN.rstrip()}\n"


def _entry(iri: str, function: Function) -> Iterator[str]:
    first = len(function.parameters) - len(function.defaults)
    names = [local(names[0]) + ("?" if at >= first else "") for at, names in enumerate(function.parameters)]
    yield f"- `{_short(iri)}({', '.join(names)})`: {function.doc}"
    for example in function.examples:
        arguments = ", ".join(_value(value) for value in example.arguments)
        yield f"  `{local(iri)}({arguments})` → `{_value(example.result)}`"


def _short(iri: str) -> str:
    space = next(space for space in _PREFIXES if iri.startswith(space))
    return f"{_PREFIXES[space]}:{iri.removeprefix(space)}"


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if value is not None else "none"
