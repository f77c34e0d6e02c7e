"""The engine against the test suites of the W3C community group for knowledge graph construction."""

import os
from pathlib import Path

import pytest

from benchmarks.conformance import EXPECTED, SUITES, Case, cases, fault

ROOT = Path(os.environ.get("KG_SUITES", "/nonexistent"))
CASES = [case for suite in SUITES if (ROOT / suite).is_dir() for case in cases(ROOT, suite)]

pytestmark = pytest.mark.skipif(not CASES, reason="KG_SUITES names no folder of test suites")


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in EXPECTED], ids=lambda case: case.name)
def test_case_passes(case: Case) -> None:
    """The output is the one that the case expects, or the mapping is refused where it must be."""
    assert fault(case) is None


@pytest.mark.parametrize("case", [case for case in CASES if case.name in EXPECTED], ids=lambda case: case.name)
def test_listed_case_fails_for_its_reason_alone(case: Case) -> None:
    """A listed case does not pass; where it has a wrong expectation, it does with that corrected."""
    known = EXPECTED[case.name]
    assert fault(case) is not None
    if known.wrong:
        assert fault(case, known) is None


def test_every_listed_case_is_there() -> None:
    """The table lists no case that the suites do not have."""
    assert set() == set(EXPECTED) - {case.name for case in CASES}
