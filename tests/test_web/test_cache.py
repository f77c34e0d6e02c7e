"""The cache: an answer is made once and sent as it was, to who asks the same, as long as its snapshot is served."""

import gzip
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.web.cache.flight import LARGEST
from kg.web.http.tags import has, strong, weak

Serving = Callable[..., tuple[subprocess.Popen[str], str]]

LABELS = "SELECT ?label { <id/lighthouse> skos:prefLabel ?label }"
LONG = "SELECT ?s { ?s ?p ?o . VALUES ?x { " + " ".join(map(str, range(30))) + " } }"
_VALUES = [f"VALUES ?v{n} {{ {' '.join(map(str, range(40)))} }}" for n in range(5)]
# Some seconds of work with an answer of a few bytes; and an answer that is too large to be kept.
SLOW = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(_VALUES[:4])} VALUES ?w {{ 1 2 3 4 5 6 }} }}"
NEVER = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(_VALUES)} ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }}"
LARGE = f"SELECT * {{ {' '.join(_VALUES[:4])} }} LIMIT 300000"

EVALUATED = 'queries_total{outcome="ok"}'
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PLAIN_CSV = {"Accept": "text/csv", "Accept-Encoding": "identity"}


@pytest.fixture
def client(serving: Serving) -> Iterator[httpx.Client]:
    """A client of a server of its own, which counts."""
    _, url = serving(metrics=True)
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


def ask(client: httpx.Client, query: str, **headers: str) -> httpx.Response:
    """The response to a query by GET."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("sparql", params={"query": query}, headers=told)


def hit(response: httpx.Response) -> bool:
    """Whether an answer was kept."""
    return bool(response.headers.get("cache-status") == "pressgraph; hit")


def evaluated(client: httpx.Client, expected: int) -> float:
    """How many queries were evaluated, once it is as many as expected: a request is counted after it is answered."""
    for _ in range(200):
        if counted(client, EVALUATED) >= expected:
            break
        time.sleep(0.05)
    time.sleep(0.2)
    return counted(client, EVALUATED)


def counted(client: httpx.Client, name: str) -> float:
    """A number that the server counts."""
    found = re.search(rf"^pressgraph_{re.escape(name)} (\S+)$", client.get("metrics").text, re.MULTILINE)
    assert found, name
    return float(found[1])


# --------------------------------------------------------------------------------------------- what is kept


def test_an_answer_is_made_once(client: httpx.Client) -> None:
    """The second time nothing is evaluated, and what is sent is the same but for what tells of the request."""
    first, second = ask(client, LABELS), ask(client, LABELS)
    assert (False, True) == (hit(first), hit(second))
    own = {"date", "x-request-id", "server-timing", "cache-status"}
    assert {k: v for k, v in first.headers.items() if k not in own} == {
        k: v for k, v in second.headers.items() if k not in own
    }
    assert first.content == second.content
    assert re.fullmatch(r'"[0-9a-f]{32}"', first.headers["etag"])
    assert first.headers["cache-control"] == "no-cache"
    assert evaluated(client, 1) == 1
    assert counted(client, 'cache_requests_total{result="hit"}') == 1


def test_a_head_is_answered_by_what_a_get_left(client: httpx.Client) -> None:
    """And a GET by what a HEAD left; the headers are those of the GET, and there is no body."""
    head = client.head("sparql", params={"query": LABELS})
    whole = ask(client, LABELS)
    again = client.head("sparql", params={"query": LABELS})
    assert (b"", b"") == (head.content, again.content)
    assert (False, True, True) == (hit(head), hit(whole), hit(again))
    for name in ("etag", "content-length", "content-type", "vary"):
        assert head.headers[name] == whole.headers[name] == again.headers[name]
    assert len(whole.content) == int(head.headers["content-length"])


def test_each_coding_has_a_tag_of_its_own(client: httpx.Client) -> None:
    """What a client cannot decode it is never sent, and the tag of one coding says nothing of another."""
    plain = ask(client, LONG, Accept_Encoding="identity")
    packed = ask(client, LONG, Accept_Encoding="gzip")
    assert hit(ask(client, LONG, Accept_Encoding="GZIP;q=0.5, identity;q=0.1"))
    assert ("gzip", plain.content) == (packed.headers["content-encoding"], packed.content)
    assert plain.headers["etag"] != packed.headers["etag"]
    tag = packed.headers["etag"]
    assert (200, 304) == (
        ask(client, LONG, Accept_Encoding="identity", If_None_Match=tag).status_code,
        ask(client, LONG, Accept_Encoding="gzip", If_None_Match=tag).status_code,
    )


def test_what_a_client_accepts_tells_answers_apart(client: httpx.Client) -> None:
    """Formats and languages are kept beside each other; how a header is spaced and cased makes no difference."""
    kinds = ["text/csv", "application/sparql-results+json", "application/json", "text/html"]
    answers = [ask(client, LABELS, Accept=kind) for kind in kinds]
    assert kinds == [answer.headers["content-type"].partition(";")[0] for answer in answers]
    assert 4 == len({answer.headers["etag"] for answer in answers})
    assert hit(ask(client, LABELS, Accept="Text/CSV"))
    pages = [ask(client, LABELS, Accept="text/html", Accept_Language=language) for language in ("fr", "en", "fr-CH")]
    assert ["fr", "en", "fr"] == [page.headers["content-language"] for page in pages]
    assert hit(pages[2])


def test_who_asks_by_another_name_is_told_of_that(client: httpx.Client) -> None:
    """A description names the address that it was asked at, and nobody else's."""
    names = ["one.example", "two.example", "one.example"]
    told = [client.get("sparql", headers={"Host": name}) for name in names]
    assert names == [re.search(r"https?://(\w+\.example)/sparql", answer.text)[1] for answer in told]  # type: ignore[index]
    proxied = client.get("sparql", headers={"Host": "one.example", "X-Forwarded-Host": "three.example"})
    assert "three.example" in proxied.text
    assert (
        "https://one.example/"
        in client.get("sparql", headers={"Host": "one.example", "X-Forwarded-Proto": "https"}).text
    )


