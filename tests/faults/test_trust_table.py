"""docs/trust.md tells of every entry point there is."""

import re
from pathlib import Path

import pytest
import rights_ledger
from fault_table import JOBS, PROMISES, SCENARIOS
from tally import PAGE

ROOT = Path(__file__).parents[2]


def rows(section: str) -> list[list[str]]:
    """The cells of a table of the page, without its head."""
    table = PAGE.read_text().partition(f"<!-- {section}: begin -->")[2].partition(f"<!-- {section}: end -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]


def test_every_function_has_a_scenario_of_faults() -> None:
    functions = {it.parent.name for it in ROOT.glob("lambdas/*/handler.py")}
    assert functions == {name.partition(":")[0] for name in SCENARIOS} - JOBS
    assert set(PROMISES) == set(SCENARIOS)


def test_the_table_of_faults_tells_of_every_scenario_and_of_no_fault_that_was_not_survived() -> None:
    table = rows("faults")
    assert [row[0].removesuffix(" (job)") for row in table] == sorted(SCENARIOS)
    for row in table:
        cells = [cell.partition("/") for cell in row[2:9]]
        assert all(survived == injected for survived, _, injected in cells), row
        assert sum(int(injected) for _, _, injected in cells) >= int(row[1]), row


def test_no_right_is_superfluous() -> None:
    assert all(row[-1] == "0" for row in rows("rights"))
    assert {row[0] for row in rows("rights")} >= rights_ledger.kept().keys()


@pytest.mark.parametrize("section", ["faults", "machines", "fuzz", "rights", "packs"])
def test_the_tables_hold_numbers(section: str) -> None:
    assert rows(section)
    assert all(re.fullmatch(r"[\d,]+", row[1]) for row in rows(section))


def test_no_finding_of_a_pack_is_without_a_reason() -> None:
    assert len(rows("packs")) == 4
    assert {row[3] for row in rows("packs")} == {"0"}
