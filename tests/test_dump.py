"""Dumps: the same bytes for the same quads, and the same quads for whoever reads them."""

import io
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from kg.errors import ContentError, Problems, UsageError
from kg.graph.context import Context, read_context
from kg.graph.dump import FORMATS, dump, graph_names
from kg.graph.store import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, memory_store, parse
from kg.project import bundled

# rdflib 7.6 warns of its own use of its own deprecated properties.
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset\\.|ConjunctiveGraph ):DeprecationWarning")

BASE = "https://w3id.org/pressgraph/"
XSD = "http://www.w3.org/2001/XMLSchema#"
QUADS = """\
@base <https://w3id.org/pressgraph/> .
@prefix kg: <https://w3id.org/pressgraph/ns#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<id/rats> a kg:Body ; kg:basedIn <id/tashkent> ;
  skos:prefLabel "RATS"@en, "SART"@fr ; skos:altLabel "the structure"@en .
<claim/a/seat.basedIn.tashkent> a kg:Claim ; rdf:subject <id/rats> ; kg:line 12 ; kg:startsOn "--06-09"^^xsd:gMonthDay .
<claim/a/said.basedIn.paris> a kg:Claim ; rdf:subject <id/rats> ; kg:quote "à « Paris »"@fr .
<claim/a/seat.basedIn.tashkent> { <id/rats> kg:basedIn <id/tashkent> }
<claim/a/said.basedIn.paris> { <id/rats> kg:basedIn <id/paris> }
<graph/links> { <id/rats> owl:sameAs <http://www.wikidata.org/entity/Q1> }
<graph/open/places> { <id/tashkent> kg:code "TAS" }
"""
CONTEXT: dict[str, Any] = {
    "@version": 1.1,
    "id": "@id",
    "type": "@type",
    "kg": "https://w3id.org/pressgraph/ns#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": XSD,
    "wd": "http://www.wikidata.org/entity/",
    "Claim": "kg:Claim",
    "subject": {"@id": "rdf:subject", "@type": "@id"},
    "basedIn": {"@id": "kg:basedIn", "@type": "@id"},
    "mode": {"@id": "kg:mode", "@type": "@vocab"},
    "startsOn": {"@id": "kg:startsOn", "@type": "xsd:gMonthDay"},
    "line": {"@id": "kg:line", "@type": "xsd:integer"},
    "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"},
    "altLabel": {"@id": "skos:altLabel", "@container": ["@language", "@set"]},
    "source": {"@id": "kg:source", "@container": "@set"},
    "quote": {"@id": "kg:quote", "@language": "fr"},
    "text": "kg:text",
}
OXIGRAPH = {
    "jsonld": RdfFormat.JSON_LD,
    "nq": RdfFormat.N_QUADS,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
    "ttl": RdfFormat.TURTLE,
    "ttl12": RdfFormat.TURTLE,
}
RDFLIB = {"jsonld": "json-ld", "nq": "nquads", "nt": "nt", "rdf": "xml", "trig": "trig", "ttl": "turtle"}
WHOLE = [name for name, known in FORMATS.items() if known.whole]
SINGLE = ["nt", "rdf", "ttl"]


def store_of(text: str = QUADS) -> Store:
    """A store with the quads of a TriG document."""
    store = Store()
    store.load(text, RdfFormat.TRIG)
    return store


def written(store: Store, name: str, graph: str = "default", **more: Any) -> str:
    """A dump as text."""
    out = io.BytesIO()
    dump(store, out, name, graph, base=BASE, **{"context": CONTEXT, **more})
    return out.getvalue().decode()


def by_oxigraph(text: str, name: str) -> set[Quad]:
    """The quads that Oxigraph reads."""
    return set(parse(text, OXIGRAPH[name]))


def by_rdflib(text: str, name: str) -> set[Quad]:
    """The quads that rdflib reads."""
    read = rdflib.Dataset()
    read.parse(data=text, format=RDFLIB[name])
    return {Quad(*map(_term, quad)) for quad in read.quads()}


