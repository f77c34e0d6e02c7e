"""A server on loopback that fetches for the store what a query or an update asks elsewhere.

The store's own HTTP client has no limits, follows names to wherever they lead, and cannot be told to stop. It is shown
addresses of this server instead, which nobody else can guess, and which end with the query.
"""

import re
import secrets
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from kg.address import ForbiddenError, Reach
from kg.graph.fetching import Document, FailedError, fetch
from kg.graph.store import RdfFormat, parse, serialize

__all__ = ["Forwarder", "Target"]

# Bytes of one answer; requests of one query or update, which may ask anew for each solution that it has.
_MOST = 50_000_000
_REQUESTS = 1000
# Characters that an IRI may have and that mean something there; any others are percent-encoded.
_IN_IRI = "%/:?#[]@!$&'()*+,;=~"
_RESULTS = "application/sparql-results+json, application/sparql-results+xml"
_GRAPHS = "text/turtle, application/n-triples, application/rdf+xml;q=0.9, application/ld+json;q=0.8"


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked elsewhere. address: where. loads: whether a document is loaded, instead of a query answered."""

    address: str
    loads: bool = False

    def __str__(self) -> str:
        """As it is written in a query."""
        return f"{'LOAD' if self.loads else 'SERVICE'} <{self.address}>"


class Forwarder(AbstractContextManager["Forwarder"]):
    """Listens from when it is entered until it is left.

    asked: whether it was. forbidden: why a target may not be reached, where one was asked for that may not. failed: why
    one could not be.
    """

    def __init__(self, targets: Sequence[Target], reach: Reach) -> None:
        """Listen for requests to the targets, at the addresses that `address` tells."""
        self.asked, self.forbidden, self.failed = False, "", ""
        self._targets, self._reach = targets, reach
        self._secret = secrets.token_urlsafe(24)
        self._left = _REQUESTS
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.forwarder = self
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}/{self._secret}/"

    def address(self, index: int) -> str:
        """Where the target of that number is asked for."""
        return f"{self.origin}{index}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, body: bytes | None) -> tuple[str, bytes] | None:
        """Media type and body of what the target answers; None where it does not."""
        secret, _, number = path.removeprefix("/").partition("/")
        known = number.isdecimal() and int(number) < len(self._targets)
        if not secrets.compare_digest(secret.encode(), self._secret.encode()) or not known:
            return None
        target = self._targets[int(number)]
        self.asked = True
        with self._lock:
            self._left -= 1
        if self._left < 0:
            self.failed = f"{target} is asked more than {_REQUESTS:,} times"
            return None
        try:
            return self._fetched(target, body)
        except ForbiddenError as error:
            self.forbidden = self.forbidden or f"{target}: {error}"
        except (FailedError, MemoryError) as error:
            self.failed = f"{target} cannot be asked: {str(error) or 'it takes too much memory'}"
        return None

    def _fetched(self, target: Target, body: bytes | None) -> tuple[str, bytes]:
        if target.loads:
            found = fetch(target.address, self._reach, _MOST, {"Accept": _GRAPHS})
            return RdfFormat.N_TRIPLES.media_type, _as_triples(found)
        headers = {"Accept": _RESULTS, "Content-Type": "application/sparql-query"}
        found = fetch(target.address, self._reach, _MOST, headers, self._as_written(body or b""))
        return found.media_type, found.body

    def _as_written(self, query: bytes) -> bytes:
        """A query in which SERVICE within SERVICE names whom it named: the other endpoint asks them, not us."""
        ours = re.compile(rb"<%b(\d+)>" % re.escape(self.origin.encode()))
        return ours.sub(lambda found: f"<{quote(self._targets[int(found[1])].address, _IN_IRI)}>".encode(), query)


def _as_triples(document: Document) -> bytes:
    """A document in a syntax without relative IRIs, which the store would resolve against where it got them from."""
    syntax = RdfFormat.from_media_type(document.media_type)
    if syntax is None:
        raise FailedError(f"nothing is read from {document.media_type}")
    out = BytesIO()
    try:
        read = parse(document.body, syntax, base_iri=document.address, without_named_graphs=True)
        serialize((quad.triple for quad in read), out, RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError) as error:
        raise FailedError(f"it is not {document.media_type}: {error}"[:300]) from error
    return out.getvalue()


class _Server(ThreadingHTTPServer):
    """Listens for one query."""

    daemon_threads = True
    # A thread that waits for somebody else is not waited for.
    block_on_close = False
    forwarder: Forwarder

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the library has it
        """Nobody reads what would be written."""


class _Handler(BaseHTTPRequestHandler):
    """Answers the store's HTTP client."""

    server: _Server

    def do_GET(self) -> None:
        """A document."""
        self._answer(None)

    def do_POST(self) -> None:
        """A query."""
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, body: bytes | None) -> None:
        answered = self.server.forwarder.answer(self.path, body)
        self.send_response(HTTPStatus.OK if answered else HTTPStatus.BAD_GATEWAY)
        media_type, content = answered or ("text/plain", b"")
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as the library has it
        """Nobody reads what would be written."""
