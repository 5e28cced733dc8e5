"""NannyML on streams: its univariate drift with its default method and thresholds, a chunk per window."""

import warnings

import pandas as pd
from nannyml import UnivariateDriftCalculator
from streams import Alarms, watch

warnings.simplefilter("ignore")


def monitor(reference: pd.DataFrame, stream: pd.DataFrame, length: int) -> Alarms:
    """The columns that it alerts to, chunk by chunk."""
    texts = list(reference.select_dtypes("object"))
    calculator = UnivariateDriftCalculator(list(reference), treat_as_categorical=texts, chunk_size=length)
    found = calculator.fit(reference).calculate(stream).filter(period="analysis").to_df()
    for name in reference:
        alerts = found[name]["jensen_shannon"]["alert"]
        ends = found["chunk"]["chunk"]["end_index"] + 1
        yield from ((end, name) for end, alert in zip(ends, alerts, strict=True) if alert)


if __name__ == "__main__":
    watch(monitor)
