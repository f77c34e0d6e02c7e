"""Functions that mappings call: the library, those of the user in Python, and what is told of a call that fails."""

import re
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from kg.cli import main
from kg.errors import ContentError, Place, Problems
from kg.mapping.function import FUNCTIONS, REFUSED, Example, Function, bind, call, read_functions
from kg.mapping.function.definition import local
from kg.mapping.function.document import page
from kg.mapping.model import Execution, Input, Reference, TermMap

ROOT = Path(__file__).parent.parent
HERE = Place("m.yaml", 3, 5)
EXAMPLES = [(iri, example) for iri, function in FUNCTIONS.items() for example in function.examples]


def execution(iri: str, parameters: list[str], returns: str = "") -> Execution:
    """A call with the columns 0, 1, … as arguments."""
    inputs = [Input(name, TermMap((Reference(f"{at}"),), "literal", HERE)) for at, name in enumerate(parameters)]
    return Execution(iri, tuple(inputs), returns, HERE)


@pytest.mark.parametrize(("iri", "example"), EXAMPLES, ids=lambda each: each if isinstance(each, str) else "")
def test_documented_example_runs(iri: str, example: Example) -> None:
    """What the documentation says of a function is what it gives, for every row of a table."""
    names = [names[0] for names in FUNCTIONS[iri].parameters[: len(example.arguments)]]
    columns = {f"{at}": [value, value] for at, value in enumerate(example.arguments)}
    kinds = {name: pl.List(pl.String) if isinstance(one[0], list) else pl.String for name, one in columns.items()}
    table = pl.DataFrame(columns | {"row": [None, None]}, schema_overrides=kinds).lazy()
    made = call(execution(iri, names), [pl.col(name) for name in columns])
    assert table.select("row", made.alias("made")).collect()["made"].to_list() == [example.result] * 2


def test_every_function_has_an_example_and_one_sentence() -> None:
    """The documentation leaves none out."""
    bare = [iri for iri, made in FUNCTIONS.items() if not made.examples or not re.fullmatch(r"[A-Z].*\.", made.doc)]
    assert bare == []


def test_documentation_is_that_of_the_table() -> None:
    """docs/functions.md is written by `python -m kg.mapping.function > docs/functions.md`."""
    assert (ROOT / "docs" / "functions.md").read_text(encoding="utf-8") == page()


def told(iri: str, parameters: list[str], returns: str = "") -> list[str]:
    """What is told of a call before anything is read."""
    problems = Problems()
    bind(execution(iri, parameters, returns), {}, problems)
    return [f"{problem.message} → {problem.fix}" for problem in problems]


GREL = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"


@pytest.mark.parametrize(
    ("name", "parameters", "returns", "expected"),
    [
        ("toUpperCas", ["valueParam"], "", f"function <{GREL}toUpperCas> is not known → did you mean 'toUpperCase'?"),
        ("toUpperCase", ["value"], "", "function toUpperCase has no parameter 'value' → known: valueParameter"),
        ("toUpperCase", ["valueParam", "valueParameter"], "",
         "function toUpperCase has the parameter 'valueParameter' twice → keep one of them"),
        ("escape", ["valueParam"], "", "function escape needs the parameter 'modeParameter' → give modeParameter"),
        ("escape", ["valueParam", "modeParam"], f"{GREL}stringOu",
         "function escape returns no 'stringOu' → did you mean 'stringOut'?"),
    ],
)  # fmt: skip
def test_wrong_call_is_told(name: str, parameters: list[str], returns: str, expected: str) -> None:
    """A call that cannot be made is told with what is right, before a source is read."""
    assert told(GREL + name, parameters, returns)[0] == expected


@pytest.mark.parametrize("iri", sorted(REFUSED))
def test_functions_without_one_result_are_refused(iri: str) -> None:
    """What would differ at each run, or reads behind the mapping's back, is refused with what to do instead."""
    assert told(iri, []) == [f"function <{iri}> is not made here → {REFUSED[iri]}"]


