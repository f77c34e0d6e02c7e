"""A store elsewhere, asked by the SPARQL 1.1 Protocol: https://www.w3.org/TR/sparql11-protocol/#query-operation.

A query is read and refused here as one of a store of ours is, and sent with the base and the prefixes that it counts
on. What is answered is read as it comes, and handed on only as far as it can be read.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import IO, cast
from urllib.parse import urlencode

from kg.address import ForbiddenError, Reach
from kg.graph.fetching import Content, FailedError, Request, opened
from kg.graph.guard import UnsupportedError
from kg.graph.order import form
from kg.graph.store import (
    PREFIXES,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    ReadTriples,
    Results,
    Store,
    Term,
    parse_query_results,
    query,
)
from kg.graph.syntax import bind_values, tokens

__all__ = ["Remote", "StoreError", "shows_union", "with_prologue"]

_RESULTS = "application/sparql-results+json, application/sparql-results+xml;q=0.8"
_GRAPHS = "application/n-triples, text/turtle;q=0.8, application/rdf+xml;q=0.5"
# Formats of results that keep every term as it is.
_WHOLE = (QueryResultsFormat.JSON, QueryResultsFormat.XML)
_TRIPLES = frozenset({"CONSTRUCT", "DESCRIBE"})
# What the store answers -> what is told of it; whatever else it answers is its failure.
_STATUSES = {400: 422, 408: 504, 422: 422, 429: 503, 501: 422, 503: 503, 504: 504}
_BAD_GATEWAY = 502
# Seconds that a store may tell others to stay away.
_LONGEST_RETRY = 3600


class StoreError(Exception):
    """A store elsewhere that has no answer, or none that can be read.

    status: of HTTP, for who asked: 422 where it does not take the query, 502, 503 or 504. retry: seconds after which to
    ask again, empty where it says none.
    """

    def __init__(self, told: str, status: int = _BAD_GATEWAY, retry: str = "") -> None:
        """Note what is told."""
        super().__init__(f"the store behind this server has no answer: {told}")
        self.status, self.retry = status, retry


@dataclass(frozen=True)
class Remote:
    """A store elsewhere.

    address: of its endpoint. login: the value of the header Authorization, empty where it asks for none. entries: what
    it may redirect to beside addresses of its own scheme, host and port, as `kg.address.Reach` has it.
    seconds: for each piece of an answer; None where whoever reads sees to that.
    """

    address: str
    login: str = field(default="", repr=False)
    entries: tuple[str, ...] = ()
    seconds: float | None = None

    @cached_property
    def _empty(self) -> Store:
        """What queries are read by."""
        return Store()

    @contextmanager
    def query(
        self,
        text: str,
        *,
        base: str,
        bindings: Mapping[str, Term | str] | None = None,
        graphs: tuple[Sequence[str], Sequence[str]] | None = None,
        file: str = "query",
    ) -> Iterator[Results]:
        """The answer to a query, as long as it is read; parameters are those of `kg.graph.store.query`.

        Raises what that raises, but for functions that nobody here knows, which the store may know; StoreError at the
        beginning, or while the answer is read. Whoever writes the answer sees to it that one which breaks off is cut.
        """
        with suppress(UnsupportedError):
            query(self._empty, text, base=base, bindings=bindings, graphs=graphs, file=file)
        bound = bind_values(text, {name: str(term) for name, term in bindings.items()}) if bindings else text
        default, named = graphs or ((), ())
        sent = [
            ("query", with_prologue(bound, base, PREFIXES)),
            *(("default-graph-uri", iri) for iri in default),
            *(("named-graph-uri", iri) for iri in named),
        ]
        triples = form(text) in _TRIPLES
        request = Request(
            {"Accept": _GRAPHS if triples else _RESULTS, "Content-Type": "application/x-www-form-urlencoded"},
            urlencode(sent).encode(),
            {"Authorization": self.login} if self.login else None,
            self.seconds,
        )
        try:
            with opened(self.address, Reach(self.entries, self.address), request) as found:
                yield _triples(found) if triples else _results(found, asks=form(text) == "ASK")
        except ForbiddenError as error:
            raise StoreError("it redirects to where it may not") from error
        except FailedError as error:
            raise StoreError(str(error), _STATUSES.get(error.status, _BAD_GATEWAY), _seconds(error.retry)) from error
        except (SyntaxError, ValueError, OSError, RuntimeError) as error:
            raise StoreError(f"it cannot be read: {' '.join(str(error).split())[:200]}") from error


# The graph of a claim that nobody asserts has a triple which is in no other.
_CLAIM_GRAPHS = "ASK { { SELECT ?s ?p ?o { ?claim rdf:subject ?any GRAPH ?claim { ?s ?p ?o } } LIMIT 1000 } %s }"


def shows_union(remote: Remote, base: str, seconds: float) -> bool:
    """Whether the default graph of a store seems to hold what the graphs of its first claims hold, all of it.

    seconds: for each piece of an answer. Raises StoreError.
    """
    asked = (_CLAIM_GRAPHS % "", _CLAIM_GRAPHS % "FILTER NOT EXISTS { ?s ?p ?o }")
    answers = []
    for text in asked:
        with replace(remote, seconds=seconds).query(text, base=base) as results:
            answers.append(bool(results))
    return answers == [True, False]


def with_prologue(text: str, base: str, prefixes: Mapping[str, str]) -> str:
    """A query that says by itself what its relative IRIs start from, and which known prefixes it uses.

    Line breaks stay where they are.

    >>> with_prologue("ASK { <a> x:b y:c }", "http://e/", {"x": "http://x/", "z": "http://z/"})
    'BASE <http://e/> PREFIX x: <http://x/> ASK { <a> x:b y:c }'
    """
    stream = list(tokens(text))
    names = {token.text.partition(":")[0] for token in stream if token.kind == "name"}
    declared = {following.text[:-1] for token, following in pairwise(stream) if token.keyword == "PREFIX"}
    used = (f"PREFIX {name}: <{iri}> " for name, iri in prefixes.items() if name in names - declared)
    return f"BASE <{base}> {''.join(used)}{text}"


def _results(found: Content, *, asks: bool) -> QuerySolutions | QueryBoolean:
    """Results of a SELECT or an ASK."""
    kind = QueryResultsFormat.from_media_type(found.media_type)
    if kind not in _WHOLE:
        raise StoreError(f"it answers with {found.media_type}, where SPARQL results are asked for")
    results = parse_query_results(cast("IO[bytes]", found), kind)
    if isinstance(results, QueryBoolean) != asks:
        raise StoreError("it answers with another kind of results than the query asks for")
    return results


def _triples(found: Content) -> ReadTriples:
    kind = RdfFormat.from_media_type(found.media_type)
    if kind is None:
        raise StoreError(f"it answers with {found.media_type}, where RDF is asked for")
    if not found.ends:
        # A document of triples that is cut between two of them is one as well.
        raise StoreError("it does not tell where its answer ends")
    return ReadTriples(cast("IO[bytes]", found), kind, found.address)


def _seconds(retry: str) -> str:
    """Seconds of a Retry-After header; empty for a date, and for what is too long to be meant."""
    return retry if retry.isdecimal() and retry.isascii() and int(retry[:6]) <= _LONGEST_RETRY else ""
