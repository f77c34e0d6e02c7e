"""A store elsewhere, served with the questions and texts of a project."""

from collections.abc import Callable, Mapping
from typing import Any

from kg.address import WEB, split
from kg.errors import Problems, UsageError
from kg.graph.question import read_questions
from kg.graph.remote import Remote, StoreError, shows_union
from kg.pipeline import read_dataset
from kg.project import Project
from kg.web import serve
from kg.web.remote import Upstream
from kg.web.settings import Settings

__all__ = ["refuse_options_of_remote", "serve_remote"]

Tell = Callable[[str], None]
_AGE = 60
# Seconds for which the store is waited for at the start.
_SECONDS = 5.0


def refuse_options_of_remote(told: Mapping[str, Any], *, own: bool) -> None:
    """Raise UsageError for options that do not go together, and for an address that is none.

    told: values of the options. own: whether a graph of the project's own is to be built or changed.
    """
    store: str | None = told["store"]
    if store is None:
        for name, option in (("--login-file", "login_file"), ("--max-age", "max_age")):
            if told[option] is not None:
                raise UsageError(f"{name} says how a store elsewhere is served: write --store ADDRESS as well")
        return
    if own:
        raise UsageError("--store serves a store elsewhere, and --watch and --writable one that is here: choose one")
    parts = split(store)
    if "@" in store.partition("://")[2].partition("/")[0]:
        raise UsageError("a login in the address shows in the list of processes: put it into KG_LOGIN or --login-file")
    if parts is None or parts.scheme not in WEB or parts.fragment:
        raise UsageError(f"--store {store}: write the address of a SPARQL endpoint, such as https://example.org/sparql")


def serve_remote(
    project: Project, address: str, login: str, age: int | None, settings: Settings, *, tell: Tell, ready: Tell
) -> None:
    """Serve a store elsewhere until a signal comes; raises UsageError, and what is wrong with the project."""
    problems = Problems()
    dataset = read_dataset(project, problems)
    folder = project.part("queries")
    questions = read_questions(folder, project.root_of(folder), problems)
    problems.stop_if_any()
    upstream = Upstream(
        address, dataset.base, dataset.title, dataset.description, questions, dataset.licence, age or _AGE, login
    )
    try:
        if shows_union(Remote(address, login, settings.limits.reach), dataset.base, _SECONDS):
            tell("what is in its named graphs seems to be in its default graph too: what somebody says looks asserted")
    except StoreError as error:
        tell(f"{error}; each query asks it again")
    serve(upstream.current, settings, ready, upstream=upstream)
