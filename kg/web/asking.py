"""Questions: their parameters as a form, their answers as a page or as data."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from kg.errors import ContentError
from kg.graph.question import Question
from kg.graph.store import DefaultGraph, NamedNode, Results
from kg.graph.syntax import bind_values
from kg.graph.worker import Task
from kg.web.answers import Asked, answer
from kg.web.negotiation import wants_html
from kg.web.pages import Reader, render
from kg.web.refusal import Refusal
from kg.web.site import Site
from kg.web.tables import Table, result_table
from kg.web.texts import headings

__all__ = ["STARTER", "question_page", "runnable", "starter", "table_of", "values_of"]

# A choice is a list as long as one can be read through; beyond, the name is typed.
_CHOICES = 400
STARTER = "SELECT ?subject ?predicate ?object\nWHERE { ?subject ?predicate ?object }\nLIMIT 20\n"
_PREF_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter in the form. options: (value, text, language of the text) to choose from; empty: it is typed."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str, str], ...] = ()


def values_of(question: Question, asked: Mapping[str, str]) -> dict[str, str]:
    """The value of each parameter, as text: what was asked, else its default."""
    return {name: asked.get(name) or parameter.default for name, parameter in question.parameters.items()}


def runnable(site: Site, question: Question, values: Mapping[str, str]) -> str:
    """The question's query with its parameters bound, to be changed and run."""
    bindings = question.bindings(values, site.base)
    text = (
        bind_values(question.text, {name: str(term) for name, term in bindings.items()}) if bindings else question.text
    )
    return text.strip() + "\n"


def starter(site: Site) -> str:
    """The query that a form begins with: the first question's, else one that always answers."""
    if not site.questions:
        return STARTER
    first = site.questions[0]
    return runnable(site, first, values_of(first, {}))


def table_of(site: Site, question: Question, results: Results, language: str, *, triples: bool = False) -> Table:
    """An answer as a table whose columns are called what the question calls its parameters."""
    own = {
        name: site.text(parameter.label, language) for name, parameter in question.parameters.items() if parameter.label
    }
    return result_table(results, site.labels, language, {**headings(language), **own}, triples=triples)


async def question_page(site: Site, request: Request, name: str) -> Response:
    """Answer a question, as a page or as data; raises Refusal for a question that there is not."""
    question = site.named.get(name)
    if question is None:
        raise Refusal(404, f"there is no question {name!r}")
    values = values_of(question, request.query_params)
    language = Reader(request).language

    def table(results: Results, triples: bool) -> Table:  # noqa: FBT001 - told by the worker
        return table_of(site, question, results, language, triples=triples)

    try:
        asked = Asked(_task(site, question, values), request.query_params.get("format"))
        found = await answer(request, site.own_pool, site.limits, asked, table)
    except Refusal as refusal:
        if not wants_html(request.headers.get("accept")):
            raise
        return await asyncio.to_thread(_page, site, request, question, values, refusal=refusal)
    if isinstance(found, Table):
        return await asyncio.to_thread(_page, site, request, question, values, table=found)
    return found


def _task(site: Site, question: Question, values: Mapping[str, str]) -> Task:
    """The question with its values; raises Refusal for a value that is no such term."""
    try:
        bindings = {name: str(term) for name, term in question.bindings(values, site.base).items()}
    except ContentError as error:
        raise Refusal.of(400, error.problems[0]) from error
    return Task(str(site.snapshot / "store"), question.source, site.base, bindings=bindings, file=question.file)


def _page(
    site: Site,
    request: Request,
    question: Question,
    values: Mapping[str, str],
    *,
    table: Table | None = None,
    refusal: Refusal | None = None,
) -> Response:
    """The page of a question: its form, and the answer or why there is none."""
    reader = Reader(request)
    context = {
        "question": question,
        "summary": site.text(question.summary, reader.language),
        "fields": [_field(site, question, name, values[name], reader.language) for name in question.parameters],
        "text": question.text.strip(),
        "refusal": refusal,
        "table": table,
        "formats": [
            (name, f"/questions/{question.name}?" + urlencode({**values, "format": name}))
            for name in (table.formats if table else ())
        ],
        "edit": "/sparql?" + urlencode({"query": runnable(site, question, values)}) if table else None,
    }
    return render(site, request, "question.html", context, status=refusal.status if refusal else 200)


def _field(site: Site, question: Question, name: str, value: str, language: str) -> Field:
    parameter = question.parameters[name]
    options = _entities(site, language) if parameter.type == "entity" else ()
    known = any(option[0] == value for option in options)
    return Field(name, site.text(parameter.label, language) or name, value, options if known else ())


def _entities(site: Site, language: str) -> tuple[tuple[str, str, str], ...]:
    """The entities that have a label, in the order of their labels; none where there are too many to choose from."""
    start = f"{site.base}id/"
    predicate = NamedNode(_PREF_LABEL)
    found = (quad.subject for quad in site.store.quads_for_pattern(None, predicate, None, DefaultGraph()))
    names = {node.value for node in found if isinstance(node, NamedNode) and node.value.startswith(start)}
    if len(names) > _CHOICES:
        return ()
    labels = [(iri.removeprefix(start), *(site.labels.label(iri, language) or (iri, ""))) for iri in names]
    return tuple(sorted(labels, key=lambda option: option[1].casefold()))
