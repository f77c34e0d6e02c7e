"""What `deploy/` holds fits the command: every variable is an option, and nothing forbidden is needed."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kg.cli import main

DEPLOY = Path(__file__).parents[1] / "deploy"
UNIT = DEPLOY / "pressgraph.service"
DOCKERFILE = DEPLOY / "Dockerfile"
ANALYZE = shutil.which("systemd-analyze")
# prctl(2): memory that can be written is never executed, as MemoryDenyWriteExecute= has it. Linux 6.3.
_SET_MDWE, _GET_MDWE, _REFUSE_GAIN = 65, 66, 1


def variables() -> set[str]:
    """The variables of the environment that `kg` and `kg serve` know."""
    serve = main.commands["serve"]
    named = [("KG", main), ("KG_SERVE", serve)]
    return {
        f"{prefix}_{parameter.name}".upper()
        for prefix, command in named
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.allow_from_autoenv
    }


def settings(name: str) -> list[str]:
    """The values of a setting of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", [*DEPLOY.iterdir(), Path(__file__).parents[1] / "docs/serve.md"], ids=lambda p: p.name)
def test_every_variable_is_an_option(path: Path) -> None:
    """No file tells of a variable that nobody reads."""
    named = set(re.findall(r"\bKG_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    assert set() == named - variables() - {"KG_TOKEN", "KG_LOGIN"}


def test_every_option_is_told_of() -> None:
    """The page for administrators has each of them."""
    page = (DEPLOY.parent / "docs/serve.md").read_text(encoding="utf-8")
    names = [option for parameter in main.commands["serve"].params for option in parameter.opts if option != "-h"]
    assert [] == [name for name in names if f"`{name}`" not in page and name != "--help"]


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not there: apt install systemd")
def test_the_unit_is_one(tmp_path: Path) -> None:
    """Systemd takes it without a warning, and finds it well locked up."""
    assert ANALYZE
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/pressgraph/bin/kg", "/bin/true"), encoding="utf-8")
    verified = subprocess.run([ANALYZE, "verify", unit], capture_output=True, text=True, check=False)
    assert (0, "") == (verified.returncode, verified.stderr)
    command = [ANALYZE, "security", "--offline=true", "--threshold=15", str(unit)]
    assert 0 == subprocess.run(command, capture_output=True, check=False).returncode


def forbid() -> None:
    """Forbid this process, and whatever it starts, to execute what it can write."""
    ctypes.CDLL(None).prctl(_SET_MDWE, _REFUSE_GAIN, 0, 0, 0)


@pytest.mark.skipif(
    sys.platform != "linux" or ctypes.CDLL(None).prctl(_GET_MDWE, 0, 0, 0, 0) < 0,
    reason="the kernel cannot forbid it: Linux 6.3 can",
)
def test_nothing_that_is_written_is_executed(tmp_path: Path) -> None:
    """A graph is built where the unit forbids that, with the environment that the unit gives."""
    assert ["yes"] == settings("MemoryDenyWriteExecute")
    given = dict(pair.split("=", 1) for line in settings("Environment") for pair in line.split())
    environment = {**os.environ, **given, "KG_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "kg", "build"]
    built = subprocess.run(command, env=environment, preexec_fn=forbid, capture_output=True, text=True, check=False)
    assert (0, True) == (built.returncode, (tmp_path / "current").exists()), built.stderr


def test_the_image_runs_as_nobody_from_what_is_locked() -> None:
    """Two stages, a user without rights, every package by its hash, no registry named."""
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert 2 == len(re.findall(r"^FROM \S+-slim\b", text, re.MULTILINE))
    assert ["10001:10001"] == re.findall(r"^USER (.*)$", text, re.MULTILINE)
    assert "--require-hashes --only-binary :all:" in text
    assert [] == re.findall(r"https?://(?!127\.0\.0\.1)|--index-url|--extra-index", text)
    assert re.search(r"^HEALTHCHECK ", text, re.MULTILINE)


def test_the_image_has_no_text_of_an_article() -> None:
    """What is not named is not sent to the builder; texts are not, whatever is named."""
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    lines = [rule for rule in rules if rule and not rule.startswith("#")]
    assert "*" == lines[0]
    assert lines.index("!sources") < lines.index("sources/articles/*.txt") < len(lines)
    assert "sources/facts/*.txt" in lines
