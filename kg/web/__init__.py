"""The graph on the web: a SPARQL endpoint and pages."""

from kg.web.app import create_app
from kg.web.server import serve

__all__ = ["create_app", "serve"]
