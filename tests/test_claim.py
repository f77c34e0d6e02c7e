"""The claim layer: content triples with evidence in, claims and what they rest on out."""

from typing import Any

import polars as pl
import pytest

from kg.claim import KEPT, NS, fact_table, make_claims
from kg.errors import Place, Problems
from kg.graph.store import DefaultGraph, Quad, RdfFormat, parse
from kg.mapping import materialize
from kg.mapping.model import LogicalSource, PredicateObjectMap, Reference, TermMap, TriplesMap

BASE = "http://x.example/"
HERE = Place("m.yaml", 7, 3)


def fact(name: str = "seat", **more: Any) -> dict[str, Any]:
    """A fact of the article `a` that says that `rats` is based in `tashkent`."""
    return {
        "article": "a",
        "id": name,
        "kind": "seat",
        "body": "rats",
        "place": "tashkent",
        "language": "fr",
        "sentence": 1,
        "passages": [{"start": 3, "end": 9, "quote": "basée", "sentence": 1}],
        "voices": [],
        "modality": "asserted",
        "polarity": "positive",
        "status": "explicit",
        "ambiguity": None,
        "readings": [],
        "premises": [],
        "rationale": [],
        **more,
    }


def voice(entity: str, start: int = 20) -> dict[str, Any]:
    """A voice with its cue."""
    return {"entity": entity, "cue": f"dit {entity}", "start": start, "end": start + 5, "sentence": 1}


def made(*facts: dict[str, Any], obj: TermMap | None = None) -> tuple[set[Quad], Problems]:
    """The quads of facts under one mapping, none where there are problems, and those."""

    def iri(field: str) -> TermMap:
        return TermMap((f"{BASE}id/", Reference(field)), "iri", HERE)

    po = PredicateObjectMap((TermMap((f"{NS}basedIn",), "iri", HERE),), (obj or iri("place"),), (), HERE)
    source = LogicalSource("facts.json", "jsonpath", "$[*]", HERE)
    catalog = {"facts.json": fact_table(facts)}
    problems = Problems()
    triples = materialize(
        [TriplesMap("seat", (source,), (iri("body"),), (), (po,), HERE)],
        catalog,
        keep=tuple(KEPT),
        problems=problems,
    )
    made = make_claims(
        catalog["facts.json"],
        triples,
        base=BASE,
        documents=["report"],
        problems=problems,
        locate=lambda *_: None,
    )
    if problems:
        return set(), problems
    return set(parse("\n".join(made.lines()).encode(), RdfFormat.N_QUADS)), problems


def name(term: object) -> str:
    """The IRI or text of a term."""
    return str(getattr(term, "value", ""))


def about(found: set[Quad], subject: str) -> dict[str, list[str]]:
    """What the default graph says of a node: local name of the property -> values, sorted."""
    said: dict[str, list[str]] = {}
    for quad in found:
        if name(quad.subject) == BASE + subject and isinstance(quad.graph_name, DefaultGraph):
            local = quad.predicate.value.replace("#", "/").rsplit("/", 1)[1]
            said.setdefault(local, []).append(getattr(quad.object, "value", "").removeprefix(BASE).removeprefix(NS))
    return {key: sorted(values) for key, values in sorted(said.items())}


def graphs(found: set[Quad], predicate: str = "basedIn") -> set[str]:
    """Names of the graphs that hold the content triple; empty for the default graph."""
    return {getattr(q.graph_name, "value", "").removeprefix(BASE) for q in found if q.predicate.value == NS + predicate}


def test_claim_says_everything_about_its_triple() -> None:
    """A claim names its triple, fact, passages, modality, voices, and the line of the mapping."""
    found, problems = made(fact())
    assert [] == problems
    assert {
        "attribution": ["attribution/a/seat/1"],
        "fact": ["fact/a/seat"],
        "lastVoice": ["article/a"],
        "mappingFile": ["m.yaml"],
        "mappingLine": ["7"],
        "modality": ["asserted"],
        "object": ["id/tashkent"],
        "passage": ["passage/a/3-9"],
        "polarity": ["positive"],
        "predicate": ["basedIn"],
        "quote": ["basée"],
        "statedIn": ["article/a"],
        "status": ["explicit"],
        "subject": ["id/rats"],
        "type": ["Claim"],
    } == about(found, "claim/a/seat.basedIn.tashkent")


