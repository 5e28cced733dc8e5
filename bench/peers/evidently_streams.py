"""Evidently on streams: every window against the reference, one ``ValueDrift`` per column, by its own thresholds.

Its preset's alarm, for half of the columns together, would never sound where one column drifts; any column counts here.
"""

import pandas as pd
from evidently import Report
from evidently.metrics import ValueDrift
from streams import Alarms, watch


def monitor(reference: pd.DataFrame, stream: pd.DataFrame, length: int) -> Alarms:
    """The columns whose test fails, window by window."""
    report = Report([ValueDrift(column=name) for name in reference], include_tests=True)
    for end in range(length, len(stream) + 1, length):
        run = report.run(current_data=stream[end - length : end], reference_data=reference)
        for test in run.dict()["tests"]:
            if str(getattr(test["status"], "value", test["status"])) == "FAIL":
                yield end, test["metric_config"]["params"]["column"]


if __name__ == "__main__":
    watch(monitor)
