"""The OpenAPI document: valid, whole, with examples that answer; and a server that keeps to it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from starlette.routing import Route
from starlette.testclient import TestClient

from kg.web.http.negotiation import GRAPHS, RESULTS
from kg.web.pool.workers import Workers
from kg.web.routes import Pages
from kg.web.site import Site
from kg.web.sparql.endpoint import Endpoint
from kg.web.sparql.graphs import GraphStore

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

HERE = Path(__file__).parent
# Whether a text is a query of SPARQL, no schema can say; and a change of a graph that cannot be changed is refused as
# forbidden, not as a method that is not known.
_UNCHECKED = "positive_data_acceptance"
_CONFIGURED = """
[[operations]]
include-path = "/store"
checks.unsupported_method.enabled = false
"""


@pytest.fixture
def server(serving: Serving) -> Iterator[httpx.Client]:
    """A client of a real server."""
    _, url = serving()
    with httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def document(client: TestClient) -> Any:
    """The document."""
    return client.get("/openapi.json").json()


def test_it_is_valid(document: Any) -> None:
    """It is OpenAPI 3.1."""
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_it_says_what_this_is(document: Any) -> None:
    """Title, description, licence; every tag is used, and every one that is used is described."""
    assert document["info"]["title"] == "harbour: what is said of it"
    assert document["info"]["license"]
    used = {tag for path in document["paths"].values() for one in path.values() for tag in one["tags"]}
    assert used == {tag["name"] for tag in document["tags"]}
    assert all(tag.get("description") for tag in document["tags"])


def test_a_question_is_there(document: Any) -> None:
    """Each question has its parameters, with its default as the example, and all its formats."""
    where = document["paths"]["/questions/where-does-it-stand"]["get"]
    assert ("Where does this place stand?", "Où se trouve ce lieu ?") == (where["summary"], where["description"])
    assert [one["name"] for one in where["parameters"]] == ["place", "limit", "offset", "format", "lang"]
    assert ("lighthouse", "lighthouse") == (
        where["parameters"][0]["example"],
        where["parameters"][0]["schema"]["default"],
    )
    types = {"application/json", "application/sparql-results+json", "text/csv", "text/html"}
    assert types <= set(where["responses"]["200"]["content"])


# Addresses without a description of their own: other ways to write one that has, and pictures.
ALIASES = {"/sparql/", "/dumps", "/static/{name}", "/questions/{name}", "/graph/{path:path}", "/{path:path}"}


def test_every_address_is_there(document: Any, snapshot: Path) -> None:
    """Whatever routes the application has are described, and no other ones but those of the probes."""
    site = Site.open(snapshot, Workers())
    routers = (Endpoint(site), GraphStore(site), Pages(site))
    routes = {route.path for router in routers for route in router.routes if isinstance(route, Route)}
    described = set(document["paths"])
    assert routes - ALIASES - described == {"/ns.{ending}"}
    own = {path for path in described if not path.startswith(("/questions/", "/id/", "/claim/"))}
    assert own - routes == {"/health", "/ready"}


def test_changes_are_described_where_they_can_be_made(document: Any, writer: TestClient) -> None:
    """A server whose graph can be changed says how, and that it takes a token; another one does not."""
    written = writer.get("/openapi.json").json()
    validate(written)
    assert ["get"] == list(document["paths"]["/store"])
    assert ["get", "put", "post", "delete"] == list(written["paths"]["/store"])
    assert written["paths"]["/store"]["put"]["security"] == [{"token": []}]
    assert "application/sparql-update" in written["paths"]["/sparql"]["post"]["requestBody"]["content"]


def test_operations_are_told_apart(document: Any) -> None:
    """Each has a name of its own, a summary, and problem details for what it refuses."""
    operations = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))
    assert all(one["summary"] for one in operations)
    for response in document["components"]["responses"].values():
        assert "application/problem+json" in response["content"]


def examples(operation: Any, where: str) -> dict[str, Any]:
    """The examples of an operation's parameters that stand in the path or in the query."""
    return {
        parameter["name"]: parameter["example"]
        for parameter in operation["parameters"]
        if parameter["in"] == where and "example" in parameter
    }


def test_examples_answer(document: Any, server: httpx.Client) -> None:
    """Each address, asked with the examples of its parameters, answers in each media type that it has."""
    for path, operations in document["paths"].items():
        one = operations["get"]
        address, query = path.format(**examples(one, "path")), examples(one, "query")
        content = set(one["responses"]["200"]["content"])
        if path == "/sparql":
            # The example is a SELECT, which no syntax of triples can hold.
            content -= {offer.media_type for offer in GRAPHS} - {offer.media_type for offer in RESULTS}
        if (path.startswith("/dumps/") and path.endswith("{name}")) or "{ending}" in path:
            # The address decides.
            content &= {server.get(address).headers["content-type"].partition(";")[0]}
            assert content
        for media_type in content:
            response = server.get(address, params=query, headers={"Accept": media_type})
            told = (response.status_code, response.headers["content-type"].partition(";")[0])
            assert (200, media_type) == told, path


def test_a_server_keeps_to_it(serving: Serving, tmp_path: Path) -> None:
    """Whatever is asked by the document, or nearly by it: no 5xx, statuses and media types as written there."""
    (tmp_path / "schemathesis.toml").write_text(_CONFIGURED)
    _, url = serving()
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file=schemathesis.toml",
        "run",
        f"{url}openapi.json",
        "--phases=examples,coverage,fuzzing",
        f"--exclude-checks={_UNCHECKED}",
        "--seed=1",
        "--max-examples=5",
        "--request-timeout=20",
        "--generation-database=none",
        "--continue-on-failure",
        "--no-color",
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)}
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
