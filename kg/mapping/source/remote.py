"""Sources by address: http(s), and object stores (s3, gs, az) with obstore (extra `cloud`), into a temporary file.

Only what the user allows is fetched, each redirect too: a mapping alone never makes a request. Where an allowed name
leads is looked at before it is connected to: not to this machine or the network around it, unless that is allowed by
number.
"""

import http.client
import posixpath
import re
import shutil
import tempfile
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from kg.address import WEB, ForbiddenError, Reach, is_allowed, split
from kg.connection import connect
from kg.errors import ContentError, Place
from kg.mapping.source.refusal import needs, refused
from kg.temporary import PREFIX, sweep

__all__ = ["Fetched"]

_PIECE = 1 << 20
_SECONDS = 30
_ATTEMPTS = 3


class Fetched:
    """What a run fetched: each address once, in a folder that is removed with this object.

    sizes: bytes, by address.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Tell how much of an address is there, now and then, by a line of text."""
        self.sizes: dict[str, int] = {}
        self._tell = tell
        self._folder: Path | None = None
        self._paths: dict[str, Path] = {}

    def path(self, address: str, allowed: Collection[str], place: Place) -> Path:
        """The file with what stands at the address. Raises `ContentError`: not allowed, not there, or cut short."""
        _check(address, allowed, place)
        if address not in self._paths:
            path = self._new(address)
            scheme = address.partition("://")[0].lower()
            with path.open("wb") as file:
                pieces = _web(address, allowed, place) if scheme in WEB else _store(address, place)
                self.sizes[address] = self._write(pieces, file, address)
            self._paths[address] = path
        return self._paths[address]

    def _new(self, address: str) -> Path:
        if self._folder is None:
            sweep()
            self._folder = Path(tempfile.mkdtemp(prefix=PREFIX))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        # The ending of the name tells the format.
        name = re.sub(r"[^\w.-]", "_", posixpath.basename(urlsplit(address).path))[-100:] or "source"
        folder = self._folder / f"{len(self._paths)}"
        folder.mkdir(exist_ok=True)
        return folder / name

    def _write(self, pieces: Iterator[bytes], file: IO[bytes], address: str) -> int:
        size, last = 0, time.monotonic()
        for piece in pieces:
            file.write(piece)
            size += len(piece)
            if time.monotonic() - last > 0.5:
                last = time.monotonic()
                self._tell(f"{address}: {size / 1e6:,.1f} MB")
        return size


def _check(address: str, allowed: Collection[str], place: Place | None, origin: str = "") -> None:
    if not is_allowed(address, allowed):
        parts = split(address)
        if parts is None:
            raise refused(f"{address!r} is no address to fetch", place, "write it without spaces, `..` and passwords")
        folder = f"{parts.scheme}://{parts.netloc}{posixpath.dirname(parts.path).rstrip('/')}/"
        raise refused(f"{address} is not allowed{origin}", place, f"if it may be fetched, add --allow {folder}")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to where it is allowed."""

    def __init__(self, allowed: Collection[str], place: Place) -> None:
        self._allowed = allowed
        self._place = place

    def redirect_request(self, req: urllib.request.Request, fp: IO[bytes], *answer: Any) -> Any:  # noqa: ANN401
        """The request to go on with. answer: the code, its reason, the headers, and the new address."""
        try:
            _check(answer[-1], self._allowed, self._place, f", where {req.full_url} leads")
        except ContentError:
            fp.close()
            raise
        return super().redirect_request(req, fp, *answer)


class _Web(urllib.request.AbstractHTTPHandler):
    """Opens http and https, each address as far as it may be reached."""

    def __init__(self, reach: Reach, place: Place) -> None:
        super().__init__()
        self._reach = reach
        self._place = place

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """The answer to a request."""

        def connected(_: str, **__: Any) -> http.client.HTTPConnection:  # noqa: ANN401 - as the library calls it
            try:
                return connect(req.full_url, self._reach, _SECONDS)
            except OSError as error:
                raise urllib.error.URLError(error) from error
            except ForbiddenError as error:
                fix = "if it may be fetched, allow the machine by its number too, as --allow 10.0.0.0/8"
                raise refused(str(error), self._place, fix) from error

        return self.do_open(connected, req)

    https_open = http_open
    http_request = https_request = urllib.request.AbstractHTTPHandler.do_request_


def _opener(allowed: Collection[str], place: Place) -> urllib.request.OpenerDirector:
    """What opens http and https alone, not the files and folders that the standard library's opener knows too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        _Web(Reach(tuple(allowed)), place),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(allowed, place),
    ):
        opener.add_handler(handler)
    return opener


