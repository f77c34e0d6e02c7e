"""The words of RML in its vocabularies, under one name each.

New: https://kg-construct.github.io/rml-core/ontology/. Old: https://rml.io/specs/rml/ over
https://www.w3.org/TR/r2rml/, with functions as in https://fno.io/rml/.
"""

from kg.mapping.model import TermType

__all__ = ["FNO", "FORMULATIONS", "KEYS", "NAMESPACES", "RML", "TERM_TYPES", "word"]

RML = "http://w3id.org/rml/"
FNO = "https://w3id.org/function/ontology#"

NAMESPACES = (
    RML,
    "http://semweb.mmlab.be/ns/rml#",
    "http://www.w3.org/ns/r2rml#",
    "http://semweb.mmlab.be/ns/fnml#",
    "http://semweb.mmlab.be/ns/rml-target#",
    "http://semweb.mmlab.be/ns/rml-compression#",
    "http://semweb.mmlab.be/ns/ql#",
)

# Words that were renamed.
_RENAMED = {"column": "reference", "logicalTable": "logicalSource"}

_PER_TERM = (
    "constant template reference termType functionExecution functionValue return returnMap condition logicalTarget "
    "logicalSource"
)

# What may be said of each kind of node, by our name of the word.
KEYS: dict[str, frozenset[str]] = {
    kind: frozenset(words.split())
    for kind, words in {
        "triples map": "logicalSource subjectMap subject predicateObjectMap baseIRI",
        "logical source": "source referenceFormulation iterator query sqlVersion tableName sqlQuery null",
        "subject map": f"{_PER_TERM} class graph graphMap",
        "predicate-object map": "predicate predicateMap object objectMap graph graphMap condition",
        "predicate map": _PER_TERM,
        "graph map": _PER_TERM,
        "object map": f"{_PER_TERM} datatype datatypeMap language languageMap parentTriplesMap joinCondition",
        "datatype map": _PER_TERM,
        "language map": _PER_TERM,
        "value": f"{_PER_TERM} datatype datatypeMap language languageMap",
        "condition": _PER_TERM,
        "join condition": "child childMap parent parentMap",
        "execution": "function functionMap input",
        "input": "parameter parameterMap inputValue inputValueMap",
        "source": "root path encoding compression null",
        "logical target": "target serialization compression encoding mode",
        "target": "root path encoding compression",
    }.items()
}

TERM_TYPES: dict[str, TermType] = {
    "IRI": "iri",
    "URI": "uri",
    "UnsafeIRI": "unsafe-iri",
    "UnsafeURI": "unsafe-uri",
    "BlankNode": "blank",
    "Literal": "literal",
}

# https://kg-construct.github.io/rml-io/spec/docs/#reference-formulations-0
FORMULATIONS = {
    "CSV": "csv",
    "JSONPath": "jsonpath",
    "XPath": "xpath",
    "SQL2008Table": "sql-table",
    "SQL2008Query": "sql-query",
    "XPathReferenceFormulation": "xpath",
}


def word(iri: str) -> str | None:
    """Our name of a word of RML in any vocabulary; None for what is of no vocabulary of RML.

    >>> word("http://www.w3.org/ns/r2rml#column")
    'reference'
    """
    for namespace in NAMESPACES:
        if iri.startswith(namespace):
            local = iri[len(namespace) :]
            return _RENAMED.get(local, local)
    return None
