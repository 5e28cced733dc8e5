"""The calls that a trial makes: of the endpoint stack, the endpoint, its alarms and the registry.

Calls are written out, so that each right is granted in one place and not once per state.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lambdas.deployment.settings import RESOURCE_TYPES
from stacks.components.endpoint_fleet import VARIANT
from stacks.components.endpoint_trial import CHALLENGER, CHALLENGER_PARAMETER
from stacks.target import Target

SERVING = "ModelPackageArn"
GIVEN = "$.ModelPackageArn"
_PASSING = (
    "SageMaker.SageMakerException",
    "CloudFormation.CloudFormationException",
    "CloudWatch.CloudWatchException",
    "States.Timeout",
)


class TrialCalls:
    """Makes the tasks of one trial, as states of ``scope``."""

    def __init__(self, scope: Construct, target: Target) -> None:
        self._scope, self._target = scope, target

    def update(self, id_: str, parameters: Mapping[str, str]) -> sfn.CustomState:
        """Change parameters of the endpoint stack; values that begin with ``$`` are of the execution."""
        kept = [{"ParameterKey": it, "UsePreviousValue": True} for it in (SERVING, CHALLENGER_PARAMETER)]
        changed = [
            {"ParameterKey": key, "ParameterValue.$" if value.startswith("$") else "ParameterValue": value}
            for key, value in parameters.items()
        ]
        request = {
            "StackName": self._target.stack_name("endpoint"),
            "UsePreviousTemplate": True,
            "Parameters": [*(it for it in kept if it["ParameterKey"] not in parameters), *changed],
            "ResourceTypes": list(RESOURCE_TYPES),
            # A start that is tried again after a lost answer starts nothing new.
            "ClientRequestToken.$": f"States.Format('trial-{id_.lower()}-{{}}', States.Hash($$.Execution.Id, 'MD5'))",
        }
        # A busy stack refuses: an approval or a rollout of somebody else's is waited for.
        retry = {
            "ErrorEquals": ["CloudFormation.CloudFormationException"],
            "IntervalSeconds": 60,
            "MaxAttempts": 90,
            "BackoffRate": 1,
        }
        return self.call(id_, "cloudformation:updateStack", request, "$.update", retry=[retry])

    def weights(self, id_: str, share: int, *, instances: str | int) -> sfn.CustomState:
        """Give the second variant a share of the traffic, in percent, and as many instances."""
        count = (
            {"DesiredInstanceCount.$": instances} if isinstance(instances, str) else {"DesiredInstanceCount": instances}
        )
        request = {
            "EndpointName": self._target.endpoint_name,
            "DesiredWeightsAndCapacities": [
                {"VariantName": VARIANT, "DesiredWeight": 100 - share},
                {"VariantName": CHALLENGER, "DesiredWeight": share, **count},
            ],
        }
        return self.call(id_, "sagemaker:updateEndpointWeightsAndCapacities", request, "$.weights")

    def judge(self, id_: str, status: str, why: str) -> sfn.CustomState:
        """Tell the registry of the package, with the reason: words, or an intrinsic function that makes them."""
        given = "ApprovalDescription.$" if why.startswith("States.") else "ApprovalDescription"
        request = {"ModelPackageArn.$": GIVEN, "ModelApprovalStatus": status, given: why}
        return self.call(id_, "sagemaker:updateModelPackage", request, "$.judged")

    def call(
        self,
        id_: str,
        operation: str,
        request: Mapping[str, object],
        result: str,
        *,
        retry: Sequence[Mapping[str, Any]] = (),
    ) -> sfn.CustomState:
        """Call an operation. What passes is waited out: throttling and outages, which no service names apart."""
        passing = {
            "ErrorEquals": [it for it in _PASSING if all(it not in other["ErrorEquals"] for other in retry)],
            "IntervalSeconds": 10,
            "MaxAttempts": 6,
        }
        return sfn.CustomState(
            self._scope,
            id_,
            state_json={
                "Type": "Task",
                "Resource": f"arn:aws:states:::aws-sdk:{operation}",
                "Parameters": json.loads(json.dumps(request)),
                "ResultPath": result,
                "Retry": [*retry, passing],
            },
        )