def test_bodies_tell_answers_apart(client: httpx.Client) -> None:
    """Queries by POST are kept as well, by what they ask and how."""
    kind = {"Content-Type": "application/sparql-query"}
    direct = [client.post("sparql", content=query, headers=kind) for query in (LABELS, "ASK {}", LABELS)]
    assert [False, False, True] == [hit(answer) for answer in direct]
    form = [client.post("sparql", data={"query": query}) for query in (LABELS, "ASK {}", LABELS)]
    assert [False, False, True] == [hit(answer) for answer in form]
    assert direct[2].json() == form[2].json() == ask(client, LABELS).json()
    assert 400 == client.post("sparql", content=LABELS, headers=FORM).status_code
    assert 200 == client.post("sparql", data={"query": LABELS}, headers={"If-None-Match": "*"}).status_code
    assert 200 == client.get("sparql").status_code
    assert 400 == client.post("sparql", content="", headers=FORM).status_code


def test_what_is_too_long_or_changes_something_is_handed_on(client: httpx.Client) -> None:
    """The application refuses it, with all of its body, as without the cache; nothing of it is kept."""
    long = client.post("sparql", data={"query": "#" + "x" * 1_100_000})
    assert 413 == long.status_code
    for _ in range(2):
        for name in ("update", "%75pdate"):
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = client.post("sparql", content=f"{name}=DROP+ALL", headers=kind)
            assert (403, None) == (answer.status_code, answer.headers.get("cache-status"))
    assert counted(client, "cache_answers") == 0


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"])
def test_what_may_differ_is_never_kept(client: httpx.Client, call: str) -> None:
    """It is `no-store`, has no tag, and is evaluated each time."""
    answers = [ask(client, f"SELECT (STR({call}) AS ?x) {{}}") for _ in range(2)]
    for answer in answers:
        assert ("no-store", None, False) == (answer.headers["cache-control"], answer.headers.get("etag"), hit(answer))
    assert evaluated(client, 2) == 2


