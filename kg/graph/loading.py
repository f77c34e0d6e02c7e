"""LOAD operations of an update that are not made: https://www.w3.org/TR/sparql11-update/#load."""

from kg.errors import ContentError, Problem
from kg.graph.guard import UnreachableError
from kg.graph.syntax import Token, place_in, tokens

__all__ = ["refused_load", "without_loads"]

# Does nothing, and is shorter than any LOAD SILENT.
_NOTHING = "INSERT DATA{}"


def without_loads(text: str, file: str, origin: str) -> tuple[str, list[Token]]:
    """The update with operations that do nothing in place of LOAD, and the LOADs that are not SILENT.

    origin: how the addresses of documents begin that are loaded, whose LOADs stay; none are where it is empty.
    One that is SILENT succeeds although it fails. Raises ContentError for a LOAD that names no document.
    """
    stream = list(tokens(text))
    parts, done, depth = [], 0, 0
    loud = []
    for index, token in enumerate(stream):
        depth += (token.text == "{") - (token.text == "}")
        if depth or token.keyword != "LOAD":
            continue
        silent = stream[index + 1 : index + 2] != [] and stream[index + 1].keyword == "SILENT"
        end = _end(stream, index + 1 + silent)
        if end is None:
            message = "LOAD names no document"
            raise ContentError([Problem(message, place_in(text, token.start, file), "write LOAD and an IRI")])
        if origin and stream[index + 1 + silent].text.startswith(f"<{origin}"):
            continue
        parts += [text[done : token.start], _NOTHING.ljust(end - token.start)]
        done = end
        if not silent:
            loud.append(token)
    return "".join([*parts, text[done:]]), loud


def _end(stream: list[Token], index: int) -> int | None:
    """Where a LOAD ends whose document is the token at `index`; None where that is no IRI."""
    kinds = [token.kind if token.kind in {"iri", "name"} else token.keyword for token in stream[index : index + 4]]
    if not kinds or kinds[0] not in {"iri", "name"}:
        return None
    into = kinds[1:3] == ["INTO", "GRAPH"] and kinds[3:] and kinds[3] in {"iri", "name"}
    return stream[index + 3 if into else index].end


def refused_load(text: str, token: Token, file: str) -> UnreachableError:
    """Why a LOAD is not made."""
    message = "LOAD is not answered here: this address is not fetched"
    fix = "fetch the document yourself, and put it into the store: PUT /store?graph=…"
    return UnreachableError([Problem(message, place_in(text, token.start, file), fix)])
