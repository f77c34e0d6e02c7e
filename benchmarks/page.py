"""Pages of results: what is written between their marks, and of which machine."""

import os
import platform
import re
import time
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

__all__ = ["filled", "machine"]


def filled(page: str, parts: Mapping[str, Iterable[str]]) -> str:
    """The page with lines written anew from `<!-- mark -->` to the next `<!-- end -->`, for each mark."""
    for mark, lines in parts.items():
        text = "\n".join(lines)
        pattern = rf"(?s)(<!-- {mark} -->\n).*?(<!-- end -->)"
        page = re.sub(pattern, lambda m, text=text: f"{m[1]}{text}\n{m[2]}", page)  # type: ignore[misc]
    return page


def machine(*packages: str) -> str:
    """The date, the machine, and the versions of Python and of packages."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    versions = "".join(f", {_title(package)} {metadata.version(package)}" for package in packages)
    return (
        f"{time.strftime('%Y-%m-%d')}; {os.cpu_count()} cores{f' ({model})' if model else ''}, {platform.system()}"
        f" {platform.machine()}, Python {platform.python_version()}{versions}"
    )


def _title(package: str) -> str:
    return package.title() if package == "polars" else package
