"""What can go wrong, and how it is told.

    KgError                  everything this package raises on purpose
    ├── ContentError         what people wrote is wrong: one or more Problems, all of one run together
    └── UsageError           the command cannot run: no project, port in use, file unreadable

Exit codes of the command: 1 for `ContentError`, 2 for `UsageError`.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ContentError", "KgError", "Place", "Problem", "Problems", "UsageError", "nearest"]


class KgError(Exception):
    """Root of every error that this package raises on purpose."""


# How wide a terminal is, and how much of a line is shown after the mark at least.
_WIDTH = 80
_AFTER = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file that a person can open.

    file: path relative to the project where it lies below it. line, column: from 1, in code points.
    text: the line itself, without its line break.
    """

    file: str
    line: int
    column: int
    text: str = ""

    def __str__(self) -> str:
        """`file:line:column`, as editors and terminals link it."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where, and what to do about it."""

    message: str
    place: Place | None = None
    fix: str = ""

    def render(self) -> str:
        """The problem as lines for a terminal: the position, the line with a mark under it, the remedy."""
        if self.place is None:
            lines = [self.message]
        else:
            lines = [f"{self.place}: {self.message}"]
            if self.place.text.strip():
                number = str(self.place.line)
                width = _WIDTH - len(f"  {number} | ")
                hidden = self.place.column > width - _AFTER
                start = min(self.place.column - width // 2, max(0, len(self.place.text) - width)) if hidden else 0
                shown = self.place.text[start : start + width]
                lines.append(f"  {number} | {shown}")
                lines.append(f"  {' ' * len(number)} | {' ' * (self.place.column - 1 - start)}^")
        if self.fix:
            lines.append(f"  → {self.fix}")
        return "\n".join(lines)


class Problems(list[Problem]):
    """The problems of one run, collected so that they are told together."""

    def add(self, message: str, place: Place | None = None, fix: str = "") -> None:
        """Note one problem."""
        self.append(Problem(message, place, fix))

    def stop_if_any(self) -> None:
        """Raise `ContentError` with everything collected so far, ordered by file and line."""
        if self:
            raise ContentError(self)


class ContentError(KgError):
    """What people wrote is wrong. `problems` holds all of it, ordered by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Sort the problems by place and drop exact repetitions."""
        self.problems = sorted(
            dict.fromkeys(problems),
            key=lambda p: (p.place is None, (p.place.file, p.place.line, p.place.column) if p.place else ()),
        )
        super().__init__("\n".join(problem.render() for problem in self.problems))


class UsageError(KgError):
    """The command cannot run as it was called."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` with the known name closest to `name`, or the known names when none is close.

    Small and capital letters are told apart only where both are known. Returns the empty string when nothing is known.
    """
    names = sorted(set(known))
    folded = {known.casefold(): known for known in names}
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    close = close or [folded[near] for near in difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)]
    if close:
        return f"did you mean {close[0]!r}?"
    if not names:
        return ""
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"known: {listed}"