def test_what_goes_wrong_is_not_kept(client: httpx.Client) -> None:
    """Errors have no tag; who asks again is answered anew."""
    for query, timeout, status in (("nonsense", "20", 400), (NEVER, "1", 504)):
        for _ in range(2):
            answer = client.get("sparql", params={"query": query, "timeout": timeout})
            assert (status, None, False) == (answer.status_code, answer.headers.get("etag"), hit(answer))
    assert counted(client, "cache_answers") == 0


def test_a_new_snapshot_is_a_new_beginning(serving: Serving, pointer: Path, another: Path) -> None:
    """Nothing of the snapshot before is sent, or taken for what a client has, once another is served."""
    _, url = serving()
    with httpx.Client(base_url=url) as client:
        before = ask(client, LABELS)
        assert hit(ask(client, LABELS))
        pointer.write_text(str(another))
        for _ in range(100):
            after = ask(client, LABELS, If_None_Match=before.headers["etag"])
            if after.headers["snapshot"] == another.name:
                break
            time.sleep(0.1)
        assert (200, False) == (after.status_code, hit(after))
        assert len(after.json()["results"]["bindings"]) == len(before.json()["results"]["bindings"]) + 1
        assert 304 == ask(client, LABELS, If_None_Match=after.headers["etag"]).status_code


def test_what_is_kept_is_bounded(serving: Serving) -> None:
    """In bytes, addresses included; what was not asked for the longest gives way."""
    _, url = serving(metrics=True, cache=100_000)
    with httpx.Client(base_url=url, timeout=60) as client:
        for number in range(60):
            assert not hit(ask(client, f"{LABELS} # {number} {'x' * 1000}"))
            assert number == 0 or hit(ask(client, f"{LABELS} # 0 {'x' * 1000}"))
            assert counted(client, "cache_bytes") <= 100_000
        assert 15 < counted(client, "cache_answers") < 40
        assert hit(ask(client, f"{LABELS} # 59 {'x' * 1000}"))
        assert not hit(ask(client, f"{LABELS} # 1 {'x' * 1000}"))


# ---------------------------------------------------------------------------------- what a client has already


def test_what_a_client_has_is_not_sent_again(client: httpx.Client) -> None:
    """By GET and HEAD, whether it is kept or not, compared weakly; with what a cache needs to know, and no body."""
    tag = ask(client, LABELS).headers["etag"]
    for given_ in (tag, f"W/{tag}", f'"x,y", {tag}', "*", f', "a" ,{tag},'):
        for method in ("GET", "HEAD"):
            answer = client.request(method, "sparql", params={"query": LABELS}, headers={"If-None-Match": given_})
            assert (304, b"", tag) == (answer.status_code, answer.content, answer.headers["etag"])
            assert "Accept-Encoding" in answer.headers["vary"]
            assert {"content-type", "content-length", "transfer-encoding"}.isdisjoint(answer.headers)
    for other in ('"x"', tag.strip('"'), f"{tag} x", f"w/{tag}", ""):
        assert 200 == ask(client, LABELS, If_None_Match=other).status_code
    fresh = "ASK { ?s ?p ?o }"
    assert (304, False) == ((answer := ask(client, fresh, If_None_Match="*")).status_code, hit(answer))


def test_a_large_answer_has_a_weak_tag(client: httpx.Client) -> None:
    """It is sent as it comes and not kept; who has it is not sent it again, without its being evaluated again."""
    with client.stream("GET", "sparql", params={"query": LARGE}, headers=PLAIN_CSV) as answer:
        tag = answer.headers["etag"]
        assert re.fullmatch(r'W/"[0-9a-f]{32}"', tag)
        assert 300_001 == sum(1 for _ in answer.iter_lines())
    assert counted(client, "cache_bytes") < LARGEST
    assert evaluated(client, 1) == 1
    known = ask(client, LARGE, **PLAIN_CSV, If_None_Match=tag)
    assert (304, True, tag) == (known.status_code, hit(known), known.headers["etag"])
    assert evaluated(client, 1) == 1
    head = client.head("sparql", params={"query": LARGE}, headers=PLAIN_CSV)
    assert (200, tag, b"") == (head.status_code, head.headers["etag"], head.content)
    assert 200 == ask(client, f"{LARGE} OFFSET 1", **PLAIN_CSV, If_None_Match=tag).status_code


