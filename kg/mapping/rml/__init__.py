"""RML and R2RML in Turtle: read into the mapping model, and written from it."""

from kg.mapping.rml.read import read_rml

__all__ = ["read_rml"]
