"""The graph on the web: a SPARQL endpoint and pages."""

from kg.web.server import application, serve

__all__ = ["application", "serve"]
