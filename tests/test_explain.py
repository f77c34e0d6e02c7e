"""What `kg mapping` says of a mapping, and what it makes of it."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kg.cli import main
from kg.errors import Problems
from kg.mapping.explain import explain
from kg.mapping.model import MappingDocument
from kg.mapping.rml import read_rml_document
from kg.mapping.yarrrml import read_yarrrml_document

BASE = "https://w3id.org/pressgraph/"
ROOT = Path(__file__).parent.parent
SUITES = Path(os.environ.get("KG_SUITES", "/nonexistent"))

YARRRML = """\
prefixes:
  ex: http://example.org/
  grel: http://users.ugent.be/~bjdmeest/function/grel.ttl#
  idlab-fn: https://w3id.org/imec/idlab/function#
targets:
  log: [log.nt~void, ntriples]
mappings:
  person:
    sources: [[people.json~jsonpath, "$.people[*]"]]
    s: ex:person/$(id)
    graphs: ex:people
    condition: {function: idlab-fn:isNotNull, parameters: [[idlab-fn:str, $(id)]]}
    po:
    - [a, ex:Person]
    - [ex:name, $(name), fr~lang]
    - [ex:born, $(born), xsd:date]
    - [ex:note, Seen]
    - [ex:motto, "$(first), $(last)"]
    - {p: ex:label, o: {value: $(label), language: $(tag)}}
    - [ex:page, $(page)~iri]
    - {p: ex:at, o: {value: $(place), type: blank, targets: log}}
    - {p: ex:loud, o: {function: "grel:toUpperCase(grel:valueParameter = $(name))"}, graphs: ex:loud}
    - p: ex:project
      o: {mapping: project, condition: {function: equal, parameters: [[str1, $(project)], [str2, $(key)]]}}
      condition: {function: equal, parameters: [[str1, $(state)], [str2, active]]}
    - {p: ex:self, o: {mapping: person}}
  project:
    sources:
    - [projects.csv~csv]
    - {access: db, type: postgresql, query: SELECT * FROM projects}
    po:
    - [ex:key, $(key)]
"""

EXPLAINED = """\
person
  Reads people.json as JSON, a record at each $.people[*].
  Each record describes ex:person/{id}.
  Only where idlab-fn:isNotNull(id) is true.
  Its triples go to the graph ex:people.
  - is of the class ex:Person
  - ex:name: the value of name, in the language fr
  - ex:born: the value of born, as xsd:date
  - ex:note: “Seen”
  - ex:motto: the text “{first}, {last}”
  - ex:label: the value of label, in the language that tag names
  - ex:page: the IRI in page
  - ex:at: a blank node, the same for each {place}, written to log.nt
  - ex:loud: the result of grel:toUpperCase(name), in the graph ex:loud
  - ex:project: what project describes, where project here equals key there,
    only where state equals “active”
  - ex:self: what person describes in the same record

project
  Reads projects.csv as CSV.
  Reads the answer to SELECT * FROM projects from db.
  Each row describes a blank node of its own.
  - ex:key: the value of key

Functions
  - grel:toUpperCase: The text in capital letters.
  - idlab-fn:isNotNull: Whether there is a value.
"""


def kg(*arguments: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A YARRRML file with nothing wrong."""
    path = tmp_path / "m.yml"
    path.write_text(YARRRML, encoding="utf-8")
    return path


def read(path: Path) -> MappingDocument:
    """A file with nothing wrong."""
    problems = Problems()
    reader = read_rml_document if path.suffix == ".ttl" else read_yarrrml_document
    document = reader(path, path.parent, (BASE, BASE), problems)
    assert [] == [problem.render() for problem in problems]
    return document


def test_a_mapping_is_explained_in_plain_words(file: Path) -> None:
    """Sources, subjects, conditions, graphs, and a line for each predicate and object."""
    assert EXPLAINED == explain(read(file))


def test_views_and_collections_are_explained(tmp_path: Path) -> None:
    """What RML has beside YARRRML."""
    path = tmp_path / "m.ttl"
    path.write_text(
        """
    @prefix rml: <http://w3id.org/rml/> .
    @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
    @prefix ex: <http://example.org/> .
    <#m> rml:logicalSource [ a rml:LogicalView ; rml:viewOn [ rml:source [ rml:path "a.csv" ] ;
        rml:referenceFormulation rml:CSV ] ; rml:field [ rml:fieldName "one" ; rml:reference "x" ],
        [ rml:fieldName "two" ; rml:reference "y" ] ] ;
      rml:subjectMap [ rml:template "http://a.example/{one}" ; rml:class ex:C ; rml:graph rml:defaultGraph ] ;
      rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap [ rml:gatherAs rdf:Seq ;
        rml:gather ( [ rml:reference "one" ] [ rml:reference "two" ] ) ] ] .
    """,
        encoding="utf-8",
    )
    assert """\
m
  Reads the fields one and two of a.csv as CSV.
  Each record describes <http://a.example/{one}>.
  Its triples go to the default graph.
  - is of the class ex:C
  - ex:p: a seq of the value of one and the value of two
""" == explain(read(path))


@pytest.mark.parametrize("path", sorted((ROOT / "mappings").glob("*.yaml")), ids=lambda path: path.name)
def test_our_mappings_are_explained_in_80_columns(path: Path) -> None:
    """Each map of this project has its paragraph, no line is longer than a terminal is wide."""
    document = read(path)
    text = explain(document)
    assert len(document.maps) == len(text.strip().split("\n\n"))
    assert [] == [line for line in text.splitlines() if len(line) > 80]


