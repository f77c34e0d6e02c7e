"""What is refused before a query or an update is parsed: what would leave the store, and what would break it.

The parser behind the store has no switch for SERVICE, and it ends the process where a query is nested too deeply. It
reads without word boundaries and goes back where a reading fails, so `SERVICEex:a`, `true.SERVICE<…>` and a string
that only seems to end later all reach its SERVICE rule. What could be read in two ways is therefore refused here,
with a remedy, and what remains has one sequence of tokens.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from kg.errors import ContentError, Problem
from kg.graph.syntax import Token, place_in, tokens

__all__ = ["DEPTH", "STEPS", "UnreachableError", "UnsupportedError", "check_query", "is_stable"]

# Brackets within brackets; and keywords, operators, groups and ends of triple patterns of one operation, of which
# inline data and the data of an update have none, however long. A thread's stack holds many times as much.
DEPTH = 64
STEPS = 250


class UnreachableError(ContentError):
    """A query or an update that asks another endpoint, or loads."""


class UnsupportedError(ContentError):
    """A query that is SPARQL, but asks for what the store does not have, such as a function of somebody's own."""


_OPENING, _CLOSING = frozenset({"(", "[", "{", "<<", "<<(", "{|"}), frozenset({")", "]", "}", ">>", ")>>", "|}"})
_PATTERNS = frozenset({"{", "{|", "[", "<<", "<<(", ".", ";"})
_OPERATORS = frozenset({"/", "|", "||", "&&", "!", "=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "^"})
_WITHIN = re.compile(r"[&+*/!=-]")
_DATA = "VALUES {"
_DATA_WORDS = frozenset({"TRUE", "FALSE", "UNDEF", "A"})

_ESCAPE = re.compile(r"\\[tbnrf\\\"']|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}")
_ESCAPES = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\.", re.DOTALL)
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)

# A token, what is wrong with it, and the remedy.
_Fault = tuple[Token, str, str]


def check_query(text: str, file: str, origin: str = "") -> None:
    """Raise `ContentError` for what asks another endpoint, loads, is too large, or can be read in two ways.

    text: a query or an update, whose operations are each as large as one query at most.
    file: its name in the place of the problem. origin: how the addresses begin that may be asked all the same; none do
    where it is empty. What asks another endpoint or loads is an `UnreachableError`. A query that is merely wrong
    passes: the parser tells.
    """
    stream, capitals = list(tokens(text)), text.upper()
    # Where neither word stands anywhere, nothing of it can be read as one.
    reach = _reach(stream, origin) if "SERVICE" in capitals or "LOAD" in capitals else iter(())
    for error, faults in (
        (ContentError, chain(_oversize(stream), _ambiguous(stream))),
        (UnreachableError, reach),
    ):
        if first := next(faults, None):
            token, message, fix = first
            raise error([Problem(message, place_in(text, token.start, file), fix)])


def _oversize(stream: Sequence[Token]) -> Iterator[_Fault]:
    """Where the query becomes nested too deeply, or an operation of it has too many steps."""
    depth = steps = 0
    before, data = "", False
    for token, compares in _positions(stream):
        if not depth:
            # Only what an update inserts or deletes begins with DATA, and only its operations end so.
            data = token.text == "{" and before == "DATA"
            steps = 0 if token.text == ";" else steps
        before = token.keyword
        # What may be a comparison has brackets and operators inside of it.
        depth += token.text.count("(") if compares else token.text in _OPENING
        steps += len(_WITHIN.findall(token.text)) if compares else not data and _is_step(token)
        if depth > DEPTH:
            yield token, f"brackets are nested more than {DEPTH} deep", "take the query apart"
        if steps > STEPS:
            message = f"more than {STEPS} keywords, operators and patterns"
            yield token, message, "ask in several queries, or give long lists by VALUES"
        depth -= token.text.count(")") if compares else token.text in _CLOSING


def _is_step(token: Token) -> bool:
    return token.text in _PATTERNS | _OPERATORS or (token.kind == "word" and token.keyword not in _DATA_WORDS)


def _ambiguous(stream: Sequence[Token]) -> Iterator[_Fault]:
    """What the parser may read in another way than `tokens` does."""
    for token, compares in _positions(stream):
        if fault := _fault(token, compares=compares):
            yield token, *fault


def _positions(stream: Sequence[Token]) -> Iterator[tuple[Token, bool]]:
    """Each token, and whether it looks like an IRI and may be a comparison: in parentheses, after an operand.

    An IRI with `://` is none, because no operand begins with two slashes; nor is one in inline data.
    """
    brackets: list[str] = []
    before: Token | None = None
    values = False
    for token in stream:
        operand = before is not None and (before.kind != "mark" or before.text in _CLOSING | {">"})
        inside = brackets[-1:] == ["("] and brackets[-2:-1] != [_DATA]
        yield token, token.kind == "iri" and inside and operand and not _ABSOLUTE.match(token.text)
        if token.text in _OPENING:
            brackets.append(_DATA if values and token.text == "{" else token.text)
        elif token.text in _CLOSING and brackets:
            brackets.pop()
        values = token.keyword == "VALUES" or (values and token.text != "{")
        before = token


def _fault(token: Token, *, compares: bool) -> tuple[str, str] | None:
    """What makes a token ambiguous, and the remedy; None for a token that has one reading."""
    match token.kind:
        case "string":
            # The parser gives a string up at an escape that it does not know, and then reads shorter ones.
            wrong = next((match.group() for match in _ESCAPES.finditer(token.text) if not _is_escape(match)), None)
            return (f"{wrong} is no escape of SPARQL", "write \\\\ for a backslash") if wrong else None
        case "mark" if token.text in {'"', "'"}:
            return "a string that does not end", "close it on its line"
        case "mark" if token.text == "\\":
            return "a backslash outside of a string", "remove it"
        case "iri" if compares and re.search(r"[#'\\]", token.text):
            # As a comparison, it would begin a comment or a string that hides what follows.
            return f"{token.text} may be an IRI or a comparison", "write a space after <, or the whole IRI with its ://"
        case "name" if token.text.partition(":")[2][:1] in {".", "-", "·"}:
            # The parser ends such a name at the colon.
            return f"{token.text} is no prefixed name", "put a space after the colon, or write the whole IRI"
    return None


def _is_escape(match: re.Match[str]) -> bool:
    if not _ESCAPE.fullmatch(match.group()):
        return False
    point = int(match[1] or match[2] or "0", 16)
    return point <= _LAST_CODE_POINT and point not in _SURROGATES


def _reach(stream: Sequence[Token], origin: str) -> Iterator[_Fault]:
    """What would leave the store."""
    for index, token in _services(stream):
        if _asks(stream, index, origin):
            continue
        named = stream[index + 1 + _silent(stream, index) :][:1]
        if named and named[0].kind == "variable" and token.keyword == "SERVICE":
            yield token, f"SERVICE {named[0].text} may ask anybody", "write the address of the endpoint in its place"
        else:
            message = "SERVICE is not answered here"
            yield token, message, "ask the other endpoint yourself, or ask without SERVICE"
    for index, token in enumerate(stream):
        if token.keyword == "LOAD" and not _asks(stream, index, origin):
            message = "LOAD is not answered here: nothing is fetched"
            yield token, message, "fetch the file yourself, and put it into a store of yours"


def _asks(stream: Sequence[Token], index: int, origin: str) -> bool:
    """Whether what stands there is SERVICE or LOAD, and asks an address that may be asked."""
    if not origin or stream[index].keyword not in {"SERVICE", "LOAD"}:
        return False
    named = stream[index + 1 + _silent(stream, index) :][:1]
    return named != [] and named[0].kind == "iri" and named[0].text.startswith(f"<{origin}")


def _silent(stream: Sequence[Token], index: int) -> bool:
    """Whether SILENT follows."""
    return index + 1 < len(stream) and stream[index + 1].keyword == "SILENT"


def _services(stream: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Tokens in which the parser may find the keyword SERVICE, with their numbers.

    A word that contains it; a prefixed name whose prefix contains it, where a group follows as after SERVICE and the
    name is not the one of a graph.
    """
    for index, token in enumerate(stream):
        word = token.kind == "word" and "SERVICE" in token.keyword
        prefix = token.kind == "name" and "SERVICE" in token.text.partition(":")[0].upper()
        follows = index + 1 < len(stream) and stream[index + 1].text in {"{", "{|"}
        graph = index > 0 and stream[index - 1].keyword == "GRAPH"
        if word or (prefix and follows and not graph):
            yield index, token


# Functions whose value depends on when or how often they are asked: https://www.w3.org/TR/sparql11-query/#SparqlOps.
_CHANGING = frozenset({"BNODE", "NOW", "RAND", "SERVICE", "STRUUID", "UUID"})


def is_stable(text: str) -> bool:
    """Whether a query has the same answer as long as the graph is the same."""
    capitals = text.upper()
    # Most queries name none of them anywhere, which is quickly seen.
    return not any(name in capitals for name in _CHANGING) or not any(
        token.keyword in _CHANGING for token in tokens(text)
    )
