"""YARRRML, read into the mapping model and written from it: https://rml.io/yarrrml/spec/."""

from kg.mapping.yarrrml.read import read_yarrrml, read_yarrrml_document
from kg.mapping.yarrrml.write import write_yarrrml

__all__ = ["read_yarrrml", "read_yarrrml_document", "write_yarrrml"]
