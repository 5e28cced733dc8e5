"""``--write-pages`` puts a run's figures into the use cases' pages; without it a page that says otherwise fails."""

import sys
from pathlib import Path

import pytest
from pages import Page

import usecases

sys.path.append(str(Path(__file__).resolve().parents[2] / "unit" / "cli" / "new"))  # files in five shapes


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-pages", action="store_true", help="write the figures of this run into docs/usecases")


@pytest.fixture
def page(request: pytest.FixtureRequest, name: str) -> Page:
    """The page of the use case ``name``."""
    usecases.load(name)
    return Page(name, write=bool(request.config.getoption("--write-pages", default=False)))
