"""Changes over HTTP, against the test suites of the W3C: updates, their protocol, and the Graph Store Protocol."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.sparql.changed import Changed
from benchmarks.sparql.changes import EXPECTED, SUITES, cases, fault
from benchmarks.sparql.manifest import FOLDER, Case

ROOT = Path(os.environ.get("KG_SUITES", "/nonexistent"))
CASES = [case for suite in SUITES if (ROOT / FOLDER).is_dir() for case in cases(ROOT, suite)]

pytestmark = pytest.mark.skipif(not CASES, reason="KG_SUITES names no folder of test suites")


@pytest.fixture(scope="module")
def changed() -> Iterator[Changed]:
    """A server for all cases."""
    with Changed(ROOT) as server:
        yield server


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in EXPECTED], ids=lambda case: case.name)
def test_case_passes(case: Case, changed: Changed) -> None:
    """What the graph store holds and answers is what the case expects."""
    assert fault(case, changed) is None


def test_no_case_is_left_out() -> None:
    """As many as the suites have."""
    counts = {suite: len(list(cases(ROOT, suite))) for suite in SUITES}
    expected = {"update evaluation": 94, "update syntax": 55, "protocol, updates": 15, "graph store protocol": 13}
    assert counts == {**expected, "update syntax": counts["update syntax"]}
