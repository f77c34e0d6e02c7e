"""A JSON-LD context and what it lets a writer shorten: https://www.w3.org/TR/json-ld11/#the-context.

Only what this project's context needs: prefixes, terms for IRIs, type and language coercion, containers of sets and
languages, a vocabulary, a base, aliases of keywords. Anything else in a context is refused, never skipped.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import Place, Problems, UsageError, nearest
from kg.graph.syntax import place_in

__all__ = ["Context", "Term", "read_context"]

# Key -> what its value may be.
_CONTEXT_KEYS: Mapping[str, tuple[type, ...]] = {
    "@base": (str, type(None)),
    "@language": (str, type(None)),
    "@protected": (bool,),
    "@version": (float,),
    "@vocab": (str, type(None)),
}
_TERM_KEYS: Mapping[str, tuple[type, ...]] = {
    "@container": (str, list),
    "@id": (str,),
    "@language": (str, type(None)),
    "@prefix": (bool,),
    "@protected": (bool,),
    "@type": (str,),
}
# https://www.w3.org/TR/json-ld11/#json-ld-1-1-processing-mode
_VERSION = 1.1
_CONTAINERS = {"", "@language", "@set"}
_ALIASED = {"@graph", "@id", "@language", "@set", "@type", "@value"}
_NO_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")
_LOCAL = re.compile(r"(?!//)[A-Za-z0-9_.-]+")
_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w](?:[\w.~\u00A1-\uD7FF-]|%[0-9A-F]{2}|/(?!/))*")


class _FaultError(UsageError):
    """What is wrong with one entry of a context, and its key."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


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
        for key in entries:
            if not key:
                raise _FaultError(key, "the JSON-LD context has a term without a name")
            if key.startswith("@"):
                _check(key, entries[key], _CONTEXT_KEYS, "the JSON-LD context", key)
        self.base = base if base.endswith("/") else ""
        self.language = str(entries.get("@language") or "").lower()
        self._raw = {key: value for key, value in entries.items() if not key.startswith("@")}
        self._vocabulary = str(entries.get("@vocab") or "")
        self.aliases = {value: key for key, value in self._raw.items() if isinstance(value, str) and value[:1] == "@"}
        for keyword, key in self.aliases.items():
            if keyword not in _ALIASED:
                raise _FaultError(key, f"the JSON-LD context calls {keyword} {key!r}, which is not supported")
        terms = [self._term(key, value) for key, value in self._raw.items() if key not in self.aliases.values()]
        self.terms: dict[str, list[Term]] = {}
        for term in terms:
            self.terms.setdefault(term.iri, []).append(term)
        self._prefixes = {term.iri: term.name for term in terms if self._is_prefix(term)}
        keys = dict.fromkeys([self.keyword("@id"), self.keyword("@type"), *self._raw])
        self._order = {key: number for number, key in enumerate(keys)}
        self.entries = {"@version": _VERSION, **({"@base": self.base} if self.base else {}), **entries}
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

    def _term(self, name: str, value: object, within: tuple[str, ...] = ()) -> Term:
        """One entry, read; within: the entries that are defined by it."""
        what = f"the term {name!r} of the JSON-LD context"
        if name in within:
            raise _FaultError(name, f"{what} is defined by itself")
        within = (*within, name)
        if isinstance(value, str):
            return Term(name, self._expand(name, value, within))
        if not isinstance(value, Mapping):
            raise _FaultError(name, f"{what} is neither an IRI nor an object")
        for key in value:
            _check(key, value[key], _TERM_KEYS, what, name)
        containers = value.get("@container", "")
        container = frozenset(map(str, [containers] if isinstance(containers, str) else containers)) - {""}
        if not container <= _CONTAINERS:
            raise _FaultError(name, f"{what} has a container that is not supported")
        coercion = str(value.get("@type", ""))
        if coercion[:1] == "@" and coercion not in {"@id", "@vocab"}:
            raise _FaultError(name, f"{what} is of type {coercion}, which is not supported")
        language = value.get("@language", "") or "" if "@language" in value else None
        return Term(
            name,
            self._expand(name, str(value.get("@id", name)), within),
            coercion if coercion[:1] in {"@", ""} else self._expand(name, coercion, within),
            container,
            language if language is None else str(language).lower(),
        )

    def _expand(self, name: str, value: str, within: tuple[str, ...]) -> str:
        """The IRI that a name in the context stands for: https://www.w3.org/TR/json-ld11-api/#iri-expansion."""
        prefix, colon, local = value.partition(":")
        iri = value
        if not colon:
            other = self._raw.get(value) if value != name else None
            if other is not None:
                return self._term(value, other, within).iri
            if not self._vocabulary:
                message = f"{value!r}, of the term {name!r} of the JSON-LD context, stands for no IRI"
                raise _FaultError(name, message)
            iri = self._vocabulary + value
        elif prefix in self._raw and not local.startswith("//") and prefix != name:
            iri = self._term(prefix, self._raw[prefix], within).iri + local
        if _NO_IRI.search(iri):
            raise _FaultError(name, f"{iri!r}, of the term {name!r} of the JSON-LD context, is no IRI")
        return iri

    def _is_prefix(self, term: Term) -> bool:
        """Whether the term may stand before a colon: https://www.w3.org/TR/json-ld11/#compact-iris."""
        value = self._raw[term.name]
        if ":" in term.name:
            return False
        if isinstance(value, str):
            return term.iri.endswith((":", "/", "?", "#", "[", "]", "@"))
        return bool(value.get("@prefix"))


