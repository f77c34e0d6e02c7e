"""The lock of a file of facts that a machine sent: what was verified where the texts are.

A file of a million facts is not listed quote by quote: the lock names the file and the texts by their hashes, so that
it vouches for every quote of that very file, and for nothing when a byte of it or a text changed.
"""

from dataclasses import dataclass
from pathlib import Path

from kg.article.lock import read_sealed, write_whole
from kg.article.quote import digest
from kg.article.shape import as_number, as_text, only_keys
from kg.errors import Problems
from kg.yaml import Map

__all__ = ["FactsLock", "read_facts_lock", "write_facts_lock"]

_HEAD = "# Written by `kg check` where the texts are: every quote and cue of the file stands in its text.\n"
_KEYS = ("file", "texts", "quotes", "seal")


@dataclass(frozen=True, slots=True)
class FactsLock:
    """What was verified.

    file: SHA-256 of the file of facts. texts: SHA-256 over the slugs and the hashes of the texts, in the order of the
    file. quotes: how many quotes and cues.
    """

    file: str
    texts: str
    quotes: int

    @property
    def content(self) -> str:
        """All but the seal."""
        return f"file: {self.file}\ntexts: {self.texts}\nquotes: {self.quotes}\n"


def write_facts_lock(path: Path, lock: FactsLock) -> bool:
    """Write the lock; True when the file changed. Raises `UsageError` when that fails."""
    return write_whole(path, f"{_HEAD}{lock.content}seal: {digest(lock.content)}\n".encode())


def read_facts_lock(path: Path, root: Path, problems: Problems) -> FactsLock | None:
    """Read a lock; None when there is none, or, with the problems noted, when it is damaged."""
    return read_sealed(path, root, _lock, lambda lock: digest(lock.content), problems)


def _lock(entries: Map, problems: Problems) -> FactsLock | None:
    only_keys(entries, _KEYS, "the lock", problems)
    file, texts, quotes, seal = (entries.get(key) for key in _KEYS)
    if file is None or texts is None or quotes is None or seal is None:
        problems.add(f"the lock needs all of {', '.join(_KEYS)}", entries.place)
        return None
    hashes = as_text(file, "file", problems), as_text(texts, "texts", problems)
    count = as_number(quotes, "quotes", problems)
    if hashes[0] is None or hashes[1] is None or count is None:
        return None
    return FactsLock(str(hashes[0]), str(hashes[1]), count)
