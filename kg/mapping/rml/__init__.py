"""RML and R2RML in Turtle: read into the mapping model, and written from it."""

from kg.mapping.rml.read import read_rml, read_rml_document
from kg.mapping.rml.write import Vocabulary, local_name, write_rml

__all__ = ["Vocabulary", "local_name", "read_rml", "read_rml_document", "write_rml"]
