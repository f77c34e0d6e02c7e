"""What is told to those who watch a server: that it lives, that it is ready, what it counts."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kg.web.watch.metrics import route
from kg.web.watch.notify import notify, watched_seconds
from kg.web.watch.probes import Probes

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

_NUMBERS = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(60)))} }}" for n in range(6))
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {_NUMBERS} }}"
POINT = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label }"

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(url: str) -> Samples:
    """The values of the metrics, by name and labels."""
    families = parse(httpx.get(f"{url}metrics").text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def wait_until_ready(url: str) -> None:
    """Wait for the workers."""
    for _ in range(200):
        if httpx.get(f"{url}ready").status_code == 200:
            return
        time.sleep(0.1)
    pytest.fail("it is never ready")


def test_it_lives_and_is_ready(serving: Serving) -> None:
    """Both say so in a word, to be asked again every time; neither is changed by asking."""
    _, url = serving()
    wait_until_ready(url)
    for path, text in (("health", "ok\n"), ("ready", "ready\n")):
        answer = httpx.get(f"{url}{path}")
        assert (200, text, "no-store") == (answer.status_code, answer.text, answer.headers["cache-control"])
        assert (200, b"") == ((head := httpx.head(f"{url}{path}")).status_code, head.content)
        refused = httpx.post(f"{url}{path}")
        assert (405, "GET, HEAD") == (refused.status_code, refused.headers["allow"])


def test_it_says_why_it_is_not_ready() -> None:
    """A reason is a 503 with problem details, and it still lives."""
    reasons = ["the server is leaving"]
    with TestClient(Probes(Starlette(), lambda: reasons[0], None)) as client:
        refused = client.get("/ready")
        assert (503, "application/problem+json") == (refused.status_code, refused.headers["content-type"])
        assert ("the server is leaving", 503) == (refused.json()["detail"], refused.json()["status"])
        assert refused.headers["retry-after"]
        assert 200 == client.get("/health").status_code
        reasons[0] = ""
        assert 200 == client.get("/ready").status_code


@pytest.fixture
def breakable(pointer: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server that starts its workers by a file, which is not there."""
    python = tmp_path / "python"
    lines = (
        "import sys",
        "from pathlib import Path",
        "from kg.web import serve",
        "from kg.web.settings import Settings",
        f"sys.executable = {str(python)!r}",
        f"current = Path({str(pointer)!r})",
        "serve(lambda: Path(current.read_text()), Settings(port=0, log='none'), lambda url: print(url, flush=True))",
    )
    with subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip(), python
        process.kill()


def test_a_server_whose_workers_cannot_start_is_not_ready(breakable: tuple[str, Path]) -> None:
    """It lives, says why it is not ready, refuses queries for now, and is ready again when they can."""
    url, python = breakable
    for _ in range(100):
        refused = httpx.get(f"{url}ready")
        if refused.json()["detail"] == "no worker process can be started":
            break
        time.sleep(0.05)
    else:
        pytest.fail(refused.text)
    assert 503 == refused.status_code
    assert 200 == httpx.get(f"{url}health").status_code
    asked = httpx.get(f"{url}sparql", params={"query": POINT})
    assert (503, "application/problem+json") == (asked.status_code, asked.headers["content-type"])
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    wait_until_ready(url)
    assert 200 == httpx.get(f"{url}sparql", params={"query": POINT}).status_code


def test_nobody_sees_metrics_unasked(serving: Serving) -> None:
    """Without --metrics there is nothing at their address."""
    _, url = serving()
    assert 404 == httpx.get(f"{url}metrics").status_code


def test_requests_and_queries_are_counted(serving: Serving) -> None:
    """By route, method and status; queries by what became of them; what runs and waits, and what is served."""
    _, url = serving(metrics=True, seconds=1)
    wait_until_ready(url)
    with httpx.Client(base_url=url, timeout=30) as client:
        for path in ("nothing-here", "nor/there", "questions", "questions/nobody-asks"):
            client.get(path)
        name = client.get("sparql", params={"query": POINT}).headers["snapshot"]
        client.get("sparql", params={"query": "ASK {"})
        client.get("sparql", params={"query": ENDLESS})
    told = samples(url)

    def requests(template: str, status: int) -> float:
        return told["pressgraph_requests_total", (("method", "GET"), ("route", template), ("status", str(status)))]

    assert (2, 1, 1) == (requests("/{path}", 404), requests("/questions", 200), requests("/questions/{name}", 404))
    assert (1, 1, 1) == tuple(requests("/sparql", status) for status in (200, 400, 504))
    outcomes = {outcome: told["pressgraph_queries_total", (("outcome", outcome),)] for outcome in ("late", "refused")}
    assert {"late": 1, "refused": 1} == outcomes
    assert 3 == told["pressgraph_request_seconds_count", (("route", "/sparql"),)]
    assert 1 == told["pressgraph_snapshot_info", (("name", name),)]
    assert 0 == told["pressgraph_lane_running", (("lane", "long"), ("pool", "public"))]
    assert 2 <= told["pressgraph_workers", (("pool", "public"),)]
    assert told["pressgraph_workers_started_total", (("pool", "public"),)] > 2
    assert told["pressgraph_workers_resident_memory_bytes", (("pool", "public"),)] > 10_000_000
    assert told["process_resident_memory_bytes", ()] > 10_000_000


def test_metrics_are_told_in_both_forms(serving: Serving) -> None:
    """In Prometheus' text and in OpenMetrics, as its parsers read them; there are not more for more addresses."""
    _, url = serving(metrics=True)
    with httpx.Client(base_url=url) as client:
        for n in range(300):
            client.request(("GET", "HEAD", "PROPFIND")[n % 3], f"x{n}/y{n}?z={n}")
        answer = client.get("metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        read: Callable[[str], Any] = text_string_to_metric_families
        routes = {s.labels.get("route") for family in read(answer.text) for s in family.samples}
        assert {None, "/{path}"} == routes
        text = client.get("metrics")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert len(text.text) < 20_000


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/sparql", "/sparql"),
        ("/questions/x", "/questions/{name}"),
        ("/questions/x/y/z", "/questions/{name}"),
        ("/sparql/x", "/{path}"),
        ("", "/"),
        ("*", "/{path}"),
    ],
)
def test_addresses_have_few_routes(path: str, template: str) -> None:
    """Whatever the address is, it has a route of the table."""
    assert template == route(path)


def test_systemd_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """States go to the socket that the environment names, in the file system or not; without one, nowhere."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    for address in (str(tmp_path / "notify"), f"@kg-{tmp_path.name}-{id(tmp_path)}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind(address.replace("@", "\0"))
            monkeypatch.setenv("NOTIFY_SOCKET", address)
            notify("READY=1", "STATUS=all is well")
            assert b"READY=1\nSTATUS=all is well" == told.recv(100)


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [({"WATCHDOG_USEC": "30000000"}, 30.0), ({"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}, None), ({}, None)],
)
def test_systemd_wants_to_hear(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], seconds: float | None
) -> None:
    """How often, where it wants to hear of this very process."""
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert seconds == watched_seconds()


def test_systemd_hears_a_server(serving: Serving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It hears when the server is ready, that it lives, and when it leaves."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.settimeout(30)
        told.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1000000")
        process, _ = serving()
        assert b"READY=1" == told.recv(100)
        assert b"WATCHDOG=1" == told.recv(100)
        process.terminate()
        heard = b""
        while re.fullmatch(b"(WATCHDOG=1)?", heard):
            heard = told.recv(100)
        assert b"STOPPING=1" == heard