def fault(iri: str, names: list[str], values: list[str]) -> tuple[str, str]:
    """What is told of values that a function cannot take."""
    table = pl.DataFrame({f"{at}": [value] for at, value in enumerate(values)}).lazy()
    made = call(execution(iri, names), [pl.col(f"{at}") for at in range(len(values))])
    with pytest.raises(ContentError) as error:
        table.select(pl.lit(value=1), made.alias("made")).collect()
    (problem,) = error.value.problems
    assert problem.place == HERE
    return problem.message, problem.fix


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("math_round", ["abc"], "function math_round fails for 'abc': 'abc' is no number"),
        ("math_mod", ["1", "0"], "function math_mod fails for '1', '0': the numbers have no such result"),
        ("math_round", ["1e99999"], "function math_round fails for '1e99999': '1e99999' has more than 1,000 digits"),
        ("math_pow", ["10", "2000"], "function math_pow fails for '10', '2000': the numbers have no such result"),
        ("math_ln", ["0"], "function math_ln fails for '0': '0': math domain error"),
        ("math_round", ["NaN"], "function math_round fails for 'NaN': 'NaN' is no finite number"),
        ("date_toDate", ["31/02/2010", "dd/MM/yyyy"], "function date_toDate fails for '31/02/2010', 'dd/MM/yyyy': "),
        ("date_toDate", ["2010", "jjjj"], "function date_toDate fails for '2010', 'jjjj': 'jjjj' of the pattern"),
        ("date_inc", ["9999-12-31", "1", "day"],
         "function date_inc fails for '9999-12-31', '1', 'day': the result is beyond the years 1 to 9999"),
        ("date_diff", ["2010-01-01", "2010-01-02", "eons"],
         "function date_diff fails for '2010-01-01', '2010-01-02', 'eons': 'eons' is no unit; known: seconds, "),
        ("escape", ["a", "sql"], "function escape fails for 'a', 'sql': 'sql' is no mode; known: html, "),
        ("string_match", ["a", "("], "function string_match fails for 'a', '(': '(' is no regular expression: "),
    ],
)  # fmt: skip
def test_value_that_a_function_cannot_take_is_told(name: str, values: list[str], expected: str) -> None:
    """Nothing is silently left out: the value is told with the place in the mapping."""
    names = [names[0] for names in FUNCTIONS[GREL + name].parameters]
    message, fix = fault(GREL + name, names[: len(values)], values)
    assert (message[: len(expected)], fix) == (expected, "correct the value, or test it")


MINE = '''\
import polars as pl

from kg.mapping.function import function

EX = "http://e.x/f#"


@function(EX + "initials", EX + "name", output=EX + "out")
def initials(name: str) -> str | None:
    """The first letter of each word."""
    CALLS.append(name)
    return "".join(word[0] for word in name.split()) or None


@function(EX + "half", EX + "n", datatype="http://www.w3.org/2001/XMLSchema#decimal")
def half(n: str) -> str:
    """Half of a number."""
    return str(int(n) / 2)


@function(EX + "shout", EX + "text", EX + "mark", columnar=True)
def shout(text: pl.Expr, mark: str = "!") -> pl.Expr:
    """The text in capital letters, with a mark."""
    return pl.concat_str(text.str.to_uppercase(), pl.lit(mark) if isinstance(mark, str) else mark)


@function(EX + "square", EX + "n", columnar=True)
def square(n: pl.Expr) -> pl.Expr:
    """The number times itself."""
    return (n.cast(pl.Int64) ** 2).cast(pl.String)


@function(EX + "words", EX + "text", many=True)
def words(text: str) -> list[str]:
    """Each word."""
    return text.split()


@function(EX + "or", EX + "text", nulls=True)
def other(text: str | None) -> str:
    """The text, or a dash."""
    return text or "-"


@function(EX + "count", EX + "text")
def count(text: str) -> str:
    """No text by mistake."""
    return len(text)  # type: ignore[return-value]


@function(EX + "quit", EX + "text")
def leave(text: str) -> str:
    """Nothing at all."""
    raise SystemExit(text)


CALLS: list[str] = []
'''
DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"
MAPPING = """\
prefixes: {ex: "http://e.x/", f: "http://e.x/f#", grel: "http://users.ugent.be/~bjdmeest/function/grel.ttl#"}
mappings:
  m:
    sources: [[a.csv~csv]]
    s: ex:$(id)
    po:
    - {p: ex:made, o: FUNCTION}
"""
CSV = "id,name\n1,Ann Lee\n2,Ann Lee\n3,\n"


