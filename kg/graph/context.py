"""A JSON-LD context and what it lets a writer shorten: https://www.w3.org/TR/json-ld11/#the-context.

Only what this project's context needs: prefixes, terms for IRIs, type and language coercion, containers of sets and
languages, a vocabulary, a base, aliases of keywords. Anything else in a context is refused, never skipped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kg.errors import UsageError, nearest

__all__ = ["Context", "Term"]

_CONTEXT_KEYS = {"@base", "@language", "@protected", "@version", "@vocab"}
_TERM_KEYS = {"@container", "@id", "@language", "@prefix", "@protected", "@type"}
_CONTAINERS = {"", "@language", "@set"}
_LOCAL = re.compile(r"(?!//)[A-Za-z0-9_.-]+")
_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w](?:[\w.~\u00A1-\uD7FF-]|%[0-9A-F]{2}|/(?!/))*")


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a context.

    name: the key. iri: what it stands for. coercion: `@id`, `@vocab`, a datatype's IRI, or empty.
    container: languages or sets for a value; more than one may be given. language: the tag that plain strings have,
    None where the context's own default holds.
    """

    name: str
    iri: str
    coercion: str = ""
    container: frozenset[str] = frozenset()
    language: str | None = None


class Context:
    """A context, read once, with its terms by IRI."""

    def __init__(self, entries: Mapping[str, Any], base: str) -> None:
        """Read the entries of a context object (the value of `@context`), which is embedded and fetches nothing.

        base: IRI that relative IRIs are resolved against, used when it ends in a slash; becomes `@base`.
        Raises UsageError for what this reader does not know.
        """
        unknown = [key for key in entries if key.startswith("@") and key not in _CONTEXT_KEYS]
        if unknown:
            raise UsageError(f"the JSON-LD context uses {unknown[0]}, which is not supported")
        self.base = base if base.endswith("/") else ""
        self.language = str(entries.get("@language") or "").lower()
        self._raw = {key: value for key, value in entries.items() if not key.startswith("@")}
        self._vocabulary = str(entries.get("@vocab") or "")
        self.aliases = {value: key for key, value in self._raw.items() if isinstance(value, str) and value[:1] == "@"}
        terms = [self._term(key, value) for key, value in self._raw.items() if key not in self.aliases.values()]
        self.terms: dict[str, list[Term]] = {}
        for term in terms:
            self.terms.setdefault(term.iri, []).append(term)
        self._prefixes = {term.iri: term.name for term in terms if self._is_prefix(term)}
        keys = dict.fromkeys([self.keyword("@id"), self.keyword("@type"), *self._raw])
        self._order = {key: number for number, key in enumerate(keys)}
        self.entries = {"@version": 1.1, **({"@base": self.base} if self.base else {}), **entries}
        if self.base:
            self.entries["@base"] = self.base

    def keyword(self, name: str) -> str:
        """The alias of a keyword, or itself."""
        return self.aliases.get(name, name)

    def position(self, key: str) -> tuple[int, str]:
        """Where a key of a node object is written: `@id`, `@type`, in the order of the context, others by name."""
        return (self._order.get(key, len(self._order)), key)

    def candidates(self, predicate: str) -> list[Term]:
        """The terms of a predicate, in the order of the context, at least one of which takes a value in full."""
        terms = self.terms.get(predicate, [])
        if all("@language" in term.container for term in terms):
            return [*terms, Term(self.word(predicate), predicate)]
        return terms

    def reference(self, iri: str) -> str:
        """An IRI as the value of `@id`: under the base, by a prefix, or whole."""
        if self.base and iri.startswith(self.base) and _PATH.fullmatch(iri, len(self.base)):
            return iri.removeprefix(self.base)
        return self._compact(iri)

    def word(self, iri: str) -> str:
        """An IRI as a key or as the value of `@type`: by a plain term, the vocabulary, a prefix, or whole."""
        for term in self.terms.get(iri, ()):
            if not (term.coercion or term.container or term.language is not None):
                return term.name
        local = iri.removeprefix(self._vocabulary)
        if self._vocabulary and local != iri and local not in self._raw and re.fullmatch(r"[A-Za-z][\w-]*", local):
            return local
        return self._compact(iri)

    def _compact(self, iri: str) -> str:
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._prefixes.get(iri[:cut])
        if prefix and _LOCAL.fullmatch(iri, cut) and f"{prefix}:{iri[cut:]}" not in self._raw:
            return f"{prefix}:{iri[cut:]}"
        scheme, _, rest = iri.partition(":")
        if scheme in self._raw and not rest.startswith("//"):
            raise UsageError(f"JSON-LD would read <{iri}> by the prefix {scheme!r} of the context: rename the prefix")
        return iri

    def _term(self, name: str, value: object) -> Term:
        if isinstance(value, str):
            return Term(name, self._expand(name, value))
        if not isinstance(value, Mapping):
            raise UsageError(f"the term {name!r} of the JSON-LD context is neither an IRI nor an object")
        unknown = sorted(set(value) - _TERM_KEYS)
        if unknown:
            raise UsageError(
                f"the term {name!r} of the JSON-LD context uses {unknown[0]}, which is not supported "
                f"({nearest(unknown[0], _TERM_KEYS)})"
            )
        containers = value.get("@container", "")
        container = frozenset([containers] if isinstance(containers, str) else containers) - {""}
        if not container <= _CONTAINERS:
            raise UsageError(f"the term {name!r} of the JSON-LD context has a container that is not supported")
        coercion = str(value.get("@type", ""))
        if coercion[:1] == "@" and coercion not in {"@id", "@vocab"}:
            raise UsageError(f"the term {name!r} of the JSON-LD context is of type {coercion}, which is not supported")
        language = value.get("@language", "") or "" if "@language" in value else None
        return Term(
            name,
            self._expand(name, str(value.get("@id", name))),
            coercion if coercion[:1] in {"@", ""} else self._expand(name, coercion),
            container,
            language if language is None else str(language).lower(),
        )

    def _expand(self, name: str, value: str) -> str:
        """The IRI that a name in the context stands for: https://www.w3.org/TR/json-ld11-api/#iri-expansion."""
        prefix, colon, local = value.partition(":")
        if not colon:
            other = self._raw.get(value) if value != name else None
            if other is not None:
                return self._term(value, other).iri
            if self._vocabulary:
                return self._vocabulary + value
            raise UsageError(f"{value!r}, of the term {name!r} of the JSON-LD context, stands for no IRI")
        if prefix in self._raw and not local.startswith("//") and prefix != name:
            return self._term(prefix, self._raw[prefix]).iri + local
        return value

    def _is_prefix(self, term: Term) -> bool:
        """Whether the term may stand before a colon: https://www.w3.org/TR/json-ld11/#compact-iris."""
        value = self._raw[term.name]
        if ":" in term.name:
            return False
        if isinstance(value, str):
            return term.iri.endswith((":", "/", "?", "#", "[", "]", "@"))
        return bool(value.get("@prefix"))
