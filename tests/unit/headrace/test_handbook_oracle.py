"""The fraud features against those of the Fraud Detection Handbook's own code, on its simulated transactions."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import usecases
from headrace.windows_columnar import training_frame

ORACLE = {
    "is_weekend": "TX_DURING_WEEKEND",
    "is_night": "TX_DURING_NIGHT",
    **{f"customer_count_{days}d": f"CUSTOMER_ID_NB_TX_{days}DAY_WINDOW" for days in (1, 7, 30)},
    **{f"customer_amount_mean_{days}d": f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW" for days in (1, 7, 30)},
    **{f"terminal_count_{days}d": f"TERMINAL_ID_NB_TX_{days}DAY_WINDOW" for days in (1, 7, 30)},
    **{f"terminal_fraud_rate_{days}d": f"TERMINAL_ID_RISK_{days}DAY_WINDOW" for days in (1, 7, 30)},
}
HISTORY_DAYS = 38  # the longest window and its delay, and one day


@pytest.fixture(scope="module")
def compared() -> pd.DataFrame:
    """Our features (by their names) next to the handbook's (by theirs), one row per transaction."""
    if "HEADRACE_DATA" not in os.environ:
        pytest.skip(
            "HEADRACE_DATA does not name a folder with fdh/transactions.parquet and fdh/features_oracle.parquet"
        )
    folder = Path(os.environ["HEADRACE_DATA"]) / "fdh"
    oracle = pd.read_parquet(folder / "features_oracle.parquet")
    raw = pd.read_parquet(folder / "transactions.parquet").set_index("TRANSACTION_ID", drop=False)
    since = raw.loc[oracle["TRANSACTION_ID"], "TX_DATETIME"].min() - pd.Timedelta(days=HISTORY_DAYS)
    raw = raw[raw["TX_DATETIME"] >= since]
    events = pd.DataFrame(
        {
            "event_id": raw["TRANSACTION_ID"].map("{:010d}".format),
            "timestamp": raw["TX_DATETIME"],
            "customer_id": raw["CUSTOMER_ID"].astype(str),
            "terminal_id": raw["TERMINAL_ID"].astype(str),
            "amount": raw["TX_AMOUNT"],
        }
    )
    frame = training_frame(usecases.load("fraud"), events, events.assign(fraud=raw["TX_FRAUD"]))
    frame["TRANSACTION_ID"] = frame["event_id"].astype(int)
    frame["tied"] = frame.duplicated(["customer_id", "timestamp"], keep=False)
    return oracle.merge(frame, on="TRANSACTION_ID", validate="one_to_one")


def test_every_transaction_of_the_oracle_is_compared(compared):
    assert len(compared) == 201_295


@pytest.mark.timeout(120)
@pytest.mark.parametrize("ours", ORACLE)
def test_the_feature_equals_the_handbooks_except_for_a_customers_ties_within_a_second(compared, ours):
    differs = ~np.isclose(compared[ours], compared[ORACLE[ours]], rtol=1e-9, atol=1e-12)
    allowed = compared["tied"] if ours.startswith("customer") else np.zeros(len(compared), dtype=bool)
    assert not compared.loc[differs & ~allowed, "TRANSACTION_ID"].tolist()
    assert differs.sum() <= 4
