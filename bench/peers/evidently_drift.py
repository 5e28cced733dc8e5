"""Evidently's drift of every column, from two Parquet files.

One ``ValueDrift`` per column with Evidently's own choice of test, its verdicts included: the least that it can be asked
for. Its drift preset computes the distances again for the share of drifted columns, and takes twice as long.
"""

import sys

import pandas as pd
from evidently import Report
from evidently.metrics import ValueDrift
from served import serve


def drift(baseline: str, current: str) -> object:
    """Every column's verdict."""
    before, after = pd.read_parquet(baseline), pd.read_parquet(current)
    metrics = [ValueDrift(column=name) for name in before]
    return Report(metrics, include_tests=True).run(current_data=after, reference_data=before).dict()


if __name__ == "__main__":
    serve(lambda: drift(*sys.argv[1:3]))
