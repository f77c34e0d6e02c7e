"""What the server can be asked, for programs: https://spec.openapis.org/oas/v3.1.0.html."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from kg import __version__
from kg.graph.question import Parameter, Question
from kg.graph.store import NamedNode
from kg.web.dumps import DUMPS
from kg.web.negotiation import DESCRIPTIONS, GRAPHS, HTML, RESULTS, Offer
from kg.web.paging import MOST
from kg.web.plain import PLAIN
from kg.web.questions import formats_of
from kg.web.resources import ENDINGS
from kg.web.schemas import ERRORS, RESPONSES, SCHEMAS, schema
from kg.web.site import Site
from kg.web.texts import LANGUAGES, spoken

__all__ = ["document"]

_Part = dict[str, Any]

_TAGS = {
    "Questions": "Each question that the graph answers, with its parameters, page by page.",
    "SPARQL": "The SPARQL 1.1 Protocol: https://www.w3.org/TR/sparql11-protocol/.",
    "Resources": "What the graph holds about one IRI.",
    "Downloads": "The whole graph as files, of this snapshot and of others.",
    "Server": "Whether it answers, and what it can be asked.",
}
# Type of a parameter -> the schema of its text; an empty one stands for the default.
_TYPES: dict[str, _Part] = {
    "date": {"type": "string", "format": "date"},
    "entity": {"type": "string", "pattern": "^[a-z0-9-]*$"},
    "integer": {"type": "integer", "minimum": -(10**18) + 1, "maximum": 10**18 - 1},
    "iri": {"type": "string", "description": "An IRI: whole, with a known prefix, or relative to the base."},
    "text": {"type": "string"},
}
# Graphs in the store that are looked through for an example.
_LOOKED = 1000


def document(site: Site, others: Mapping[str, _Part] | None = None) -> _Part:
    """The OpenAPI document of a site. others: paths that are described elsewhere; what is said here comes first."""
    told = {"title": site.text(site.title, "en"), "description": site.text(site.description, "en")}
    paths = {
        "/questions": {"get": _questions()},
        **{f"/questions/{question.name}": {"get": _question(question)} for question in site.questions},
        **_sparql(site),
        **_resources(site),
        **_downloads(site),
        **_server(),
    }
    for path, operations in (others or {}).items():
        paths[path] = {**operations, **paths.get(path, {})}
    used = {tag for operations in paths.values() for one in operations.values() for tag in one.get("tags", ())}
    tags = [{"name": name, "description": text} for name, text in _TAGS.items()]
    return {
        "openapi": "3.1.0",
        "info": {**told, "version": __version__, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": [*tags, *({"name": name} for name in sorted(used - _TAGS.keys()))],
        "paths": paths,
        "components": {"schemas": SCHEMAS, "responses": RESPONSES},
    }


def _operation(  # noqa: PLR0913 - the parts of an operation
    tag: str,
    name: str,
    summary: str,
    content: _Part,
    *,
    parameters: Iterable[_Part] = (),
    errors: Sequence[int] = (),
    more: Mapping[str, _Part] | None = None,
    description: str = "",
) -> _Part:
    """An operation that answers with `content`. errors: statuses that it may refuse with. more: other responses."""
    refused = {str(status): {"$ref": f"#/components/responses/{ERRORS[status]}"} for status in errors}
    return {
        "tags": [tag],
        "operationId": name,
        "summary": summary,
        **({"description": description} if description else {}),
        "parameters": list(parameters),
        "responses": {"200": {"description": "The answer.", "content": content}, **(more or {}), **refused},
    }


def _query(name: str, text: str, kind: _Part, example: object = None) -> _Part:
    """A parameter of the address."""
    shown = {} if example is None else {"example": example}
    return {"name": name, "in": "query", "required": False, "description": text, "schema": kind, **shown}


def _path(name: str, text: str, kind: _Part, example: object = None) -> _Part:
    return {**_query(name, text, kind, example), "in": "path", "required": True}


def _content(offers: Iterable[Offer], plain: _Part | None = None) -> _Part:
    """What is sent by media type. plain: the schema of plain JSON, where that is among it."""
    texts: _Part = {offer.media_type: {"schema": {"type": "string"}} for offer in offers}
    for name in texts.keys() & {"application/json", "application/ld+json", "application/sparql-results+json"}:
        texts[name] = {"schema": {}}
    if plain is not None:
        texts[PLAIN.media_type] = {"schema": plain}
    return texts


def _format(names: Iterable[str]) -> _Part:
    text = "How the answer is written, where the header Accept shall not decide."
    return _query("format", text, {"type": "string", "enum": list(dict.fromkeys(names))})


_LANG = _query("lang", "Language of labels, where the header Accept-Language shall not decide.", {"enum": [*LANGUAGES]})
_LISTING = (_format((PLAIN.name, HTML.name)), _LANG)


def _questions() -> _Part:
    content = _content((PLAIN, HTML), schema("Questions"))
    return _operation("Questions", "questions", "All questions", content, parameters=_LISTING, errors=(400, 406))


def _question(question: Question) -> _Part:
    offers = (*formats_of(question), HTML)
    columns = {name: schema("Value") for name in question.columns}
    rows = {"type": "array", "items": {"type": "object", "properties": columns, "required": list(columns)}}
    truth = question.form == "ASK"
    plain = {"allOf": [schema("Truth")]} if truth else {"allOf": [schema("Page"), {"properties": {"rows": rows}}]}
    paging = (
        _query("limit", "Rows of a page.", {"type": "integer", "minimum": 1, "maximum": MOST}, 10),
        _query("offset", "Rows before it.", {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}, 0),
    )
    parameters = [
        *(_parameter(name, parameter) for name, parameter in question.parameters.items()),
        *(() if truth else paging),
        _format(offer.name for offer in offers),
        _LANG,
    ]
    told = [text for tag, text in question.summary.items() if tag != LANGUAGES[0] and text]
    link = {"Link": {"description": "rel first, prev, next: the pages beside it.", "schema": {"type": "string"}}}
    operation = _operation(
        "Questions",
        question.name,
        spoken(question.summary, LANGUAGES[0]) or question.name,
        _content(offers, plain),
        parameters=parameters,
        errors=(400, 404, 406, 503, 504, 507),
        description="\n\n".join(told),
    )
    if not truth:
        operation["responses"]["200"]["headers"] = link
    return operation


def _parameter(name: str, parameter: Parameter) -> _Part:
    text = spoken(parameter.label, LANGUAGES[0]) or name
    kind = _TYPES[parameter.type]
    default = int(parameter.default) if parameter.type == "integer" and parameter.default else parameter.default
    return _query(name, text, {**kind, "default": default} if default != "" else kind, default)


def _sparql(site: Site) -> dict[str, _Part]:
    starting = site.questions[0].text if site.questions else "ASK {}"
    content = _content((*RESULTS, *GRAPHS, HTML))
    errors = (400, 403, 406, 413, 503, 504, 507)
    graphs = {"type": "array", "items": {"type": "string", "format": "iri"}}
    parameters = [
        _query("query", "A SPARQL 1.1 query; without one the service is described.", {"type": "string"}, starting),
        _query("default-graph-uri", "IRI of a graph that the default graph is made of. Never fetched.", graphs),
        _query("named-graph-uri", "IRI of a named graph of the dataset. Never fetched.", graphs),
        _format(offer.name for offer in (*RESULTS, *GRAPHS)),
        _query("timeout", "Seconds that you will wait; never more than the server allows.", {"type": "number"}, 5),
    ]
    get = _operation("SPARQL", "ask", "Ask by GET", content, parameters=parameters, errors=errors)
    post = _operation("SPARQL", "ask-by-post", "Ask by POST", content, errors=(*errors, 415))
    form = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    post["requestBody"] = {
        "required": True,
        "content": {
            "application/sparql-query": {"schema": {"type": "string"}, "example": starting},
            "application/x-www-form-urlencoded": {"schema": form, "example": {"query": starting}},
        },
    }
    return {"/sparql": {"get": get, "post": post}}


def _resources(site: Site) -> dict[str, _Part]:
    entity = next(
        (
            parameter.default
            for question in site.questions
            for parameter in question.parameters.values()
            if parameter.type == "entity" and parameter.default
        ),
        None,
    )
    names = (name.value for name in islice(site.store.named_graphs(), _LOOKED) if isinstance(name, NamedNode))
    start = f"{site.base}claim/"
    claim = next((name.removeprefix(start) for name in names if name.startswith(start)), "/")
    article, _, key = claim.partition("/")
    text = {"type": "string", "minLength": 1}
    kinds = {
        "id/{id}": ("A person, body, place or idea", [_path("id", "Its id.", text, entity)]),
        "claim/{article}/{claim}": (
            "A claim",
            [
                _path("article", "The article that states it.", text, article or None),
                _path("claim", "What stands for it there.", text, key or None),
            ],
        ),
    }
    errors = (400, 404, 406, 503, 504, 507)
    offers = (*GRAPHS, HTML)
    paths: dict[str, _Part] = {}
    for path, (summary, parameters) in kinds.items():
        name = path.partition("/")[0]
        asked = [*parameters, _format(ENDINGS), _LANG]
        content = _content(offers, schema("Resource"))
        paths[f"/{path}"] = {"get": _operation("Resources", name, summary, content, parameters=asked, errors=errors)}
        ending = _path("ending", "Of the format.", {"type": "string", "enum": list(ENDINGS)}, PLAIN.name)
        asked = [*parameters, ending, _LANG]
        paths[f"/{path}.{{ending}}"] = {
            "get": _operation(
                "Resources", f"{name}-as", f"{summary}, in one format", content, parameters=asked, errors=errors
            )
        }
    content = _content(offers, schema("Resource"))
    asked = [_format(ENDINGS), _LANG]
    told = "The vocabulary: a page with its terms, or the graph that holds it"
    paths["/ns"] = {"get": _operation("Resources", "ns", told, content, parameters=asked, errors=errors)}
    turtle = _content(DESCRIPTIONS[:1])
    paths["/ontology.ttl"] = {
        "get": _operation("Resources", "ontology", "The vocabulary", turtle, errors=(400, 503, 504))
    }
    return paths


def _downloads(site: Site) -> dict[str, _Part]:
    snapshot = _path("snapshot", "The name of a snapshot.", {"type": "string"}, site.name)
    name = _path("name", "The name of a file.", {"type": "string", "enum": list(DUMPS)}, next(iter(site.dumps), None))
    headers = [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": text}
        for name, text in {
            "Range": "The part that is wanted: bytes=0-99.",
            "If-Range": "The entity tag or the date of the file that the part is of.",
            "If-None-Match": "Entity tags of files that are known.",
        }.items()
    ]
    file = _content(Offer(media_type, "") for media_type in DUMPS.values())
    parts: dict[str, _Part] = {
        "206": {
            "description": "The part.",
            "content": {**file, "multipart/byteranges": {"schema": {"type": "string"}}},
        },
        "304": {"description": "You have it."},
    }
    errors = (400, 404, 412, 416)

    def listing(operation: str, summary: str, kind: str, *asked: _Part) -> _Part:
        content, parameters = _content((PLAIN, HTML), schema(kind)), (*asked, *_LISTING)
        return {
            "get": _operation("Downloads", operation, summary, content, parameters=parameters, errors=(400, 404, 406))
        }

    def download(operation: str, summary: str, *asked: _Part) -> _Part:
        parameters = (*asked, *headers)
        return {
            "get": _operation("Downloads", operation, summary, file, parameters=parameters, errors=errors, more=parts)
        }

    return {
        "/dumps/": listing("dumps", "The files of this snapshot, and the other snapshots", "Dumps"),
        "/dumps/{name}": download("dump", "A file of this snapshot", name),
        "/dumps/{snapshot}/": listing("snapshot", "The files of one snapshot", "Snapshot", snapshot),
        "/dumps/{snapshot}/{name}": download("snapshot-dump", "A file that never changes", snapshot, name),
    }


def _server() -> dict[str, _Part]:
    page = _content((HTML,))
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "/": {"get": _operation("Server", "home", "The first page", page, parameters=[_LANG], errors=(400,))},
        "/health": {"get": _operation("Server", "health", "Whether the server answers", text)},
        "/openapi.json": {"get": _operation("Server", "openapi", "This document", _content((PLAIN,)))},
    }
