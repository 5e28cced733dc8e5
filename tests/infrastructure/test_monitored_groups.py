"""Loans is watched for bias by groups that its model never sees: by months, with the rights that it takes, in sight."""

import json
from typing import Any

import pytest
from synthesized import Synthesized, joined, listed, synthesize, text

import usecases
from headrace.monitoring import schedule_name

pytestmark = [pytest.mark.usecases, pytest.mark.timeout(300)]
ENDPOINT = "headrace-loans-prod"
LOANS = usecases.load("loans")


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize(tmp_path_factory.mktemp("loans"), usecase="loans", stage="prod")


def read(stage: Synthesized, noun: str, role: str, action: str) -> str:
    """What a role may do an action on, and on which condition."""
    found = [it for it in stage.statements(noun, role) if action in listed(it["Action"])]
    return text([{name: it.get(name) for name in ("Resource", "Condition")} for it in found])


def test_bias_is_judged_on_the_first_of_a_month_and_the_other_kinds_daily(loans: Synthesized) -> None:
    found = {it["Name"]: it for it in loans.resources("monitoring", "AWS::Scheduler::Schedule")}
    crons = {name: it["ScheduleExpression"] for name, it in found.items()}
    daily = dict.fromkeys((schedule_name(ENDPOINT, it) for it in LOANS.monitor.kinds), "cron(0 1 * * ? *)")
    assert crons == {**daily, f"{ENDPOINT}-bias": "cron(0 1 1 * ? *)"}
    asked = json.loads(found[f"{ENDPOINT}-bias"]["Target"]["Input"])
    assert asked == {"kind": "bias", "time": "<aws.scheduler.scheduled-time>"}


def test_the_job_may_read_events_and_the_function_may_only_see_which_there_are(loans: Synthesized) -> None:
    assert "/events/*" in read(loans, "monitoring", "JobRole", "s3:GetObject")
    assert '"events/*"' in read(loans, "monitoring", "MonitoringRole", "s3:ListBucket")
    assert "/events/*" not in read(loans, "monitoring", "MonitoringRole", "s3:GetObject")
    assert "/events/*" not in read(loans, "monitoring", "JobRole", "s3:PutObject")


def test_violations_of_bias_raise_an_alarm_of_their_own(loans: Synthesized) -> None:
    alarms = [it for it in loans.resources("monitoring", "AWS::CloudWatch::Alarm") if "bias" in text(it["Dimensions"])]
    (found,) = alarms
    dimensions = {it["Name"]: it["Value"] for it in found["Dimensions"]}
    assert dimensions == {"UseCase": "loans", "Stage": "prod", "Monitor": "bias"}
    assert (found["MetricName"], found["Threshold"], found["TreatMissingData"]) == ("violations", 1, "ignore")


def test_the_dashboard_draws_a_line_for_each_facet(loans: Synthesized) -> None:
    body = json.loads(joined(loans.only("observability", "AWS::CloudWatch::Dashboard")["DashboardBody"]))
    widgets: dict[str, Any] = {it["properties"].get("title"): it["properties"] for it in body["widgets"]}
    lines = [it for it in widgets["Disparate impact"]["metrics"] if "bias_metric_DI" in it]
    told = [dict(zip(it[2:-1:2], it[3:-1:2], strict=True)) for it in lines]
    assert [(it["Facet"], it["FacetValue"]) for it in told] == [(it.field, it.condition) for it in LOANS.model.facets]
    assert all(it["Monitor"] == "bias" for it in told)
