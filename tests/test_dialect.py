"""Dialects of CSV: each property of the vocabulary is honoured, or refused with what to do."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import ContentError, Place, Problems
from kg.mapping import Reading, materialize_files, read_rml
from kg.mapping.model import LogicalSource
from kg.mapping.source import records
from kg.mapping.source.dialect import _PROPERTIES

HERE = Place("m.ttl", 2, 3)


def rows(
    text: str | bytes, folder: Path, said: dict[str, str] | None = None, names: tuple[str, ...] = ("a", "b")
) -> list[tuple[object, ...]]:
    """The records of a text in a dialect."""
    (folder / "a.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    source = LogicalSource("a.csv", "csv", "", HERE, settings=tuple((said or {}).items()))
    batches = records(source, dict.fromkeys(names, HERE), Reading(folder, batch=2))
    return [tuple(row[name] for name in names) for batch in batches for row in batch.to_dicts()]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"delimiter": ";"}, "a;b\n1;x,y\n"),
        ({"delimiter": "\t"}, "a\tb\n1\tx,y\n"),
        ({"delimiter": "¦"}, "a¦b\n1¦x,y\n"),
        ({"quoteChar": "'"}, "a,b\n1,'x,y'\n"),
        ({"quoteChar": "«"}, "a,b\n1,«x,y«\n"),
        ({"quoteChar": "", "delimiter": ";"}, "a;b\n1;x,y\n"),
        ({"doubleQuote": "true"}, 'a,b\n1,"x,y"\n'),
        ({"doubleQuote": "false"}, 'a,b\n1,"x\\,y"\n'),
        ({"header": "true"}, 'a,b\n1,"x,y"\n'),
        ({"headerRowCount": "1"}, 'a,b\n1,"x,y"\n'),
        ({"skipRows": "2"}, 'made by us\n"\na,b\n1,"x,y"\n'),
        ({"skipColumns": "1"}, 'n,a,b\n7,1,"x,y"\n'),
        ({"commentPrefix": "#"}, '# made by us, "\na,b\n#2,no\n1,"x,y"\n'),
        ({"commentPrefix": "//"}, '//\na,b\n1,"x,y"\n//'),
        ({"trim": "true"}, ' a , b \n1 ,  "x,y"\n'),
        ({"trim": "start"}, 'a, b\n1,  "x,y"\n'),
        ({"trim": "end"}, 'a ,b\n1 ,"x,y "\n'),
        ({"trim": "false"}, 'a,b\n1,"x,y"\n'),
        ({"skipInitialSpace": "true"}, 'a, b\n1, "x,y"\n'),
        ({"skipBlankRows": "true"}, 'a,b\n\n1,"x,y"\n,\n'),
        ({"lineTerminators": "\r\n"}, 'a,b\r\n1,"x,y"\r\n'),
        ({"lineTerminators": "\\n"}, 'a,b\n1,"x,y"\n'),
        ({"encoding": "utf-8"}, 'a,b\n1,"x,y"\n'),
        ({"encoding": "utf-16"}, 'a,b\n1,"x,y"\n'.encode("utf-16")),
    ],
)  # fmt: skip
def test_property_is_honoured(said: dict[str, str], text: str | bytes, tmp_path: Path) -> None:
    """The same record, written in each dialect."""
    assert rows(text, tmp_path, said) == [("1", "x,y")]


def test_every_property_is_tested() -> None:
    """None of the vocabulary is passed over in silence."""
    marks = test_property_is_honoured.pytestmark  # type: ignore[attr-defined]
    tested = {name for said, _ in marks[0].args[1] for name in said}
    assert tested == set(_PROPERTIES)


@pytest.mark.parametrize(
    "said", [{"header": "false"}, {"headerRowCount": "0"}, {"header": "true", "headerRowCount": "0"}]
)
def test_no_header(said: dict[str, str], tmp_path: Path) -> None:
    """Columns without names are numbered from 1."""
    assert rows("1,x\n2,y\n", tmp_path, said, ("_col.2",)) == [("x",), ("y",)]


def test_comments_begin_where_a_record_does(tmp_path: Path) -> None:
    """A line inside of a quoted cell, and a quoted cell that begins so, are no comments."""
    assert rows('a,b\n1,"x\n#y"\n"#2",z\n', tmp_path, {"commentPrefix": "#"}) == [("1", "x\n#y"), ("#2", "z")]


def test_backslash_before_a_quote(tmp_path: Path) -> None:
    """Where quotes are not doubled, a backslash keeps what follows it."""
    assert rows('a,b\n1,"x\\"y\\\\"\n', tmp_path, {"doubleQuote": "false"}) == [("1", 'x"y\\')]


def test_blank_rows(tmp_path: Path) -> None:
    """Left out when the dialect says so or there are several columns; a record of one column; else an error."""
    assert rows("a\n\n1\n", tmp_path, {}, ("a",)) == [("",), ("1",)]
    assert rows("a\n\n1\n", tmp_path, {"skipBlankRows": "true"}, ("a",)) == [("1",)]
    assert rows("a,b\n\n1,2\n", tmp_path) == [("1", "2")]
    with pytest.raises(ContentError, match="has 2 columns, but a record up to line 3 has 1 fields"):
        rows("a,b\n\n1,2\n", tmp_path, {"skipBlankRows": "false"})


@pytest.mark.parametrize(
    ("said", "message", "fix"),
    [
        ({"delimeter": ";"}, "'delimeter' is no property of a CSV dialect", "did you mean 'delimiter'?"),
        ({"delimiter": ";;"}, "delimiter ';;' is not one character", "write one, such as ; or \\t"),
        ({"delimiter": ""}, "delimiter '' is not one character", "write one, such as ; or \\t"),
        ({"quoteChar": "''"}, "quoteChar \"''\" is not one character", "write one, such as ; or \\t"),
        ({"header": "yes"}, "header 'yes' is not understood", "known: 0, 1, false, true"),
        ({"headerRowCount": "2"}, "headerRowCount 2: one row of names is read", "leave the others by skipRows"),
        ({"headerRowCount": "one"}, "headerRowCount 'one' is no number of them", "write a whole number, 0 or more"),
        ({"skipRows": "-1"}, "skipRows '-1' is no number of them", "write a whole number, 0 or more"),
        ({"trim": "both"}, "trim 'both' is not understood", "known: 0, 1, end, false, start, true"),
        ({"lineTerminators": "\r"}, "lineTerminators '\\\\r': only LF and CRLF end lines", "change the file"),
        ({"lineTerminators": "|"}, "lineTerminators '|': only LF and CRLF end lines", "change the file"),
        ({"encoding": "klingon"}, "encoding 'klingon' is not known", "write utf-8, utf-16, iso-8859-1, …"),
        ({"doubleQuote": ""}, "doubleQuote '' is not understood", "known: 0, 1, false, true"),
    ],
)
def test_what_is_not_honoured_is_refused(said: dict[str, str], message: str, fix: str, tmp_path: Path) -> None:
    """A property or value that is not understood is an error at the source's place, with what is."""
    with pytest.raises(ContentError) as error:
        rows("a,b\n1,2\n", tmp_path, said)
    (problem,) = error.value.problems
    assert (problem.message, problem.fix, problem.place) == (message, fix, HERE)


