"""Results as what is sent: bytes in the format that was agreed on, or a table for a page."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

from starlette.requests import Request
from starlette.responses import Response

from kg.errors import ContentError
from kg.graph.store import QueryTriples, Results, serialize_results
from kg.web.negotiation import GRAPHS, HTML, RESULTS, Offer, negotiate
from kg.web.protocol import CORS
from kg.web.refusal import Refusal
from kg.web.tables import Table

__all__ = ["Answer", "answer", "data", "serialize"]


_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query answers. table: where a page was asked for; else body holds it, in the format of offer."""

    offer: Offer
    body: bytes = b""
    table: Table | None = None


def answer(
    ask: Callable[[], Results], request: Request, tabulate: Callable[[Results], Table], name: str | None
) -> Answer:
    """Ask, agree with the client on a format, and write the results in it.

    name: of a format that the address asks for. Raises Refusal: 400 for a query or graph that is wrong, 406, 500.
    """
    refusal = _asked(ask, request.headers.get("accept"), tabulate, name)
    if isinstance(refusal, Answer):
        return refusal
    raise refusal


def _asked(
    ask: Callable[[], Results], accept: str | None, tabulate: Callable[[Results], Table], name: str | None
) -> Answer | Refusal:
    """The answer or the refusal, without the frames that led to it: the thread that asked must drop the results."""
    try:
        results = ask()
        offer = negotiate(accept, (*(GRAPHS if isinstance(results, QueryTriples) else RESULTS), HTML), name)
        if offer is HTML:
            return Answer(offer, table=tabulate(results))
        return Answer(offer, serialize(results, offer.name))
    except Refusal as refusal:
        return refusal.with_traceback(None)
    except ContentError as error:
        return Refusal.of(400, error.problems[0])
    except ValueError as error:
        return Refusal(400, f"a graph that is no IRI: {error}", fix="write absolute IRIs")
    except (OSError, RuntimeError):
        _LOG.exception("a query could not be evaluated")
        return Refusal(500, "the query could not be evaluated to its end")


def serialize(results: Results, name: str) -> bytes:
    """Results in a format of kg.graph.store, written natively."""
    out = BytesIO()
    serialize_results(results, name, out)
    return out.getvalue()


def data(body: bytes, offer: Offer, headers: Mapping[str, str] | None = None) -> Response:
    """Data for programs, which any page may ask for."""
    return Response(body, headers={**CORS, "Vary": "Accept", **(headers or {})}, media_type=offer.media_type)
