"""The fraud features against those of the Fraud Detection Handbook's own code, on its simulated transactions."""

import handbook
import numpy as np
import pandas as pd
import pytest

import usecases
from headrace.windows_columnar import training_frame


@pytest.fixture(scope="module")
def compared() -> pd.DataFrame:
    """Our features (by their names) next to the handbook's (by theirs), one row per transaction."""
    oracle = handbook.oracle()
    raw = pd.read_parquet(handbook.folder() / "transactions.parquet").set_index("TRANSACTION_ID", drop=False)
    since = raw.loc[oracle["TRANSACTION_ID"], "TX_DATETIME"].min() - pd.Timedelta(days=handbook.HISTORY_DAYS)
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
@pytest.mark.parametrize("ours", handbook.ORACLE)
def test_the_feature_equals_the_handbooks_except_for_a_customers_ties_within_a_second(compared, ours):
    differs = ~np.isclose(compared[ours], compared[handbook.ORACLE[ours]], rtol=1e-9, atol=1e-12)
    allowed = compared["tied"] if ours.startswith("customer") else np.zeros(len(compared), dtype=bool)
    assert not compared.loc[differs & ~allowed, "TRANSACTION_ID"].tolist()
    assert differs.sum() <= 4