@pytest.mark.parametrize("said", [{}, {"trim": "true"}])
def test_column_that_is_there_twice_is_told(said: dict[str, str], tmp_path: Path) -> None:
    """A reference to one of two columns of one name means neither; other columns are read."""
    assert rows("a,a,b\n1,2,3\n", tmp_path, said, ("b",)) == [("3",)]
    with pytest.raises(ContentError, match="several columns 'a'"):
        rows("a,a,b\n1,2,3\n", tmp_path, said, ("a",))


CELLS = st.text(alphabet=st.sampled_from("ab ,;\"'\\#é\n\t"), max_size=4)


@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=5),
    st.sampled_from(",;\t"),
    st.sampled_from("\"'"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_in_a_dialect_is_read_in_it(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]], delimiter: str, quote: str, end: str
) -> None:
    """Any cell, in any dialect, comes back as it is, by the reader of columns and by that of records."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *table])
    folder = tmp_path_factory.mktemp("csv")
    said = {"delimiter": delimiter, "quoteChar": quote}
    assert rows(text.getvalue(), folder, said) == table
    assert rows(text.getvalue(), folder, said | {"commentPrefix": "%"}) == table


def test_dialect_of_rml(tmp_path: Path) -> None:
    """The properties of csvw:Dialect in a mapping are those of the source."""
    (tmp_path / "a.csv").write_text("%\nid| name\n1|'a\\'b'\n", encoding="utf-8")
    (tmp_path / "m.ttl").write_text(
        """@prefix rml: <http://w3id.org/rml/> . @prefix csvw: <http://www.w3.org/ns/csvw#> .
<#m> rml:logicalSource [ rml:referenceFormulation rml:CSV ; rml:source [ a csvw:Table ; csvw:url "a.csv" ;
    csvw:dialect [ a csvw:Dialect ; csvw:delimiter "|" ; csvw:quoteChar "'" ; csvw:doubleQuote false ;
      csvw:commentPrefix "%" ; csvw:trim true ; csvw:headerRowCount 1 ; csvw:lineTerminators "\\n" ] ] ] ;
  rml:subjectMap [ rml:template "http://e.x/{id}" ] ;
  rml:predicateObjectMap [ rml:predicate <http://e.x/p> ; rml:objectMap [ rml:reference "name" ] ] .""",
        encoding="utf-8",
    )
    problems = Problems()
    lines: list[str] = []
    maps = read_rml(tmp_path / "m.ttl", tmp_path, ("http://e.x/", "http://e.x/"), problems)
    problems.stop_if_any()
    materialize_files(maps, Reading(tmp_path, tmp_path), lambda _, new: lines.extend(new))
    assert lines == ['<http://e.x/1> <http://e.x/p> "a\'b" .']
