"""Files that are on the disk when a function returns, whatever happens then."""

import os
from pathlib import Path

__all__ = ["point", "sync"]


def sync(path: Path) -> None:
    """Bring a file to the disk; a folder, where the platform and the file system can. Raises OSError for a file."""
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError:
        if not path.is_dir():
            raise


def point(pointer: Path, name: str) -> None:
    """Let a pointer, a file that holds one name, hold another: whoever reads it sees the old name or the new one."""
    aside = pointer.with_name(f".{pointer.name}-{os.getpid()}")
    try:
        aside.write_text(f"{name}\n", encoding="utf-8")
        sync(aside)
        aside.replace(pointer)
    finally:
        aside.unlink(missing_ok=True)
    sync(pointer.parent)
