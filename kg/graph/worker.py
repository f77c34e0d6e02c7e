"""A process that evaluates queries: tasks come in by standard input, answers leave by standard output.

    python -m kg.graph.worker MEGABYTES

A task is a line of JSON (`Task`). An answer is a sequence of frames, each a kind (one byte), a length (four bytes, big
endian) and so many bytes: one HEAD, any number of DATA, one END; or FAULT, where there is no answer, in place of HEAD
or after some DATA. OPENED comes before where a store had to be opened. One END before all others says that the process
is ready. Results are written by the store itself.
Whoever started the process ends it, by closing its input or by killing it: nothing that runs inside the store can be
told to stop.
"""

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from io import RawIOBase
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import IO, TYPE_CHECKING, Any, cast

from kg.address import Reach, is_address
from kg.errors import ContentError, Problem, UsageError
from kg.graph.coding import IDENTITY, encoder
from kg.graph.federation import ServiceError, forwarding
from kg.graph.guard import UnreachableError, UnsupportedError, is_stable
from kg.graph.remote import Remote, StoreError
from kg.graph.store import (
    PREFIXES,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    ReadTriples,
    Results,
    Store,
    open_store,
    query,
    serialize_results,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = [
    "DATA",
    "END",
    "FAULT",
    "FRAME",
    "HEAD",
    "OPENED",
    "TABLE",
    "Task",
    "TooLargeError",
    "fault_of",
    "leave_with_server",
    "limit_memory",
    "main",
    "send",
]

FRAME = Struct(">cI")
HEAD, DATA, END, FAULT, OPENED = b"H", b"D", b"E", b"F", b"O"
TABLE = "table"
_KINDS = {QueryBoolean: "boolean", QuerySolutions: "solutions", QueryTriples: "triples", ReadTriples: "triples"}

# Below that many bytes a coding gains nothing.
_WORTH_CODING = 1000
# Bytes that are gathered before they are sent on: the store writes in pieces of eight kilobytes.
_FRAME = 1 << 16
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Task:
    """A query to evaluate.

    store: folder of the store, or address of one elsewhere. login: to that, as `kg.graph.remote.Remote` has it.
    query, base, bindings, graphs, file: as for `kg.graph.store.query`, terms as N-Triples.
    solutions, triples: names of the formats to answer in, by what the query turns out to be; empty: none will do;
        `table`: the first rows as TSV, whose columns for triples are subject, predicate and object.
    skip, rows: how many rows a table leaves out at the beginning, and how many it has at most.
    coding: content coding of the answer. length: in bytes, how long it may be before it is coded.
    reach: what SERVICE may ask, or a store elsewhere may redirect to, as `kg.address.Reach` has it.
    """

    store: str
    query: str
    base: str
    solutions: str = "json"
    triples: str = "ttl"
    graphs: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    bindings: dict[str, str] = field(default_factory=dict)
    skip: int = 0
    rows: int = 1001
    coding: str = IDENTITY
    length: int = 1_000_000_000
    file: str = "query"
    reach: tuple[str, ...] = ()
    login: str = field(default="", repr=False)

    @property
    def waits(self) -> bool:
        """Whether it is answered elsewhere."""
        return is_address(self.store)

    def line(self) -> bytes:
        """The task as it is sent."""
        return json.dumps(asdict(self), ensure_ascii=False).encode() + b"\n"


class TooLargeError(Exception):
    """An answer that is longer than it may be, or a store that a change would make so."""


class _Answer(RawIOBase):
    """Where the store writes an answer: gathers it, codes it and sends it on in frames, the head before the first."""

    def __init__(self, task: Task, head: dict[str, object]) -> None:
        super().__init__()
        self._left, self._coding, self._head = task.length, task.coding, head
        self._gathered, self._begun = bytearray(), False
        self._encoder = None if task.coding == IDENTITY else encoder(task.coding)

    def writable(self) -> bool:
        return True

    def write(self, piece: "ReadableBuffer") -> int:
        before = len(self._gathered)
        self._gathered += piece
        length = len(self._gathered) - before
        self._left -= length
        if self._left < 0:
            raise TooLargeError
        if len(self._gathered) >= _FRAME:
            self._send()
        return length

    def end(self) -> None:
        """Send what is left, and that this is all."""
        if not self._begun and len(self._gathered) < _WORTH_CODING:
            self._encoder, self._coding = None, IDENTITY
        self._send()
        if self._encoder is not None:
            send(DATA, self._encoder.flush())
        send(END)

    def _send(self) -> None:
        """Send what is gathered, which then is no more."""
        if not self._begun:
            self._begun = True
            send(HEAD, {**self._head, "coding": self._coding})
        data = bytes(self._gathered)
        self._gathered.clear()
        coded = self._encoder.compress(data) if self._encoder else data
        if coded:
            send(DATA, coded)


def send(kind: bytes, content: dict[str, Any] | bytes = b"") -> None:
    """Write a frame to standard output."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    left = memoryview(FRAME.pack(kind, len(body)) + body)
    while left:
        left = left[os.write(1, left) :]


def _answer(task: Task, store: Store | Remote) -> None:
    if isinstance(store, Remote):
        with store.query(
            task.query, base=task.base, bindings=task.bindings, graphs=task.graphs, file=task.file
        ) as results:
            out = _written(task, results)
    else:
        with forwarding(task.query, Reach(tuple(task.reach)), PREFIXES, task.file) as asked:
            results = query(
                store,
                asked.text,
                base=task.base,
                bindings=task.bindings,
                graphs=task.graphs,
                file=task.file,
                origin=asked.origin,
            )
            out = _written(task, results)
    if out is not None:
        out.end()


def _written(task: Task, results: Results) -> _Answer | None:
    """The answer, all but its end; None where none was asked for that there is."""
    kind = _KINDS[type(results)]
    name = task.triples if kind == "triples" else task.solutions
    head: dict[str, object] = {"kind": kind, "stable": is_stable(task.query)}
    if not name:
        send(FAULT, {"fault": "format", **head})
        return None
    out = _Answer(task, head)
    if name == TABLE and not isinstance(results, QueryBoolean):
        for row in _rows(results, task.skip, task.rows):
            out.write(("\t".join(row) + "\n").encode())
    else:
        serialize_results(results, "json" if name == TABLE else name, cast("IO[bytes]", out))
    return out


def _opened(task: Task) -> Store | Remote:
    """The store that a task is about; raises UsageError where it cannot be opened."""
    return Remote(task.store, task.login, tuple(task.reach)) if task.waits else open_store(Path(task.store))


def _rows(results: QuerySolutions | QueryTriples | ReadTriples, skip: int, rows: int) -> Iterator[list[str]]:
    """The names of the columns, and the rows after those that are skipped."""
    if isinstance(results, QueryTriples | ReadTriples):
        yield ["?subject", "?predicate", "?object"]
    else:
        yield [f"?{name.value}" for name in results.variables]
    for row in islice(results, skip, skip + rows):
        yield ["" if term is None else str(term) for term in row]


def _problem(problem: Problem) -> dict[str, Any]:
    place = None if problem.place is None else asdict(problem.place)
    return {"message": problem.message, "fix": problem.fix, "place": place}


# The first that an error is: what the server is told.
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (UnreachableError, "unreachable"),
    (ServiceError, "service"),
    (StoreError, "upstream"),
    (UnsupportedError, "unsupported"),
    (ContentError, "query"),
    (TooLargeError, "large"),
    (MemoryError, "memory"),
    (ValueError, "graph"),
    (Exception, "store"),
)


def fault_of(error: Exception) -> dict[str, Any]:
    """What the server is told of an answer that there is not."""
    name = next(name for kind, name in _FAULTS if isinstance(error, kind))
    told = _problem(error.problems[0]) if isinstance(error, ContentError) else {"message": str(error)}
    status = {"status": error.status, "retry": error.retry} if isinstance(error, StoreError) else {}
    return {"fault": name, **told, **status}


def limit_memory(megabytes: int) -> None:
    """Let the process take so much more memory than it has; where the platform has no such limit, nothing is done."""
    try:
        import resource  # noqa: PLC0415 - not on every platform

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (taken + megabytes * _MEGABYTE, hard))


def leave_with_server() -> None:
    """End the process as soon as the other end of its input is closed, whatever runs."""
    poll = select.poll()
    poll.register(0, 0)
    poll.poll()
    os._exit(0)


_TOLD = (ContentError, StoreError, UsageError, TooLargeError, MemoryError, ValueError, OSError, RuntimeError)


def main(megabytes: int) -> None:
    """Answer tasks until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=leave_with_server, daemon=True).start()
    send(END)
    opened, store = "", None
    for line in sys.stdin.buffer:
        task = Task(**json.loads(line))
        try:
            if store is None or opened != task.store:
                store = None
                opened, store = task.store, _opened(task)
                limit_memory(megabytes)
                send(OPENED)
            _answer(task, store)
        except _TOLD as error:
            send(FAULT, fault_of(error))


if __name__ == "__main__":
    main(int(sys.argv[1]))
