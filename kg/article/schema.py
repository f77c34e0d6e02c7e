"""The JSON Schema of article files, made from the kinds that the mappings define: https://json-schema.org/draft/2020-12."""

from collections.abc import Collection, Mapping
from typing import Any

from kg.article.fact import MODALITIES, POLARITIES, STATUSES
from kg.article.kind import Field, Kind

__all__ = ["article_schema"]

_TEXT = {"type": "string"}
# Values are read as the text that stands in the file, so a plain 2 or 2010-06-13 is fine.
_VALUE = {"type": ["string", "number", "boolean"]}
# A position, or nothing for the segment of a quote that needs none.
_AT = {"type": ["integer", "null"]}


def _one_or_more(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _field(field: Field) -> dict[str, Any]:
    if field.type == "entity":
        return {**_one_or_more({"$ref": "#/$defs/entity"}), "description": "an entity of sources/entities.yaml"}
    if field.type == "claim":
        return {**_one_or_more(_TEXT), "description": "a claim of this article: fact.property.object"}
    if field.type == "value":
        return {**_one_or_more(_VALUE), "description": f"a value of {field.datatype}"}
    return {**_one_or_more(_VALUE), "description": "text"}


def _stance() -> dict[str, Any]:
    cue = {
        "type": "object",
        "properties": {"cue": _TEXT, "at": _AT},
        "required": ["cue"],
        "additionalProperties": False,
    }
    voice = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": {"anyOf": [_TEXT, cue]}}
    return {
        "voices": {"type": "array", "items": voice, "description": "entity: the words that attribute, outermost first"},
        "modality": {"enum": sorted(MODALITIES)},
        "status": {"enum": sorted(STATUSES)},
        "polarity": {"enum": sorted(POLARITIES)},
    }


def _statement(kind: Kind, extra: Mapping[str, Any], needed: Collection[str]) -> dict[str, Any]:
    fields = {name: _field(field) for name, field in kind.fields.items()}
    required = [name for name, field in kind.fields.items() if field.required]
    return {
        "if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]},
        "then": {
            "properties": {"kind": {"const": kind.name}, **fields, **extra},
            "required": ["kind", *required, *needed],
            "additionalProperties": False,
        },
    }


def article_schema(kinds: Mapping[str, Kind], entities: Collection[str]) -> dict[str, Any]:
    """The schema of an article file.

    kinds: what a fact may say. entities: the ids that a field or a voice may name.
    """
    names = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": sorted(kinds)}}}
    ambiguous = {
        "type": "object",
        "properties": {"why": _TEXT, "readings": {"type": "array", "items": _TEXT, "minItems": 2}},
        "required": ["why", "readings"],
        "additionalProperties": False,
    }
    fact = {"quote": _one_or_more(_TEXT), "at": _one_or_more(_AT), "ambiguous": ambiguous, **_stance()}
    inference = {
        "premises": {"type": "array", "items": _TEXT, "minItems": 1},
        "why": {"type": "object", "additionalProperties": _TEXT},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An article: its facts, each with the words it rests on",
        "type": "object",
        "required": ["article", "passages"],
        "additionalProperties": False,
        "properties": {
            "article": {
                "type": "object",
                "required": ["language", "headline", "rights", "text", "sentences"],
                "properties": {
                    "language": _TEXT,
                    "headline": _TEXT,
                    "rights": {"enum": ["quotes", "text"]},
                    "text": {
                        "type": "object",
                        "required": ["sha256", "length"],
                        "properties": {
                            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                            "length": {"type": "integer"},
                        },
                        "additionalProperties": False,
                    },
                    "sentences": {
                        "type": "array",
                        "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
                    },
                },
                "additionalProperties": False,
            },
            "passages": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["sentence", "facts"],
                    "properties": {
                        "sentence": {"type": "integer", "minimum": 1},
                        **_stance(),
                        "facts": {"type": "object", "additionalProperties": {"$ref": "#/$defs/fact"}},
                    },
                    "additionalProperties": False,
                },
            },
            "inferences": {"type": "object", "additionalProperties": {"$ref": "#/$defs/inference"}},
        },
        "$defs": {
            "entity": {"enum": sorted(entities)},
            "fact": {**names, "allOf": [_statement(kind, fact, ("quote",)) for kind in kinds.values()]},
            "inference": {
                **names,
                "allOf": [_statement(kind, inference, ("premises", "why")) for kind in kinds.values()],
            },
        },
    }
