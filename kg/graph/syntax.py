"""The tokens of a SPARQL query or update, and what can be done with them without evaluating it.

A parameter is bound by inline data, the means that SPARQL itself has for giving terms to variables
(https://www.w3.org/TR/sparql11-query/#inline-data): every group that uses the variable begins with
`VALUES ?variable { term }`. pyoxigraph's `substitutions` answer wrongly and in silence where the variable stands
in BIND, BOUND or the FILTER of a CONSTRUCT, and fail where it is not in the SELECT clause.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from kg.errors import ContentError, Place, Problem, nearest

__all__ = ["Token", "bind_values", "explain", "place_in", "tokens", "using", "variables"]

# https://www.w3.org/TR/sparql11-query/#sparqlGrammar, terminals; order matters: the first that matches wins.
_TERMINALS = {
    "space": r"[ \t\r\n]+",
    "comment": r"#[^\r\n]*",
    "iri": r"<(?:[^<>\"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>",
    "string": r"\"\"\"(?:\"{0,2}(?:[^\"\\]|\\.))*\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''"
    r"|\"(?:[^\"\\\r\n]|\\[^\r\n])*\"|'(?:[^'\\\r\n]|\\[^\r\n])*'",
    "variable": r"[?$][\w·‿⁀][\w·‿⁀\u0300-\u036f]*",
    "language": r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[a-z]+)?",
    # The bound keeps a long run of letters and dots from being read again from each of its letters.
    "name": r"(?:[^\W\d_][\w.·-]{0,99}(?<!\.))?:(?:[\w:·-]|%[0-9A-Fa-f]{2}|\\[^\s\w]|\.(?=[\w.:·%\\-]))*",
    "word": r"[^\W\d_]\w*",
    "number": r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?",
    "mark": r"\{\||\|\}|<<\(|\)>>|<<|>>|\^\^|&&|\|\||!=|<=|>=|.",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _TERMINALS.items()), re.DOTALL)
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH")
_PROLOGUE = frozenset({"PREFIX", "BASE", "VERSION"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CLOSING = {"{": "}", "(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Token:
    """A terminal of the query that is neither white space nor comment.

    kind: iri, string, variable, language, name (prefixed), word (keyword or function), number, mark.
    start: offset in the text, in code points.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset just past the token."""
        return self.start + len(self.text)

    @property
    def keyword(self) -> str:
        """The word in capitals, the empty string for anything but a word."""
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True, slots=True)
class _Group:
    """A pair of braces: offsets just inside them, whether a subquery fills them, and the braces around them."""

    start: int
    end: int
    kind: Literal["pattern", "subquery", "data"]
    around: "_Group | None"


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text` in order; every character belongs to a token, white space or a comment."""
    for match in _TOKEN.finditer(text):
        if match.lastgroup not in {"space", "comment"}:
            yield Token(str(match.lastgroup), match.group(), match.start())


def variables(text: str) -> set[str]:
    """Names of the variables that the query uses, without `?` or `$`."""
    return {token.text[1:] for token in tokens(text) if token.kind == "variable"}


def bind_values(text: str, values: Mapping[str, str]) -> str:
    """The query with each variable of `values` bound to one term, by VALUES in every group that uses it.

    values: name of the variable -> the term as N-Triples writes it, made by a library and never by hand.
    The outermost group is always given the data, so that a projected parameter has its value in every row.
    Line breaks stay where they are. Raises ValueError for a name that SPARQL could not read as one variable.

    >>> bind_values("SELECT ?o { ?s ?p ?o }", {"s": "<http://e/a>"})
    'SELECT ?o { VALUES ?s { <http://e/a> } ?s ?p ?o }'
    """
    wrong = [name for name in values if not _NAME.fullmatch(name)]
    if wrong:
        raise ValueError(f"not a variable name: {wrong[0]!r}")
    stream = list(tokens(text))
    inserts: dict[int, str] = {}
    for group in _groups(stream, len(text)):
        if group.kind != "pattern":
            continue
        # What a subquery says outside its own braces (SELECT, GROUP BY, ORDER BY) uses the variable as well.
        scope = group
        while scope.around and scope.around.kind == "subquery":
            scope = scope.around
        within = (token for token in stream if scope.start <= token.start < scope.end)
        used = {token.text[1:] for token in within if token.kind == "variable"}
        inserts[group.start] = "".join(
            f" VALUES ?{name} {{ {term} }}" for name, term in values.items() if scope.around is None or name in used
        )
    parts, done = [], 0
    for start in sorted(inserts):
        parts += [text[done:start], inserts[start]]
        done = start
    return "".join([*parts, text[done:]])