def _term(term: object) -> Any:
    if term is None or term == DATASET_DEFAULT_GRAPH_ID:
        return DefaultGraph()
    if isinstance(term, rdflib.Literal):
        datatype = NamedNode(str(term.datatype)) if term.datatype else None
        return Literal(str(term), language=term.language) if term.language else Literal(str(term), datatype=datatype)
    return NamedNode(str(term))


def graph_of(store: Store, name: NamedNode | DefaultGraph) -> set[Quad]:
    """The triples of one graph, as quads of the default graph."""
    return {Quad(*quad.triple) for quad in store.quads_for_pattern(None, None, None, name)}


# Round trips


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_dump_is_the_dataset_for_both_readers(name: str) -> None:
    """TriG, N-Quads and JSON-LD parse back to the same dataset in Oxigraph and in rdflib."""
    store = store_of()
    text = written(store, name)
    assert by_oxigraph(text, name) == set(store)
    assert by_rdflib(text, name) == set(store)


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("graph", ["default", "links", "open/places"])
def test_a_dump_of_one_graph_is_that_graph_for_both_readers(name: str, graph: str) -> None:
    """Turtle, N-Triples and RDF/XML hold the graph that was asked for and nothing else."""
    store = store_of()
    wanted = graph_of(store, DefaultGraph() if graph == "default" else NamedNode(f"{BASE}graph/{graph}"))
    text = written(store, name, graph)
    assert by_oxigraph(text, name) == wanted
    assert by_rdflib(text, name) == wanted


TEXT = st.text() | st.text("a\"'\\\n\r\t\u2028\u0085\u0007<&>]{}")
# rdflib changes language tags to lower case, as Oxigraph does.
TAGS = st.sampled_from(["fr", "en", "en-gb", "uz-latn"])
PATHS = ["id/rats", "id/a.b", "id/a..b", "a/../b", "a//b", "/a", ".", "claim/s/f.p.Qu%C3%A9", "x:y", "ns#a", "id/"]
LOCALS = ["Q1", "a(b)", "a.", ".a", "-a", "a,b", "a%20b", "a;b", "é", "a:b", "@a"]
IRIS = st.one_of(
    st.sampled_from(LOCALS).map("http://www.wikidata.org/entity/".__add__),
    st.sampled_from(PATHS).map(BASE.__add__),
    st.text("aéЖ中0-._~'(),;=@:/%", max_size=8).map(lambda tail: BASE + "id/" + tail.replace("%", "%2F")),
    st.sampled_from(
        [BASE, "urn:a:b", "kg:a", "http://www.wikidata.org/entity/Q1", "http://www.wikidata.org/entity/", XSD + "date"]
    ),
).map(NamedNode)
LITERALS = st.one_of(
    TEXT.map(Literal),
    st.builds(lambda text, tag: Literal(text, language=tag), TEXT, TAGS),
    st.integers().map(lambda number: Literal(str(number), datatype=NamedNode(XSD + "integer"))),
    st.sampled_from(["true", "false"]).map(lambda text: Literal(text, datatype=NamedNode(XSD + "boolean"))),
    st.sampled_from(["--06-09", "--02-28"]).map(lambda text: Literal(text, datatype=NamedNode(XSD + "gMonthDay"))),
    st.dates().map(lambda date: Literal(date.isoformat(), datatype=NamedNode(XSD + "date"))),
    st.builds(lambda text: Literal(text, datatype=NamedNode(BASE + "ns#own")), TEXT),
)
COERCED = ["basedIn", "mode", "startsOn", "line", "source", "quote", "text"]
PREDICATES = st.one_of(
    st.sampled_from(COERCED).map((BASE + "ns#").__add__),
    st.sampled_from(["prefLabel", "altLabel"]).map(CONTEXT["skos"].__add__),
    st.sampled_from(["type", "subject"]).map(CONTEXT["rdf"].__add__),
    st.sampled_from(["http://e/é", "urn:p"]),
).map(NamedNode)
GRAPHS = st.just(DefaultGraph()) | IRIS
QUADS_OF_ANY = st.sets(st.builds(Quad, IRIS, PREDICATES, IRIS | LITERALS, GRAPHS), max_size=6)


