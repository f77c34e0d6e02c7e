"""From a term map to a Polars expression that writes the term in canonical N-Triples.

https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples, and for values in templates
https://kg-construct.github.io/rml-core/spec/docs/#template-valued-term-maps.
"""

from dataclasses import dataclass

import polars as pl

from kg.mapping.lexical import (
    ABSOLUTE_IRI,
    IRI_ESCAPES,
    LANGUAGE_TAG,
    LITERAL_ESCAPES,
    OUTSIDE_UCSCHAR,
    PATTERNS,
    XSD,
)
from kg.mapping.model import Reference, TermMap

__all__ = ["Check", "Term", "compile_term", "encode_iri_part", "iri", "literal", "quote_literal"]


@dataclass(frozen=True, slots=True)
class Check:
    """What may be wrong with a record: true where `bad` holds; `value` is shown, `message` says why."""

    bad: pl.Expr
    value: pl.Expr
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Term:
    """A compiled term map.

    text: the term in N-Triples; null where a referenced field is null, so that this triple is not made.
    value: the IRI or lexical form itself. checks: what makes a record unfit.
    """

    text: pl.Expr
    value: pl.Expr
    checks: tuple[Check, ...]


def _replace_all(text: pl.Expr, table: dict[str, str]) -> pl.Expr:
    return text.str.replace_many(list(table), list(table.values()))


def encode_iri_part(text: pl.Expr) -> pl.Expr:
    """Percent-encode everything outside iunreserved: https://www.rfc-editor.org/rfc/rfc3987#section-2.2."""
    return _replace_all(text, IRI_ESCAPES)


def quote_literal(text: pl.Expr) -> pl.Expr:
    """A lexical form between quotation marks, escaped."""
    return pl.concat_str(pl.lit('"'), _replace_all(text, LITERAL_ESCAPES), pl.lit('"'))


def iri(text: str) -> pl.Expr:
    """A constant IRI in angle brackets."""
    return pl.lit(f"<{text}>")


def literal(text: pl.Expr, *, language: pl.Expr | None = None, datatype: str = "") -> pl.Expr:
    """A literal with its language tag (lower case, as RDF compares them) or datatype IRI, or plain."""
    quoted = quote_literal(text)
    if language is not None:
        return pl.concat_str(quoted, pl.lit("@"), language.str.to_lowercase())
    return pl.concat_str(quoted, pl.lit(f"^^<{datatype}>")) if datatype else quoted


def compile_term(term_map: TermMap) -> Term:
    """Compile a term map of any kind."""
    if term_map.term_type == "iri":
        return _compile_iri(term_map)
    return _compile_literal(term_map)


def _joined(term_map: TermMap, *, encoded: bool) -> pl.Expr:
    parts = [
        (encode_iri_part(pl.col(part.name)) if encoded else pl.col(part.name))
        if isinstance(part, Reference)
        else pl.lit(part)
        for part in term_map.parts
    ]
    return pl.concat_str(parts) if parts else pl.lit("")


def _compile_iri(term_map: TermMap) -> Term:
    # A reference is an IRI as it stands; values in a template are encoded.
    value = _joined(term_map, encoded=not term_map.is_reference)
    checks: list[Check] = []
    if not term_map.is_reference:
        for name in term_map.references:
            field = pl.col(name)
            checks.append(
                Check(field == "", field, f"{name} is empty, so no IRI can be made of it", f"give {name} a value")
            )
            checks.append(
                Check(
                    field.str.contains(OUTSIDE_UCSCHAR),
                    field,
                    f"{name} holds a character that no IRI may hold (private use or no character)",
                    f"remove it from {name}",
                )
            )
    if isinstance(term_map.parts[0], Reference):
        checks.append(
            Check(
                ~value.str.contains(ABSOLUTE_IRI),
                value,
                "is no absolute IRI",
                "write it with its scheme, and encode spaces and quotes",
            )
        )
    return Term(pl.concat_str(pl.lit("<"), value, pl.lit(">")), value, tuple(checks))


def _compile_literal(term_map: TermMap) -> Term:
    value = _joined(term_map, encoded=False)
    checks: list[Check] = []
    text = quote_literal(value)
    if term_map.language is not None:
        tag = _joined(term_map.language, encoded=False)
        checks.append(Check(~tag.str.contains(LANGUAGE_TAG), tag, "is no language tag", "write one like fr or pt-BR"))
        text = literal(value, language=tag)
    elif term_map.datatype is not None:
        datatype = _compile_iri(term_map.datatype)
        checks += datatype.checks
        known = term_map.datatype.constant
        if known in PATTERNS:
            checks.append(
                Check(
                    ~value.str.contains(PATTERNS[known]),
                    value,
                    f"is no xsd:{known.removeprefix(XSD)}",
                    "correct the value or the datatype",
                )
            )
        if known != XSD + "string":
            text = pl.concat_str(text, pl.lit("^^"), datatype.text)
    return Term(text, value, tuple(checks))
