"""Worker processes, over HTTP against a server in a process of its own: their limits, and that nobody waits."""

import concurrent.futures
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.test_web.observed import ENDLESS, POINT, STREAM, alive, ask, children, drain, idle, raw

Serving = Callable[..., tuple[subprocess.Popen[str], str]]


def test_a_client_may_ask_for_less_time_not_for_more(serving: Serving) -> None:
    """`timeout` shortens the limit of the server; what is no number of seconds is refused."""
    _, url = serving(seconds=2)
    for asked, limit in (("0.5", 1.5), ("60", 3.0)):
        started = time.monotonic()
        assert ask(url, ENDLESS["count"], timeout=asked).status_code == 504
        assert time.monotonic() - started < limit
    for wrong in ("0", "-1", "soon", "nan", "inf"):
        assert ask(url, POINT, timeout=wrong).status_code == 400


def test_a_client_that_does_not_read_is_left(serving: Serving) -> None:
    """The worker waits for it, no memory grows, and it is cut off after a while."""
    process, url = serving(seconds=60, receiving=1)
    with raw(url, STREAM) as connection:
        time.sleep(1)
        status = Path(f"/proc/{process.pid}/status").read_text()
        time.sleep(2)
        assert idle(process)
        with pytest.raises(ConnectionResetError):
            drain(connection)
    assert int(status.partition("VmRSS:")[2].split()[0]) < 250_000


@pytest.mark.parametrize("query", [ENDLESS["count"], STREAM, ENDLESS["nested list"]])
def test_no_worker_outlives_its_server(serving: Serving, query: str) -> None:
    """A server that is killed outright leaves no process behind, whatever they were at."""
    process, url = serving(seconds=60)
    with raw(url, query):
        time.sleep(0.5)
        pids = children(process)
        process.kill()
        process.wait()
        time.sleep(1)
    assert pids
    assert [pid for pid in pids if alive(pid)] == []


def test_memory_has_a_limit(serving: Serving) -> None:
    """A query that needs more than it may have is told so, and takes nothing else with it."""
    _, url = serving(seconds=60, megabytes=100)
    response = ask(url, ENDLESS["sort"])
    assert (507, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert ask(url, POINT).status_code == 200


def test_answers_have_a_limit(serving: Serving) -> None:
    """One that is not sent yet is refused, one under way is cut."""
    _, url = serving(answer=10_000)
    assert ask(url, "SELECT * { VALUES ?x {" + " 1" * 3000 + " } }").status_code == 507
    _, url = serving(answer=20_000_000)
    with raw(url, STREAM) as connection, pytest.raises(ConnectionResetError):
        drain(connection)


def test_many_slow_queries_stop_nobody(serving: Serving) -> None:
    """200 at once: some wait, the rest are refused with Retry-After; health and point queries go on; bounds hold."""
    process, url = serving(seconds=10)
    ask(url, POINT)
    with httpx.Client(timeout=60) as client, concurrent.futures.ThreadPoolExecutor(200) as threads:
        # One query asked by all at once would be evaluated once.
        slow = [threads.submit(ask, url, f"{ENDLESS['count']} # {number}") for number in range(200)]
        time.sleep(1)
        point = f"sparql?query={quote(POINT)}&nocache="
        answers = [client.get(f"{url}{path}").status_code for n in range(20) for path in ("health", f"{point}{n}")]
        under_way = sum(not future.done() for future in slow)
        running = len(children(process))
        tasks = len(list(Path(f"/proc/{process.pid}/task").iterdir()))
        statuses = [future.result().status_code for future in slow]
        refused = [future.result() for future in slow if future.result().status_code == 503]
    assert set(answers) == {200}
    assert under_way
    assert set(statuses) == {503, 504}
    assert all(response.headers["retry-after"] for response in refused)
    assert running < 20
    assert tasks < 60
