"""Sources by address, against a real server: what is allowed, redirects, cut transfers, object stores."""

import gzip
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st

from kg.address import is_address, is_allowed
from kg.cli import main
from kg.errors import ContentError, Place
from kg.mapping import Fetched
from kg.mapping.source import remote

CSV = b"id,name\n1,Ann\n2,B\xc3\xa9a\n"
BIG = b"id,name\n" + b"".join(b"%d,Ann\n" % n for n in range(300_000))
HERE = Place("m.yaml", 1, 1)


DOCUMENTS = {"/data/a.csv": CSV, "/secret/a.csv": CSV, "/data/a.csv.gz": gzip.compress(CSV)}
REDIRECTS = {
    "/data/moved.csv": "/data/a.csv", "/data/astray.csv": "/secret/a.csv", "/data/round.csv": "/data/round.csv",
    "/data/away.csv": "http://0:{port}/data/a.csv", "/data/file.csv": "file:///etc/passwd",
}  # fmt: skip
# How long a transfer lasts and the version of the document, at the first request and at later ones.
CUTS: dict[str, tuple[tuple[int | None, str], tuple[int | None, str]]] = {
    "/data/cut.csv": ((1_500_000, '"1"'), (None, '"1"')),
    "/data/changed.csv": ((1_500_000, '"1"'), (None, '"2"')),
    "/data/torn.csv": ((1_500_000, ""), (1_500_000, "")),
}


class Answers(BaseHTTPRequestHandler):
    """What the server of these tests says."""

    requests: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        """Answer by the path."""
        self.requests.append((self.path, self.headers.get("Range")))
        path = self.path.partition("?")[0]
        if path in DOCUMENTS:
            self._send(DOCUMENTS[path])
        elif path in REDIRECTS:
            self._redirect(REDIRECTS[path].format(port=self.headers["Host"].partition(":")[2]))
        elif path in CUTS:
            cut, tag = CUTS[path][len([before for before, _ in self.requests if before == path]) > 1]
            self._send(BIG, cut=cut, tag=tag)
        elif path == "/data/packed.csv":
            self._send(gzip.compress(CSV), packed=True)
        elif path == "/data/slow.csv":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"id")
            self.wfile.flush()
            time.sleep(3)
        else:
            self.send_error(404)

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, body: bytes, *, cut: int | None = None, tag: str = "", packed: bool = False) -> None:
        wanted = self.headers.get("Range")
        part = wanted is not None and tag == self.headers.get("If-Range")
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and part else 0
        self.send_response(206 if part else 200)
        self.send_header("Content-Length", str(len(body) - start))
        if tag:
            self.send_header("ETag", tag)
            self.send_header("Accept-Ranges", "bytes")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body[start:cut])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """The address of a server, and the requests that it got."""
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    Answers.requests.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}", Answers.requests
        running.shutdown()


def materialize(address: str, folder: Path, *arguments: str, maps: int = 1) -> Result:
    """What `kg materialize` does with a mapping of an address."""
    text = "mappings:\n" + "".join(
        f"  m{n}:\n    sources: [['{address}~csv']]\n    s: http://e.x/$(id)\n    po: [[http://e.x/name{n}, $(name)]]\n"
        for n in range(maps)
    )
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, ["materialize", str(folder / "m.yaml"), *arguments])


Server = tuple[str, list[tuple[str, str | None]]]
MADE = ['<http://e.x/1> <http://e.x/name0> "Ann" .', '<http://e.x/2> <http://e.x/name0> "Béa" .']


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "moved.csv", "a.csv?version=1"])
def test_allowed_address_is_read(name: str, server: Server, tmp_path: Path) -> None:
    """A file, a packed one, and one that a redirect leads to; the size is told."""
    address = f"{server[0]}/data/{name}"
    result = materialize(address, tmp_path, "--allow", f"{server[0]}/data/")
    assert result.stdout.splitlines() == MADE, result.stderr
    assert f"fetched {address} (" in result.stderr


