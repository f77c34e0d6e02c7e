"""Links to other people's data, in SSSOM/TSV: https://mapping-commons.github.io/sssom/spec-formats-tsv/.

The metadata stand in the file itself, in lines that begin with `#`. What the specification lets a reader skip (an
unknown column, an IRI for a CURIE) is a fault here: the file is written by hand, and a slip would go unseen.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kg import yaml
from kg.errors import Place, Problems, nearest
from kg.graph.store import NamedNode

__all__ = ["LINK_FIELDS", "read_links"]

# The fields of a record. key: made of the link's own CURIEs, so that no other row changes it.
LINK_FIELDS = (
    "key",
    "subject",
    "predicate",
    "object",
    "justification",
    "confidence",
    "subject_label",
    "object_label",
    "object_source",
    "object_source_version",
    "mapping_date",
    "comment",
)

_CURIE_SLOTS = ("subject_id", "predicate_id", "object_id", "mapping_justification")
# https://mapping-commons.github.io/sssom/Mapping/
_SLOTS = frozenset(
    (
        *_CURIE_SLOTS,
        *("subject_label", "subject_category", "subject_type", "subject_source", "subject_source_version"),
        *("subject_match_field", "subject_preprocessing", "predicate_label", "predicate_modifier", "predicate_type"),
        *("object_label", "object_category", "object_type", "object_source", "object_source_version"),
        *("object_match_field", "object_preprocessing", "author_id", "author_label", "reviewer_id", "reviewer_label"),
        *("creator_id", "creator_label", "license", "mapping_provider", "mapping_source", "mapping_cardinality"),
        *("cardinality_scope", "mapping_tool", "mapping_tool_id", "mapping_tool_version", "mapping_date"),
        *("publication_date", "review_date", "confidence", "reviewer_agreement", "curation_rule"),
        *("curation_rule_text", "match_string", "similarity_score", "similarity_measure", "see_also"),
        *("issue_tracker_item", "derived_from", "record_id", "other", "comment"),
    )
)
# Slots of the set that hold for each of its mappings: https://mapping-commons.github.io/sssom/spec-model/.
_PROPAGATED = frozenset(
    (
        *("cardinality_scope", "curation_rule", "curation_rule_text", "mapping_date", "mapping_provider"),
        *("mapping_tool", "mapping_tool_id", "mapping_tool_version", "object_match_field", "object_preprocessing"),
        *("object_source", "object_source_version", "object_type", "predicate_type", "similarity_measure"),
        *("subject_match_field", "subject_preprocessing", "subject_source", "subject_source_version", "subject_type"),
    )
)
# https://mapping-commons.github.io/sssom/MappingSet/
_SET_REQUIRED = ("mapping_set_id", "license")
_SET_SLOTS = _PROPAGATED | {
    *(*_SET_REQUIRED, "curie_map", "mapping_set_confidence", "mapping_set_description", "mapping_set_source"),
    *("mapping_set_title", "mapping_set_version", "sssom_version", "issue_tracker", "creator_id", "creator_label"),
    *("publication_date", "see_also", "other", "comment", "extension_definitions"),
}
# Prefixes that need no declaration and can have no other meaning: https://mapping-commons.github.io/sssom/spec-model/.
_BUILT_IN = {
    "linkml": "https://w3id.org/linkml/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sssom": "https://w3id.org/sssom/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_SKOS = _BUILT_IN["skos"]
# Individuals are the same as others or not; concepts match closely, more broadly, more narrowly, or are related.
_PREDICATES = frozenset(
    (
        "http://www.w3.org/2002/07/owl#sameAs",
        "https://schema.org/sameAs",
        *(f"{_SKOS}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")),
    )
)
# https://mapping-commons.github.io/semantic-mapping-vocabulary/: kinds of matching, and review.
_JUSTIFICATIONS = frozenset(
    _BUILT_IN["semapv"] + name
    for name in (
        *("BackgroundKnowledgeBasedMatching", "CompositeMatching", "InstanceBasedMatching", "LexicalMatching"),
        *("LexicalSimilarityThresholdMatching", "LogicalReasoning", "ManualMappingCuration", "MappingChaining"),
        *("MappingInversion", "MappingReview", "SemanticSimilarityThresholdMatching", "StructuralMatching"),
        "UnspecifiedMatching",
    )
)
_PREFIX = re.compile(r"[A-Za-z_][\w.-]*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE]-?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A value of the table, its quotes taken off, and where it begins."""

    text: str
    place: Place


