"""What a server says of itself and of its data, in RDF: statements, and how they are written."""

from itertools import count

from kg.graph.store import PREFIXES, TRIPLE_FORMATS, BlankNode, Literal, NamedNode, Triple, serialize

__all__ = ["DCTERMS", "FORMATS", "RDFS", "SD", "VOID", "Description", "Node", "Value"]

DCTERMS = PREFIXES["dcterms"]
FORMATS = "http://www.w3.org/ns/formats/"
RDFS = PREFIXES["rdfs"]
SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"

_TYPE = NamedNode(PREFIXES["rdf"] + "type")
_DECLARED = {"formats": FORMATS, "sd": SD, "void": VOID, **PREFIXES}

Node = NamedNode | BlankNode
# A string is the IRI of a term.
Value = Node | Literal | str


class Description:
    """Statements in the order in which they are made; the same ones are the same bytes each time."""

    def __init__(self) -> None:
        """Say nothing yet."""
        self._triples: list[Triple] = []
        self._nodes = count(1)

    def node(self, *types: str) -> BlankNode:
        """A new node without a name, of these types."""
        node = BlankNode(f"n{next(self._nodes)}")
        self.type(node, *types)
        return node

    def type(self, subject: Node, *types: str) -> None:
        """Say what a subject is."""
        self._triples.extend(Triple(subject, _TYPE, NamedNode(kind)) for kind in types)

    def say(self, subject: Node, predicate: str, *values: Value) -> None:
        """Say something of a subject, once for each value."""
        for value in values:
            term = NamedNode(value) if isinstance(value, str) else value
            self._triples.append(Triple(subject, NamedNode(predicate), term))

    def count(self, subject: Node, **counts: int) -> None:
        """Say how many there are, by terms of VoID: https://www.w3.org/TR/void/#statistics."""
        for name, value in counts.items():
            self.say(subject, VOID + name, Literal(value))

    def write(self, name: str) -> bytes:
        """The statements in a format of `TRIPLE_FORMATS`."""
        text = " ".join(str(triple) for triple in self._triples)
        used = {prefix: iri for prefix, iri in _DECLARED.items() if iri in text}
        written = serialize(self._triples, format=TRIPLE_FORMATS[name], prefixes=used)
        assert written is not None
        return written
