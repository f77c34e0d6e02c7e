"""Functions of numbers, exact where numbers are decimal: https://docs.python.org/3/library/decimal.html."""

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

from kg.mapping.function.definition import Example, Function
from kg.mapping.function.names import BOOLEAN_OUT, GREL, IDLAB, LIST, NUMBER, NUMBER_2, NUMBER_OUT
from kg.mapping.lexical import XSD

__all__ = ["NUMBER_FUNCTIONS"]

_DECIMAL = f"{XSD}decimal"
_INTEGER = f"{XSD}integer"
_DOUBLE = f"{XSD}double"

# More than a double can be, and few enough to be written without an exponent.
_MOST_DIGITS = 1000


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not number.is_finite():
        raise ValueError(f"{text!r} is no finite number")
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError(f"{text!r} has more than {_MOST_DIGITS:,} digits when it is written out")
    return number


def _written(number: Decimal) -> str:
    """A decimal number without exponent and without zeros at the end.

    >>> _written(Decimal("1.50E+3")), _written(Decimal("0.10"))
    ('1500', '0.1')
    """
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise ArithmeticError
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exact(work: Callable[..., Decimal]) -> Callable[..., str]:
    def run(*texts: str) -> str:
        with localcontext(prec=100):
            try:
                return _written(work(*map(_number, texts)))
            except ArithmeticError:
                raise ValueError("the numbers have no such result") from None

    return run


def _floating(work: Callable[[float], float]) -> Callable[[str], str]:
    def run(text: str) -> str:
        try:
            return repr(work(float(_number(text))))
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{text!r}: {error}") from error

    return run


def _modulo(one: Decimal, two: Decimal) -> Decimal:
    return one - two * (one / two).to_integral_value(ROUND_FLOOR)


def _one(doc: str, work: Callable[..., Decimal], datatype: str, *examples: Example) -> Function:
    return Function(_exact(work), (NUMBER,), NUMBER_OUT, doc, examples, datatype, rows=True)


def _two(doc: str, work: Callable[..., Decimal], *examples: Example) -> Function:
    return Function(_exact(work), (NUMBER, NUMBER_2), NUMBER_OUT, doc, examples, _DECIMAL, rows=True)


def _float(doc: str, work: Callable[[float], float], *examples: Example) -> Function:
    return Function(_floating(work), (NUMBER,), NUMBER_OUT, doc, examples, _DOUBLE, rows=True)


def _in_range(number: str, first: str, last: str) -> str:
    return str(_number(first) <= _number(number) < _number(last)).lower()


NUMBER_FUNCTIONS: dict[str, Function] = {
    f"{GREL}string_toNumber": Function(
        _exact(lambda one: one), (("p_any_e", "param_any_e"),), NUMBER_OUT, "The number that a text writes.",
        (Example((" 1.50e3 ",), "1500"),), _DECIMAL, rows=True,
    ),
    f"{GREL}math_abs": _one("The number without its sign.", abs, _DECIMAL, Example(("-2.50",), "2.5")),
    f"{GREL}math_ceil": _one(
        "The next whole number.", lambda one: one.to_integral_value(ROUND_CEILING), _INTEGER, Example(("2.1",), "3")
    ),
    f"{GREL}math_floor": _one(
        "The whole number before.", lambda one: one.to_integral_value(ROUND_FLOOR), _INTEGER, Example(("-2.1",), "-3")
    ),
    f"{GREL}math_round": _one(
        "The nearest whole number; of two, the one farther from 0.",
        lambda one: one.to_integral_value(ROUND_HALF_UP), _INTEGER, Example(("2.5",), "3"),
    ),
    f"{GREL}math_min": _two("The smaller number.", min, Example(("10", "9.5"), "9.5")),
    f"{GREL}math_max": _two("The larger number.", max, Example(("10", "9.5"), "10")),
    f"{GREL}math_mod": _two(
        "What is left when the first is divided by the second, with the sign of the second.", _modulo,
        Example(("7", "3"), "1"), Example(("-7", "3"), "2"),
    ),
    f"{GREL}math_quotient": _two(
        "How many times the second goes into the first.",
        lambda one, two: (one / two).to_integral_value(ROUND_FLOOR), Example(("7", "2"), "3"),
    ),
    f"{GREL}math_pow": Function(
        _exact(lambda one, two: one**two), (NUMBER, ("p_any_exp", "param_dec_n_exp")), NUMBER_OUT,
        "The first number to the power of the second.", (Example(("2", "10"), "1024"),), _DECIMAL, rows=True,
    ),
    f"{GREL}math_exp": _float("The number e to the power of the number.", math.exp, Example(("0",), "1.0")),
    f"{GREL}math_ln": _float("The natural logarithm.", math.log, Example(("1",), "0.0")),
    f"{GREL}math_log": _float("The logarithm to the base 10.", math.log10, Example(("1000",), "3.0")),
    f"{GREL}array_sum": Function(
        lambda array: _exact(lambda *numbers: sum(numbers, Decimal()))(*array), (LIST,), NUMBER_OUT,
        "The sum of the numbers.", (Example((["1.50", "2"],), "3.5"),), _DECIMAL, lists=frozenset({0}), rows=True,
    ),
    f"{IDLAB}inRange": Function(
        _in_range, (("p_test", "_test"), ("p_from", "_from"), ("p_to", "_to")), BOOLEAN_OUT,
        "Whether a number is at least the second and below the third.",
        (Example(("5", "1", "5"), "false"), Example(("1", "1", "5"), "true")), f"{XSD}boolean", rows=True,
    ),
}  # fmt: skip
