"""The shortcuts of YARRRML, each turned into its one long form: https://rml.io/yarrrml/spec/.

What leaves here has long keys only, lists where there may be several, and the places of what was written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kg.errors import Place, Problems, nearest
from kg.mapping.yarrrml.keys import KEYS, LATER
from kg.yaml import List, Map, Text, Value

__all__ = ["Expander"]

_AUTHOR = re.compile(r"(?P<name>[^<(]*?)\s*(?:<(?P<email>[^>]*)>)?\s*(?:\((?P<website>[^)]*)\))?\s*")
_CALL = re.compile(r"(?P<function>[^\s()]+)\s*\((?P<arguments>.*)\)\s*", re.DOTALL)


def _map(place: Place, entries: Mapping[str, Value]) -> Map:
    made = Map({Text(key, place): value for key, value in entries.items()})
    made.place = place
    return made


def _list(place: Place, items: list[Value]) -> List:
    made = List(items)
    made.place = place
    return made


@dataclass(slots=True)
class Expander:
    """Written values -> long forms. Unknown keys and shapes that mean nothing are noted.

    unsound: names of the triples maps that had any.
    """

    problems: Problems
    unsound: set[str] = field(default_factory=set)

    def document(self, document: Map) -> Map:
        """The whole file."""
        top = self.keys("document", document)
        named = {
            name: {str(key): value for key, value in self.entries(top.get(name))} for name in ("sources", "targets")
        }
        entries: dict[str, Value] = {key: top[key] for key in ("prefixes", "base", "external") if key in top}
        sources = [(key, self.source(value)) for key, value in self.entries(top.get("sources"))]
        entries["sources"] = self._named(document.place, sources)
        targets = [(key, self.target(value)) for key, value in self.entries(top.get("targets"))]
        entries["targets"] = self._named(document.place, targets)
        entries["authors"] = _list(document.place, [self.author(item) for item in each(top.get("authors"))])
        if "mappings" in top:
            maps = [(key, self.triples_map(key, item, named)) for key, item in self.entries(top["mappings"])]
            entries["mappings"] = self._named(top["mappings"].place, maps)
        return _map(document.place, entries)

    def author(self, value: Value) -> Map:
        """`Name <email> (website)`, an IRI, or the three by their keys."""
        if isinstance(value, Map):
            return _map(value.place, self.keys("author", value))
        text = self.text(value)
        if re.match(r"https?://\S+$", text):
            return _map(value.place, {"iri": text})
        match = _AUTHOR.fullmatch(text)
        if match is None:
            self.problems.add(f"{text!r} names no author", value.place, "write Name <email> (website)")
            return _map(value.place, {})
        return _map(value.place, {key: Text(part, value.place) for key, part in match.groupdict().items() if part})

    def triples_map(self, name: Text, value: Value, named: dict[str, dict[str, Value]]) -> Map | None:
        """One triples map."""
        if not isinstance(value, Map):
            self.problems.add(f"triples map {str(name)!r} must be a mapping with sources, s and po", name.place)
            return None
        before = len(self.problems)
        keys = self.keys("triples map", value)
        entries: dict[str, Value] = {}
        if "sources" in keys:
            written = keys["sources"]
            one = isinstance(written, List) and all(isinstance(item, Text) for item in written)
            if one and any("~" in item and item not in named["sources"] for item in written if isinstance(item, Text)):
                written = _list(written.place, [written])
            items = [item if isinstance(item, Text) else self.source(item) for item in each(written)]
            entries["sources"] = _list(written.place, [item for item in items if item is not None])
        if "subjects" in keys and keys["subjects"] not in ("", "~", "null"):
            entries["subjects"] = self._each("subject", keys["subjects"])
        entries["graphs"] = self._each("graph", keys.get("graphs"), value.place)
        entries["condition"] = self.conditions(keys.get("condition"), value.place)
        pairs = keys.get("predicateobjects")
        entries["predicateobjects"] = _list(value.place, [self.predicate_object(item) for item in each_pair(pairs)])
        if len(self.problems) > before:
            self.unsound.add(str(name))
        return _map(value.place, entries)

    def source(self, value: Value) -> Map | None:
        """`[access~formulation, iterator]`, or a source by its keys."""
        if isinstance(value, List):
            if not 1 <= len(value) <= 2 or not all(isinstance(item, Text) for item in value):
                self.problems.add("a source is written [access~formulation, iterator]", value.place, _SOURCE_FIX)
                return None
            first = value[0]
            access, _, formulation = str(first).rpartition("~") if "~" in first else (str(first), "", "csv")
            entries: dict[str, Value] = {
                "access": Text(access, first.place),
                "referenceFormulation": Text(formulation, first.place),
            }
            if len(value) == 2:
                entries["iterator"] = value[1]
            return _map(value.place, entries)
        if not isinstance(value, Map):
            self.problems.add("a source is written [access~formulation, iterator]", value.place, _SOURCE_FIX)
            return None
        keys = self.keys("source", value)
        if "credentials" in keys and isinstance(keys["credentials"], Map):
            keys["credentials"] = _map(value.place, self.keys("credentials", keys["credentials"]))
        if "security" in keys:
            schemes = [
                _map(item.place, self.keys("security", item) if isinstance(item, Map) else {"type": item})
                for item in each(keys["security"])
            ]
            keys["security"] = _list(value.place, list(schemes))
        return _map(value.place, keys)

    def target(self, value: Value) -> Map | None:
        """`[access~type, serialization, compression]`, or a target by its keys."""
        if isinstance(value, Map):
            return _map(value.place, self.keys("target", value))
        items = each(value)
        if not 1 <= len(items) <= 3 or not all(isinstance(item, Text) for item in items):
            self.problems.add(
                "a target is written [access~type, serialization, compression]", value.place, "write it so"
            )
            return None
        access, _, kind = str(items[0]).rpartition("~") if "~" in str(items[0]) else (str(items[0]), "", "")
        entries: dict[str, Value] = {"access": Text(access, items[0].place)}
        entries |= {"type": Text(kind, items[0].place)} if kind else {}
        entries |= dict(zip(("serialization", "compression"), items[1:], strict=False))
        return _map(value.place, entries)

    def targets(self, value: Value | None, place: Place) -> List:
        """Names of targets, and targets written where they are used."""
        if isinstance(value, List) and value and all(isinstance(item, Text) for item in value):
            inline = any("~" in str(item) for item in value)
            value = _list(value.place, [value]) if inline else value
        items = [item if isinstance(item, Text) else self.target(item) for item in each(value)]
        return _list(place, [item for item in items if item is not None])

    def predicate_object(self, value: Value) -> Map:
        """`[predicate, object, datatype or language~lang]`, or the pair by its keys."""
        if isinstance(value, List):
            return self._short_pair(value)
        if not isinstance(value, Map):
            self.problems.add("a predicate and object are written [predicate, object]", value.place, _PAIR_FIX)
            return _map(value.place, {})
        keys = self.keys("predicate-object", value)
        for needed, short in (("predicates", "p"), ("objects", "o")):
            if needed not in keys and not (needed == "predicates" and "inversepredicates" in keys):
                self.problems.add(f"there are no {needed}", value.place, f"add {short}:")
        return _map(
            value.place,
            {
                "predicates": self._each("predicate", keys.get("predicates"), value.place),
                "inversepredicates": self._each("predicate", keys.get("inversepredicates"), value.place),
                "objects": _list(value.place, self._objects(keys)),
                "graphs": self._each("graph", keys.get("graphs"), value.place),
                "condition": self.conditions(keys.get("condition"), value.place),
            },
        )

    def _short_pair(self, value: List) -> Map:
        if not 2 <= len(value) <= 3:
            self.problems.add(
                "write [predicate, object] or [predicate, object, datatype or language~lang]", value.place, _PAIR_FIX
            )
            return _map(value.place, {})
        extra = value[2] if len(value) == 3 else None
        return _map(
            value.place,
            {
                "predicates": self._each("predicate", value[0]),
                "inversepredicates": _list(value.place, []),
                "objects": _list(value.place, [self._with(self.object(item), extra) for item in each(value[1])]),
                "graphs": _list(value.place, []),
                "condition": _list(value.place, []),
            },
        )

    def _objects(self, keys: dict[str, Value]) -> list[Value]:
        """Several objects; a list that reads like one value and its datatype or language is refused."""
        items = each(keys.get("objects"))
        last = items[-1] if len(items) == 2 and all(isinstance(item, Text) for item in items) else None
        if isinstance(last, Text) and (last.endswith("~lang") or last.startswith("xsd:")):
            self.problems.add(
                f"{str(last)!r} would be a second object", last.place, "write [[value, datatype or language~lang]]"
            )
        made = [self.object(item) for item in items]
        if "type" in keys:
            for item in made:
                item.setdefault(Text("type", keys["type"].place), keys["type"])
        return list(made)

    def object(self, value: Value) -> Map:
        """`value`, `[value, datatype or language~lang]`, or the object by its keys."""
        if isinstance(value, Text):
            return _map(value.place, {"value": value})
        if isinstance(value, List):
            if not 1 <= len(value) <= 2:
                self.problems.add("an object is written [value, datatype or language~lang]", value.place, "write it so")
                return _map(value.place, {})
            return self._with(self.object(value[0]), value[1] if len(value) == 2 else None)
        keys = self.keys("object", value)
        if not {"value", "function", "mapping"} & keys.keys() and keys.get("type") != "blank":
            self.problems.add("the object has no value", value.place, "add value:")
        return self._term(value.place, keys)

    def _with(self, made: Map, extra: Value | None) -> Map:
        if extra is None:
            return made
        tag = self.text(extra)
        lang = tag.endswith("~lang")
        made[Text("language" if lang else "datatype", extra.place)] = (
            _map(extra.place, {"value": Text(tag.removesuffix("~lang"), extra.place)}) if lang else extra
        )
        return made

    def _each(self, kind: str, value: Value | None, place: Place | None = None) -> List:
        """The terms of a position, in their long form."""
        items: list[Value] = []
        for item in each(value):
            if isinstance(item, Map):
                items.append(self._term(item.place, self.keys(kind, item)))
            else:
                items.append(_map(item.place, {"value": Text(self.text(item), item.place)}))
        return _list(value.place if value is not None else place or _NOWHERE, items)

    def _term(self, place: Place, keys: dict[str, Value]) -> Map:
        """A term by its long keys, with what stands in them expanded."""
        if "function" in keys:
            keys |= self.call(keys["function"], keys.get("parameters"))
        if "targets" in keys:
            keys["targets"] = self.targets(keys["targets"], place)
        if "condition" in keys:
            keys["condition"] = self.conditions(keys["condition"], place)
        if "language" in keys:
            language = keys["language"]
            inner: dict[str, Value] = {"value": language}
            inner = self.keys("language", language) if isinstance(language, Map) else inner
            keys["language"] = self._term(language.place, inner)
        return _map(place, keys)

    def conditions(self, value: Value | None, place: Place) -> List:
        """The executions of a condition."""
        items: list[Value] = []
        for item in each(value):
            if isinstance(item, Map):
                items.append(self._term(item.place, self.keys("condition", item)))
            else:
                items.append(_map(item.place, self.call(item, None)))
            if "function" not in items[-1]:
                self.problems.add("the condition has no function", item.place, "add function:")
        return _list(place, items)

    def call(self, function: Value, parameters: Value | None) -> dict[str, Value]:
        """`name(parameter = value, …)`, or a name and its parameters."""
        text = self.text(function)
        place = function.place
        match = _CALL.fullmatch(text)
        if match is None:
            given = [self.parameter(item) for item in each_pair(parameters)]
            return {"function": text, "parameters": _list(place, list(given))}
        if parameters is not None:
            self.problems.add("the parameters are written twice", parameters.place, "keep one of them")
        prefix, colon, _ = match["function"].rpartition(":")
        made: list[Value] = []
        for argument in split_arguments(match["arguments"]):
            name, equals, value = argument.partition("=")
            if not equals:
                self.problems.add(f"{argument.strip()!r} names no parameter", place, "write name = value")
                continue
            name, value = name.strip(), value.strip()
            full = name if ":" in name or (name.startswith("str") and not colon) else f"{prefix}{colon}{name}"
            inner: Value = Text(value[1:-1] if re.fullmatch(r"(['\"]).*\1", value, re.DOTALL) else value, place)
            if _CALL.fullmatch(value) and not value.startswith("$("):
                inner = _map(place, self.call(Text(value, place), None))
            made.append(_map(place, {"parameter": Text(full, place), "value": inner}))
        return {"function": Text(match["function"], place), "parameters": _list(place, made)}

    def parameter(self, value: Value) -> Map:
        """`[parameter, value, s or o]`, or the parameter by its keys."""
        if isinstance(value, List):
            if not 2 <= len(value) <= 3:
                self.problems.add("a parameter is written [parameter, value]", value.place, "write it so")
                return _map(value.place, {})
            keys = dict(zip(("parameter", "value", "from"), value, strict=False))
        elif isinstance(value, Map):
            keys = self.keys("parameter", value)
        else:
            self.problems.add("a parameter is written [parameter, value]", value.place, "write it so")
            return _map(value.place, {})
        for needed in {"parameter", "value"} - keys.keys():
            self.problems.add(f"the parameter has no {needed}", value.place, f"add {needed}:")
        if isinstance(inner := keys.get("value"), Map):
            keys["value"] = self._term(inner.place, self.keys("parameter value", inner))
        return _map(value.place, keys)

    def keys(self, kind: str, value: Map) -> dict[str, Value]:
        """The entries under their long key; an unknown key, or two spellings of one, is a problem."""
        spellings = KEYS[kind]
        found: dict[str, Value] = {}
        for key, item in value.items():
            long = spellings.get(key)
            if long is None and key in LATER:
                self.problems.add(
                    f"key {str(key)!r} is of an extension of YARRRML that is not read",
                    key.place,
                    "write the mapping without it",
                )
            elif long is None:
                self.problems.add(f"unknown key {str(key)!r}", key.place, nearest(key, spellings))
            elif long in found:
                self.problems.add(f"{str(key)!r} says {long} a second time", key.place, "keep one of them")
            else:
                found[long] = item
        return found

    def entries(self, value: Value | None) -> Iterator[tuple[Text, Value]]:
        """The entries of a mapping from names."""
        if isinstance(value, Map):
            yield from value.items()
        elif value is not None:
            self.problems.add("this must be a mapping of names", value.place, "write name: value")

    def text(self, value: Value) -> Text:
        """A plain value."""
        if isinstance(value, Text):
            return value
        self.problems.add("a plain value is expected here", value.place, "write one word or text")
        return Text("", value.place)

    def _named(self, place: Place, items: list[tuple[Text, Map | None]]) -> Map:
        made = Map({key: value for key, value in items if value is not None})
        made.place = place
        return made


_NOWHERE = Place("", 1, 1)
_SOURCE_FIX = "write [file.csv~csv] or [file.json~jsonpath, $[*]]"
_PAIR_FIX = "write [ex:name, $(name)]"


def each(value: Value | None) -> list[Value]:
    """The items of a list, or the one value."""
    if value is None:
        return []
    return list(value) if isinstance(value, List) else [value]


def each_pair(value: Value | None) -> list[Value]:
    """The items of a list of lists; a list with a plain value in it is one item."""
    if isinstance(value, List) and any(isinstance(item, Text) for item in value):
        return [value]
    return each(value)


def split_arguments(text: str) -> list[str]:
    """Arguments split at the commas outside parentheses and quotes.

    >>> split_arguments("a = $(x), b = f(c = 1, d = 2)")
    ['a = $(x)', ' b = f(c = 1, d = 2)']
    """
    found, start, depth, quote = [], 0, 0, ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "," and depth == 0:
            found.append(text[start:position])
            start = position + 1
        else:
            depth += (character == "(") - (character == ")")
    rest = text[start:]
    return [*found, rest] if rest.strip() else found
