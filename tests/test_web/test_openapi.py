"""The OpenAPI document: valid, whole, with examples that answer; and a server that keeps to it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from kg.web.negotiation import GRAPHS, RESULTS

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

HERE = Path(__file__).parent
# Whether a text is a query of SPARQL, no schema can say.
_UNCHECKED = "positive_data_acceptance"


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


def test_every_address_is_there(document: Any, client: TestClient) -> None:
    """Each question with its parameters, and whatever the pages link to."""
    where = document["paths"]["/questions/where-does-it-stand"]["get"]
    place = where["parameters"][0]
    assert ("place", "lighthouse") == (place["name"], place["example"])
    assert [one["name"] for one in where["parameters"]] == ["place", "limit", "offset", "format", "lang"]
    assert {"application/json", "application/sparql-results+json", "text/csv", "text/html"} <= set(
        where["responses"]["200"]["content"]
    )
    patterns = [
        re.sub(r"\{[^}]*\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))
        for path in document["paths"]
    ]
    links = set(re.findall(r'href="(/[^"?#]*)', client.get("/", headers={"Accept": "text/html"}).text))
    known = [link for link in links if any(re.fullmatch(pattern, link) for pattern in patterns)]
    assert links - set(known) <= {"/static/icon.svg", "/static/style.css", "/article/port"}


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


def test_examples_answer(document: Any, client: TestClient) -> None:
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
            content &= {client.get(address).headers["content-type"].partition(";")[0]}
            assert content
        for media_type in content:
            response = client.get(address, params=query, headers={"Accept": media_type})
            told = (response.status_code, response.headers["content-type"].partition(";")[0])
            assert (200, media_type) == told, path


def test_a_server_keeps_to_it(serving: Serving, tmp_path: Path) -> None:
    """Whatever is asked by the document, or nearly by it: no 5xx, statuses and media types as written there."""
    _, url = serving()
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
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
