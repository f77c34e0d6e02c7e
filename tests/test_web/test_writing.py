"""Changes over HTTP: who may make them, what becomes of them, and that they are whole or not at all."""

import hashlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from kg.errors import UsageError
from kg.graph.working import working_copy
from kg.web.limits import Limits

Writing = Callable[..., AbstractContextManager[TestClient]]
Serving = Callable[..., tuple[subprocess.Popen[str], str]]

TOKEN = {"Authorization": "Bearer a-token-of-the-tests"}
UPDATE = {"Content-Type": "application/sparql-update"}
TURTLE = {"Content-Type": "text/turtle"}
INSERT = "INSERT DATA { <s> <p> 1 }"
# Products of the graph with itself: they would go on for hours.
ENDLESS = "INSERT { ?a <endless> ?c } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?p ?q ?r }"


def update(client: Any, text: str, **headers: str) -> Any:
    """The response to an update."""
    url = "/sparql" if isinstance(client, TestClient) else f"{client}sparql"
    post = client.post if isinstance(client, TestClient) else partial(httpx.post, timeout=60)
    return post(url, content=text, headers={**UPDATE, **TOKEN, **headers})


def holds(client: Any, pattern: str) -> bool:
    """Whether the graph matches a pattern now."""
    url = "/sparql" if isinstance(client, TestClient) else f"{client}sparql"
    get = client.get if isinstance(client, TestClient) else partial(httpx.get, timeout=60)
    return bool(get(url, params={"query": f"ASK {{ {pattern} }}"}).json()["boolean"])