@pytest.mark.parametrize(
    "change",
    [
        {"voices": [voice("jumanbekov")], "modality": "reported"},
        {"modality": "predicted"},
        {"polarity": "negative"},
        {"ambiguity": "two readings", "readings": ["one", "other"]},
    ],
    ids=["attributed", "not asserted", "denied", "ambiguous"],
)
def test_only_what_the_article_plainly_asserts_is_a_fact(change: dict[str, Any]) -> None:
    """The triple stands in the claim's graph always, in the default graph only if asserted by the article alone."""
    assert {"", "claim/a/seat.basedIn.tashkent"} == graphs(made(fact())[0])
    assert {"claim/a/seat.basedIn.tashkent"} == graphs(made(fact(**change))[0])


def test_voices_are_numbered_steps_and_documents_are_told_apart() -> None:
    """A chain of three: the article, a person, a document that he relays."""
    found, _ = made(fact(voices=[voice("jumanbekov"), voice("report", 40)], modality="reported"))
    claim = about(found, "claim/a/seat.basedIn.tashkent")
    assert ["id/jumanbekov"] == claim["attributedTo"]
    assert ["id/report"] == claim["accordingTo"]
    assert ["id/report"] == claim["lastVoice"]
    assert [f"attribution/a/seat/{step}" for step in (1, 2, 3)] == claim["attribution"]
    assert {
        "cue": ["dit report"],
        "passage": ["passage/a/40-45"],
        "step": ["3"],
        "type": ["Attribution"],
        "voice": ["id/report"],
    } == about(found, "attribution/a/seat/3")
    assert {"step": ["1"], "type": ["Attribution"], "voice": ["article/a"]} == about(found, "attribution/a/seat/1")


def test_passages_carry_quote_and_position() -> None:
    """A passage is named by its code points and holds the exact words."""
    found, _ = made(fact())
    passage = about(found, "passage/a/3-9")
    assert (["basée"], ["3"], ["9"], ["1"]) == (passage["quote"], passage["start"], passage["end"], passage["sentence"])


def test_quote_of_several_segments_is_joined_in_text_order() -> None:
    """The claim itself says the whole quote, so that no query has to put its segments in order."""
    segments = [{"start": s, "end": s + 1, "quote": q, "sentence": 1} for s, q in ((3, "a"), (9, "b"), (12, "c"))]
    found, _ = made(fact(passages=segments))
    assert ["a … b … c"] == about(found, "claim/a/seat.basedIn.tashkent")["quote"]


def test_inference_stays_in_its_graph_with_premises() -> None:
    """What we worked out is no claim: triple, premises and rationale stand in graph/inferred, nothing elsewhere."""
    inferred = fact("later", passages=[], premises=["seat"], rationale=[{"value": "because", "language": "en"}])
    found, _ = made(fact(place="elsewhere"), inferred)
    node = f"{BASE}inference/a/later.basedIn.tashkent"
    said = {q.predicate.value.rsplit("#")[-1]: q for q in found if name(q.subject) == node}
    assert {"type", "subject", "predicate", "object", "premise", "rationale"} == set(said)
    assert {f"{BASE}graph/inferred"} == {getattr(q.graph_name, "value", "") for q in said.values()}
    assert not [q for q in found if "/later" in name(q.subject) and "/inference/" not in name(q.subject)]


def test_no_iri_depends_on_order_or_on_other_facts() -> None:
    """Reordering and adding facts changes no IRI and no quad of the others."""
    first, second = fact(), fact("again", place="samarkand")
    assert made(first, second)[0] == made(second, first)[0]
    assert made(first)[0] < made(first, second)[0]


def test_no_blank_nodes() -> None:
    """Every node has an IRI."""
    found, _ = made(fact(voices=[voice("jumanbekov")], modality="reported"))
    assert not [q for q in found for term in (q.subject, q.object) if type(term).__name__ == "BlankNode"]


