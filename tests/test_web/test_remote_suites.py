"""The endpoint in front of another one, against the test suites of the W3C for SPARQL 1.1."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.sparql.manifest import FOLDER, Case, Data
from benchmarks.sparql.served import Served
from benchmarks.sparql.suites import EXPECTED, SUITES, cases, fault
from kg.web.app import create_app
from kg.web.remote import Upstream

ROOT = Path(os.environ.get("KG_SUITES", "/nonexistent"))
CASES = [case for suite in SUITES if (ROOT / FOLDER).is_dir() for case in cases(ROOT, suite)]


def asks_elsewhere(case: Case) -> bool:
    """Whether it needs SERVICE, which is refused in front of another endpoint."""
    return case.name.startswith(("service/", "syntax-fed/"))


pytestmark = pytest.mark.skipif(not CASES, reason="KG_SUITES names no folder of test suites")


class InFront(Served):
    """A server in front of another one, which is given the data."""

    def __init__(self, root: Path, behind: Served) -> None:
        """behind: answers already."""
        super().__init__(root)
        self._behind = behind

    def switch(self, data: Data, base: str, reach: tuple[str, ...] = ()) -> None:
        """Let the other one serve other data."""
        self._behind.switch(data, base, reach)
        said = {"en": "suite"}
        upstream = Upstream(f"{self._behind.address}/sparql", base, said, said, ())
        self._app = create_app(upstream.site(upstream.current(), self._workers))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server in front of another one, for all cases."""
    with Served(ROOT) as behind, InFront(ROOT, behind) as server:
        yield server


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name not in EXPECTED and not asks_elsewhere(case)],
    ids=lambda case: case.name,
)
def test_case_passes(case: Case, served: Served) -> None:
    """What passes from a snapshot passes from elsewhere."""
    assert fault(case, served) is None