def test_files_stay_files(client: httpx.Client, snapshot: Path) -> None:
    """A dump has its own tag and parts; nothing of it is kept."""
    content = (snapshot / "graph.nq").read_bytes()
    whole = client.get("dumps/graph.nq")
    tag = whole.headers["etag"]
    assert (content, "bytes", False) == (whole.content, whole.headers["accept-ranges"], hit(whole))
    assert 304 == client.get("dumps/graph.nq", headers={"If-None-Match": tag}).status_code
    assert 304 == client.get("dumps/graph.nq", headers={"If-None-Match": f'"x", W/{tag}'}).status_code
    part = client.get("dumps/graph.nq", headers={"Range": "bytes=5-9", "If-Range": tag})
    assert (206, content[5:10]) == (part.status_code, part.content)
    head = client.head("dumps/graph.nq")
    assert (str(len(content)), tag) == (head.headers["content-length"], head.headers["etag"])
    date = {"If-Modified-Since": whole.headers["last-modified"]}
    assert 304 == client.get("dumps/graph.nq", headers=date).status_code
    assert 200 == client.get("dumps/graph.nq", headers={**date, "If-None-Match": '"x"'}).status_code
    assert 412 == client.get("dumps/graph.nq", headers={"If-Match": '"x"'}).status_code
    assert counted(client, "cache_bytes") < 10_000


# ------------------------------------------------------------------------------------- many who ask the same


def test_a_stampede_evaluates_once(client: httpx.Client) -> None:
    """Whoever asks what is being evaluated waits for that."""
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: ask(client, SLOW), range(20)))
    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.content for answer in answers})
    assert evaluated(client, 1) == 1


def test_a_stampede_on_what_is_not_shared(client: httpx.Client) -> None:
    """Everybody has an answer of their own."""
    query = f"SELECT (RAND() AS ?r) (COUNT(*) AS ?n) {{ {' '.join(_VALUES[:3])} }}"
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(client, query).text, range(8)))
    assert 8 == len(set(answers))
    with ThreadPoolExecutor(4) as threads:
        sizes = list(threads.map(lambda _: len(ask(client, LARGE, **PLAIN_CSV).content), range(4)))
    assert (4, 1) == (len(sizes), len(set(sizes)))


def raw(url: str, query: str) -> socket.socket:
    """A connection on which a query has just been asked."""
    address = httpx.URL(url)
    connection = socket.create_connection((address.host, address.port or 80), timeout=60)
    connection.sendall(f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: {address.netloc.decode()}\r\n\r\n".encode())
    return connection


def test_who_leaves_takes_the_answer_from_nobody(client: httpx.Client) -> None:
    """The first who asks may go: the others have what was begun for all."""
    leader, *others = (raw(str(client.base_url), SLOW) for _ in range(3))
    time.sleep(0.3)
    leader.close()
    for other in others:
        with other:
            assert other.recv(1 << 16).startswith(b"HTTP/1.1 200 OK\r\n")
    time.sleep(0.5)
    # The query was the leader's, who left.
    assert (1, 0) == (counted(client, 'queries_total{outcome="gone"}'), counted(client, EVALUATED))


def test_what_nobody_waits_for_ends(serving: Serving) -> None:
    """When all have left the query is ended, and who asks it then is not answered by what was ended."""
    process, url = serving(seconds=60)
    connections = [raw(url, NEVER) for _ in range(3)]
    time.sleep(1)
    for connection in connections:
        connection.close()
    time.sleep(0.5)
    with raw(url, NEVER) as connection:
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    time.sleep(1)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    before = sum(_ticks(pid) for pid in children)
    time.sleep(1)
    assert sum(_ticks(pid) for pid in children) - before < 20
    process.send_signal(signal.SIGTERM)
    assert "" == process.communicate(timeout=30)[1]


def _ticks(pid: str) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) * 100 // os.sysconf("SC_CLK_TCK")


# ------------------------------------------------------------------------------- what is answered at once


