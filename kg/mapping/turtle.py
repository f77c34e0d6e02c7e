"""Turtle, read with the place of every term: https://www.w3.org/TR/turtle/.

RDF libraries give triples without their places; a fault of a mapping is told where it is written.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NoReturn
from urllib.parse import urljoin

from kg.errors import Place, Problems
from kg.mapping.lexical import XSD

__all__ = ["RDF", "Node", "Statement", "read_turtle"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_ESCAPE = r"\\(?:[tbnrf\"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
_LOCAL_ESCAPE = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:[\w:]|{_LOCAL_ESCAPE})(?:(?:[\w:.·-]|{_LOCAL_ESCAPE})*(?:[\w:·-]|{_LOCAL_ESCAPE}))?"
_PREFIX = r"(?:[^\W\d_](?:[\w.·-]*[\w·-])?)?"

# Terminals of the grammar, the longest first: https://www.w3.org/TR/turtle/#sec-grammar-grammar.
_TOKEN = re.compile(
    rf"""(?P<space>[ \t\r\n]+|\#[^\r\n]*)
    |(?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*>)
    |(?P<string>\"\"\"(?:(?:\"|\"\")?(?:[^\"\\]|{_ESCAPE}))*\"\"\"|'''(?:(?:'|'')?(?:[^'\\]|{_ESCAPE}))*'''
        |\"(?:[^\"\\\n\r]|{_ESCAPE})*\"|'(?:[^'\\\n\r]|{_ESCAPE})*')
    |(?P<directive>@prefix\b|@base\b|(?i:PREFIX\b|BASE\b)(?=[ \t\r\n]))
    |(?P<language>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)
    |(?P<blank>_:[\w](?:[\w.·-]*[\w·-])?)
    |(?P<number>[+-]?(?:(?:\d+\.\d*|\.?\d+)[eE][+-]?\d+|\d*\.\d+|\d+))
    |(?P<name>{_PREFIX}:(?:{_LOCAL})?)
    |(?P<word>a|true|false)(?![\w:-])
    |(?P<mark>\^\^|[\[\]();,.])""",
    re.VERBOSE,
)
_CHARACTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Node:
    """An RDF term. kind: what it is. value: the IRI, the label or the lexical form.

    datatype: IRI, empty for xsd:string and for what is no literal. language: tag, or empty.
    """

    kind: Literal["iri", "blank", "literal"]
    value: str
    datatype: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One triple and where its three terms are written."""

    subject: Node
    predicate: Node
    object: Node
    subject_place: Place
    predicate_place: Place
    object_place: Place


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


class _FaultError(Exception):
    """Reading cannot go on; the problem is noted."""


def read_turtle(text: str, file: str, problems: Problems) -> tuple[dict[str, str], str, list[Statement]]:
    """The prefixes, the base or the empty string, and the triples of a Turtle document, in its order.

    file: name used in places. Relative IRIs stay relative where the document has no base. After a fault of syntax,
    which is noted, the triples before it are returned.
    """
    reader = _Reader(text, file, problems)
    with suppress(_FaultError):
        reader.document()
    return reader.prefixes, reader.base, reader.statements


class _Reader:
    def __init__(self, text: str, file: str, problems: Problems) -> None:
        self.text = text
        self.file = file
        self.problems = problems
        self.prefixes: dict[str, str] = {}
        self.statements: list[Statement] = []
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.base = ""
        self._fresh = 0
        self._depth = 0
        self._tokens = self._scan()
        self._token = _Token("end", "", 0)

    def document(self) -> None:
        self._next()
        while self._token.kind != "end":
            if self._token.kind == "directive":
                self._directive()
                continue
            place = self._place(self._token.start)
            bracketed = self._token.text == "["
            subject = self._subject()
            if not (bracketed and self._token.text == "."):
                self._predicates(subject, place)
            self._take(".", "a triple ends with a full stop")

    def _scan(self) -> Iterator[_Token]:
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                self._unreadable(position)
            position = match.end()
            if match.lastgroup != "space":
                yield _Token(match.lastgroup or "", match[0], match.start())
        yield _Token("end", "", position)

    def _unreadable(self, position: int) -> NoReturn:
        text = self.text[position : position + 400]
        if text[0] in "\"'":
            quote = text[:3] if text[:3] in ('"""', "'''") else text[0]
            if bad := re.match(rf"{quote}(?:[^{quote[0]}\\]|{_ESCAPE})*(\\.?)", text, re.DOTALL):
                self._fault(f"{bad[1]!s} is no escape of Turtle", position + bad.start(1), r"write a backslash as \\")
            self._fault("a string is not closed", position, f"close it with {quote}")
        if text[0] == "<":
            bad = re.match(r"<[^\x00-\x20<>\"{}|^`\\]*(.?)", text, re.DOTALL)
            assert bad is not None
            self._fault(f"an IRI cannot hold {bad[1]!r}", position + bad.start(1), "encode or remove that character")
        word = re.match(r"[\w-]+|.", text, re.DOTALL)
        assert word is not None
        self._fault(f"{word[0]!r} cannot stand here", position, "write an IRI as <…> or prefix:name, a text in quotes")

    def _fault(self, message: str, position: int, fix: str) -> NoReturn:
        self.problems.add(f"not Turtle: {message}", self._place(position), fix)
        raise _FaultError

    def _place(self, position: int) -> Place:
        line = bisect_right(self._lines, position)
        start = self._lines[line - 1]
        return Place(self.file, line, position - start + 1, self.text[start:].partition("\n")[0].rstrip("\r"))

    def _next(self) -> _Token:
        token, self._token = self._token, next(self._tokens)
        return token

    def _take(self, mark: str, why: str) -> None:
        if self._token.text != mark or self._token.kind != "mark":
            found = repr(self._token.text[:40]) if self._token.kind != "end" else "the end of the file"
            self._fault(f"{found} where {mark!r} is expected", self._token.start, why)
        self._next()

    def _directive(self) -> None:
        directive = self._next()
        word = directive.text.lower().lstrip("@")
        prefix = ""
        if word == "prefix":
            name = self._next()
            if name.kind != "name" or not name.text.endswith(":"):
                self._fault(f"{name.text!r} is no prefix", name.start, "write @prefix name: <IRI> .")
            prefix = name.text[:-1]
        iri = self._next()
        if iri.kind != "iri":
            self._fault(f"{iri.text!r} where an IRI is expected", iri.start, "write it as <…>")
        if word == "prefix":
            self.prefixes[prefix] = self._resolve(iri.text)
        else:
            self.base = self._resolve(iri.text)
        if directive.text.startswith("@"):
            self._take(".", f"@{word} ends with a full stop")

    def _subject(self) -> Node:
        if self._token.kind in ("iri", "name", "blank") or self._token.text in ("[", "("):
            return self._term()
        return self._fault(
            f"{self._token.text!r} cannot be a subject", self._token.start, "begin with an IRI or a blank node"
        )

    def _predicates(self, subject: Node, place: Place) -> None:
        while True:
            at = self._place(self._token.start)
            if self._token.text == "a" and self._token.kind == "word":
                self._next()
                predicate = Node("iri", f"{RDF}type")
            elif self._token.kind in ("iri", "name"):
                predicate = self._term()
            else:
                found = repr(self._token.text) if self._token.text else "the end of the file"
                self._fault(f"{found} cannot be a predicate", self._token.start, "write an IRI or a")
            while True:
                here = self._place(self._token.start)
                value = self._term()
                self.statements.append(Statement(subject, predicate, value, place, at, here))
                if self._token.text != ",":
                    break
                self._next()
            if self._token.text != ";":
                return
            while self._token.text == ";":
                self._next()
            if self._token.text in (".", "]") or self._token.kind == "end":
                return

    def _term(self) -> Node:
        token = self._token
        if token.text in ("[", "(") and token.kind == "mark":
            self._depth += 1
            if self._depth > _DEEPEST:
                self._fault(f"more than {_DEEPEST} levels", token.start, "give the inner nodes names")
            node = self._brackets() if token.text == "[" else self._list()
            self._depth -= 1
            return node
        make = _MAKE.get("boolean" if token.text in ("true", "false") else token.kind)
        if make is None:
            found = repr(token.text) if token.text else "the end of the file"
            self._fault(f"{found} where a value is expected", token.start, "write an IRI, a text or [ … ]")
        self._next()
        return make(self, token)

    def _number(self, token: _Token) -> Node:
        kind = "double" if "e" in token.text.lower() else "decimal" if "." in token.text else "integer"
        return Node("literal", token.text, XSD + kind)

    def _brackets(self) -> Node:
        place = self._place(self._token.start)
        self._next()
        node = self._blank()
        if self._token.text != "]":
            self._predicates(node, place)
        self._take("]", "close the bracket")
        return node

    def _list(self) -> Node:
        place = self._place(self._next().start)
        items: list[tuple[Node, Place]] = []
        while self._token.text != ")":
            at = self._place(self._token.start)
            items.append((self._term(), at))
        self._next()
        rest = Node("iri", f"{RDF}nil")
        for item, at in reversed(items):
            cell = self._blank()
            self.statements.append(Statement(cell, Node("iri", f"{RDF}first"), item, place, at, at))
            self.statements.append(Statement(cell, Node("iri", f"{RDF}rest"), rest, place, at, at))
            rest = cell
        return rest

    def _blank(self) -> Node:
        self._fresh += 1
        return Node("blank", f"[{self._fresh}]")

    def _named(self, token: _Token) -> Node:
        prefix, _, local = token.text.partition(":")
        if prefix not in self.prefixes:
            self._fault(f"prefix {prefix!r} is not defined", token.start, f"add @prefix {prefix}: <…> .")
        return Node("iri", self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))

    def _literal(self, token: _Token) -> Node:
        long = token.text[:3] in ('"""', "'''")
        value = _unescape(token.text[3:-3] if long else token.text[1:-1])
        if self._token.kind == "language":
            return Node("literal", value, language=self._next().text[1:])
        if self._token.text == "^^":
            self._next()
            datatype = self._next()
            if datatype.kind not in ("iri", "name"):
                self._fault(f"{datatype.text!r} is no datatype", datatype.start, "write an IRI after ^^")
            iri = self._resolve(datatype.text) if datatype.kind == "iri" else self._named(datatype).value
            return Node("literal", value, "" if iri == f"{XSD}string" else iri)
        return Node("literal", value)

    def _resolve(self, text: str) -> str:
        iri = _unescape(text[1:-1])
        if not self.base or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", iri):
            return iri
        return urljoin(self.base, iri) if iri else self.base.partition("#")[0]


_MAKE: dict[str, Callable[[_Reader, _Token], Node]] = {
    "iri": lambda reader, token: Node("iri", reader._resolve(token.text)),  # noqa: SLF001 - of this module
    "name": _Reader._named,  # noqa: SLF001 - see above
    "blank": lambda _, token: Node("blank", token.text[2:]),
    "string": _Reader._literal,  # noqa: SLF001 - see above
    "number": _Reader._number,  # noqa: SLF001 - see above
    "boolean": lambda _, token: Node("literal", token.text, f"{XSD}boolean"),
}


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _CHARACTERS.get(code, code)

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", character, text)
