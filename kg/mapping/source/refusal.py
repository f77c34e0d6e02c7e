"""The errors of sources."""

from kg.errors import ContentError, Place, Problem

__all__ = ["needs", "refused"]


def refused(message: str, place: Place | None, fix: str = "") -> ContentError:
    """The error of one problem, to raise."""
    return ContentError([Problem(message, place, fix)])


def needs(module: str, extra: str, place: Place) -> ContentError:
    """The error to raise when a source needs a library that an extra of the distribution brings."""
    return refused(f"this source needs {module}, which is not installed", place, f"pip install 'pressgraph[{extra}]'")