def materialize(made: str, folder: Path, csv: str = CSV, code: str = MINE) -> Result:
    """What `kg materialize --functions` does with a mapping that calls a function."""
    (folder / "a.csv").write_text(csv, encoding="utf-8")
    (folder / "mine.py").write_text(code, encoding="utf-8")
    (folder / "m.yaml").write_text(MAPPING.replace("FUNCTION", made), encoding="utf-8")
    return CliRunner().invoke(main, ["materialize", str(folder / "m.yaml"), "--functions", str(folder / "mine.py")])


def objects(made: str, folder: Path, csv: str = CSV) -> list[str]:
    """The objects that a function makes."""
    result = materialize(made, folder, csv)
    assert result.exit_code == 0, result.stderr
    return [line.split("> ", 2)[2].removesuffix(" .") for line in result.stdout.splitlines()]


def one(name: str, parameter: str, value: str = "$(name)") -> str:
    """A call with one argument in YARRRML."""
    return f'{{function: "f:{name}", parameters: [[f:{parameter}, "{value}"]]}}'


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (one("initials", "name"), ['"AL"', '"AL"']),
        (one("half", "n", "$(id)"), [f'"{n}"^^<{DECIMAL}>' for n in ("0.5", "1.0", "1.5")]),
        (one("shout", "text"), ['"ANN LEE!"', '"ANN LEE!"', '"!"']),
        ('{function: "f:shout", parameters: [[f:text, x], [f:mark, $(id)]]}', ['"X1"', '"X2"', '"X3"']),
        (one("shout", "text", "constant"), ['"CONSTANT!"'] * 3),
        (one("words", "text"), ['"Ann"', '"Lee"', '"Ann"', '"Lee"']),
        (one("or", "text"), ['"Ann Lee"', '"Ann Lee"', '"-"']),
        ((f'{{function: grel:array_get, parameters: [[grel:p_array_a, {one("words", "text")}],'
          ' [grel:param_int_i_from, "1"]]}'), ['"Lee"', '"Lee"']),
    ],
)  # fmt: skip
def test_functions_of_the_user(made: str, expected: list[str], tmp_path: Path) -> None:
    """Row by row, in columns, with defaults, several results, missing values, constants, one inside of another."""
    assert objects(made, tmp_path) == expected


def test_function_is_called_once_for_each_value() -> None:
    """The same values of a batch are computed once, and none is not computed at all."""
    problems, calls = Problems(), []

    def noted(text: str) -> str:
        calls.append(text)
        return text

    bound = bind(execution("x:f", ["t"]), {"x:f": Function(noted, (("t",),), (), "", (), rows=True)}, problems)
    table = pl.DataFrame({"0": ["b", "a", None, "b"]}).lazy().select(call(bound, [pl.col("0")]).alias("made"))
    assert (table.collect()["made"].to_list(), calls, problems) == (["b", "a", None, "b"], ["b", "a"], [])


@pytest.mark.parametrize(
    ("name", "parameter", "message", "line"),
    [
        ("half", "n", "half fails for 'x': ValueError: invalid literal for int() with base 10: 'x'", 18),
        ("count", "text", "count fails for 'x': it gave 1, which is not a text or None", 45),
        ("quit", "text", "quit fails for 'x': SystemExit: x", 54),
        ("square", "n", "square fails for 'x': InvalidOperationError: conversion from `str` to `i64` failed", 27),
    ],
)
def test_fault_of_a_function_of_the_user(name: str, parameter: str, message: str, line: int, tmp_path: Path) -> None:
    """What it raises is told with the place in the mapping, the value, and its own file and line."""
    result = materialize(one(name, parameter), tmp_path, "id,name\n1,x\n")
    assert result.exit_code == 1
    assert f"m.yaml:7:23: function {message}" in result.stderr
    assert f"correct {tmp_path / 'mine.py'}:{line}, or the value" in result.stderr


