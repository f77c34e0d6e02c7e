"""A Turtle document as nodes with properties, each property under RML's one name for it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kg.errors import Place, Problems, nearest
from kg.mapping.rml.vocabulary import KEYS, RML, word
from kg.mapping.turtle import RDF, Node, Statement

__all__ = ["Document", "Properties", "Property", "article"]


@dataclass(frozen=True, slots=True)
class Property:
    """One statement about a node: what it says, where the value and the predicate are written.

    old: whether the predicate is of an older vocabulary than https://w3id.org/rml/.
    """

    value: Node
    place: Place
    predicate_place: Place
    old: bool = False


Properties = dict[str, list[Property]]
"""What is said of a node, by RML's name of the predicate, or its IRI when it is of another vocabulary."""


def article(noun: str) -> str:
    """A noun of RML with its article.

    >>> article("object map")
    'an object map'
    """
    return f"an {noun}" if noun[0] in "aeiouIE" else f"a {noun}"


class Document:
    """The nodes of a mapping document."""

    def __init__(self, statements: Iterable[Statement], problems: Problems) -> None:
        """Index the statements by subject."""
        self.problems = problems
        self._said: dict[Node, Properties] = defaultdict(lambda: defaultdict(list))
        self._places: dict[Node, Place] = {}
        for said in statements:
            name = word(said.predicate.value)
            found = Property(
                said.object, said.object_place, said.predicate_place, not said.predicate.value.startswith(RML)
            )
            self._said[said.subject][said.predicate.value if name is None else name].append(found)
            self._places.setdefault(said.subject, said.subject_place)

    @property
    def subjects(self) -> list[Node]:
        """The nodes that something is said of, in the order of the file."""
        return list(self._said)

    def place(self, node: Node, otherwise: Place) -> Place:
        """Where a node is described."""
        return self._places.get(node, otherwise)

    def raw(self, node: Node) -> Properties:
        """What is said of a node, unchecked."""
        return self._said.get(node, {})

    def types(self, node: Node) -> list[str]:
        """The node's classes, as RML's names or IRIs."""
        said = self.raw(node).get(f"{RDF}type", [])
        return [word(found.value.value) or found.value.value for found in said]

    def of(self, kind: str, node: Node, at: Place) -> Properties:
        """What is said of a node of a kind; a word of RML that has no place there is a problem."""
        if node.kind == "literal":
            told = f"{node.value!r} is a text where {article(kind)} is expected"
            self.problems.add(told, at, "write [ … ] or an IRI")
            return {}
        if node not in self._said:
            self.problems.add(f"nothing is said of this {kind}", at, "describe it, or correct its name")
            return {}
        said = self._said[node]
        for name, found in said.items():
            if ":" not in name and name not in KEYS[kind]:
                self.problems.add(
                    f"{name!r} has no place in {article(kind)}", found[0].predicate_place, nearest(name, KEYS[kind])
                )
        return said

    def one(self, said: Properties, *names: str) -> Property | None:
        """The one value of these words together; a second is a problem."""
        found = [item for name in names for item in said.get(name, [])]
        for extra in found[1:]:
            self.problems.add(
                f"a second {' or '.join(names)}", extra.predicate_place if names[1:] else extra.place, "keep one"
            )
        return found[0] if found else None

    def members(self, found: Property) -> list[Property]:
        """The members of a list."""
        members: list[Property] = []
        rest = found
        while (said := self.raw(rest.value)) and f"{RDF}first" in said and len(members) < len(self._said):
            members.append(said[f"{RDF}first"][0])
            rest = said[f"{RDF}rest"][0]
        return members

    def text(self, said: Properties, name: str) -> str:
        """The one text under a word; empty when there is none."""
        found = self.one(said, name)
        if found is None:
            return ""
        if found.value.kind != "literal":
            self.problems.add(f"{name} must be a text", found.place, "write it in quotes")
            return ""
        return found.value.value

    def iri(self, said: Properties, name: str) -> str:
        """The one IRI under a word; empty when there is none."""
        found = self.one(said, name)
        if found is None:
            return ""
        if found.value.kind != "iri":
            self.problems.add(f"{name} must be an IRI", found.place, "write it as <…> or prefix:name")
            return ""
        return found.value.value