@pytest.mark.parametrize("name", WHOLE)
@settings(deadline=None)
@given(quads=QUADS_OF_ANY)
def test_any_dataset_survives_a_whole_dump(name: str, quads: set[Quad]) -> None:
    """Whatever the literals, IRIs and graphs are, both readers read back what was written."""
    store = Store()
    store.extend(quads)
    text = written(store, name, context=_without_kg(CONTEXT))
    assert by_oxigraph(text, name) == quads
    assert by_rdflib(text, name) == quads


def _without_kg(context: dict[str, Any]) -> dict[str, Any]:
    """The context with the namespace written out, so that the IRI `kg:a` is no compact one."""
    entries = {key: value for key, value in context.items() if key != "kg"}
    return json.loads(json.dumps(entries).replace('"kg:', f'"{BASE}ns#'))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", SINGLE)
@settings(deadline=None)
@given(quads=st.sets(st.builds(Quad, IRIS, PREDICATES, IRIS | LITERALS), max_size=6))
def test_any_graph_survives_a_dump_of_one_graph(name: str, quads: set[Quad]) -> None:
    """The same for the syntaxes of one graph; RDF/XML says what it cannot hold."""
    store = Store()
    store.extend(quads)
    forbidden = any(
        re.search("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", str(getattr(quad.object, "value", ""))) for quad in quads
    )
    if name == "rdf" and forbidden:
        with pytest.raises(UsageError, match="RDF/XML cannot hold the character"):
            written(store, name)
    else:
        text = written(store, name)
        assert by_oxigraph(text, name) == quads
        assert by_rdflib(text, name) == quads


@pytest.mark.parametrize("name", [*WHOLE, *SINGLE])
@pytest.mark.parametrize("text", ["no", "1 .", "1.0e", "", "TRUE", "-0"])
@pytest.mark.parametrize("datatype", ["integer", "boolean"])
def test_an_ill_typed_literal_keeps_its_text(name: str, text: str, datatype: str) -> None:
    """What is no number is written in quotes. Only Oxigraph reads it back: rdflib makes `"no"^^xsd:boolean` false."""
    store = Store()
    literal = Literal(text, datatype=NamedNode(XSD + datatype))
    store.add(Quad(NamedNode("http://e/s"), NamedNode("http://e/p"), literal))
    assert by_oxigraph(written(store, name), name) == set(store)


@pytest.mark.parametrize("name", list(FORMATS))
@settings(deadline=None)
@given(quads=QUADS_OF_ANY, seed=st.integers())
def test_the_same_quads_are_the_same_bytes(name: str, quads: set[Quad], seed: int) -> None:
    """No order of insertion and no run changes a dump."""
    dumps = []
    for order in (sorted(quads, key=str), random.Random(seed).sample(sorted(quads, key=str), len(quads))):
        store = Store()
        store.extend(order)
        try:
            dumps.append(written(store, name, context=_without_kg(CONTEXT)))
        except UsageError as error:
            dumps.append(str(error))
    assert dumps[0] == dumps[1]


# What the files look like


