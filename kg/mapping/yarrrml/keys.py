"""The words of YARRRML: every spelling of a key, and its tables of names.

https://rml.io/yarrrml/spec/#overview-of-keys
"""

from kg.mapping.names import EQUAL, GREL

__all__ = [
    "COMPRESSIONS",
    "FUNCTIONS",
    "KEYS",
    "LATER",
    "PARAMETERS",
    "PREFIXES",
    "SERIALIZATIONS",
    "TARGET_TYPES",
]


def _spellings(words: str) -> dict[str, str]:
    """`long/short/shorter …` as a table from each spelling to the long one."""
    return {spelling: word.split("/")[0] for word in words.split() for spelling in word.split("/")}


_GRAPHS = "graphs/graph/g"
_CONDITION = "condition/conditions"
_FUNCTION = "function/fn/f parameters/pms"
_VALUE = "value/v type datatype/d language/l targets/target/t"

KEYS: dict[str, dict[str, str]] = {
    kind: _spellings(words)
    for kind, words in {
        "document": "prefixes base sources/source targets/target authors/author/a external mappings/mapping/m",
        "author": "name email website",
        "triples map": f"sources/source subjects/subject/s predicateobjects/po {_GRAPHS} {_CONDITION}",
        "source": "access type credentials queryFormulation query table referenceFormulation iterator delimiter "
        "encoding contentType operationType security",
        "credentials": "username password",
        "security": "type in name value",
        "target": "access type serialization compression",
        "subject": f"{_FUNCTION} {_CONDITION} value/v type targets/target/t",
        "predicate": f"{_FUNCTION} value/v targets/target/t",
        "graph": f"{_FUNCTION} value/v targets/target/t",
        "language": "value/v targets/target/t",
        "predicate-object": f"predicates/predicate/p objects/object/o inversepredicates/inversepredicate/i {_GRAPHS} "
        f"{_CONDITION} type",
        "object": f"{_FUNCTION} {_VALUE} mapping/m {_CONDITION}",
        "condition": f"{_FUNCTION} mapping/m",
        "parameter": "parameter/pm value/v type from",
        "parameter value": f"{_FUNCTION} value/v type datatype/d language/l mapping/m",
    }.items()
}

# Keys of extensions that the specification does not have: refused by name, never passed over.
LATER = frozenset(
    {
        "authentication",
        "authentications",
        "changeDetection",
        "headers",
        "id",
        "ldes",
        "methodName",
        "rel",
        "source",
        "watchedProperties",
    }
)

# Names of functions and parameters that need no prefix: https://rml.io/yarrrml/spec/#conditions.
FUNCTIONS = {"equal": EQUAL}
PARAMETERS = {"str1": f"{GREL}valueParameter", "str2": f"{GREL}valueParameter2"}

_FORMATS = "http://www.w3.org/ns/formats/"
SERIALIZATIONS = {
    "nquads": f"{_FORMATS}N-Quads",
    "ntriples": f"{_FORMATS}N-Triples",
    "turtle": f"{_FORMATS}Turtle",
    "trig": f"{_FORMATS}TriG",
    "jsonld": f"{_FORMATS}JSON-LD",
    "ldpatch": f"{_FORMATS}LD_Patch",
    "microdata": f"{_FORMATS}microdata",
    "owlxml": f"{_FORMATS}OWL_XML",
    "owlfunctional": f"{_FORMATS}OWL_Functional",
    "owlmanchester": f"{_FORMATS}OWL_Manchester",
    "powder": f"{_FORMATS}POWDER",
    "powder-s": f"{_FORMATS}POWDER-S",
    "prov-n": f"{_FORMATS}PROV-N",
    "prov-xml": f"{_FORMATS}PROV-XML",
    "rdfa": f"{_FORMATS}RDFa",
    "rifxml": f"{_FORMATS}RIF_XML",
    "sparqlxml": f"{_FORMATS}SPARQL_Results_XML",
    "sparqljson": f"{_FORMATS}SPARQL_Results_JSON",
    "sparqlcsv": f"{_FORMATS}SPARQL_Results_CSV",
    "sparqltsv": f"{_FORMATS}SPARQL_Results_TSV",
    "rdfxml": f"{_FORMATS}RDF_XML",
    "rdfjson": f"{_FORMATS}RDF_JSON",
    "n3": f"{_FORMATS}N3",
}
COMPRESSIONS = {name: f"http://w3id.org/rml/{name}" for name in ("gzip", "zip", "targz", "tarxz")}
COMPRESSIONS["targzip"] = COMPRESSIONS["targz"]
TARGET_TYPES = {
    "void": "void",
    "dcat": "dcat",
    "sd": "sparql",
    "sparql": "sparql",
    "localfile": "file",
}

# The prefixes that need no declaration: https://www.w3.org/2011/rdfa-context/rdfa-1.1.
PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "as": "https://www.w3.org/ns/activitystreams#",
    "cc": "http://creativecommons.org/ns#",
    "csvw": "http://www.w3.org/ns/csvw#",
    "ctag": "http://commontag.org/ns#",
    "dc": "http://purl.org/dc/terms/",
    "dc11": "http://purl.org/dc/elements/1.1/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "duv": "https://www.w3.org/ns/duv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gr": "http://purl.org/goodrelations/v1#",
    "grddl": "http://www.w3.org/2003/g/data-view#",
    "ical": "http://www.w3.org/2002/12/cal/icaltzd#",
    "jsonld": "http://www.w3.org/ns/json-ld#",
    "ldp": "http://www.w3.org/ns/ldp#",
    "ma": "http://www.w3.org/ns/ma-ont#",
    "oa": "http://www.w3.org/ns/oa#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "og": "http://ogp.me/ns#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "rdfa": "http://www.w3.org/ns/rdfa#",
    "rev": "http://purl.org/stuff/rev#",
    "rif": "http://www.w3.org/2007/rif#",
    "rr": "http://www.w3.org/ns/r2rml#",
    "schema": "http://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sioc": "http://rdfs.org/sioc/ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "skosxl": "http://www.w3.org/2008/05/skos-xl#",
    "sosa": "http://www.w3.org/ns/sosa/",
    "ssn": "http://www.w3.org/ns/ssn/",
    "time": "http://www.w3.org/2006/time#",
    "v": "http://rdf.data-vocabulary.org/#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "void": "http://rdfs.org/ns/void#",
    "wdr": "http://www.w3.org/2007/05/powder#",
    "wdrs": "http://www.w3.org/2007/05/powder-s#",
    "xhv": "http://www.w3.org/1999/xhtml/vocab#",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
