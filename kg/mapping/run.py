"""A mapping file, run over what it names: written to a file, or as tables.

Both take the same settings, by keyword: those of `kg.mapping.setting`.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Unpack

import polars as pl

from kg.errors import Problems, UsageError, nearest
from kg.mapping.bulk import Made, Summary, stream_files
from kg.mapping.fault import SetAside
from kg.mapping.function import bind, read_functions
from kg.mapping.model import TriplesMap
from kg.mapping.output import Output, Targets, is_triples, output_paths
from kg.mapping.overlap import check_overlap
from kg.mapping.quad import quad_table
from kg.mapping.rml import read_rml
from kg.mapping.setting import Settings, WriteSettings, check_settings, check_sources
from kg.mapping.sort import Sorter
from kg.mapping.source import Fetched, Reading
from kg.mapping.statement import DEFAULT_GRAPHS
from kg.mapping.text import lines_of
from kg.mapping.yarrrml import read_yarrrml

__all__ = ["is_rml", "materialize_tables", "read_maps", "write"]

_RML = (".ttl", ".nt", ".rml")
# A database, or a file elsewhere.
_ADDRESS = re.compile(r"(?:jdbc:)?(?:sqlite|duckdb|postgres(?:ql)?|https?|s3|gs|az):", re.IGNORECASE)
_BATCH = 50_000
_SORTED_AT_A_TIME = 1280


def is_rml(path: Path) -> bool:
    """Whether a mapping file is RML or R2RML, and not YARRRML, by the ending of its name.

    Raises `UsageError` where there is no such file, with the nearest name.
    """
    if not path.is_file():
        known = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        near = nearest(path.name, known)
        raise UsageError(f"there is no mapping {path}" + (f": {near}" if near.startswith("did") else ""))
    return path.suffix.lower() in _RML


def read_maps(mapping: Path | str, settings: Settings) -> tuple[TriplesMap, ...]:
    """The triples maps of a file: RML where its name ends in `.ttl`, `.nt` or `.rml`, YARRRML otherwise.

    Raises `ContentError` with all that is wrong with it, and `UsageError` where there is none.
    """
    path, problems = Path(mapping), Problems()
    check_settings(settings, WriteSettings.__annotations__)
    base = settings.get("base") or "http://example.com/"
    if is_rml(path):
        maps = read_rml(path, Path.cwd(), (base, base), problems)
    else:
        maps = read_yarrrml(path, Path.cwd(), (base, base), problems, relative=bool(settings.get("base")))
    maps = bind(maps, read_functions(settings.get("functions", ()), problems), problems)
    problems.stop_if_any()
    check_sources(settings.get("sources", ()), maps)
    return tuple(maps)


def materialize_tables(mapping: Path | str, **settings: Unpack[Settings]) -> Iterator[pl.DataFrame]:
    """The quads of a mapping as tables, one for each batch of records, each quad a row.

    Columns, all texts: the four terms and what the object is made of, as `kg.mapping.quad.quad_table` says. What goes
    to a logical target is there as well. Raises `ContentError` and `UsageError` as `write` does; what is wrong with a
    record, when the last batch was read.
    """
    maps = read_maps(mapping, settings)
    with ExitStack() as stack:
        set_aside = _quarantine(settings, stack)
        for batch in _stream(maps, _reading(mapping, settings), settings, set_aside, Summary()):
            texts = [made for _, made in batch if made.len()]
            if texts:
                yield quad_table(lines_of(pl.concat(texts)))


def write(mapping: Path | str, out: Path | str | None, **settings: Unpack[WriteSettings]) -> Summary:
    """Write the quads of a mapping to a file, or with None to standard output, and say what was done.

    out: its name ends in `.nq`, or `.nt` where no quad has a graph; `.gz`, `.xz` or `.zst` after that packs it. It is
    there when all is written, and not at all after an error. Logical targets are written as well.
    Raises `ContentError` with what is wrong with the mapping, its sources or, where `on_error` is `stop`, a record;
    `UsageError` when that cannot be run or written.
    """
    path = Path(out) if out is not None else None
    maps = read_maps(mapping, settings)
    if path is not None and is_triples(path):
        _check_no_graphs(maps, path)
    targets, summary = Targets(Path.cwd()), Summary()
    reading = _reading(mapping, settings)
    read = [Path(mapping), *map(Path, settings.get("functions", ()))]
    check_overlap(
        maps, reading, read, [*output_paths(path, settings.get("shards", 1)), *_quarantined(settings)], targets
    )
    tell = settings.get("tell", _untold)
    with ExitStack() as stack:
        set_aside = _quarantine(settings, stack)
        output = stack.enter_context(Output(path, settings.get("shards", 1)))
        sorter = None
        if settings.get("sort"):
            held = settings.get("batch", _BATCH) * _SORTED_AT_A_TIME
            sorter = stack.enter_context(Sorter(min(max(held, 1 << 23), 1 << 26)))
        for batch in _stream(maps, reading, settings, set_aside, summary):
            for target, texts in batch:
                if target is not None:
                    targets.add(target, lines_of(texts))
                elif sorter is not None:
                    sorter.add(lines_of(texts))
                else:
                    output.write(texts)
            output.turn()
            summary.size = output.size
            tell(summary)
        for lines in sorter.lines() if sorter is not None else ():
            output.write(lines, "\n")
            output.turn()
            summary.different = (summary.different or 0) + lines.len()
        summary.size = output.size
        summary.paths = [*output.paths, *targets.write()]
    return summary


def _untold(_summary: Summary) -> None:
    """Tell nobody."""


def _reading(mapping: Path | str, settings: Settings) -> Reading:
    return Reading(
        Path(mapping).resolve().parent,
        paths={name: _source(given) for name, given in settings.get("sources", {}).items()},
        batch=settings.get("batch", _BATCH),
        allowed=settings.get("allowed", ()),
        fetched=settings.get("fetched") or Fetched(),
    )


def _stream(
    maps: Sequence[TriplesMap],
    reading: Reading,
    settings: Settings,
    set_aside: SetAside | None,
    summary: Summary,
) -> Iterator[list[Made]]:
    on_error = "quarantine" if set_aside is not None else settings.get("on_error", "stop")
    return stream_files(maps, reading, summary, base=settings.get("base", ""), on_error=on_error, set_aside=set_aside)


def _source(given: Path | str) -> Path | str:
    return given if isinstance(given, str) and _ADDRESS.match(given) else Path(given)


def _quarantined(settings: Settings) -> Iterator[Path]:
    path = settings.get("quarantine")
    yield from () if path is None else output_paths(Path(path))


def _quarantine(settings: Settings, stack: ExitStack) -> SetAside | None:
    """Open the file for what is set aside. Raises `UsageError` where the settings contradict each other."""
    path, on_error = settings.get("quarantine"), settings.get("on_error", "stop")
    if path is None:
        if on_error == "quarantine":
            raise UsageError("say which file takes the quarantined records: --quarantine FILE")
        return None
    if on_error == "skip":
        raise UsageError("records are either skipped or quarantined: leave out --on-error skip, or --quarantine")
    return stack.enter_context(Output(Path(path))).write_records


def _check_no_graphs(maps: Sequence[TriplesMap], path: Path) -> None:
    """Raise `ContentError` where a triples map puts a triple into a graph."""
    problems = Problems()
    for triples_map in maps:
        graphs = [*triples_map.graphs, *(graph for pair in triples_map.predicate_objects for graph in pair.graphs)]
        for graph in graphs:
            if graph.constant not in DEFAULT_GRAPHS:
                problems.add(f"{path.name} is N-Triples, which has no graphs", graph.place, "name the output .nq")
    problems.stop_if_any()
