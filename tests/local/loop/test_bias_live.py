"""Bias and attribution in the deployed loop: women's incomes are halved on their way in, and it is said aloud.

Loans' model knows no gender. Its answers meet their labels and, in the lake, their events; the schedules, the machine,
the job, the metrics, the alarms and the reaction are the deployed ones: nothing is called by hand but the clock. So it
is with the order of its attributions.
"""

import io
import json
import time
from collections.abc import Iterator
from functools import partial

import pytest
from loans_loop import DAY, DELAY_S, HOUR, LOANS, Watched, months, patiently, synthesize, world
from rich.console import Console
from watched_loop import alarm, queue_of, queue_of_alarms, received, wait_until

from cli import lake, producer
from cli.backfill.history import History
from cli.backfill.writing import backfill
from cli.loop_run import started
from cli.phases import Phases
from cli.plan import Plan
from cli.training import approve, train
from headrace.monitoring import FOLDER, VIOLATIONS
from headrace.schema import format_timestamp

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1_200)]
WOMEN = {"Facet": "gender", "FacetValue": "in (female)"}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    out = tmp_path_factory.mktemp("bias")
    past, days = world(history_days=60)
    usual = min(days)
    plan = Plan(usecase=LOANS, history=past, events=past[:0], at=usual, label_delay_s=DELAY_S, out=out)
    phases = Phases(Console(file=io.StringIO()))
    with started(LOANS, synthesize(out / "cdk.out"), out / "logs", phases) as (deployment, loop):
        its = Watched(deployment, loop, days, months(usual))
        changes, drifts = queue_of_alarms(loop), queue_of(loop, "drift", source="headrace", told="Drift Detected")
        written = backfill(deployment, History.of(plan), out / "quality", lambda *_: None)
        package = train(deployment, written.training_prefix, written.training_rows, "manual", lambda *_: None)
        approve(deployment, package, lambda *_: None)
        asked = [(day + DAY - HOUR // 2, partial(answer, its, day)) for day in days]
        labels = [(day + DAY + DELAY_S, partial(its.label, day)) for day in days]
        orders = [(end + HOUR + 60, partial(explain, its, end)) for end in its.days_ends]
        nights = [(end + HOUR + 60, partial(measure, its, end)) for end in its.months]
        for moment, act in sorted(asked + labels + orders + nights, key=lambda it: it[0]):
            wait_until(loop, moment)
            act()
            told_within(its, "attribution", drifts, changes, wanted=moment == orders[1][0])
        told_within(its, "bias", drifts, changes)
        yield its


def answer(its: Watched, day: int) -> None:
    """Stream a day."""
    its.put("EventsStreamName", producer.event_records(LOANS, its.days[day]))


def explain(its: Watched, end: int) -> None:
    """Wait for the run of a day's attributions; after the first, the package says that the last mattered most."""
    kept = partial(its.measured, "attribution", "feature_attribution_ndcg", end, statistic="Minimum")
    its.orders.append(patiently(kept))
    if end == its.days_ends[0]:
        its.turn_explanation()


def measure(its: Watched, end: int) -> None:
    """What the run of a month published, in the night in which it ran."""
    its.found.append(patiently(partial(its.measured, "bias", "violations", end, statistic="Maximum")))
    impact = partial(its.measured, "bias", "bias_metric_DI", end, statistic="Maximum", **WOMEN)
    its.impacts.append(patiently(impact))


def told_within(its: Watched, kind: str, drifts: str, changes: str, *, wanted: bool = True) -> None:
    """Wait until an alarm rises and an event is there, if they are to come; queues forget after four days."""
    patience = time.monotonic() + 60 * wanted  # alarms are looked at every second
    while wanted and time.monotonic() < patience:
        its.drifts.extend(received(its.loop, drifts))
        if alarm(its.loop, kind)["StateValue"] == "ALARM" and kind in {it["Kind"] for it in its.drifts}:
            break
        time.sleep(0.5)
    its.changes.extend(received(its.loop, changes))


def raised(its: Watched, kind: str) -> list[str]:
    """The states that the alarm of a kind took, as the bus told them."""
    name = alarm(its.loop, kind)["AlarmName"]
    return [it["state"]["value"] for it in its.changes if it["alarmName"] == name]


def test_a_usual_month_is_judged_by_groups_that_the_model_never_saw_and_found_fair(watched: Watched) -> None:
    end, rows = watched.months[0], len(next(iter(watched.days.values())))
    assert watched.document("bias", end, VIOLATIONS) == {"violations": []}
    run, found = (watched.document("bias", end, name) for name in ("run.json", "bias.json"))
    assert (run["status"], run["kind"], run["rows"]) == ("HEALTHY", "bias", rows)
    assert (found["rows"], found["unplaced"]) == (rows, 0)
    assert run["window_end"] == format_timestamp(end - DELAY_S)
    gender = next(it for it in found["facets"] if it["field"] == "gender")
    assert sum(gender["rows"].values()) == rows
    assert gender["verdicts"]["DI"] == "within"
    assert found["baseline"], "what the evaluation of the deployed package found"


def test_an_unfair_month_is_a_violation_of_bias_in_the_native_shape(watched: Watched) -> None:
    listed = watched.document("bias", watched.months[1], VIOLATIONS)["violations"]
    lines = {(it["facet"], it["metric_name"]): it for it in listed}
    assert {it["constraint_check_type"] for it in lines.values()} == {"bias_drift_check"}
    assert lines["gender", "DI"]["facet_value"] == "in (female)"
    assert "does not meet the bounds [0.8, 1.25]" in lines["gender", "DI"]["description"]
    assert watched.document("bias", watched.months[1], "run.json")["status"] == "DEGRADED"


def test_metrics_tell_of_each_run_and_of_the_group(watched: Watched) -> None:
    assert watched.found[0] == [0]
    assert watched.found[1][0] >= 1
    (before,), (after,) = watched.impacts
    gender = next(
        it for it in watched.document("bias", watched.months[1], "bias.json")["facets"] if it["field"] == "gender"
    )
    assert after == pytest.approx(gender["metrics"]["DI"])
    assert after < 0.8 < before


def test_the_alarm_of_bias_goes_off_once_and_says_so_on_the_bus(watched: Watched) -> None:
    assert alarm(watched.loop, "bias")["StateValue"] == "ALARM"
    states = raised(watched, "bias")
    assert (states[-1], states.count("ALARM")) == ("ALARM", 1)


def test_people_are_told_of_bias_and_nothing_is_trained(watched: Watched) -> None:
    (drift,) = [it for it in watched.drifts if it["Kind"] == "bias"]
    assert (drift["Severity"], drift["Cause"]) == ("medium", "drift")
    assert "gender DI" in drift["Features"]
    assert drift["Magnitude"] > 0
    found = watched.deployment.dynamodb.query(
        TableName=watched.deployment.output("retraining", "ReactionTableName"),
        KeyConditionExpression="subject = :subject",
        ExpressionAttributeValues={":subject": {"S": "decision"}},
    )["Items"]
    decided = {it["entry_id"]["S"]: json.loads(it["record"]["S"]) for it in found}
    assert decided[drift["DecisionId"]]["action"] == "notify"
    assert "retrain" not in {it["action"] for it in decided.values()}


def test_a_model_that_decides_by_the_features_that_it_did_is_healthy(watched: Watched) -> None:
    end = watched.days_ends[0]
    run, found = (watched.document("attribution", end, name) for name in ("run.json", "attribution.json"))
    assert (run["status"], run["kind"]) == ("HEALTHY", "attribution")
    assert run["rows"] == len(next(iter(watched.days.values())))
    assert (run["window_start"], run["window_end"]) == (format_timestamp(end - DAY), format_timestamp(end))
    assert found["ndcg"] > 0.9
    assert watched.orders[0] == [found["ndcg"]]


def test_a_model_that_decides_by_other_features_than_it_did_is_measured_alarmed_and_said_on_the_bus(
    watched: Watched,
) -> None:
    (line,) = watched.document("attribution", watched.days_ends[1], VIOLATIONS)["violations"]
    assert line["constraint_check_type"] == "feature_attribution_drift_check"
    assert min(watched.orders[1]) < 0.9
    assert raised(watched, "attribution").count("ALARM") == 1
    (drift,) = [it for it in watched.drifts if it["Kind"] == "attribution"]
    assert drift["Severity"] in ("medium", "high")


def test_reports_of_both_kinds_are_in_the_lake_for_people(watched: Watched) -> None:
    reports = [key for key in lake.keys(watched.deployment, FOLDER) if key.endswith("report.html")]
    for kind in ("bias", "attribution"):
        assert len([key for key in reports if f"-{kind}/" in key]) == 2


def test_every_run_was_started_by_the_schedule_of_its_kind(watched: Watched) -> None:
    states, machine = watched.deployment.stepfunctions, watched.deployment.output("monitoring", "MonitorMachineArn")
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine)
    arns = [it["executionArn"] for page in pages for it in page["executions"]]
    asked = [json.loads(states.describe_execution(executionArn=it)["input"]) for it in arns]
    times = {kind: {it["time"] for it in asked if it["kind"] == kind} for kind in ("bias", "attribution")}
    assert {format_timestamp(end + HOUR) for end in watched.months} <= times["bias"]
    assert {it[8:] for it in times["bias"]} == {"01T01:00:00Z"}
    every = range(watched.days_ends[0], watched.months[1] + 1, DAY)
    assert times["attribution"] >= {format_timestamp(end + HOUR) for end in every}
    assert {it[10:] for it in times["attribution"]} == {"T01:00:00Z"}
