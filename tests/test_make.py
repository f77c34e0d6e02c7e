"""How `make` makes its environment: what it says when it cannot, what it does only once, what it heals."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Machine:
    """A copy of the files that make .venv, and a PATH on which only a few programs stand, uv not among them."""

    folder: Path
    programs: Path

    def python(self, name: str, script: str) -> None:
        """Put a program of that name on PATH which runs `script`; $REAL is the interpreter of the tests."""
        program = self.programs / name
        program.write_text(f"#!/bin/sh\nREAL='{sys.executable}'\n{script}\n", "utf-8")
        program.chmod(0o755)

    def make(self, *arguments: str) -> tuple[int, list[str], bool]:
        """Run make: exit code, lines on standard error but make's own last word, whether .venv is there."""
        command = ("make", *arguments)
        env = {"PATH": str(self.programs)}
        done = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=60
        )
        told = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
        return done.returncode, told, (self.folder / ".venv").exists()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A bare machine; its folder has a space in its name."""
    folder, programs = tmp_path / "a checkout", tmp_path / "bin"
    (folder / ".ci").mkdir(parents=True)
    programs.mkdir()
    for name in ("Makefile", ".ci/environment", "pyproject.toml", "requirements.txt", "requirements-test.txt"):
        shutil.copyfile(ROOT / name, folder / name)
    for name in ("make", "sh", "cat", "cksum", "head", "ln", "mkdir", "rm", "tail"):
        found = shutil.which(name)
        assert found, f"{name} is needed for this test"
        (programs / name).symlink_to(found)
    return Machine(folder, programs)


@pytest.mark.parametrize("goal", ["run", "test"])
def test_make_without_python(machine: Machine, goal: str) -> None:
    """Without Python, one line says what to install, and nothing is made."""
    code, told, made = machine.make(goal)
    assert (2, False) == (code, made)
    remedy = "apt install python3 python3-venv, or name another: make PYTHON=..."
    assert [f"make: python3 is missing or older than Python 3.11: {remedy}"] == told


def test_make_with_an_old_python(machine: Machine) -> None:
    """A Python before 3.11 is refused in the same way."""
    machine.python("python3", "exit 1")
    code, told, made = machine.make("run")
    assert (2, 1, False) == (code, len(told), made)
    assert "older than Python 3.11" in told[0]


@pytest.mark.parametrize(("name", "package"), [("python3", "python3-venv"), ("python3.12", "python3.12-venv")])
def test_make_without_venv(machine: Machine, name: str, package: str) -> None:
    """Where Debian's Python lacks ensurepip, one line names the package that has it."""
    machine.python(name, 'case "$*" in *ensurepip*) exit 1;; esac; exec "$REAL" "$@"')
    code, told, made = machine.make("run")
    assert (2, [f"make: {name} cannot make virtual environments: apt install {package}"], False) == (code, told, made)


def test_make_leaves_nothing_of_an_environment_that_failed(machine: Machine) -> None:
    """When the interpreter fails while it makes .venv, its reason is shown and no torn .venv stays."""
    machine.python(
        "python3", 'case "$*" in "-m venv"*) mkdir .venv; echo no room >&2; exit 1;; esac; exec "$REAL" "$@"'
    )
    code, told, made = machine.make("run")
    assert (2, ["no room", "make: python3 could not make .venv; the reason stands above"], False) == (code, told, made)


def test_make_names_the_interpreter_that_was_asked_for(machine: Machine) -> None:
    """`make PYTHON=...` uses that one or none."""
    machine.python("python3", 'exec "$REAL" "$@"')
    code, told, made = machine.make("run", "PYTHON=/nowhere/python3.99")
    assert (2, 1, False) == (code, len(told), made)
    assert told[0].startswith("make: /nowhere/python3.99 is missing or older")


# Stands in for Python: notes the last word it was called with, and makes environments that do the same.
# While there is a file `torn`, whoever has it install something is killed.
STAND_IN = """
case "$1" in -c) exit 0;; esac
for word; do :; done
echo "$word" >>called
case "$*" in
  "-m venv .venv") mkdir -p .venv/bin; ln -s "$0" .venv/bin/python;;
  *" install "*) if [ -e torn ]; then kill -9 $PPID; fi;;
esac
"""


@dataclass(frozen=True)
class Made:
    """A machine whose Python is a stand-in."""

    machine: Machine

    def make(self, *arguments: str) -> list[str]:
        """Run make: the last word of each call of Python, in order."""
        called = self.machine.folder / "called"
        called.write_text("", "utf-8")
        self.machine.make(*arguments)
        return called.read_text("utf-8").splitlines()


@pytest.fixture
def made(machine: Machine) -> Made:
    """A machine on which `make` has run once."""
    machine.python("python3", STAND_IN)
    first = Made(machine)
    assert [".venv", "requirements.txt", ".", "serve"] == first.make()
    return first


def test_make_installs_once(made: Made) -> None:
    """The second `make` only serves, with what it is told to hand on."""
    assert ["serve"] == made.make()
    assert ["9000"] == made.make("run", "ARGS=--port 9000")
    assert ["9001"] == made.make("PORT=9001")


def test_make_test_extends_the_environment(made: Made) -> None:
    """`make test` adds its lock to the same environment, after which `make` has nothing to install."""
    assert ["requirements-test.txt"] == made.make("environment-test")
    assert [] == made.make("environment-test")
    assert ["serve"] == made.make("run")


@pytest.mark.parametrize(
    ("file", "expected"),
    [("requirements.txt", ["requirements.txt", "serve"]), ("pyproject.toml", [".", "serve"])],
)
def test_make_follows_what_is_locked(made: Made, file: str, expected: list[str]) -> None:
    """What has other content is installed anew; what is only written anew is not."""
    path = made.machine.folder / file
    path.write_bytes(path.read_bytes())
    assert ["serve"] == made.make()
    path.write_bytes(path.read_bytes() + b"\n")
    assert expected == made.make()


def test_make_heals_an_interrupted_installation(made: Made) -> None:
    """An installation that was killed half-way leaves an environment that the next `make` replaces."""
    torn = made.machine.folder / "torn"
    torn.touch()
    with (made.machine.folder / "requirements.txt").open("ab") as lock:
        lock.write(b"\n")
    assert ["requirements.txt"] == made.make()
    torn.unlink()
    assert [".venv", "requirements.txt", ".", "serve"] == made.make()


def test_make_does_not_trust_an_environment_that_was_moved(made: Made, tmp_path: Path) -> None:
    """In a checkout that was moved, the environment still names the old place: it is made anew."""
    moved = Made(Machine(made.machine.folder.rename(tmp_path / "elsewhere"), made.machine.programs))
    assert [".venv", "requirements.txt", ".", "serve"] == moved.make()