def using(text: str, graphs: tuple[Collection[str], Collection[str]], file: str) -> str:
    """The update with the dataset that its request gives it: https://www.w3.org/TR/sparql11-protocol/#update-dataset.

    graphs: IRIs of the default graph and of the named graphs, each between `<` and `>`.
    Every operation that has a pattern is given USING clauses. Raises ContentError where one has its own, or WITH.

    >>> using("DELETE WHERE { ?s ?p ?o }", (["<http://e/g>"], []), "update")
    'DELETE { ?s ?p ?o } USING <http://e/g> WHERE { ?s ?p ?o }'
    """
    default, named = graphs
    clause = " ".join([*(f"USING {iri}" for iri in default), *(f"USING NAMED {iri}" for iri in named)])
    stream = list(tokens(text))
    parts, done, depth, before = [], 0, 0, ""
    for index, token in enumerate(stream):
        depth += (token.text == "{") - (token.text == "}")
        if depth:
            continue
        if token.keyword in {"USING", "WITH"}:
            message = f"{token.keyword} in the update, and graphs in the request"
            raise ContentError([Problem(message, place_in(text, token.start, file), "write one of them")])
        if token.keyword == "WHERE":
            # DELETE WHERE has no place for a dataset; its pattern is its template.
            template = text[token.end : _end(stream, index + 1)].strip() + " " if before == "DELETE" else ""
            parts += [text[done : token.start], template, clause, " "]
            done = token.start
        before = token.keyword
    return "".join([*parts, text[done:]])


def _end(stream: list[Token], index: int) -> int:
    """Offset just past the braces that open at `index`; of the last token where they are not closed."""
    depth = 0
    for token in stream[index:]:
        depth += (token.text == "{") - (token.text == "}")
        if not depth:
            return token.end
    return stream[-1].end


def explain(text: str, told: str, file: str, prefixes: Collection[str], *, update: bool = False) -> Problem:
    """What is wrong with a query or an update that the parser refused, at the place where a person has to look.

    told: the parser's message, `error at <line>:<column>: …`, whose position is where it gave up: at or after the
        fault. The common faults are looked for first: an undefined prefix, an update, brackets that do not match.
    prefixes: prefixes that are known without being declared.
    """
    stream = list(tokens(text))
    declared = {stream[i + 1].text[:-1] for i, t in enumerate(stream[:-1]) if t.keyword == "PREFIX"}
    for index, token in enumerate(stream):
        prefix = token.text.partition(":")[0]
        blank = index > 0 and stream[index - 1].text == "_" and stream[index - 1].end == token.start
        if token.kind == "name" and not blank and prefix not in declared and prefix not in prefixes:
            fix = nearest(prefix, {*declared, *prefixes}) if prefix else ""
            return Problem(f"the prefix {prefix + ':'!r} is not declared", place_in(text, token.start, file), fix)
    form = next((t for t in stream if t.keyword and t.keyword not in _PROLOGUE), None)
    forms = _UPDATES if update else _FORMS
    if form is None or form.keyword not in forms:
        place = place_in(text, form.start if form else 0, file)
        if update and form and form.keyword in _FORMS:
            return Problem("a query, where an update is asked for", place, "send it as query=…")
        if form and form.keyword in _UPDATES:
            return Problem("an update, where only queries are answered", place, "the graph changes by its sources")
        known = nearest(form.keyword if form else "", forms)
        what = "update" if update else "query"
        return Problem(f"no {what}: it begins with none of {', '.join(forms)}", place, known)
    return _unbalanced(text, stream, file) or _told(text, told, file)