def test_the_value_is_found_that_a_columnar_function_fails_for(tmp_path: Path) -> None:
    """One wrong value among many is the one that is told."""
    rows = "".join(f"{n},{'x' if n == 77 else n}\n" for n in range(100))
    assert "function square fails for 'x'" in materialize(one("square", "n"), tmp_path, f"id,name\n{rows}").stderr


HEAD = "from kg.mapping.function import function\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = (", "mine.py:1:5: the functions cannot be read: SyntaxError: '(' was never closed"),
        ("\nimport nothing_of_that_name", "mine.py:2:1: the functions cannot be read: ModuleNotFoundError: No module"),
        ("x = 1", "mine.py binds no function"),
        (f"{HEAD}@function('x:f')\ndef f(a): ...", "mine.py:2:1: the functions cannot be read: TypeError: x:f has 0"),
        (f"{HEAD}@function('{GREL}escape')\ndef f(): ...", "mine.py:2:1: function <http://users.ugent.be/"),
        (f"{HEAD}@function('x:f')\ndef f(): ...\n@function('x:f')\ndef g(): ...", "mine.py:4:1: function <x:f> is"),
    ],
)  # fmt: skip
def test_wrong_file_of_functions_is_told(code: str, message: str, tmp_path: Path) -> None:
    """What keeps a file from being read is told with its line, and no trace is shown."""
    result = materialize(one("f", "a"), tmp_path, code=code)
    assert (result.exit_code, message in result.stderr, "Traceback" in result.stderr) == (1, True, False), result.stderr


def test_absent_files_and_modules_are_told(tmp_path: Path) -> None:
    """A file that is not there, and a module that is not installed."""
    problems = Problems()
    read_functions([str(tmp_path / "no.py"), "no_such_module"], problems)
    assert [problem.message for problem in problems] == [
        f"there is no file {tmp_path / 'no.py'}",
        "there is no Python module no_such_module",
    ]


def test_a_module_is_read_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that Python finds may be named in place of a file."""
    (tmp_path / "functions_of_a_test.py").write_text(MINE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    problems = Problems()
    found = read_functions(["functions_of_a_test"], problems)
    assert ([local(iri) for iri in found][:2], problems) == (["initials", "half"], [])


def test_no_file_is_run_that_is_not_named(tmp_path: Path) -> None:
    """A mapping alone never makes Python code run."""
    materialize(one("initials", "name"), tmp_path)
    result = CliRunner().invoke(main, ["materialize", str(tmp_path / "m.yaml")])
    assert (result.exit_code, "function <http://e.x/f#initials> is not known" in result.stderr) == (1, True)


def test_kg_mapping_knows_the_functions(tmp_path: Path) -> None:
    """`kg mapping` checks the calls, and tells what the functions do."""
    materialize(one("initials", "nam"), tmp_path)
    arguments = ["mapping", str(tmp_path / "m.yaml"), "--functions", str(tmp_path / "mine.py")]
    wrong = CliRunner().invoke(main, arguments)
    assert (wrong.exit_code, "function initials has no parameter 'nam'" in wrong.stderr) == (1, True)
    told_ = CliRunner().invoke(main, [*arguments, "--explain"])
    assert "- f:initials: The first letter of each word." in told_.stdout


def test_lists_go_into_functions_whole(tmp_path: Path) -> None:
    """A parameter of several texts takes all values of a record, one of a text takes each."""
    (tmp_path / "a.json").write_text('[{"id": "1", "tags": ["b", "a"]}, {"id": "2", "tags": []}]', encoding="utf-8")
    mapping = MAPPING.replace("[[a.csv~csv]]", "[[a.json~jsonpath, '$[*]']]")
    for name, more, expected in (
        ("array_join", ', [grel:p_string_sep, "+"]', ['"b+a"']),
        ("array_sort", "", ['"a"', '"b"']),
    ):
        made = f'{{function: "grel:{name}", parameters: [[grel:p_array_a, "$(tags[*])"]{more}]}}'
        (tmp_path / "m.yaml").write_text(mapping.replace("FUNCTION", made), encoding="utf-8")
        result = CliRunner().invoke(main, ["materialize", str(tmp_path / "m.yaml")])
        found = [line.split("> ", 2)[2].removesuffix(" .") for line in result.stdout.splitlines()]
        assert found == expected, result.stderr
