"""Whole columns of ``headrace.window_functions.sketched``: distinct, is_new, p10, p50, p90."""

from collections.abc import Callable, Sequence

from headrace.window_functions.sketches import HALF, NINE_TENTHS, TENTH, Share
from headrace.windows_columnar.columns import Floats
from headrace.windows_columnar.distinct import Different
from headrace.windows_columnar.functions.function import ColumnarFunction
from headrace.windows_columnar.quantiles import Binned
from headrace.windows_columnar.ranges import Points, Ranges
from headrace.windows_columnar.rows import Rows

_Hashed = tuple[Different, Ranges]
_InBins = tuple[Binned, Ranges]


def _hashed(rows: Rows, at: Points, over: str | None, ranges: Sequence[Ranges]) -> Sequence[_Hashed]:
    different = Different(rows.hashes(str(over)), rows.line, at)
    return [(different, it) for it in ranges]


def _binned(rows: Rows, _: Points, over: str | None, ranges: Sequence[Ranges]) -> Sequence[_InBins]:
    binned = Binned(rows.floats(str(over)))
    return [(binned, it) for it in ranges]


def _quantile(share: Share) -> Callable[[_InBins], Floats]:
    return lambda found: found[0].quantile(share, found[1])


DISTINCT = ColumnarFunction(look=_hashed, value=lambda found: found[0].count(found[1]))
IS_NEW = ColumnarFunction(look=_hashed, value=lambda found: found[0].is_new(found[1]))
P10 = ColumnarFunction(look=_binned, value=_quantile(TENTH))
P50 = ColumnarFunction(look=_binned, value=_quantile(HALF))
P90 = ColumnarFunction(look=_binned, value=_quantile(NINE_TENTHS))
