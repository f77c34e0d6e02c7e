"""Loading: our way to fill the store of a snapshot, and pyoxigraph's `bulk_load` alone.

python -m benchmarks.endpoint.loading ours|bulk GRAPH.NQ FOLDER
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.endpoint.data import TOP, Data

__all__ = ["WAYS", "Loaded", "measure"]

WAYS = ("ours", "bulk")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading took. wall, cpu: seconds. peak: MB. size: MB of the store."""

    wall: float
    cpu: float
    peak: float
    size: float


def measure(data: Data, cache: Path) -> dict[str, Loaded]:
    """Load the data once each way, each in a process of its own."""
    found = {}
    for way in WAYS:
        with tempfile.TemporaryDirectory(dir=cache) as place:
            command = [sys.executable, "-m", "benchmarks.endpoint.loading", way, str(data.quads), f"{place}/store"]
            done = subprocess.run(
                command, cwd=TOP, env={**os.environ, "PYTHONPATH": str(TOP)}, capture_output=True, text=True, check=True
            )
            found[way] = Loaded(**json.loads(done.stdout))
    return found


def main() -> None:
    """Load, and print what it took."""
    way, quads, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    import resource  # noqa: PLC0415 - with the store below, only where it is measured

    from pyoxigraph import RdfFormat, Store  # noqa: PLC0415

    from kg.graph import write_store  # noqa: PLC0415

    begun = time.perf_counter()
    if way == "ours":
        write_store(quads, folder)
    else:
        Store(folder).bulk_load(path=quads, format=RdfFormat.N_QUADS)
    wall = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    took = Loaded(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6, size)
    print(json.dumps(asdict(took)))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
