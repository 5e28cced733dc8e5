"""For every test: CDK's kernel runs on the Node of the environment, whichever test imports it first.

Property tests judge results, not the speed of a shared machine. HYPOTHESIS_PROFILE=nightly gives them many more cases.
Side by side (``make test``), tests of a folder stay together where they share what is dear to build, else of a file.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import stacks

assert stacks.NODE.exists()

_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("headrace", **_PATIENT)
settings.register_profile("nightly", max_examples=5_000, **_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "headrace"))

TESTS = Path(__file__).parent
SHARING = ("infrastructure", "local/emulator", "local/loop")
"""Folders whose tests look at one synthesis, one account or one deployed loop."""


@pytest.hookimpl(tryfirst=True)  # before the names are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the tests that run in one process when tests run in several."""
    for item in items:
        place = item.path.relative_to(TESTS)
        group = next((it for it in SHARING if place.is_relative_to(it)), str(place))
        item.add_marker(pytest.mark.xdist_group(group))
