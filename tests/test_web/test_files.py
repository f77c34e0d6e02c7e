"""Dumps: whole and in parts, under addresses that stay, and listed."""

import base64
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kg.web import application
from kg.web.http.files import parts
from kg.web.pool.workers import Workers
from kg.web.site import Site

BROWSER = {"Accept": "text/html"}
CURRENT, OLDER = "0123456789abcdef", "fedcba9876543210"
# 2010-06-13 12:00:00 UTC
OLDEN = 1276430400
FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def home(snapshot: Path, another: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the current snapshot, an older one, and what is none."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(snapshot, folder / CURRENT)
    shutil.copytree(another, folder / OLDER)
    os.utime(folder / OLDER / "manifest.json", (OLDEN, OLDEN))
    (folder / "secret").mkdir()
    shutil.copy(snapshot / "manifest.json", folder / "secret")
    (folder / ("a" * 16)).mkdir()
    (folder / ("b" * 16)).mkdir()
    (folder / ("b" * 16) / "manifest.json").write_text('{"files": ')
    return folder


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    """A client of the current snapshot."""
    with TestClient(application(lambda: home / CURRENT), follow_redirects=False) as client:
        yield client


# --------------------------------------------------------------------------------------------------- parts


@given(
    size=st.integers(0, 200),
    specs=st.lists(st.tuples(st.none() | st.integers(0, 250), st.none() | st.integers(0, 250)), min_size=1, max_size=8),
    space=st.sampled_from(["", " ", "\t"]),
)
def test_parts_are_what_is_asked_for(size: int, specs: list[tuple[int | None, int | None]], space: str) -> None:
    """The parts hold the bytes that are asked for and are there, each once and in order."""
    header = "bytes=" + f",{space}".join(
        f"{'' if first is None else first}-{'' if last is None else last}" for first, last in specs
    )
    found = parts(header, size)
    wrong = any(
        (first is None and last is None) or (first is not None and last is not None and last < first)
        for first, last in specs
    )
    asked: set[int] = set()
    for first, last in specs:
        if first is None:
            asked |= set(range(max(size - (last or 0), 0), size))
        else:
            asked |= set(range(first, size if last is None else last + 1))
    if wrong:
        assert found is None
    else:
        assert found is not None
        held = [byte for first, last in found for byte in range(first, last + 1)]
        assert sorted(asked & set(range(size))) == held


@given(header=st.text() | st.text("bytes=,-0123456789 ").map(lambda text: f"bytes={text}"), size=st.integers(0, 50))
def test_any_header_can_be_read(header: str, size: int) -> None:
    """Whatever stands in the header, what comes out lies in the file."""
    for first, last in parts(header, size) or ():
        assert 0 <= first <= last < size


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", [(0, 9)]),
        ("BYTES=2-3", [(2, 3)]),
        ("bytes=0-1,2-3", [(0, 3)]),
        ("bytes=8-,0-0", [(0, 0), (8, 9)]),
        ("bytes=0-0,90-", [(0, 0)]),
        (f"bytes=0-{'9' * 5000}", [(0, 9)]),
        (f"bytes={'0' * 5000}1-1", [(1, 1)]),
        ("bytes=10-", []),
        ("bytes=-0", []),
        ("lines=0-1", None),
        ("bytes 0-1", None),
        ("bytes=", None),
        ("bytes=+1-2", None),
        ("bytes=1_0-", None),
        ("bytes=٣-", None),
        ("bytes=3-2", None),
        ("bytes=" + ",".join("0-0" for _ in range(1000)), None),
    ],
)
def test_parts(header: str, expected: list[tuple[int, int]] | None) -> None:
    """Beyond the end is nothing; what is no range of bytes, or too many of them, is as if it were not there."""
    assert parts(header, 10) == expected


# --------------------------------------------------------------------------------------- the current snapshot


