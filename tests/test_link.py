"""Links in SSSOM/TSV: what is read, and each slip with its place and remedy."""

import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import Problems
from kg.graph.link import LINK_FIELDS, read_links

HEAD = """\
#curie_map:
#  id: https://w3id.org/pressgraph/id/
#  schema: https://schema.org/
#  wd: http://www.wikidata.org/entity/
#mapping_set_id: https://w3id.org/pressgraph/links
#license: https://creativecommons.org/licenses/by/4.0/
"""
COLUMNS = "subject_id\tpredicate_id\tobject_id\tmapping_justification\tconfidence\tcomment\n"
ROW = "id:rats\towl:sameAs\twd:Q1\tsemapv:ManualMappingCuration\t0.95\tseen\n"
ENTITIES = {"rats", "tashkent"}
OUR_FILE = Path(__file__).parent.parent / "sources/links.sssom.tsv"


def read(folder: Path, text: str | bytes) -> tuple[list[dict[str, str | None]], Problems]:
    """The records of a file and its problems."""
    path = folder / "links.sssom.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = Problems()
    return read_links(path, folder, ENTITIES, problems), problems


def test_a_row_is_a_record_with_whole_iris(tmp_path: Path) -> None:
    """CURIEs are expanded, the subject is an entity's id, the key is made of the link, what is absent is None."""
    records, problems = read(tmp_path, HEAD + COLUMNS + ROW)
    assert problems == []
    assert records == [
        {
            "key": "rats.owl-sameAs.wd-Q1",
            "subject": "rats",
            "predicate": "http://www.w3.org/2002/07/owl#sameAs",
            "object": "http://www.wikidata.org/entity/Q1",
            "justification": "https://w3id.org/semapv/vocab/ManualMappingCuration",
            "confidence": "0.95",
            "subject_label": None,
            "object_label": None,
            "object_source": None,
            "object_source_version": None,
            "mapping_date": None,
            "comment": "seen",
        }
    ]
    assert tuple(records[0]) == LINK_FIELDS


def test_no_other_row_changes_a_key(tmp_path: Path) -> None:
    """Keys become IRIs: they are made of the row alone."""
    other = ROW.replace("wd:Q1", "wd:Q2")
    forth, _ = read(tmp_path, HEAD + COLUMNS + ROW + other)
    back, _ = read(tmp_path, HEAD + COLUMNS + other + ROW)
    assert [record["key"] for record in forth] == ["rats.owl-sameAs.wd-Q1", "rats.owl-sameAs.wd-Q2"]
    assert sorted(forth, key=str) == sorted(back, key=str)


