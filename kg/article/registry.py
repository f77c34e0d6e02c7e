"""The registry of entities: who and what the articles speak of, by id."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kg.article.shape import as_map, as_text, as_texts, composed, only_keys
from kg.errors import Place, Problems, nearest
from kg.language import is_language_tag
from kg.yaml import Map, Text, Value, place_of, read

__all__ = ["ENTITY_ID", "Entity", "Record", "Registry", "read_entities"]

Record = dict[str, object]
"""One row of a logical source: strings, numbers, lists and mappings, as JSON has them."""

ENTITY_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""An id: lower-case ASCII letters and digits in groups joined by hyphens."""

_KEYS = ("type", "label", "alias", "note", "identifier")
_SCHEME = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something the articles speak of.

    type: local name of a class of the ontology. label, note: by language tag. alias: by language tag, in the
    order of the file. identifier: codes by scheme. place: where the entity stands in its file.
    """

    id: str
    type: str
    label: Mapping[str, str]
    alias: Mapping[str, tuple[str, ...]]
    note: Mapping[str, str]
    identifier: Mapping[str, tuple[str, ...]]
    place: Place


class Registry(Mapping[str, Entity]):
    """Entities by id, in the order of the file."""

    def __init__(self, entities: Mapping[str, Entity], *, whole: bool = True) -> None:
        """Keep the entities; not `whole` when the file could not be read, so that no name is known to be wrong."""
        self._entities = MappingProxyType(dict(entities))
        self._whole = whole

    def lacks(self, entity: str) -> bool:
        """Whether there is certainly no entity of that id."""
        return self._whole and entity not in self._entities

    def __getitem__(self, entity: str) -> Entity:
        """The entity of an id."""
        return self._entities[entity]

    def __iter__(self) -> Iterator[str]:
        """The ids."""
        return iter(self._entities)

    def __len__(self) -> int:
        """The number of entities."""
        return len(self._entities)

    @property
    def entities(self) -> list[Record]:
        """Rows of `entities.json`: {entity, type}."""
        return [{"entity": entity.id, "type": entity.type} for entity in self.values()]

    @property
    def labels(self) -> list[Record]:
        """Rows of `labels.json`: {entity, property, value, language}."""
        rows: list[Record] = []
        for entity in self.values():
            texts = [("prefLabel", tag, value) for tag, value in entity.label.items()]
            texts += [("altLabel", tag, value) for tag, values in entity.alias.items() for value in values]
            texts += [("scopeNote", tag, value) for tag, value in entity.note.items()]
            rows += [
                {"entity": entity.id, "property": name, "value": value, "language": tag} for name, tag, value in texts
            ]
        return rows

    @property
    def identifiers(self) -> list[Record]:
        """Rows of `identifiers.json`: {entity, scheme, code}."""
        return [
            {"entity": entity.id, "scheme": scheme, "code": code}
            for entity in self.values()
            for scheme, codes in entity.identifier.items()
            for code in codes
        ]


def read_entities(path: Path, root: Path, classes: Collection[str], problems: Problems) -> Registry:
    """Read the registry from `path`; places name it relative to `root`, types are among `classes`.

    Entities with a wrong part stay in the registry as far as they can be read, so that an article is not
    blamed for them; everything wrong is noted in `problems`.
    """
    if not path.is_file():
        problems.add(f"there is no {path.name}", Place(_relative(path, root), 1, 1), "write the entities there")
        return Registry({}, whole=False)
    value = read(path, root, problems)
    entries = None if value is None else as_map(value, "the registry", problems)
    entities: dict[str, Entity] = {}
    for name, entry in (entries or {}).items():
        if not ENTITY_ID.fullmatch(name):
            problems.add(
                f"{str(name)!r} cannot be the id of an entity", name.place, "use lower-case letters, digits and hyphens"
            )
        entities[str(name)] = _entity(name, entry, classes, problems)
    return Registry(entities, whole=entries is not None)


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _entity(name: Text, entry: Value, classes: Collection[str], problems: Problems) -> Entity:
    entries = as_map(entry, f"the entity {name}", problems)
    if entries is None:
        return Entity(str(name), "", {}, {}, {}, {}, name.place)
    only_keys(entries, _KEYS, f"the entity {name}", problems)
    label = _by_language(entries.get("label"), "label", problems)
    alias = _by_language(entries.get("alias"), "alias", problems)
    note = _by_language(entries.get("note"), "note", problems)
    if not label and not entries.get("label"):
        problems.add(f"the entity {name} has no label", name.place, "add label: {fr: …, en: …}")
    for tag, values in alias.items():
        for value in values:
            if value in label.get(tag, ()):
                problems.add(f"{str(value)!r} is the label in {tag!r} already", value.place, "drop the alias")
    return Entity(
        str(name),
        _type(name, entries, classes, problems),
        _single(label, "label", problems),
        {tag: tuple(map(str, values)) for tag, values in alias.items()},
        _single(note, "note", problems),
        _identifier(entries.get("identifier"), problems),
        name.place,
    )


def _type(name: Text, entries: Map, classes: Collection[str], problems: Problems) -> str:
    value = entries.get("type")
    if value is None:
        problems.add(f"the entity {name} has no type", name.place, "add type: and the name of a class of the ontology")
        return ""
    text = as_text(value, "type", problems)
    if text is not None and text not in classes:
        problems.add(f"unknown class {str(text)!r}", text.place, nearest(text, classes))
    return "" if text is None else str(text)


def _by_language(value: Value | None, what: str, problems: Problems) -> dict[str, list[Text]]:
    """Texts by language tag, as they stand; those under a bad tag are left out."""
    if value is None:
        return {}
    entries = as_map(value, what, problems)
    texts: dict[str, list[Text]] = {}
    seen: dict[str, str] = {}
    for tag, each in (entries or {}).items():
        if not is_language_tag(tag):
            problems.add(
                f"{str(tag)!r} is not a language tag", tag.place, "use a tag such as fr, en or zh-Hans (RFC 5646)"
            )
        elif tag.lower() in seen:
            problems.add(f"{str(tag)!r} is the language {seen[tag.lower()]!r} again", tag.place, "keep one of them")
        elif (values := as_texts(each, f"{what} in {tag}", problems)) is not None:
            texts[str(tag)] = values
            for text in values:
                composed(text, f"{what} in {tag}", problems)
        seen.setdefault(tag.lower(), str(tag))
    return texts


def _single(texts: Mapping[str, list[Text]], what: str, problems: Problems) -> dict[str, str]:
    for tag, values in texts.items():
        if len(values) > 1:
            problems.add(f"more than one {what} in {tag!r}", values[1].place, "keep one; further names are aliases")
    return {tag: str(values[0]) for tag, values in texts.items()}


def _identifier(value: Value | None, problems: Problems) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    entries = as_map(value, "identifier", problems)
    codes: dict[str, tuple[str, ...]] = {}
    for scheme, each in (entries or {}).items():
        if not _SCHEME.fullmatch(scheme):
            problems.add(
                f"{str(scheme)!r} cannot name a scheme of identifiers", scheme.place, "use letters, digits and hyphens"
            )
        texts = as_texts(each, f"the identifier {scheme}", problems)
        codes[str(scheme)] = tuple(map(str, texts or ()))
    if entries is not None and not entries:
        problems.add("identifier is empty", place_of(value), "give a scheme and a code, or leave the key out")
    return codes
