"""Questions as an API: what there is to ask, and answers in every format, page by page."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from kg.errors import ContentError, nearest
from kg.graph.question import RESERVED, Question
from kg.graph.store import QuerySolutions
from kg.graph.worker import Task
from kg.web.http.negotiation import GRAPHS, HTML, RESULTS, Offer, negotiate
from kg.web.http.paging import MOST, Page, read_page
from kg.web.page.asking import called, question_page, table_of, values_of
from kg.web.page.pages import Reader
from kg.web.page.plain import PLAIN, data_answer, json_answer, streamed
from kg.web.pool.rows import Rows, ask_rows
from kg.web.refusal import Refusal
from kg.web.show import objects
from kg.web.show.tables import ROWS, Table, headed, heading
from kg.web.site import Site

__all__ = ["example", "formats_of", "question_answer", "questions_document"]

# SPARQL's own JSON goes here by the ending that it is registered with.
_SRJ = "srj"
_SOLUTIONS = tuple(replace(offer, name=_SRJ) if offer.name == "json" else offer for offer in RESULTS)


def formats_of(question: Question) -> tuple[Offer, ...]:
    """What an answer can be sent as, a page apart."""
    offers = _SOLUTIONS if question.form in {"SELECT", "ASK"} else GRAPHS
    return (PLAIN, *(offer for offer in offers if offer.media_type != PLAIN.media_type))


def _names(question: Question) -> tuple[str, ...]:
    return tuple(dict.fromkeys(offer.name for offer in formats_of(question)))


async def example(site: Site, request: Request) -> tuple[Question, Table] | None:
    """The first question and the beginning of its answer; None where there is none, or none in time."""
    if not site.questions:
        return None
    question, language = site.questions[0], Reader(request).language
    try:
        task = _task(site, question, values_of(question, {}))
        rows = await ask_rows(request, site.own_pool, site.limits, task, Page(ROWS))
    except Refusal:
        return None
    return question, await asyncio.to_thread(table_of, site, question, rows, language)


def questions_document(site: Site) -> dict[str, Any]:
    """All questions as JSON: how each is asked."""
    return {"snapshot": site.name, "questions": [_described(question) for question in site.questions]}


def _described(question: Question) -> dict[str, Any]:
    path = f"/questions/{question.name}"
    return {
        "name": question.name,
        "title": dict(question.summary),
        "answer": {"ASK": "boolean", "SELECT": "rows"}.get(question.form, "triples"),
        "columns": list(question.columns),
        "parameters": [
            {
                "name": name,
                "type": parameter.type,
                "default": parameter.default,
                "label": dict(parameter.label),
                **({"language": parameter.language} if parameter.language else {}),
            }
            for name, parameter in question.parameters.items()
        ],
        "links": {"self": path, **{name: f"{path}?format={name}" for name in ("html", *_names(question))}},
    }


async def question_answer(site: Site, request: Request, name: str) -> Response:
    """Answer a question as a page or as data; raises Refusal for a question that there is not."""
    question = site.named.get(name)
    if question is None:
        raise Refusal(404, f"there is no question {name!r}", fix=nearest(name, site.named))
    query = request.query_params
    offer = negotiate(request.headers.get("accept"), (*formats_of(question), HTML), query.get("format"))
    values = values_of(question, query)
    found: Rows | Refusal
    try:
        if offer is not HTML:
            _check_names(question, request)
        task, page = _task(site, question, values), _page(question, request, offer)
        if page is None:
            return await streamed(site, request, task, _stored(offer) if "format" in query else None)
        found = await ask_rows(request, site.own_pool, site.limits, task, page)
    except Refusal as refusal:
        if offer is not HTML:
            raise
        found = refusal
    if offer is HTML or isinstance(found, Refusal):
        return await asyncio.to_thread(question_page, site, request, question, values, _names(question), found)
    if offer is PLAIN:
        document = await asyncio.to_thread(_document, site, request, question, values, found)
        return await json_answer(request, document, found.headers(request))
    body = await asyncio.to_thread(found.written, _stored(offer))
    return await data_answer(request, body, offer, found.headers(request))


def _page(question: Question, request: Request, offer: Offer) -> Page | None:
    """The rows that are asked for; None for all of them. Plain JSON and pages never hold more than `ROWS` unasked."""
    if question.form == "ASK":
        return Page(1) if offer in {HTML, PLAIN} else None
    limit = ROWS if offer in {HTML, PLAIN} else None
    return read_page(request.query_params, limit=limit, most=ROWS if offer is HTML else MOST)


def _stored(offer: Offer) -> str:
    """The name of a format as the store has it."""
    return "json" if offer.name == _SRJ else offer.name


def _check_names(question: Question, request: Request) -> None:
    """Raise Refusal for a parameter that the question does not have, and for one that is given twice."""
    paging = {"limit", "offset"} if question.form == "ASK" else set()
    own = (name for name in RESERVED if name not in paging)
    known = (*question.parameters, *own)
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            raise Refusal(400, f"{question.name} has no parameter {name!r}", fix=nearest(name, known))
        if given.count(name) > 1:
            raise Refusal(400, f"the parameter {name!r} is given {given.count(name)} times", fix="give it once")


def _task(site: Site, question: Question, values: Mapping[str, str]) -> Task:
    """The question with its values, in an order of its own; raises Refusal for values that are no such terms."""
    try:
        bindings = {name: str(term) for name, term in question.bindings(values, site.base).items()}
    except ContentError as error:
        told = [(problem.message, problem.fix) for problem in error.problems]
        detail, fix = ("; ".join(filter(None, texts)) for texts in zip(*told, strict=True))
        raise Refusal(400, detail, fix=fix) from error
    return site.task(question.ordered, bindings=bindings, file=question.file)


def _document(
    site: Site, request: Request, question: Question, values: Mapping[str, str], rows: Rows
) -> dict[str, Any]:
    """The answer as plain JSON: what was asked, and a page of rows as objects; of an ASK, whether it is so."""
    language = Reader(request).language
    told = {
        "question": question.name,
        "title": site.text(question.summary, language),
        "language": language,
        "snapshot": site.name,
        "parameters": dict(values),
    }
    results = rows.results
    if not isinstance(results, QuerySolutions):
        return {**told, "answer": bool(results)}
    names = [variable.value for variable in results.variables]
    titles, found = called(site, question, language), list(results)
    site.labels.learn(chain(headed(names), *found))
    return {
        **told,
        "columns": [
            {"name": name, "label": titles.get(name) or heading(name, site.labels, language)} for name in names
        ],
        "limit": rows.page.limit,
        "offset": rows.page.offset,
        "links": rows.links(request),
        "rows": [
            {name: objects.value(term, site.labels, language) for name, term in zip(names, row, strict=True)}
            for row in found
        ],
    }
