"""What the page computes: sums, outcomes, curves, bars, and numbers as people read them."""

import numpy as np
import pandas as pd
import pytest
from report_runs import evaluation, predictions, run, summary
from sklearn.metrics import average_precision_score

from cli.report import outcomes, phases, quality, wording
from cli.report.plots import latency, over_time
from cli.report.proof import proof


def test_both_sums_of_a_sound_run_come_out_even() -> None:
    found = proof(run())
    assert [one.difference for one in found.equations] == [0, 0]
    assert [one.total for one in found.equations] == [("sent", 3_006)] * 2


def test_a_record_that_only_one_consumer_quarantined_is_in_two_parts_of_the_other_sum() -> None:
    delivery, enrichment = proof(run(summary=summary(events_in_lake=3_001))).equations
    assert (delivery.difference, enrichment.difference) == (-1, 0)


def test_a_sum_with_a_count_missing_is_left_out() -> None:
    counts = summary()
    del counts["events_dead_lettered"]
    assert [one.name for one in proof(run(summary=counts)).equations] == ["Delivery"]


def test_decisions_that_are_no_band_of_the_use_case_are_counted_too() -> None:
    frame = predictions(100)
    frame.loc[:9, "decision"] = "OTHER"
    counted = outcomes.decisions(run(predictions=frame))
    assert [one.decision for one in counted] == ["APPROVE", "REVIEW", "BLOCK", "OTHER"]
    assert counted[3].events == 10
    assert sum(one.events for one in counted) == 100


def test_an_outcome_at_a_threshold_ignores_the_decisions() -> None:
    found = outcomes.outcome(run(predictions=predictions().assign(decision="APPROVE")), threshold=0.09)
    frame = predictions()
    assert found is not None
    assert found.caught == int(((frame["score"] >= 0.09) & (frame["label"] == 1)).sum()) > 0


def test_the_area_of_the_stream_curve_is_its_average_precision() -> None:
    record = run()
    curve = outcomes.stream_curve(record, outcomes.outcome(record))
    frame = predictions()
    assert curve is not None
    assert curve.area == pytest.approx(average_precision_score(frame["label"], frame["score"]))
    assert curve.at is not None


@pytest.mark.parametrize("plural", ["s", ""])
def test_curve_and_confusion_are_read_from_either_spelling(plural: str) -> None:
    points = {f"recall{plural}": [1.0, 0.5], f"precision{plural}": [0.1, 0.9], "threshold": [0.0, 0.5]}
    report = {"precision_recall_curve": points, "confusion_matrix": {"0": {"0": 90, "1": 2}, "1": {"0": 3, "1": 5}}}
    record = run(evaluation=report)
    curve, matrix = quality.curve(record), quality.confusion(record)
    assert curve is not None
    assert (curve.recall, curve.precision, curve.area, curve.at) == ([0.5, 1.0], [0.9, 0.1], None, None)
    assert matrix == quality.Confusion(tp=5, fp=2, fn=3, tn=90)


def test_intervals_stay_between_0_and_1() -> None:
    report = evaluation()
    report["binary_classification_metrics"]["accuracy"] = {"value": 0.999, "standard_deviation": 0.01}
    report["binary_classification_metrics"]["recall"] = {"value": 0.001, "standard_deviation": 0.01}
    found = {one.key: one for one in quality.figures(run(evaluation=report))}
    assert found["accuracy"].high == 1
    assert found["recall"].low == 0
    assert found["recall"].high == pytest.approx(0.0206)


def test_phases_follow_one_another_and_fill_the_axis() -> None:
    bars = phases.bars(run())
    assert [bar.name for bar in bars] == [
        "Deploy every stack",
        "Backfill history",
        "Train, evaluate, gate",
        "Stream and score",
    ]
    assert bars[0].left == 0
    assert bars[1].left == pytest.approx(bars[0].width, abs=0.02)
    assert sum(bar.width for bar in bars) == pytest.approx(100, abs=0.05)


def test_bars_over_time_count_every_prediction_and_leave_no_gap() -> None:
    frame = predictions()
    gap = frame[
        (frame["timestamp"] < frame["timestamp"].min() + 7_200)
        | (frame["timestamp"] > frame["timestamp"].max() - 7_200)
    ]
    table = over_time.per_bar(run(predictions=gap), 3_600)
    assert table["scored"].sum() == len(gap)
    assert table["caught"].sum() + table["missed"].sum() == gap["label"].sum()
    assert (np.diff(table.index.to_numpy()) == np.timedelta64(3_600, "s")).all()
    assert (table["scored"] == 0).any()


@pytest.mark.parametrize(
    ("span_s", "expected"), [(0, 60), (3_600, 60), (36_000, 300), (172_800, 3_600), (10**7, 86_400)]
)
def test_a_bar_is_as_short_as_the_screen_allows(span_s: int, expected: int) -> None:
    frame = predictions(2)
    frame["timestamp"] = [1_773_705_600, 1_773_705_600 + span_s]
    assert over_time.bin_s(run(predictions=frame)) == expected


@pytest.mark.parametrize("values", [[5.0] * 9, [0.0] * 9, [1.0, 2.0, 9_000.0], [3.0, np.nan]])
def test_latencies_of_any_spread_are_drawn(values: list[float]) -> None:
    frame = predictions(len(values)).assign(latency_ms=values)
    drawn = latency.plot(run(predictions=frame))
    assert drawn is not None
    assert "p99" in drawn.svg


def test_latencies_that_were_not_measured_are_not_drawn() -> None:
    assert latency.plot(run(predictions=predictions(9).assign(latency_ms=np.nan))) is None


def test_arrivals_after_the_answer_are_not_counted_as_latency() -> None:
    moved = predictions(9).assign(latency_ms=[-86_400_000.0] * 6 + [4.0, 5.0, 6.0])
    assert latency.quantiles(run(predictions=moved))[50] == 5.0
    assert latency.plot(run(predictions=moved)) is not None
    assert latency.plot(run(predictions=moved.assign(latency_ms=-1.0))) is None


def test_quantiles_are_those_of_pandas() -> None:
    found = latency.quantiles(run())
    expected = pd.Series(predictions()["latency_ms"]).quantile([0.5, 0.95, 0.99]).to_list()
    assert list(found.values()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0 %"), (1, "100 %"), (0.00001, "< 0.01 %"), (0.99999, "> 99.9 %"), (0.0083, "0.83 %"), (0.083, "8.3 %"),
     (0.83, "83 %"), (0.994, "99.4 %"), (None, wording.NONE)],
)  # fmt: skip
def test_shares_are_never_rounded_to_nothing_or_everything(share: float | None, shown: str) -> None:
    assert wording.percent(share).replace("\xa0", " ") == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.04, "0.0 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (9.94, "9.9 s")]
)
def test_seconds_become_minutes_when_they_are_many(value: float, shown: str) -> None:
    assert wording.seconds(value).replace("\xa0", " ") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(172_790, "2 days"), (86_400, "1 day"), (9_000, "2.5 hours"), (600, "10 minutes"), (5, "5 seconds")],
)
def test_spans_are_told_in_their_largest_unit(value: float, shown: str) -> None:
    assert wording.duration(value) == shown