def test_turtle_is_short_and_says_what_it_holds() -> None:
    """Comment, base, only the prefixes that are used, one block a subject, numbers bare."""
    licence = "https://creativecommons.org/licenses/by/4.0/"
    assert written(store_of(), "ttl", licence=licence) == (
        "# The default graph only: what the articles say in their own voice, and the descriptions of all claims.\n"
        "# What others are quoted as saying stands as triples only in claim graphs: in TriG, N-Quads and JSON-LD.\n"
        "# Licence: https://creativecommons.org/licenses/by/4.0/ (the quotes from the articles are excepted)\n"
        "\n"
        "@base <https://w3id.org/pressgraph/> .\n"
        "@prefix kg: <https://w3id.org/pressgraph/ns#> .\n"
        "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        "\n"
        "<claim/a/said.basedIn.paris> a kg:Claim ;\n"
        "    rdf:subject <id/rats> ;\n"
        '    kg:quote "à « Paris »"@fr .\n'
        "<claim/a/seat.basedIn.tashkent> a kg:Claim ;\n"
        "    rdf:subject <id/rats> ;\n"
        "    kg:line 12 ;\n"
        '    kg:startsOn "--06-09"^^xsd:gMonthDay .\n'
        "<id/rats> a kg:Body ;\n"
        '    skos:altLabel "the structure"@en ;\n'
        '    skos:prefLabel "RATS"@en, "SART"@fr ;\n'
        "    kg:basedIn <id/tashkent> .\n"
    )


def test_trig_shows_each_graph_with_its_triples() -> None:
    """The graph of a claim is one line in braces."""
    text = written(store_of(), "trig")
    assert "<claim/a/said.basedIn.paris> {\n    <id/rats> kg:basedIn <id/paris> .\n}\n" in text


@pytest.mark.parametrize(
    ("name", "graph", "expected"),
    [
        ("nt", "links", "# One named graph only: <https://w3id.org/pressgraph/graph/links>"),
        ("rdf", "links", '<?xml version="1.0" encoding="UTF-8"?>'),
        ("nq", "default", "# The whole dataset: the default graph and every named graph; each claim has a graph with "),
        ("jsonld", "default", "{"),
    ],
)
def test_the_first_line_says_what_the_file_holds(name: str, graph: str, expected: str) -> None:
    """Where the syntax has comments."""
    assert written(store_of(), name, graph).split("\n")[0][: len(expected)] == expected


def test_lines_are_sorted_as_sort_leaves_them() -> None:
    """N-Quads after the comment are in the order of their bytes."""
    lines = [line.encode() for line in written(store_of(), "nq").split("\n") if line.startswith("<")]
    assert lines == sorted(lines)


def nodes(store: Store) -> dict[str, Any]:
    """The objects of a JSON-LD dump by their id."""
    return {node["id"]: node for node in json.loads(written(store, "jsonld"))["@graph"]}


def test_a_claim_is_one_object_in_json_ld() -> None:
    """Its properties, and its triple in its `@graph`."""
    assert nodes(store_of())["claim/a/seat.basedIn.tashkent"] == {
        "id": "claim/a/seat.basedIn.tashkent",
        "type": "Claim",
        "subject": "id/rats",
        "line": 12,
        "startsOn": "--06-09",
        "@graph": [{"id": "id/rats", "basedIn": "id/tashkent"}],
    }


def test_properties_are_in_the_order_of_the_context() -> None:
    """First what the context names first; so a reader finds subject before object in every claim."""
    node = nodes(store_of())["claim/a/seat.basedIn.tashkent"]
    assert list(node) == ["id", "type", "subject", "startsOn", "line", "@graph"]
    turned = {key: CONTEXT[key] for key in reversed(CONTEXT) if key != "@version"}
    text = json.loads(written(store_of(), "jsonld", context=turned))["@graph"]
    assert list(text[1]) == ["id", "type", "line", "startsOn", "subject", "@graph"]


