"""The suites of changes, and what is wrong with our answers to their cases: updates, and the Graph Store Protocol.

Every case is asked as its manifest says, below the addresses that our server has. A case that does not pass stands in
`EXPECTED` with the reason, and one that stands there and passes is an error of that table.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, NamedNode

from benchmarks.sparql.changed import AUTHORIZED, Changed, canonical
from benchmarks.sparql.manifest import CNT, HT, MF, Case, Manifest, Node, manifests
from benchmarks.sparql.results import read_table
from benchmarks.sparql.suites import Known, Suite

__all__ = ["EXPECTED", "SUITES", "cases", "fault"]

_GRAPHS = ("manifest-direct.ttl", "manifest-indirect.ttl")
_UPDATES = (
    *("add", "basic-update", "clear", "copy", "delete", "delete-data", "delete-insert", "delete-where", "drop"),
    *("move", "update-silent"),
)
SUITES: dict[str, Suite] = {
    "update evaluation": Suite(_UPDATES, frozenset({"UpdateEvaluationTest"})),
    "update syntax": Suite(
        (*_UPDATES, "syntax-update-1", "syntax-update-2"),
        frozenset({"PositiveUpdateSyntaxTest11", "NegativeUpdateSyntaxTest11", "NegativeSyntaxTest11"}),
    ),
    "protocol, updates": Suite(("protocol",), frozenset({"ProtocolTest"}), "update"),
    "graph store protocol": Suite(("graph-store-protocol",), frozenset({"GraphStoreProtocolTest"})),
}

# The cases that do not pass.
EXPECTED: dict[str, Known] = {}

_STATUSES = {"OK": 200, "Created": 201, "NoContent": 204, "NotFound": 404}


def cases(root: Path, suite: str) -> Iterator[Case]:
    """The cases of a suite."""
    wanted = SUITES[suite]
    if suite == "graph store protocol":
        found: Iterator[Case] = chain.from_iterable(Manifest(root, wanted.folders[0], name).cases() for name in _GRAPHS)
    else:
        found = manifests(root, *wanted.folders)
    return (case for case in found if case.kind in wanted.kinds and re.search(wanted.names, case.name))


def fault(case: Case, changed: Changed) -> str | None:
    """What is wrong with our answer to a case; None when nothing is."""
    return _RUNNERS[case.kind](case, changed)


def _evaluation(case: Case, changed: Changed) -> str | None:
    changed.hold(case.data)
    text, _ = case.request
    status = changed.update(text)
    if status != 204:
        return f"answers {status}"
    made, expected = changed.dataset(), changed.expected(case.after)
    return None if made == expected else f"{len(made - expected)} quads too much, {len(expected - made)} missing"


def _syntax(case: Case, changed: Changed) -> str | None:
    """What is wrong is refused by 400; what is right is made, or refused for what it does: load, or lack a graph."""
    changed.hold(case.data)
    text, _ = case.request
    status = changed.update(text)
    right = case.kind.startswith("Positive")
    return None if status in ({204, 403, 409} if right else {400}) else f"answers {status}"


def _protocol(case: Case, changed: Changed) -> str | None:
    changed.hold(case.data)
    for exchange in case.exchanges:
        headers = {**AUTHORIZED, **exchange.headers}
        answer = changed.ask(exchange.method, f"/sparql/{exchange.path}", headers, exchange.body)
        if str(answer.status)[0] not in exchange.statuses:
            return f"answers {answer.status}"
        if exchange.truth is not None and read_table(answer.body, "json", "").truth != exchange.truth:
            return f"is not {exchange.truth}"
    return None


def _graph_store(case: Case, changed: Changed) -> str | None:
    changed.hold(case.data)
    places: dict[str, str] = {}
    for request in case.manifest.all_of(case.action, HT + "requests"):
        if wrong := _exchanged(case.manifest, request, changed, places):
            return wrong
    return None


def _exchanged(manifest: Manifest, request: Node, changed: Changed, places: dict[str, str]) -> str | None:
    """What is wrong with the answer to one request. places: what a location is called -> where it is."""
    method, path = manifest.text(request, HT + "methodName"), manifest.text(request, HT + "absolutePath")
    for name, place in places.items():
        path = path.replace(name, place)
    body = _text(manifest, request)
    answer = changed.ask(method, _address(path), {**AUTHORIZED, **_headers(manifest, request)}, body)
    response = _node(manifest, request, HT + "resp")
    statuses = [value.value.rpartition("#")[2] for value in manifest.all_values(response, MF + "expectedStatus")]
    if answer.status not in {_STATUSES[status] for status in statuses}:
        return f"{method} {path} answers {answer.status}"
    if name := manifest.text(response, MF + "expectedLocation"):
        places[name] = answer.headers["location"]
    expected = _headers(manifest, response).get("content-type", "").partition(";")[0]
    if expected and answer.media_type != expected:
        return f"{method} {path} answers in {answer.media_type}"
    wanted = _text(manifest, response)
    if wanted and _graph(answer.body) != _graph(wanted):
        return f"{method} {path} answers another graph"
    return None


def _address(path: str) -> str:
    """Where our server has what the suite has below `/gsp`: the store, and graphs at their own addresses."""
    return re.sub(r"^/gsp/", "/graph/", re.sub(r"^/gsp(?=\?|$)", "/store", path))


def _node(manifest: Manifest, node: Node, predicate: str) -> Node | None:
    found = manifest.one(node, predicate)
    return found if isinstance(found, NamedNode | BlankNode) else None


def _headers(manifest: Manifest, node: Node | None) -> dict[str, str]:
    return {
        manifest.text(header, HT + "fieldName").lower(): manifest.text(header, HT + "fieldValue")
        for header in manifest.all_of(node, HT + "headers")
    }


def _text(manifest: Manifest, node: Node | None) -> bytes:
    body = None if node is None else _node(manifest, node, HT + "body")
    return manifest.text(body, CNT + "chars").encode()


def _graph(content: bytes) -> set[pyoxigraph.Quad]:
    parsed = pyoxigraph.parse(content, pyoxigraph.RdfFormat.TURTLE)
    return canonical([pyoxigraph.Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in parsed])


_RUNNERS: dict[str, Callable[[Case, Changed], str | None]] = {
    "UpdateEvaluationTest": _evaluation,
    "PositiveUpdateSyntaxTest11": _syntax,
    "NegativeUpdateSyntaxTest11": _syntax,
    "NegativeSyntaxTest11": _syntax,
    "ProtocolTest": _protocol,
    "GraphStoreProtocolTest": _graph_store,
}
