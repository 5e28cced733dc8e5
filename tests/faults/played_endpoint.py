"""The endpoint's stack, SageMaker and the bus as one played world, call by call, with what they remember."""

from collections.abc import Mapping
from typing import Any

from fault_injection import Answering, RefusalError
from rollout_world import GROUP, STACK, arn, ended

__all__ = ["GROUP", "STACK_NAME", "PlayedRollouts"]
STACK_NAME = "headrace-fraud-dev-endpoint"
_STACK = "AWS::CloudFormation::Stack"


class PlayedRollouts:
    """Version 1 is deployed. A rollout is over at once; that of ``failing`` is rolled back by its alarms."""

    def __init__(self, *, failing: str) -> None:
        self.failing = failing
        self.parameter, self.named, self.served = arn(1), "config-1", "config-1"
        self.tokens: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.packages = {arn(version): {"ModelApprovalStatus": "Approved"} for version in (1, 2, 3)}
        self.published: set[tuple[str, str]] = set()
        self._new: list[str] = []
        self.services: dict[str, Answering] = {
            "cloudformation": self._cloudformation,
            "sagemaker": self._sagemaker,
            "events": self._bus,
        }

    def announcements(self) -> list[str]:
        """What CloudFormation has told EventBridge since this was last asked."""
        new, self._new = self._new, []
        return new

    def facts(self) -> dict[str, Any]:
        """What must be the same whatever failed on the way."""
        return {
            "deployed": self.parameter,
            "half": self.named != self.served,
            "updates": list(self.tokens.values()),
            "packages": {name: it["ModelApprovalStatus"] for name, it in self.packages.items()},
            "noted": sorted(name for name, it in self.packages.items() if "CustomerMetadataProperties" in it),
            "published": sorted(self.published),
        }

    def _cloudformation(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "UpdateStack":
            return self._update(given)
        if operation == "DescribeStacks":
            parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": self.parameter}]
            return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "StackId": STACK, "Parameters": parameters}]}
        if operation == "DescribeStackEvents":
            return {"StackEvents": self.events}
        assert operation == "ListStackResources"
        config = f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/{self.named}"
        kind = "AWS::SageMaker::EndpointConfig"
        found = {"ResourceType": kind, "ResourceStatus": "UPDATE_COMPLETE", "PhysicalResourceId": config}
        return {"StackResourceSummaries": [found]}

    def _update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        token = given["ClientRequestToken"]
        (wish,) = [it["ParameterValue"] for it in given["Parameters"] if it["ParameterKey"] == "ModelPackageArn"]
        if token in self.tokens:
            raise RefusalError("TokenAlreadyExistsException")
        if wish == self.parameter:
            raise RefusalError("ValidationError", "No updates are to be performed.")
        self.tokens[token] = wish
        status = "UPDATE_ROLLBACK_COMPLETE" if wish == self.failing else "UPDATE_COMPLETE"
        if wish != self.failing:
            self.parameter, self.named = wish, f"config-{wish.rpartition('/')[2]}"
            self.served = self.named
        event = {"StackId": STACK, "PhysicalResourceId": STACK, "ResourceType": _STACK, "ResourceStatus": status}
        self.events.insert(0, {**event, "ClientRequestToken": token})
        self._new.append(ended(token, status))
        return {"StackId": STACK}

    def _sagemaker(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "DescribeEndpoint":
            return {"EndpointConfigName": self.served}
        if operation == "DescribeModelPackage":
            return self.packages[given["ModelPackageName"]]
        assert operation == "UpdateModelPackage"
        changed = {name: value for name, value in given.items() if name != "ModelPackageArn"}
        self.packages[given["ModelPackageArn"]] |= changed
        return {"ModelPackageArn": given["ModelPackageArn"]}

    def _bus(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        assert operation == "PutEvents"
        for it in given["Entries"]:
            about = it["Detail"].partition('"ModelPackageArn": "')[2].partition('"')[0]
            self.published.add((it["DetailType"], about))
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}
