"""Gates: what must hold of a project, each with its state and its failures."""

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kg.article import Article, content_words, uncovered_words
from kg.claim import Told
from kg.errors import ContentError, Place, Problem, Problems
from kg.graph import Store, check_expectation, memory_store, open_store, read_context, write_store
from kg.pipeline.build import HELD, make_quads, write_graph
from kg.pipeline.content import Content, read_content, write_locks
from kg.pipeline.sent import write_sent_locks
from kg.pipeline.shapes import shape_problems
from kg.project import Project

__all__ = ["Gate", "gates_json", "render_gates", "run_gates"]

# Where a problem of reading belongs, by how its file's path begins; anything else is of the files in general.
_FILES = {
    "sources/articles/": "quotes",
    "sources/facts/": "quotes",
    "sources/links.sssom.tsv": "links",
    "queries/": "questions",
    "ontology/": "ontology",
}
_NAMES = ("files", "quotes", "coverage", "shapes", "questions", "links", "ontology")


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that must hold. detail: what was checked, or why it was not."""

    name: str
    state: Literal["holds", "fails", "not checked"]
    detail: str
    problems: Sequence[Problem] = ()


def run_gates(project: Project, *, strict: bool = False, words: bool = False) -> list[Gate]:
    """Check everything, in the order of `kg check`; locks are renewed where texts are at hand.

    strict: a lock that had to be renewed is a failure. words: whether words of a text that no quote shows may be
    told; otherwise only where they stand, since logs are often public.
    """
    try:
        content = read_content(project)
    except ContentError as error:
        return _unread(error.problems)
    locks = write_locks(content)
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "graph.nq"
        problems: Problems = Problems()
        sent, store, count = Told(), None, 0
        try:
            lines, sent = write_graph(content, graph)
        except ContentError as error:
            problems += error.problems
        else:
            locks |= write_sent_locks(content, sent)
            count = len(lines) + sent.counts["quads"]
            store = _store(graph) if count <= HELD else None
        renewed = [lock for lock, before in locks.items() if before]
        unsound = Problems(problem for problem in problems if _is_sent(problem))
        gates = [
            _files(content, sent),
            _gate("quotes", "", unsound) if unsound else _quotes(content, sent, renewed, strict=strict),
            _coverage(content, words=words),
        ]
        if store is not None:
            gates += [_gate("shapes", f"{count:,} quads", shape_problems(store, content)), _questions(content)]
            del store
        elif count:
            gates += [Gate("shapes", "not checked", f"{count:,} quads, more than {HELD:,}"), _questions(content)]
        else:
            gates.append(_gate("shapes", "", Problems(problem for problem in problems if problem not in unsound)))
            if not gates[-1].problems:
                gates[-1] = Gate("shapes", "not checked", "the graph could not be made")
            gates.append(Gate("questions", "not checked", "the graph could not be made"))
    gates.append(_gate("links", f"{len(content.links)} links to other data sets", []))
    terms, problems = content.ontology.terms, content.ontology.undocumented()
    path = project.part("ontology/context.jsonld")
    read_context(path, project.root_of(path), problems)
    gates.append(_gate("ontology", f"{len(terms)} terms explained in French and English", problems))
    return gates


def _store(graph: Path) -> Store:
    write_store(graph, graph.with_name("store"))
    return open_store(graph.with_name("store"))


def _is_sent(problem: Problem) -> bool:
    """Whether a problem is of facts that machines sent; how many more there are is told without a place."""
    return problem.place is None or problem.place.file.startswith("sources/facts/")


def _gate(name: str, holds: str, problems: Sequence[Problem]) -> Gate:
    if problems:
        return Gate(name, "fails", f"{len(problems)} problem{'s' if len(problems) > 1 else ''}", problems)
    return Gate(name, "holds", holds)


def _unread(problems: Iterable[Problem]) -> list[Gate]:
    """The gates of a project that cannot be read: the problems where they belong, the rest not checked."""
    found: dict[str, Problems] = {}
    for problem in problems:
        file = problem.place.file if problem.place else ""
        name = next((name for part, name in _FILES.items() if file.startswith(part)), "files")
        found.setdefault(name, Problems()).append(problem)
    return [
        _gate(name, "", found[name])
        if name in found
        else Gate(name, "not checked", "what people wrote cannot be read yet")
        for name in _NAMES
    ]


def _files(content: Content, sent: Told) -> Gate:
    counted = f"{len(content.registry)} entities, {len(content.triples_maps)} triples maps, {_count(content, sent)}"
    return Gate("files", "holds", counted)


def _count(content: Content, sent: Told) -> str:
    count = len(content.articles) + sent.counts["articles"]
    return f"{count:,} article{'s' if count != 1 else ''}"


def _quotes(content: Content, sent: Told, renewed: Sequence[Path], *, strict: bool) -> Gate:
    quotes = sum(len(article.quoted) for article in content.articles) + sent.counts["quotes"]
    unseen = [article.slug for article in content.articles if article.verified != "text"] + sent.vouched
    if unseen:
        return Gate(
            "quotes", "not checked", f"no text at hand for {', '.join(unseen)}; the lock vouches for every quote"
        )
    holds = f"{quotes:,} quotes and cues stand in the text of {_count(content, sent)}"
    if not renewed:
        return Gate("quotes", "holds", holds)
    names = [content.project.relative(lock) for lock in renewed]
    if not strict:
        return Gate("quotes", "holds", f"{holds}; renewed {', '.join(names)}")
    problems = Problems()
    for name in names:
        problems.add("the lock was not that of the article and its text", Place(name, 1, 1), "commit the renewed lock")
    return _gate("quotes", "", problems)


def _coverage(content: Content, *, words: bool) -> Gate:
    if not content.articles:
        return Gate("coverage", "not checked", "facts that machines sent may leave sentences out")
    problems = Problems()
    unknown, count = [], 0
    for article in content.articles:
        for number in article.silent:
            problems.add(f"sentence {number} has no fact", Place(article.file, 1, 1), "state what it says")
        if article.uncovered is None:
            unknown.append(article.slug)
            continue
        count += len(article.uncovered)
        problems += _uncovered(content, article, shown=words or article.metadata.rights == "text")
    if unknown and not problems:
        return Gate("coverage", "not checked", f"no text at hand and an old lock for {', '.join(unknown)}")
    return _gate("coverage", f"every sentence; the {count} words under no quote are function words", problems)


def _uncovered(content: Content, article: Article, *, shown: bool) -> Problems:
    """A problem for each sentence with words under no quote that are no function words, at a fact of the sentence."""
    problems = Problems()
    text, language = content.text(article), article.metadata.language
    missing = article.uncovered or () if text is None else uncovered_words(text, language, article.spans)
    bare = content_words(missing, language)
    for number, span in enumerate(article.metadata.sentences, 1):
        words = [word for word in bare if span.start <= word.start < span.end]
        if words:
            fact = next((str(fact["id"]) for fact in article.facts if fact["sentence"] == number), "")
            told = ", ".join(f"{word.word} ({word.start})" if shown else f"{word.start}-{word.end}" for word in words)
            place = article.place(fact) or Place(article.file, 1, 1)
            problems.add(f"sentence {number}: under no quote: {told}", place, "state what they say, or widen a quote")
    return problems


def _questions(content: Content) -> Gate:
    known = {article.slug for article in content.articles}
    problems = Problems()
    stores = {}
    asked = 0
    for question in content.questions:
        for expectation in question.expectations:
            slugs = frozenset(expectation.articles)
            if not slugs <= known:
                continue
            if slugs not in stores:
                stores[slugs] = memory_store("".join(f"{line}\n" for line in make_quads(content, slugs)).encode())
            asked += 1
            problems += check_expectation(question, expectation, stores[slugs], content.dataset.base)
    if not asked:
        return Gate("questions", "not checked", "no question expects anything of these articles")
    return _gate("questions", f"{asked} expectations of {len(content.questions)} questions", problems)


def render_gates(gates: Sequence[Gate]) -> str:
    """One line a gate, then each failure with its place."""
    lines = [f"{gate.name:<10} {gate.state:<12} {gate.detail}" for gate in gates]
    for gate in gates:
        for problem in gate.problems:
            lines += ["", f"{gate.name}: {problem.render()}"]
    return "\n".join(lines)


def gates_json(gates: Sequence[Gate]) -> str:
    """The gates as a JSON array."""
    told = [
        {
            "gate": gate.name,
            "state": gate.state,
            "detail": gate.detail,
            "problems": [
                {
                    "message": problem.message,
                    "fix": problem.fix,
                    "file": problem.place.file if problem.place else None,
                    "line": problem.place.line if problem.place else None,
                    "column": problem.place.column if problem.place else None,
                }
                for problem in gate.problems
            ],
        }
        for gate in gates
    ]
    return json.dumps(told, ensure_ascii=False, indent=2)
