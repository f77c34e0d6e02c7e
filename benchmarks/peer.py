"""What is measured beside us, each in an environment of its own below the cache folder, as a folder of pins says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["UnavailableError", "install_java", "install_python"]


class UnavailableError(Exception):
    """What cannot be installed here; the message says why."""


def install_python(pins: Path, name: str, cache: Path) -> Path:
    """The interpreter of a virtual environment with what <pins>/<name>.txt pins. Raises `UnavailableError`."""
    folder, wanted = cache / name, pins / f"{name}.txt"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists() or done.read_bytes() != wanted.read_bytes():
        _told([sys.executable, "-m", "venv", "--clear", str(folder)])
        _told([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(wanted)])
        shutil.copy(wanted, done)
    return python


def install_java(pins: Path, name: str, cache: Path) -> Path:
    """A folder with the jars that <pins>/<name>.xml pins, and the command around them if there is one.

    Raises `UnavailableError`.
    """
    folder, wanted = cache / name, pins / f"{name}.xml"
    done = folder / "installed"
    if not done.exists() or done.read_bytes() != wanted.read_bytes():
        source = pins / f"{name.title()}.java"
        for tool in ("java", "mvn", *(["javac"] if source.exists() else [])):
            if shutil.which(tool) is None:
                raise UnavailableError(f"{tool} is not on PATH")
        shutil.rmtree(folder, ignore_errors=True)
        goal = ["-Dstyle.color=never", "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
        _told(["mvn", "--quiet", "--batch-mode", "--file", str(wanted), *goal])
        if source.exists():
            _told(["javac", "-cp", f"{folder}/*", "-d", str(folder), str(source)])
        shutil.copy(wanted, done)
    return folder


def _told(command: list[str]) -> None:
    """Run a step of an installation. Raises `UnavailableError` with the first error that it prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "TERM": "dumb"})
    if done.returncode:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        said = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "it printed nothing")
        # Maven writes the chain of what needs what before, and the addresses of registries after.
        artifact = re.search(r"Could not (?:find|transfer) artifact \S+", said)
        raise UnavailableError(f"{Path(command[0]).name} says: {artifact[0] if artifact else said[:200]}")
