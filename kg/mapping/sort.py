"""Lines, more than memory holds, in order, each once.

They are sorted in runs, each written to a file. Then the runs are read side by side, one range of lines after another,
so that what is held at a time stays the same.
"""

import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from kg.mapping.output import write_texts

__all__ = ["Sorter"]

_HELD = 1 << 26
# Every so many lines, where they begin is noted: a range is read from a run with at most so many lines too many.
_STEP = 256
_LINE = "line"


@dataclass(frozen=True, slots=True)
class _Run:
    """A file of sorted lines. marks: one line of each `_STEP`, in order; starts: where they begin, in bytes."""

    path: Path
    marks: pl.Series
    starts: pl.Series
    size: int

    def lines(self, low: str | None, high: str | None) -> pl.Series:
        """The lines from `low` on, up to `high`, which is not one of them; None: from the first, to the last."""
        first = 0 if low is None else max(0, self._mark(low) - 1)
        last = len(self.marks) if high is None else self._mark(high)
        start = self.starts[first]
        end = self.starts[last] if last < len(self.marks) else self.size
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(end - start)
        lines = _parsed(data)
        keep = pl.lit(value=True)
        keep = keep & (lines >= low) if low is not None else keep
        keep = keep & (lines < high) if high is not None else keep
        return lines.to_frame(_LINE).filter(keep).to_series()

    def _mark(self, line: str) -> int:
        """The number of the first mark that is not before a line."""
        return int(self.marks.search_sorted(line, side="left"))


def _set(parts: Sequence[pl.Series]) -> pl.Series:
    """The lines of all parts, sorted, each once: neighbours are compared, which is faster than to look each one up."""
    lines = pl.concat([pl.Series(_LINE, [], dtype=pl.String), *parts]).sort()
    return lines.to_frame().filter(pl.col(_LINE).ne_missing(pl.col(_LINE).shift())).to_series()


def _parsed(data: bytes) -> pl.Series:
    """The lines of N-Quads text, which holds no control character but line feeds."""
    if not data:
        return pl.Series(_LINE, [], dtype=pl.String)
    scan = pl.scan_csv(
        io.BytesIO(data),
        has_header=False,
        new_columns=[_LINE],
        separator="\x01",
        quote_char=None,
        infer_schema=False,
    )
    return scan.collect().to_series()


class Sorter:
    """Takes lines in any order and gives them sorted by code point, each once.

    held: bytes of lines to sort at a time. Files are written to the folder of temporary files.
    """

    def __init__(self, held: int = _HELD) -> None:
        """Make a folder for the runs."""
        self._most = held
        self._lines: list[pl.Series] = []
        self._size = 0
        self._runs: list[_Run] = []
        self._folder = tempfile.TemporaryDirectory(prefix="kg-sort-")

    def add(self, lines: pl.Series) -> None:
        """Take N-Quads lines."""
        if lines.len():
            self._lines.append(lines.alias(_LINE))
            self._size += int(lines.str.len_bytes().sum())
        if self._size > self._most:
            self._spill()

    def _sorted(self) -> pl.Series:
        lines = _set(self._lines)
        self._lines, self._size = [], 0
        return lines

    def _spill(self) -> None:
        lines = self._sorted()
        path = Path(self._folder.name) / str(len(self._runs))
        with path.open("wb") as out:
            write_texts(lines, out, "\n")
        ends = (lines.str.len_bytes().cast(pl.Int64) + 1).cum_sum()
        starts = ends.shift(1, fill_value=0).gather_every(_STEP)
        # A copy: texts taken out of a series keep the whole of it in memory.
        marks = pl.Series(_LINE, lines.gather_every(_STEP).to_list(), dtype=pl.String)
        self._runs.append(_Run(path, marks, starts, int(ends[-1])))

    def lines(self) -> Iterator[pl.Series]:
        """All lines, range by range."""
        if not self._runs:
            yield self._sorted()
            return
        if self._lines:
            self._spill()
        borders = _borders(self._runs, self._most)
        for low, high in zip([None, *borders], [*borders, None], strict=True):
            yield _set([run.lines(low, high) for run in self._runs])

    def __enter__(self) -> Self:
        """The sorter itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Remove the runs."""
        self._folder.cleanup()


def _borders(runs: Sequence[_Run], held: int) -> list[str]:
    """Lines between which the runs hold about `held` bytes together."""
    sizes = [run.starts.extend_constant(run.size, 1).diff().drop_nulls() for run in runs]
    marks = pl.DataFrame({_LINE: pl.concat([run.marks for run in runs]), "size": pl.concat(sizes)}).sort(_LINE)
    part = pl.col("size").cum_sum() // held
    found = marks.filter(part != part.shift(1, fill_value=0)).get_column(_LINE)
    return [str(line) for line in found.unique(maintain_order=True)]
