"""river's ADWIN on streams, row by row with its default delta: one per number, and one per category's share.

It has no reference: it learns from the reference's rows first, without alarms. It sees changes of a mean, as it says.
"""

from collections.abc import Iterator

import pandas as pd
from river.drift import ADWIN
from streams import Alarms, watch


def monitor(reference: pd.DataFrame, stream: pd.DataFrame, length: int) -> Alarms:
    """Every change that it detects; it has no use for windows."""
    for name in reference:
        for before, after in _signals(reference[name], stream[name]):
            detector = ADWIN()
            for value in before:
                detector.update(value)
            for row, value in enumerate(after, start=1):
                detector.update(value)
                if detector.drift_detected:
                    yield row, name


def _signals(reference: pd.Series, stream: pd.Series) -> Iterator[tuple[list[float], list[float]]]:
    """Numbers as they are; texts as whether they are each of the known categories, or none of them."""
    if reference.dtype != object:
        yield reference.tolist(), stream.tolist()
        return
    known = sorted(reference.unique())
    for name in known:
        yield (reference == name).astype(float).tolist(), (stream == name).astype(float).tolist()
    yield [0.0] * len(reference), (~stream.isin(known)).astype(float).tolist()


if __name__ == "__main__":
    watch(monitor)