def place_in(text: str, offset: int, file: str, line: int = 1) -> Place:
    """The place of a code point offset in `text`, whose first line is line `line` of the file."""
    before = text[:offset]
    start = before.rfind("\n") + 1
    return Place(file, line + before.count("\n"), offset - start + 1, text[start:].split("\n", 1)[0].rstrip("\r"))


def _unbalanced(text: str, stream: list[Token], file: str) -> Problem | None:
    opened: list[Token] = []
    for token in stream:
        if token.text in _CLOSING:
            opened.append(token)
        elif token.text in _CLOSING.values():
            if not opened or _CLOSING[opened.pop().text] != token.text:
                return Problem(f"{token.text!r} closes nothing that is open", place_in(text, token.start, file))
        elif token.text in {'"', "'"}:
            return Problem("a string that does not end", place_in(text, token.start, file), "close it on its line")
    if opened:
        last = opened[-1]
        return Problem(f"{last.text!r} is not closed", place_in(text, last.start, file), f"add {_CLOSING[last.text]!r}")
    return None


_MEANINGS = {
    "The SELECT contains a variable that is unbound": (
        "a variable of the SELECT is neither grouped nor aggregated",
        "add it to GROUP BY, or aggregate it",
    ),
    "The SELECT overrides an existing variable using an expression": (
        "an expression of the SELECT is named like a variable of the pattern",
        "give it another name after AS",
    ),
    "Duplicated variable name in SELECT": ("a variable is twice in the SELECT", "name it once"),
    "IRI parsing failed": ("an IRI that is not valid", ""),
}


def _told(text: str, told: str, file: str) -> Problem:
    match = re.match(r"error at (\d+):(\d+): (?:expected )?(?:one of )?(.*)", told, re.DOTALL)
    if not match:
        return Problem(f"not SPARQL: {told}", Place(file, 1, 1, text.split("\n", 1)[0]))
    line, column = int(match[1]), int(match[2])
    expected = re.split(r",\s*", match[3])
    if all(re.fullmatch(r"[A-Z_]+", keyword) for keyword in expected):
        # The parser takes as many characters as a keyword has before it compares them.
        column = max(1, column - min(len(keyword) for keyword in expected))
    place = Place(file, line, column, text.split("\n")[line - 1].rstrip("\r"))
    for phrase, (message, fix) in _MEANINGS.items():
        if phrase in match[3]:
            return Problem(message, place, fix)
    return Problem("not SPARQL: it cannot be read further than this", place, "look here and just before")


def _groups(stream: list[Token], length: int) -> list[_Group]:
    """The braces of a query, from the inside out; those that are never closed end with the text."""
    groups: list[_Group] = []
    opened: list[int] = []
    ends: dict[int, int] = {}
    for index, token in enumerate(stream):
        if token.text == "{":
            opened.append(index)
        elif token.text == "}" and opened:
            ends[opened.pop()] = token.start
    inside: list[_Group] = []
    for index, token in enumerate(stream):
        if token.text == "{":
            around = inside[-1] if inside else None
            group = _Group(token.end, ends.get(index, length), _kind(stream, index), around)
            groups.append(group)
            inside.append(group)
        elif token.text == "}" and inside:
            inside.pop()
    return groups


def _kind(stream: list[Token], index: int) -> Literal["pattern", "subquery", "data"]:
    """What the `{` at `index` opens; data is inline data or a CONSTRUCT template, where no pattern may stand."""
    if index + 1 < len(stream) and stream[index + 1].keyword == "SELECT":
        return "subquery"
    start = index - 1
    if stream[start].text == ")":
        while start > 0 and stream[start].text != "(":
            start -= 1
    before = stream[start - 1].keyword if start > 0 else ""
    if before == "VALUES" or (index > 0 and stream[index - 1].keyword == "CONSTRUCT"):
        return "data"
    return "pattern"
