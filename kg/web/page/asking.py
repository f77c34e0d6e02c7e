"""The page of a question: its parameters as a form, and its answer as a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from kg.graph.question import Question
from kg.graph.store import DefaultGraph, NamedNode
from kg.graph.syntax import bind_values
from kg.web.page.pages import Reader, render
from kg.web.pool.rows import Rows
from kg.web.refusal import Refusal
from kg.web.show.tables import Table, result_table
from kg.web.show.texts import headings
from kg.web.site import Site

__all__ = ["STARTER", "called", "question_page", "runnable", "starter", "table_of", "values_of"]

# A choice is a list as long as one can be read through; beyond, the name is typed.
_CHOICES = 400
# Labels of that many entities, in several languages.
_LOOKED = 10 * _CHOICES
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


def called(site: Site, question: Question, language: str) -> dict[str, str]:
    """What columns are called: as the question calls its parameters, else as answers share it."""
    own = {
        name: site.text(parameter.label, language) for name, parameter in question.parameters.items() if parameter.label
    }
    return {**headings(language), **own}


def table_of(site: Site, question: Question, rows: Rows, language: str) -> Table:
    """A page of an answer as a table."""
    titles = called(site, question, language)
    return result_table(rows.results, site.labels, language, titles, triples=rows.kind == "triples")


def question_page(
    site: Site,
    request: Request,
    question: Question,
    values: Mapping[str, str],
    formats: Iterable[str],
    found: Rows | Refusal,
) -> Response:
    """The page of a question: its form, and the answer or why there is none.

    formats: names of those that the answer can be taken along in.
    """
    reader = Reader(request)
    rows = found if isinstance(found, Rows) else None
    context = {
        "question": question,
        "summary": site.text(question.summary, reader.language),
        "fields": [_field(site, question, name, values[name], reader.language) for name in question.parameters],
        "text": question.text.strip(),
        "refusal": found if isinstance(found, Refusal) else None,
        "table": table_of(site, question, rows, reader.language) if rows else None,
        "rows": rows,
        "links": rows.links(request) if rows else {},
        "formats": [(name, f"/questions/{question.name}?{urlencode({**values, 'format': name})}") for name in formats],
        "edit": "/sparql?" + urlencode({"query": runnable(site, question, values)}) if rows else None,
    }
    status, headers = (found.status, found.headers) if isinstance(found, Refusal) else (200, found.headers(request))
    return render(site, request, "question.html", context, status=status, headers=headers)


def _field(site: Site, question: Question, name: str, value: str, language: str) -> Field:
    parameter = question.parameters[name]
    options = _entities(site, language) if parameter.type == "entity" else ()
    known = any(option[0] == value for option in options)
    return Field(name, site.text(parameter.label, language) or name, value, options if known else ())


def _entities(site: Site, language: str) -> tuple[tuple[str, str, str], ...]:
    """The entities that have a label, in the order of their labels; none where there are too many to choose from."""
    start = f"{site.base}id/"
    names: set[str] = set()
    found = site.source.quads(None, NamedNode(_PREF_LABEL), None, DefaultGraph(), _LOOKED)
    for quad in found:
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(start):
            names.add(quad.subject.value)
    if len(names) > _CHOICES or len(found) == _LOOKED:
        return ()
    site.labels.learn(map(NamedNode, names))
    labels = [(iri.removeprefix(start), *(site.labels.label(iri, language) or (iri, ""))) for iri in names]
    return tuple(sorted(labels, key=lambda option: option[1].casefold()))
