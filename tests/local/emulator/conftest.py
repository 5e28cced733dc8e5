"""One local AWS for the session, and an empty assembly for each test that deploys one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_account import Account
from made_assembly import Assembly

from local.loop import Loop


@pytest.fixture(scope="session")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """An empty local account that enforces IAM."""
    with Loop(log_dir=tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def account(loop: Loop) -> Account:
    """The account of the session's loop."""
    return Account(loop)


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    """An assembly without stacks."""
    return Assembly(tmp_path / "cdk.out")