def test_terms_of_the_context_shorten_what_they_can_express() -> None:
    """Languages as keys, sets as arrays, coerced values plain; anything else in full."""
    store = store_of(
        QUADS.split("<id/rats>", 1)[0]
        + """
<id/a> skos:prefLabel "A"@en, "Á"@fr, "À"@fr, "plain" ; skos:altLabel "b"@en ; kg:source <id/s> ;
  kg:basedIn "a place", 3, <id/p> ; kg:quote "oui"@fr, "yes"@en, "si" ; kg:text "t", true, 7, "x"@en, <id/y> ;
  kg:startsOn "2010-06-09"^^xsd:date ; kg:mode kg:Claim, kg:asserted, <id/z> ; kg:other "--06"^^xsd:gMonth .
"""
    )
    assert nodes(store)["id/a"] == {
        "id": "id/a",
        "prefLabel": {"en": "A", "fr": ["À", "Á"]},
        "skos:prefLabel": "plain",
        "altLabel": {"en": ["b"]},
        "source": [{"id": "id/s"}],
        "basedIn": [{"@value": 3}, {"@value": "a place"}, "id/p"],
        "quote": ["oui", {"@value": "si"}, {"@value": "yes", "@language": "en"}],
        "text": [7, "t", True, {"@value": "x", "@language": "en"}, {"id": "id/y"}],
        "startsOn": {"@value": "2010-06-09", "@type": "xsd:date"},
        "mode": ["https://w3id.org/pressgraph/id/z", "Claim", "kg:asserted"],
        "kg:other": {"@value": "--06", "@type": "xsd:gMonth"},
    }


def test_the_context_is_embedded() -> None:
    """A reader needs no network; the base is part of the context."""
    context = json.loads(written(store_of(), "jsonld"))["@context"]
    assert context == {**CONTEXT, "@base": BASE}
    other = written(store_of(), "jsonld", context={**CONTEXT, "@base": "http://other.example/"})
    assert by_oxigraph(other, "jsonld") == set(store_of())


def test_only_a_prefix_of_the_context_shortens_as_a_prefix() -> None:
    """A term that is defined at length is one only where it says so; one that ends in a letter never is."""
    for entry, short in (
        ("http://www.wikidata.org/entity/", "x:Q1"),
        ({"@id": "http://www.wikidata.org/entity/"}, "http://www.wikidata.org/entity/Q1"),
        ({"@id": "http://www.wikidata.org/entity/", "@prefix": True}, "x:Q1"),
        ("http://www.wikidata.org/entity/Q", "http://www.wikidata.org/entity/Q1"),
    ):
        assert Context({"x": entry}, BASE).reference("http://www.wikidata.org/entity/Q1") == short


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"@import": "http://e/c"}, "uses @import, which is not supported"),
        ({"p": {"@id": "http://e/p", "@reverse": "http://e/q"}}, "uses @reverse, which is not supported"),
        ({"p": {"@id": "http://e/p", "@container": "@list"}}, "a container that is not supported"),
        ({"p": {"@id": "http://e/p", "@type": "@json"}}, "is of type @json, which is not supported"),
        ({"p": "q"}, "stands for no IRI"),
        ({"p": 1}, "neither an IRI nor an object"),
    ],
)
def test_a_context_that_is_not_understood_is_refused(context: dict[str, Any], expected: str) -> None:
    """A feature that the writer does not know would change what the file says."""
    with pytest.raises(UsageError, match=expected):
        Context(context, BASE)


def test_our_context_is_read_as_it_is() -> None:
    """Every entry of the bundled context is of a supported form."""
    path = bundled().root / "ontology/context.jsonld"
    problems = Problems()
    entries = read_context(path, bundled().root, problems)
    assert (problems, entries) == ([], json.loads(path.read_text(encoding="utf-8"))["@context"])


