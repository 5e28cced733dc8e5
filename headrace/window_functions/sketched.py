"""Functions of values that a bucket remembers as hashes or bins: distinct, is_new, p10, p50, p90."""

from collections.abc import Callable
from itertools import chain

from headrace.window_functions.function import Columns, More, Point, Read, WindowFunction
from headrace.window_functions.sketches import HALF, NINE_TENTHS, TENTH, Share, distinct, is_new, quantile


def _hashes(columns: Columns, at: int, first: int, last: int, more: More) -> list[int]:
    begin, end = columns[at].cells_of(first, last)
    return sorted({*columns[at].cells[begin:end], *chain.from_iterable(() if more is None else more[at])})


def _distinct(at: int) -> Read:
    return lambda columns, first, last, more, _: distinct(_hashes(columns, at, first, last, more))


DISTINCT = WindowFunction(name="distinct", takes="values", keeps=("hashes",), reading=_distinct, of_nothing=0.0)


def _is_new(at: int) -> Read:
    def read(columns: Columns, first: int, last: int, more: More, point: Point) -> float | None:
        own = None if point[1] is None else point[1][at]
        return is_new(_hashes(columns, at, first, last, more), own[0]) if own else None

    return read


IS_NEW = WindowFunction(
    name="is_new",
    takes="values",
    keeps=("hashes",),
    reading=_is_new,
    of_nothing=1.0,
    looks_back=True,
    compares=True,
)


def _quantile(share: Share) -> Callable[[int], Read]:
    def reading(at: int) -> Read:
        def read(columns: Columns, first: int, last: int, more: More, _: Point) -> float | None:
            column = columns[at]
            begin, end = column.cells_of(first, last)
            counts: dict[int, int] = {}
            found = zip(column.cells[begin:end], column.counts[begin:end], strict=True)
            for number, count in chain(found, chain.from_iterable(() if more is None else more[at])):
                counts[number] = counts.get(number, 0) + count
            return quantile(sorted(counts.items()), sum(counts.values()), share)

        return read

    return reading


P10 = WindowFunction(name="p10", takes="numbers", keeps=("bins",), reading=_quantile(TENTH))
P50 = WindowFunction(name="p50", takes="numbers", keeps=("bins",), reading=_quantile(HALF))
P90 = WindowFunction(name="p90", takes="numbers", keeps=("bins",), reading=_quantile(NINE_TENTHS))
