"""docs/extending.md, a new window function: ``spread``, largest less smallest value, as one line in two tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import simulators
import usecases
from headrace.errors import UseCaseError
from headrace.features import FeatureSet
from headrace.usecase import UseCase, Window
from headrace.window_functions import FUNCTIONS, WindowFunction
from headrace.window_functions.function import Read
from headrace.window_functions.numbers import MAX, MIN
from headrace.windows_columnar import training_frame
from headrace.windows_columnar.functions import COLUMNAR, ColumnarFunction
from headrace.windows_columnar.functions.function import reduced
from headrace.windows_columnar.reductions import Parts, Reduction

LOANS = usecases.load("loans")
DAY = 86_400
NO_LABELS = pd.DataFrame(
    columns=["event_id", "timestamp", "applicant_id", "branch_id", "defaulted", "labelled_at"], dtype=object
)


def _spread(smallest: int, largest: int) -> Read:
    """One by one, in the stream: from where the two columns are to the value."""
    low, high = MIN.reading(smallest), MAX.reading(largest)

    def read(*given) -> float | None:
        below, above = low(*given), high(*given)
        return None if below is None or above is None else above - below

    return read


def _joined(left: Parts, right: Parts) -> Parts:
    return np.minimum(left[0], right[0]), np.maximum(left[1], right[1])


SPREAD = WindowFunction(name="spread", takes="numbers", keeps=("min", "max"), reading=_spread)
"""headrace/window_functions."""
COLUMNAR_SPREAD = ColumnarFunction(
    look=reduced(
        Reduction(
            start=lambda values: (np.nan_to_num(values, nan=np.inf), np.nan_to_num(values, nan=-np.inf)),
            combine=_joined,
            neutral=(np.inf, -np.inf),
        )
    ),
    value=lambda parts: parts[1] - parts[0],
)
"""headrace/windows_columnar/functions: whole columns, in training."""


@pytest.fixture
def usecase(monkeypatch: pytest.MonkeyPatch) -> UseCase:
    """The steps of the how-to, then a use case with the function."""
    monkeypatch.setitem(FUNCTIONS, SPREAD.name, SPREAD)
    monkeypatch.setitem(COLUMNAR, SPREAD.name, COLUMNAR_SPREAD)
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


def test_an_unknown_function_is_told_which_ones_there_are(usecase: UseCase) -> None:
    with pytest.raises(UseCaseError, match=r"'range' is unknown; use one of count, .*, session_length, spread, std, "):
        replace(usecase.windows[0], function="range")


def test_every_function_is_in_both_tables() -> None:
    """What reminds whoever forgets a step."""
    assert FUNCTIONS.keys() == COLUMNAR.keys()
    for name, function in FUNCTIONS.items():
        assert function.name == name
        assert (function.of_labels is None) == (COLUMNAR[name].of_labels is None)