def test_a_file(client: TestClient, home: Path) -> None:
    """A file says its hash, date, size and where it stays; any page may read it."""
    content = (home / CURRENT / "graph.nq").read_bytes()
    response = client.get("/dumps/graph.nq")
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert response.content == content
    assert {
        "etag": f'"{hashlib.sha256(content).hexdigest()}"',
        "content-length": str(len(content)),
        "repr-digest": f"sha-256=:{digest}:",
        "content-location": f"/dumps/{CURRENT}/graph.nq",
        "cache-control": "no-cache",
        "accept-ranges": "bytes",
        "access-control-allow-origin": "*",
    }.items() <= dict(response.headers).items()
    head = client.head("/dumps/graph.nq")
    assert (b"", response.headers) == (head.content, head.headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": "TAG"}, 304),
        ({"If-None-Match": 'W/TAG, "x"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-None-Match": '"x"', "If-Modified-Since": "DATE"}, 200),
        ({"If-Modified-Since": "DATE"}, 304),
        ({"If-Modified-Since": "Sun, 13 Jun 2010 12:00:00 GMT"}, 200),
        ({"If-Match": "TAG"}, 200),
        ({"If-Match": "W/TAG"}, 412),
        ({"If-Match": '"x"'}, 412),
        ({"If-Unmodified-Since": "Sun, 13 Jun 2010 12:00:00 GMT"}, 412),
        ({"Range": "bytes=2-5"}, 206),
        ({"Range": "bytes=2-5", "If-Range": "TAG"}, 206),
        ({"Range": "bytes=2-5", "If-Range": "DATE"}, 206),
        ({"Range": "bytes=2-5", "If-Range": '"x"'}, 200),
        ({"Range": "bytes=2-5", "If-Range": "W/TAG"}, 200),
        ({"Range": "bytes=999999999-", "If-Range": '"x"'}, 200),
        ({"Range": "bytes=999999999-"}, 416),
        ({"Range": "lines=1-2"}, 200),
        ({"Range": "bytes=5-2"}, 200),
        ({"Range": "bytes=2-5", "If-None-Match": "TAG"}, 304),
    ],
)
def test_conditions_and_parts(client: TestClient, headers: dict[str, str], status: int) -> None:
    """Conditions hold before parts are looked at; a range that is not understood asks for the whole file."""
    whole = client.get("/dumps/graph.nq")
    known = {"TAG": whole.headers["etag"], "DATE": whole.headers["last-modified"]}
    sent = {}
    for name, text in headers.items():
        for word, known_text in known.items():
            text = text.replace(word, known_text)  # noqa: PLW2901 - each word in turn
        sent[name] = text
    response = client.get("/dumps/graph.nq", headers=sent)
    expected = {200: whole.content, 206: whole.content[2:6], 304: b""}
    assert status == response.status_code
    assert response.headers["access-control-allow-origin"] == "*"
    if status in expected:
        assert (expected[status], whole.headers["etag"]) == (response.content, response.headers["etag"])
    else:
        assert response.headers["content-type"] == "application/problem+json"
    if status in {206, 416}:
        part = "2-5" if status == 206 else "*"
        assert response.headers["content-range"] == f"bytes {part}/{len(whole.content)}"


def test_several_parts(client: TestClient) -> None:
    """Parts that do not touch come as a multipart body, each with its place."""
    whole = client.get("/dumps/graph.nq").content
    response = client.get("/dumps/graph.nq", headers={"Range": "bytes=0-9,20-29"})
    assert response.status_code == 206
    assert response.headers["content-type"].startswith("multipart/byteranges; boundary=")
    for first in (0, 20):
        place = f"Content-Range: bytes {first}-{first + 9}/{len(whole)}\r\n\r\n".encode()
        assert place + whole[first : first + 10] in response.content


def test_head_has_no_parts(client: TestClient) -> None:
    """Only GET knows parts: https://www.rfc-editor.org/rfc/rfc9110#section-14.2."""
    response = client.head("/dumps/graph.nq", headers={"Range": "bytes=2-5"})
    assert (200, False) == (response.status_code, "content-range" in response.headers)


def test_a_file_that_is_not_what_it_was(client: TestClient, home: Path) -> None:
    """A file that is gone is a 404, one of another size a 500; neither is sent under the hash of another."""
    path = home / OLDER / "graph.jsonld"
    content = path.read_bytes()
    path.write_bytes(content + b" ")
    changed = client.get(f"/dumps/{OLDER}/graph.jsonld")
    path.unlink()
    gone = client.get(f"/dumps/{OLDER}/graph.jsonld")
    path.write_bytes(content)
    assert (500, 404) == (changed.status_code, gone.status_code)


# ------------------------------------------------------------------------------------------- older snapshots


def test_older_snapshots_stay(client: TestClient, home: Path) -> None:
    """A file of an older snapshot has an address that may be kept for ever, as that of the current one has."""
    for name in (CURRENT, OLDER):
        response = client.get(f"/dumps/{name}/graph.nq")
        assert response.content == (home / name / "graph.nq").read_bytes()
        assert (FOREVER, name) == (response.headers["cache-control"], response.headers["snapshot"])
    assert client.get(f"/dumps/{OLDER}/graph.nq").headers["last-modified"] == "Sun, 13 Jun 2010 12:00:00 GMT"


def test_the_list(client: TestClient, home: Path) -> None:
    """The files with size, hash, date, media type and address; the other snapshots, those that are none left out."""
    found = client.get("/dumps/").json()
    content = (home / CURRENT / "graph.trig").read_bytes()
    assert found["snapshot"] == CURRENT
    assert [file["name"] for file in found["files"]] == ["graph.trig", "graph.nq", "graph.jsonld", "graph.ttl"]
    assert found["files"][0] == {
        "name": "graph.trig",
        "address": f"/dumps/{CURRENT}/graph.trig",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "date": found["date"],
        "media_type": "application/trig",
    }
    older = {"snapshot": OLDER, "date": "2010-06-13T12:00:00Z", "address": f"/dumps/{OLDER}/"}
    assert found["others"] == [older]
    files = client.get(found["others"][0]["address"]).json()
    assert (older, 4) == ({name: files[name] for name in older}, len(files["files"]))
    assert "others" not in files


def test_the_page(client: TestClient, home: Path) -> None:
    """The same for people, in their language."""
    text = client.get("/dumps/", headers={**BROWSER, "Accept-Language": "fr"}).text
    for expected in (hashlib.sha256((home / CURRENT / "graph.nq").read_bytes()).hexdigest(), OLDER, "2010-06-13"):
        assert expected in text
    assert 'href="/dumps/graph.nq"' in text
    assert f'href="/dumps/{OLDER}/graph.nq"' in client.get(f"/dumps/{OLDER}/", headers=BROWSER).text


@pytest.mark.parametrize(("path", "target"), [("/dumps", "/dumps/"), (f"/dumps/{OLDER}", f"/dumps/{OLDER}/")])
def test_a_list_ends_with_a_slash(client: TestClient, path: str, target: str) -> None:
    """Without it one is led there."""
    response = client.get(path)
    assert (308, target) == (response.status_code, response.headers["location"])


NOWHERE = [
    "manifest.json",
    "report.json",
    "store/CURRENT",
    "../secret/manifest.json",
    "..%2Fsecret%2Fmanifest.json",
    "%2e%2e/secret/graph.nq",
    f"{CURRENT}/manifest.json",
    f"{CURRENT}/store/CURRENT",
    f"{CURRENT}/../{CURRENT}/manifest.json",
    f"{CURRENT}/..%2F{CURRENT}%2Fgraph.nq",
    f"{CURRENT}/%00",
    "secret/graph.nq",
    "secret/",
    f"{'a' * 16}/",
    f"{'b' * 16}/",
    "../",
    "..%2f",
    f"{CURRENT.upper()}/graph.nq",
    f"{CURRENT}%0a/graph.nq",
]


def test_nothing_else_is_handed_out(
    serving: Callable[..., tuple[subprocess.Popen[str], str]], pointer: Path, home: Path
) -> None:
    """Neither other files, nor other folders, nor what is no snapshot: sent as it is written, to a real server."""
    pointer.write_text(str(home / CURRENT))
    _, url = serving()
    found = {}
    with httpx.Client() as client:
        for path in NOWHERE:
            request = httpx.Request("GET", url, extensions={"target": f"/dumps/{path}".encode()})
            found[path] = client.send(request).status_code
    assert dict.fromkeys(NOWHERE, 404) == found


def test_addresses_for_void(home: Path) -> None:
    """Absolute addresses of the files, as void:dataDump wants them."""
    site = Site.open(home / CURRENT, Workers())
    assert site.dump_addresses("https://data.example/")[:2] == [
        "https://data.example/dumps/graph.trig",
        "https://data.example/dumps/graph.nq",
    ]


def test_a_working_copy_has_no_files(
    writing: Callable[..., AbstractContextManager[TestClient]], snapshot: Path, tmp_path: Path
) -> None:
    """What can be changed has no files of its own, but the snapshot that it began with keeps its."""
    shutil.copytree(snapshot, tmp_path / "home" / "snapshots" / CURRENT)
    with writing() as client:
        found = client.get("/dumps/").json()
        shown = client.get("/dumps/", headers=BROWSER).text
        assert ([], [CURRENT]) == (found["files"], [other["snapshot"] for other in found["others"]])
        assert client.get(f"/dumps/{CURRENT}/graph.nq").content == (snapshot / "graph.nq").read_bytes()
        assert "This state of the graph can be changed" in shown
        assert client.get("/dumps/graph.nq").status_code == 404