def test_what_the_set_says_holds_for_each_row(tmp_path: Path) -> None:
    """A propagated slot of the metadata is a value of every mapping that has none of its own."""
    text = HEAD + "#mapping_date: 2026-01-02\n" + COLUMNS.replace("comment", "mapping_date")
    records, problems = read(
        tmp_path, text + ROW.replace("seen", "") + ROW.replace("Q1", "Q2").replace("seen", "2026-03-04")
    )
    assert problems == []
    assert [record["mapping_date"] for record in records] == ["2026-01-02", "2026-03-04"]


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\r")) | st.text('"\t\n a'))
def test_any_text_survives_quoting(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Tabs, line breaks and doubled quotes in a quoted cell are the cell's own; the row after it is read as well."""
    quoted = '"' + text.replace('"', '""') + '"'
    content = HEAD + COLUMNS + ROW.replace("seen", quoted) + ROW.replace("Q1", "Q2")
    records, problems = read(tmp_path_factory.mktemp("sssom"), content)
    assert problems == []
    assert [record["comment"] for record in records] == [text or None, "seen"]


@settings(deadline=None)
@given(st.text('#:\t\n" aid/rswd,') | st.text() | st.binary())
def test_no_file_stops_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    """Whatever stands in a file, problems have places in it and rows without problems are whole."""
    folder = tmp_path_factory.mktemp("sssom")
    for content in (text, HEAD.encode() + COLUMNS.encode() + (text if isinstance(text, bytes) else text.encode())):
        records, problems = read(folder, content)
        assert all(problem.place and problem.place.file == "links.sssom.tsv" for problem in problems)
        assert all(record["object"] for record in records)


FAULTS = {
    "a prefix that is not declared": (
        HEAD + COLUMNS + ROW.replace("wd:Q1", "wdt:Q1"),
        (8, 20, "the prefix 'wdt' is not declared", "did you mean 'wd'?"),
    ),
    "an entity that there is not": (
        HEAD + COLUMNS + ROW.replace("id:rats", "id:rast"),
        (8, 1, "there is no entity 'rast'", "did you mean 'rats'?"),
    ),
    "a subject that is none of ours": (
        HEAD + COLUMNS + ROW.replace("id:rats", "wd:Q2"),
        (8, 1, "the subject is none of our entities", "write id: and the id of an entity"),
    ),
    "an IRI for a CURIE": (
        HEAD + COLUMNS + ROW.replace("wd:Q1", "http://www.wikidata.org/entity/Q1"),
        (8, 20, "'http://www.wikidata.org/entity/Q1' is no CURIE", "write prefix:name, the prefix from curie_map"),
    ),
    "a CURIE of no valid IRI": (
        HEAD + COLUMNS + ROW.replace("wd:Q1", "wd:Q 1"),
        (8, 20, "'http://www.wikidata.org/entity/Q 1' is no IRI", "percent-encode what no IRI may hold"),
    ),
    "a CURIE of nothing": (
        HEAD + COLUMNS + ROW.replace("wd:Q1", "wd:"),
        (8, 20, "nothing stands after the prefix wd", "write what it identifies"),
    ),
    "a predicate that is not allowed": (
        HEAD + COLUMNS + ROW.replace("owl:sameAs", "skos:exactmatch"),
        (8, 9, "skos:exactmatch is no predicate of a link", "did you mean 'skos:exactMatch'?"),
    ),
    "an unknown justification": (
        HEAD + COLUMNS + ROW.replace("ManualMappingCuration", "ManualCuration"),
        (8, 26, "semapv:ManualCuration is no justification", "did you mean 'semapv:ManualMappingCuration'?"),
    ),
    "no justification": (
        HEAD + COLUMNS + ROW.replace("semapv:ManualMappingCuration", ""),
        (8, 1, "no mapping_justification", ""),
    ),
    "a confidence above one": (
        HEAD + COLUMNS + ROW.replace("0.95", "1.5"),
        (8, 55, "'1.5' is no confidence", "write a number from 0 to 1"),
    ),
    "a confidence that is no number": (
        HEAD + COLUMNS + ROW.replace("0.95", "nan"),
        (8, 55, "'nan' is no confidence", "write a number from 0 to 1"),
    ),
    "a mapping that does not hold": (
        HEAD + COLUMNS.replace("comment", "predicate_modifier") + ROW.replace("seen", "Not"),
        (8, 60, "a link that does not hold cannot be published as one", "leave the row out"),
    ),
    "a day that is none": (
        HEAD + COLUMNS.replace("comment", "mapping_date") + ROW.replace("seen", "2026-02-30"),
        (8, 60, "'2026-02-30' is no day", "write it as 2010-06-13"),
    ),
    "a link that is there twice": (
        HEAD + COLUMNS + ROW + ROW.replace("seen", "again"),
        (9, 1, "the link is also on line 8", "keep one of them"),
    ),
    "a cell too many": (
        HEAD + COLUMNS + ROW.replace("seen", "seen\tmore"),
        (8, 1, "7 cells, of 6 columns", "put one tab between two cells, none after the last"),
    ),
    "an empty line between rows": (
        HEAD + COLUMNS + "\n" + ROW,
        (8, 1, "an empty line in the table", "remove it"),
    ),
    "an unknown column": (
        HEAD + COLUMNS.replace("comment", "coment") + ROW,
        (7, 68, "'coment' is no slot of a mapping", "did you mean 'comment'?"),
    ),
    "a column that is there twice": (
        HEAD + COLUMNS.replace("comment", "confidence") + ROW.replace("seen", "0.9"),
        (7, 68, "the column confidence is there twice", "keep one of them"),
    ),
    "a quote inside a bare cell": (
        HEAD + COLUMNS + ROW.replace("seen", 'so "seen"'),
        (8, 60, "a quote in a cell without quotes around it", 'write "…""…"'),
    ),
    "a quote that is not closed": (
        HEAD + COLUMNS + ROW.replace("seen", '"seen'),
        (8, 60, "a quote that is not closed", 'close it with "'),
    ),
    "text after a quoted cell": (
        HEAD + COLUMNS + ROW.replace("seen", '"seen" twice'),
        (8, 66, "text after the end of a quoted cell", 'double a quote inside: ""'),
    ),
    "no license": (
        HEAD.replace("#license: https://creativecommons.org/licenses/by/4.0/\n", "") + COLUMNS + ROW,
        (1, 2, "the metadata have no license", "add #license: …"),
    ),
    "a license that is no IRI": (
        HEAD.replace("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0") + COLUMNS + ROW,
        (6, 11, "license is no IRI", ""),
    ),
    "an unknown slot of the set": (
        HEAD + "#mapping_set_titel: links\n" + COLUMNS + ROW,
        (7, 2, "'mapping_set_titel' is no slot of a mapping set", "did you mean 'mapping_set_title'?"),
    ),
    "a prefix that SSSOM defines otherwise": (
        HEAD.replace("schema: https://schema.org/", "owl: http://example.org/") + COLUMNS + ROW,
        (
            3,
            9,
            "SSSOM defines the prefix owl otherwise",
            "write http://www.w3.org/2002/07/owl#, or leave it out",
        ),
    ),
    "a prefix of no IRI": (
        HEAD.replace("https://schema.org/", "schema org") + COLUMNS + ROW,
        (3, 12, "the prefix schema stands for no IRI", ""),
    ),
    "metadata that are not YAML": (
        HEAD.replace("#mapping_set_id: ", "#mapping_set_id: [") + COLUMNS + ROW.replace("wd:Q1", "skos:Q1"),
        (6, 9, "not YAML: while parsing a flow sequence, did not find expected ',' or ']'", "check indentation"),
    ),
    "no metadata": (
        COLUMNS + ROW.replace("id:rats", "owl:rats"),
        (1, 1, "no metadata: the file begins with no line of #", "begin with: #curie_map:"),
    ),
    "no table": (HEAD, (7, 1, "no table", "begin it with the names of its columns, with tabs between")),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, expected: tuple[int, int, str, str]) -> None:
    """Line, column, what is wrong and what to write; the fault's own row makes no record."""
    _, problems = read(tmp_path, text)
    line, column, message, fix = expected
    told = [
        (problem.place.line, problem.place.column, problem.message, problem.fix[: len(fix)])
        for problem in problems
        if problem.place
    ]
    assert (line, column, message, fix) in told
    assert "no metadata" in message or "not YAML" in message or len(told) == 1


def test_all_faults_of_a_file_are_told_together(tmp_path: Path) -> None:
    """One reading finds them all; the rows without fault are records."""
    bad = ROW.replace("owl:sameAs", "owl:same").replace("0.95", "2").replace("id:rats", "id:nobody")
    records, problems = read(tmp_path, HEAD + COLUMNS + bad + ROW)
    assert len(records) == 1
    assert [problem.message for problem in problems] == [
        "there is no entity 'nobody'",
        "owl:same is no predicate of a link",
        "'2' is no confidence",
    ]


def test_a_missing_column_is_told_once_for_all_rows(tmp_path: Path) -> None:
    """Its absence in each row follows from the first line."""
    columns, row = COLUMNS.replace("object_id\t", ""), ROW.replace("wd:Q1\t", "")
    records, problems = read(tmp_path, HEAD + columns + row + row)
    assert records == []
    assert [(problem.message, problem.place.line) for problem in problems if problem.place] == [
        ("no column object_id", 7)
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ((HEAD + COLUMNS + ROW).encode("utf-16"), "not UTF-8 at byte 0"),
        (b"\xef\xbb\xbf" + (HEAD + COLUMNS + ROW).encode(), "a byte order mark, which SSSOM forbids"),
    ],
)
def test_the_encoding_is_utf_8(tmp_path: Path, content: bytes, expected: str) -> None:
    """SSSOM files are UTF-8 without a byte order mark."""
    assert [problem.message for problem in read(tmp_path, content)[1]] == [expected]


