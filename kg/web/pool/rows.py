"""Rows of an answer as the server takes them in hand: a page of them, read back from a worker."""

import io
from dataclasses import dataclass, replace

from starlette.requests import Request

from kg.graph.store import (
    TRIPLE_FORMATS,
    QueryBoolean,
    QuerySolutions,
    Triple,
    read_results,
    serialize,
    serialize_results,
)
from kg.graph.worker import TABLE, Task
from kg.web.http.paging import Page, link_header, neighbours
from kg.web.limits import Limits
from kg.web.pool.evaluation import evaluate
from kg.web.pool.pool import EndedError, LateError, Pool
from kg.web.refusal import Refusal

__all__ = ["Rows", "ask_rows"]

# Bytes that a page has at most before it becomes what is sent.
_LENGTH = 50_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of an answer.

    kind: boolean, solutions or triples. body: as SPARQL results, in JSON where it is a boolean, else in TSV.
    page: which rows. more: whether others come after them. stable: whether asking again gives the same.
    """

    kind: str
    body: bytes
    page: Page
    more: bool
    stable: bool

    def links(self, request: Request) -> dict[str, str]:
        """Addresses of the pages beside it; none where the answer has no pages."""
        if self.kind == "boolean":
            return {}
        return neighbours(request.url.path, request.query_params.multi_items(), self.page, more=self.more)

    def headers(self, request: Request) -> dict[str, str]:
        """What an answer with these rows says of itself."""
        links = self.links(request)
        link = {"Link": link_header(links)} if links else {}
        return link if self.stable else {**link, "Cache-Control": "no-store"}

    @property
    def results(self) -> QuerySolutions | QueryBoolean:
        """The answer, to be read once and in one thread; triples are rows of subject, predicate and object."""
        return read_results(self.body, "json" if self.kind == "boolean" else "tsv")

    def written(self, name: str) -> bytes:
        """The answer in a format of the store, by its name there."""
        out = io.BytesIO()
        results = self.results
        if self.kind == "triples" and isinstance(results, QuerySolutions):
            triples = [Triple(*solution) for solution in results]
            serialize(triples, out, format=TRIPLE_FORMATS[name])
        else:
            serialize_results(results, name, out)
        return out.getvalue()


async def ask_rows(request: Request, pool: Pool, limits: Limits, task: Task, page: Page) -> Rows:
    """The rows of a page; raises Refusal as `evaluate` does, and 507 for a page that is too large."""
    rows = replace(
        task, solutions=TABLE, triples=TABLE, skip=page.offset, rows=page.limit + 1, length=min(_LENGTH, limits.answer)
    )
    answer = await evaluate(request, pool, rows, limits.seconds)
    try:
        body = answer.body if answer.body is not None else b"".join([piece async for piece in answer.pieces()])
    except LateError as error:
        raise Refusal(504, f"the answer takes longer than {limits.seconds:g} s", fix="ask for fewer rows") from error
    except EndedError as error:
        raise Refusal(507, "this page of the answer is larger than one may be", fix="ask for fewer rows") from error
    kind, stable = answer.head["kind"], answer.head["stable"]
    if kind == "boolean":
        return Rows(kind, body, page, more=False, stable=stable)
    # The names of the columns come first, and what follows the last line break is empty.
    names, *found = body.split(b"\n")[:-1]
    lines = b"".join(line + b"\n" for line in (names, *found[: page.limit]))
    return Rows(kind, lines, page, len(found) > page.limit, stable)
