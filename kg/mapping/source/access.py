"""Where the bytes of a logical source are, and how they are unpacked and decoded.

https://kg-construct.github.io/rml-io/spec/docs/#source
"""

import gzip
import io
import lzma
import re
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kg.address import is_address
from kg.errors import nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.refusal import needs, refused
from kg.mapping.source.remote import Fetched

__all__ = ["Reading", "as_given", "file_of", "locate", "needs", "read_bytes", "read_text", "refused", "unpacked"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run knows of its sources.

    folder: of the mapping file, to which `mapping` paths are relative. working: to which `working` paths are relative.
    paths: files, or addresses, to read in place of the named ones. batch: records held at a time.
    allowed: what addresses of sources may begin with, as `https://example.org/data/`. fetched: what was read of them.
    """

    folder: Path
    working: Path = field(default_factory=Path.cwd)
    paths: Mapping[str, Path | str] = field(default_factory=dict)
    batch: int = 50_000
    allowed: Sequence[str] = ()
    fetched: Fetched = field(default_factory=Fetched, compare=False)


def as_given(source: LogicalSource, reading: Reading) -> LogicalSource:
    """The source, and those that it is a view of, with what the run reads in its place; passwords are not shown."""
    if (view := source.view) is not None:
        joins = tuple(replace(join, parent=as_given(join.parent, reading)) for join in view.joins)
        return replace(source, view=replace(view, on=as_given(view.on, reading), joins=joins))
    if source.access not in reading.paths:
        return source
    return replace(source, given=_PASSWORD.sub(r"\1***@", str(reading.paths[source.access])))


# What stands before the host of an address: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1
_PASSWORD = re.compile(r"(//[^/@:]*:)[^/@]*@")


def file_of(source: LogicalSource, reading: Reading) -> Path | None:
    """Where the file of a source lies, if there is one; None for an address."""
    access = reading.paths.get(source.access, source.access)
    if isinstance(access, Path):
        return access
    if is_address(access):
        return None
    roots = {"": reading.folder, "mapping": reading.folder, "working": reading.working}
    return roots.get(source.root, Path(source.root)) / access.removeprefix("file://")


def locate(source: LogicalSource, reading: Reading) -> Path:
    """The file of a source, fetched where it is an allowed address.

    Raises `ContentError` when there is none, with the nearest name of its folder.
    """
    path, access = file_of(source, reading), reading.paths.get(source.access, source.access)
    if path is None:
        return reading.fetched.path(str(access), reading.allowed, source.place)
    if not path.is_file():
        folder = path.parent
        near = nearest(path.name, (item.name for item in folder.iterdir())) if folder.is_dir() else ""
        told = f"there is no file {str(access)!r}" + (
            f" to read in place of {source.access!r}" if access != source.access else ""
        )
        raise refused(told, source.place, near or "correct the path, or give --source")
    return path


def _zip(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return archive.read(_only(names))


def _tar(data: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
        member = archive.extractfile(_only(names))
        assert member is not None
        return member.read()


def _only(names: list[str]) -> str:
    if len(names) != 1:
        raise ValueError(f"holds {len(names)} files, and one is expected")
    return names[0]


def _zstd(data: bytes) -> bytes:
    import zstandard  # noqa: PLC0415 - an extra

    with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
        return reader.read()


_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zip": _zip,
    "tar.gz": _tar,
    "tar.xz": _tar,
    "xz": lzma.decompress,
    "zstd": _zstd,
}

# Where the mapping says nothing, the name does.
_BY_NAME = {
    ".tar.gz": "tar.gz", ".tgz": "tar.gz", ".tar.xz": "tar.xz", ".txz": "tar.xz",
    ".gz": "gzip", ".zip": "zip", ".xz": "xz", ".zst": "zstd",
}  # fmt: skip


def _compression(source: LogicalSource, path: Path) -> str:
    if source.compression:
        return "" if source.compression == "none" else source.compression
    return next((kind for ending, kind in _BY_NAME.items() if path.name.lower().endswith(ending)), "")


def unpacked(source: LogicalSource, path: Path) -> str:
    """The file's name without the ending of its compression, in lower case: its ending tells the format."""
    name = path.name.lower()
    ending = next((ending for ending in _BY_NAME if name.endswith(ending)), "")
    return name.removesuffix(ending) if _compression(source, path) else name


def read_bytes(source: LogicalSource, path: Path) -> bytes | Path:
    """The unpacked content; the path itself where nothing is packed, so that it can be read in pieces."""
    kind = _compression(source, path)
    if not kind:
        return path
    if kind not in _UNPACK:
        raise refused(f"compression {kind!r} is not known", source.place, nearest(kind, _UNPACK))
    try:
        return _UNPACK[kind](path.read_bytes())
    except ImportError:
        raise needs("zstandard", "zstd", source.place) from None
    except (OSError, EOFError, ValueError, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise refused(
            f"{source.label} is no {kind} file: {error}", source.place, "correct rml:compression or the file"
        ) from error


def read_text(source: LogicalSource, path: Path) -> str:
    """The unpacked and decoded content, without a byte order mark."""
    content = read_bytes(source, path)
    data = content.read_bytes() if isinstance(content, Path) else content
    encoding = source.encoding or "utf-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise refused(
            f"encoding {encoding!r} is not known", source.place, "write utf-8, utf-16, iso-8859-1, …"
        ) from None
    except UnicodeError as error:
        at = f" at byte {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        raise refused(f"{source.label} is not {encoding}{at}", source.place, "correct its encoding") from error
