"""docs/extending.md, a new window function: ``spread``, largest less smallest value, as a line in three tables."""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
import pytest

import simulators
import usecases
from headrace.features import FeatureSet
from headrace.usecase import UseCase, Window, WindowFunction, window
from headrace.windows import aggregates, readings
from headrace.windows.sketches import QUANTILES
from headrace.windows_columnar import aggregation, training_frame
from headrace.windows_columnar.reductions import Parts, Reduction

LOANS = usecases.load("loans")
DAY = 86_400
NO_LABELS = pd.DataFrame(
    columns=["event_id", "timestamp", "applicant_id", "branch_id", "defaulted", "labelled_at"], dtype=object
)


def _spread(smallest: int, largest: int) -> readings.Read:
    """One by one, in the stream: from where the two columns are to the value."""
    low, high = readings.READINGS["min"](smallest), readings.READINGS["max"](largest)

    def read(*given) -> float | None:
        below, above = low(*given), high(*given)
        return None if below is None or above is None else above - below

    return read


def _joined(left: Parts, right: Parts) -> Parts:
    return np.minimum(left[0], right[0]), np.maximum(left[1], right[1])


SPREAD = Reduction(
    lambda values: (np.nan_to_num(values, nan=np.inf), np.nan_to_num(values, nan=-np.inf)), _joined, (np.inf, -np.inf)
)
"""Whole columns, in training."""


@pytest.fixture
def usecase(monkeypatch: pytest.MonkeyPatch) -> UseCase:
    """The steps of the how-to, then a use case with the function."""
    monkeypatch.setattr(window, "WindowFunction", Literal[*get_args(WindowFunction), "spread"])
    monkeypatch.setitem(aggregates.COLUMNS, "spread", lambda it: (it.column("min"), it.column("max")))
    monkeypatch.setitem(readings.READINGS, "spread", _spread)
    monkeypatch.setitem(aggregation.REDUCED, "spread", (SPREAD, lambda parts: parts[1] - parts[0]))
    over = Window(entity="branch", function="spread", over="debt", lengths=("1d", "7d"), name="spread")
    entities = tuple(replace(it, snapshot=None) for it in LOANS.entities)
    return replace(LOANS, entities=entities, windows=(over,), expressions=())


@pytest.fixture
def history() -> pd.DataFrame:
    """Ten days of applications."""
    return simulators.load("loans")(start=1_767_225_600, days=10, per_day=12, seed=3).drop(columns="defaulted")


def by_hand(history: pd.DataFrame, at: pd.Series, days: int) -> float:
    """The definition: of the branch's applications in (t - length, t], as far as they come before or are this one."""
    before = history["timestamp"] <= at["timestamp"]
    inside = before & (history["timestamp"] > at["timestamp"] - days * DAY) & (history["branch_id"] == at["branch_id"])
    return float(history.loc[inside, "debt"].max() - history.loc[inside, "debt"].min())


def test_the_stream_and_training_compute_a_new_function_as_it_is_defined(
    usecase: UseCase, history: pd.DataFrame
) -> None:
    features, states = FeatureSet(usecase), {}
    frame = training_frame(usecase, history, NO_LABELS)
    streamed = []
    for row in history.to_dict("records"):
        own = {"branch": states.setdefault(row["branch_id"], features.new_state("branch", "events"))}
        features.fold_event(row, own)
        streamed.append(features.vector(row, {"branch": [own["branch"]]}))
    for days in (1, 7):
        expected = [by_hand(history, row, days) for _, row in history.iterrows()]
        assert frame[f"spread_{days}d"].tolist() == expected
        assert [it[f"spread_{days}d"] for it in streamed] == expected
        assert len(set(expected)) > 20


def test_a_window_without_values_gives_none(usecase: UseCase) -> None:
    features = FeatureSet(usecase)
    event = {"event_id": "a", "timestamp": 1_767_225_600, "applicant_id": "p", "branch_id": "b", "amount": 100.0}
    assert features.vector(event, {"branch": []}, folded=False)["spread_1d"] is None


def test_every_declared_function_is_in_every_table() -> None:
    """What reminds whoever forgets a step."""
    declared = set(get_args(WindowFunction))
    assert declared == aggregates.COLUMNS.keys() == readings.READINGS.keys()
    elsewhere = {"count", "time_since_last", "time_since_first", "last", "distinct", "is_new", *QUANTILES}
    assert declared - elsewhere == aggregation.REDUCED.keys()