def test_requests_in_a_row_are_answered_in_their_order(client: httpx.Client) -> None:
    """What is kept does not overtake what is not, on one connection."""
    ask(client, "ASK {}")
    kept, new = ("/sparql?query=ASK%7B%7D", "/sparql?query=" + quote("SELECT (1 AS ?x) {}"))
    client.get(kept, headers={"Accept": "", "Accept-Encoding": "", "Accept-Language": ""})
    address = client.base_url
    with socket.create_connection((address.host, address.port or 80), timeout=30) as connection:
        host = address.netloc.decode()
        lines = [f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n" for path in (kept, new, kept, kept)]
        connection.sendall("".join(lines).encode() + f"HEAD {kept} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        received = b""
        while piece := connection.recv(1 << 16):
            received += piece
    assert [b"boolean", b"vars", b"boolean", b"boolean"] == re.findall(rb'"(boolean|vars)"', received)
    assert 5 == received.count(b"HTTP/1.1 200 OK")
    assert 1 == received.count(b"connection: close")
    assert received.endswith(b"\r\n\r\n")


def test_what_is_kept_is_noted_as_any_request(serving: Serving) -> None:
    """It has a line in the log, a name, its timing, and is counted."""
    process, url = serving(log="json", metrics=True)
    with httpx.Client(base_url=url) as client:
        answers = [ask(client, LABELS, X_Request_Id=f"order-{number}") for number in range(2)]
        assert ["order-0", "order-1"] == [answer.headers["x-request-id"] for answer in answers]
        assert answers[1].headers["server-timing"].startswith("cache;desc=hit")
        assert counted(client, 'requests_total{method="GET",route="/sparql",status="200"}') == 2
    process.send_signal(signal.SIGTERM)
    lines = [line for line in process.communicate(timeout=30)[1].splitlines() if "order-1" in line]
    assert ['"cache": "hit"', '"snapshot": "'] == [
        part for part in ('"cache": "hit"', '"snapshot": "') if part in lines[0]
    ]


# ---------------------------------------------------------------------------------------------- the parser

_OPAQUE = st.text(st.characters(codec="latin-1", min_codepoint=0x21, exclude_characters='"\x7f'), max_size=9)
_TAGS = st.tuples(st.sampled_from(["", "W/"]), _OPAQUE.map(lambda text: f'"{text}"'))
_SPACE = st.text(" \t", max_size=2)


@given(st.lists(st.tuples(_SPACE, _TAGS, _SPACE), min_size=1), _TAGS, st.data())
def test_any_list_of_tags_is_read(
    tags: list[tuple[str, tuple[str, str], str]], other: tuple[str, str], data: Any
) -> None:
    """A tag is found where it is in the list, weak or not, and nowhere else, however the list is spaced."""
    header = ",".join(f"{before}{''.join(tag)}{after}" for before, tag, after in tags).encode("latin-1")
    _, (_, opaque), _ = data.draw(st.sampled_from(tags))
    assert has(header, opaque.encode("latin-1"))
    assert has(header, f"W/{opaque}".encode("latin-1"))
    assert has(header, other[1].encode("latin-1")) == (other[1] in {tag[1] for _, tag, _ in tags})


@given(st.binary(max_size=40))
def test_any_header_is_read(header: bytes) -> None:
    """Whatever is sent, it is read, and names no tag that is not in it."""
    tag = strong([b"x"])
    assert has(header, tag) == (header.strip(b" \t") == b"*")


@given(st.lists(st.binary(max_size=5)), st.lists(st.binary(max_size=5)))
def test_tags_differ_where_parts_do(one: list[bytes], other: list[bytes]) -> None:
    """However what is told apart is cut into parts."""
    assert (strong(one) == strong(other)) == (one == other)
    assert weak(one) == b"W/" + strong(one)


def test_codings_are_what_they_say(client: httpx.Client) -> None:
    """What is kept in gzip is gzip, from the first byte to the last."""
    ask(client, LONG, Accept_Encoding="gzip")
    with client.stream("GET", "sparql", params={"query": LONG}, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
        assert hit(answer)
    assert gzip.decompress(packed) == ask(client, LONG, Accept_Encoding="identity").content
