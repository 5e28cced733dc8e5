"""What monitoring and observability promise: alarms that can go off, people who hear of it, pages that show why."""

import json

import pytest
from synthesized import Synthesized, joined, text

import usecases

ALARM = "AWS::CloudWatch::Alarm"
METRICS = {
    ("AWS/Lambda", "Errors"), ("AWS/Lambda", "Throttles"), ("AWS/Lambda", "Duration"), ("AWS/Lambda", "IteratorAge"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"), ("AWS/Firehose", "DeliveryToS3.DataFreshness"),
    ("AWS/ApiGateway", "5xx"), ("AWS/ApiGateway", "Latency"),
    ("Headrace", "Quarantined"), ("Headrace", "Degraded"), ("Headrace", "DeploymentBlocked"),
    ("Headrace", "Unannounced"),
    ("Headrace", "Overflowed"), ("AWS/States", "ExecutionsFailed"), ("Headrace/Monitor", "violations"),
}  # fmt: skip


@pytest.mark.parametrize("noun", ["monitoring", "endpoint", "retraining"])
def test_every_alarm_names_dimensions_says_what_it_means_and_stays_quiet_without_data(
    prod: Synthesized, noun: str
) -> None:
    for alarm in prod.resources(noun, ALARM):
        assert alarm["Dimensions"]
        assert alarm["AlarmDescription"]
        # A monitor speaks once a window: between two words its alarm stays as it is.
        quiet = "ignore" if alarm["Namespace"] == "Headrace/Monitor" else "notBreaching"
        assert alarm["TreatMissingData"] == quiet


def test_stream_functions_queues_deliveries_and_api_are_watched(prod: Synthesized) -> None:
    watched = {(it["Namespace"], it["MetricName"]) for it in prod.resources("monitoring", ALARM)}
    assert watched == METRICS


def test_every_function_has_alarms_for_errors_throttles_and_slowness(prod: Synthesized) -> None:
    alarms = [it for it in prod.resources("monitoring", ALARM) if it["Namespace"] == "AWS/Lambda"]
    # The ninth is there where the use case lets a function judge windows.
    expected = 8 + (usecases.load("fraud").monitor.compute.runs_on != "processing")
    for metric in ("Errors", "Throttles", "Duration"):
        assert len({text(it["Dimensions"]) for it in alarms if it["MetricName"] == metric}) == expected


def test_our_own_metrics_have_the_dimensions_that_functions_publish(prod: Synthesized) -> None:
    for alarm in prod.resources("monitoring", ALARM):
        if alarm["Namespace"] == "Headrace":
            names = {it["Name"]: it["Value"] for it in alarm["Dimensions"]}
            assert set(names) == {"service", "UseCase", "Stage"}
            assert (names["UseCase"], names["Stage"]) == ("fraud", "prod")


def test_no_alarm_carries_a_name_that_the_rule_would_miss(prod: Synthesized) -> None:
    for _, logical_id, resource in prod.everything():
        if resource["Type"] == ALARM:  # unnamed: CloudFormation begins the name with the stack's
            assert "AlarmName" not in resource["Properties"], logical_id


def test_an_alarm_that_goes_off_reaches_the_topic_whatever_it_was_before(prod: Synthesized) -> None:
    rules = prod.resources("observability", "AWS::Events::Rule")
    (raised,) = [it for it in rules if it["EventPattern"]["detail"].get("state") == {"value": ["ALARM"]}]
    assert raised["EventPattern"] == {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"prefix": "headrace-fraud-prod-"}], "state": {"value": ["ALARM"]}},
    }
    assert raised["State"] == "ENABLED"
    assert "Topic" in text(raised["Targets"])


def test_an_alarm_that_clears_is_told_only_if_it_had_gone_off(prod: Synthesized) -> None:
    rules = prod.resources("observability", "AWS::Events::Rule")
    patterns = [it["EventPattern"] for it in rules]
    (cleared,) = [it for it in patterns if it["detail"].get("state") == {"value": ["OK"]}]
    assert cleared["detail"]["previousState"] == {"value": ["ALARM"]}


def test_a_model_that_is_rolled_back_reaches_the_topic_with_the_reason(prod: Synthesized) -> None:
    rules = prod.resources("observability", "AWS::Events::Rule")
    (rule,) = [it for it in rules if it["EventPattern"]["detail-type"] == ["Model Rolled Back"]]
    assert rule["EventPattern"]["source"] == ["headrace"]
    assert rule["EventPattern"]["detail"] == {"UseCase": ["fraud"], "Stage": ["prod"]}
    assert rule["State"] == "ENABLED"
    assert "Topic" in text(rule["Targets"])


def test_dev_wakes_nobody(dev: Synthesized) -> None:
    assert {it["State"] for it in dev.resources("observability", "AWS::Events::Rule")} == {"DISABLED"}


def test_the_topic_is_encrypted_and_admits_rules_of_this_account_only(prod: Synthesized) -> None:
    assert "KmsMasterKeyId" in prod.only("observability", "AWS::SNS::Topic")
    statements = prod.only("observability", "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in statements if s["Effect"] == "Deny"]
    (rules,) = [s for s in statements if s.get("Sid") == "RulesOfThisAccount"]
    assert rules["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_key_lets_rules_write_to_what_it_encrypts(prod: Synthesized) -> None:
    statements = prod.only("lake", "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (rules,) = [s for s in statements if s["Principal"] == {"Service": "events.amazonaws.com"}]
    assert {"kms:Decrypt", "kms:GenerateDataKey"} <= {*rules["Action"]}


def test_the_dashboard_draws_the_stream_the_answers_the_endpoint_and_the_models(prod: Synthesized) -> None:
    dashboard = prod.only("observability", "AWS::CloudWatch::Dashboard")
    assert dashboard["DashboardName"] == "headrace-fraud-prod"
    body = json.loads(joined(dashboard["DashboardBody"]))
    titles = {widget["properties"].get("title") for widget in body["widgets"]}
    assert {"Records in", "To the lake (s)", "Latency (ms)", "Invocations", "Training runs", "Dead letters"} <= titles


def test_the_dashboard_shows_the_models_health_its_drift_and_its_money(prod: Synthesized) -> None:
    dashboard = prod.only("observability", "AWS::CloudWatch::Dashboard")
    widgets = {it["properties"].get("title"): it for it in json.loads(joined(dashboard["DashboardBody"]))["widgets"]}
    health = text(widgets["Violations"]["properties"]["metrics"])
    assert all(kind in health for kind in ("data_quality", "model_quality", "attribution"))
    (drift,) = widgets["Distance of every feature from the model's baseline"]["properties"]["metrics"]
    assert "feature_baseline_drift" in drift[0]["expression"]
    assert "decision_share_BLOCK" in text(widgets["Share of decisions"])
    assert "cost_of_errors" in text(widgets["Cost of errors per 1,000 answers"])
    assert widgets["Bill of this month ($)"]["properties"]["region"] == "us-east-1"


def test_operators_find_their_questions_saved(prod: Synthesized) -> None:
    queries = {it["Name"]: it for it in prod.resources("observability", "AWS::Logs::QueryDefinition")}
    assert set(queries) == {
        f"headrace-fraud-prod/{name}"
        for name in ("errors", "retried-batches", "event-files", "label-files", "deployments")
    }
    assert all(it["LogGroupNames"] for it in queries.values())