UNREADABLE = {
    "no JSON": (b'{"@context":\n  {"a" "b"}}', ["2:8: not JSON: Expecting ':' delimiter"]),
    "nothing": (b"", ["1:1: not JSON: Expecting value"]),
    "half of an object": (b"{", ["1:2: not JSON: Expecting property name enclosed in double quotes"]),
    "a list": (b"[]", ["1:1: this must be an object whose @context is an object"]),
    "an address": (b'{"@context": "http://e/c"}', ["1:1: this must be an object whose @context is an object"]),
    "no UTF-8": (b'{\n"\xff"}', ["2:1: not UTF-8 at byte 3"]),
    "no character": (b'{"@context": {"@vocab": "\\ud800"}}', ["1:1: no text: half of a character, '\\ud800'"]),
    "too deep": (b"[" * 100_000, ["1:1: nested too deeply"]),
    "a circle": (
        b'{"@context": {"a": "b:c",\n "b": "a:d"}}',
        ["1:15: the term 'a' of the JSON-LD context is defined by itself"],
    ),
    "several mistakes": (
        b"""{"@context": {"a": 1,
 "b": {"@id": null},
 "c": "http://a b", "c": "http://e/",
 "": "http://e/",
 "@version": 2.0, "d": "@nest", "e": {"@id": "http://e/", "@container": [{}]}}}""",
        [
            "1:15: the term 'a' of the JSON-LD context is neither an IRI nor an object",
            "2:2: the term 'b' of the JSON-LD context has a value of @id that is not supported: null",
            "3:21: 'c' is written twice",
            "4:2: the JSON-LD context has a term without a name",
            "5:2: the JSON-LD context has a value of @version that is not supported: 2.0",
            "5:19: the JSON-LD context calls @nest 'd', which is not supported",
            "5:33: the term 'e' of the JSON-LD context has a container that is not supported",
        ],
    ),
    "no IRI": (
        b'{"@context": {"a": "http://a b"}}',
        ["1:15: 'http://a b', of the term 'a' of the JSON-LD context, is no IRI"],
    ),
}


