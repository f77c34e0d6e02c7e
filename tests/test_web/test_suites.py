"""The endpoint, over HTTP, against the test suites of the W3C for SPARQL 1.1."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.conformance import TABLE
from benchmarks.sparql.manifest import FOLDER, Case
from benchmarks.sparql.served import Served
from benchmarks.sparql.suites import EXPECTED, SUITES, cases, fault

ROOT = Path(os.environ.get("KG_SUITES", "/nonexistent"))
CASES = [case for suite in SUITES if (ROOT / FOLDER).is_dir() for case in cases(ROOT, suite)]

pytestmark = pytest.mark.skipif(not CASES, reason="KG_SUITES names no folder of test suites")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server for all cases."""
    with Served(ROOT) as server:
        yield server


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in EXPECTED], ids=lambda case: case.name)
def test_case_passes(case: Case, served: Served) -> None:
    """What the endpoint answers is what the case expects."""
    assert fault(case, served) is None


@pytest.mark.parametrize("case", [case for case in CASES if case.name in EXPECTED], ids=lambda case: case.name)
def test_listed_case_fails_for_its_reason(case: Case, served: Served) -> None:
    """A case that is listed does not pass, for the reason given; one that passes must leave the table."""
    assert (fault(case, served) or "passes").startswith(EXPECTED[case.name].fault)


def test_the_published_table_has_the_cases_that_fail() -> None:
    """`benchmarks/CONFORMANCE.md` names them with their reasons, and none besides."""
    lines = TABLE.read_text(encoding="utf-8").partition("## SPARQL")[2].splitlines()
    assert {line for line in lines if "/" in line} == {
        f"| {name} | {known.reason} |" for name, known in EXPECTED.items()
    }


def test_as_many_pass_as_ever() -> None:
    """How many cases the suites have, and how many of them are not listed; the numbers may only grow."""
    counts = {suite: [case.name in EXPECTED for case in cases(ROOT, suite)] for suite in SUITES}
    assert {suite: (len(listed), listed.count(False)) for suite, listed in counts.items()} == {
        "query evaluation": (236, 225),
        "results in CSV and TSV": (6, 5),
        "query syntax": (106, 106),
        "protocol, queries": (20, 20),
        "service description": (3, 3),
    }


def test_every_listed_case_is_there() -> None:
    """The table lists no case that the suites do not have."""
    assert set() == set(EXPECTED) - {case.name for case in CASES}
