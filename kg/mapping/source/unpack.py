"""Packed files -> a temporary file with what is in them, so that it is read in pieces as any other."""

import gzip
import lzma
import stat
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PosixPath, WindowsPath
from typing import IO, cast

from kg.temporary import PREFIX, sweep

__all__ = ["FAULTS", "UNPACK", "spooled"]

# What a file may unpack to: this many bytes, or this many times its size, whichever is more.
_MOST = 10**9
_TIMES = 200

_PIECE = 1 << 20

FAULTS = (
    OSError, EOFError, ValueError, RuntimeError, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, zlib.error,
)  # fmt: skip
"""What is raised for a file that is not packed so, that is encrypted, or that unpacks to too much."""


class _Spooled(WindowsPath if type(Path()) is WindowsPath else PosixPath):  # type: ignore[misc]
    """A path of a temporary file, which is removed with this object."""


@contextmanager
def _zip(path: Path) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _check_one(len(members))
        if stat.S_ISLNK(members[0].external_attr >> 16):
            raise ValueError(f"holds a link, {members[0].filename!r}, and a file is expected")
        with archive.open(members[0]) as member:
            yield member


@contextmanager
def _tar(path: Path) -> Iterator[IO[bytes]]:
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        _check_one(len(members))
        member = archive.extractfile(members[0])
        assert member is not None
        with member:
            yield member


def _check_one(files: int) -> None:
    if files != 1:
        raise ValueError(f"holds {files} files, and one is expected")


@contextmanager
def _gzip(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path) as file:
        yield cast("IO[bytes]", file)


@contextmanager
def _xz(path: Path) -> Iterator[IO[bytes]]:
    with lzma.open(path) as file:
        yield cast("IO[bytes]", file)


@contextmanager
def _zstd(path: Path) -> Iterator[IO[bytes]]:
    import zstandard  # noqa: PLC0415 - an extra

    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as reader:
        try:
            yield cast("IO[bytes]", reader)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error


UNPACK: dict[str, Callable[[Path], AbstractContextManager[IO[bytes]]]] = {
    "gzip": _gzip,
    "zip": _zip,
    "tar.gz": _tar,
    "tar.xz": _tar,
    "xz": _xz,
    "zstd": _zstd,
}
"""What opens the one file that is packed, by the way it is packed."""


def spooled(path: Path, kind: str) -> Path:
    """A temporary file with what a file holds, removed when nothing names it any more.

    Raises one of `FAULTS`, and `ImportError` where an extra is missing.
    """
    sweep()
    most = max(_MOST, _TIMES * path.stat().st_size)
    with UNPACK[kind](path) as packed, tempfile.NamedTemporaryFile(prefix=PREFIX, delete=False) as file:
        made = _Spooled(file.name)
        weakref.finalize(made, Path(file.name).unlink, missing_ok=True)
        size = 0
        while piece := packed.read(_PIECE):
            size += len(piece)
            if size > most:
                made.unlink()
                raise ValueError(f"it unpacks to more than {most / 1e9:,.1f} GB, {_TIMES} times its size")
            file.write(piece)
    return made