@pytest.mark.parametrize(("content", "expected"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_context_that_cannot_be_read_is_told(content: bytes, expected: list[str], tmp_path: Path) -> None:
    """Each fault once, with line and column, all of a file together."""
    path = tmp_path / "o/context.jsonld"
    path.parent.mkdir()
    path.write_bytes(content)
    problems = Problems()
    assert read_context(path, tmp_path, problems) == {}
    told = [f"{problem.place}: {problem.message}" for problem in ContentError(problems).problems]
    assert [f"o/context.jsonld:{line}" for line in expected] == told


@pytest.mark.parametrize("name", FORMATS)
def test_a_licence_cannot_leave_its_comment(name: str) -> None:
    """Whatever is written there, the dump holds the same."""
    licence = "http://e/l\n<http://e/a> <http://e/b> <http://e/c> .\r--> --- <x/>\x85\u2028\ud800"
    text = written(store_of(), name, licence=licence)
    assert by_oxigraph(text, name) == by_oxigraph(written(store_of(), name), name)
    if name in RDFLIB:
        assert by_rdflib(text, name) == by_rdflib(written(store_of(), name), name)


def test_an_iri_that_would_be_read_by_a_prefix_is_refused() -> None:
    """`kg:a` as an IRI of its own cannot be written beside the prefix `kg`."""
    store = Store()
    store.add(Quad(NamedNode("kg:a"), NamedNode("http://e/p"), Literal("x")))
    with pytest.raises(UsageError, match="would read <kg:a> by the prefix 'kg'"):
        written(store, "jsonld")


def test_a_vocabulary_and_a_default_language_are_followed() -> None:
    """`@vocab` and `@language` of the context shorten words and strings, for both readers."""
    context = {"@vocab": BASE + "ns#", "@language": "fr", "skos": CONTEXT["skos"]}
    text = written(store_of(), "jsonld", context=context)
    node = next(node for node in json.loads(text)["@graph"] if node["@id"] == "claim/a/said.basedIn.paris")
    assert (node["@type"], node["quote"]) == ("Claim", "à « Paris »")
    assert by_oxigraph(text, "jsonld") == by_rdflib(text, "jsonld") == set(store_of())


# RDF 1.2


def test_claims_are_reifiers_in_rdf_1_2() -> None:
    """What is asserted stands with its claim after it; what is only said stands between << and >>."""
    text = written(store_of(), "ttl12")
    assert "kg:basedIn <id/tashkent> ~ <claim/a/seat.basedIn.tashkent> .\n" in text
    assert [line for line in text.splitlines() if line.startswith("<<")] == [
        "<< <id/rats> kg:basedIn <id/paris> ~ <claim/a/said.basedIn.paris> >> ."
    ]


def test_rdf_1_2_holds_the_default_graph_and_what_each_claim_reifies() -> None:
    """Oxigraph reads the default graph and, for each claim, `rdf:reifies` its triple; nothing more is asserted."""
    store = store_of()
    reifies = NamedNode(CONTEXT["rdf"] + "reifies")
    reified = {Quad(quad.graph_name, reifies, quad.triple) for quad in store if "claim/" in str(quad.graph_name)}
    assert len(reified) == 2
    assert by_oxigraph(written(store, "ttl12"), "ttl12") == graph_of(store, DefaultGraph()) | reified


def test_two_claims_of_one_triple_both_reify_it() -> None:
    """A triple that two articles state has two reifiers."""
    claim = "<claim/b/x.basedIn.tashkent>"
    more = f"{claim} rdf:subject <id/rats> . {claim} {{ <id/rats> kg:basedIn <id/tashkent> }}"
    text = written(store_of(QUADS + more), "ttl12")
    assert "<id/tashkent> ~ <claim/a/seat.basedIn.tashkent> ~ <claim/b/x.basedIn.tashkent> ." in text


# RDF/XML


@pytest.mark.parametrize("predicate", ["http://e/1", "http://e/", "http://e/a(b)", CONTEXT["rdf"] + "li"])
def test_a_predicate_without_an_xml_name_is_refused(predicate: str) -> None:
    """RDF/XML writes predicates as elements; not every IRI ends in a name."""
    store = Store()
    store.add(Quad(NamedNode("http://e/s"), NamedNode(predicate), Literal("x")))
    with pytest.raises(UsageError, match="cannot name the predicate"):
        written(store, "rdf")


def test_a_character_that_xml_forbids_is_refused_before_anything_is_written() -> None:
    """A bell is no XML character, not even escaped."""
    store = Store()
    store.add(Quad(NamedNode("http://e/s"), NamedNode("http://e/p"), Literal("a\x07")))
    out = io.BytesIO()
    with pytest.raises(UsageError, match=r"cannot hold the character U\+0007 of <http://e/s> <http://e/p>"):
        dump(store, out, "rdf", base=BASE)
    assert out.getvalue() == b""


# Names


def test_graphs_are_named_by_what_follows_graph() -> None:
    """The default graph, and those under `graph/`; the graphs of claims are not among them."""
    assert graph_names(store_of(), BASE) == ["default", "links", "open/places"]


def test_an_unknown_graph_is_told_with_the_nearest() -> None:
    """A slip of the finger is met with the right name."""
    with pytest.raises(UsageError, match="no graph 'linsk': did you mean 'links'"):
        written(store_of(), "ttl", "linsk")


def test_an_unknown_format_is_told_with_the_nearest() -> None:
    """The same for formats."""
    with pytest.raises(UsageError, match="unknown format 'trigg': did you mean 'trig'"):
        written(store_of(), "trigg")


@pytest.mark.parametrize("name", [*WHOLE, "ttl12"])
def test_a_whole_dump_takes_no_graph(name: str) -> None:
    """`--graph` is for the formats of one graph."""
    with pytest.raises(UsageError, match="is never one graph: use nt, rdf, ttl with --graph links"):
        written(store_of(), name, "links")


def test_an_empty_store_is_a_valid_dump_in_every_format() -> None:
    """Nothing is nothing, not an error."""
    for name in FORMATS:
        assert by_oxigraph(written(memory_store(b""), name), name) == set()