def read_links(path: Path, root: Path, entities: Collection[str], problems: Problems) -> list[dict[str, str | None]]:
    """The links of an SSSOM/TSV file as records with the fields `LINK_FIELDS`; what is absent is None.

    subject: id of the entity. predicate, object, justification: IRIs. The rest is as written.
    root: places name the file relative to it. entities: ids of the registry.
    Every fault is noted in `problems` with its place; a row with a fault makes no record.
    """
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 at byte {error.start}", Place(file, 1, 1), "save the file as UTF-8")
        return []
    if text.startswith("\ufeff"):
        problems.add("a byte order mark, which SSSOM forbids", Place(file, 1, 1), "save as UTF-8 without BOM")
        text = text[1:]
    lines = text.replace("\r\n", "\n").split("\n")
    size = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = _Reader(file, lines, frozenset(entities), problems)
    reader.read_metadata(size)
    return reader.read_table(size)


class _Reader:
    """The parts of one file."""

    def __init__(self, file: str, lines: Sequence[str], entities: frozenset[str], problems: Problems) -> None:
        self.file = file
        self.lines = lines
        self.entities = entities
        self.problems = problems
        self.prefixes = dict(_BUILT_IN)
        self.common: dict[str, str] = {}

    def read_metadata(self, size: int) -> None:
        """The metadata of the set, from the first `size` lines."""
        if not size:
            place = Place(self.file, 1, 1, self.lines[0])
            self.problems.add("no metadata: the file begins with no line of #", place, "begin with: #curie_map:")
            return
        # A space for the mark: line and column of every value are those of the file.
        text = "\n".join(" " + line[1:] for line in self.lines[:size])
        header = yaml.read_text(text, self.file, self.problems)
        if not isinstance(header, yaml.Map):
            if header is not None:
                self.problems.add("the metadata are no mapping", yaml.place_of(header))
            return
        for key, value in header.items():
            if key not in _SET_SLOTS:
                self.problems.add(f"{str(key)!r} is no slot of a mapping set", key.place, nearest(key, _SET_SLOTS))
            if key in _PROPAGATED and isinstance(value, yaml.Text):
                self.common[str(key)] = str(value)
        for slot in _SET_REQUIRED:
            stated = header.get(slot)
            if stated is None:
                self.problems.add(f"the metadata have no {slot}", header.place, f"add #{slot}: …")
            elif not isinstance(stated, yaml.Text) or not _is_iri(stated):
                self.problems.add(f"{slot} is no IRI", yaml.place_of(stated))
        self._read_prefixes(header.get("curie_map"))

    def _read_prefixes(self, value: yaml.Value | None) -> None:
        if not isinstance(value, yaml.Map):
            if value is not None:
                self.problems.add("curie_map is no mapping of prefixes to IRIs", yaml.place_of(value))
            return
        for prefix, namespace in value.items():
            if not _PREFIX.fullmatch(prefix):
                self.problems.add(f"{str(prefix)!r} is no prefix", prefix.place, "letters, digits, _, - and .")
            elif not isinstance(namespace, yaml.Text) or not _is_iri(namespace):
                self.problems.add(f"the prefix {prefix} stands for no IRI", yaml.place_of(namespace))
            elif _BUILT_IN.get(prefix, namespace) != namespace:
                fix = f"write {_BUILT_IN[prefix]}, or leave it out"
                self.problems.add(f"SSSOM defines the prefix {prefix} otherwise", namespace.place, fix)
            else:
                self.prefixes[str(prefix)] = str(namespace)

    def read_table(self, start: int) -> list[dict[str, str | None]]:
        """The records, from the line after the first `start` ones."""
        rows = self._rows(start)
        header = next(rows, None)
        if header is None:
            place = Place(self.file, start + 1, 1)
            self.problems.add("no table", place, "begin it with the names of its columns, with tabs between")
            return []
        columns = self._columns(header)
        if not set(_CURIE_SLOTS) <= set(columns):
            return []
        records: list[dict[str, str | None]] = []
        seen: dict[tuple[str | None, ...], int] = {}
        for row in rows:
            if len(row) != len(header):
                told = f"{len(row)} cells, of {len(header)} columns"
                self.problems.add(told, row[0].place, "put one tab between two cells, none after the last")
                continue
            record = self._record({name: cell for name, cell in zip(columns, row, strict=True) if cell.text})
            if record is None:
                continue
            link = (record["subject"], record["predicate"], record["object"])
            if link in seen:
                self.problems.add(f"the link is also on line {seen[link]}", row[0].place, "keep one of them")
                continue
            seen[link] = row[0].place.line
            records.append(record)
        return records

    def _columns(self, header: Sequence[_Cell]) -> list[str]:
        names = [cell.text for cell in header]
        for number, cell in enumerate(header):
            if cell.text not in _SLOTS:
                self.problems.add(f"{cell.text!r} is no slot of a mapping", cell.place, nearest(cell.text, _SLOTS))
            elif cell.text in names[:number]:
                self.problems.add(f"the column {cell.text} is there twice", cell.place, "keep one of them")
        for slot in _CURIE_SLOTS:
            if slot not in names:
                self.problems.add(f"no column {slot}", header[0].place, f"add the column {slot}")
        return names

    def _record(self, row: Mapping[str, _Cell]) -> dict[str, str | None] | None:
        before = len(self.problems)
        if not row:
            return None
        first = next(iter(row.values())).place
        for slot in _CURIE_SLOTS:
            if slot not in row:
                self.problems.add(f"no {slot}", Place(self.file, first.line, 1, first.text))
        iris = {slot: self._expand(row[slot]) for slot in _CURIE_SLOTS if slot in row}
        subject = self._subject(row.get("subject_id"), iris.get("subject_id"))
        self._one_of(row.get("predicate_id"), iris.get("predicate_id"), _PREDICATES, "predicate of a link")
        self._one_of(
            row.get("mapping_justification"), iris.get("mapping_justification"), _JUSTIFICATIONS, "justification"
        )
        self._check_values(row)
        if len(self.problems) > before:
            return None
        words = [row[slot].text.rstrip("/").replace(":", "-") for slot in ("predicate_id", "object_id")]
        made = {
            "key": ".".join([str(subject), *words]),
            "subject": subject,
            "predicate": iris["predicate_id"],
            "object": iris["object_id"],
            "justification": iris["mapping_justification"],
        }
        return made | {
            name: row[name].text if name in row else self.common.get(name) for name in LINK_FIELDS if name not in made
        }

    def _expand(self, cell: _Cell) -> str | None:
        """The IRI of a CURIE: https://www.w3.org/TR/curie/."""
        prefix, colon, local = cell.text.partition(":")
        if not colon or local.startswith("//"):
            self.problems.add(f"{cell.text!r} is no CURIE", cell.place, "write prefix:name, the prefix from curie_map")
        elif prefix not in self.prefixes:
            self.problems.add(f"the prefix {prefix!r} is not declared", cell.place, nearest(prefix, self.prefixes))
        elif not local:
            self.problems.add(f"nothing stands after the prefix {prefix}", cell.place, "write what it identifies")
        elif not _is_iri(self.prefixes[prefix] + local):
            self.problems.add(
                f"{self.prefixes[prefix] + local!r} is no IRI", cell.place, "percent-encode what no IRI may hold"
            )
        else:
            return self.prefixes[prefix] + local
        return None

    def _subject(self, cell: _Cell | None, iri: str | None) -> str | None:
        if cell is None or iri is None:
            return None
        prefix, _, local = cell.text.partition(":")
        if not self.prefixes[prefix].endswith("/id/"):
            self.problems.add("the subject is none of our entities", cell.place, "write id: and the id of an entity")
        elif local not in self.entities:
            self.problems.add(f"there is no entity {local!r}", cell.place, nearest(local, self.entities))
        return local

    def _one_of(self, cell: _Cell | None, iri: str | None, allowed: Collection[str], what: str) -> None:
        if cell is None or iri is None or iri in allowed:
            return
        known = [self._compact(name) for name in allowed]
        self.problems.add(f"{cell.text} is no {what}", cell.place, nearest(cell.text, known))

    def _compact(self, iri: str) -> str:
        """The CURIE of an IRI, by the longest namespace that is known."""
        spaces = sorted(self.prefixes.items(), key=lambda entry: -len(entry[1]))
        prefix, namespace = next(((p, n) for p, n in spaces if iri.startswith(n)), ("", ""))
        return f"{prefix}:{iri.removeprefix(namespace)}" if prefix else iri

    def _check_values(self, row: Mapping[str, _Cell]) -> None:
        modifier, confidence, day = (row.get(slot) for slot in ("predicate_modifier", "confidence", "mapping_date"))
        if modifier:
            told = "a link that does not hold cannot be published as one"
            self.problems.add(told, modifier.place, "leave the row out")
        if confidence and not (_NUMBER.fullmatch(confidence.text) and float(confidence.text) <= 1):
            self.problems.add(f"{confidence.text!r} is no confidence", confidence.place, "write a number from 0 to 1")
        if day and not _is_date(day.text):
            self.problems.add(f"{day.text!r} is no day", day.place, "write it as 2010-06-13")

    def _rows(self, start: int) -> Iterator[list[_Cell]]:
        """The rows of the table; a quoted cell may hold tabs, line breaks and, doubled, quotes."""
        number = start
        while number < len(self.lines):
            if not self.lines[number].strip():
                if any(line.strip() for line in self.lines[number:]):
                    self.problems.add("an empty line in the table", Place(self.file, number + 1, 1), "remove it")
                number += 1
                continue
            row, column, line = [], 0, self.lines[number]
            while column <= len(line):
                place = Place(self.file, number + 1, column + 1, self.lines[number])
                if line[column : column + 1] == '"':
                    found, number, line, column = self._quoted(number, line, column, place)
                else:
                    end = line.find("\t", column)
                    end = len(line) if end < 0 else end
                    found, column = line[column:end], end + 1
                    if '"' in found:
                        self.problems.add("a quote in a cell without quotes around it", place, 'write "…""…"')
                row.append(_Cell(found, place))
            yield row
            number += 1

    def _quoted(self, number: int, line: str, column: int, place: Place) -> tuple[str, int, str, int]:
        """A quoted cell: its text, the line that it ends on, by number and text, and the column after its tab."""
        parts: list[str] = []
        column += 1
        while True:
            end = line.find('"', column)
            if end < 0:
                parts.append(line[column:])
                number += 1
                if number >= len(self.lines):
                    self.problems.add("a quote that is not closed", place, 'close it with "')
                    return "".join(parts), number, "", 1
                parts.append("\n")
                line, column = self.lines[number], 0
            elif line[end + 1 : end + 2] == '"':
                parts.append(line[column : end + 1])
                column = end + 2
            else:
                parts.append(line[column:end])
                if line[end + 1 : end + 2] not in {"", "\t"}:
                    after = Place(self.file, number + 1, end + 2, line)
                    self.problems.add("text after the end of a quoted cell", after, 'double a quote inside: ""')
                    tab = line.find("\t", end)
                    end = (len(line) if tab < 0 else tab) - 1
                return "".join(parts), number, line, end + 2


def _is_iri(text: str) -> bool:
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
