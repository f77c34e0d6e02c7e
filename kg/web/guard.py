"""What is refused before a query is parsed: requests that would leave the store, and queries that would break it.

The parser behind the store has no switch for SERVICE, and it ends the process where a query is nested too deeply. It
reads without word boundaries and goes back where a reading fails, so `SERVICEex:a`, `true.SERVICE<…>` and a string
that only seems to end later all reach its SERVICE rule. What could be read in two ways is therefore refused here,
with a remedy, and what remains has one sequence of tokens.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.errors import Problem
from kg.graph.syntax import Token, place_in, tokens
from kg.web.refusal import Refusal

__all__ = ["LIMITS", "Limits", "check"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a query may be.

    length: code points of the text. depth: brackets within brackets. steps: keywords, operators, groups and ends of
    triple patterns; inline data has none, however long. bytes: size of a request's body.
    """

    length: int = 100_000
    depth: int = 64
    steps: int = 250
    bytes: int = 1_000_000


LIMITS = Limits()

_FILE = "query"
_OPENING, _CLOSING = frozenset({"(", "[", "{", "<<", "<<(", "{|"}), frozenset({")", "]", "}", ">>", ")>>", "|}"})
_STEPS = frozenset(
    {
        "{",
        "{|",
        "[",
        "<<",
        "<<(",
        ".",
        ";",
        "/",
        "|",
        "||",
        "&&",
        "!",
        "=",
        "!=",
        "<",
        ">",
        "<=",
        ">=",
        "+",
        "-",
        "*",
        "^",
    }
)
_DATA_WORDS = frozenset({"TRUE", "FALSE", "UNDEF", "A"})

_ESCAPE = r"\\[tbnrf\\\"']|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_STRING = re.compile(rf"(?:[^\\]|{_ESCAPE})*", re.DOTALL)
_CODE_POINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\.", re.DOTALL)
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def check(text: str, limits: Limits = LIMITS) -> None:
    """Raise `Refusal` for a query that asks another endpoint, loads, is too large, or can be read in two ways.

    403 for SERVICE and LOAD, 413 for too long, 400 for all else. A query that is merely wrong passes: the parser tells.
    """
    if len(text) > limits.length:
        detail = f"the query is {len(text):,} characters long; {limits.length:,} are the most that is answered"
        raise Refusal(413, detail, fix="ask in several queries")
    stream = list(tokens(text))
    _check_size(text, stream, limits)
    _check_readings(text, stream)
    _check_reach(text, stream)


def _refuse(status: int, text: str, at: int, message: str, fix: str) -> Refusal:
    return Refusal.of(status, Problem(message, place_in(text, at, _FILE), fix))


def _check_size(text: str, stream: Sequence[Token], limits: Limits) -> None:
    depth = steps = 0
    for token in stream:
        # An IRI may be a comparison to the parser: what opens inside it counts as well.
        depth += token.text.count("(") if token.kind == "iri" else token.text in _OPENING
        depth -= token.text.count(")") if token.kind == "iri" else token.text in _CLOSING
        steps += token.text in _STEPS or (token.kind == "word" and token.keyword not in _DATA_WORDS)
        if depth > limits.depth:
            message = f"brackets are nested more than {limits.depth} deep"
            raise _refuse(400, text, token.start, message, "take the query apart")
        if steps > limits.steps:
            message = f"more than {limits.steps} keywords, operators and patterns"
            raise _refuse(400, text, token.start, message, "ask in several queries, or give long lists by VALUES")


def _check_readings(text: str, stream: Sequence[Token]) -> None:
    """Refuse what the parser may read in another way than `tokens` does."""
    brackets: list[str] = []
    before: Token | None = None
    for token in stream:
        if token.text in _OPENING:
            brackets.append(token.text)
        elif token.text in _CLOSING and brackets:
            brackets.pop()
        fault = _FAULTS[token.kind](token, before, brackets) if token.kind in _FAULTS else None
        if fault:
            raise _refuse(400, text, token.start, *fault)
        before = token


Fault = tuple[str, str] | None


def _string_fault(token: Token, before: Token | None, brackets: Sequence[str]) -> Fault:
    """A string whose escapes are not SPARQL's, or empty quotes that may open a long string."""
    del brackets
    for match in _CODE_POINT.finditer(token.text):
        point = int(match[1] or match[2] or "0", 16)
        if point > _LAST_CODE_POINT or point in _SURROGATES or not _STRING.fullmatch(match.group()):
            return f"{match.group()} is no escape of SPARQL", "write \\\\ for a backslash"
    if before and before.kind == "string" and before.end == token.start and before.text[0] == token.text[0]:
        return "quotes that may be read as one string or as two", "put a space between the strings"
    return None


def _mark_fault(token: Token, before: Token | None, brackets: Sequence[str]) -> Fault:
    """A quote that opens no string, or a backslash outside of one."""
    del before, brackets
    if token.text in {'"', "'"}:
        return "a string that does not end", "close it on its line"
    return ("a backslash outside of a string", "remove it") if token.text == "\\" else None


def _iri_fault(token: Token, before: Token | None, brackets: Sequence[str]) -> Fault:
    """An IRI after an operand in parentheses: `(?a <b#c>` may compare, and the rest be a comment or a string."""
    operand = before is not None and (before.kind != "mark" or before.text in _CLOSING | {">"})
    compares = bool(brackets) and brackets[-1] == "(" and operand
    if compares and not _ABSOLUTE.match(token.text) and re.search(r"[#'\\]", token.text):
        return f"{token.text} may be an IRI or a comparison", "write a space after <, or the whole IRI with its ://"
    return None


def _name_fault(token: Token, before: Token | None, brackets: Sequence[str]) -> Fault:
    """A prefixed name whose local part cannot begin so: the parser ends the name at the colon."""
    del before, brackets
    local = token.text.partition(":")[2]
    if local and local[0] in ".-·":
        return f"{token.text} is no prefixed name", "put a space after the colon, or write the whole IRI"
    return None


_FAULTS = {"string": _string_fault, "mark": _mark_fault, "iri": _iri_fault, "name": _name_fault}


def _check_reach(text: str, stream: Sequence[Token]) -> None:
    for token in _services(stream):
        message = "SERVICE is not answered here: this endpoint asks no other one"
        raise _refuse(403, text, token.start, message, "ask the other endpoint yourself, or ask without SERVICE")
    for token in stream:
        if token.keyword == "LOAD":
            message = "LOAD is not answered here: nothing is fetched, and the graph is read-only"
            raise _refuse(403, text, token.start, message, "use the dumps, and load what you need beside them")


def _services(stream: Sequence[Token]) -> Iterator[Token]:
    """Tokens in which the parser may find the keyword SERVICE.

    A word that contains it; a prefixed name whose prefix contains it, where a group follows as after SERVICE and the
    name is not the one of a graph.
    """
    for index, token in enumerate(stream):
        word = token.kind == "word" and "SERVICE" in token.keyword
        prefix = token.kind == "name" and "SERVICE" in token.text.partition(":")[0].upper()
        follows = index + 1 < len(stream) and stream[index + 1].text in {"{", "{|"}
        graph = index > 0 and stream[index - 1].keyword == "GRAPH"
        if word or (prefix and follows and not graph):
            yield token
