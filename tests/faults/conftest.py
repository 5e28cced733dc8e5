"""Faults and fuzz: what was tried and survived is counted here and printed at the end."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from deployments import Deployed
    from role_grants import Roles

for _folder in ("lambdas", "pipelines"):
    sys.path.append(str(Path(__file__).parents[1] / "unit" / _folder))
sys.path.append(str(Path(__file__).parents[1] / "infrastructure"))

_PAUSES = (
    "lambdas.enrichment.adapters",
    "lambdas.enrichment.feature_store",
    "lambdas.shared.batch_get",
    "lambdas.shared.files.stream",
    "lambdas.shared.scoring",
    "lambdas.shared.state_writer",
)


@pytest.fixture(autouse=True)
def offline(socket_disabled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing reaches out, no setting leaks in, and nobody waits before trying again."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for module in _PAUSES:
        monkeypatch.setattr(f"{module}._PAUSE_S", 0.0)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> "Deployed":
    """Gives the roles of a deployment's templates, as they are now."""
    from deployments import synthesizing  # noqa: PLC0415  # its neighbours are found once this module has said where

    return synthesizing(tmp_path_factory.mktemp("roles"))


@pytest.fixture(scope="session")
def dev_roles(deployed: "Deployed") -> "Roles":
    """The roles of the templates of the use case ``fraud``, as they are now."""
    import rights_ledger  # noqa: PLC0415  # as above

    found = deployed("fraud")
    rights_ledger.roles[:] = [found]
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-table`` puts what was counted into docs/trust.md."""
    parser.addoption("--write-table", action="store_true", help="write the counts of this run into docs/trust.md")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried and survived."""
    import rights_elsewhere  # noqa: PLC0415  # its neighbours are found once this module has said where
    import rights_ledger  # noqa: PLC0415  # as above
    import tally  # noqa: PLC0415  # as above

    for section, rows, counted in (
        ("faults", tally.fault_rows, tally.injected),
        ("machines", tally.machine_rows, tally.tasks),
        ("fuzz", tally.fuzz_rows, tally.fuzzed),
        ("packs", tally.pack_rows, tally.findings),
        ("rights", rights_ledger.rows, rights_ledger.driven),
        ("elsewhere", rights_elsewhere.rows, rights_elsewhere.counts),
    ):
        if not counted:
            continue
        terminalreporter.section(section)
        for row in rows():
            terminalreporter.line(row)
        if terminalreporter.config.getoption("--write-table", default=False):
            tally.write(section, rows())
            if section == "rights":
                rights_ledger.write()
            if section == "elsewhere":
                rights_elsewhere.write()
    for line in [*tally.totals(), *rights_ledger.totals()]:
        terminalreporter.line(line)
