"""pressgraph: articles, by hand-written mappings, into a graph in which every triple shows the words it rests on."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("pressgraph")
