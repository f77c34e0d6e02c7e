"""Functions of dates and times, in ISO 8601 and in patterns such as `dd/MM/yyyy` or `%d/%m/%Y`."""

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Callable
from functools import cache

from kg.mapping.function.definition import Example, Function
from kg.mapping.function.names import DATE_OUT, GREL, IDLAB, NUMBER, NUMBER_OUT, STR_OUT, UNIT, VALUE
from kg.mapping.lexical import XSD

__all__ = ["DATE"]

_Moment = dt.date | dt.datetime

# Letters of https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/text/SimpleDateFormat.html, in which
# GREL and IDLab write patterns. Names of months and days are English.
_LETTERS = {
    "yyyy": "%Y", "y": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d",
    "EEEE": "%A", "EEE": "%a", "HH": "%H", "H": "%H", "hh": "%I", "h": "%I", "a": "%p", "mm": "%M", "m": "%M",
    "ss": "%S", "s": "%S", "SSS": "%f", "Z": "%z", "X": "%z", "XX": "%z", "XXX": "%z", "DDD": "%j",
}  # fmt: skip


@cache
def _directives(pattern: str) -> str:
    """A pattern in the directives of strptime.

    >>> _directives("dd/MM/yyyy'T'HH:mm")
    '%d/%m/%YT%H:%M'
    """
    if "%" in pattern:
        return pattern

    def one(match: re.Match[str]) -> str:
        text = match[0]
        if text[0] == "'":
            return text[1:-1] or "'"
        if text not in _LETTERS:
            raise ValueError(f"{text!r} of the pattern {pattern!r} is not known")
        return _LETTERS[text]

    return re.sub(r"'[^']*'|([A-Za-z])\1*", one, pattern)


def _read(text: str, pattern: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, _directives(pattern))  # noqa: DTZ007 - a date may have no zone
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern of dates") from error


def _to_date(text: str, pattern: str) -> str:
    return _read(text, pattern).date().isoformat()


def _to_moment(text: str, pattern: str) -> str:
    return _read(text, pattern).isoformat()


def _moment(text: str) -> _Moment:
    try:
        return dt.datetime.fromisoformat(text) if "T" in text or " " in text else dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date, such as 2010-06-13 or 2010-06-13T09:30:00") from None


_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}
_PARTS: dict[str, Callable[[dt.datetime], int | str]] = {
    "year": lambda moment: moment.year,
    "month": lambda moment: moment.month,
    "week": lambda moment: moment.isocalendar().week,
    "day": lambda moment: moment.day,
    "weekday": lambda moment: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[
        moment.weekday()
    ],
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "second": lambda moment: moment.second,
}


def _unit(text: str, known: tuple[str, ...]) -> str:
    unit = text.strip().lower().removesuffix("s")
    if unit not in known:
        raise ValueError(f"{text!r} is no unit; known: {', '.join(f'{name}s' for name in known)}")
    return unit


def _full(moment: _Moment) -> dt.datetime:
    return moment if isinstance(moment, dt.datetime) else dt.datetime.combine(moment, dt.time())


def _part(text: str, unit: str) -> str:
    return str(_PARTS[_unit(unit, tuple(_PARTS))](_full(_moment(text))))


def _later(text: str, count: str, unit: str) -> str:
    moment, name = _moment(text), _unit(unit, (*_SECONDS, "month", "year"))
    if not re.fullmatch("[+-]?[0-9]+", count.strip()):
        raise ValueError(f"{count!r} is no whole number")
    number = int(count)
    try:
        if name in _SECONDS:
            shifted = _full(moment) + dt.timedelta(seconds=number * _SECONDS[name])
            return (
                shifted if isinstance(moment, dt.datetime) or _SECONDS[name] < 86400 else shifted.date()
            ).isoformat()
        years, month = divmod(moment.month - 1 + number * (12 if name == "year" else 1), 12)
        year = moment.year + years
        day = min(moment.day, monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day).isoformat()
    except (ValueError, OverflowError, IndexError):
        raise ValueError("the result is beyond the years 1 to 9999") from None


def _between(one: str, two: str, unit: str) -> str:
    first, second, name = _full(_moment(one)), _full(_moment(two)), _unit(unit, (*_SECONDS, "month", "year"))
    if (first.tzinfo is None) != (second.tzinfo is None):
        raise ValueError("one has a time zone and the other has none")
    if name in _SECONDS:
        return str(int((first - second).total_seconds() / _SECONDS[name]))
    late, early = max(first, second), min(first, second)
    months = (late.year - early.year) * 12 + late.month - early.month
    months -= (late.day, late.time()) < (early.day, early.time())
    whole = months // 12 if name == "year" else months
    return str(whole if first >= second else -whole)


_DAY = ("p_date_d", "param_date_d", "p_datetime_d", "param_datetime_d")
_DAY_2 = ("p_datetime_d2", "param_datetime_d2")
_PATTERN = ("p_string_pattern", "param_string_pattern", "param_pattern")
_STR_DATE, _IDLAB_PATTERN = ("strDate", "_strDate"), ("pattern", "_pattern")

DATE: dict[str, Function] = {
    f"{GREL}date_toDate": Function(
        _to_date, (VALUE, _PATTERN), DATE_OUT, "The date that a text writes in a pattern.",
        (Example(("13/06/2010", "dd/MM/yyyy"), "2010-06-13"), Example(("June 3, 2010", "%B %d, %Y"), "2010-06-03")),
        f"{XSD}date", rows=True,
    ),
    f"{GREL}date_inc": Function(
        _later, (_DAY, NUMBER, UNIT), DATE_OUT, "The date or time so many units later; earlier, where negative.",
        (Example(("2024-01-31", "1", "months"), "2024-02-29"), Example(("2024-02-29", "-1", "days"), "2024-02-28")),
        rows=True,
    ),
    f"{GREL}date_diff": Function(
        _between, (_DAY, _DAY_2, UNIT), (*NUMBER_OUT, "stringOutput"),
        "How many whole units lie between two dates or times; negative where the second is later.",
        (Example(("2024-03-01", "2024-02-01", "days"), "29"), Example(("2010-06-13", "2024-06-12", "years"), "-13")),
        f"{XSD}integer", rows=True,
    ),
    f"{GREL}date_datePart": Function(
        _part, (_DAY, UNIT), ("o_any", "output_any", *NUMBER_OUT),
        "The years, months, weeks, days, weekday, hours, minutes or seconds of a date or time.",
        (Example(("2010-06-13", "months"), "6"), Example(("2010-06-13", "weekday"), "Sunday")), rows=True,
    ),
    f"{IDLAB}normalizeDate": Function(
        _to_date, (_STR_DATE, _IDLAB_PATTERN), STR_OUT, "The date that a text writes in a pattern.",
        (Example(("13.6.2010", "d.M.yyyy"), "2010-06-13"),), rows=True,
    ),
    f"{IDLAB}normalizeDateTime": Function(
        _to_moment, (_STR_DATE, _IDLAB_PATTERN), STR_OUT, "The date and time that a text writes in a pattern.",
        (Example(("20100613 0930", "yyyyMMdd HHmm"), "2010-06-13T09:30:00"),), rows=True,
    ),
}  # fmt: skip
