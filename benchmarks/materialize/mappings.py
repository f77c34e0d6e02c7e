"""The mapping of the benchmark, from one description to YARRRML, RML, the older RML, and stOTTR.

Ten triples a record. A class, then for each predicate what its object is: a text with {references}, and what kind.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CLASS", "GRAPH", "LANGUAGES", "PROPERTIES", "SUBJECT", "VOCABULARY", "XSD", "Property", "write"]

VOCABULARY = "https://example.org/vocabulary/"
XSD = "http://www.w3.org/2001/XMLSchema#"
SUBJECT = "https://example.org/person/{id}"
GRAPH = "https://example.org/graph/{id}"
CLASS = VOCABULARY + "Person"


@dataclass(frozen=True, slots=True)
class Property:
    """A predicate of the vocabulary and its object: an IRI, or a literal with a datatype (in xsd:) or a language."""

    name: str
    value: str
    iri: bool = False
    datatype: str = ""
    language: str = ""

    @property
    def reference(self) -> str:
        """The one field that the object is as it stands; empty when it is a template."""
        match = re.fullmatch(r"\{(\w+)\}", self.value)
        return match[1] if match else ""


PROPERTIES = (
    Property("identifier", "{id}"),
    Property("name", "{name}", language="fr"),
    Property("born", "{born}", datatype="date"),
    Property("amount", "{amount}", datatype="decimal"),
    Property("children", "{children}", datatype="integer"),
    Property("homepage", "{homepage}", iri=True),
    Property("place", "https://example.org/place/{city}", iri=True),
    Property("label", "{name} – {city}"),
    Property("note", "{note}"),
)


def _yarrrml(source: str, form: str, *, graphs: bool) -> str:
    def dollars(text: str) -> str:
        return re.sub(r"\{(\w+)\}", r"$(\1)", text)

    def po(prop: Property) -> str:
        value = dollars(prop.value) + ("~iri" if prop.iri else "")
        extra = f", xsd:{prop.datatype}" if prop.datatype else f", {prop.language}~lang" if prop.language else ""
        return f'      - [v:{prop.name}, "{value}"{extra}]'

    iterators = {"json": ', "$[*]"', "ndjson": ', "$"'}
    formulation = "jsonpath" if form in iterators else "csv"
    lines = [
        "prefixes:",
        f"  v: {VOCABULARY}",
        f"  xsd: {XSD}",
        "mappings:",
        "  person:",
        "    sources:",
        f'      - ["{source}~{formulation}"{iterators.get(form, "")}]',
        f'    s: "{dollars(SUBJECT)}"',
        *([f'    graphs: "{dollars(GRAPH)}"'] if graphs else []),
        "    po:",
        "      - [a, v:Person]",
        *map(po, PROPERTIES),
    ]
    return "\n".join(lines) + "\n"


def _rml(source: str, form: str, *, graphs: bool) -> str:
    return _turtle(
        dict.fromkeys(("rr", "rml", "ql"), "http://w3id.org/rml/"),
        f'[ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "{source}" ]',
        form,
        graphs=graphs,
    )


def _older_rml(source: str, form: str, *, graphs: bool) -> str:
    prefixes = {
        "rr": "http://www.w3.org/ns/r2rml#",
        "rml": "http://semweb.mmlab.be/ns/rml#",
        "ql": "http://semweb.mmlab.be/ns/ql#",
    }
    return _turtle(prefixes, f'"{source}"', form, graphs=graphs)


def _turtle(prefixes: dict[str, str], source: str, form: str, *, graphs: bool) -> str:
    def po(prop: Property) -> str:
        value = f'rml:reference "{prop.reference}"' if prop.reference else f'rr:template "{prop.value}"'
        kind = "rr:termType rr:IRI" if prop.iri else "rr:termType rr:Literal" if not prop.reference else ""
        kind = f"rr:datatype xsd:{prop.datatype}" if prop.datatype else kind
        kind = f'rr:language "{prop.language}"' if prop.language else kind
        inside = " ; ".join(filter(None, (value, kind)))
        return f"  rr:predicateObjectMap [ rr:predicate v:{prop.name} ; rr:objectMap [ {inside} ] ]"

    formulation = 'ql:JSONPath ; rml:iterator "$[*]"' if form == "json" else "ql:CSV"
    graph = f' ; rr:graphMap [ rr:template "{GRAPH}" ]' if graphs else ""
    lines = [
        *(f"@prefix {name}: <{iri}> ." for name, iri in {**prefixes, "v": VOCABULARY, "xsd": XSD}.items()),
        "<https://example.org/mapping#person> a rr:TriplesMap ;",
        f"  rml:logicalSource [ rml:source {source} ; rml:referenceFormulation {formulation} ] ;",
        f'  rr:subjectMap [ rr:template "{SUBJECT}" ; rr:class v:Person{graph} ] ;',
        " ;\n".join(map(po, PROPERTIES)) + " .",
    ]
    return "\n".join(lines) + "\n"


def _stottr(_source: str, _form: str, *, graphs: bool) -> str:
    """A template whose arguments are the subject and the objects; it knows no graph for each record."""
    assert not graphs
    arguments = ["?subject", *(f"? ?{prop.name}" for prop in PROPERTIES)]
    triples = [f"  ottr:Triple(?subject, v:{prop.name}, ?{prop.name})" for prop in PROPERTIES]
    lines = [
        f"@prefix v: <{VOCABULARY}> .",
        "@prefix ottr: <http://ns.ottr.xyz/0.4/> .",
        f"v:Row [ {', '.join(arguments)} ] :: {{",
        ",\n".join(["  ottr:Triple(?subject, a, v:Person)", *triples]),
        "} .",
    ]
    return "\n".join(lines) + "\n"


LANGUAGES: dict[str, Callable[..., str]] = {
    "yarrrml": _yarrrml,
    "rml": _rml,
    "older-rml": _older_rml,
    "stottr": _stottr,
}


def write(language: str, source: str, form: str, *, graphs: bool, folder: Path) -> Path:
    """Write the mapping in a language of `LANGUAGES` for a source in a form of `inputs.FORMATS`; returns its path.

    source: as the mapping names it, relative to `folder`.
    """
    path = folder / f"{language}.{'yml' if language == 'yarrrml' else 'ttl'}"
    path.write_text(LANGUAGES[language](source, form, graphs=graphs), encoding="utf-8")
    return path
