"""`kg mapping`: is a mapping right, what does it do, how does it read in another language."""

from collections.abc import Sequence
from pathlib import Path

from kg.errors import Problems, UsageError
from kg.mapping import is_rml
from kg.mapping.explain import explain
from kg.mapping.function import bind, read_functions
from kg.mapping.model import MappingDocument
from kg.mapping.rml import Vocabulary, read_rml_document, write_rml
from kg.mapping.syntax import check_paths
from kg.mapping.yarrrml import read_yarrrml_document, write_yarrrml
from kg.project import DEFAULT_BASE

__all__ = ["LANGUAGES", "convert", "read_document", "tell"]

LANGUAGES = ("yarrrml", "rml", "rml-old", "r2rml")
_VOCABULARIES: dict[str, Vocabulary] = {"rml": "rml", "rml-old": "rml-old", "r2rml": "r2rml"}


def read_document(path: Path, *, relative: bool = False) -> MappingDocument:
    """A mapping file: RML or R2RML where its name ends in `.ttl`, `.nt` or `.rml`, YARRRML otherwise.

    relative: whether it will be run with a base, so that IRIs may be relative.
    Raises `ContentError` with all that is wrong with it, and `UsageError` when it cannot be read.
    """
    problems = Problems()
    bases = (DEFAULT_BASE, DEFAULT_BASE)
    try:
        if is_rml(path):
            document = read_rml_document(path, Path.cwd(), bases, problems)
        else:
            document = read_yarrrml_document(path, Path.cwd(), bases, problems, relative=relative)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    problems.stop_if_any()
    return document


def convert(document: MappingDocument, language: str) -> str:
    """The document in another language, one of `LANGUAGES`.

    Raises `ContentError` with what that language cannot say.
    """
    problems = Problems()
    if language == "yarrrml":
        text = write_yarrrml(document, problems)
    else:
        text = write_rml(document, _VOCABULARIES[language], problems)
    problems.stop_if_any()
    return text


def tell(document: MappingDocument, path: Path, functions: Sequence[str] = (), *, explained: bool) -> str:
    """What the document does, or in one line that nothing is wrong with it.

    functions: Python files and modules of the user. Raises `ContentError` with what cannot be
    called, and with what is no path of JSON or XML.
    """
    problems = Problems()
    known = read_functions(functions, problems)
    if not explained:
        bind(document, known, problems)
        check_paths(document.maps, problems)
    problems.stop_if_any()
    if explained:
        return explain(document, known)
    count = len(document.maps)
    return f"{path}: nothing wrong; {count} triples map{'s' if count != 1 else ''}\n"
