"""Training sets for the gate, sound until a test changes them."""

import numpy as np
import pandas as pd

import usecases
from headrace.usecase import UseCase
from pipelines.quality.gate import Verdict, check
from pipelines.quality.training_rows import FrameRows

FRAUD = usecases.load("fraud")
START = 1_767_225_600
ROWS = 400


def training_set(rows: int = ROWS) -> pd.DataFrame:
    """A training set that nothing is wrong with."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{number:05}" for number in range(rows)],
            "timestamp": START + np.arange(rows) * 60,
            "customer_id": [f"C{number % 9}" for number in range(rows)],
            "terminal_id": [f"T{number % 7}" for number in range(rows)],
        }
    )
    features = {name: rng.uniform(0, 90, rows) for name in FRAUD.feature_names}
    return frame.assign(**features, label=(np.arange(rows) % 50 == 0).astype("int8"))


def judged(frame: pd.DataFrame, usecase: UseCase = FRAUD, **options: object) -> Verdict:
    return check(usecase, FrameRows(frame), **options)  # type: ignore[arg-type]  # the options of one call
