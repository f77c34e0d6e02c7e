"""From a term map to a Polars expression that writes the term in canonical N-Triples.

https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples, and for values in templates
https://kg-construct.github.io/rml-core/spec/docs/#template-valued-term-maps.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from kg.mapping.function import call, output_datatype, takes_all
from kg.mapping.lexical import (
    INSIDE_AND_OUTSIDE_UCSCHAR,
    IRI,
    IRI_ESCAPES,
    IRIREF_ESCAPES,
    LANGUAGE_TAG,
    LITERAL_ESCAPES,
    OUTSIDE_UCSCHAR,
    PATTERNS,
    SCHEME,
    XSD,
)
from kg.mapping.model import Execution, Reference, TermMap

__all__ = [
    "Check",
    "Scope",
    "Term",
    "compile_term",
    "compile_value",
    "encode_iri_part",
    "encode_uri_part",
    "in_graph",
    "iri",
    "joined",
    "literal",
    "quote_literal",
]


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

    pieces: what the term in N-Triples is joined of. value: the IRI or lexical form itself. checks: what makes a record
    unfit.
    """

    pieces: tuple[str | pl.Expr, ...]
    value: pl.Expr
    checks: tuple[Check, ...]

    @property
    def text(self) -> pl.Expr:
        """The term in N-Triples; null where a referenced field is null, so that this triple is not made."""
        return joined(self.pieces)


def joined(pieces: Iterable[str | pl.Expr]) -> pl.Expr:
    """The pieces as one text, null where one of them is null."""
    merged: list[str | pl.Expr] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    parts = [pl.lit(piece) if isinstance(piece, str) else piece for piece in merged]
    return parts[0] if len(parts) == 1 else pl.concat_str(parts)


def _replace_all(text: pl.Expr, table: dict[str, str]) -> pl.Expr:
    return text.str.replace_many(list(table), list(table.values()))


def _escaped(piece: str | pl.Expr) -> str | pl.Expr:
    """A part of a lexical form, escaped."""
    if isinstance(piece, str):
        return piece.translate({ord(one): text for one, text in LITERAL_ESCAPES.items()})
    return _replace_all(piece, LITERAL_ESCAPES)


def encode_iri_part(text: pl.Expr) -> pl.Expr:
    """Percent-encode everything outside iunreserved: https://www.rfc-editor.org/rfc/rfc3987#section-2.2."""
    encoded, rare = _replace_all(text, IRI_ESCAPES), text.str.contains(OUTSIDE_UCSCHAR)
    # No table holds so many characters; nearly all values have none of them, and are null where these are encoded.
    parts = pl.when(rare).then(encoded).str.extract_all(INSIDE_AND_OUTSIDE_UCSCHAR)
    part = pl.element()
    each = pl.when(part.str.contains(OUTSIDE_UCSCHAR)).then(_bytes(part)).otherwise(part)
    return pl.when(rare).then(parts.list.eval(each).list.join("")).otherwise(encoded)


def _bytes(text: pl.Expr) -> pl.Expr:
    """Percent-encode every byte."""
    return text.cast(pl.Binary).bin.encode("hex").str.to_uppercase().str.replace_all("(..)", "%$1")


def _encode_beyond_ascii(text: pl.Expr) -> pl.Expr:
    """Percent-encode the bytes of every character outside ASCII."""
    return _replace_all(_bytes(text), {f"%{code:02X}": chr(code) for code in range(0x80)})


def _ascii(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(r"[^\x00-\x7F]")).then(_encode_beyond_ascii(text)).otherwise(text)


def encode_uri_part(text: pl.Expr) -> pl.Expr:
    """Percent-encode everything outside unreserved: https://www.rfc-editor.org/rfc/rfc3986#section-2.3."""
    return _ascii(encode_iri_part(text))


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


