"""What a query or an update asks elsewhere: SERVICE and LOAD, each of an address that is allowed.

https://www.w3.org/TR/sparql11-federated-query/, https://www.w3.org/TR/sparql11-update/#load
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from kg.address import Reach
from kg.errors import ContentError, Place, Problem
from kg.graph.forwarder import Forwarder, Target
from kg.graph.guard import UnreachableError
from kg.graph.syntax import Token, place_in, tokens

__all__ = ["Forwarded", "ServiceError", "forwarding"]

_NAME_ESCAPE = re.compile(r"\\(.)")
_IRI_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_LAST_CODE_POINT = 0x10FFFF


class ServiceError(ContentError):
    """An endpoint or a document elsewhere that may be asked for, but does not answer."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A SERVICE or LOAD. token: that names the target."""

    keyword: Token
    token: Token
    target: Target


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A query or an update that asks the forwarder in place of others.

    text: to be evaluated. origin: how every address of the forwarder begins; empty where nobody is asked.
    """

    text: str
    origin: str = ""


@contextmanager
def forwarding(text: str, reach: Reach, prefixes: Mapping[str, str], file: str) -> Iterator[Forwarded]:
    """The query or update, for as long as it is evaluated.

    prefixes: known without being declared. file: its name in error messages.
    Raises UnreachableError for what may not be reached, at the beginning or at the end: SILENT or not; ServiceError
    where what may be reached fails. A place in a ContentError raised inside is turned into one of the text as given.
    """
    calls = [call for call in _calls(text, prefixes) if _is_asked(call, reach)] if reach.entries else []
    if not calls:
        yield Forwarded(text)
        return
    for call in calls:
        if not reach.covers(call.target.address):
            message = f"{call.target} is not allowed here"
            place = place_in(text, call.token.start, file)
            raise UnreachableError([Problem(message, place, "ask the other endpoint yourself")])
    with Forwarder([call.target for call in calls], reach) as forwarder:
        try:
            yield Forwarded(_rewritten(text, calls, forwarder), forwarder.origin)
        except ContentError as error:
            if type(error) is UnreachableError or not forwarder.forbidden:
                raise type(error)([_placed(problem, text, calls, forwarder) for problem in error.problems]) from error
        except (OSError, RuntimeError, SyntaxError) as error:
            if not forwarder.asked:
                raise
            if not forwarder.forbidden:
                message = forwarder.failed or f"what is asked elsewhere has no answer that can be read: {error}"
                raise ServiceError([Problem(message, place_in(text, calls[0].keyword.start, file))]) from error
        if forwarder.forbidden:
            place = place_in(text, calls[0].keyword.start, file)
            raise UnreachableError([Problem(forwarder.forbidden, place)])


def _calls(text: str, prefixes: Mapping[str, str]) -> Iterator[_Call]:
    """Each SERVICE and LOAD whose target can be told; `kg.graph.guard` refuses all others."""
    stream = list(tokens(text))
    known = dict(prefixes)
    for index, token in enumerate(stream):
        following = stream[index + 1 : index + 4]
        if token.keyword == "PREFIX" and [one.kind for one in following[:2]] == ["name", "iri"]:
            known[following[0].text[:-1]] = _iri(following[1].text)
        if token.keyword not in {"SERVICE", "LOAD"}:
            continue
        silent = following[:1] != [] and following[0].keyword == "SILENT"
        for named in following[silent : silent + 1]:
            if (address := _address(named, known)) is not None:
                yield _Call(token, named, Target(address, token.keyword == "LOAD"))


def _is_asked(call: _Call, reach: Reach) -> bool:
    """Whether the forwarder has a say: a LOAD of what may not be reached is the business of `kg.graph.loading`."""
    return not call.target.loads or reach.covers(call.target.address)


def _address(token: Token, prefixes: Mapping[str, str]) -> str | None:
    """The IRI that a token stands for; None where it stands for none, or for one that cannot be told."""
    if token.kind == "iri":
        return _iri(token.text)
    prefix, _, local = token.text.partition(":")
    if token.kind == "name" and prefix in prefixes:
        return prefixes[prefix] + _NAME_ESCAPE.sub(r"\1", local)
    return None


def _iri(text: str) -> str:
    return _IRI_ESCAPE.sub(lambda match: _character(int(match[1] or match[2], 16)), text[1:-1])


def _character(point: int) -> str:
    """A character; one that no address has, where there is none."""
    return chr(point) if point <= _LAST_CODE_POINT else " "


def _rewritten(text: str, calls: list[_Call], forwarder: Forwarder) -> str:
    parts, done = [], 0
    for index, call in enumerate(calls):
        parts += [text[done : call.token.start], f"<{forwarder.address(index)}>"]
        done = call.token.end
    return "".join([*parts, text[done:]])


def _placed(problem: Problem, text: str, calls: list[_Call], forwarder: Forwarder) -> Problem:
    """A problem of the rewritten text as one of the text: no line has become another one."""
    if problem.place is None:
        return problem
    place = problem.place
    lines = text.split("\n")
    column = place.column
    for index, call in enumerate(calls):
        here = place_in(text, call.token.start, place.file)
        if here.line == place.line and here.column < column:
            column = max(here.column, column - len(forwarder.address(index)) - 2 + len(call.token.text))
    shown = lines[place.line - 1].rstrip("\r") if place.line <= len(lines) else place.text
    return replace(problem, place=Place(place.file, place.line, column, shown))
