"""XML: records by XPath, namespaces, logical views, what a file cannot do, and memory that does not grow."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from kg.errors import ContentError, Place, Problems
from kg.mapping import Reading, materialize_files, read_rml, read_yarrrml
from kg.mapping.model import LogicalSource
from kg.mapping.source import records, xpath

HERE = Place("m.yaml", 2, 3)


def rows(
    text: str | bytes,
    iterator: str,
    references: list[str],
    folder: Path,
    batch: int = 2,
    spaces: dict[str, str] | None = None,
) -> list[tuple[object, ...]]:
    """The records of an XML text."""
    (folder / "a.xml").write_bytes(text if isinstance(text, bytes) else text.encode())
    settings = tuple((f"namespace:{name}", iri) for name, iri in (spaces or {}).items())
    source = LogicalSource("a.xml", "xpath", iterator, HERE, settings=settings)
    made: list[tuple[object, ...]] = []
    for frame in records(source, dict.fromkeys(references, HERE), Reading(folder, batch=batch)):
        made += [tuple(row[name] for name in references) for row in frame.to_dicts()]
    return made


LISTS = """<r><item n="0"/><list><item n="1"><t>a<b>c</b>d</t></item><!-- no --><other><item n="x"/></other>
<item n="2"><t>e</t><t>f</t><item n="y"/></item>text</list><list><item n="3"/></list></r>"""


@pytest.mark.parametrize("batch", [1, 2, 10])
def test_records_by_names_from_the_root(batch: int, tmp_path: Path) -> None:
    """The elements at that path and no others, with the text of all that is in them."""
    assert rows(LISTS, "/r/list/item", ["@n", "t"], tmp_path, batch) == [
        ("1", "acd" if batch == 1 else ["acd"]),
        ("2", ["e", "f"]),
        ("3", None),
    ]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("../@n", ["7", "8"]), ("/r/@v", ["v", "v"]), ("count(preceding-sibling::i)", ["0", "0"]),
        ("number('x')", ["NaN", "NaN"]), ("-1 div 0", ["-Infinity"] * 2), ("1 div 10000000", ["0.0000001"] * 2),
        ("concat(., '-')", ["a-", "b-"]), (".//text()", ["a", "b"]), ("string(/r/@v)", ["v", "v"]),
        ("count( /r/g)", ["2", "2"]),
    ],
)  # fmt: skip
def test_references_that_leave_the_record(reference: str, expected: list[str], tmp_path: Path) -> None:
    """A reference to what stands around a record sees the whole document."""
    text = '<r v="v"><g n="7"><i>a</i></g><g n="8"><i>b</i></g></r>'
    assert [row[0] for row in rows(text, "/r/g/i", [reference], tmp_path, batch=1)] == expected


TREES: st.SearchStrategy[Any] = st.recursive(
    st.tuples(st.sampled_from("ab"), st.sampled_from("01"), st.just([])),
    lambda inner: st.tuples(st.sampled_from("ab"), st.sampled_from("01"), st.lists(inner, max_size=4)),
    max_leaves=12,
)


def written(tree: tuple[str, str, list[object]]) -> str:
    """A tree as XML."""
    name, number, inner = tree
    return f'<{name} n="{number}">{number}{"".join(map(written, inner))}</{name}>'  # type: ignore[arg-type]


@given(TREES, st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=4), st.integers(1, 3))
def test_streaming_finds_what_xpath_finds(
    tmp_path_factory: pytest.TempPathFactory, tree: tuple[str, str, list[object]], steps: list[str], batch: int
) -> None:
    """Record by record or as a whole document, a path selects the same elements in the same order."""
    text = written(tree)
    folder = tmp_path_factory.mktemp("xml")
    path = "/" + "/".join(steps)
    found: Any = etree.fromstring(text).getroottree().xpath(path)
    expected = [(node.get("n"), str(node.xpath("string()"))) for node in found]
    assert rows(text, path, ["@n", "."], folder, batch) == expected


def test_namespaces(tmp_path: Path) -> None:
    """A prefix of the mapping stands for its namespace, whatever the file calls it, in iterators and references."""
    text = '<r xmlns="http://e.x/1" xmlns:z="http://e.x/2"><i z:n="1"><z:t>a</z:t></i><z:i/></r>'
    spaces = {"one": "http://e.x/1", "two": "http://e.x/2"}
    for iterator in ("/one:r/one:i", "//one:i"):
        assert rows(text, iterator, ["@two:n", "two:t", "two:t/text()"], tmp_path, spaces=spaces) == [("1", "a", "a")]
    assert rows(text, "/r/i", ["@n"], tmp_path, spaces=spaces) == []


@pytest.mark.parametrize("iterator", ["/one:r/one:i", "//one:i"])
def test_unbound_prefix_is_told(iterator: str, tmp_path: Path) -> None:
    """A prefix that is bound to nothing is an error that says how to bind it."""
    with pytest.raises(ContentError, match=r"Undefined namespace prefix\n.*bind the prefix one with rml:namespace"):
        rows("<r/>", iterator, ["@n"], tmp_path)


def test_prefixes_of_yarrrml_in_xpath(tmp_path: Path) -> None:
    """The prefixes of a mapping in YARRRML are those of its XPaths."""
    (tmp_path / "a.xml").write_text('<r xmlns="http://e.x/"><i>a</i></r>', encoding="utf-8")
    (tmp_path / "m.yaml").write_text(
        "prefixes: {ex: 'http://e.x/'}\nmappings:\n  m:\n    sources: [[a.xml~xpath, '/ex:r']]\n    s: ex:s\n"
        "    po: [[ex:p, $(ex:i)]]\n",
        encoding="utf-8",
    )
    problems = Problems()
    lines: list[str] = []
    maps = read_yarrrml(tmp_path / "m.yaml", tmp_path, ("http://e.x/", "http://e.x/"), problems)
    materialize_files(maps, Reading(tmp_path), lambda _, new: lines.extend(new))
    assert (lines, problems) == (['<http://e.x/s> <http://e.x/p> "a" .'], [])


VIEW = """
@prefix rml: <http://w3id.org/rml/> . @prefix ex: <http://e.x/> .
<#view> a rml:LogicalView ; rml:viewOn <#source> ;
  rml:field [ rml:fieldName "id" ; rml:reference "@id" ] ;
  rml:field [ a rml:IterableField ; rml:fieldName "part" ; rml:iterator "e:part" ;
    rml:field [ rml:fieldName "name" ; rml:reference "e:name" ] ;
    rml:field [ rml:fieldName "size" ; rml:reference "@size" ] ] .
