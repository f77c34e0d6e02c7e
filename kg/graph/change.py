"""Changes of a store: SPARQL updates, and graphs that are put, added to or removed.

An update is all or nothing. A graph is changed in several steps: who breaks off throws the store away.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from kg.address import Reach
from kg.errors import ContentError, Place, Problem
from kg.graph.federation import Forwarded, forwarding
from kg.graph.guard import check_query
from kg.graph.loading import refused_load, without_loads
from kg.graph.store import PREFIXES, DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse
from kg.graph.syntax import explain, using

__all__ = [
    "MULTIPART",
    "SYNTAXES",
    "Part",
    "StateError",
    "fill_graph",
    "holds_graph",
    "parts_of",
    "remove_graph",
    "update",
]

# Media types of the syntaxes that a graph may be sent in.
SYNTAXES: dict[str, RdfFormat] = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}
MULTIPART = "multipart/form-data"
_PLACE = re.compile(r"^Parser error at line \d+ (?:column \d+|between columns \d+ and \d+): | \(line \d+\)$")
# In bytes: what is larger is sorted on disk instead of in memory.
_LARGE = 10_000_000
_NOBODY = Reach()

Graph = NamedNode | DefaultGraph


class StateError(ContentError):
    """An update that what the store holds does not allow, such as creating a graph that is there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a graph as it is sent. name: in error messages. syntax: of `SYNTAXES`. content: bytes, or a file."""

    name: str
    syntax: str
    content: bytes | Path


def update(
    store: Store,
    text: str,
    *,
    base: str,
    prefixes: Mapping[str, str] = PREFIXES,
    graphs: tuple[Sequence[str], Sequence[str]] | None = None,
    file: str = "update",
    reach: Reach = _NOBODY,
) -> None:
    """Evaluate a SPARQL 1.1 update natively, all of it or nothing.

    base, prefixes: as for `kg.graph.store.query`. graphs: IRIs of the default graph and of the named graphs that
        patterns are matched against (https://www.w3.org/TR/sparql11-protocol/#update-dataset). file: name of the
        update in error messages. reach: what SERVICE and LOAD may ask.
    Raises ContentError, with line and column, for what is no update, what `kg.graph.guard` refuses, and an update with
    a dataset of its own beside `graphs`; StateError for one that the store refuses; ValueError for a graph that is no
    IRI; ServiceError where what is asked does not answer. A LOAD of what may not be reached is refused, and does
    nothing where it is SILENT. After an UnreachableError the store may hold more than before.
    """
    known = dict(prefixes)
    with forwarding(text, reach, known, file) as asked:
        _update(store, asked, base, known, graphs, file)


def _update(
    store: Store,
    asked: Forwarded,
    base: str,
    known: dict[str, str],
    graphs: tuple[Sequence[str], Sequence[str]] | None,
    file: str,
) -> None:
    """Evaluate an update that asks nobody but a forwarder."""
    text = asked.text
    told, loads = without_loads(text, file, asked.origin)
    check_query(told, file, asked.origin)
    if graphs is not None:
        default, named = ([str(NamedNode(iri)) for iri in iris] for iris in graphs)
        told = using(told, (default, named), file)
    if loads:
        # What is no SPARQL is told first.
        if error := _syntax_error(text, base, known, file):
            raise ContentError([explain(text, str(error), file, known, update=True)]) from error
        raise refused_load(text, loads[0], file)
    try:
        store.update(told, base_iri=base, prefixes=known)
    except SyntaxError as error:
        place = _syntax_error(text, base, known, file) if told != text else error
        raise ContentError([explain(text, str(place or error), file, known, update=True)]) from error
    except RuntimeError as error:
        if not str(error).startswith("The graph "):
            raise
        fix = "write SILENT, and it is no error" if "SILENT" not in text.upper() else ""
        raise StateError([Problem(str(error), None, fix)]) from error


def _syntax_error(text: str, base: str, prefixes: dict[str, str], file: str) -> SyntaxError | None:
    """What is wrong with the update as it was written, tried on an empty store, where nothing is loaded."""
    try:
        Store().update(without_loads(text, file, "")[0], base_iri=base, prefixes=prefixes)
    except SyntaxError as error:
        return error
    except (RuntimeError, OSError):
        return None
    return None


def holds_graph(store: Store, graph: Graph) -> bool:
    """Whether there is a graph of that name; the default graph counts as one when it holds something."""
    if isinstance(graph, DefaultGraph):
        return next(store.quads_for_pattern(None, None, None, graph), None) is not None
    return store.contains_named_graph(graph)


def remove_graph(store: Store, graph: Graph) -> None:
    """Remove a graph; the default graph is emptied."""
    store.remove_graph(graph)


def fill_graph(store: Store, graph: Graph, parts: Iterable[Part], base: str) -> None:
    """Add what the parts hold to a graph, which is made where there is none; nothing is fetched.

    base: IRI that relative IRIs are resolved against. Blank nodes of different parts are different.
    Raises ContentError, with line and column, for a part that is not of its syntax or has named graphs; the store then
    holds a part of what it should.
    """
    if isinstance(graph, NamedNode):
        store.add_graph(graph)
    for part in parts:
        _add(store, graph, part, base)


def _add(store: Store, graph: Graph, part: Part, base: str) -> None:
    syntax = SYNTAXES[part.syntax]
    given = {"path": part.content} if isinstance(part.content, Path) else {"input": part.content}
    large = (part.content.stat().st_size if isinstance(part.content, Path) else len(part.content)) > _LARGE
    try:
        if syntax.supports_datasets:
            quads = parse(**given, format=syntax, base_iri=base, without_named_graphs=True, rename_blank_nodes=True)
            extend = store.bulk_extend if large else store.extend
            extend(Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)
        else:
            load = store.bulk_load if large else store.load
            load(**given, format=syntax, base_iri=base, to_graph=graph)
    except SyntaxError as error:
        raise ContentError([_unread(part, error)]) from error


def _unread(part: Part, error: SyntaxError) -> Problem:
    """What is wrong with a part, and where."""
    message = str(error.msg)
    place = None
    if error.lineno:
        # The parser says the place in words as well.
        message = _PLACE.sub("", message)
        place = Place(part.name, error.lineno, error.offset or 1, _line(part, error.lineno))
    fix = ""
    if "Named graphs" in message:
        message, fix = "the content has named graphs", "send each graph by itself"
    elif "LoadDocumentCallback" in message:
        message, fix = "its @context is elsewhere, and nothing is fetched", "write the context into the document"
    return Problem(f"not {part.syntax}: {message}" if place else message, place, fix)


def _line(part: Part, number: int) -> str:
    """A line of the part, as far as it can be shown."""
    content = part.content.read_bytes() if isinstance(part.content, Path) else part.content
    lines = content.split(b"\n", number)
    return lines[number - 1][:1000].decode("utf-8", "replace").rstrip("\r") if len(lines) >= number else ""


def parts_of(body: Path, content_type: str) -> list[Part]:
    """The parts of a body: of a `multipart/form-data` each that has a syntax, else the whole.

    content_type: as the header field has it. https://www.rfc-editor.org/rfc/rfc7578
    Raises ContentError for a part without a syntax, or a multipart body without parts.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != MULTIPART:
        return [Part("the body", media_type, body)]
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body.read_bytes())
    found = message.get_payload()
    if not isinstance(found, list) or not found:
        raise ContentError([Problem("a multipart body without parts", None, "send each file as a part of its own")])
    return [_part(part) for part in found if isinstance(part, Message)]


def _part(message: Message) -> Part:
    name = message.get_filename() or str(message.get_param("name", header="content-disposition") or "a part")
    syntax = message.get_content_type()
    content = message.get_payload(decode=True)
    if syntax not in SYNTAXES or not isinstance(content, bytes):
        fix = f"give it a Content-Type: {', '.join(SYNTAXES)}"
        raise ContentError([Problem(f"{name}: nothing is read from {syntax}", None, fix)])
    return Part(name, syntax, content)
