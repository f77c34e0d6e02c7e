"""What a function is: how it is called, what it gives, and one example of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Example", "Function", "local"]

Value = str | None | Sequence[str | None]
"""What goes into a function and comes out of it: a text, none, or several texts."""


@dataclass(frozen=True, slots=True)
class Example:
    """What a function gives for arguments, in the order of its parameters."""

    arguments: tuple[Value, ...]
    result: str | list[str] | None


@dataclass(frozen=True, slots=True)
class Function:
    """A function of texts.

    make: with `rows`, what gives a text, or None, for texts, called once for each different tuple of values of a batch,
        never with None unless `nulls`; else what makes a Polars expression of expressions.
    parameters: the names that each argument goes by, in order: local names or whole IRIs. outputs: names of the result.
    doc: one sentence. datatype: IRI of a literal made of the result, where it is no plain string.
    defaults: of the last parameters, which may be left out. lists: positions of the parameters that take all values at
    once, each any number of times. many: whether it gives several texts, each of which makes a term.
    origin: the file and line of a function that is not of this library.
    """

    make: Callable[..., Any]
    parameters: tuple[tuple[str, ...], ...]
    outputs: tuple[str, ...]
    doc: str
    examples: tuple[Example, ...]
    datatype: str | None = None
    defaults: tuple[str | None, ...] = ()
    lists: frozenset[int] = field(default=frozenset())
    many: bool = False
    rows: bool = False
    nulls: bool = False
    origin: str = ""

    def position(self, parameter: str) -> int | None:
        """Which argument an IRI names; None for no parameter of this function."""
        name = local(parameter)
        return next((at for at, names in enumerate(self.parameters) if name in names or parameter in names), None)

    @property
    def all_defaults(self) -> tuple[str | None, ...]:
        """The default of each parameter, None where it has none."""
        return (*(None for _ in range(len(self.parameters) - len(self.defaults))), *self.defaults)

    def gives(self, output: str) -> bool:
        """Whether an IRI names what it gives; the empty one does."""
        return not output or local(output) in self.outputs or output in self.outputs


def local(iri: str) -> str:
    """The last part of an IRI.

    >>> local("https://e.org/f#trim")
    'trim'
    """
    return iri.rpartition("#")[2].rpartition("/")[2]