@pytest.mark.parametrize(
    ("value", "key"),
    [("Structure régionale", "Structure%20régionale"), ("x" * 50, "x" * 40), ("a/b#c", "a%2Fb%23c"), ("'", "%27")],
)
def test_key_of_a_literal(value: str, key: str) -> None:
    """A literal's key is its first 40 characters, encoded."""
    found, _ = made(fact(name_="", text=value), obj=TermMap((Reference("text"),), "literal", HERE))
    assert {f"claim/a/seat.basedIn.{key}"} <= graphs(found)


def test_two_triples_with_one_iri_are_an_error() -> None:
    """Long texts that begin alike would share a claim: the error says to write two facts."""
    _, problems = made(fact(text=["x" * 40 + "1", "x" * 40 + "2"]), obj=TermMap((Reference("text"),), "literal", HERE))
    assert ["write two facts"] == [problem.fix for problem in problems]


@pytest.mark.parametrize(
    ("value", "datatype", "edtf"),
    [
        ("--06-09", "gMonthDay", "XXXX-06-09"),
        ("--04", "gMonth", "XXXX-04"),
        ("2010-06-13", "date", "2010-06-13"),
        ("2010", "gYear", "2010"),
    ],
)
def test_dates_have_an_edtf_string(value: str, datatype: str, edtf: str) -> None:
    """A date as written has its EDTF form beside it, with XXXX for an unsaid year."""
    kind = TermMap((f"http://www.w3.org/2001/XMLSchema#{datatype}",), "iri", HERE)
    found, problems = made(fact(date=value), obj=TermMap((Reference("date"),), "literal", HERE, datatype=kind))
    assert [] == problems
    assert [edtf] == about(found, f"claim/a/seat.basedIn.{value}")["edtf"]


def refers(statement: str, name: str = "seat") -> Problems:
    """The problems of a fact that refers to a claim, beside the fact `seat`."""
    parts = (f"{BASE}claim/", Reference("article"), "/", Reference("statement"))
    return made(fact(name, statement=statement), obj=TermMap(parts, "iri", HERE))[1]


def test_reference_to_a_claim_nobody_makes_is_an_error() -> None:
    """A statement about a statement names one that exists."""
    assert ["there is no claim 'other.basedIn.nowhere'"] == [p.message for p in refers("other.basedIn.nowhere")]


def test_reference_to_its_own_claim_is_an_error() -> None:
    """No fact speaks of itself, and the message does not suggest an ever longer name."""
    assert ["a fact cannot refer to its own claim"] == [p.message for p in refers("seat.basedIn.x")]


def test_key_holds_nothing_that_cannot_be_seen() -> None:
    """White space and marks of direction are encoded, so that every parser reads the claim's IRI to its end."""
    found, _ = made(fact(text="10\u00a0%\u202f\u2028\u200e"), obj=TermMap((Reference("text"),), "literal", HERE))
    assert "claim/a/seat.basedIn.10%C2%A0%25%E2%80%AF%E2%80%A8%E2%80%8E" in graphs(found)


def test_key_of_private_characters_is_an_error() -> None:
    """What no IRI may hold is told with the fact, not by a parser later."""
    _, problems = made(fact(text="x\ue000"), obj=TermMap((Reference("text"),), "literal", HERE))
    assert ["write it without that character"] == [problem.fix for problem in problems]


@pytest.mark.parametrize("graph", ["claim/a/seat.basedIn.tashkent", "graph/inferred", "graph/ontology"])
def test_no_mapping_writes_into_a_graph_of_ours(graph: str) -> None:
    """The graph of a claim holds its triple and nothing else, whatever a mapping says."""
    triple = {"subject": "<a:s>", "predicate": "<a:p>", "object": "<a:o>", "value": "a:o", "graph": f"<{BASE}{graph}>"}
    row = pl.DataFrame([{**triple, "file": "m.yaml", "line": 3}])
    problems = Problems()
    make_claims(fact_table([]), row, base=BASE, documents=[], problems=problems, locate=lambda *_: None)
    assert [("m.yaml", 3)] == [(p.place.file, p.place.line) for p in problems if p.place]
