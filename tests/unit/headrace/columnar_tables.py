"""Histories as tables, for the columnar kernel."""

import pandas as pd

EVENT_COLUMNS = ["event_id", "timestamp", "customer_id", "shop_id", "amount", "tip", "online"]
LABEL_COLUMNS = ["event_id", "timestamp", "customer_id", "shop_id", "returned", "labelled_at"]
POINT = {
    "event_id": "a",
    "timestamp": 1_000,
    "customer_id": "c",
    "shop_id": "s",
    "amount": 1,
    "tip": 0.5,
    "online": True,
}


def event_table(history):
    return pd.DataFrame(history, columns=EVENT_COLUMNS)


def label_table(given_labels):
    return pd.DataFrame(given_labels, columns=LABEL_COLUMNS)
