"""The columnar half of every window function, a file of the same name as in ``headrace.window_functions`` for each."""

from headrace.windows_columnar.functions.function import ColumnarFunction
from headrace.windows_columnar.functions.numbers import COUNT, MAX, MEAN, MIN, STD, SUM
from headrace.windows_columnar.functions.recency import (
    LAST,
    SESSION_LENGTH,
    TIME_SINCE_FIRST,
    TIME_SINCE_LAST,
    TIME_SINCE_TRUE,
)
from headrace.windows_columnar.functions.sketched import DISTINCT, IS_NEW, P10, P50, P90

__all__ = ["COLUMNAR", "ColumnarFunction"]

COLUMNAR: dict[str, ColumnarFunction] = {
    "count": COUNT,
    "sum": SUM,
    "mean": MEAN,
    "min": MIN,
    "max": MAX,
    "std": STD,
    "p10": P10,
    "p50": P50,
    "p90": P90,
    "distinct": DISTINCT,
    "is_new": IS_NEW,
    "last": LAST,
    "time_since_last": TIME_SINCE_LAST,
    "time_since_first": TIME_SINCE_FIRST,
    "time_since_true": TIME_SINCE_TRUE,
    "session_length": SESSION_LENGTH,
}
"""By the window function's name."""
