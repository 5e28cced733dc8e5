"""When two feature vectors are one: counts and everything selected to the bit, sums to 1e-9 of their size."""

from collections.abc import Iterable

import pytest
from history_cases import History

from headrace.expressions import evaluate_expressions
from headrace.features import Vector
from headrace.usecase import UseCase

SUMMED = frozenset({"sum", "mean", "std"})
"""What adds numbers, and so depends on the order of additions beyond the 1e-9."""


class Agreement:
    """Compares vectors of one use case and history."""

    def __init__(self, usecase: UseCase, history: History) -> None:
        self._usecase = usecase
        self._largest = {
            name: max((abs(float(row[name])) for row in history.events if row[name] is not None), default=0.0)
            for name in ("tip", "items")
        }

    def check(self, found: Vector, expected: Vector, names: Iterable[str] | None = None) -> None:
        """Fail unless both vectors agree.

        Args:
            found: by the stream or at request time.
            expected: by the columns.
            names: the window features to compare; all by default. Expressions are compared if all are.
        """
        wanted = set(self._usecase.feature_names if names is None else names)
        assert list(found) == list(expected) == list(self._usecase.feature_names)
        for name in (*self._usecase.inputs, *self._usecase.calendar):
            assert found[name] == expected[name], name
        for it in self._usecase.window_features:
            if it.name in wanted:
                self._check_window(it.name, it.function in SUMMED, it.over, found[it.name], expected[it.name])
        for vector in (found, expected):
            own = evaluate_expressions(self._usecase.expressions, vector)
            assert own == {it.name: vector[it.name] for it in self._usecase.expressions}
        if names is None:
            for expression in self._usecase.expressions:
                missing = (found[expression.name] is None, expected[expression.name] is None)
                assert missing[0] == missing[1], expression

    def _check_window(
        self, name: str, summed: bool, over: str | None, found: float | None, expected: float | None
    ) -> None:
        if summed and found is not None and expected is not None:
            # Numbers of both signs may cancel each other: then a sum's own size says nothing.
            noise = 1e-12 * self._largest.get(over or "", 0.0)
            assert found == pytest.approx(expected, rel=1e-9, abs=noise), name
            assert (found == 0) == (expected == 0), name
        else:
            assert found == expected, name
