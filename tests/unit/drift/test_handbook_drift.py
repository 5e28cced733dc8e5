"""The verdicts on the Fraud Detection Handbook's transactions: quiet weeks are silent, what was injected is named."""

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headrace.drift import Findings, Settings, compare, summarize

WEEKS = 9
COLUMNS = ("TX_AMOUNT", "CUSTOMER_ID", "TERMINAL_ID", "hour", "region")
Change = Callable[[pd.DataFrame], None]


@pytest.fixture(scope="module")
def weeks() -> list[pd.DataFrame]:
    """Nine whole weeks in a row, the first month left out."""
    if "HEADRACE_DATA" not in os.environ:
        pytest.skip("HEADRACE_DATA does not name a folder with fdh/transactions.parquet")
    frame = pd.read_parquet(Path(os.environ["HEADRACE_DATA"]) / "fdh" / "transactions.parquet")
    frame["hour"] = frame["TX_DATETIME"].dt.hour
    frame["region"] = "region " + (frame["TERMINAL_ID"] % 15).astype(str)
    week = frame["TX_TIME_DAYS"] // 7
    return [frame[week == it] for it in range(5, 5 + WEEKS)]


def found(before: pd.DataFrame, after: pd.DataFrame, settings: Settings | None = None) -> Findings:
    tables = (summarize({name: it[name].to_numpy() for name in COLUMNS if name in it}) for it in (before, after))
    return compare(next(tables), next(tables), settings)


def test_eight_pairs_of_quiet_weeks_have_no_violation(weeks: list[pd.DataFrame]) -> None:
    verdicts = [found(*pair) for pair in pairwise(weeks)]
    assert [it.violations for it in verdicts] == [()] * (WEEKS - 1)
    amounts = [it.columns["TX_AMOUNT"].distance for it in verdicts]
    assert max(amounts) < 0.0065


@pytest.mark.parametrize(("share", "distance"), [(0.1, 0.046), (0.2, 0.088), (0.5, 0.19)])
def test_a_shift_of_the_amount_is_found_and_nothing_else(
    weeks: list[pd.DataFrame], share: float, distance: float
) -> None:
    after = weeks[1].assign(TX_AMOUNT=weeks[1]["TX_AMOUNT"] * (1 + share))
    verdict = found(weeks[0], after)
    assert verdict.drifted == ("TX_AMOUNT",)
    assert {it.feature_name for it in verdict.violations} == {"TX_AMOUNT"}
    assert verdict.magnitude == pytest.approx(distance, abs=0.005)
    assert "larger in size" in verdict.columns["TX_AMOUNT"].words[0]


def test_model_monitors_threshold_misses_a_tenth_and_a_fifth(weeks: list[pd.DataFrame]) -> None:
    native = Settings(numeric="linf_robust", numeric_threshold=0.1, control="none")
    for share in (0.1, 0.2):
        after = weeks[1].assign(TX_AMOUNT=weeks[1]["TX_AMOUNT"] * (1 + share))
        assert found(weeks[0], after, native).drifted == ()


def _unit(week: pd.DataFrame) -> None:
    week["TX_AMOUNT"] *= 100


def _nulls(week: pd.DataFrame) -> None:
    week.loc[week.index % 20 == 0, "TX_AMOUNT"] = np.nan


def _category(week: pd.DataFrame) -> None:
    week.loc[week.index % 50 == 0, "region"] = "region 15"


def _swap(week: pd.DataFrame) -> None:
    week[["CUSTOMER_ID", "TERMINAL_ID"]] = week[["TERMINAL_ID", "CUSTOMER_ID"]].to_numpy()


@pytest.mark.parametrize(
    ("change", "columns", "words"),
    [
        (_unit, {"TX_AMOUNT"}, "has the unit changed"),
        (_nulls, {"TX_AMOUNT"}, "values are missing"),
        (_category, {"region"}, "'region 15'"),
        (_swap, {"CUSTOMER_ID", "TERMINAL_ID"}, "have the two columns changed places"),
    ],
)
def test_what_was_injected_is_named_with_its_column_and_cause(
    weeks: list[pd.DataFrame], change: Change, columns: set[str], words: str
) -> None:
    after = weeks[1].copy()
    change(after)
    violations = found(weeks[0], after).violations
    assert {it.feature_name for it in violations} == columns
    assert words in " ".join(it.description for it in violations)


def test_one_of_200_features_is_found_and_the_other_199_are_silent(weeks: list[pd.DataFrame]) -> None:
    rng = np.random.default_rng(7)
    amounts = [it["TX_AMOUNT"].to_numpy() for it in weeks[:2]]
    before, after = ({f"f{it}": rng.choice(one, 20_000) for it in range(200)} for one in amounts)
    after["f123"] = after["f123"] * 1.1
    assert compare(summarize(before), summarize(after)).drifted == ("f123",)
