"""docs/extending.md, a new drift test: Hellinger's distance, computed, judged by and told, as one line in one table."""

import math
from typing import get_args

import numpy as np
import pytest

from headrace.drift import Settings, compare, documents, summarize
from headrace.drift.aligned import Pair
from headrace.drift.distances import shares
from headrace.drift.measures import MEASURES, Distance, Measure
from pipelines.monitoring.distance_table import section

RNG = np.random.default_rng(3)
NORMAL = summarize({"amount": RNG.normal(50, 10, 4_000), "hour": RNG.integers(0, 24, 4_000).astype(float)})
MOVED = summarize({"amount": RNG.normal(60, 10, 4_000), "hour": RNG.integers(0, 24, 4_000).astype(float)})


def hellinger(pair: Pair) -> float:
    """sqrt(1 - sum sqrt(p_i q_i)) over the baseline's tenths, 0 to 1 (Hellinger 1909)."""
    p, q = pair.grouped
    return math.sqrt(max(0.0, 1 - float(np.sum(np.sqrt(shares(p) * shares(q))))))


@pytest.fixture(autouse=True)
def _added(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step of the how-to."""
    distance = Distance(words="Hellinger", heading="Hellinger", of_numbers=hellinger, of_texts=hellinger)
    monkeypatch.setitem(MEASURES, "hellinger", distance)


def test_a_new_distance_is_known_of_every_column_and_shown_in_the_report() -> None:
    found = compare(NORMAL, MOVED)
    assert found.columns["amount"].measures["hellinger"] > 0.3
    assert found.columns["hour"].measures["hellinger"] < 0.05
    assert "Hellinger" in section(found)


def test_columns_are_judged_by_it_where_the_settings_say_so() -> None:
    found = compare(NORMAL, MOVED, Settings(numeric="hellinger", numeric_threshold=0.2))
    assert [it.name for it in found.columns.values() if it.drifted] == ["amount"]
    (violation,) = documents.violations(found)["violations"]
    assert "exceeds threshold: 0.2 (Hellinger)" in violation["description"]


def test_every_declared_distance_is_in_the_table() -> None:
    assert set(get_args(Measure)) == MEASURES.keys() - {"hellinger"}
    assert all(it.of_numbers or it.of_texts for it in MEASURES.values())
