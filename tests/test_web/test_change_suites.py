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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_passes_or_fails_for_its_reason(case: Case, changed: Changed) -> None:
    """What the graph store holds and answers is what the case expects; a case that is listed is wrong as listed."""
    expected = EXPECTED[case.name].fault if case.name in EXPECTED else "nothing"
    assert (fault(case, changed) or "nothing").startswith(expected)


def test_no_case_is_left_out() -> None:
    """As many as the suites have, and the table lists no other."""
    counts = {suite: len(list(cases(ROOT, suite))) for suite in SUITES}
    assert counts == {
        "update evaluation": 94,
        "update syntax": 63,
        "protocol, updates": 14,
        "graph store protocol": 13,
    }
    assert set() == set(EXPECTED) - {case.name for case in CASES}
