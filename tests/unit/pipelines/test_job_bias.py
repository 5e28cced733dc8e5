"""Bias metrics agree with tables computed by hand, and few rows give intervals, not verdicts."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from headrace.usecase import Facet, Field, UseCase
from pipelines.jobs.judging import bias, bias_metrics, proportions
from pipelines.jobs.judging.bias_metrics import Tally

# Of 100 advantaged 60 are favourable and 50 called, 45 of them rightly; of 50 disadvantaged 20, 10 and 8.
A = Tally(tp=45, fp=5, fn=15, tn=35)
D = Tally(tp=8, fp=2, fn=12, tn=28)
HAND = {
    "CI": (100 - 50) / 150,
    "DPL": 0.6 - 0.4,
    "KL": 0.6 * math.log(0.6 / 0.4) + 0.4 * math.log(0.4 / 0.6),
    "JS": (
        0.6 * math.log(0.6 / 0.5) + 0.4 * math.log(0.4 / 0.5) + 0.4 * math.log(0.4 / 0.5) + 0.6 * math.log(0.6 / 0.5)
    )
    / 2,
    "DPPL": 0.5 - 0.2,
    "DI": 0.2 / 0.5,
    "RD": 45 / 60 - 8 / 20,
    "AD": 80 / 100 - 36 / 50,
}


@pytest.mark.parametrize("name", HAND)
def test_every_metric_agrees_with_the_table_computed_by_hand(name: str) -> None:
    formulas = {name: formula for name, (_, formula) in {**bias.BEFORE, **bias.AFTER}.items()}
    assert formulas[name](A, D) == pytest.approx(HAND[name])


def test_the_catalogues_class_imbalance_is_no_difference_of_labels() -> None:
    """70 and 30 rows with the same share of favourable labels: imbalance .4, difference 0."""
    a, d = Tally(tp=35, tn=35), Tally(tp=15, tn=15)
    assert bias_metrics.class_imbalance(a, d) == pytest.approx(0.4)
    assert bias_metrics.label_rate_difference(a, d) == 0
    assert bias_metrics.class_imbalance(d, a) == pytest.approx(-0.4)


def test_divergences_are_zero_for_equals_and_bounded_or_infinite_at_the_extremes() -> None:
    never, always = Tally(tn=10), Tally(tp=10)
    assert bias_metrics.kullback_leibler(A, A) == bias_metrics.jensen_shannon(A, A) == 0
    assert bias_metrics.jensen_shannon(never, always) == pytest.approx(math.log(2))
    assert bias_metrics.kullback_leibler(always, never) == math.inf


def test_disparate_impact_of_groups_that_are_never_called() -> None:
    never, some = Tally(tn=10), Tally(tp=5, tn=5)
    assert bias_metrics.disparate_impact(never, never) == 1
    assert bias_metrics.disparate_impact(never, some) == math.inf
    assert bias_metrics.disparate_impact(some, never) == 0


def facet(**changes: object) -> Facet:
    return Facet(**{"field": "amount", "below": 25.0, "favourable": 1, **changes})


def test_few_rows_have_intervals_and_no_verdict() -> None:
    found = bias.judge_facet(facet(minimum_rows=51), (A, D), (A, D))
    assert found["verdicts"] == {"DI": "too few rows", "AD": "too few rows"}
    assert found["intervals"]["DI"][0] < found["metrics"]["DI"] < found["intervals"]["DI"][1]
    assert found["rows"] == {"advantaged": 100, "disadvantaged": 50}


def test_a_group_is_treated_worse_only_if_the_whole_interval_says_so() -> None:
    many = [Tally(**{name: 40 * getattr(it, name) for name in ("tp", "fp", "fn", "tn")}) for it in (A, D)]
    found = bias.judge_facet(facet(), (A, D), (many[0], many[1]))
    assert found["verdicts"] == {"DI": "beyond", "AD": "beyond"}
    some = bias.judge_facet(facet(minimum_rows=50), (A, D), (A, D))
    assert some["metrics"]["AD"] == pytest.approx(0.08)
    assert some["verdicts"] == {"DI": "beyond", "AD": "within"}


def test_intervals_agree_with_their_formulas_computed_by_hand() -> None:
    """Wilson for 5 of 10; Agresti-Caffo for 15 of 20 against 9 of 18, 16/22 - 10/20; Katz for 20 of 50 to 30 of 60."""
    assert proportions.wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert proportions.wilson(0, 0) == (0, 1)
    half = 1.959964 * math.sqrt(16 / 22 * 6 / 22 / 22 + 1 / 4 / 20)
    assert proportions.difference(15, 20, 9, 18) == pytest.approx((5 / 22 - half, 5 / 22 + half), abs=1e-9)
    assert proportions.difference(7, 7, 1, 7) == (pytest.approx(0.3262, abs=1e-4), 1)
    spread = math.sqrt(1 / 20.5 - 1 / 50.5 + 1 / 30.5 - 1 / 60.5)
    middle = math.log(20.5 / 50.5 * 60.5 / 30.5)
    low, high = proportions.ratio(20, 50, 30, 60)
    assert (math.log(low), math.log(high)) == pytest.approx((middle - 1.959964 * spread, middle + 1.959964 * spread))
    assert proportions.ratio(0, 0, 1, 5) == (0, math.inf)


def test_a_ratios_interval_covers_the_truth_about_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(400):
        d, a = rng.binomial(300, 0.2), rng.binomial(500, 0.25)
        low, high = proportions.ratio(d, 300, a, 500)
        inside += low <= 0.8 <= high
    assert 0.92 <= inside / 400 <= 0.98


VALUES = np.array([10.0, 30.0, np.nan, 25.0])


@pytest.mark.parametrize(
    ("condition", "disadvantaged"),
    [
        ({"below": 25.0}, [True, False, False, False]),
        ({"below": None, "at_least": 25.0}, [False, True, False, True]),
        ({"below": None, "values": (30.0, 10.0)}, [True, True, False, False]),
    ],
)
def test_a_condition_tells_groups_apart_and_leaves_missing_values_out(
    condition: dict[str, object], disadvantaged: list[bool], fraud: UseCase
) -> None:
    rows = bias.facet_rows(fraud, facet(**condition), VALUES)
    assert rows.disadvantaged.tolist() == disadvantaged
    assert rows.unknown.tolist() == [False, False, True, False]
    a, d = rows.tallies(np.array([1, 1, 1, 0]), np.array([1, 0, 1, 0]))
    assert a.rows + d.rows == 3


def test_texts_are_compared_as_they_are_and_coded_inputs_by_their_position(fraud: UseCase) -> None:
    channel = Field(name="channel", type="string", allowed=("chip", "online"))
    coded = replace(
        fraud, event=replace(fraud.event, fields=(*fraud.event.fields, channel)), inputs=("amount", "channel")
    )
    online = facet(field="channel", below=None, values=("online",))
    assert bias.facet_rows(coded, online, np.array([0.0, 1.0, np.nan])).disadvantaged.tolist() == [False, True, False]
    texts = np.array(["online", None, "chip"], dtype=object)
    rows = bias.facet_rows(fraud, online, texts)
    assert rows.disadvantaged.tolist() == [True, False, False]
    assert rows.unknown.tolist() == [False, True, False]


def test_favourable_is_what_people_wish_for() -> None:
    rows = bias.FacetRows(
        facet=facet(favourable=0),
        disadvantaged=np.array([True, True, False]),
        unknown=np.array([False, False, False]),
    )
    _, d = rows.tallies(np.array([0, 1, 1]), np.array([0, 0, 1]))
    assert (d.tp, d.fp) == (1, 1)


def test_the_file_has_clarifys_sections_and_no_infinity() -> None:
    always, never = Tally(tp=500), Tally(tn=500)
    document = bias.document([bias.judge_facet(facet(), (always, never), (never, always))], "fraud")
    assert document["version"] == "1.0"
    for section, names in (("pre", ["CI", "DPL", "KL", "JS"]), ("post", ["DPPL", "DI", "RD", "AD"])):
        found = document[f"{section}_training_bias_metrics"]
        assert found["label"] == "fraud"
        (one,) = found["facets"]["amount"]
        assert one["value_or_threshold"] == "< 25"
        assert [it["name"] for it in one["metrics"]] == names
        assert all(it["description"] for it in one["metrics"])
    json.dumps(document, allow_nan=False)
    assert document["post_training_bias_metrics"]["facets"]["amount"][0]["metrics"][1]["value"] is None
