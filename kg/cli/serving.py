"""What `kg serve` can be told: its options, each a variable of the environment as well."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kg.errors import UsageError

if TYPE_CHECKING:
    from kg.web.settings import Settings

__all__ = ["VARIABLES", "options", "settings"]

VARIABLES = "Each option is a variable of the environment as well: --max-answer is KG_SERVE_MAX_ANSWER."

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]i?|)b", re.IGNORECASE)
_MEGABYTE = 10**6
# Queries of a kind that wait at once for a store elsewhere.
_WAITING = 8


class Seconds(click.FloatRange):
    """A number of seconds that has an end."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """The number; fails for what is none."""
        seconds: float = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


_SECONDS = Seconds(min=0, min_open=True)


class Size(click.ParamType[int]):
    """A number of bytes, written with its unit."""

    name = "size"

    def __init__(self, least: int) -> None:
        """least: the fewest bytes that make sense."""
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401
        """The number of bytes; fails for what is no size, or too little."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(value.strip())
        if found is None:
            self.fail(f"{value!r} is no size: write a number and its unit, such as 500MB or 2GB", param, ctx)
        size = int(float(found[1]) * _UNITS[found[2].lower()])
        if size < self._least:
            self.fail(f"{value} is too little: {self._least / _MEGABYTE:g}MB is the least", param, ctx)
        return size


# Defaults are those of kg.web.limits and kg.web.settings, which would take a second to import.
_OPTIONS = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at."),
    click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one."),
    click.option(
        "--timeout", type=_SECONDS, default=30.0, show_default=True, metavar="SECONDS", help="The most for one query."
    ),
    click.option(
        "--memory", type=Size(10 * _MEGABYTE), default="1GB", show_default=True, help="The most for one query."
    ),
    click.option("--max-answer", type=Size(_MEGABYTE), default="1GB", show_default=True, help="The largest answer."),
    click.option(
        "--workers", type=click.IntRange(1, 256), metavar="N", help="Queries of a kind at once.  [one for each core]"
    ),
    click.option(
        "--patience",
        type=_SECONDS,
        default=15.0,
        show_default=True,
        metavar="SECONDS",
        help="The most for a request to arrive, and for a client to take each piece of an answer.",
    ),
    click.option(
        "--log",
        type=click.Choice(["json", "text", "warnings", "none"]),
        default="warnings",
        show_default=True,
        help="What to write to standard error: a line for each request, or what went wrong.",
    ),
    click.option(
        "--slow",
        type=_SECONDS,
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="A query that takes as long is logged with its text.",
    ),
    click.option(
        "--allow",
        multiple=True,
        metavar="ADDRESS",
        help="Let SERVICE and LOAD ask what begins so, such as https://example.org/sparql, and machines that are not "
        "public where they are written by number: http://127.0.0.1:3030/ds, or 10.0.0.0/8.",
    ),
    click.option("--store", metavar="ADDRESS", help="Serve a SPARQL endpoint elsewhere in place of a snapshot."),
    click.option(
        "--login-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Its user:password, or its token.  [the variable KG_LOGIN]",
    ),
    click.option(
        "--max-age",
        type=click.IntRange(2),
        metavar="SECONDS",
        help="How old an answer of it may be.  [default: 60]",
    ),
    click.option("--metrics", is_flag=True, help="Answer /metrics, for Prometheus."),
    click.option(
        "--proxy",
        multiple=True,
        metavar="ADDRESS",
        help="Believe the X-Forwarded headers of a proxy there too, such as 10.0.0.0/8.",
    ),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a server."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings(told: dict[str, Any]) -> "Settings":
    """How the server is set up by the values of the options; raises UsageError for those that are wrong."""
    from kg.address import Reach
    from kg.web.http.forwarded import LOOPBACK, network
    from kg.web.limits import LIMITS
    from kg.web.settings import Settings

    if not told["host"].strip():
        raise UsageError("--host is empty: write an address, such as 127.0.0.1, or 0.0.0.0 for all of this machine")
    limits = replace(
        LIMITS,
        seconds=told["timeout"],
        megabytes=told["memory"] // _MEGABYTE,
        answer=told["max_answer"],
        receiving=told["patience"],
        # Who waits for a store elsewhere takes nothing of this machine.
        workers=told["workers"] or (max(_WAITING, LIMITS.workers) if told["store"] else LIMITS.workers),
        reach=Reach.of(told["allow"]).entries,
    )
    return Settings(
        host=told["host"],
        port=told["port"],
        limits=limits,
        log=told["log"],
        slow=told["slow"],
        metrics=told["metrics"],
        proxies=(*LOOPBACK, *map(network, told["proxy"])),
    )
