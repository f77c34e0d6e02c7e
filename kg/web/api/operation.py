"""Operations as the OpenAPI document describes them: https://spec.openapis.org/oas/v3.1.0.html#operation-object."""

from collections.abc import Iterable, Mapping
from typing import Any

from kg.web.api.schemas import ERRORS
from kg.web.http.negotiation import HTML, Offer
from kg.web.page.plain import PLAIN
from kg.web.show.texts import LANGUAGES

__all__ = ["LANG", "LISTING", "Part", "in_path", "in_query", "one_of", "operation", "sent"]

Part = dict[str, Any]
"""A piece of the document."""

_JSON = frozenset({"application/json", "application/ld+json", "application/sparql-results+json"})


def operation(
    tag: str,
    name: str,
    summary: str,
    content: Part | None,
    *,
    parameters: Iterable[Part] = (),
    errors: Iterable[int] = (),
    more: Mapping[str, Part] | None = None,
) -> Part:
    """An operation. content: of its answer, by media type; None where it has none.

    errors: statuses that it may refuse with. more: other responses, by status.
    """
    whole = {} if content is None else {"200": {"description": "The answer.", "content": content}}
    refused = {str(status): {"$ref": f"#/components/responses/{ERRORS[status]}"} for status in errors}
    return {
        "tags": [tag],
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": {**whole, **(more or {}), **refused},
    }


def in_query(name: str, text: str, kind: Part, example: object = None) -> Part:
    """A parameter in the query of an address. kind: its schema."""
    shown = {} if example is None else {"example": example}
    return {"name": name, "in": "query", "required": False, "description": text, "schema": kind, **shown}


def in_path(name: str, text: str, kind: Part, example: object = None) -> Part:
    """A parameter in the path of an address."""
    return {**in_query(name, text, kind, example), "in": "path", "required": True}


def one_of(names: Iterable[str]) -> Part:
    """The parameter that names a format."""
    text = "How the answer is written, where the header Accept shall not decide."
    return in_query("format", text, {"type": "string", "enum": list(dict.fromkeys(names))})


def sent(offers: Iterable[Offer], plain: Part | None = None) -> Part:
    """What is sent, by media type. plain: the schema of plain JSON, where that is among it."""
    content: Part = {
        offer.media_type: {"schema": {} if offer.media_type in _JSON else {"type": "string"}} for offer in offers
    }
    return content if plain is None else {**content, PLAIN.media_type: {"schema": plain}}


LANG = in_query("lang", "Language of labels, in place of Accept-Language.", {"enum": [*LANGUAGES]})
LISTING = (one_of((PLAIN.name, HTML.name)), LANG)
