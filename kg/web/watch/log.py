"""The log: a line for each request, or for those that somebody should look at, on standard error."""

import hashlib
import json
import logging
import os
import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from kg.web.entry import LEFT, Entry

__all__ = ["Events", "Log", "Sink", "events"]

# Bytes of lines that wait to be written; and the seconds that they are gathered for, and waited for in the end.
_HELD = 1 << 20
_GATHER = 0.02
_LAST = 1.0
# Characters of a path and of a query that are written down.
_PATH, _QUERY = 300, 2000
# Asked all day by whoever watches the server.
_PROBES = frozenset({"/health", "/ready", "/metrics"})
# Controls, and what changes the direction of text or cannot be seen.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")

_Line = dict[str, Any]
_Format = Callable[[_Line], str]


class Sink:
    """Lines on their way to a file descriptor.

    A thread writes them, so that a reader that is stuck stops nobody; what then is too much is dropped.
    """

    def __init__(self, descriptor: int) -> None:
        """Write to the descriptor. dropped: how many lines were."""
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._held = 0
        self._some = threading.Event()
        self._stopped = threading.Event()
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Write a line, soon."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        if self._held + len(data) > _HELD:
            self.dropped += 1
            return
        self._held += len(data)
        self._lines.append(data)
        if not self._some.is_set():
            self._some.set()

    def close(self) -> None:
        """Write what is left, unless the reader is stuck."""
        self._stopped.set()
        self._some.set()
        self._thread.join(_LAST)

    def _run(self) -> None:
        while not self._stopped.is_set() or self._lines:
            self._some.wait()
            self._stopped.wait(_GATHER)
            self._some.clear()
            data = b"".join(self._lines.popleft() for _ in range(len(self._lines)))
            try:
                left = memoryview(data)
                while left:
                    left = left[os.write(self._descriptor, left) :]
            except OSError:
                # Nobody reads: there is nobody to tell.
                self.dropped += data.count(b"\n")
            self._held -= len(data)


@dataclass(frozen=True, slots=True)
class Log:
    """Writes down what the journal has.

    sink: takes the lines. format: makes a line of its parts. all: whether requests that went well are written down.
    slow: seconds from which on a query is written down with its text.
    """

    sink: Sink
    format: _Format
    all: bool
    slow: float

    @classmethod
    def of(cls, sink: Sink, name: str, slow: float) -> "Log":
        """The log of that name: json, text, or warnings, which leaves out what went well."""
        return cls(sink, _FORMATS[name], name != "warnings", slow)

    @property
    def hits(self) -> bool:
        """Whether it reads what the cache answered, of which none goes wrong."""
        return self.all

    def __call__(self, entry: Entry, /) -> None:
        """Write down a request, where it is to be."""
        slow = bool(entry.query) and entry.seconds >= self.slow
        bad = slow or entry.status >= 500 or _ended(entry) == "cut"
        level = "error" if entry.error else "warning" if bad else "info"
        if level == "info" and (not self.all or entry.path in _PROBES):
            return
        self.sink.write(self.format(_line(entry, level, slow=slow)))


def _ended(entry: Entry) -> str:
    """How an answer ended that did not reach its end: gone where the client left, cut where we broke it off."""
    if entry.outcome == "gone" or entry.status == LEFT:
        return "gone"
    return "" if entry.whole else "cut"


def _line(entry: Entry, level: str, *, slow: bool) -> _Line:
    """The parts of a line; of the query string there is a hash, because it may hold anything."""
    line: _Line = {
        "time": _now(),
        "level": level,
        "id": entry.id,
        "method": entry.method,
        "path": _bounded(entry.path, _PATH),
        "status": entry.status,
        "bytes": entry.bytes,
        "seconds": round(entry.seconds, 6),
    }
    if entry.query:
        line |= _query(entry.query)
    elif entry.parameters and entry.path.rstrip("/") == "/sparql":
        line |= _asked(entry.parameters)
    told = {
        "ended": _ended(entry),
        "outcome": entry.outcome,
        "cache": entry.cache,
        "snapshot": entry.snapshot,
        "lane": entry.lane,
        "queue_seconds": _rounded(entry.queued),
        "eval_seconds": _rounded(entry.evaluated),
        "worker_seconds": _rounded(entry.worker),
        "query": _bounded(entry.query, _QUERY) if slow else "",
        "error": entry.error,
    }
    return line | {name: value for name, value in told.items() if value not in {None, ""}}


def _query(text: str) -> _Line:
    """What is told of any query."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    return {"query_sha256": digest.hexdigest(), "query_length": len(text)}


@lru_cache(256)
def _asked(parameters: bytes) -> _Line:
    """What is told of the query in the address of the endpoint, whose answer the cache had."""
    pairs = parse_qsl(parameters.decode("latin-1"), keep_blank_values=True)
    return next((_query(value) for name, value in pairs if name == "query"), {})


def _bounded(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def _now() -> str:
    """The time: https://www.rfc-editor.org/rfc/rfc3339#section-5.6."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seen(text: str) -> str:
    r"""The text with what cannot be seen, or ends a line, written out.

    >>> print(_seen("a\nb"))
    a\u000ab
    """
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _text(line: _Line) -> str:
    """A line for people: the request, then what else is known of it; a stack trace on lines of its own."""
    line = dict(line)
    error = line.pop("error", "")
    time, level, message = line.pop("time"), line.pop("level"), line.pop("message", "")
    if not message:
        method, path, status = (line.pop(name) for name in ("method", "path", "status"))
        message = f"{method} {path} {status} in {line.pop('seconds'):.3f} s"
    rest = " ".join(f"{name}={value!r}" if " " in str(value) else f"{name}={value}" for name, value in line.items())
    first = _seen(f"{time} {level:<7} {message}  {rest}".rstrip())
    return "\n".join([first, *(f"    {_seen(part)}" for part in error.splitlines())])


# `json.dumps` writes nothing but visible ASCII.
_FORMATS: dict[str, _Format] = {"json": json.dumps, "text": _text, "warnings": _text}


class Events(logging.Handler):
    """Writes down what is logged, such as a request that is no HTTP, as lines of the same format."""

    def __init__(self, sink: Sink, format_: _Format, level: int) -> None:
        """Write to the sink what is of that level, or above."""
        super().__init__(level)
        self._sink, self._format = sink, format_

    def emit(self, record: logging.LogRecord) -> None:
        """Write down an event."""
        line: _Line = {"time": _now(), "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            line["error"] = logging.Formatter().formatException(record.exc_info)
        self._sink.write(self._format(line))


def events(sink: Sink, name: str) -> logging.Handler:
    """What takes all that is logged, by the name of what is written down."""
    if name == "none":
        return logging.NullHandler()
    return Events(sink, _FORMATS[name], logging.WARNING if name == "warnings" else logging.INFO)
