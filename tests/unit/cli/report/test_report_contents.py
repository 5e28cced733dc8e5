"""The page shows the numbers of its run, and says in words what the run did not have."""

import numpy as np
import pytest
from report_runs import Page, evaluation, predictions, run, summary

from cli.report.html import render

TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture(scope="module")
def text() -> str:
    return Page.of(render(run())).text


@pytest.mark.parametrize(
    "words",
    [
        "no AWS account",
        "endpoint InService",
        "model version 4",
        "trained a model on 407,402 labelled events",
        "3,006 events sent",
        "0 unaccounted",
        "2,999 predictions",
        "413 events a second",
        "35/35",
        "2 min 30 s",
        "1 min 25 s",
        "18.2 ms",
        "261 ms",
        "449,441 events",
        "headrace-fraud-local/4",
        "average precision ≥ 0.2",
        "44 features, in the order of the vector amount is_weekend is_night hour customer_count_1d",
        "terminal_fraud_rate_30d",
    ],
)
def test_it_shows_the_numbers_of_the_run(text: str, words: str) -> None:
    assert words in text


def test_the_loop_carries_the_counts_on_its_arrows(text: str) -> None:
    loop = text[text.index("The loop, with") : text.index("Nothing lost")]
    for words in ("3,006 sent", "3,000 in the lake", "2,999 enriched", "6 quarantined", "1 dead-lettered",
                  "1,873 labels", "0 files", "2,999 predictions", "407,402 rows", "version 4"):  # fmt: skip
        assert words in loop


def test_the_version_is_that_of_the_model_which_answers_at_the_end() -> None:
    """A story trains again: the first package is version 4, the one that was promoted 5."""
    first = summary()["model_package"]
    text = Page.of(render(run(summary=summary(served_package=f"{first[:-1]}5")))).text
    assert "model version 5" in text
    assert "version 4" not in text


def test_the_money_is_the_formula_applied_to_the_labels(text: str) -> None:
    frame = predictions()
    positive, alarm = frame["label"] == 1, frame["decision"] != "APPROVE"
    missed, false = int((positive & ~alarm).sum()), int((~positive & alarm).sum())
    assert missed and false
    cost, everything = missed * 500 + false * 50, int(positive.sum()) * 500
    assert f"= {missed:,} {TIMES} 500 + {false:,} {TIMES} 50 = {cost:,}" in text
    assert f"APPROVE everything = {int(positive.sum())} {TIMES} 500 = {everything:,}" in text
    assert f"{everything - cost:,} saved" in text


def test_a_model_that_costs_more_than_it_saves_is_said_to_lose() -> None:
    frame = predictions(400).assign(decision="BLOCK", label=0.0)
    text = Page.of(render(run(predictions=frame))).text
    assert "20,000 lost" in text
    assert "saved" not in text


def test_refusals_are_shown_with_field_reason_and_times(text: str) -> None:
    refused = text[text.index("Refused, with the reason") : text.index("How the model does")]
    assert "amount is required 2" in refused
    assert "record is not JSON 1" in refused
    assert "6 records quarantined" in refused


def test_unaccounted_records_are_not_called_nothing() -> None:
    html = render(run(summary=summary(events_in_lake=2_997, unaccounted=3)))
    text = Page.of(html).text
    assert "3 unaccounted" in text
    assert "3 missing" in text
    assert 'class="panel proof bad"' in html
    assert 'class="panel proof good"' not in html


def test_sums_that_do_not_come_out_even_deny_a_zero() -> None:
    html = render(run(summary=summary(events_quarantined=0)))
    assert "6 missing" in Page.of(html).text
    assert 'class="panel proof bad"' in html
    assert 'class="tile bad"' in html


def test_answers_that_differ_from_the_stream_are_not_hidden() -> None:
    text = Page.of(render(run(summary=summary(api={"calls": 35, "equal": 33})))).text
    assert "33 of 35 API answers" in text
    assert "some differ" in text


def test_a_run_without_predictions_says_so() -> None:
    frame = predictions(5).iloc[:0]
    page = Page.of(render(run(predictions=frame, summary=summary(predictions=0), evaluation={})))
    assert page.faults == []
    assert "Nothing was scored in this run." in page.text
    assert "There are no predictions to judge" in page.text
    assert "No decision was taken" in page.text
    assert "Over event time" not in page.text
    assert "Cost of errors" not in page.text
    assert "Precision and recall" not in page.text


def test_a_run_without_labels_says_so_and_counts_no_money() -> None:
    page = Page.of(render(run(predictions=predictions().assign(label=np.nan))))
    assert page.faults == []
    assert "labels come 7d late" in page.text
    assert "No label is known, so no cost can be counted." in page.text
    assert "Cost of errors" not in page.text
    assert "truth not known (3,000)" in page.text
    assert "fraud caught" not in page.text
    assert "test rows: average precision" in page.text
    assert "this stream: average precision" not in page.text


def test_a_run_with_some_labels_says_how_many() -> None:
    frame = predictions()
    frame.loc[1_000:, "label"] = np.nan
    assert "Counted over the 1,000 predictions whose truth is known." in Page.of(render(run(predictions=frame))).text


def test_a_stream_without_fraud_has_no_curve_of_its_own() -> None:
    text = Page.of(render(run(predictions=predictions().assign(label=0.0)))).text
    assert "this stream: average precision" not in text
    assert "0 of 0" in text


def test_a_run_without_quarantine_says_so() -> None:
    quiet = summary(events_quarantined=0, events_sent=3_000, events_dead_lettered=1, rejected_examples=[])
    assert "Nothing was quarantined: every record was a valid event." in Page.of(render(run(summary=quiet))).text


def test_quarantined_records_without_examples_are_still_counted() -> None:
    text = Page.of(render(run(summary=summary(rejected_examples=None)))).text
    assert "6 records quarantined; the lake's quarantine holds them" in text
    assert "Nothing was quarantined" not in text


def test_a_replay_does_not_call_its_events_simulated() -> None:
    demo, replay = (Page.of(render(run(mode=mode))).text for mode in ("demo", "replay"))
    assert "simulat" in demo
    assert "simulat" not in replay
    assert "as the replayed files tell it" in replay


def test_a_failed_gate_is_said_to_have_failed() -> None:
    report = evaluation()
    report["binary_classification_metrics"]["average_precision"]["value"] = 0.1
    assert "0.100 failed" in Page.of(render(run(evaluation=report))).text
