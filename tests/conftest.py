"""For every test: CDK's kernel runs on the Node of the environment, whichever test imports it first.

Property tests judge results, not the speed of a shared machine. HYPOTHESIS_PROFILE=nightly gives them many more cases.
Side by side (``make test``), tests of a folder stay together where they share what is dear to build, else of a file;
whatever takes long begins first, such that no process works alone at the end; and each process computes on one core.
"""

import os
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # before the first library reads them: threads of all would wait for each other
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import pytest
from hypothesis import HealthCheck, settings

import stacks

assert stacks.NODE.exists()

_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("headrace", **_PATIENT)
settings.register_profile("nightly", max_examples=5_000, **_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "headrace"))

TESTS = Path(__file__).parent
SHARING = ("local/loop", "local/emulator")
"""Folders whose tests look at one deployed loop or one account."""
LONGEST = ("local/loop", "local/sagemaker", "local/emulator", "infrastructure", "unit/pipelines", "unit/cli")
"""Folders in the order in which their tests begin, those that wait beside those that compute; all others come last."""


def pytest_configure(config: pytest.Config) -> None:
    """Side by side, tests begin in the order of the collection: how many there are in a file says little."""
    config.option.loadscopereorder = False


def _rank(item: pytest.Item) -> int:
    place = item.path.relative_to(TESTS)
    return next((rank for rank, folder in enumerate(LONGEST) if place.is_relative_to(folder)), len(LONGEST))


@pytest.hookimpl(tryfirst=True)  # before the names are read
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Name the tests that run in one process when tests run in several, and begin with the longest."""
    for item in items:
        place = item.path.relative_to(TESTS)
        group = next((it for it in SHARING if place.is_relative_to(it)), str(place))
        item.add_marker(pytest.mark.xdist_group(group))
    if config.getoption("dist", "no") != "no" or "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_rank)
