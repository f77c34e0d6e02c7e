"""Functions of the user, written in Python.

    from kg.mapping.function import function

    EX = "https://example.org/function#"

    @function(f"{EX}initials", f"{EX}name")
    def initials(name: str) -> str | None:
        return "".join(word[0] for word in name.split()) or None

A file or module is run only where the user names it: `kg materialize mapping.yaml --functions my_functions.py`.
"""

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from kg.errors import Place, Problem, Problems
from kg.mapping.function.definition import Function
from kg.mapping.function.library import FUNCTIONS

__all__ = ["function", "read_functions"]

F = TypeVar("F", bound=Callable[..., object])

_MARK = "__mapping_function__"


def function(
    iri: str,
    *parameters: str,
    output: str = "",
    datatype: str | None = None,
    columnar: bool = False,
    many: bool = False,
    nulls: bool = False,
) -> Callable[[F], F]:
    """Bind a Python function to the IRI of a function; it stays callable as it was.

    parameters: an IRI for each of its parameters, in order; those with a default, a text or None, may be left out of a
    mapping. output: IRI of the result, where a mapping names it. datatype: IRI, natural datatype of the result.
    columnar: it makes a Polars expression of expressions; otherwise it makes a text, or None for no value, of texts,
    and is called once for each different tuple of values. many: it gives a list of texts, each of which makes a term.
    nulls: it is also called where a value is missing, with None.
    Raises `TypeError` where the IRIs do not fit the function's parameters.
    """

    def bound(work: F) -> F:
        own = [each for each in inspect.signature(work).parameters.values() if each.kind is not each.KEYWORD_ONLY]
        if any(each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in own) or len(own) != len(parameters):
            named = ", ".join(each.name for each in own) or "none"
            raise TypeError(f"{iri} has {len(parameters)} parameter IRIs for the parameters {named}: give one for each")
        if len(set(parameters)) != len(parameters):
            raise TypeError(f"{iri} has a parameter IRI twice")
        defaults = tuple(each.default for each in own if each.default is not each.empty)
        code = inspect.unwrap(work).__code__
        made = Function(
            work,
            tuple((parameter,) for parameter in parameters),
            (output,) if output else (),
            (inspect.getdoc(work) or "").partition("\n")[0],
            (),
            datatype=datatype,
            defaults=defaults,
            many=many,
            rows=not columnar,
            nulls=nulls,
            origin=f"{code.co_filename}:{code.co_firstlineno}",
        )
        setattr(work, _MARK, (iri, made))
        return work

    return bound


def read_functions(names: Iterable[str], problems: Problems) -> dict[str, Function]:
    """The functions, by IRI, of Python files (by path, ending in `.py`) and modules (by dotted name).

    The files are run. What keeps one from being read is noted.
    """
    found: dict[str, Function] = {}
    for name in names:
        module = _module(name, problems)
        if module is None:
            continue
        marked = [made for each in vars(module).values() if (made := getattr(each, _MARK, None)) is not None]
        if not marked:
            problems.add(f"{name} binds no function", None, "write @function(IRI, PARAMETER-IRI) above one")
        for iri, made in marked:
            place = _place(*made.origin.rsplit(":", 1))
            if iri in FUNCTIONS:
                problems.add(f"function <{iri}> is one of this library", place, "give it an IRI of your own")
            elif iri in found and found[iri] != made:
                problems.add(f"function <{iri}> is also at {found[iri].origin}", place, "give it another IRI")
            found[iri] = made
    return found


def _module(name: str, problems: Problems) -> ModuleType | None:
    path = Path(name)
    if path.suffix == ".py" and not path.is_file():
        problems.add(f"there is no file {name}", None, "give --functions the path of a Python file, or a module")
        return None
    try:
        if path.suffix != ".py":
            return importlib.import_module(name)
        spec = importlib.util.spec_from_file_location(f"mapping functions {path}", path.resolve())
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the file raises is told with its line
        problems.append(_fault(name, path, error))
        return None
    return module


def _fault(name: str, path: Path, error: BaseException) -> Problem:
    """Why a file or module cannot be read, at its own line."""
    if isinstance(error, ModuleNotFoundError) and error.name and name.split(".", maxsplit=1)[0] == error.name:
        return Problem(f"there is no Python module {name}", None, "give the path of a .py file, or install it")
    reason = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
    if isinstance(error, SyntaxError) and error.filename:
        place = Place(error.filename, error.lineno or 1, error.offset or 1, (error.text or "").rstrip("\n"))
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == str(path.resolve())]
        place = _place(own[-1].filename, own[-1].lineno or 1) if own else Place(name, 1, 1)
    return Problem(f"the functions cannot be read: {reason}", place, "correct the file")


def _place(file: str, line: str | int) -> Place:
    lines = Path(file).read_text(encoding="utf-8", errors="replace").splitlines() if Path(file).is_file() else []
    number = int(line)
    return Place(file, number, 1, lines[number - 1] if number <= len(lines) else "")