<#source> a rml:LogicalSource ;
  rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "a.xml" ] ;
  rml:iterator "/e:r/e:thing" ; rml:referenceFormulation [ a rml:XPathReferenceFormulation ;
    rml:namespace [ rml:namespacePrefix "e" ; rml:namespaceURL "http://e.x/" ] ] .
<#map> rml:logicalSource <#view> ; rml:subjectMap [ rml:template "http://e.x/{id}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:part ;
    rml:objectMap [ rml:template "{part.#} {part.name} {part.size}" ; rml:termType rml:Literal ] ] .
"""


def view(text: str, folder: Path, mapping: str = VIEW, name: str = "a.xml") -> list[str]:
    """The objects that a mapping over a logical view makes."""
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "m.ttl").write_text(mapping, encoding="utf-8")
    problems = Problems()
    lines: list[str] = []
    maps = read_rml(folder / "m.ttl", folder, ("http://e.x/", "http://e.x/"), problems)
    problems.stop_if_any()
    materialize_files(maps, Reading(folder), lambda _, new: lines.extend(new))
    return [line.removeprefix("<http://e.x/").replace("> <http://e.x/part>", "") for line in lines]


def test_logical_view(tmp_path: Path) -> None:
    """A view over XML: fields of a record, and of the elements inside of it with their numbers."""
    text = """<r xmlns="http://e.x/"><thing id="1"><part size="S"><name>a</name></part>
    <part size="M"><name>b</name></part></thing><thing id="2"/></r>"""
    assert view(text, tmp_path) == ['1 "0 a S" .', '1 "1 b M" .']


def test_view_of_xml_inside_of_csv(tmp_path: Path) -> None:
    """Texts of XML in a column are read by XPath."""
    mapping = """
@prefix rml: <http://w3id.org/rml/> . @prefix ex: <http://e.x/> .
<#view> a rml:LogicalView ; rml:viewOn [ rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ;
    rml:path "a.csv" ] ; rml:referenceFormulation rml:CSV ] ;
  rml:field [ rml:fieldName "id" ; rml:reference "id" ] ;
  rml:field [ rml:fieldName "x" ; rml:reference "x" ;
    rml:field [ a rml:IterableField ; rml:fieldName "i" ; rml:referenceFormulation rml:XPath ; rml:iterator "/r/i" ;
      rml:field [ rml:fieldName "n" ; rml:reference "@n" ] ] ] .
