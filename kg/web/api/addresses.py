"""The addresses that every site has, as the OpenAPI document describes them."""

from collections.abc import Iterator

from kg.graph.change import MULTIPART, SYNTAXES
from kg.graph.store import RDF, DefaultGraph, NamedNode
from kg.web.api.operation import LANG, LISTING, Part, in_path, in_query, one_of, operation, sent
from kg.web.api.schemas import schema
from kg.web.dumps import DUMPS
from kg.web.http.negotiation import DESCRIPTIONS, GRAPHS, HTML, RESULTS, Offer
from kg.web.page.plain import PLAIN
from kg.web.page.resources import ENDINGS
from kg.web.site import Site

__all__ = ["addresses"]

# Claims that are looked through for an example.
_LOOKED = 100
_EVALUATED = (400, 503, 504, 507)
_CHANGED = (400, 401, 403, 409, 413, 415, 503, 504, 507)
_TOKEN: list[Part] = [{"token": []}]
_IRI: Part = {"type": "string", "format": "iri"}
_TEXT: Part = {"type": "string", "minLength": 1}


def addresses(site: Site) -> dict[str, Part]:
    """Each path and its operations."""
    return {**_sparql(site), **_store(site), **_resources(site), **_downloads(site), **_server()}


def _sparql(site: Site) -> dict[str, Part]:
    starting = site.questions[0].text if site.questions else "ASK {}"
    content, errors = sent((*RESULTS, *GRAPHS, HTML)), (*_EVALUATED, 403, 406, 413)
    graphs: Part = {"type": "array", "items": _IRI}
    parameters = [
        in_query("query", "A SPARQL 1.1 query; without one the service is described.", {"type": "string"}, starting),
        in_query("default-graph-uri", "IRI of a graph that the default graph is made of. Never fetched.", graphs),
        in_query("named-graph-uri", "IRI of a named graph of the dataset. Never fetched.", graphs),
        one_of(offer.name for offer in (*RESULTS, *GRAPHS)),
        in_query("timeout", "Seconds that you will wait; never more than the server allows.", {"type": "number"}, 5),
    ]
    get = operation("SPARQL", "ask", "Ask by GET", content, parameters=parameters, errors=errors)
    post = operation("SPARQL", "ask-by-post", "Ask by POST", content, errors=(*errors, 415))
    text: Part = {"type": "string"}
    form: Part = {"type": "object", "properties": {"query": text}, "required": ["query"]}
    bodies: Part = {
        "application/sparql-query": {"schema": text, "example": starting},
        "application/x-www-form-urlencoded": {"schema": form, "example": {"query": starting}},
    }
    if site.writer is not None:
        made = {"204": {"description": "The update is made."}}
        refused = (*errors, 401, 409, 415)
        post = operation("SPARQL", "ask-by-post", "Ask, or update, by POST", content, errors=refused, more=made)
        post["security"] = [{}, *_TOKEN]
        either = [{"required": ["query"]}, {"required": ["update"]}]
        form |= {"properties": {"query": text, "update": text}, "oneOf": either}
        del form["required"]
        bodies["application/sparql-update"] = {"schema": text}
    post["requestBody"] = {"required": True, "content": bodies}
    return {"/sparql": {"get": get, "post": post}}


def _store(site: Site) -> dict[str, Part]:
    named = [
        in_query("graph", "IRI of a named graph.", _IRI),
        {
            **in_query("default", "The default graph, in place of a named one.", {"type": "string"}, ""),
            "allowEmptyValue": True,
        },
    ]
    reading = [*named, one_of(offer.name for offer in GRAPHS)]
    read = operation(
        "Graphs", "read-graph", "Read a graph", sent(GRAPHS), parameters=reading, errors=(*_EVALUATED, 404, 406)
    )
    if site.writer is None:
        return {"/store": {"get": read}}
    done = {"201": {"description": "The graph is made."}, "204": {"description": "The graph is changed."}}
    body = {"required": True, "content": {kind: {"schema": {"type": "string"}} for kind in SYNTAXES}}
    body["content"] = {**body["content"], MULTIPART: {"schema": {"type": "object"}}}  # type: ignore[dict-item]
    changes = {"put": "Put a graph in place of another", "post": "Add to a graph", "delete": "Remove a graph"}
    operations = {"get": read}
    for method, summary in changes.items():
        one = operation(
            "Graphs", f"{method}-graph", summary, None, parameters=named, errors=(*_CHANGED, 404), more=done
        )
        operations[method] = {**one, "security": _TOKEN, **({} if method == "delete" else {"requestBody": body})}
    return {"/store": operations}


