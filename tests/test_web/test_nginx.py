"""The server behind nginx as deploy/nginx.conf sets it up: what breaks off shows, who leaves is gone, copies agree."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
OPENSSL = shutil.which("openssl")
CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NAME = "graph.example.org"

_NUMBERS = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(60)))} }}" for n in range(6))
STREAM = f"SELECT * {{ {_NUMBERS} }}"
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {_NUMBERS} }}"

_MAIN = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    types {{ }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/pressgraph.conf;
}}
"""

pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="nginx is not there: apt install nginx"),
    pytest.mark.skipif(OPENSSL is None, reason="openssl is not there: apt install openssl"),
]


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def configuration(folder: Path, server: str, port: int) -> str:
    """deploy/nginx.conf with the addresses and files of a test; each of them must be in it."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    changes = {
        "server 127.0.0.1:8000;": f"server {urlsplit(server).netloc};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/var/cache/nginx/pressgraph": f"{folder}/cache",
        f"/etc/ssl/{NAME}.pem": f"{folder}/cert.pem",
        f"/etc/ssl/private/{NAME}.key": f"{folder}/key.pem",
    }
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    return text


@pytest.fixture
def proxied(serving: Serving, tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Starts a server, and nginx in front of it; the server's process and nginx's address."""
    assert NGINX
    assert OPENSSL
    started: list[subprocess.Popen[bytes]] = []
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"), "-subj", f"/CN={NAME}"]
    subprocess.run([OPENSSL, "req", *kind, *files], check=True, capture_output=True)

    def start(**options: float) -> tuple[subprocess.Popen[str], str]:
        process, server = serving(**options)
        port = free_port()
        (tmp_path / "pressgraph.conf").write_text(configuration(tmp_path, server, port), encoding="utf-8")
        user = "user root;" if os.geteuid() == 0 else ""
        (tmp_path / "nginx.conf").write_text(_MAIN.format(user=user, folder=tmp_path), encoding="utf-8")
        command = [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
        started.append(subprocess.Popen(command))
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        return process, f"https://127.0.0.1:{port}/"

    yield start
    for nginx in started:
        nginx.terminate()
        nginx.wait(10)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A client that asks for the public name, and takes any certificate."""
    with httpx.Client(verify=False, headers={"Host": NAME}, timeout=30) as client:
        yield client


def connected(url: str, query: str) -> http.client.HTTPSConnection:
    """A connection on which a query has just been asked."""
    context = ssl._create_unverified_context()
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=context, timeout=30)
    connection.request("GET", f"/sparql?query={quote(query)}", headers={"Host": NAME, "Accept": "text/csv"})
    return connection


def comes_to(process: subprocess.Popen[str], *, rest: bool) -> bool:
    """Whether the server's workers come to rest, or to work, within 10 s."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")

    def ticks() -> dict[str, int]:
        taken = {}
        for pid in children.read_text(encoding="ascii").split():
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
            taken[pid] = int(fields[11]) + int(fields[12])
        return taken

    for _ in range(20):
        try:
            before = ticks()
            time.sleep(0.5)
            after = ticks()
        except OSError:
            continue
        if rest == (sum(after.values()) - sum(before.get(pid, 0) for pid in after) < 5):
            return True
    return False


def test_the_configuration_is_one(tmp_path: Path, proxied: Serving) -> None:
    """The file is taken without a warning."""
    proxied()
    assert NGINX
    command = [NGINX, "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    tested = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (tested.returncode, tested.stderr)


def test_a_cut_stream_stays_cut(proxied: Serving) -> None:
    """Behind the proxy as well, an answer that breaks off at its time limit is an incomplete read."""
    _, url = proxied(seconds=2)
    connection = connected(url, STREAM)
    response = connection.getresponse()
    assert 200 == response.status
    with pytest.raises((http.client.IncompleteRead, ConnectionError, ssl.SSLError)):
        deque(iter(lambda: response.read(1 << 20), b""), maxlen=0)
    connection.close()


def test_a_whole_stream_is_whole(proxied: Serving, client: httpx.Client) -> None:
    """An answer larger than every buffer arrives to its last row."""
    _, url = proxied()
    query = "SELECT * { VALUES ?a {" + " 1" * 1000 + " } VALUES ?b {" + " 2" * 1000 + " } }"
    response = client.get(f"{url}sparql", params={"query": query}, headers={"Accept": "text/csv"})
    assert 1_000_001 == response.text.count("\r\n")


def test_who_leaves_ends_the_query(proxied: Serving) -> None:
    """Before the first byte and in mid-stream, the workers are at rest long before the limit."""
    process, url = proxied(seconds=60)
    with closing(connected(url, ENDLESS)):
        assert comes_to(process, rest=False)
    assert comes_to(process, rest=True)
    with closing(connected(url, STREAM)) as connection:
        connection.getresponse().read(1 << 20)
    assert comes_to(process, rest=True)


def test_what_never_changes_is_asked_for_once(proxied: Serving, client: httpx.Client) -> None:
    """The second answer is nginx's copy: the same, with a name and times of its own."""
    _, url = proxied()
    style = re.search(r"/static/style\.css\?v=\w+", client.get(url, headers={"Accept": "text/html"}).text)
    assert style
    first, second = (client.get(f"{url[:-1]}{style[0]}") for _ in range(2))
    assert first.content == second.content
    assert ("proxy;desc=hit", False) == (second.headers["server-timing"], "hit" in first.headers["server-timing"])
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_a_client_that_has_it_is_told_so(proxied: Serving, client: httpx.Client) -> None:
    """An entity tag goes through, and its answer is 304 without a body; another file has another tag; so do ranges."""
    _, url = proxied()
    first = client.get(f"{url}dumps/graph.nq")
    again = client.get(f"{url}dumps/graph.nq", headers={"If-None-Match": first.headers["etag"]})
    other = client.get(f"{url}dumps/graph.ttl", headers={"If-None-Match": first.headers["etag"]})
    assert (200, 304, b"", 200) == (first.status_code, again.status_code, again.content, other.status_code)
    assert first.headers["etag"] == again.headers["etag"] != other.headers["etag"]
    part = client.get(f"{url}dumps/graph.nq", headers={"Range": "bytes=10-19"})
    assert (206, first.content[10:20]) == (part.status_code, part.content)


def test_answers_of_one_address_are_told_apart(proxied: Serving, client: httpx.Client) -> None:
    """What a browser gets is not what a program gets, whoever asks first."""
    _, url = proxied()
    kinds = ["text/html", "text/turtle", "text/html", "text/turtle"]
    answers = [client.get(f"{url}id/lighthouse", headers={"Accept": kind}, follow_redirects=False) for kind in kinds]
    told = [(answer.status_code, answer.headers.get("location"), answer.content) for answer in answers]
    assert told[0] == told[2] != told[1] == told[3]


def test_addresses_are_those_that_the_public_sees(proxied: Serving, client: httpx.Client) -> None:
    """The service description names the host and the scheme of the proxy, whatever the client claims them to be."""
    _, url = proxied()
    lies = {"Accept": "text/turtle", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
    described = client.get(f"{url}sparql", headers=lies).text
    assert f"<https://{NAME}/sparql>" in described
    assert "evil.example" not in described


def test_the_log_has_the_names_of_the_proxy(proxied: Serving, client: httpx.Client) -> None:
    """A request has one name, in the log of the server and in the answer of the proxy."""
    process, url = proxied(log="json")
    name = client.get(f"{url}nothing-here").headers["x-request-id"]
    process.terminate()
    assert name in process.communicate(timeout=30)[1]


def test_metrics_stay_inside(proxied: Serving, client: httpx.Client) -> None:
    """Who comes through the proxy does not see them."""
    _, url = proxied(metrics=True)
    assert 404 == client.get(f"{url}metrics").status_code


def test_too_much_is_refused(proxied: Serving, client: httpx.Client) -> None:
    """A body beyond the server's limit does not reach it; a query of 30,000 characters by GET does."""
    _, url = proxied()
    assert 413 == client.post(f"{url}sparql", content=b"x" * 2_000_000).status_code
    query = "ASK {}" + " " * 30_000
    assert {"head": {}, "boolean": True} == client.get(f"{url}sparql", params={"query": query}).json()
