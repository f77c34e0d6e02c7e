"""Schemas of what is sent as JSON: https://json-schema.org/draft/2020-12/schema, as OpenAPI 3.1 takes them."""

from http import HTTPStatus
from typing import Any

__all__ = ["ERRORS", "RESPONSES", "SCHEMAS", "schema"]

_Schema = dict[str, Any]

_TEXT: _Schema = {"type": "string"}
_COUNT: _Schema = {"type": "integer", "minimum": 0}


def schema(name: str) -> _Schema:
    """The reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(description: str, required: _Schema, optional: _Schema | None = None) -> _Schema:
    properties = {**required, **(optional or {})}
    return {"type": "object", "description": description, "properties": properties, "required": list(required)}


def _list(items: _Schema) -> _Schema:
    return {"type": "array", "items": items}


def _by(values: _Schema, what: str) -> _Schema:
    return {"type": "object", "description": what, "additionalProperties": values}


_LANGUAGES = _by(_TEXT, "A text in each language, by its tag.")
_LINKS = _by(_TEXT, "Addresses on this server.")
_ASKED = {
    "question": _TEXT,
    "title": _TEXT,
    "language": _TEXT,
    "snapshot": _TEXT,
    "parameters": _by(_TEXT, "The value of each parameter."),
}

SCHEMAS: dict[str, _Schema] = {
    "Problem": _object(
        "Why a request is not answered: https://www.rfc-editor.org/rfc/rfc9457.",
        {"title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT},
        {"fix": _TEXT, "line": _COUNT, "column": _COUNT, "text": _TEXT},
    ),
    "Iri": _object("An IRI and its label.", {"iri": _TEXT, "label": {"type": ["string", "null"]}}),
    "Value": {
        "description": "A term: an IRI with its label, a text in a language, a number, true or false, a date as a "
        "string, a value of another datatype, a node without a name; null where there is none.",
        "anyOf": [
            schema("Iri"),
            _object("A text in a language.", {"text": _TEXT, "language": _TEXT}),
            _object("A value of another datatype.", {"value": _TEXT, "datatype": _TEXT}),
            _object("A node without a name, or a triple.", {"node": _TEXT}),
            {"type": ["string", "number", "boolean", "null"]},
        ],
    },
    "Questions": _object("All questions.", {"snapshot": _TEXT, "questions": _list(schema("Question"))}),
    "Question": _object(
        "A question, and how it is asked.",
        {
            "name": _TEXT,
            "title": _LANGUAGES,
            "answer": {"enum": ["rows", "triples", "boolean"]},
            "columns": _list(_TEXT),
            "parameters": _list(schema("Parameter")),
            "links": _LINKS,
        },
    ),
    "Parameter": _object(
        "What a question is asked of.",
        {
            "name": _TEXT,
            "type": {"enum": ["date", "entity", "integer", "iri", "text"]},
            "default": _TEXT,
            "label": _LANGUAGES,
        },
        {"language": {**_TEXT, "description": "Language tag of a text."}},
    ),
    "Truth": _object("Yes or no.", {**_ASKED, "answer": {"type": "boolean"}}),
    "Page": _object(
        "A page of an answer.",
        {
            **_ASKED,
            "columns": _list(_object("A column.", {"name": _TEXT, "label": _TEXT})),
            "limit": _COUNT,
            "offset": _COUNT,
            "links": _LINKS,
            "rows": _list(_by(schema("Value"), "The value of each column.")),
        },
    ),
    "Resource": _object(
        "What the graph holds about an IRI. cut: names of the lists that go on; the other formats hold all.",
        {
            "iri": _TEXT,
            "label": {"type": ["string", "null"]},
            "language": _TEXT,
            "snapshot": _TEXT,
            "links": _LINKS,
            "recorded": _list(_object("In the default graph.", {"property": schema("Iri"), "value": schema("Value")})),
            "said": _list(
                _object(
                    "Said by the source.",
                    {"property": schema("Iri"), "value": schema("Value"), "source": schema("Value")},
                )
            ),
            "mentioned": _list(
                _object(
                    "Where it is the value. source: null in the default graph.",
                    {"subject": schema("Value"), "property": schema("Iri"), "source": schema("Value")},
                )
            ),
            "content": _list(
                _object(
                    "Of the graph that it names.",
                    {"subject": schema("Value"), "property": schema("Iri"), "value": schema("Value")},
                )
            ),
            "cut": _list(_TEXT),
        },
    ),
    "File": _object(
        "A file.",
        {
            "name": _TEXT,
            "address": _TEXT,
            "bytes": _COUNT,
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "date": {"type": "string", "format": "date-time"},
            "media_type": _TEXT,
        },
    ),
    "Release": _object(
        "A snapshot.", {"snapshot": _TEXT, "date": {"type": "string", "format": "date-time"}, "address": _TEXT}
    ),
    "Snapshot": {
        "allOf": [schema("Release"), _object("Its files.", {"files": _list(schema("File"))})],
    },
    "Dumps": {
        "allOf": [schema("Snapshot"), _object("The other snapshots.", {"others": _list(schema("Release"))})],
    },
}

ERRORS = {
    status: HTTPStatus(status).phrase.replace(" ", "")
    for status in (400, 401, 403, 404, 406, 409, 412, 413, 415, 416, 503, 504, 507)
}
"""Status of a refusal -> its name among `RESPONSES`."""

_MEANINGS = {
    400: "The request is wrong; the answer says what to write.",
    401: "A change needs the token.",
    403: "The query asks for what is not in this store, or updates are off.",
    404: "There is nothing at this address.",
    406: "The answer cannot be sent in a format that you accept.",
    409: "The store does not allow this change as it is now.",
    412: "The file is not the one that the request is for.",
    413: "The query is too long.",
    415: "The body is of a type that is not read.",
    416: "The file has no such part.",
    503: "Too much is asked at once; Retry-After says when to ask again.",
    504: "The answer takes longer than it may.",
    507: "The answer needs more memory than it may, or is larger.",
}
RESPONSES: dict[str, _Schema] = {
    name: {
        "description": _MEANINGS[status],
        "content": {
            "application/problem+json": {"schema": schema("Problem")},
            "text/html": {"schema": {"type": "string"}},
        },
    }
    for status, name in ERRORS.items()
}
