"""Files and folders that a process writes aside, named after it, so that the next one removes those of a dead one."""

import os
import re
import shutil
import tempfile
from pathlib import Path

__all__ = ["PREFIX", "clear", "sweep"]

PREFIX = f"kg-{os.getpid()}-"
"""What the names of files and folders in the folder of temporary files begin with."""

_OWN = re.compile(r"kg-(?P<process>[0-9]+)-.*")


def sweep(folder: Path | None = None, names: re.Pattern[str] = _OWN) -> None:
    """Remove what dead processes of this user left in a folder: that of temporary files, when None.

    names: what their names look like, with a group `process` for its number.
    """
    here = folder or Path(tempfile.gettempdir())
    try:
        found = [(path, match["process"]) for path in here.iterdir() if (match := names.fullmatch(path.name))]
    except OSError:
        return
    for path, process in found:
        if not _alive(process) and _ours(path):
            _remove(path)


def clear() -> None:
    """Remove what this process has in the folder of temporary files: for a command that ends, however it does.

    A signal can come between the making of a folder and the note that it is to be removed.
    """
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _ours(path: Path) -> bool:
    try:
        return os.name != "posix" or path.lstat().st_uid == os.getuid()
    except OSError:
        return False


def _alive(process: str) -> bool:
    """Whether a process of that number runs on this machine; where that cannot be asked harmlessly, yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