def test_nothing_is_fetched_by_default(server: Server, tmp_path: Path) -> None:
    """Without --allow no request is made, and the message says what to add."""
    result = materialize(f"{server[0]}/data/a.csv", tmp_path)
    assert (result.exit_code, server[1]) == (1, [])
    assert f"{server[0]}/data/a.csv is not allowed\n" in result.stderr
    assert f"→ if it may be fetched, add --allow {server[0]}/data/\n" in result.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("astray.csv", "{server}/secret/a.csv is not allowed, where {server}/data/astray.csv leads"),
        ("away.csv", "http://0:{port}/data/a.csv is not allowed, where {server}/data/away.csv leads"),
        ("file.csv", "{server}/data/file.csv cannot be fetched: the server answers 302"),
        ("round.csv", "{server}/data/round.csv cannot be fetched: the server answers 302"),
        ("none.csv", "{server}/data/none.csv cannot be fetched: the server answers 404 Not Found"),
        ("changed.csv", "{server}/data/changed.csv changed while it was fetched"),
        ("torn.csv", "{server}/data/torn.csv cannot be fetched: it was cut after 1,500,000 of 3,188,898 bytes"),
        ("packed.csv", "{server}/data/packed.csv comes packed with gzip, which was not asked for"),
    ],
)
def test_what_cannot_be_fetched_is_told(name: str, message: str, server: Server, tmp_path: Path) -> None:
    """Redirects to where nothing is allowed, no document, a cut one: an error with the mapping's place."""
    result = materialize(f"{server[0]}/data/{name}", tmp_path, "--allow", f"{server[0]}/data")
    expected = message.format(server=server[0], port=server[0].rpartition(":")[2])
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"m.yaml:3:15: {expected}" in result.stderr
    assert [path for path, _ in server[1] if path.startswith("/secret")] == []


@pytest.mark.parametrize(("host", "network"), [("localhost", "127.0.0.0/8"), ("0", "0.0.0.0/8")])
def test_a_name_that_leads_here_is_refused_although_it_is_allowed(
    host: str, network: str, server: Server, tmp_path: Path
) -> None:
    """No request is made; allowed by number as well, it is read."""
    here = server[0].replace("127.0.0.1", host)
    result = materialize(f"{here}/data/a.csv", tmp_path, "--allow", here)
    assert (1, "", []) == (result.exit_code, result.stdout, server[1])
    assert f"m.yaml:3:15: <{here}/data/a.csv> leads to an address that is not public\n" in result.stderr
    assert "allow the machine by its number" in result.stderr
    result = materialize(f"{here}/data/a.csv", tmp_path, "--allow", here, "--allow", network, "--allow", "::1/128")
    assert MADE == result.stdout.splitlines(), result.stderr


def test_a_redirect_to_a_name_that_leads_here_is_refused(server: Server, tmp_path: Path) -> None:
    """Also where the name is allowed; the server that redirects is asked, and no other one."""
    there = server[0].replace("127.0.0.1", "0")
    result = materialize(f"{server[0]}/data/away.csv", tmp_path, "--allow", server[0], "--allow", there)
    assert (1, "") == (result.exit_code, result.stdout)
    assert f"m.yaml:3:15: <{there}/data/a.csv> leads to an address that is not public\n" in result.stderr
    assert [("/data/away.csv", None)] == server[1]


