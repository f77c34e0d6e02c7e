"""What `kg serve` can be told, on the command line and by the environment, and what it then does."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from click import BadParameter
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kg.cli import main
from kg.cli.serving import Size, settings
from kg.project import example
from kg.web.settings import Settings

SERVE = main.commands["serve"]
Started = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its snapshot and, beside its article, the text."""
    root = tmp_path_factory.mktemp("serving") / "project"
    shutil.copytree(example(), root)
    assert 0 == CliRunner().invoke(main, ["--project", str(root), "build"]).exit_code
    return root


@pytest.fixture
def started(project: Path) -> Iterator[Started]:
    """Starts the command; each time the process and the address that it tells."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "kg", "serve", *arguments]
        variables = {**os.environ, "KG_PROJECT": str(project), "KG_SERVE_PORT": "0", **environment}
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, env=variables, **pipes)
        processes.append(process)
        assert process.stdout
        return process, process.stdout.readline().split(maxsplit=1)[0]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def chosen(*arguments: str) -> Settings:
    """How the server is set up by a command line."""
    options = SERVE.make_context("serve", list(arguments)).params
    return settings(options)


def refused(*arguments: str, **environment: str) -> str:
    """What is said about a command line that is wrong, in one line."""
    result = CliRunner().invoke(main, ["serve", *arguments], env=environment)
    assert (2, "") == (result.exit_code, result.stdout)
    return result.stderr.splitlines()[-1]


def test_defaults_are_those_of_the_server() -> None:
    """The help tells what is true."""
    assert asdict(Settings()) == asdict(chosen())


def test_options_reach_the_server() -> None:
    """Sizes, seconds and numbers, each where it belongs."""
    limits = ["--timeout", "5", "--memory", "250MB", "--max-answer", "1.5GB", "--workers", "3", "--patience", "2"]
    told = chosen("--host", "::", "--port", "0", *limits, "--log", "json", "--slow", "1", "--metrics")
    found = told.limits
    assert (5.0, 250, 1_500_000_000, 3, 2.0) == (
        found.seconds,
        found.megabytes,
        found.answer,
        found.workers,
        found.receiving,
    )
    assert ("::", 0, "json", 1.0, True) == (told.host, told.port, told.log, told.slow, told.metrics)
    networks = [str(network) for network in chosen("--proxy", "10.0.0.0/8", "--proxy", "2001:db8::5").proxies]
    assert ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "2001:db8::5/128"] == networks


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--memory", "3"], "'3' is no size: write a number and its unit, such as 500MB or 2GB"),
        (["--memory", "-1GB"], "'-1GB' is no size"),
        (["--memory", "1MB"], "1MB is too little: 10MB is the least"),
        (["--max-answer", "2 apples"], "'2 apples' is no size"),
        (["--timeout", "0"], "0.0 is not in the range x>0"),
        (["--timeout", "soon"], "'soon' is not a valid float"),
        (["--workers", "0"], "0 is not in the range 1<=x<=256"),
        (["--port", "65536"], "65536 is not in the range 0<=x<=65535"),
        (["--log", "loud"], "'loud' is not one of 'json', 'text', 'warnings', 'none'"),
        (["--host", " "], "--host is empty: write an address"),
        (["--max-age", "60"], "--max-age says how a store elsewhere is served: write --store ADDRESS as well"),
        (["--store", "http://e/sparql", "--watch"], "--watch and --writable one that is here: choose one"),
        (["--store", "http://me:secret@e/sparql"], "put it into KG_LOGIN or --login-file"),
        (["--store", "e/sparql"], "write the address of a SPARQL endpoint"),
        (["--store", "http://e/sparql", "--max-age", "1"], "1 is not in the range x>=2"),
        (["--proxy", "example.org"], "'example.org' is no address of a proxy: write 10.0.0.5"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], said: str) -> None:
    """In one line, with what would be right, and nothing is built or served."""
    assert said in refused(*arguments)


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_seconds_have_an_end(value: str) -> None:
    """A limit is a number."""
    assert "is no number of seconds" in refused("--timeout", value)


def test_what_is_wrong_in_the_environment_is_said() -> None:
    """As on the command line."""
    assert "'--port': 'eighty'" in refused(KG_SERVE_PORT="eighty")
    assert "'10.0.0.300' is no address of a proxy" in refused(KG_SERVE_PROXY="10.0.0.1 10.0.0.300")


@given(st.text(max_size=20))
def test_sizes_are_sizes(text: str) -> None:
    """Whatever is written, it is refused or a number of bytes within the bounds."""
    try:
        found = Size(1000).convert(text, None, None)
    except BadParameter:
        return
    assert found >= 1000


def test_it_is_told_by_the_environment(started: Started) -> None:
    """A service needs no command line: project, port, log and metrics are variables; an option wins."""
    process, url = started("--log", "json", KG_SERVE_LOG="none", KG_SERVE_METRICS="1", KG_SERVE_TIMEOUT="1")
    assert 200 == httpx.get(f"{url}metrics").status_code
    name = httpx.get(f"{url}nothing-here").headers["x-request-id"]
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert [name] == [json.loads(line)["id"] for line in errors.splitlines() if line.startswith("{")]


def test_version_is_no_option_of_the_environment() -> None:
    """An image that says which version it holds does not make every command tell it."""
    result = CliRunner().invoke(main, ["serve", "--help"], env={"KG_VERSION": "1.2.3"})
    assert "--timeout" in result.stdout


def test_the_help_fits_a_terminal() -> None:
    """Nothing is wider than 80 columns, and it says how options are called in the environment."""
    help_ = CliRunner().invoke(main, ["serve", "--help"], terminal_width=80).stdout
    assert max(map(len, help_.splitlines())) <= 80
    assert "KG_SERVE_MAX_ANSWER" in help_


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_text_of_an_article_is_not_shown(started: Started, project: Path, host: str) -> None:
    """No page and no file has a line of the text, though it lies beside the article."""
    text = (project / "sources/articles/lindmoor-east-quay.txt").read_text(encoding="utf-8")
    words = text.split()
    runs = {" ".join(words[n : n + 30]) for n in range(0, len(words) - 30, 10)}
    _, url = started("--host", host)
    url = url.replace("0.0.0.0", "127.0.0.1")
    seen: set[str] = set()
    left = {"/", "/dumps/graph.nq", "/dumps/graph.trig"}
    with httpx.Client(base_url=url, headers={"Accept": "text/html, */*;q=0.5"}, follow_redirects=True) as client:
        while left and len(seen) < 150:
            path = left.pop()
            seen.add(path)
            page = " ".join(re.sub("<[^>]*>", "", body := client.get(path).text).split())
            assert [run for run in runs if run in page] == []
            left |= set(re.findall(r'href="(/[^"?#]*)', body)) - seen
    assert len(seen) > 30


def test_it_listens_where_it_is_told(started: Started) -> None:
    """On this machine alone unless --host says otherwise."""
    _, url = started()
    assert url.startswith("http://127.0.0.1:")
    port = httpx.URL(url).port or 0
    with pytest.raises(OSError, match=r"refused|timed out"):
        socket.create_connection(("127.0.0.2", port), timeout=5)
    _, everywhere = started("--host", "0.0.0.0")
    port = httpx.URL(everywhere).port or 0
    for _ in range(50):
        try:
            socket.create_connection(("127.0.0.2", port), timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    else:
        pytest.fail("it does not listen")