@pytest.mark.skipif(not SUITES.is_dir(), reason="KG_SUITES names no folder of test suites")
def test_every_mapping_of_the_suites_is_explained_in_80_columns() -> None:
    """Whatever RML can say has words."""
    count = 0
    for path in sorted(SUITES.glob("*/test-cases/*/mapping.ttl")):
        problems = Problems()
        document = read_rml_document(path, path.parent, (BASE, BASE), problems)
        if not problems:
            lines = explain(document).splitlines()
            assert [] == [line for line in lines if len(line) > 80], path
            assert len(lines) > 2 * len(document.maps), path
            count += 1
    assert count > 200


def test_command_tells_that_nothing_is_wrong(file: Path) -> None:
    """One line and exit code 0."""
    result = kg("mapping", file)
    assert (0, f"{file}: nothing wrong; 2 triples maps\n") == (result.exit_code, result.output)


def test_command_tells_of_functions_that_it_does_not_know(tmp_path: Path) -> None:
    """The explanation goes on, and says which file is missing."""
    file = tmp_path / "m.yml"
    file.write_text(YARRRML.replace("idlab-fn:isNotNull", "ex:isSet"), encoding="utf-8")
    result = kg("mapping", file, "--explain")
    told = "  - ex:isSet: not known; name the file that binds it with --functions\n"
    assert (0, True) == (result.exit_code, told in result.output)


def test_command_explains(file: Path) -> None:
    """`--explain` writes what the mapping does."""
    result = kg("mapping", file, "--explain")
    assert (0, EXPLAINED) == (result.exit_code, result.output)


def test_command_tells_all_problems_with_their_places(tmp_path: Path) -> None:
    """Exit code 1, every problem with the line, the mark under it and the remedy."""
    path = tmp_path / "m.yml"
    path.write_text("mappings:\n  m:\n    subj: x\n    poo: y\n", encoding="utf-8")
    result = kg("mapping", path)
    assert 1 == result.exit_code
    assert (
        f"{path}:3:5: unknown key 'subj'\n  3 |     subj: x\n    |     ^\n  → did you mean 'subject'?" in result.output
    )
    assert f"{path}:4:5: unknown key 'poo'" in result.output
    assert "2 problems" in result.output


@pytest.mark.parametrize("language", ["rml", "rml-old"])
def test_command_converts_there_and_back(file: Path, language: str, tmp_path: Path) -> None:
    """`--to` writes another language; what comes back says the same."""
    turtle, back = tmp_path / "m.ttl", tmp_path / "back.yml"
    source = file.read_text(encoding="utf-8").replace(
        "      condition: {function: equal, parameters: [[str1, $(state)], [str2, active]]}\n", ""
    )
    file.write_text(source, encoding="utf-8")
    there = kg("mapping", file, "--to", language)
    assert 0 == there.exit_code, there.output
    turtle.write_text(there.output, encoding="utf-8")
    again = kg("mapping", turtle, "--to", "yarrrml")
    assert 0 == again.exit_code, again.output
    back.write_text(again.output, encoding="utf-8")
    # One source a triples map is all that RML knows: the map of two sources comes back as two.
    expected, found = explain(read(file)), explain(read(back))
    assert expected.partition("\n\n")[0].splitlines()[1:10] == found.partition("\n\n")[0].splitlines()[1:10]


def test_command_tells_what_a_language_cannot_say(file: Path) -> None:
    """A conversion that would lose something is refused, not made."""
    result = kg("mapping", file, "--to", "r2rml")
    assert 1 == result.exit_code
    assert "R2RML reads tables and queries only" in result.output


def test_command_reads_no_file_that_is_none(tmp_path: Path) -> None:
    """A wrong path is a wrong call."""
    assert 2 == kg("mapping", tmp_path / "none.yml").exit_code
    (tmp_path / "names.yml").write_text("{}", encoding="utf-8")
    assert "there is no mapping" in kg("mapping", tmp_path / "name.yml").output
    assert "did you mean 'names.yml'?" in kg("mapping", tmp_path / "name.yml").output


@pytest.mark.parametrize("ending", [".ttl", ".rml", ".nt", ".TTL"])
def test_command_reads_turtle_by_the_endings_that_materialize_knows(ending: str, file: Path, tmp_path: Path) -> None:
    """One list of endings for both commands."""
    turtle = tmp_path / f"m{ending}"
    turtle.write_text(kg("mapping", file, "--to", "rml").stdout, encoding="utf-8")
    assert 0 == kg("mapping", turtle).exit_code


def test_command_checks_paths_without_the_sources(tmp_path: Path) -> None:
    """Iterators and references that are no JSONPath or XPath, also on the parent's side of a join."""
    path = tmp_path / "m.yml"
    path.write_text(
        """prefixes: {ex: "http://e.x/"}
mappings:
  a:
    sources: [["a.json~jsonpath", "$.a["]]
    s: ex:$(id)
    po:
    - [ex:p, "$(b[)"]
    - p: ex:q
      o: {mapping: b, condition: {function: equal, parameters: [[str1, $(id)], [str2, "$(c[)"]]}}
  b:
    sources: [["b.xml~xpath", "/list/"]]
    s: ex:$(@id)
    po: [[ex:p, $(name)]]
""",
        encoding="utf-8",
    )
    result = kg("mapping", path)
    assert 1 == result.exit_code
    assert [4, 7, 9, 11] == [
        int(line.split(":")[1]) for line in result.output.splitlines() if line.startswith(str(path))
    ]
