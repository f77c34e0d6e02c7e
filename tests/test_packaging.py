"""What the wheel, the sdist and the locks carry, and what the wheel does in an empty environment."""

import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import tarfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CARRIED = ("sources", "mappings", "ontology", "queries")
SECRET = "The text of an article, which is its owner’s."
NOT_COPIED = shutil.ignore_patterns(".*_cache", ".bench", ".git", ".hypothesis", ".kg", ".venv", "__pycache__", "dist")


def project_table() -> dict[str, Any]:
    """The `[project]` table of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command that must succeed; its standard output."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def hatchling(target: str, checkout: Path, out: Path) -> Path:
    """Build the `wheel` or `sdist` of a checkout into `out`, without network or build isolation."""
    run(sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", out, cwd=checkout)
    (built,) = out.iterdir()
    return built


def members(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel by name; RECORD only repeats the others' hashes."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout in which an article's text lies where its owner's readers may put it."""
    copy = tmp_path_factory.mktemp("checkout") / "pressgraph"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    (copy / "sources" / "articles" / "planted.txt").write_text(SECRET, "utf-8")
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the copy."""
    return hatchling("wheel", checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of the copy."""
    return hatchling("sdist", checkout, tmp_path_factory.mktemp("sdist"))


@pytest.mark.parametrize("folder", CARRIED)
def test_wheel_carries_the_project(wheel: Path, checkout: Path, folder: str) -> None:
    """Every file of the served project lies in the wheel under kg/bundled/, byte for byte, texts excepted."""
    expected = {
        f"kg/bundled/{path.relative_to(checkout).as_posix()}": path.read_bytes()
        for path in (checkout / folder).rglob("*")
        if path.is_file() and path.name != "planted.txt"
    }
    actual = {name: data for name, data in members(wheel).items() if name.startswith(f"kg/bundled/{folder}/")}
    assert expected == actual
    assert expected, f"{folder}/ is empty"


def test_wheel_carries_the_package(wheel: Path, checkout: Path) -> None:
    """Every file of kg/ is in the wheel: modules, templates, the marker for type checkers, the example project."""
    expected = {path.relative_to(checkout).as_posix() for path in (checkout / "kg").rglob("*") if path.is_file()}
    actual = {name for name in members(wheel) if name.startswith("kg/") and not name.startswith("kg/bundled/")}
    assert expected == actual
    assert "kg/py.typed" in actual
    assert any(name.startswith("kg/example/sources/articles/") for name in actual)


def test_wheel_carries_nothing_else(wheel: Path) -> None:
    """Beside the package stand only its metadata, both licences among them."""
    metadata = f"pressgraph-{project_table()['version']}.dist-info"
    expected = {
        f"{metadata}/{name}"
        for name in ("METADATA", "WHEEL", "entry_points.txt", "licenses/LICENSE", "licenses/LICENSE-DATA.md")
    }
    actual = {name for name in members(wheel) if not name.startswith("kg/")}
    assert expected == actual


def test_text_of_an_article_is_never_packed(wheel: Path, sdist: Path) -> None:
    """A text that lies beside its article enters neither wheel nor sdist."""
    with tarfile.open(sdist) as archive:
        packed = {name: archive.extractfile(name) for name in archive.getnames()}
        contents = members(wheel) | {name: file.read() for name, file in packed.items() if file}
    assert [] == [name for name in contents if name.endswith("planted.txt")]
    own = "tests/test_packaging.py"
    assert [] == [name for name, data in contents.items() if SECRET.encode() in data and not name.endswith(own)]


def test_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    """The wheel built from the unpacked sdist holds the same files as the one built from the checkout."""
    with tarfile.open(sdist) as archive:
        # Before Python 3.11.4, which knows no filters, this is an attribute that nobody reads.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path)
    (unpacked,) = tmp_path.iterdir()
    assert members(wheel) == members(hatchling("wheel", unpacked, tmp_path / "again"))


# ------------------------------------------------------------------------------------------------ installed


@dataclass(frozen=True)
class Installed:
    """The wheel in an environment of its own.

    kg: the command. packages: where it was installed. away: an empty folder. env: its variables.
    """

    kg: Path
    packages: Path
    away: Path
    env: dict[str, str]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel installed into a fresh environment, which borrows the dependencies of this one."""
    home = tmp_path_factory.mktemp("home")
    away = tmp_path_factory.mktemp("away")
    venv = tmp_path_factory.mktemp("environment") / "venv"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KG_", "XDG_"))}
    env |= {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=away)
    python = venv / "bin" / "python"
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=away).strip())
    # A path that a .pth file adds is not searched for .pth files: the editable checkout stays out of sight.
    borrowed = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (packages / "borrowed.pth").write_text("\n".join(borrowed), "utf-8")
    run(python, "-m", "installer", "--no-compile-bytecode", wheel, cwd=away, env=env)
    return Installed(venv / "bin" / "kg", packages, away, env)


def files_below(folder: Path) -> set[str]:
    """The files in a folder, by relative path."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_installed_command_tells_its_version(installed: Installed) -> None:
    """`kg --version` of the wheel names the version of pyproject.toml."""
    assert project_table()["version"] in run(installed.kg, "--version", cwd=installed.away, env=installed.env)