def read_context(path: Path, root: Path, problems: Problems) -> dict[str, Any]:
    """The entries of the context in a file, which is an object with the key `@context`; none where it is wrong.

    Every entry that `Context` does not know, and what is no JSON, is noted in `problems` with its place.
    """
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_Once)
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        problems.add(f"no text: half of a character, {error.object[error.start]!r}", Place(file, 1, 1))
        return {}
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 at byte {error.start}", Place(file, content.count(b"\n", 0, error.start) + 1, 1))
        return {}
    except json.JSONDecodeError as error:
        problems.add(f"not JSON: {error.msg}", place_in(error.doc, error.pos, file))
        return {}
    except RecursionError:
        problems.add("nested too deeply", Place(file, 1, 1), "write entries one below the other")
        return {}
    entries = document.get("@context") if isinstance(document, _Once) else None
    if not (isinstance(document, _Once) and isinstance(entries, _Once)):
        problems.add("this must be an object whose @context is an object", place_in(text, 0, file))
        return {}
    found = Problems()
    for key in (*document.twice, *entries.twice):
        found.add(f"{key!r} is written twice", _place(text, key, file, last=True), "keep one of them")
    rest = dict(entries)
    while rest:
        try:
            Context(rest, "")
        except _FaultError as error:
            found.add(str(error), _place(text, error.key, file))
            del rest[error.key]
        else:
            break
    problems.extend(found)
    return {} if found else dict(entries)


class _Once(dict[str, Any]):
    """A JSON object that remembers the keys that are written more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


def _place(text: str, key: str, file: str, *, last: bool = False) -> Place:
    """Where a key of the context is written, the first or the last time; the top where it is not found."""
    written = re.escape(json.dumps(key, ensure_ascii=False))
    found = [match.start() for match in re.finditer(written + r"\s*:", text)]
    return place_in(text, (found or [0])[-1 if last else 0], file)


def _check(key: str, value: object, known: Mapping[str, tuple[type, ...]], what: str, entry: str) -> None:
    """Raise for a key that is not supported, and for a value that it cannot have."""
    if key not in known:
        raise _FaultError(entry, f"{what} uses {key}, which is not supported ({nearest(key, known)})")
    if not isinstance(value, known[key]) or (key == "@version" and value != _VERSION):
        raise _FaultError(entry, f"{what} has a value of {key} that is not supported: {json.dumps(value)}")