def _resources(site: Site) -> dict[str, Part]:
    errors, content = (*_EVALUATED, 404, 406), sent((*GRAPHS, HTML), schema("Resource"))
    paths: dict[str, Part] = {}
    for path, summary, parameters in _kinds(site):
        name = path.split("/")[1]
        ending = in_path("ending", "Of the format.", {"type": "string", "enum": list(ENDINGS)}, PLAIN.name)
        asked = [*parameters, one_of(ENDINGS), LANG]
        found = operation("Resources", name, summary, content, parameters=asked, errors=errors)
        asked = [*parameters, ending, LANG]
        formed = operation(
            "Resources", f"{name}-as", f"{summary}, in one format", content, parameters=asked, errors=errors
        )
        paths |= {path: {"get": found}, f"{path}.{{ending}}": {"get": formed}}
    told, asked = "The vocabulary: a page with its terms, or the graph that holds it", [one_of(ENDINGS), LANG]
    terms = operation("Resources", "ns", told, content, parameters=asked, errors=errors)
    turtle = operation("Resources", "ontology", "The vocabulary", sent(DESCRIPTIONS[:1]), errors=_EVALUATED)
    return {**paths, "/ns": {"get": terms}, "/ontology.ttl": {"get": turtle}}


def _kinds(site: Site) -> Iterator[tuple[str, str, list[Part]]]:
    """Path, summary and parameters of what has an address, with an example that is there."""
    asked = (parameter for question in site.questions for parameter in question.parameters.values())
    entity = next((one.default for one in asked if one.type == "entity" and one.default), None)
    yield "/id/{id}", "A person, body, place or idea", [in_path("id", "Its id.", _TEXT, entity)]
    stated = site.source.quads(None, NamedNode(RDF + "subject"), None, DefaultGraph(), _LOOKED)
    names = (quad.subject.value for quad in stated if isinstance(quad.subject, NamedNode))
    start = f"{site.base}claim/"
    claim = next((name.removeprefix(start) for name in names if name.startswith(start)), "/")
    article, _, key = claim.partition("/")
    parameters = [
        in_path("article", "The article that states it.", _TEXT, article or None),
        in_path("claim", "What stands for it there.", _TEXT, key or None),
    ]
    yield "/claim/{article}/{claim}", "A claim", parameters


def _downloads(site: Site) -> dict[str, Part]:
    snapshot = in_path("snapshot", "The name of a snapshot.", {"type": "string"}, site.name)
    files: Part = {"type": "string", "enum": list(DUMPS)}
    name = in_path("name", "The name of a file.", files, next(iter(site.dumps), None))
    headers = [
        {**in_query(name, text, {"type": "string"}), "in": "header"}
        for name, text in {
            "Range": "The part that is wanted: bytes=0-99.",
            "If-Range": "The entity tag or the date of the file that the part is of.",
            "If-None-Match": "Entity tags of files that are known.",
        }.items()
    ]
    file = sent(Offer(media_type, "") for media_type in DUMPS.values())
    several = {"multipart/byteranges": {"schema": {"type": "string"}}}
    parts: dict[str, Part] = {
        "206": {"description": "The part.", "content": {**file, **several}},
        "304": {"description": "You have it."},
    }

    def listing(title: str, summary: str, kind: str, *asked: Part) -> Part:
        content, parameters = sent((PLAIN, HTML), schema(kind)), (*asked, *LISTING)
        return {"get": operation("Downloads", title, summary, content, parameters=parameters, errors=(400, 404, 406))}

    def download(title: str, summary: str, *asked: Part) -> Part:
        errors, parameters = (400, 404, 412, 416), (*asked, *headers)
        return {"get": operation("Downloads", title, summary, file, parameters=parameters, errors=errors, more=parts)}

    void = operation(
        "Downloads",
        "void",
        "What the data are, in VoID",
        sent(GRAPHS),
        parameters=[one_of(offer.name for offer in GRAPHS)],
        errors=(*_EVALUATED, 406),
    )
    return {
        "/.well-known/void": {"get": void},
        "/dumps/": listing("dumps", "The files of this snapshot, and the other snapshots", "Dumps"),
        "/dumps/{name}": download("dump", "A file of this snapshot", name),
        "/dumps/{snapshot}/": listing("snapshot", "The files of one snapshot", "Snapshot", snapshot),
        "/dumps/{snapshot}/{name}": download("snapshot-dump", "A file that never changes", snapshot, name),
    }


def _server() -> dict[str, Part]:
    page, text = sent((HTML,)), {"text/plain": {"schema": {"type": "string"}}}
    return {
        "/": {"get": operation("Server", "home", "The first page", page, parameters=[LANG], errors=(400,))},
        "/health": {"get": operation("Server", "health", "Whether the server answers", text)},
        "/ready": {"get": operation("Server", "ready", "Whether it can answer queries", text, errors=(503,))},
        "/openapi.json": {"get": operation("Server", "openapi", "This document", sent((PLAIN,)), errors=(400,))},
    }
