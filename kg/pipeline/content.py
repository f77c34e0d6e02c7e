"""Everything people write in a project, read and checked: the input of a build."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from kg.article import (
    Article,
    Field,
    Kind,
    Registry,
    compute_lock,
    find_text,
    lock_path,
    read_article,
    read_entities,
    read_lock,
    read_text,
    write_lock,
)
from kg.claim import CLAIM, EVIDENCE, NS, Sent, fact_table, find_sent, sent_files
from kg.errors import Place, Problems
from kg.graph import LINK_FIELDS, Ontology, Question, read_links, read_ontology, read_questions
from kg.mapping import (
    Catalog,
    Reference,
    TermMap,
    TriplesMap,
    check_maps,
    lexical_error,
    read_yarrrml,
    selected,
    text_table,
)
from kg.pipeline.dataset import Dataset, read_dataset
from kg.project import DEFAULT_BASE, Project

__all__ = ["ARTICLES", "FACTS", "Content", "fact_kinds", "read_content", "write_locks"]

ARTICLES = "articles.json"
FACTS = "facts.json"

# The logical sources that mappings read besides the facts, with their columns.
_TABLES = {
    ARTICLES: ("article", "language", "headline", "rights", "length", "sentences", "sha256"),
    "entities.json": ("entity", "type"),
    "labels.json": ("entity", "property", "value", "language"),
    "identifiers.json": ("entity", "scheme", "code"),
    "links.json": LINK_FIELDS,
}


@dataclass(frozen=True, slots=True)
class Content:
    """What a project holds, without a known fault.

    articles: written by hand, in the order of their file names. links: records of links.json. kinds: what a fact may
    say. sent: the files of facts that machines sent, which are read as the graph is made.
    """

    project: Project
    dataset: Dataset
    ontology: Ontology
    registry: Registry
    articles: Sequence[Article]
    links: Sequence[Mapping[str, Any]]
    triples_maps: Sequence[TriplesMap]
    kinds: Mapping[str, Kind]
    questions: Sequence[Question]
    sent: Sent

    @property
    def documents(self) -> list[str]:
        """Ids of the entities that are documents: their class is in the range of kg:accordingTo."""
        classes = self.ontology.below_range("accordingTo")
        return sorted(known.id for known in self.registry.values() if known.type in classes)

    def records(self, only: Collection[str] | None = None) -> list[Mapping[str, Any]]:
        """The normalised facts and inferences of all articles, or of those whose slugs are given."""
        chosen = [article for article in self.articles if only is None or article.slug in only]
        return [record for article in chosen for record in (*article.facts, *article.inferences)]

    def catalog(self, only: Collection[str] | None = None) -> Catalog:
        """The logical sources by name, of everything or of the given articles and the entities that they speak of."""
        chosen = [article for article in self.articles if only is None or article.slug in only]
        spoken = self.registry if only is None else self._spoken_of(self.records(only))
        rows: dict[str, Sequence[Mapping[str, Any]]] = {
            ARTICLES: [article.record for article in chosen],
            "entities.json": [row for row in self.registry.entities if row["entity"] in spoken],
            "labels.json": [row for row in self.registry.labels if row["entity"] in spoken],
            "identifiers.json": [row for row in self.registry.identifiers if row["entity"] in spoken],
            "links.json": [row for row in self.links if row["subject"] in spoken],
        }
        tables = {name: text_table(rows[name], columns) for name, columns in _TABLES.items()}
        return {**tables, FACTS: fact_table(self.records(only))}

    def text(self, article: Article) -> str | None:
        """The text of an article; None when it is not at hand."""
        found = find_text(self.project.root / "sources/articles" / f"{article.slug}.yaml")
        return read_text(found, self.project.root, Problems()) if found else None

    def _spoken_of(self, records: Sequence[Mapping[str, Any]]) -> set[str]:
        """Ids of the entities that the records name, as voices or in fields."""
        named = {voice["entity"] for record in records for voice in record["voices"]}
        for record in records:
            for name, known in self.kinds[record["kind"]].fields.items():
                value = record.get(name)
                if known.type == "entity" and value is not None:
                    named.update(value if isinstance(value, list) else [value])
        return named

    def locate(self, record: Mapping[str, Any], name: str) -> Place | None:
        """Where the field `name` of a fact, or the fact itself, is written; None for records of other sources.

        With the name `CLAIM`, the field that refers to a claim.
        """
        if "kind" not in record:
            return find_sent(self.sent, str(record["article"]), str(record["id"]))
        if name == CLAIM:
            fields = self.kinds[record["kind"]].fields.values()
            name = next((known.name for known in fields if known.type == "claim"), "")
        article = next((found for found in self.articles if found.slug == record.get("article")), None)
        return article.place(str(record["id"]), name or None) if article and "id" in record else None


def read_content(project: Project) -> Content:
    """Read and check everything that a build is made from.

    An article's text is `$KG_TEXTS/<slug>.txt` or `<slug>.txt` beside the article; where there is none, its lock
    stands in. Raises `ContentError` with every problem of every file.
    """
    problems = Problems()
    root = project.root
    dataset = read_dataset(project, problems)
    vocabulary = project.part("ontology/pressgraph.ttl")
    ontology = read_ontology(vocabulary, project.root_of(vocabulary), NS, problems)
    mappings = project.part("mappings")
    triples_maps = _read_mappings(mappings, project.root_of(mappings), dataset.base, problems)
    check_maps(triples_maps, {**_TABLES, FACTS: None}, problems)
    kinds = fact_kinds(triples_maps, dataset.base)
    registry = read_entities(root / "sources/entities.yaml", root, ontology.classes, problems)
    links_file = root / "sources/links.sssom.tsv"
    links = read_links(links_file, root, registry, problems) if links_file.exists() else []
    folder = root / "sources/articles"
    files = sorted(folder.glob("*.yaml"))
    sent = sent_files(root / "sources/facts", root)
    if not files and not sent:
        where = project.relative(folder)
        problems.add(
            f"there is no article in {where}/",
            None,
            f"add one with: kg article new TEXT, which writes {where}/<name>.yaml",
        )
    _tell_unread(folder, project.root, problems)
    articles = [_read_article(file, project, kinds, registry, problems) for file in files]
    queries = project.part("queries")
    questions = read_questions(queries, project.root_of(queries), problems)
    content = Content(
        project,
        dataset,
        ontology,
        registry,
        [found for found in articles if found],
        links,
        triples_maps,
        kinds,
        questions,
        sent,
    )
    problems.stop_if_any()
    return content


def _tell_unread(folder: Path, root: Path, problems: Problems) -> None:
    """Note every YAML file below the folder that is not read, so that nobody waits for what it says."""
    unread = {path for ending in ("*.yml", "*.yaml") for path in folder.rglob(ending)} - set(folder.glob("*.yaml"))
    for path in sorted(unread):
        where = Place(path.relative_to(root).as_posix(), 1, 1)
        problems.add(
            "this file is not read", where, f"move it to {folder.relative_to(root).as_posix()}/{path.stem}.yaml"
        )


def _read_article(
    file: Path, project: Project, kinds: Mapping[str, Kind], registry: Registry, problems: Problems
) -> Article | None:
    root = project.root
    found = find_text(file)
    text = read_text(found, root, problems) if found else None
    # Where the text is, it is verified itself, and its lock is renewed whatever it holds.
    lock = read_lock(lock_path(file), root, problems) if text is None and lock_path(file).exists() else None
    return read_article(file, root, kinds, registry, text, lock, problems)


def write_locks(content: Content) -> dict[Path, bool]:
    """Write the lock of each article whose text is at hand; those that changed, and whether there was one before.

    Nothing is written into the bundled project.
    """
    changed = {}
    for article in content.articles:
        file = content.project.root / "sources/articles" / f"{article.slug}.yaml"
        text = content.text(article)
        if text is None or article.verified != "text" or content.project.bundled:
            continue
        lock = compute_lock(text, article.metadata.language, article.quoted, article.spans)
        before = lock_path(file).exists()
        if write_lock(lock_path(file), lock):
            changed[lock_path(file)] = before
    return changed


def fact_kinds(triples_maps: Sequence[TriplesMap], base: str) -> dict[str, Kind]:
    """The kinds of fact and their fields, as the triples maps over facts read them.

    A template `id:$(field)` makes an entity reference, `claim:$(article)/$(field)` a claim reference, a datatype a
    checked value, anything else text.
    """
    fields: dict[str, dict[str, Field]] = {}
    faulty: set[str] = set()
    for triples_map in triples_maps:
        for source in triples_map.sources:
            chosen = selected(source)
            if source.access != FACTS or chosen is None or chosen[0] != "kind":
                continue
            kind = chosen[1]
            own = fields.setdefault(kind, {})
            faulty |= set() if triples_map.sound else {kind}
            subjects = {name for term_map in triples_map.subjects for name in term_map.references}
            objects = [
                term_map
                for pom in triples_map.predicate_objects
                for term_map in (*pom.predicates, *pom.objects)
                if isinstance(term_map, TermMap)
            ]
            for term_map in (*triples_map.subjects, *objects):
                for found in _fields(term_map, base):
                    required = found.name in subjects or len(triples_map.predicate_objects) == 1
                    own.setdefault(found.name, replace(found, required=required))
    return {name: Kind(name, own, known=name not in faulty) for name, own in fields.items()}


def _fields(term_map: TermMap, base: str) -> list[Field]:
    names = [name for name in term_map.references if name not in EVIDENCE]
    opening = term_map.parts[0] if term_map.parts else ""
    if term_map.term_type == "iri" and opening == f"{base}id/" and isinstance(term_map.parts[1], Reference):
        return [Field(name, "entity") for name in names]
    if term_map.term_type == "iri" and opening == f"{base}claim/":
        return [Field(name, "claim") for name in names]
    datatype = term_map.datatype.constant if term_map.datatype else None
    if datatype and term_map.is_reference:
        return [Field(name, "value", datatype, partial(lexical_error, datatype)) for name in names]
    return [Field(name, "text") for name in names]


def _read_mappings(folder: Path, root: Path, base: str, problems: Problems) -> list[TriplesMap]:
    files = sorted(folder.glob("*.yaml"))
    _tell_unread(folder, root, problems)
    if not files:
        problems.add(
            f"there is no mapping in {folder.name}/",
            None,
            "add a YARRRML file, or remove the folder to use the bundled mappings",
        )
    return [found for file in files for found in read_yarrrml(file, root, (DEFAULT_BASE, base), problems)]