@dataclass(frozen=True, slots=True)
class Scope:
    """What the columns of a table of records are to a term map.

    columns: the column that holds a reference, where it is not called as the reference is. datatypes: the column with
    the natural datatypes of a reference that has any. base: what is put before a relative IRI; empty: IRIs must be
    absolute. fresh: a text that differs for each record, which blank nodes without a value are made of. graph: the IRI
    of the graph that a blank node stands in, since one value in two graphs is two nodes; None in the default graph.
    results: the column with the items of what an execution gives, where it gives several.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    datatypes: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    fresh: pl.Expr | None = None
    graph: pl.Expr | None = None
    results: Mapping[Execution, str] = field(default_factory=dict)

    def column(self, reference: str) -> pl.Expr:
        """The values of a reference."""
        return pl.col(self.columns.get(reference, reference))


def compile_term(term_map: TermMap, scope: Scope | None = None) -> Term:
    """Compile a term map of any kind for the columns that `scope` names."""
    return _COMPILERS[term_map.term_type](term_map, scope or Scope())


def compile_value(term_map: TermMap, scope: Scope) -> pl.Expr:
    """The value of a term map before it is made a term: its texts and references joined, or what its function gives."""
    return joined(_pieces(term_map, scope)) if term_map.parts or term_map.execution else pl.lit("")


def _pieces(
    term_map: TermMap, scope: Scope, encode: Callable[[pl.Expr], pl.Expr] | None = None
) -> tuple[str | pl.Expr, ...]:
    """What a value is joined of; `encode` is done to each value in a template."""
    if (execution := term_map.execution) is not None:
        if execution in scope.results:
            return (pl.col(scope.results[execution]),)
        whole = replace(scope, columns={})
        arguments = [
            compile_value(item.value, whole if takes_all(execution, item) else scope) for item in execution.inputs
        ]
        return (call(execution, arguments),)
    if encode is None or term_map.is_reference:
        encode = _unchanged
    pieces = [
        encode(scope.column(part.name)) if isinstance(part, Reference) else part for part in term_map.parts if part
    ]
    return tuple(pieces) or ("",)


def _unchanged(value: pl.Expr) -> pl.Expr:
    return value


def _opens_with_value(term_map: TermMap) -> bool:
    first = next((part for part in term_map.parts if part), "")
    return term_map.execution is not None or isinstance(first, Reference)


def _absolute(pieces: tuple[str | pl.Expr, ...], scope: Scope) -> tuple[str | pl.Expr, ...]:
    """The value, after the base where it has no scheme: appended, not resolved, as RML says."""
    first = pieces[0]
    if not scope.base or (isinstance(first, str) and re.match(SCHEME, first)):
        return pieces
    if isinstance(first, str) and (len(pieces) == 1 or re.search(r"[/?#]", first)):
        return (scope.base, *pieces)
    value = joined(pieces)
    return (pl.when(value.str.contains(SCHEME)).then(pl.lit("")).otherwise(pl.lit(scope.base)), *pieces)


def _compile_iri(term_map: TermMap, scope: Scope) -> Term:
    # A reference is an IRI as it stands; values in a template are encoded.
    ascii_only = term_map.term_type == "uri"
    pieces = _pieces(term_map, scope, encode_uri_part if ascii_only else encode_iri_part)
    if ascii_only and len(pieces) == 1 and not isinstance(pieces[0], str):
        pieces = (_ascii(pieces[0]),)
    pieces = _absolute(pieces, scope)
    value = joined(pieces)
    checks: list[Check] = []
    if not term_map.is_reference:
        for name in (part.name for part in term_map.parts if isinstance(part, Reference)):
            field_ = scope.column(name)
            checks.append(
                Check(field_ == "", field_, f"{name} is empty, so no IRI can be made of it", f"give {name} a value")
            )
    if _opens_with_value(term_map) or term_map.constant is not None:
        checks.append(
            Check(
                ~value.str.contains(IRI),
                value,
                "is no absolute IRI",
                "write it with its scheme, and encode spaces, quotes, brackets and %",
            )
        )
    elif isinstance(pieces[0], str):
        # What is encoded can make no IRI invalid, the text around it can.
        sample = "".join(piece if isinstance(piece, str) else "0" for piece in pieces)
        if re.fullmatch(IRI, sample) is None:
            fix = "encode brackets and % in the template"
            checks.append(Check(value.is_not_null(), value, "is no absolute IRI", fix))
    return Term(("<", *pieces, ">"), value, tuple(checks))


def _compile_unsafe(term_map: TermMap, scope: Scope) -> Term:
    """An IRI that nothing is encoded in and nothing is checked of; escapes keep the line readable as N-Triples."""
    value = joined(_absolute(_pieces(term_map, scope), scope))
    return Term(("<", _replace_all(value, IRIREF_ESCAPES), ">"), value, ())


def _compile_blank(term_map: TermMap, scope: Scope) -> Term:
    """A blank node whose label is made of the value and the graph, so that one value in one graph is one node."""
    ending = ("-", scope.graph.cast(pl.Binary).bin.encode("hex")) if scope.graph is not None else ()
    if not term_map.parts and term_map.execution is None:
        label = scope.fresh if scope.fresh is not None else pl.lit("n")
        return Term(("_:", label, *ending), label, ())
    value = compile_value(term_map, scope)
    plain = value.str.contains(r"^[0-9A-Za-z]+$")
    hexadecimal = pl.concat_str(pl.lit("x-"), value.cast(pl.Binary).bin.encode("hex"))
    label = pl.when(plain).then(pl.concat_str(pl.lit("b-"), value)).otherwise(hexadecimal)
    return Term(("_:", label, *ending), value, ())


def in_graph(blank: pl.Expr, graph: pl.Expr) -> pl.Expr:
    """What a blank node made outside of a graph has at the end of its label inside of it; nothing for an IRI."""
    ending = pl.concat_str(pl.lit("-"), graph.cast(pl.Binary).bin.encode("hex"))
    return pl.when(blank.str.starts_with("_:")).then(ending).otherwise(pl.lit(""))


def _compile_literal(term_map: TermMap, scope: Scope) -> Term:
    value = compile_value(term_map, scope)
    quoted = ('"', *map(_escaped, _pieces(term_map, scope)), '"')
    if term_map.language is not None:
        tag = compile_value(term_map.language, scope)
        check = Check(~tag.str.contains(LANGUAGE_TAG), tag, "is no language tag", "write one like fr or pt-BR")
        known = term_map.language.constant
        return Term((*quoted, "@", tag.str.to_lowercase() if known is None else known.lower()), value, (check,))
    if term_map.datatype is not None:
        return _compile_typed(term_map.datatype, quoted, value, scope)
    if term_map.is_reference and (natural := scope.datatypes.get(term_map.references[0])):
        kind = pl.col(natural)
        suffix = pl.when(kind.is_null()).then(pl.lit("")).otherwise(joined(("^^<", kind, ">")))
        return Term((*quoted, suffix), value, ())
    if term_map.execution is not None and (known := output_datatype(term_map.execution)):
        return Term((*quoted, f"^^<{known}>"), value, ())
    return Term(quoted, value, ())


def _compile_typed(datatype_map: TermMap, quoted: tuple[str | pl.Expr, ...], value: pl.Expr, scope: Scope) -> Term:
    datatype = compile_term(datatype_map, scope)
    known = datatype_map.constant
    if known == XSD + "string":
        return Term(quoted, value, datatype.checks)
    if known is None:
        plain = datatype.value == XSD + "string"
        suffix = pl.when(plain).then(pl.lit("")).otherwise(joined(("^^", *datatype.pieces)))
        return Term((*quoted, suffix), value, datatype.checks)
    checks = datatype.checks
    if known in PATTERNS:
        name = known.removeprefix(XSD)
        bad = ~value.str.contains(PATTERNS[known])
        checks = (*checks, Check(bad, value, f"is no xsd:{name}", "correct the value or the datatype"))
    return Term((*quoted, "^^", *datatype.pieces), value, checks)


_COMPILERS: dict[str, Callable[[TermMap, Scope], Term]] = {
    "iri": _compile_iri,
    "uri": _compile_iri,
    "unsafe-iri": _compile_unsafe,
    "unsafe-uri": _compile_unsafe,
    "blank": _compile_blank,
    "literal": _compile_literal,
}
