"""Where quads are written: N-Quads and N-Triples as a stream, other formats of logical targets at the end.

A file gets its name when everything is written, so that an interrupted run leaves none behind.
https://kg-construct.github.io/rml-io/spec/docs/#target
"""

import gzip
import io
import json
import lzma
import os
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

import polars as pl

from kg.errors import ContentError, Place, Problem, UsageError, nearest
from kg.mapping.model import LogicalTarget

if TYPE_CHECKING:
    import rdflib

__all__ = ["Output", "Targets", "is_triples", "output_paths", "write_texts"]

_NOWHERE = Place("", 0, 0)
_NUMBERS = count(1)


def write_texts(texts: pl.Series, out: IO[bytes], end: str = "") -> None:
    """Write texts, with an end after each. Raises `OSError` with the number that the system gives."""
    if not texts.len():
        return
    try:
        texts.to_frame().write_csv(out, include_header=False, quote_style="never", line_terminator=end)
    except OSError as error:
        # Polars tells the number in its text alone.
        told = re.search(r"\(os error (\d+)\)", str(error))
        if error.errno is not None or told is None:
            raise
        raise OSError(int(told[1]), os.strerror(int(told[1]))) from error


def _zstd(path: Path) -> IO[bytes]:
    try:
        import zstandard  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError("writing .zst needs zstandard: pip install 'pressgraph[zstd]'") from error
    return cast("IO[bytes]", zstandard.open(path, "wb"))


def _plain(path: Path) -> IO[bytes]:
    return path.open("wb")


def _gzip(path: Path) -> IO[bytes]:
    """A file whose bytes do not tell what it was called while it was written."""
    raw = path.open("wb")
    packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0)
    # What it closes with itself.
    packed.myfileobj = cast("Any", raw)
    return cast("IO[bytes]", packed)


_OPEN: dict[str, Callable[[Path], IO[bytes]]] = {
    ".gz": _gzip,
    ".xz": lambda path: cast("IO[bytes]", lzma.LZMAFile(path, "wb")),  # noqa: SIM115 - Output closes it
    ".zst": _zstd,
}


# Formats that `kg materialize` does not write, by the ending of a name.
_OTHER = (".ttl", ".trig", ".n3", ".rdf", ".xml", ".jsonld", ".json", ".csv", ".hdt", ".parquet", ".arrow")
# Ways to pack that it has not.
_UNPACKED = (".bz2", ".zip", ".7z", ".tar", ".tgz", ".txz", ".lz4", ".br", ".z", ".zstd", ".gzip")


def is_triples(path: Path) -> bool:
    """Whether the name of a file asks for N-Triples, which has no graphs. Raises `UsageError` for another format."""
    name = path.name.lower()
    if name.endswith(_UNPACKED):
        raise UsageError(f"{path.name}: files are packed by gzip, xz or zstd; name it .nq.gz, .nq.xz or .nq.zst")
    name = name.removesuffix(next((ending for ending in _OPEN if name.endswith(ending)), ""))
    if name.endswith(_OTHER):
        raise UsageError(f"{path.name}: only N-Quads and N-Triples are written; name it .nq or .nt")
    return name.endswith(".nt")


def output_paths(path: Path | None, shards: int = 1) -> list[Path]:
    """The files that are written for a path: none for standard output, a device or a pipe."""
    if path is None or (path.exists() and not path.is_file()):
        return []
    path = path.resolve()
    if shards == 1:
        return [path]
    stem, dot, rest = path.name.partition(".")
    return [path.with_name(f"{stem}-{number}{dot}{rest}") for number in range(1, shards + 1)]


def _part(path: Path) -> Path:
    """Where a file is written before it gets its name, by one run alone."""
    return path.with_name(f".{path.name}.{os.getpid()}-{next(_NUMBERS)}.part")


class Output:
    """Files of lines, filled in turn; the ending of the name (`.gz`, `.xz`, `.zst`) says how they are packed.

    path: None for standard output; a device or a pipe is written to as it is. shards: the number of files; with more
    than one, `out.nq.gz` is written as `out-1.nq.gz`, `out-2.nq.gz`, …. size: bytes written so far, before packing.
    """

    def __init__(self, path: Path | None, shards: int = 1) -> None:
        """Open the files beside where they will be. Raises `UsageError` where that cannot be."""
        self.size = 0
        self.paths: list[Path] = []
        self._parts: list[Path] = []
        self._next = 0
        if path is None:
            self._files: list[IO[bytes]] = [sys.stdout.buffer]
            return
        named = output_paths(path, shards)
        self.paths = named or [path]
        self._parts = [_part(found) for found in named]
        try:
            self._files = [_OPEN.get(path.suffix.lower(), _plain)(part) for part in self._parts or self.paths]
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from error

    def write(self, texts: pl.Series, end: str = "") -> None:
        """Write texts to one of the files, with an end after each."""
        self.size += int(texts.str.len_bytes().sum()) + texts.len() * len(end)
        write_texts(texts, self._files[self._next], end)

    def write_records(self, table: pl.DataFrame) -> None:
        """Write the rows of a table as NDJSON."""
        table.write_ndjson(self._files[self._next])

    def turn(self) -> None:
        """Go on with the next file: call it after each batch."""
        self._next = (self._next + 1) % len(self._files)

    def __enter__(self) -> Self:
        """The output itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give the files their names; remove them after an error."""
        with ExitStack() as stack:
            for part in self._parts:
                stack.callback(part.unlink, missing_ok=True)
            if not self.paths:
                self._files[0].flush()
                return
            for file in self._files:
                stack.callback(file.close)
            for file in self._files:
                file.close()
            for part, path in zip(self._parts, self.paths, strict=False) if kind is None else ():
                part.replace(path)


