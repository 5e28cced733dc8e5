"""Signals about the model that is deployed: alarms, events, what fell, and how they are read."""

from dataclasses import replace
from typing import Any

from reaction_world import ENDPOINT, envelope

from headrace.events import (
    ModelDeployed,
)
from headrace.usecase import Reaction
from lambdas.drift_response.messages import read
from usecases import load

FRAUD = replace(load("fraud"), reaction=Reaction())
MODEL = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/headrace-fraud-dev/"
COMMON = {"usecase": "fraud", "stage": "dev", "at": "2026-01-01T00:00:00Z"}
DEPLOYED = ModelDeployed(
    **COMMON, model_package_arn=f"{MODEL}2", previous_model_package_arn=f"{MODEL}1", endpoint_name=ENDPOINT
)
WORSE = {
    "metric_name": "auc",
    "constraint_check_type": "LessThanThreshold",
    "description": "Metric auc with 0.8 +/- 0.01 was LessThanThreshold '0.9'",
}


def alarm(state: str = "ALARM", *, namespace: str = "AWS/SageMaker", **dimensions: str) -> str:
    metric = {"namespace": namespace, "name": "Invocation5XXErrors", "dimensions": dimensions}
    detail = {
        "alarmName": "headrace-fraud-dev-endpoint-Errors",
        "state": {"value": state, "reason": "too many", "timestamp": "2026-01-01T01:00:00.000+0000"},
        "configuration": {"metrics": [{"id": "m", "metricStat": {"metric": metric}}]},
    }
    return envelope("aws.cloudwatch", "CloudWatch Alarm State Change", detail, time="2026-01-01T01:00:00Z")


def signal(body: str) -> Any:
    return read(body, endpoint=ENDPOINT, usecase="fraud", stage="dev")