def test_no_proxy_is_asked(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One would look names up anew, and reach what may not be reached."""
    monkeypatch.setenv("http_proxy", server[0])
    monkeypatch.delenv("no_proxy")
    monkeypatch.delenv("NO_PROXY", raising=False)
    result = materialize("http://nobody.invalid/data/a.csv", tmp_path, "--allow", "http://nobody.invalid/")
    assert (1, []) == (result.exit_code, server[1])
    assert "http://nobody.invalid/data/a.csv cannot be fetched: " in result.stderr


def test_cut_transfer_goes_on(server: Server) -> None:
    """What was cut is asked for from there on, where the server can do that, and nothing is there twice."""
    fetched = Fetched()
    path = fetched.path(f"{server[0]}/data/cut.csv", [server[0]], HERE)
    assert server[1] == [("/data/cut.csv", None), ("/data/cut.csv", "bytes=1500000-")]
    assert path.read_bytes() == BIG


def test_slow_server_is_left(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing for too long is an error."""
    monkeypatch.setattr(remote, "_SECONDS", 0.2)
    with pytest.raises(ContentError, match=r"cannot be fetched: .*timed out after 0 bytes|timed out after 2 bytes"):
        Fetched().path(f"{server[0]}/data/slow.csv", [server[0]], HERE)


def test_no_server(tmp_path: Path) -> None:
    """Where nobody listens, an error."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = materialize(f"{address}/a.csv", tmp_path, "--allow", address)
    assert (result.exit_code, "cannot be fetched: " in result.stderr, "Traceback" in result.stderr) == (1, True, False)


def test_each_address_is_fetched_once(server: Server, tmp_path: Path) -> None:
    """Two triples maps over one address make one request; the copy is gone afterwards."""
    fetched = Fetched()
    path = fetched.path(f"{server[0]}/data/a.csv", [server[0]], HERE)
    assert (path.name, path.read_bytes()) == ("a.csv", CSV)
    assert fetched.path(f"{server[0]}/data/a.csv", [server[0]], HERE) == path
    assert [path for path, _ in server[1]] == ["/data/a.csv"]
    folder = path.parent.parent
    del fetched
    assert not folder.exists()
    result = materialize(f"{server[0]}/data/a.csv", tmp_path, "--allow", server[0], maps=2)
    assert (len(result.stdout.splitlines()), len(server[1])) == (4, 2)


@pytest.mark.parametrize(
    ("address", "allowed", "expected"),
    [
        ("https://e.org/data/a.csv", "https://e.org", True),
        ("https://e.org/data/a.csv", "https://E.org:443/data/", True),
        ("https://e.org/data", "https://e.org/data/", True),
        ("https://e.org/a%20b/c", "https://e.org/a%20b", True),
        ("https://e.org.evil.com/data/a.csv", "https://e.org", False),
        ("https://e.org@evil.com/data/a.csv", "https://e.org", False),
        ("https://user:pw@e.org/data/a.csv", "https://e.org", False),
        ("https://e.org/data/../secret", "https://e.org/data/", False),
        ("https://e.org/data/%2e%2e/secret", "https://e.org/data/", False),
        ("https://e.org\\@evil.com/", "https://e.org", False),
        ("https://e.org/da\nta", "https://e.org", False),
        ("http://e.org/data", "https://e.org/", False),
        ("https://e.org:8080/data", "https://e.org/", False),
        ("https://e.org:x/data", "https://e.org/", False),
        ("https://e.org/data2", "https://e.org/data", False),
        ("s3://bucket/a.csv", "s3://bucket", True),
        ("s3://bucket2/a.csv", "s3://bucket", False),
        ("https://e.org/", "e.org", False),
    ],
)
def test_what_an_allowed_beginning_covers(address: str, allowed: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """Whole names and whole parts of a path, as every program reads them."""
    assert is_allowed(address, [allowed]) is expected


@given(st.text(max_size=20), st.text(max_size=20))
@example("@evil.com", "")
@example(".evil.com", "")
@example(":443@evil.com", "/a")
def test_no_text_leads_to_another_host(middle: str, end: str) -> None:
    """Whatever follows the host, an allowed address has that host for the library that opens it."""
    address = f"https://e.org{middle}/{end}"
    if is_allowed(address, ["https://e.org"]):
        assert urllib.request.Request(address).host.partition(":")[0].lower() == "e.org"


def test_paths_are_no_addresses() -> None:
    """A file is never fetched."""
    assert [is_address(text) for text in ("a.csv", "/a.csv", "C:/a.csv", "file:///a.csv", "jdbc:sqlite:a.db")] == [
        False
    ] * 5


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of a local server that speaks S3."""
    command = shutil.which("moto_server") or os.environ.get("KG_MOTO_SERVER")
    if command is None:
        pytest.skip("moto_server is not installed (pip install 'moto[server]', or KG_MOTO_SERVER)")
    pytest.importorskip("obstore")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([command, "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "no_proxy": "127.0.0.1",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        put(port, "/bucket")
        yield "s3://bucket"
    finally:
        process.terminate()
        process.wait(20)


SIGNED = "test/20260101/us-east-1/s3/aws4_request"


def put(port: int, path: str, body: bytes = b"") -> None:
    """Put an object, or make a bucket, on the server, once it listens."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body, method="PUT",
        headers={"Content-Type": "text/csv", "Authorization": f"AWS4-HMAC-SHA256 Credential={SIGNED}"},
    )  # fmt: skip
    for _ in range(100):
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("the S3 server does not answer")


def test_object_store(bucket: str, tmp_path: Path) -> None:
    """An object of an S3 store is read where the bucket is allowed, and only there; a missing one is told."""
    put(int(os.environ["AWS_ENDPOINT_URL"].rpartition(":")[2]), "/bucket/data/a.csv", CSV)
    made = materialize(f"{bucket}/data/a.csv", tmp_path, "--allow", f"{bucket}/data")
    assert made.stdout.splitlines() == MADE, made.stderr
    assert "is not allowed" in materialize(f"{bucket}/data/a.csv", tmp_path).stderr
    gone = materialize(f"{bucket}/data/none.csv", tmp_path, "--allow", bucket)
    assert (gone.exit_code, "s3://bucket/data/none.csv cannot be fetched: " in gone.stderr) == (1, True), gone.stderr
