"""Faults and fuzz: what was tried and survived is counted here and printed at the end."""

import sys
from pathlib import Path

import pytest

for _folder in ("lambdas", "pipelines"):
    sys.path.append(str(Path(__file__).parents[1] / "unit" / _folder))

_PAUSES = (
    "lambdas.enrichment.adapters",
    "lambdas.enrichment.feature_store",
    "lambdas.label_inbox.adapters",
    "lambdas.shared.scoring",
    "lambdas.shared.state_reader",
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-table`` puts what was counted into docs/trust.md."""
    parser.addoption("--write-table", action="store_true", help="write the counts of this run into docs/trust.md")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried and survived."""
    import tally  # noqa: PLC0415  # its neighbours are found once this module has said where

    for section, rows, counted in (
        ("faults", tally.fault_rows, tally.injected),
        ("fuzz", tally.fuzz_rows, tally.fuzzed),
    ):
        if not counted:
            continue
        terminalreporter.section(section)
        for row in rows():
            terminalreporter.line(row)
        if terminalreporter.config.getoption("--write-table", default=False):
            tally.write(section, rows())
    for line in tally.totals():
        terminalreporter.line(line)
