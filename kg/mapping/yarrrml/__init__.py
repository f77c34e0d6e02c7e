"""YARRRML, read into the mapping model: https://rml.io/yarrrml/spec/."""

from kg.mapping.yarrrml.read import read_yarrrml, read_yarrrml_document

__all__ = ["read_yarrrml", "read_yarrrml_document"]
