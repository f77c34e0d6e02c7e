"""What is refused of a query before it is evaluated, as HTTP tells it."""

from dataclasses import dataclass

from kg.errors import ContentError
from kg.graph.guard import UnreachableError, check_query
from kg.web.refusal import Refusal

__all__ = ["LIMITS", "Limits", "check"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a request may be. length: code points of the query. bytes: size of the body."""

    length: int = 100_000
    bytes: int = 1_000_000


LIMITS = Limits()


def check(text: str) -> None:
    """Raise `Refusal` for a query that is too long or that `kg.graph.guard` refuses.

    403 for SERVICE and LOAD, 413 for too long, 400 for all else. A query that is merely wrong passes: the parser tells.
    """
    if len(text) > LIMITS.length:
        detail = f"the query is {len(text):,} characters long; {LIMITS.length:,} are the most that is answered"
        raise Refusal(413, detail, fix="ask in several queries")
    try:
        check_query(text, "query")
    except UnreachableError as error:
        raise Refusal.of(403, error.problems[0]) from error
    except ContentError as error:
        raise Refusal.of(400, error.problems[0]) from error
