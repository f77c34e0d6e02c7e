"""What the server can be asked, for programs: https://spec.openapis.org/oas/v3.1.0.html."""

from kg import __version__
from kg.graph.question import Parameter, Question
from kg.web.api.addresses import addresses
from kg.web.api.operation import LANG, LISTING, Part, in_query, one_of, operation, sent
from kg.web.api.questions import formats_of
from kg.web.api.schemas import RESPONSES, SCHEMAS, schema
from kg.web.http.negotiation import HTML
from kg.web.http.paging import MOST
from kg.web.page.plain import PLAIN
from kg.web.show.texts import LANGUAGES, spoken
from kg.web.site import Site

__all__ = ["document"]

_TAGS = {
    "Questions": "Each question that the graph answers, with its parameters, page by page.",
    "SPARQL": "The SPARQL 1.1 Protocol: https://www.w3.org/TR/sparql11-protocol/.",
    "Graphs": "The Graph Store Protocol: https://www.w3.org/TR/sparql11-http-rdf-update/.",
    "Resources": "What the graph holds about one IRI.",
    "Downloads": "The whole graph as files, of this snapshot and of others.",
    "Server": "Whether it answers, and what it can be asked.",
}
# Type of a parameter -> the schema of its text; an empty one stands for the default.
_TYPES: dict[str, Part] = {
    "date": {"type": "string", "format": "date"},
    "entity": {"type": "string", "pattern": "^[a-z0-9-]*$"},
    "integer": {"type": "integer", "minimum": -(10**18) + 1, "maximum": 10**18 - 1},
    "iri": {"type": "string", "description": "An IRI: whole, with a known prefix, or relative to the base."},
    "text": {"type": "string"},
}
_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "Who may change the graph, where the server lets it be changed at all.",
}


def document(site: Site) -> Part:
    """The OpenAPI document of a site."""
    asked = {f"/questions/{question.name}": {"get": _question(question)} for question in site.questions}
    content = sent((PLAIN, HTML), schema("Questions"))
    every = operation("Questions", "questions", "All questions", content, parameters=LISTING, errors=(400, 406))
    licence = {"license": {"name": "Licence of the data", "url": site.licence}} if site.licence else {}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": site.text(site.title, LANGUAGES[0]),
            "description": site.text(site.description, LANGUAGES[0]),
            "version": __version__,
            **licence,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": {"/questions": {"get": every}, **asked, **addresses(site)},
        "components": {"schemas": SCHEMAS, "responses": RESPONSES, "securitySchemes": {"token": _TOKEN}},
    }


def _question(question: Question) -> Part:
    """The operation that answers a question."""
    offers = (*formats_of(question), HTML)
    columns = {name: schema("Value") for name in question.columns}
    rows = {"type": "array", "items": {"type": "object", "properties": columns, "required": list(columns)}}
    truth = question.form == "ASK"
    plain = {"allOf": [schema("Truth")]} if truth else {"allOf": [schema("Page"), {"properties": {"rows": rows}}]}
    paging = (
        in_query("limit", "Rows of a page.", {"type": "integer", "minimum": 1, "maximum": MOST}, 10),
        in_query("offset", "Rows before it.", {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}, 0),
    )
    parameters = [
        *(_parameter(name, parameter) for name, parameter in question.parameters.items()),
        *(() if truth else paging),
        one_of(offer.name for offer in offers),
        LANG,
    ]
    summary = spoken(question.summary, LANGUAGES[0]) or question.name
    errors = (400, 404, 406, 503, 504, 507)
    asked = operation("Questions", question.name, summary, sent(offers, plain), parameters=parameters, errors=errors)
    asked["description"] = "\n\n".join(text for text in question.summary.values() if text != summary)
    if not truth:
        link = {"description": "rel first, prev, next: the pages beside it.", "schema": {"type": "string"}}
        asked["responses"]["200"]["headers"] = {"Link": link}
    return asked


def _parameter(name: str, parameter: Parameter) -> Part:
    text = spoken(parameter.label, LANGUAGES[0]) or name
    kind = _TYPES[parameter.type]
    default = int(parameter.default) if parameter.type == "integer" and parameter.default else parameter.default
    return in_query(name, text, {**kind, "default": default} if default != "" else kind, default)