<#map> rml:logicalSource <#view> ; rml:subjectMap [ rml:template "http://e.x/{id}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:part ; rml:objectMap [ rml:reference "x.i.n" ] ] .
"""
    text = 'id,x\n1,"<r><i n=""7""/><i n=""8""/></r>"\n2,<r/>\n'
    assert view(text, tmp_path, mapping, "a.csv") == ['1 "7" .', '1 "8" .']
    with pytest.raises(ContentError, match=r"m\.ttl:7:15: a text in a\.csv is not XML"):
        view("id,x\n1,<r>\n", tmp_path, mapping, "a.csv")


@pytest.mark.parametrize("iterator", ["/r", "//self::r"])
def test_nothing_outside_the_file_is_read(iterator: str, tmp_path: Path) -> None:
    """External entities are an error, those that grow too; an entity of the file itself stands for its text."""
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    outside = f'<!DOCTYPE r [<!ENTITY e SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]><r>&e;</r>'
    with pytest.raises(ContentError, match=r"a\.xml is not XML: Entity 'e' not defined"):
        rows(outside, iterator, ["."], tmp_path)
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    with pytest.raises(ContentError, match=r"a\.xml is not XML: Maximum entity amplification"):
        rows(f'<!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">{grown}]><r>&e9;</r>', iterator, ["."], tmp_path)
    assert rows('<!DOCTYPE r [<!ENTITY e "own">]><r>&e;</r>', iterator, ["."], tmp_path) == [("own",)]


@pytest.mark.parametrize("iterator", ["/r/i", "//i"])
def test_text_of_any_length(iterator: str, tmp_path: Path) -> None:
    """A text of more than ten million characters is read whole."""
    made = rows(f"<?xml version='1.0'?><!-- x --><r><i>{'x' * 11_000_000}</i></r>", iterator, ["."], tmp_path)
    assert [len(str(text)) for (text,) in made] == [11_000_000]


@pytest.mark.parametrize(
    ("text", "iterator", "reference", "message"),
    [
        ("<r>", "/r", ".", "a.xml is not XML: "),
        ("", "/r", ".", "a.xml is not XML: "),
        (b"\xff\xfe\x00", "/r", ".", "a.xml is not XML: "),
        ("<r><i/></r>", "/r/i[", ".", "the XPath '/r/i\\[' cannot be evaluated: "),
        ("<r><i/></r>", "count(/r)", ".", "iterator 'count\\(/r\\)' gives 1.0, not nodes"),
        ("<r><i/></r>", "/r/i", "a b", "the XPath 'a b' cannot be evaluated: "),
        ("<r><i/></r>", "/r/i", "f(.)", "the XPath 'f\\(.\\)' cannot be evaluated: "),
        ("<r><i/></r>", "/r/i", "@n", "reference '@n' is in no record of a.xml"),
    ],
)
def test_what_is_wrong_is_told(text: str | bytes, iterator: str, reference: str, message: str, tmp_path: Path) -> None:
    """A broken file and a broken XPath are errors with the place in the mapping."""
    with pytest.raises(ContentError, match=f"m.yaml:2:3: {message}"):
        rows(text, iterator, [reference], tmp_path)


MEASURE = """
import resource, sys
from pathlib import Path
from kg.errors import Place
from kg.mapping import Reading
from kg.mapping.model import LogicalSource
from kg.mapping.source import records
HERE = Place("m", 1, 1)
source = LogicalSource("a.xml", "xpath", "/r/list/item", HERE)
count = sum(b.height for b in records(source, {"@n": HERE, "t": HERE}, Reading(Path(sys.argv[1]), batch=5000)))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow(tmp_path: Path) -> None:
    """Ten times the records need no more memory: an allowance of 20 MB, where the tree would take 150."""
    peaks = []
    for count in (15_000, 150_000):
        with (tmp_path / "a.xml").open("w", encoding="utf-8") as file:
            file.write("<r><head>" + "<d>x</d>" * count + "</head><list>")
            file.writelines(f'<item n="{n}"><t>text {n}</t></item>\n' for n in range(count))
            file.write("</list></r>")
        told = subprocess.run([sys.executable, "-c", MEASURE, tmp_path], capture_output=True, text=True, check=True)
        read, peak = map(int, told.stdout.split())
        assert read == count
        peaks.append(peak / 1024)
    assert peaks[1] - peaks[0] < 20


def test_safe_head() -> None:
    """Only a document whose root comes first is read without limits."""
    told = {
        b"<r>": True, b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <!DOCTYPE --><r>": True, b"<!DOCTYPE r [": False,
        b"<!-- x --><!DOCTYPE r>": False, b"<?a <r>?><!DOCTYPE r>": False, b"": False, "<r>".encode("utf-16"): False,
    }  # fmt: skip
    assert {head: xpath._NO_ENTITIES.match(head) is not None for head in told} == told
