"""SageMaker's registry and pipeline, the endpoint and its stack, as one world that tells the bus what AWS tells it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chain_bus import Bus, Clock, Delivery
from fault_injection import RefusalError
from template_values import ACCOUNT, REGION

from local.emulator.ministack_stack_events import change
from local.sagemaker.state_events import package_changed

ROLLOUT = "rollout"
"""The target of a delivery that ends the running rollout."""
_STACK = "AWS::CloudFormation::Stack"


class Models:
    """Version 1 serves. A rollout goes on until its end is delivered; that of a version in ``failing`` rolls back.

    While one begins, an alarm of the endpoint named ``alarming`` goes off.
    """

    def __init__(self, bus: Bus, clock: Clock, *, group: str, stack: str) -> None:
        self.bus, self.clock, self.group = bus, clock, group
        self.failing: set[int] = set()
        self.alarming = ""
        self.stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack}/1f7b"
        self.packages: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, str] = {}
        self.updates: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.status, self._token, self._before = "UPDATE_COMPLETE", "", ""
        self.register(status="Approved")
        self.parameter = self.served = self.arn(1)

    def arn(self, version: int) -> str:
        """Of a version of the group."""
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{self.group}/{version}"

    def register(self, *, status: str) -> str:
        """The pipeline's last step."""
        version, now = len(self.packages) + 1, self.clock.time()
        self.packages[self.arn(version)] = {
            "ModelPackageArn": self.arn(version),
            "ModelPackageGroupName": self.group,
            "ModelPackageVersion": version,
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": status,
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": f"s3://lake/{version}.tar.gz"}]},
            "CustomerMetadataProperties": {},
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        self._announce(self.arn(version))
        return self.arn(version)

    def approved(self) -> list[str]:
        """Every package that is approved, the oldest first."""
        return [arn for arn, it in self.packages.items() if it["ModelApprovalStatus"] == "Approved"]

    def list(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """``ListModelPackages``, the newest first."""
        known = self.approved() if "ModelApprovalStatus" in given else list(self.packages)
        return {"ModelPackageSummaryList": [{"ModelPackageArn": arn} for arn in reversed(known)]}

    def start(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """``StartPipelineExecution``: a token starts one run, which registers one model."""
        token = given["ClientRequestToken"]
        if token not in self.runs:
            self.runs[token] = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/training/execution/{len(self.runs)}"
            self.register(status="PendingManualApproval")
        return {"PipelineExecutionArn": self.runs[token]}

    def change(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """``UpdateModelPackage``; every change is announced, even one that changes nothing."""
        package = self.packages[given["ModelPackageArn"]]
        package |= {name: value for name, value in given.items() if name != "CustomerMetadataProperties"}
        package["CustomerMetadataProperties"] |= given.get("CustomerMetadataProperties", {})
        package["LastModifiedTime"] = self.clock.time()
        self._announce(given["ModelPackageArn"])
        return {"ModelPackageArn": given["ModelPackageArn"]}

    def sagemaker(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What deployment asks SageMaker."""
        if operation == "DescribeEndpoint":
            return {"EndpointConfigName": _config(self.served)}
        if operation == "DescribeModelPackage":
            return self.packages[given["ModelPackageName"]]
        assert operation == "UpdateModelPackage"
        return self.change(given)

    def cloudformation(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What deployment asks CloudFormation."""
        if operation == "UpdateStack":
            return self._update(given)
        if operation == "DescribeStacks":
            parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": self.parameter}]
            return {"Stacks": [{"StackStatus": self.status, "StackId": self.stack, "Parameters": parameters}]}
        if operation == "DescribeStackEvents":
            return {"StackEvents": self.events}
        assert operation == "ListStackResources"
        config = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/{_config(self.parameter)}"
        kind = "AWS::SageMaker::EndpointConfig"
        found = {"ResourceType": kind, "ResourceStatus": "UPDATE_COMPLETE", "PhysicalResourceId": config}
        return {"StackResourceSummaries": [found]}

    def finish(self) -> None:
        """The running rollout ends."""
        bad = int(self.parameter.rpartition("/")[2]) in self.failing
        if bad:
            self.parameter = self._before
        self.served = self.parameter
        self._reach("UPDATE_ROLLBACK_COMPLETE" if bad else "UPDATE_COMPLETE")

    def _update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        token = given["ClientRequestToken"]
        (wish,) = [it["ParameterValue"] for it in given["Parameters"] if it["ParameterKey"] == "ModelPackageArn"]
        if token in self.updates:
            raise RefusalError("TokenAlreadyExistsException")
        if self.status.endswith("_IN_PROGRESS"):
            raise RefusalError("ValidationError", f"Stack is in {self.status} state and can not be updated.")
        if wish == self.parameter:
            raise RefusalError("ValidationError", "No updates are to be performed.")
        self.updates[token] = wish
        self._before, self.parameter, self._token = self.parameter, wish, token
        self._reach("UPDATE_IN_PROGRESS")
        if self.alarming:
            self._alarm()
        self.bus.waiting.append(Delivery(ROLLOUT, ""))
        return {"StackId": self.stack}

    def _reach(self, status: str) -> None:
        self.status = status
        event = {"StackId": self.stack, "PhysicalResourceId": self.stack, "ResourceType": _STACK}
        at = datetime.fromtimestamp(self.clock.time(), UTC)
        self.events.insert(0, {**event, "ResourceStatus": status, "ClientRequestToken": self._token, "Timestamp": at})
        detail = change(self.stack, status, "", self._token)
        self.bus.tell("aws.cloudformation", "CloudFormation Stack Status Change", detail)

    def _alarm(self) -> None:
        metric = {"namespace": "AWS/SageMaker", "name": "Errors", "dimensions": {"EndpointName": self.alarming}}
        state = {"value": "ALARM", "reason": "too many", "timestamp": str(self.clock.time())}
        measured = {"metrics": [{"id": "m", "metricStat": {"metric": metric}}]}
        detail = {"alarmName": f"{self.alarming}-endpoint-Errors", "state": state, "configuration": measured}
        self.bus.tell("aws.cloudwatch", "CloudWatch Alarm State Change", detail)

    def _announce(self, arn: str) -> None:
        event = package_changed(self.packages[arn])
        self.bus.tell("aws.sagemaker", event.detail_type, event.detail)


def _config(arn: str) -> str:
    return f"config-{arn.rpartition('/')[2]}"