def test_installed_package_is_the_one_of_the_wheel(installed: Installed) -> None:
    """The environment imports the wheel's package, so that the other tests speak of it."""
    python = installed.kg.parent / "python"
    found = run(python, "-c", "import kg; print(kg.__file__)", cwd=installed.away, env=installed.env)
    assert installed.packages / "kg" / "__init__.py" == Path(found.strip())


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(installed: Installed, port: int) -> Iterator[subprocess.Popen[str]]:
    """`kg serve` in the empty folder, ended on leaving."""
    command: list[str | Path] = [installed.kg, "serve", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=installed.away, env=installed.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=20)


def answer(process: subprocess.Popen[str], address: str, *, seconds: float = 120) -> Any:
    """What the server that `process` starts says to an ASK for claims, as soon as it listens."""
    query = "ASK { ?claim a <https://w3id.org/pressgraph/ns#Claim> }"
    headers = {"Accept": "application/sparql-results+json"}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            response = httpx.get(address, params={"query": query}, headers=headers, trust_env=False, timeout=10)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        return response.raise_for_status().json()
    process.terminate()
    told = process.stdout.read() if process.stdout else ""
    pytest.fail(f"no answer from {address}\n{told}")


@pytest.mark.served
def test_installed_command_serves_the_bundled_article(installed: Installed) -> None:
    """In an empty folder away from the checkout, `kg serve` builds and serves the graph that the wheel carries."""
    before = files_below(installed.packages)
    port = free_port()
    with serving(installed, port) as process:
        assert answer(process, f"http://127.0.0.1:{port}/sparql")["boolean"] is True
    assert set() == files_below(installed.away), "nothing is written where the command was called"
    assert before == files_below(installed.packages), "nothing is written into the package"


# -------------------------------------------------------------------------------------- versions and locks


def test_one_version() -> None:
    """CHANGELOG.md begins with, and CITATION.cff cites, the version of pyproject.toml."""
    changelog = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    citation = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert changelog
    assert citation
    assert (project_table()["version"],) * 2 == (changelog[1], citation[1])


def pins(lock: str) -> dict[str, tuple[str, str, frozenset[str]]]:
    """A lock as package -> (version, marker, hashes)."""
    found: dict[str, tuple[str, str, frozenset[str]]] = {}
    for entry in (ROOT / lock).read_text("utf-8").replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split(" --hash=")
        pinned = Requirement(requirement.strip())
        version = str(pinned.specifier).removeprefix("==")
        found[canonicalize_name(pinned.name)] = (version, str(pinned.marker or ""), frozenset(map(str.strip, hashes)))
    return found


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-test.txt"])
def test_lock_names_no_place_and_hashes_everything(lock: str) -> None:
    """A lock holds exact versions with SHA-256 hashes, and neither addresses nor options."""
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    assert {"--hash"} == set(re.findall(r"^\s*(-+[a-z-]*)", text, re.MULTILINE))
    assert [] == [
        name
        for name, (version, _, hashes) in pins(lock).items()
        if not re.fullmatch(r"[\w.+!]+", version) or not hashes or not all(h.startswith("sha256:") for h in hashes)
    ]


def test_test_lock_contains_the_runtime_lock() -> None:
    """The environment that `make test` made serves `make run` as it is."""
    assert pins("requirements.txt").items() <= pins("requirements-test.txt").items()


def test_locks_are_those_of_pyproject() -> None:
    """Each direct dependency is locked at a version that pyproject.toml allows (else: `make lock`)."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = tables["dependency-groups"]
    wanted = [
        *((text, "requirements.txt") for text in (*project_table()["dependencies"], *groups["build"])),
        *((text, "requirements-test.txt") for text in groups["test"]),
    ]
    refused = []
    for text, lock in wanted:
        requirement = Requirement(text)
        version, _, _ = pins(lock).get(canonicalize_name(requirement.name), ("", "", frozenset()))
        if not version or not requirement.specifier.contains(version):
            refused.append(f"{text}: {lock} has {version or 'nothing'}")
    assert [] == refused
