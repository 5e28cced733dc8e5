"""The monitoring function over a lake in memory, and what it planned."""

import json
from dataclasses import replace
from typing import Any

import usecases
from headrace.usecase import Monitor
from lambdas.monitoring.logic import Monitoring
from lambdas.monitoring.requests import DeployedModel

ENDPOINT = "headrace-fraud-dev"
CAPTURE = f"capture/{ENDPOINT}/AllTraffic/"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/headrace-fraud-dev/3"
MODEL = DeployedModel(
    package_arn=ARN, baseline="s3://lake/b", evaluation="s3://lake/e", bias="s3://lake/f", explanation="s3://lake/w",
    model="s3://lake/m.tar.gz",
)  # fmt: skip


class MemoryLake:
    """Objects in a dictionary."""

    def __init__(self, *keys: str) -> None:
        self.objects = dict.fromkeys(keys, b"x")

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def sizes(self, prefix: str) -> dict[str, int]:
        return {key: len(self.objects[key]) for key in self.keys(prefix)}

    def read(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def put(self, key: str, body: bytes) -> None:
        self.objects[key] = body


class FakeEndpoint:
    def __init__(self, model: DeployedModel | None = MODEL) -> None:
        self.model = model

    def deployed(self) -> DeployedModel | None:
        return self.model


def function(lake: MemoryLake, model: DeployedModel | None = MODEL, **monitor: Any) -> Monitoring:
    return Monitoring(
        usecase=replace(usecases.load("fraud"), monitor=Monitor(**monitor)),
        stage="dev",
        bucket="lake",
        endpoint_name=ENDPOINT,
        variant="AllTraffic",
        packages="s3://code/headrace.zip",
        lake=lake,
        endpoint=FakeEndpoint(model),
    )


def asked(time: str = "2026-03-04T01:00:00Z", kind: str = "data_quality", **more: str) -> dict[str, str]:
    return {"kind": kind, "time": time, **more}


def manifest(lake: MemoryLake, folder: str, name: str = "capture") -> list[str]:
    found = json.loads(lake.objects[f"monitoring-plans/{ENDPOINT}/{folder}.{name}.manifest"])
    assert found[0] == {"prefix": "s3://lake/"}
    return list(found[1:])
