"""RDF/XML: https://www.w3.org/TR/rdf-syntax-grammar/.

An own writer, because Oxigraph's writes control characters that XML forbids, carriage returns that XML readers
change, and predicates that are no XML names.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby
from xml.sax.saxutils import escape, quoteattr

from kg.errors import UsageError
from kg.graph.store import RDF, BlankNode, Literal, NamedNode, Quad

__all__ = ["rdfxml"]

# https://www.w3.org/TR/xml-names/#NT-NCName, anchored at the end of an IRI.
_START = (
    r"A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_LOCAL = re.compile(rf"[{_START}][{_START}.0-9\u00B7\u0300-\u036F\u203F\u2040-]*$")
# https://www.w3.org/TR/xml/#charsets
# https://www.w3.org/TR/xml/#sec-comments
_HYPHENS = re.compile("-(?=-)")
_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
# https://www.w3.org/TR/rdf-syntax-grammar/#propertyElementURIs
_SYNTAX = frozenset(
    RDF + name
    for name in (
        *("Description", "RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "li"),
        *("aboutEach", "aboutEachPrefix", "bagID"),
    )
)
_STRING = "http://www.w3.org/2001/XMLSchema#string"


def rdfxml(quads: Sequence[Quad], prefixes: Mapping[str, str], comments: Iterable[str]) -> Iterator[str]:
    """An RDF/XML document of the triples of `quads`, sorted by subject, predicate and object.

    prefixes: prefix -> namespace, for the names of elements; others are made up in order.
    Raises UsageError, before anything is written, for what RDF/XML cannot hold: a predicate whose IRI does not end
    in an XML name, a character that XML forbids.
    """
    elements = _elements({quad.predicate.value for quad in quads}, prefixes)
    for quad in quads:
        found = _FORBIDDEN.search(quad.object.value) if isinstance(quad.object, Literal) else None
        if found:
            raise UsageError(
                f"RDF/XML cannot hold the character U+{ord(found[0]):04X} of {quad.subject} {quad.predicate}: "
                "use ttl, nt or jsonld"
            )
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    for comment in comments:
        yield f"<!-- {_HYPHENS.sub('- ', comment)} -->\n"
    yield "<rdf:RDF"
    spaces = {prefix: namespace for prefix, namespace in elements.values() if prefix != "rdf"}
    for prefix, namespace in sorted({**spaces, "rdf": RDF}.items()):
        yield f"\n    xmlns:{prefix}={quoteattr(namespace)}"
    yield ">\n"
    for subject, of_subject in groupby(quads, key=lambda quad: quad.subject):
        yield f"  <rdf:Description {_node('about', subject)}>\n"
        for quad in of_subject:
            prefix, namespace = elements[quad.predicate.value]
            name = f"{prefix}:{quad.predicate.value.removeprefix(namespace)}"
            yield f"    {_property(name, quad.object)}\n"
        yield "  </rdf:Description>\n"
    yield "</rdf:RDF>\n"


def _elements(predicates: Iterable[str], prefixes: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Predicate -> the prefix and namespace of its element."""
    known = {namespace: prefix for prefix, namespace in prefixes.items()} | {RDF: "rdf"}
    elements = {}
    for predicate in sorted(predicates):
        match = _LOCAL.search(predicate)
        if not match or predicate in _SYNTAX:
            raise UsageError(f"RDF/XML cannot name the predicate <{predicate}> as an element: use ttl, nt or jsonld")
        # The longest known namespace; a name may not begin with a digit, so the local part may be cut short.
        cuts = [cut for cut in range(match.start(), len(predicate)) if predicate[:cut] in known]
        namespace = predicate[: cuts[-1]] if cuts and _LOCAL.match(predicate, cuts[-1]) else predicate[: match.start()]
        if namespace not in known:
            known[namespace] = next(free for free in map("ns{}".format, count(1)) if free not in known.values())
        elements[predicate] = (known[namespace], namespace)
    return elements


def _node(attribute: str, node: object) -> str:
    if isinstance(node, BlankNode):
        return f'rdf:nodeID="b{node.value}"'
    if isinstance(node, NamedNode):
        return f"rdf:{attribute}={quoteattr(node.value)}"
    raise UsageError("RDF/XML cannot hold a triple term: use ttl12")


def _property(name: str, value: object) -> str:
    if not isinstance(value, Literal):
        return f"<{name} {_node('resource', value)}/>"
    kind = ""
    if value.language:
        kind = f' xml:lang="{value.language}"'
    elif value.datatype.value != _STRING:
        kind = f" rdf:datatype={quoteattr(value.datatype.value)}"
    return f"<{name}{kind}>{escape(value.value, {chr(13): '&#13;'})}</{name}>"
