"""Outside tools look at the policies and templates of production; they have an environment of their own."""

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "faults"))  # for what reads roles out of templates


@pytest.fixture(scope="session")
def templates() -> Path:
    """The folder of a synthesized production stage: ``make lint-policies`` writes it and says where."""
    return Path(os.environ["HEADRACE_TEMPLATES"])
