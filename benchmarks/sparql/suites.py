"""The suites, and what is wrong with our answers to their cases.

Every case is asked as its manifest says. One thing of it is changed: the endpoints that SERVICE asks are other servers
of ours on this machine, which hold what the manifest says, and whose addresses take the place of the ones in the query;
those addresses, and no others, are allowed. A case that does not pass stands in `EXPECTED` with the reason, and one
that stands there and passes is an error of that table.
"""

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import rdflib

from benchmarks.sparql.description import SD, faults
from benchmarks.sparql.manifest import BASE, Case, Data, manifests
from benchmarks.sparql.results import read_graph, read_table, same_graphs, same_tables
from benchmarks.sparql.served import Answer, Served
from kg.graph.syntax import Token, tokens

__all__ = ["EXPECTED", "SUITES", "Known", "Suite", "cases", "fault"]

_QUERIES = (
    *("aggregates", "bind", "bindings", "cast", "construct", "exists", "functions", "grouping", "json-res"),
    *("negation", "project-expression", "property-path", "service", "subquery"),
)


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases of some folders: those of some kinds, whose names match."""

    folders: tuple[str, ...]
    kinds: frozenset[str]
    names: str = ""


SUITES: dict[str, Suite] = {
    "query evaluation": Suite(_QUERIES, frozenset({"QueryEvaluationTest"})),
    "results in CSV and TSV": Suite(("csv-tsv-res",), frozenset({"CSVResultFormatTest", "QueryEvaluationTest"})),
    "query syntax": Suite(
        (*_QUERIES, "syntax-fed", "syntax-query"), frozenset({"PositiveSyntaxTest11", "NegativeSyntaxTest11"})
    ),
    "protocol, queries": Suite(("protocol",), frozenset({"ProtocolTest"}), "quer(y|ies)"),
    "service description": Suite(("service-description",), frozenset({"ServiceDescriptionTest"})),
}


@dataclass(frozen=True, slots=True)
class Known:
    """Why a case does not pass. fault: how what is wrong with our answer begins."""

    reason: str
    fault: str = "other results"


_CONCATENATED = Known("Oxigraph's GROUP_CONCAT keeps a language that all its strings have; it must give a plain string")
_UNBOUND = Known("Oxigraph does not bind the variable of GRAPH around a group without a triple pattern of its own")
_ABSENT = Known("Oxigraph leaves out a path of length zero whose constant end is no term of the data")
_UNKNOWN = Known("SERVICE with a variable is refused: whom a query asks is known before it is evaluated", "answers 403")

# The cases that do not pass. A case that is listed and passes is an error of this table.
EXPECTED: dict[str, Known] = {
    "aggregates/agg-groupconcat-04": _CONCATENATED,
    "aggregates/agg-groupconcat-06": _CONCATENATED,
    "aggregates/agg-empty-group-count-graph": _UNBOUND,
    "bindings/graph": _UNBOUND,
    "csv-tsv-res/tsv03": Known("Oxigraph keeps a literal of a type derived from xsd:integer as an xsd:integer"),
    "functions/bnode01": Known("Oxigraph's BNODE gives one node for one string in all solutions, not one in each"),
    "negation/graph-minus": Known("Oxigraph takes the variable of a GRAPH around MINUS for one that both sides share"),
    **{f"property-path/zero_or_{path}": _ABSENT for path in ("more_set_end", "more_set_start")},
    **{f"property-path/zero_or_{path}": _ABSENT for path in ("one_set_end", "one_set_start")},
    "service/service5": _UNKNOWN,
}

_DIRECT = {"Content-Type": "application/sparql-query"}
_ACCEPTED = {
    "csv": "text/csv",
    "srj": "application/sparql-results+json",
    "srx": "application/sparql-results+xml",
    "tsv": "text/tab-separated-values",
}
_COMMENT = re.compile(r"<[^<>\s]*>|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|(#[^\n]*)")
_ORDERED = re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)
_GRAPH = re.compile(r"\b(CONSTRUCT|DESCRIBE)\b", re.IGNORECASE)
# Media types that results of a kind may have, by what the suite calls it.
_KINDS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": set(_ACCEPTED.values()),
    "RDF": {"text/turtle", "application/rdf+xml", "application/n-triples"},
}


def cases(root: Path, suite: str) -> Iterator[Case]:
    """The cases of a suite."""
    wanted = SUITES[suite]
    found = manifests(root, *wanted.folders)
    return (case for case in found if case.kind in wanted.kinds and re.search(wanted.names, case.name))


def fault(case: Case, served: Served) -> str | None:
    """What is wrong with our answer to a case; None when nothing is."""
    return _RUNNERS[case.kind](case, served)


def _words(query: str) -> str:
    """A query without its comments, IRIs and strings."""
    return _COMMENT.sub(" ", query)


def _evaluation(case: Case, served: Served) -> str | None:
    text, base = case.request
    assert case.result is not None
    ending = case.result.suffix[1:]
    graph = ending == "ttl" and bool(_GRAPH.search(_words(text)))
    accepted = "text/turtle" if graph else _ACCEPTED.get(ending, _ACCEPTED["srj"])
    text = _serve(served, case.data, base, text, case.services)
    answer = served.ask("POST", "/sparql", {**_DIRECT, "Accept": accepted}, text.encode())
    if answer.status != 200 or answer.media_type != accepted:
        return f"answers {answer.status}, {answer.media_type}: {_told(answer)}"
    wanted = case.result.read_bytes()
    if graph:
        return None if same_graphs(read_graph(answer.body, base), read_graph(wanted, base)) else "another graph"
    made = read_table(answer.body, "json" if ending == "ttl" else ending, base)
    ordered = bool(_ORDERED.search(_words(text)))
    return None if same_tables(made, read_table(wanted, ending, base), ordered=ordered) else "other results"


def _serve(served: Served, data: Data, base: str, text: str, services: Mapping[str, Data]) -> str:
    """Serve data, and what other endpoints hold; the query with the addresses at which these are asked.

    An endpoint of which nothing is said is at an address where nobody answers.
    """
    named = list(_services(text))
    others = {iri: served.other(number) for number, iri in enumerate(services)}
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        silent = f"http://127.0.0.1:{nobody.getsockname()[1]}/sparql"
    addresses = {_iri(token): silent for token in named} | {iri: f"{one.address}/sparql" for iri, one in others.items()}
    reach = tuple(addresses.values())
    for iri, one in others.items():
        one.switch(services[iri], BASE, reach)
    served.switch(data, base, reach)
    for token in reversed(named):
        text = f"{text[: token.start]}<{addresses[_iri(token)]}>{text[token.end :]}"
    return text


def _services(text: str) -> Iterator[Token]:
    """The IRIs that SERVICE asks."""
    stream = list(tokens(text))
    for index, token in enumerate(stream):
        if token.keyword == "SERVICE":
            silent = [following.keyword for following in stream[index + 1 : index + 2]] == ["SILENT"]
            yield from (one for one in stream[index + 1 + silent : index + 2 + silent] if one.kind == "iri")


def _iri(token: Token) -> str:
    return token.text[1:-1]


def _told(answer: Answer) -> str:
    return answer.body.decode(errors="replace").partition("\n")[0]


def _syntax(case: Case, served: Served) -> str | None:
    """A query that is wrong is refused by 400; one that is read and asks for what there is not, by 422."""
    text, _ = case.request
    text = _serve(served, case.data, BASE, text, dict.fromkeys(map(_iri, _services(text)), Data()))
    answer = served.ask("GET", f"/sparql?{urlencode({'query': text})}")
    if case.kind == "NegativeSyntaxTest11":
        return None if answer.status == 400 else f"answers {answer.status}"
    return None if answer.status in {200, 422} else f"answers {answer.status}: {_told(answer)}"


def _protocol(case: Case, served: Served) -> str | None:
    served.switch(case.data, BASE)
    for exchange in case.exchanges:
        answer = served.ask(exchange.method, f"/sparql/{exchange.path}", exchange.headers, exchange.body)
        if str(answer.status)[0] not in exchange.statuses:
            return f"answers {answer.status}: {_told(answer)}"
        if exchange.format and answer.media_type not in _KINDS[exchange.format]:
            return f"answers in {answer.media_type}"
        if exchange.truth is not None and read_table(answer.body, "json", BASE).truth != exchange.truth:
            return f"is not {exchange.truth}"
    return None


def _description(case: Case, served: Served) -> str | None:
    served.switch(case.data, BASE)
    answer = served.ask("GET", "/sparql", {"Accept": "text/turtle"})
    if (answer.status, answer.media_type) != (200, "text/turtle"):
        return f"answers {answer.status}, {answer.media_type}"
    described = rdflib.Graph().parse(data=answer.body, format="turtle")
    match case.name.rpartition("/")[2]:
        case "has-endpoint-triple":
            here = rdflib.URIRef(f"{served.address}/sparql")
            return None if (None, SD.endpoint, here) in described else f"no endpoint {here}"
        case "conforms-to-schema":
            return next(faults(described), None)
    return None if described else "no statement"


_RUNNERS: dict[str, Callable[[Case, Served], str | None]] = {
    "QueryEvaluationTest": _evaluation,
    "CSVResultFormatTest": _evaluation,
    "PositiveSyntaxTest11": _syntax,
    "NegativeSyntaxTest11": _syntax,
    "ProtocolTest": _protocol,
    "ServiceDescriptionTest": _description,
}
