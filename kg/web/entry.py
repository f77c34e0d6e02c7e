"""What is noted of a request while it is answered: each layer notes what it knows, the journal reads it all."""

from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["LEFT", "Entry", "current", "enter"]

# The status of an answer that nobody was there for any more; nginx calls it so too.
LEFT = 499


@dataclass(slots=True)
class Entry:
    """An entry of the journal.

    id: of the request. method, path: as they were sent, the path without its query string. parameters: that string.
    status: of the answer, 499 where the client left before it was begun. bytes: of its body, as sent.
    whole: whether its last byte was sent. seconds: from the request's arrival to the end of its answer.
    error: what went wrong here, with a stack trace.
    snapshot: name of the one that answers. cache: hit or miss, empty where the cache has no say.
    query: text of the query that is asked. outcome: what became of it: ok, late, memory, refused, busy, gone or broken.
    lane: where it was evaluated. queued, evaluated: seconds until it was begun, and from then to its first byte.
    worker: CPU seconds that its evaluation took.
    client: who sent it: an IPv4 address, or the network of an IPv6 address; empty where nobody knows.
    """

    id: str = ""
    method: str = ""
    path: str = ""
    parameters: bytes = b""
    status: int = 0
    bytes: int = 0
    whole: bool = False
    seconds: float = 0.0
    error: str = ""
    snapshot: str = ""
    cache: str = ""
    query: str = ""
    outcome: str = ""
    lane: str = ""
    queued: float | None = None
    evaluated: float | None = None
    worker: float | None = None
    client: str = ""


_CURRENT: ContextVar[Entry] = ContextVar("entry")


def enter(entry: Entry) -> None:
    """Make this the entry of the request that the running task answers."""
    _CURRENT.set(entry)


def current() -> Entry:
    """The entry of the request that the running task, or what it called or started, answers; one that nobody reads
    where there is no journal.
    """
    found = _CURRENT.get(None)
    return Entry() if found is None else found
