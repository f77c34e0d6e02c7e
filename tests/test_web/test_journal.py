"""What is noted of requests: their names, their times, and lines of the log that nobody can forge."""

import json
import logging
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.web.entry import Entry
from kg.web.watch.journal import request_id
from kg.web.watch.log import Log, Sink, events

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

POINT = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label }"
_NUMBERS = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(60)))} }}" for n in range(6))
STREAM = f"SELECT * {{ {_NUMBERS} }}"
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {_NUMBERS} }}"
MADE = re.compile("[0-9a-f]{32}")


def told(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """The lines of the log, each an object, once the server has been asked to leave."""
    process.terminate()
    _, errors = process.communicate(timeout=30)
    return [json.loads(line) for line in errors.splitlines()]


def written(write: Callable[[Sink], None]) -> str:
    """What is written to a sink."""
    reading, writing = os.pipe()
    sink = Sink(writing)
    write(sink)
    sink.close()
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8", newline="") as lines:
        return lines.read()


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"X-Request-Id": "order-66/a_b.c"}, "order-66/a_b.c"),
        (
            {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            "0af7651916cd43dd8448eb211c80319c",
        ),
        (
            {"traceparent": "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-new"},
            "0af7651916cd43dd8448eb211c80319c",
        ),
        ({"X-Request-Id": "mine", "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-00"}, "mine"),
        ({"X-Request-Id": ""}, None),
        ({"X-Request-Id": "a b"}, None),
        ({"X-Request-Id": 'a"}'}, None),
        ({"X-Request-Id": "a" * 129}, None),
        ({"traceparent": "00-" + "0" * 32 + "-b7ad6b7169203331-01"}, None),
        ({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01"}, None),
        ({"traceparent": "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, None),
        ({"traceparent": "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"}, None),
        ({}, None),
    ],
)
def test_a_request_keeps_a_name_that_is_one(headers: dict[str, str], name: str | None) -> None:
    """The client's name for it, or its trace, where they are well formed; else one that is made."""
    found = request_id([(key.lower().encode(), value.encode()) for key, value in headers.items()])
    assert name == found if name else MADE.fullmatch(found)


@given(st.lists(st.tuples(st.sampled_from([b"x-request-id", b"traceparent"]), st.binary(max_size=200))))
def test_no_name_breaks_a_header(headers: list[tuple[bytes, bytes]]) -> None:
    """Whatever is sent, the name is visible ASCII of at most 128 characters."""
    assert re.fullmatch(r"[!-~]{1,128}", request_id(headers))


def test_each_answer_has_its_name_and_times(serving: Serving) -> None:
    """Data, pages and refusals alike; the time that a query waited and took is told apart."""
    _, url = serving()
    with httpx.Client(base_url=url) as client:
        names = set()
        for path in ("health", "", "nothing-here", "static/style.css", "sparql?query=x"):
            response = client.get(path)
            names.add(response.headers["x-request-id"])
            assert re.fullmatch(r"(.+, )?total;dur=\d+\.\d", response.headers["server-timing"])
        assert 5 == len(names)
        answer = client.get("sparql", params={"query": POINT}, headers={"X-Request-Id": "mine"})
    assert "mine" == answer.headers["x-request-id"]
    assert re.search(r"queue;dur=\d+\.\d, eval;dur=\d+\.\d, total;dur=\d+\.\d", answer.headers["server-timing"])


def test_each_request_is_a_line(serving: Serving) -> None:
    """Its time in UTC, name, method, path, status, size and time; of a query its hash and what became of it."""
    process, url = serving(log="json")
    with httpx.Client(base_url=url) as client:
        answer = client.get("sparql", params={"query": POINT}, headers={"X-Request-Id": "a"})
        client.post("sparql", data={"query": POINT}, headers={"X-Request-Id": "b"})
        client.get("nothing-here", headers={"X-Request-Id": "c"})
        client.get("health")
    asked, again, missed = told(process)
    assert datetime.fromisoformat(asked["time"]).utcoffset().total_seconds() == 0  # type: ignore[union-attr]
    assert ("info", "a", "GET", "/sparql", 200) == tuple(
        asked[name] for name in ("level", "id", "method", "path", "status")
    )
    assert len(answer.content) == asked["bytes"]
    assert 0 < asked["seconds"] < 60
    assert ("ok", len(POINT)) == (asked["outcome"], asked["query_length"])
    assert asked["lane"] in {"trial", "quick", "long"}
    assert answer.headers["snapshot"] == asked["snapshot"]
    assert asked["query_sha256"] == again["query_sha256"]
    assert ("c", 404) == (missed["id"], missed["status"])
    assert "query" not in asked


def test_no_secret_is_written_down(serving: Serving) -> None:
    """Neither what follows the path, nor a header, nor the text of a query that is quick."""
    process, url = serving(log="json")
    secret = "squeamish-ossifrage"
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secret}", "Cookie": secret}) as client:
        client.get("questions", params={"token": secret})
        client.get("sparql", params={"query": f"ASK {{ ?s ?p '{secret}' }}", "token": secret})
        client.post("sparql", data={"query": f"ASK {{ ?s ?p '{secret}' }}", "access_token": secret})
    lines = told(process)
    assert 3 == len(lines)
    assert secret not in json.dumps(lines)


def test_how_it_ended_is_told(serving: Serving) -> None:
    """Late, cut in mid-stream, and left by its client; such queries are there with their text."""
    process, url = serving(log="json", seconds=1, slow=0.5)
    with httpx.Client(base_url=url, headers={"Accept-Encoding": "identity"}, timeout=30) as client:
        client.get("sparql", params={"query": ENDLESS})
        with pytest.raises(httpx.TransportError):
            client.get("sparql", params={"query": STREAM}, headers={"Accept": "text/csv"})
        with pytest.raises(httpx.ReadTimeout):
            client.get("sparql", params={"query": ENDLESS + "#"}, timeout=0.7)
    late, cut, gone = told(process)
    assert (504, "late", ENDLESS) == (late["status"], late["outcome"], late["query"])
    assert (200, "late", "cut", STREAM) == (cut["status"], cut["outcome"], cut["ended"], cut["query"])
    assert cut["bytes"] > 100_000
    assert (499, "gone", "gone") == (gone["status"], gone["outcome"], gone["ended"])
    assert {"warning"} == {line["level"] for line in (late, cut, gone)}
    assert late["worker_seconds"] > 0


def test_what_goes_well_is_not_said(serving: Serving) -> None:
    """Where only warnings are asked for, there is a line for what was refused to somebody, none for the rest."""
    process, url = serving(log="warnings", seconds=1)
    with httpx.Client(base_url=url, timeout=30) as client:
        for path in ("", "health", "nothing-here", "sparql?query=x"):
            client.get(path)
        client.get("sparql", params={"query": ENDLESS})
    process.terminate()
    _, errors = process.communicate(timeout=30)
    (line,) = errors.splitlines()
    assert re.match(r"\S+Z warning GET /sparql 504 in \d\.\d{3} s  id=", line)


def test_nothing_is_said(serving: Serving) -> None:
    """Where nothing is asked for, there is nothing, whatever goes wrong."""
    process, url = serving(log="none", seconds=1)
    assert 504 == httpx.get(f"{url}sparql", params={"query": ENDLESS}, timeout=30).status_code
    process.terminate()
    assert "" == process.communicate(timeout=30)[1]


@given(text=st.text(), form=st.sampled_from(["json", "text"]))
def test_a_line_is_a_line(text: str, form: str) -> None:
    """No text of a client ends a line, or hides a part of it."""
    entry = Entry(id="1", method="GET", path="/sparql", status=200, query=f"x{text}", seconds=60)
    (line,) = written(lambda sink: Log.of(sink, form, 10)(entry)).split("\n")[:-1]
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", line)
    if form == "json" and len(text) < 1000:
        assert f"x{text}" == json.loads(line)["query"]


def test_long_texts_are_cut_short() -> None:
    """A path and a query take a bounded part of the log."""
    entry = Entry(id="1", method="GET", path="/" + "p" * 9999, status=200, query="q" * 99_999, seconds=60)
    line = json.loads(written(lambda sink: Log.of(sink, "json", 10)(entry)))
    assert (301, 2001) == (len(line["path"]), len(line["query"]))
    assert 99_999 == line["query_length"]


def test_a_stack_trace_is_part_of_its_line() -> None:
    """What went wrong in the server is one object of JSON; in text it is indented below its request."""
    entry = Entry(id="1", method="GET", path="/", status=500, error="Traceback:\n  File\nKeyError: 'x'\n")
    assert "error" == json.loads(written(lambda sink: Log.of(sink, "json", 10)(entry)))["level"]
    first, *rest = written(lambda sink: Log.of(sink, "warnings", 10)(entry)).splitlines()
    assert "error   GET / 500" in first
    assert ["    Traceback:", "      File", "    KeyError: 'x'"] == rest


def test_what_libraries_say_is_written_in_the_same_form() -> None:
    """A warning of the server's library is an object of JSON with its time; what is no warning is left out of them."""
    record = logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, "no %s", ("HTTP",), None)
    line = json.loads(written(lambda sink: events(sink, "json").handle(record)))  # type: ignore[arg-type]
    assert ("warning", "no HTTP") == (line["level"], line["message"])


@pytest.fixture
def stuck() -> Iterator[int]:
    """A pipe that nobody reads."""
    reading, writing = os.pipe()
    yield writing
    os.close(reading)


def test_a_reader_that_is_stuck_stops_nobody(stuck: int) -> None:
    """Lines beyond what is held are dropped and counted, and whoever writes never waits."""
    sink = Sink(stuck)
    for _ in range(3000):
        sink.write("x" * 1000)
    assert sink.dropped > 1000


def test_a_reader_that_is_gone_stops_nobody() -> None:
    """What cannot be written is dropped and counted."""
    reading, writing = os.pipe()
    os.close(reading)
    sink = Sink(writing)
    sink.write("x")
    sink.close()
    os.close(writing)
    assert 1 == sink.dropped
