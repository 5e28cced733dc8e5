"""Alarms and the metrics they watch, against the running emulator."""

import json
from typing import Any

from event_targets import rule, run, state_machine
from local_account import Account, until


def alarm(account: Account, **options: Any) -> str:
    """An alarm on the errors of the function f, in a namespace of the alarm's name."""
    name = options.pop("name", "") or account.name("alarm")
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        **{
            "Namespace": name,
            "MetricName": "Errors",
            "Dimensions": [{"Name": "Function", "Value": "f"}],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            **options,
        },
    )
    return name


def state(account: Account, name: str) -> str:
    """The alarm's state."""
    return str(account.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])


def count(account: Account, namespace: str, value: float, function: str = "f") -> None:
    """Publish one value."""
    datum = {"MetricName": "Errors", "Value": value, "Dimensions": [{"Name": "Function", "Value": function}]}
    account.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


def test_an_alarm_wants_m_of_n_datapoints_of_its_own_dimensions_and_tells_eventbridge(account: Account) -> None:
    name = account.name("alarm")
    url, arn = account.queue()
    pattern = {"detail-type": ["CloudWatch Alarm State Change"], "detail": {"alarmName": [name]}}
    rule(account, {"source": ["aws.cloudwatch"], **pattern}, Arn=arn)
    alarm(account, name=name)
    until(lambda: state(account, name) == "OK")
    account.messages(url)
    for _ in range(3):
        count(account, name, 1, function="another")
        account.loop.advance(60)
    assert state(account, name) == "OK", "another function's errors are not this alarm's"
    count(account, name, 1)
    account.loop.advance(60)
    assert state(account, name) == "OK", "one of three datapoints is not enough"
    count(account, name, 1)
    account.loop.advance(1)
    until(lambda: state(account, name) == "ALARM")
    (event,) = account.messages(url)
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [f"arn:aws:cloudwatch:eu-west-1:000000000000:alarm:{name}"]
    detail = event["detail"]
    assert (detail["previousState"]["value"], detail["state"]["value"]) == ("OK", "ALARM")
    metric = detail["configuration"]["metrics"][0]["metricStat"]["metric"]
    assert metric == {"namespace": name, "name": "Errors", "dimensions": {"Function": "f"}}
    account.loop.advance(600)
    until(lambda: state(account, name) == "OK")


def test_an_alarm_treats_silence_as_it_was_told(account: Account) -> None:
    silent = alarm(account, TreatMissingData="breaching")
    unknown = alarm(account, TreatMissingData="missing")
    until(lambda: state(account, silent) == "ALARM")
    assert state(account, unknown) == "INSUFFICIENT_DATA"


def test_metrics_that_a_function_writes_into_its_log_are_metrics(account: Account) -> None:
    namespace = account.name("metrics")
    document = {
        "_aws": {
            "Timestamp": 0,
            "CloudWatchMetrics": [
                {
                    "Namespace": namespace,
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "Scored", "Unit": "Count"}],
                }
            ],
        },
        "service": "inference",
        "Scored": [3, 4],
    }
    function = account.function(f"def handler(event, context):\n    print('''{json.dumps(document)}''')\n")
    account.client("lambda").invoke(FunctionName=function)
    now = account.loop.now()
    statistics = account.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="Scored",
        Dimensions=[{"Name": "service", "Value": "inference"}],
        StartTime=now - 600,
        EndTime=now + 60,
        Period=60,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in statistics["Datapoints"]) == 7


def metric(account: Account, namespace: str, name: str, dimension: str, value: str) -> float:
    """The sum of a metric over the last ten minutes."""
    now = account.loop.now()
    answer = account.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": dimension, "Value": value}],
        StartTime=now - 600,
        EndTime=now + 60,
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def test_queues_executions_and_functions_have_the_metrics_that_alarms_watch(account: Account) -> None:
    url, _arn = account.queue()
    account.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    name = url.rpartition("/")[2]
    until(lambda: metric(account, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name))
    machine = state_machine(account, {"Fail": {"Type": "Fail"}})
    run(account, machine)
    until(lambda: metric(account, "AWS/States", "ExecutionsFailed", "StateMachineArn", machine) == 1)
    function = account.function("def handler(event, context):\n    raise ValueError\n")
    account.client("lambda").invoke(FunctionName=function)
    name = function.rpartition(":")[2]
    assert metric(account, "AWS/Lambda", "Errors", "FunctionName", name) == 1
    assert metric(account, "AWS/Lambda", "Invocations", "FunctionName", name) == 1
