"""What the whole graph is called: sources/dataset.yaml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from kg import yaml
from kg.errors import Problems, nearest
from kg.mapping.lexical import ABSOLUTE_IRI
from kg.project import DEFAULT_BASE, Project

__all__ = ["Dataset", "read_dataset"]

NAMESPACE = f"{DEFAULT_BASE}ns"

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
    if base is not None and (reason := _wrong_base(base)):
        problems.add(f"base {reason}", base.place, f"write an address that ends with /, for example {DEFAULT_BASE}")
        base = None
    if licence is not None and not (isinstance(licence, yaml.Text) and re.fullmatch(ABSOLUTE_IRI, licence)):
        problems.add(
            "licence is no IRI",
            licence.place,
            "write its address, such as https://creativecommons.org/licenses/by/4.0/",
        )
    title, description = (_by_language(document.get(key), key, problems) for key in ("title", "description"))
    return Dataset(
        str(base or DEFAULT_BASE), title, description, str(licence) if isinstance(licence, yaml.Text) else ""
    )


def _wrong_base(value: yaml.Value) -> str:
    """Why a value cannot be what the IRIs of data begin with; empty when it can."""
    if not isinstance(value, yaml.Text):
        return "must be an address"
    parts = urlsplit(value) if re.fullmatch(ABSOLUTE_IRI, value) and "[" not in value else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return "is no http or https address"
    if "?" in value or "#" in value or not value.endswith("/") or re.search(r"/\.{0,2}/", parts.path):
        return "must be a folder: no query, no fragment, no empty or dotted part"
    if re.search(r"%(?![0-9A-Fa-f]{2})", value):
        return "has a % without two hexadecimal digits"
    return "is the namespace of the vocabulary" if value.startswith(NAMESPACE) else ""


def _by_language(value: yaml.Value | None, what: str, problems: Problems) -> dict[str, str]:
    if value is None:
        return {}
    if isinstance(value, yaml.Map) and all(isinstance(text, yaml.Text) for text in value.values()):
        return {str(language): str(text) for language, text in value.items()}
    problems.add(f"{what} must give a text for each language", value.place, f"write {what}: {{fr: …, en: …}}")
    return {}
