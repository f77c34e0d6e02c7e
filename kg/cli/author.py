"""What people do before there is anything to build: start a project, start an article, look for words."""

import shutil
from collections.abc import Callable
from pathlib import Path

from kg.article import Match, find, find_text, is_language_tag, propose_sentences, read_text, skeleton
from kg.article.registry import ENTITY_ID
from kg.errors import Problems, UsageError
from kg.project import DEFAULT_BASE, Project, example

__all__ = ["find_words", "new_article", "start_project"]

_START = {
    "sources/dataset.yaml": f"""\
# What this graph is called, its licence, and the base of the IRIs that it mints.
# With a base of your own, such as https://example.org/press/, data IRIs are yours; terms stay those of pressgraph.
base: {DEFAULT_BASE}
title: {{fr: Mes articles, en: My articles}}
description: {{fr: Ce que disent ces articles., en: What these articles say.}}
licence: https://creativecommons.org/licenses/by/4.0/
""",
    "sources/entities.yaml": """\
# Everything that the articles speak of: its class in the ontology, its names, its codes. For example:
#
# xinhua:
#   type: NewsAgency
#   label: {fr: Agence Xinhua, en: Xinhua News Agency}
#   alias: {fr: [l’Agence Xinhua], en: [Xinhua]}
{}
""",
    ".gitignore": """\
# Texts belong to their owners: the graph holds short quotes and their positions.
/sources/articles/*.txt
/sources/facts/*.txt
/.kg/
""",
}


def start_project(folder: Path, *, with_example: bool) -> list[Path]:
    """Write the files of a new project into `folder` and return their paths.

    with_example: copy the small fictional project instead of an empty one. Raises `UsageError` when the folder holds
    anything that would be overwritten.
    """
    files = {name: text.encode() for name, text in _START.items()}
    if with_example:
        root = example()
        files = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".kg" not in path.relative_to(root).parts
        }
        # The example's own text may be seen; a text that is added beside it is somebody's.
        own = "".join(f"!/{name}\n" for name in sorted(files) if name.endswith(".txt"))
        files[".gitignore"] = f"{_START['.gitignore']}{own}".encode()
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise UsageError(f"{folder} has {', '.join(sorted(there))} already; choose another folder")
    try:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        (folder / "sources/articles").mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from error
    return [folder / name for name in sorted(files)]


def new_article(project: Project, text: Path, language: str) -> Path:
    """Write the skeleton of an article for a text and return its path; put a copy of the text where it is found.

    The article is called as the file is. Raises `UsageError` when there is one of that name, when the name is no slug,
    or when the project came with the package.
    """
    if project.bundled:
        raise UsageError("the bundled project is read-only. Start one of your own with: kg init DIR")
    slug = text.stem
    if not ENTITY_ID.fullmatch(slug):
        raise UsageError(
            f"{text.name}: name the file in lower-case letters, digits and hyphens, as in council-2024-05-02.txt"
        )
    if not is_language_tag(language):
        raise UsageError(f"{language!r} is no language tag; write one such as fr, en or pt-BR")
    article = project.root / "sources/articles" / f"{slug}.yaml"
    if article.exists():
        raise UsageError(f"{project.relative(article)} is there already")
    problems = Problems()
    content = read_text(text, project.root, problems)
    problems.stop_if_any()
    assert content is not None
    article.parent.mkdir(parents=True, exist_ok=True)
    found = find_text(article)
    if found is None:
        shutil.copyfile(text, article.with_suffix(".txt"))
    elif found.read_bytes() != text.read_bytes():
        raise UsageError(f"{found} is another text of that name; rename one of them")
    article.write_text(skeleton(content, slug, language), encoding="utf-8")
    return article


def find_words(project: Project, words: str, tell: Callable[[str], None]) -> int:
    """Tell where the words stand in each text at hand; where they do not, the nearest passage and what differs.

    Returns 0 when they stand somewhere, 1 otherwise. Raises `UsageError` when no text is at hand.
    """
    articles = sorted((project.root / "sources/articles").glob("*.yaml"))
    texts = {article.stem: path for article in articles if (path := find_text(article))}
    if not texts:
        raise UsageError("no text is at hand: put it at sources/articles/<article>.txt, or name its folder in KG_TEXTS")
    if not words:
        raise UsageError("give the words to look for")
    found = False
    for slug, path in texts.items():
        problems = Problems()
        text = read_text(path, project.root, problems)
        problems.stop_if_any()
        assert text is not None
        spans = propose_sentences(text, "und")
        for match in find(words, text):
            exact = not match.differences
            found = found or exact
            sentence = next((n for n, span in enumerate(spans, 1) if span.start <= match.start < span.end), None)
            tell(_render(slug, match, sentence))
    return 0 if found else 1


def _render(slug: str, match: Match, sentence: int | None) -> str:
    before, after = (part.replace("\n", " ") for part in (match.before, match.after))
    place = f"{slug} {match.start}-{match.end}" + (f", sentence {sentence}" if sentence else "")
    lines = [place if not match.differences else f"{slug}: not there; nearest {match.start}-{match.end}"]
    lines.append(f"  …{before}[{match.quote}]{after}…")
    lines += [f"  {difference}" for difference in match.differences]
    return "\n".join(lines)