def _dataset(quads: str) -> "rdflib.Dataset":
    import rdflib  # noqa: PLC0415 - slow to import, and few targets need it

    data = rdflib.Dataset()
    data.parse(data=quads, format="nquads")
    return data


def _rdf_json(graph: "rdflib.Dataset") -> str:
    """RDF/JSON: https://www.w3.org/TR/rdf-json/."""
    import rdflib  # noqa: PLC0415 - as above

    subjects: dict[str, dict[str, list[dict[str, str]]]] = {}
    for subject, predicate, obj, _ in sorted(graph.quads()):
        name = f"_:{subject}" if isinstance(subject, rdflib.BNode) else str(subject)
        value = {"type": "uri", "value": str(obj)}
        if isinstance(obj, rdflib.BNode):
            value = {"type": "bnode", "value": f"_:{obj}"}
        elif isinstance(obj, rdflib.Literal):
            value["type"] = "literal"
            value |= {"lang": obj.language} if obj.language else {}
            value |= {"datatype": str(obj.datatype)} if obj.datatype else {}
        subjects.setdefault(name, {}).setdefault(str(predicate), []).append(value)
    return json.dumps(subjects, ensure_ascii=False, indent=2) + "\n"


def _by_rdflib(name: str) -> Callable[["rdflib.Dataset"], str]:
    def serialize(data: "rdflib.Dataset") -> str:
        whole: Any = data if name in ("trig", "json-ld") else data.default_graph
        return str(whole.serialize(format=name))

    return serialize


# https://www.w3.org/ns/formats/: formats that are not lines.
_FORMATS: dict[str, Callable[["rdflib.Dataset"], str]] = {
    "Turtle": _by_rdflib("turtle"),
    "TriG": _by_rdflib("trig"),
    "N3": _by_rdflib("n3"),
    "JSON-LD": _by_rdflib("json-ld"),
    "RDF_XML": _by_rdflib("xml"),
    "RDF_JSON": _rdf_json,
}
_LINES = ("", "N-Quads", "N-Triples")


def _packed_zip(data: bytes, path: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(path.name.removesuffix(".zip")), data)
    return out.getvalue()


def _packed_tar(data: bytes, path: Path, mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=cast("Any", mode)) as archive:
        member = tarfile.TarInfo(path.name.partition(".tar")[0])
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


_PACK: Mapping[str, Callable[[bytes, Path], bytes]] = {
    "": lambda data, _: data,
    "none": lambda data, _: data,
    "gzip": lambda data, _: gzip.compress(data, mtime=0),
    "zip": _packed_zip,
    "targz": lambda data, path: _packed_tar(data, path, "w:gz"),
    "tarxz": lambda data, path: _packed_tar(data, path, "w:xz"),
}


class Targets:
    """The logical targets of a run; what they get is held until `write`, as most formats need all of it."""

    def __init__(self, folder: Path) -> None:
        """Take paths as relative to `folder`."""
        self._folder = folder
        self._lines: dict[LogicalTarget, list[pl.Series]] = {}

    def path(self, target: LogicalTarget) -> Path:
        """The file of a target. Raises `ContentError` where it lies outside of the folder."""
        path = (self._folder / target.path.removeprefix("file://")).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ContentError(
                [
                    Problem(
                        f"the target {target.path!r} lies outside of the working folder",
                        target.place,
                        "name a file in it, or run from a folder above both",
                    )
                ]
            )
        return path

    def add(self, target: LogicalTarget, lines: pl.Series) -> None:
        """Note lines for a target. Raises `ContentError` for a format or compression that cannot be written."""
        # A target that several term maps name is one, wherever it is named.
        key = replace(target, place=_NOWHERE)
        if key not in self._lines:
            self._check(target)
            self._lines[key] = []
        self._lines[key].append(lines)

    def write(self) -> list[Path]:
        """Write every target, each line once, and return the paths."""
        written = []
        for target, lines in self._lines.items():
            path = self.path(target)
            quads = pl.concat(lines).unique(maintain_order=True)
            name = _local(target.serialization)
            text = "".join(f"{line}\n" for line in quads)
            if name not in _LINES:
                text = _FORMATS[name](_dataset(text))
            packed = _PACK[_local(target.compression)](text.encode(target.encoding or "utf-8"), path)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = _part(path)
            part.write_bytes(packed)
            part.replace(path)
            written.append(path)
        return written

    def _check(self, target: LogicalTarget) -> None:
        for what, name, known in (
            ("serialization", _local(target.serialization), (*_LINES, *_FORMATS)),
            ("compression", _local(target.compression), tuple(_PACK)),
            ("type of target", target.type, ("file", "void", "dcat")),
        ):
            if name not in known:
                raise ContentError([Problem(f"no {what} is called {name!r}", target.place, nearest(name, known))])


def _local(iri: str) -> str:
    return iri.rpartition("#")[2].rpartition("/")[2]