def _web(address: str, allowed: Collection[str], place: Place) -> Iterator[bytes]:
    """The bytes at an address; a transfer that is cut is gone on with where the server can do that."""
    opener = _opener(allowed, place)
    done, attempt = 0, 0
    version: str | None = None
    while True:
        attempt += 1
        headers = {"Accept-Encoding": "identity", "User-Agent": "pressgraph"}
        if done and version:
            headers |= {"Range": f"bytes={done}-", "If-Range": version}
        try:
            with opener.open(urllib.request.Request(address, headers=headers)) as response:  # noqa: S310
                _check_answer(address, response, done, place)
                version = _version(response.headers)
                length = response.headers.get("Content-Length")
                end = done + int(length) if length and length.isdigit() else None
                while piece := response.read(_PIECE):
                    done += len(piece)
                    yield piece
            if end is None or done >= end:
                return
            reason = f"it was cut after {done:,} of {end:,} bytes"
        except http.client.IncompleteRead as error:
            done += len(error.partial)
            yield error.partial
            reason = f"it was cut after {done:,} bytes"
        except urllib.error.HTTPError as error:
            error.close()
            raise refused(
                f"{address} cannot be fetched: the server answers {error.code} {error.reason}",
                place,
                "correct the address",
            ) from error
        except urllib.error.URLError as error:
            raise refused(f"{address} cannot be fetched: {error.reason}", place, "correct the address") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = f"{str(error) or type(error).__name__} after {done:,} bytes"
        if attempt == _ATTEMPTS or (done and version is None):
            raise refused(f"{address} cannot be fetched: {reason}", place, "try again, or fetch it yourself")


def _check_answer(address: str, response: Any, done: int, place: Place) -> None:  # noqa: ANN401 - of the standard library
    if done and response.status != http.client.PARTIAL_CONTENT:
        raise refused(f"{address} changed while it was fetched", place, "try again")
    if (packed := response.headers.get("Content-Encoding", "identity")) != "identity":
        raise refused(f"{address} comes packed with {packed}, which was not asked for", place, "fetch it yourself")


def _version(headers: Mapping[str, str]) -> str | None:
    """What tells that a document is still the same, where the server gives parts of it."""
    tag = headers.get("ETag")
    strong = tag if tag and not tag.startswith("W/") else None
    return strong or headers.get("Last-Modified") if headers.get("Accept-Ranges") == "bytes" else None


def _store(address: str, place: Place) -> Iterator[bytes]:
    """The bytes of an object. Where the store is and who asks, the environment says, as for the store's own tools."""
    try:
        import obstore  # noqa: PLC0415 - an extra
        from obstore.exceptions import BaseError  # noqa: PLC0415
        from obstore.store import from_url  # noqa: PLC0415
    except ImportError:
        raise needs("obstore", "cloud", place) from None
    bucket, _, key = address.partition("://")[2].partition("/")
    try:
        store = from_url(f"{address.partition('://')[0].lower()}://{bucket}")
        for piece in obstore.get(store, key).stream(min_chunk_size=_PIECE):
            yield bytes(piece)
    except (BaseError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise refused(
            f"{address} cannot be fetched: {reason}",
            place,
            "correct the address, or the store's settings in the environment",
        ) from error
