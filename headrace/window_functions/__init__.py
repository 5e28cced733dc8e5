"""The functions that a window can have: what a use case may ask of each, what a bucket keeps for it, and its value.

One object for each. How whole columns are computed with numpy is ``headrace.windows_columnar.functions``, an object of
the same name in a file of the same name: that half needs numpy, and functions that import use cases cold have none.
This package imports neither use cases nor states, which both ask it. docs/extending.md has the steps of a new one.
"""

from headrace.window_functions.function import WindowFunction
from headrace.window_functions.numbers import COUNT, MAX, MEAN, MIN, STD, SUM
from headrace.window_functions.recency import LAST, SESSION_LENGTH, TIME_SINCE_FIRST, TIME_SINCE_LAST, TIME_SINCE_TRUE
from headrace.window_functions.sketched import DISTINCT, IS_NEW, P10, P50, P90

__all__ = ["FUNCTIONS", "OF_LABELS", "WindowFunction"]

FUNCTIONS: dict[str, WindowFunction] = {
    it.name: it
    for it in (
        COUNT, SUM, MEAN, MIN, MAX, STD, P10, P50, P90, DISTINCT, IS_NEW,
        LAST, TIME_SINCE_LAST, TIME_SINCE_FIRST, TIME_SINCE_TRUE, SESSION_LENGTH,
    )
}  # fmt: skip
"""By name."""
OF_LABELS = tuple(sorted(it.name for it in FUNCTIONS.values() if it.of_labels))
"""The names of those that can look at labels."""
