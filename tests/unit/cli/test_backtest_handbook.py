"""The Fraud Detection Handbook's protocol, by one command: what the README's claim of quality rests on.

Scored as the handbook does (chapter 3): customers that are known as defrauded when a test day begins are left out.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from typer.testing import CliRunner

from cli.main import app

sys.path.append(str(Path(__file__).parents[1] / "headrace"))
import handbook

TRAINED_FROM, DAYS = pd.Timestamp("2018-07-25"), 7
TESTED_FROM = TRAINED_FROM + pd.Timedelta(days=2 * DAYS)


def judged(transactions: pd.DataFrame) -> pd.DataFrame:
    """The test week's transactions of customers that are not known as defrauded yet."""
    day = (transactions["TX_DATETIME"] - TRAINED_FROM).dt.days
    defrauded = transactions["TX_FRAUD"] == 1
    known = set(transactions.loc[defrauded & day.between(0, DAYS - 1), "CUSTOMER_ID"])
    kept = []
    for number in range(DAYS):
        known |= set(transactions.loc[defrauded & (day == DAYS + number - 1), "CUSTOMER_ID"])
        today = transactions[day == 2 * DAYS + number]
        kept.append(today[~today["CUSTOMER_ID"].isin(known)])
    return pd.concat(kept)


@pytest.mark.timeout(600)
def test_seven_training_days_reach_the_published_best(tmp_path: Path) -> None:
    source, scores = handbook.folder() / "transactions.parquet", tmp_path / "scores.parquet"
    mapped = ",".join(f"{name}={column}" for name, column in handbook.FIELDS.items())
    week = ["--from", f"{TESTED_FROM:%Y-%m-%d}", "--until", f"{TESTED_FROM + pd.Timedelta(days=DAYS):%Y-%m-%d}"]
    training = ["--policy", "never", "--train-days", str(DAYS), "--delay", "7d", "--out", str(tmp_path / "backtest")]
    files = [str(source), "--map", mapped, "--usecase", "fraud", "--predictions", str(scores)]
    answer = CliRunner().invoke(app, ["backtest", *files, *week, *training])
    assert answer.exit_code == 0, answer.output
    rows = judged(pd.read_parquet(source)).merge(pd.read_parquet(scores), on="TRANSACTION_ID", validate="one_to_one")
    assert len(rows) > 50_000
    assert np.isfinite(rows["score"]).all()
    assert average_precision_score(rows["TX_FRAUD"], rows["score"]) >= 0.71  # published: .694
    assert roc_auc_score(rows["TX_FRAUD"], rows["score"]) >= 0.88  # published: .879