def test_windows_line_breaks_are_line_breaks(tmp_path: Path) -> None:
    """A file saved on Windows reads the same."""
    text = HEAD + COLUMNS + ROW
    assert read(tmp_path, text.replace("\n", "\r\n")) == read(tmp_path, text)


@pytest.mark.skipif(not OUR_FILE.exists(), reason="the project has no links yet")
def test_our_links_are_valid_for_another_reader() -> None:
    """The reference for SSSOM in Python reads our file without error, and finds the same links as we do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sssom_pydantic  # noqa: PLC0415 (third-party warnings at import)

        mappings, converter, _, errors = sssom_pydantic.read(OUR_FILE, return_errors=True)
    assert errors == []
    prefixes = converter.bimap
    theirs = {
        tuple(prefixes[end.prefix] + end.identifier for end in (mapping.subject, mapping.predicate, mapping.object))
        for mapping in mappings
    }
    entities = {subject.removeprefix("https://w3id.org/pressgraph/id/") for subject, _, _ in theirs}
    problems = Problems()
    ours = read_links(OUR_FILE, OUR_FILE.parent, entities, problems)
    assert problems == []
    assert {
        ("https://w3id.org/pressgraph/id/" + str(link["subject"]), link["predicate"], link["object"]) for link in ours
    } == theirs
