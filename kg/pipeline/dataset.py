"""What the whole graph is called: sources/dataset.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kg import yaml
from kg.errors import Problems, nearest
from kg.project import DEFAULT_BASE, Project

__all__ = ["Dataset", "read_dataset"]

_KEYS = ("base", "title", "description", "licence")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Base of the IRIs of data, title and description by language, licence IRI."""

    base: str = DEFAULT_BASE
    title: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""


def read_dataset(project: Project, problems: Problems) -> Dataset:
    """Read the dataset file of a project; what is wrong is noted in `problems`."""
    path = project.part("sources/dataset.yaml")
    return _read(path, project.root_of(path), problems)


def _read(path: Path, root: Path, problems: Problems) -> Dataset:
    document = yaml.read(path, root, problems)
    if document is None:
        return Dataset()
    if not isinstance(document, yaml.Map):
        problems.add("this must be a mapping", document.place, "write base, title, description and licence")
        return Dataset()
    for key in document:
        if key not in _KEYS:
            problems.add(f"unknown key {str(key)!r}", key.place, nearest(key, _KEYS))
    base, licence = document.get("base"), document.get("licence")
    if base is not None and (
        not isinstance(base, yaml.Text) or not base.startswith(("http://", "https://")) or base[-1] != "/"
    ):
        problems.add("base must be an http(s) IRI that ends with /", base.place, f"for example {DEFAULT_BASE}")
        base = None
    title, description = (_by_language(document.get(key), key, problems) for key in ("title", "description"))
    return Dataset(
        str(base or DEFAULT_BASE), title, description, str(licence) if isinstance(licence, yaml.Text) else ""
    )


def _by_language(value: yaml.Value | None, what: str, problems: Problems) -> dict[str, str]:
    if value is None:
        return {}
    if isinstance(value, yaml.Map) and all(isinstance(text, yaml.Text) for text in value.values()):
        return {str(language): str(text) for language, text in value.items()}
    problems.add(f"{what} must give a text for each language", value.place, f"write {what}: {{fr: …, en: …}}")
    return {}