# ------------------------------------------------------------------------------------------------- who may


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sparql"),
        ("PUT", "/store?default"),
        ("POST", "/store"),
        ("DELETE", "/store?default"),
        ("PUT", "/graph/x"),
    ],
)
def test_updates_are_off(client: TestClient, method: str, path: str) -> None:
    """A server that was not told otherwise is read-only, whatever token is sent, and says so."""
    response = client.request(method, path, content=INSERT, headers={**UPDATE, **TOKEN})
    assert (403, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert response.json()["detail"] == "updates are off: the graph is read-only"


@pytest.mark.parametrize(
    ("given", "challenge"),
    [
        ("", 'Bearer realm="pressgraph"'),
        ("Basic YTphLXRva2VuLW9mLXRoZS10ZXN0cw==", 'Bearer realm="pressgraph"'),
        ("Bearer", 'Bearer realm="pressgraph", error="invalid_token"'),
        ("Bearer a-token-of-the-test", 'Bearer realm="pressgraph", error="invalid_token"'),
        ("Bearer a-token-of-the-testsX", 'Bearer realm="pressgraph", error="invalid_token"'),
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/sparql", "application/sparql-update"),
        ("POST", "/sparql", "application/x-www-form-urlencoded"),
        ("PUT", "/store?default", "text/turtle"),
        ("POST", "/store", "text/turtle"),
        ("DELETE", "/store?default", ""),
        ("DELETE", "/graph/x", ""),
    ],
)
def test_without_the_token(writer: TestClient, method: str, path: str, kind: str, given: str, challenge: str) -> None:
    """401 with a challenge, before the body is looked at."""
    content = "update=CLEAR+ALL" if "form" in kind else "CLEAR ALL"
    response = writer.request(method, path, content=content, headers={"Content-Type": kind, "Authorization": given})
    assert (401, challenge) == (response.status_code, response.headers["www-authenticate"])
    assert holds(writer, "?s ?p ?o")


def test_the_token_in_the_address_is_none(writer: TestClient) -> None:
    """It would stand in logs."""
    path = "/sparql?access_token=a-token-of-the-tests&token=a-token-of-the-tests"
    response = writer.post(path, content=INSERT, headers={**UPDATE, "Authorization": ""})
    assert response.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_elsewhere_changes_nothing(writer: TestClient, headers: dict[str, str]) -> None:
    """A form that a page of another site sends is refused, even with the token."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = writer.post("/sparql", content="update=CLEAR+ALL", headers={**form, **headers})
    assert response.status_code == 403
    response = writer.post("/store?default", files={"a.ttl": ("a.ttl", b"<s> <p> 1 .", "text/turtle")}, headers=headers)
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
    assert update(writer, "CLEAR SILENT GRAPH <nothing>", Origin="http://testserver").status_code == 204


@pytest.mark.parametrize("path", ["/sparql", "/store", "/graph/x"])
def test_no_page_elsewhere_may_send_the_token(writer: TestClient, path: str) -> None:
    """The preflight allows neither the header that has the token, nor a method that writes."""
    asked = {"Origin": "https://e.example", "Access-Control-Request-Method": "PUT"}
    asked["Access-Control-Request-Headers"] = "authorization"
    response = writer.options(path, headers=asked)
    assert "authorization" not in response.headers["access-control-allow-headers"].lower()
    assert not {"PUT", "DELETE"} & set(response.headers["access-control-allow-methods"].split(", "))
    assert "access-control-allow-credentials" not in response.headers


# ------------------------------------------------------------------------------------------------- updates


def test_an_update_is_seen_at_once(writer: TestClient) -> None:
    """204, by each form of the operation, and the next query sees it; the answer names the version that has it."""
    before = writer.get("/health").headers["snapshot"]
    response = update(writer, "INSERT DATA { <direct> <p> 1 }")
    assert (204, b"") == (response.status_code, response.content)
    assert response.headers["snapshot"] != before
    assert writer.get("/health").headers["snapshot"] == response.headers["snapshot"]
    assert holds(writer, "<direct> <p> 1")
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert (
        writer.post("/sparql", content="update=INSERT+DATA+%7B+<f>+<p>+'%2B%25'+%7D", headers=form).status_code == 204
    )
    assert holds(writer, "<f> <p> '+%'")
    assert writer.get("/id/lighthouse", headers={"Accept": "text/turtle"}).status_code == 200


def test_answers_are_not_kept(writer: TestClient) -> None:
    """Whatever is read may change: no-store, but for files whose address has their version."""
    for path in ("/sparql?query=ASK{}", "/", "/questions", "/store?default", "/id/lighthouse"):
        assert writer.get(path).headers["cache-control"] == "no-store"
    assert update(writer, INSERT).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("text", "status", "detail"),
    [
        ("INSRT", 400, "no update"),
        ("SELECT * {}", 400, "a query, where an update is asked for"),
        ("INSERT DATA { <a> <b>", 400, "'{' is not closed"),
        ("DROP GRAPH <http://e/none>", 409, "does not exist"),
        ("LOAD <http://127.0.0.1:9/>", 403, "LOAD is not answered here"),
        ("LOAD <file:///etc/passwd>", 403, "LOAD is not answered here"),
        (
            "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
            403,
            "SERVICE is not answered here",
        ),
        ("INSERT { ?s ?p ?o } WHERE { FILTER(" + "(" * 10_000 + "1" + ")" * 10_000 + ") }", 400, "nested"),
    ],
)
def test_an_update_that_is_refused(writer: TestClient, text: str, status: int, detail: str) -> None:
    """The status tells whose fault it is; what came before it in the request is not done."""
    response = update(writer, "INSERT DATA { <refused> <p> 1 } ;" + text)
    assert (status, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert detail in update(writer, text).json()["detail"]
    assert not holds(writer, "<refused> ?p ?o")


@pytest.mark.parametrize(
    ("path", "content", "kind", "status"),
    [
        ("/sparql?update=CLEAR+ALL", b"", "application/sparql-query", 400),
        ("/sparql?update=CLEAR+ALL", b"CLEAR ALL", "application/sparql-update", 400),
        ("/sparql", b"update=CLEAR+ALL&update=CLEAR+ALL", "application/x-www-form-urlencoded", 400),
        ("/sparql", b"update=CLEAR+ALL&query=ASK{}", "application/x-www-form-urlencoded", 400),
        ("/sparql?default-graph-uri=http://e/g", b"CLEAR ALL", "application/sparql-update", 400),
        ("/sparql?using-graph-uri=nope", b"DELETE WHERE { ?s ?p ?o }", "application/sparql-update", 400),
        (
            "/sparql?using-graph-uri=http://e/g",
            b"WITH <http://e/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
            "application/sparql-update",
            400,
        ),
        (
            "/sparql?using-named-graph-uri=http://e/g",
            b"INSERT { ?s ?p ?o } USING <http://e/g> WHERE { ?s ?p ?o }",
            "application/sparql-update",
            400,
        ),
        ("/sparql", b"CLEAR ALL", "application/sparql-update; charset=utf-16", 415),
        ("/sparql", b"CLEAR ALL", "text/plain", 415),
        ("/sparql", b"INSERT DATA { <a> <b> '\xff' }", "application/sparql-update", 400),
    ],
)
def test_an_update_that_the_protocol_does_not_know(
    writer: TestClient, path: str, content: bytes, kind: str, status: int
) -> None:
    """It is refused with problem details, and nothing has changed."""
    response = writer.post(path, content=content, headers={"Content-Type": kind})
    assert (status, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert holds(writer, "<id/lighthouse> ?p ?o")


def test_an_update_by_get(writer: TestClient) -> None:
    """A link changes nothing, even for who has the token."""
    assert writer.get("/sparql", params={"update": "CLEAR ALL"}).status_code == 400
    assert holds(writer, "<id/lighthouse> ?p ?o")


def test_the_dataset_of_an_update(writer: TestClient) -> None:
    """The graphs of the request are what patterns are matched against."""
    assert update(writer, "INSERT DATA { GRAPH <http://e/using> { <u> <in> 1 } }").status_code == 204
    text = "INSERT { ?s <found> ?o } WHERE { ?s <in> ?o }"
    writer.post("/sparql", params={"using-graph-uri": "http://e/using"}, content=text, headers=UPDATE)
    assert holds(writer, "<u> <found> 1")
    text = "INSERT { ?s <named> ?g } WHERE { GRAPH ?g { ?s <in> ?o } }"
    writer.post("/sparql", params={"using-named-graph-uri": "http://e/using"}, content=text, headers=UPDATE)
    assert holds(writer, "<u> <named> <http://e/using>")


def test_the_description_says_that_updates_are_taken(client: TestClient, writer: TestClient) -> None:
    """The language, and the syntaxes of graphs that are read; of a server that is read-only neither."""
    read, written = (each.get("/sparql", headers={"Accept": "application/n-triples"}).text for each in (client, writer))
    for name in ("#SPARQL11Update>", "#inputFormat>", "#EmptyGraphs>"):
        assert (False, True) == (name in read, name in written)


# ------------------------------------------------------------------------------------------------- whole or not


def digests(folder: Path) -> dict[str, str]:
    """The hash of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_snapshot_stays_as_it_is(writing: Writing, snapshot: Path) -> None:
    """Not a byte of it changes, whatever is done to the working copy, which does not offer its dumps as its own."""
    before = digests(snapshot)
    with writing() as client:
        assert holds(client, "<id/lighthouse> ?p ?o")
        assert update(client, "CLEAR ALL").status_code == 204
        assert client.put("/store?default", content="<s> <p> 1 .", headers=TURTLE).status_code == 201
        assert not holds(client, "<id/lighthouse> ?p ?o")
        assert client.get("/dumps/graph.nq").status_code == 404
    assert digests(snapshot) == before


def test_old_versions_are_removed(writing: Writing, tmp_path: Path) -> None:
    """Of many changes one version is left, and nothing that was in hand."""
    with writing() as client:
        for number in range(5):
            assert update(client, f"INSERT DATA {{ <s> <p> {number} }}").status_code == 204
        client.get("/health")
    working = tmp_path / "home" / "working"
    assert [path.name.rpartition(".")[2] for path in (working / "versions").iterdir()] == ["5"]
    with writing() as client:
        assert holds(client, "<s> <p> 0, 4")
    assert sorted(path.name for path in working.iterdir()) == ["bodies", "current", "lock", "versions"]
    assert list((working / "bodies").iterdir()) == []


def test_one_server_at_a_time(writing: Writing, snapshot: Path, tmp_path: Path) -> None:
    """Two would take each other's changes away."""
    with writing(), pytest.raises(UsageError, match="another server writes"), working_copy(tmp_path / "home", snapshot):
        raise AssertionError


def test_beginning_anew(writing: Writing, snapshot: Path, another: Path, tmp_path: Path) -> None:
    """A new build does not take changes away; who wants it instead says so, and the changes are set aside."""
    home = tmp_path / "home"
    with writing() as client:
        update(client, INSERT)
    with working_copy(home, another) as copy:
        assert (copy.origin, copy.changes) == (snapshot.name, 1)
    with working_copy(home, another, fresh=True) as copy:
        assert (copy.origin, copy.changes) == (another.name, 0)
    assert (home / "working.old" / "current").read_text() == f"{snapshot.name}.1\n"


def test_a_damaged_copy_is_told(writing: Writing, snapshot: Path, tmp_path: Path) -> None:
    """It is not begun anew in silence."""
    home = tmp_path / "home"
    with writing() as client:
        update(client, INSERT)
    shutil.rmtree(home / "working" / "versions")
    with pytest.raises(UsageError, match="--fresh"), working_copy(home, snapshot):
        raise AssertionError


def test_an_acknowledged_change_outlives_the_server(serving_copy: Serving) -> None:
    """Killed right after the answer, and started again: it is there."""
    for number in range(3):
        process, url = serving_copy()
        for last in range(number):
            assert holds(url, f"<s> <p> {last} . GRAPH <http://e/{last}> {{ ?s ?p {last} }}")
        assert update(url, f"INSERT DATA {{ <s> <p> {number} }}").status_code == 204
        graph = f"{url}store?graph=http://e/{number}"
        assert (
            httpx.put(graph, content=f"<s> <p> {number} .", headers={**TURTLE, **TOKEN}, timeout=60).status_code == 201
        )
        process.send_signal(signal.SIGKILL)
        process.wait()


def children(pid: int) -> list[int]:
    """Numbers of the processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def writers(process: subprocess.Popen[str]) -> list[int]:
    """Numbers of the writer processes of a server."""
    lines = ((pid, Path(f"/proc/{pid}/cmdline").read_bytes()) for pid in children(process.pid))
    return [pid for pid, line in lines if b"kg.graph.writer" in line]


def test_a_change_that_takes_too_long(serving_copy: Serving) -> None:
    """504, nothing of it is there, and the next change is made."""
    _, url = serving_copy(writing=2)
    response = update(url, f"INSERT DATA {{ <late> <p> 1 }} ; {ENDLESS}")
    assert (504, "the change takes longer than 2 s; nothing was changed") == (
        response.status_code,
        response.json()["detail"],
    )
    assert not holds(url, "<late> ?p ?o")
    assert update(url, INSERT).status_code == 204
    assert holds(url, "<s> <p> 1")
    assert not holds(url, "<late> ?p ?o")


def test_a_change_that_needs_too_much_memory(serving_copy: Serving) -> None:
    """507, nothing of it is there, and the next change is made."""
    _, url = serving_copy(megabytes=200)
    numbers = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(100)))} }}" for n in range(4))
    text = f"{numbers} BIND(CONCAT(STR(?v0), '-', STR(?v1), '-', STR(?v2), '-', STR(?v3)) AS ?x)"
    response = update(url, f"INSERT DATA {{ <large> <p> 1 }} ; INSERT {{ <s> <p> ?x }} WHERE {{ {text} }}")
    assert response.status_code == 507
    assert not holds(url, "<large> ?p ?o")
    assert update(url, INSERT).status_code == 204
    assert holds(url, "<s> <p> 1")


def test_a_store_that_would_be_too_large(writing: Writing) -> None:
    """507 for a change that makes the working copy larger than it may be."""
    with writing(Limits(store=1000)) as client:
        response = update(client, INSERT)
        assert (507, False) == (response.status_code, holds(client, "<s> <p> 1"))


def test_a_body_that_is_too_large(writing: Writing) -> None:
    """413 for an update and for a graph, and nothing is left of it."""
    with writing(Limits(written=1000)) as client:
        assert update(client, "#" * 1001).status_code == 413
        assert client.put("/store?default", content="#" * 1001, headers=TURTLE).status_code == 413
        assert holds(client, "<id/lighthouse> ?p ?o")


def test_a_writer_that_is_killed(serving_copy: Serving) -> None:
    """Killed while it changes the graph: 503, all is as it was, and the next change is made."""
    process, url = serving_copy()
    assert update(url, "INSERT DATA { <before> <p> 1 }").status_code == 204
    answers: list[httpx.Response] = []
    text = f"INSERT DATA {{ <killed> <p> 1 }} ; CLEAR GRAPH <graph/links>; {ENDLESS}"
    asking = threading.Thread(
        target=lambda: answers.append(httpx.post(f"{url}sparql", content=text, headers={**UPDATE, **TOKEN}, timeout=30))
    )
    asking.start()
    while not busy(writers(process)):
        pass
    for pid in writers(process):
        os.kill(pid, signal.SIGKILL)
    asking.join()
    assert (503, "5") == (answers[0].status_code, answers[0].headers["retry-after"])
    assert not holds(url, "<killed> ?p ?o")
    assert holds(url, "<before> <p> 1")
    assert update(url, INSERT).status_code == 204
    assert not holds(url, "<killed> ?p ?o")
    assert holds(url, "<s> <p> 1 . GRAPH <graph/links> { ?s ?p ?o }")


def busy(pids: list[int]) -> bool:
    """Whether one of the processes has taken half a second of CPU time."""
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        if int(fields[11]) + int(fields[12]) > os.sysconf("SC_CLK_TCK") * 0.8:
            return True
    return False


def test_a_client_that_leaves(serving_copy: Serving) -> None:
    """What it asked for ends, and is not done."""
    process, url = serving_copy()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}sparql", content=f"{INSERT};{ENDLESS}", headers={**UPDATE, **TOKEN}, timeout=1)
    assert update(url, "INSERT DATA { <next> <p> 1 }").status_code == 204
    assert holds(url, "<next> <p> 1")
    assert not holds(url, "<s> <p> 1")
    assert len(writers(process)) == 1
