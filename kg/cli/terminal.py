"""What a terminal shows of a command: its steps, its problems, its exit code."""

import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import NoReturn, ParamSpec

import click

from kg.errors import ContentError, UsageError

__all__ = ["stop", "tell", "told"]

P = ParamSpec("P")


def told(run: Callable[P, int | None]) -> Callable[P, None]:
    """Turn what a command returns or raises into what a terminal shows and its exit code."""

    @wraps(run)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            _prepare_output()
            code = run(*args, **kwargs)
            sys.stdout.flush()
        except ContentError as error:
            for problem in error.problems:
                click.echo(f"{problem.render()}\n", err=True)
            count = len(error.problems)
            click.secho(f"{count} problem{'s' if count != 1 else ''}", fg="red", err=True)
            sys.exit(1)
        except UsageError as error:
            _refuse(str(error))
        except OSError as error:
            stop(error)
        sys.exit(code or 0)

    return command


def _prepare_output() -> None:
    """Make sure that something can be written, and that no character is in the way where the output cannot hold it."""
    if sys.stdout is None:
        raise UsageError("there is no standard output to write to")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def stop(error: OSError) -> NoReturn:
    """Tell what the system refused, in one line; nothing where whoever reads the output has what they wanted."""
    if isinstance(error, BrokenPipeError) or error.errno == errno.EPIPE:
        # Nothing is left to be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    named = f"{error.filename}: " if error.filename else ""
    _refuse(f"{named}{error.strerror or error}")


def _refuse(message: str) -> NoReturn:
    click.secho(f"kg: {message}", fg="red", err=True)
    with suppress(OSError):
        if sys.stdout is not None:
            sys.stdout.close()
    sys.exit(2)


def tell(line: str) -> None:
    """A step of a build, on standard error, where it does not mix with what is piped on."""
    click.secho(f"  {line}", dim=True, err=True)
