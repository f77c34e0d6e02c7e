"""A process that changes the working copy: changes come in by standard input, new versions are left in a folder.

    python -m kg.graph.writer MEGABYTES BYTES VERSION HAND

MEGABYTES: memory that changes may take. BYTES: size that the store may have. VERSION: folder of the version to begin
with. HAND: folder for what it has in hand, which must not exist.

A change is a line of JSON (`Change`). It is answered as `kg.graph.worker` answers: by HEAD, which names the folder of
the new version, and END, or by FAULT, where nothing has changed. Whoever started the process makes the version the
current one, or ends the process, by closing its input or by killing it.
"""

import gc
import json
import shutil
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kg.address import Reach
from kg.errors import ContentError, Problem, UsageError
from kg.graph.change import StateError, fill_graph, holds_graph, parts_of, remove_graph, update
from kg.graph.guard import UnreachableError
from kg.graph.store import DefaultGraph, NamedNode, Store
from kg.graph.worker import END, FAULT, HEAD, TooLargeError, fault_of, leave_with_server, limit_memory, send
from kg.graph.working import clone, size_of

__all__ = ["Change", "main"]


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to the graph store.

    operation: update (body: a file with the text of a SPARQL update), or what to do to one graph: put (its content
        becomes that of the body), add, remove.
    version: folder of the current version. body: path of a file, empty where there is none. base: of relative IRIs.
    graph: IRI of the graph, empty for the default graph. content_type: of the body. graphs: as for
        `kg.graph.change.update`. reach: what SERVICE and LOAD may ask, as `kg.address.Reach` has it.
    """

    operation: str
    version: str
    base: str
    body: str = ""
    graph: str = ""
    content_type: str = ""
    graphs: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    reach: tuple[str, ...] = ()

    def line(self) -> bytes:
        """The change as it is sent."""
        return json.dumps(asdict(self), ensure_ascii=False).encode() + b"\n"


class MissingError(ContentError):
    """A graph to remove that there is not."""


# What a fault is called that has a name of its own.
_FAULTS: dict[type[Exception], str] = {MissingError: "missing", StateError: "state"}


class _Hand:
    """The store that changes are made to: a clone of the current version, replaced after a change that failed."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most
        self._store: Store | None = None

    def store(self, version: Path) -> Store:
        """The store, which holds what the version does."""
        if self._store is None:
            # What the fault of a change before is made of may still hold the store that it was made to, and its lock.
            gc.collect()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
            clone(version / "store", self._folder / "store")
            self._store = Store(str(self._folder / "store"))
        return self._store

    def let_go(self) -> None:
        """Let the next change begin with the current version."""
        self._store = None

    def leave(self, store: Store) -> Path:
        """What the store holds now, as a version; raises TooLargeError."""
        made = self._folder / "made"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        store.backup(str(made / "store"))
        if size_of(made / "store") > self._most:
            raise TooLargeError
        return made


def _apply(change: Change, store: Store) -> bool:
    """Change the store; whether the graph that is changed was not there before."""
    body = Path(change.body)
    if change.operation == "update":
        update(store, _text(body), base=change.base, graphs=change.graphs, reach=Reach(tuple(change.reach)))
        return False
    graph = NamedNode(change.graph) if change.graph else DefaultGraph()
    there = holds_graph(store, graph)
    if change.operation == "remove" and change.graph and not there:
        raise MissingError([Problem(f"there is no graph {graph}")])
    if there and change.operation in {"put", "remove"}:
        remove_graph(store, graph)
    if change.operation != "remove":
        fill_graph(store, graph, parts_of(body, change.content_type), change.base)
    return not there


def _text(body: Path) -> str:
    """The text as it was sent, line breaks included."""
    try:
        return body.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ContentError(
            [Problem(f"the update is not UTF-8 at byte {error.start}", None, "send it in UTF-8")]
        ) from error


def _make(change: Change, hand: _Hand) -> dict[str, Any]:
    """The head that tells of a new version."""
    store = hand.store(Path(change.version))
    created = _apply(change, store)
    return {"made": str(hand.leave(store)), "created": created}


def _fault(error: Exception) -> dict[str, Any]:
    told = fault_of(error)
    return {**told, "fault": _FAULTS.get(type(error), told["fault"])}


def main(megabytes: int, most: int, version: Path, folder: Path) -> None:
    """Make changes until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=leave_with_server, daemon=True).start()
    hand = _Hand(folder, most)
    hand.store(version)
    limit_memory(megabytes)
    send(END)
    for line in sys.stdin.buffer:
        change = Change(**json.loads(line))
        try:
            head = _make(change, hand)
        except (ContentError, UsageError, TooLargeError, MemoryError, ValueError, OSError, RuntimeError) as error:
            # An update that cannot be evaluated leaves the store as it was; what was forbidden shows after it.
            if change.operation != "update" or not isinstance(error, ContentError) or type(error) is UnreachableError:
                hand.let_go()
            send(FAULT, _fault(error))
        else:
            send(HEAD, head)
            send(END)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
