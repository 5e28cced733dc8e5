"""The Fraud Detection Handbook's transactions, and the features its own code computed, where HEADRACE_DATA has them."""

import os
from pathlib import Path

import pandas as pd
import pytest

ORACLE = {
    "is_weekend": "TX_DURING_WEEKEND",
    "is_night": "TX_DURING_NIGHT",
    **{f"customer_count_{days}d": f"CUSTOMER_ID_NB_TX_{days}DAY_WINDOW" for days in (1, 7, 30)},
    **{f"customer_amount_mean_{days}d": f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW" for days in (1, 7, 30)},
    **{f"terminal_count_{days}d": f"TERMINAL_ID_NB_TX_{days}DAY_WINDOW" for days in (1, 7, 30)},
    **{f"terminal_fraud_rate_{days}d": f"TERMINAL_ID_RISK_{days}DAY_WINDOW" for days in (1, 7, 30)},
}
"""Our name of each of the fourteen features -> the handbook's."""
HISTORY_DAYS = 38  # the longest window and its delay, and one day
FIELDS = {
    "event_id": "TRANSACTION_ID",
    "timestamp": "TX_DATETIME",
    "customer_id": "CUSTOMER_ID",
    "terminal_id": "TERMINAL_ID",
    "amount": "TX_AMOUNT",
    "label": "TX_FRAUD",
}
"""The use case's name of each field -> the handbook's."""


def folder() -> Path:
    """Where transactions.parquet and features_oracle.parquet are; without them the test is skipped."""
    if "HEADRACE_DATA" not in os.environ:
        pytest.skip(
            "HEADRACE_DATA does not name a folder with fdh/transactions.parquet and fdh/features_oracle.parquet"
        )
    return Path(os.environ["HEADRACE_DATA"]) / "fdh"


def oracle() -> pd.DataFrame:
    """The handbook's features, one row per transaction."""
    return pd.read_parquet(folder() / "features_oracle.parquet")
