"""Answers on a terminal."""

import errno
import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kg.errors import ContentError, Place, Problem, Problems, UsageError, nearest
from kg.graph import Question, Store, parse_question, query, read_question, read_questions
from kg.graph.question import shorten
from kg.graph.source import Held
from kg.graph.store import QuerySolutions, QueryTriples, Results, reading, serialize_results
from kg.pipeline import Snapshot
from kg.project import Project
from kg.web.show.labels import Labels
from kg.web.show.tables import ROWS, Cell, result_table
from kg.web.show.texts import headings, say, spoken

__all__ = ["ask", "list_questions"]

_WIDTH = 80
# Where no terminal says how wide it is, a table may be as wide as its longest quote needs.
_UNBOUND = 200
_LONGEST_NAME = 48
# Between two columns; and what a value has at least, however narrow the terminal.
_GAP = 3
_LEAST = 20


class _Console(Console):
    """A console that leaves it to the command to say that nobody reads any more."""

    def on_broken_pipe(self) -> None:
        """Called where the error is handled: hand it on."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def list_questions(project: Project, language: str) -> str:
    """Names and titles of the project's questions, and how to ask one."""
    questions = _questions(project)
    lines = []
    for question in questions:
        title = spoken(question.summary, language)
        lines.append(question.name)
        lines += textwrap.wrap(title, _WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
        for name, parameter in question.parameters.items():
            lines.append(f"      -p {name}={parameter.default}")
    return "\n".join([*lines, "", f"{len(questions)} questions. Ask one with: kg query NAME -p PARAMETER=VALUE"])


def ask(
    snapshot: Snapshot, project: Project, asked: str, values: Mapping[str, str], *, syntax: str | None, language: str
) -> None:
    """Write the answer to a question of the project, of a file or of standard input, as a table or in a format.

    asked: a name, a path, or `-`. values: of its parameters. syntax: a format; a table, or Turtle, when None.
    Raises `ContentError` for a question or value that is wrong, `UsageError` when there is no such question or format.
    """
    question = _find(project, asked)
    out = sys.stdout
    manifest = snapshot.manifest
    base = manifest["base"]
    with reading(snapshot.store, manifest["quads"]) as store:
        _check_entities(question, values, store, base)
        results = question.ask(store, base, values)
        if syntax == "table" or (syntax is None and not isinstance(results, QueryTriples)):
            labels = {name: spoken(known.label, language) or name for name, known in question.parameters.items()}
            _print(results, Labels(Held(store), base), language, {**headings(language), **labels}, out)
        else:
            out.flush()
            serialize_results(results, syntax or "ttl", out.buffer)


def _questions(project: Project) -> list[Question]:
    problems = Problems()
    folder = project.part("queries")
    questions = read_questions(folder, project.root_of(folder), problems)
    problems.stop_if_any()
    return questions


def _find(project: Project, asked: str) -> Question:
    problems = Problems()
    path = Path(asked)
    if asked == "-":
        question = parse_question(_given(), "query", "standard input", problems)
    elif path.suffix == ".rq" or path.is_file():
        if not path.is_file():
            raise UsageError(f"there is no file {asked}")
        question = read_question(path, Path.cwd(), problems)
    else:
        named = {question.name: question for question in _questions(project)}
        if asked not in named:
            raise UsageError(f"there is no question {asked!r}: {nearest(asked, named)} List them with: kg query")
        question = named[asked]
    problems.stop_if_any()
    return question


def _given() -> str:
    """What standard input holds, in UTF-8 whatever the locale."""
    if sys.stdin is None:
        raise UsageError("there is no standard input to read a query from")
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place("standard input", 1, 1)
        raise ContentError([Problem(f"not UTF-8 at byte {error.start}", place, "write it in UTF-8")]) from error


def _cut(cell: Cell) -> str:
    """What a cell shows: of a long name, such as a headline, only the beginning."""
    return textwrap.shorten(cell.text, _LONGEST_NAME, placeholder="…") if cell.kind == "named" else cell.text


def _check_entities(question: Question, values: Mapping[str, str], store: Store, base: str) -> None:
    """Raise `ContentError` for an entity that the graph does not hold: its answer would be empty without saying why."""
    asked = {name: value for name, value in values.items() if name in question.parameters}
    asked = {name: value for name, value in asked.items() if question.parameters[name].type == "entity"}
    if not asked:
        return
    rows = query(store, "SELECT DISTINCT ?s { ?s a ?t FILTER STRSTARTS(STR(?s), STR(<id/>)) }", base=base)
    known = [shorten(row[0], base) for row in rows] if isinstance(rows, QuerySolutions) else []
    problems = Problems()
    for name, value in asked.items():
        if value not in known:
            problems.add(f"{name}: there is no entity {value!r}", None, nearest(value, known))
    problems.stop_if_any()


def _print(results: Results, labels: Labels, language: str, headings: Mapping[str, str], out: TextIO) -> None:
    found = result_table(results, labels, language, headings)
    if found.truth is not None:
        out.write(say("yes" if found.truth else "no", language).lower() + "\n")
        return
    console = _Console(file=out, width=None if out.isatty() else _UNBOUND, highlight=False)
    names = [column.heading for column in found.columns]
    rows = [[_cut(cell) for cell in row] for row in found.rows]
    widths = _widths(list(zip(names, *rows, strict=True)), console.width)
    if widths is None:
        _print_records(console, names, rows)
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for name, width in zip(names, widths, strict=True):
            table.add_column(name, width=width)
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
    count = len(rows)
    told = (
        f"the first {ROWS} rows; --format csv writes all" if found.more else f"{count} row{'' if count == 1 else 's'}"
    )
    console.print(f"\n{told}")


def _widths(columns: Sequence[Sequence[str]], available: int) -> list[int] | None:
    """The width of each column so that no word is broken; None when they do not fit beside each other."""
    widths = [max(len(word) for text in column for word in (text.split() or [""])) for column in columns]
    wanted = [max(map(len, column)) for column in columns]
    left = available - sum(widths) - _GAP * (len(columns) - 1)
    if left < 0:
        return None
    while left > 0 and widths != wanted:
        # Whoever is farthest from the width of its longest text gets the next character.
        widest = max(range(len(columns)), key=lambda i: wanted[i] - widths[i])
        widths[widest] += 1
        left -= 1
    return widths


def _print_records(console: Console, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows one below the other, each as lines of heading and value: for a terminal too narrow for the table."""
    margin = max(map(len, names), default=0) + _GAP
    for number, row in enumerate(rows, 1):
        console.print(Text(f"─ {number} ".ljust(console.width, "─")))
        for name, text in zip(names, row, strict=True):
            lines = textwrap.wrap(text, max(console.width - margin, _LEAST)) or [""]
            console.print(Text(name.ljust(margin) + lines[0]))
            for line in lines[1:]:
                console.print(Text(" " * margin + line))
