"""The words of RML in its vocabularies, under one name each.

New: https://kg-construct.github.io/rml-core/ontology/. Old: https://rml.io/specs/rml/ over
https://www.w3.org/TR/r2rml/, with functions as in https://fno.io/rml/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kg.mapping.model import TermType

__all__ = [
    "FNO",
    "FORMULATIONS",
    "KEYS",
    "NAMESPACES",
    "RML",
    "SQL_VERSIONS",
    "TERM_TYPES",
    "Words",
    "word",
]

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

_GATHER = "gather gatherAs strategy allowEmptyListAndContainer"
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
        "subject map": f"{_PER_TERM} {_GATHER} class graph graphMap",
        "predicate-object map": "predicate predicateMap object objectMap graph graphMap condition",
        "predicate map": _PER_TERM,
        "graph map": _PER_TERM,
        "object map": f"{_PER_TERM} {_GATHER} datatype datatypeMap language languageMap parentTriplesMap joinCondition",
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

# https://www.w3.org/2001/sw/wiki/RDB2RDF/SQL_Version_IRIs
SQL_VERSIONS = {
    "SQL2008": "sql2008",
    "Oracle": "oracle",
    "MySQL": "mysql",
    "MSSQLServer": "mssql",
    "HSQLDB": "hsql",
    "PostgreSQL": "postgresql",
    "DB2": "db2",
    "Ingres": "ingres",
    "Progress": "progress",
    "SybaseASE": "sybasease",
    "SybaseSQLAnywhere": "sybasesqlanywhere",
    "Virtuoso": "virtuoso",
    "Firebird": "firebird",
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


_OLD, _RR, _FNML, _TARGET, _COMPRESSION, _QL = NAMESPACES[1:]

# Old words that do not stand in the namespace of R2RML.
_OLD_WORDS = {
    **dict.fromkeys(
        ["logicalSource", "LogicalSource", "source", "iterator", "referenceFormulation", "query", "reference"], _OLD
    ),
    **dict.fromkeys(["languageMap", "LanguageMap", "datatypeMap", "logicalTarget", "parentTermMap"], _OLD),
    **dict.fromkeys(["functionValue", "FunctionTermMap"], _FNML),
    **dict.fromkeys(["LogicalTarget", "target", "serialization", "compression", "LocalFile", "path"], _TARGET),
    **dict.fromkeys(["gzip", "zip", "targz", "tarxz"], _COMPRESSION),
    **dict.fromkeys(["CSV", "JSONPath", "XPath"], _QL),
}
_R2RML_WORDS = {"logicalSource": "logicalTable", "LogicalSource": "LogicalTable", "reference": "column"}
_PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "rml": _OLD,
    "rr": _RR,
    "fnml": _FNML,
    "fno": FNO,
    "ql": _QL,
    "rmlt": _TARGET,
    "comp": _COMPRESSION,
    "formats": "http://www.w3.org/ns/formats/",
    "d2rq": "http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#",
    "csvw": "http://www.w3.org/ns/csvw#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "void": "http://rdfs.org/ns/void#",
    "dc": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "td": "https://www.w3.org/2019/wot/td#",
    "hctl": "https://www.w3.org/2019/wot/hypermedia#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "grel": "http://users.ugent.be/~bjdmeest/function/grel.ttl#",
    "idlab-fn": "https://w3id.org/imec/idlab/function#",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one vocabulary, by our names. vocabulary: `rml`, `rml-old` or `r2rml`."""

    vocabulary: str

    def __call__(self, name: str) -> str:
        """The IRI of a word.

        >>> Words("r2rml")("reference")
        'http://www.w3.org/ns/r2rml#column'
        """
        if self.new:
            return RML + name
        if self.vocabulary == "r2rml" and name in _R2RML_WORDS:
            return _RR + _R2RML_WORDS[name]
        return _OLD_WORDS.get(name, _RR) + name

    @property
    def new(self) -> bool:
        """Whether this is the vocabulary of https://w3id.org/rml/."""
        return self.vocabulary == "rml"

    def types(self, name: str) -> tuple[str, ...]:
        """The class of a node, where this vocabulary's writers say it."""
        written = ("SubjectMap", "PredicateMap", "ObjectMap", "GraphMap", "PredicateObjectMap")
        return (self(name),) if not self.new and name in written else ()

    def formulation(self, name: str) -> str:
        """The IRI of a reference formulation that is none of the usual ones."""
        if name.lower() == "sparql_results_csv":
            return "http://www.w3.org/ns/formats/SPARQL_Results_CSV"
        return (RML if self.new else _QL) + {"css3": "CSS3", "xquery": "XQuery"}.get(name, name)

    @property
    def prefixes(self) -> Mapping[str, str]:
        """The prefixes that a document in this vocabulary may use."""
        return MappingProxyType(_PREFIXES | {"rml": RML} if self.new else _PREFIXES)
