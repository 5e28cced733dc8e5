"""The states of a trial: load the challenger, give it more and more traffic, and hand the verdict to the registry."""

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from headrace.usecase import Trial
from lambdas.deployment.settings import RESOURCE_TYPES
from stacks.components.endpoint_fleet import VARIANT
from stacks.components.endpoint_trial import CHALLENGER, CHALLENGER_PARAMETER
from stacks.target import Target

_SERVING = "ModelPackageArn"
_GIVEN = "$.ModelPackageArn"
_STATUS = "$.stack.Stacks[0].StackStatus"
_REASON = "$.failure.Cause"


class TrialStates(Construct):
    """From ``first``, with ``$.ModelPackageArn``: every way ends with the package approved, rejected, or in between.

    In between is an A/B test, in which the challenger keeps its last share, or a shadow, which has none: until an
    execution with ``$.Verdict``, ``promote`` or ``reject``, ends it.
    Calls are written out, so that each right is granted in one place and not once per state.
    """

    def __init__(self, scope: Construct, id_: str, *, target: Target, trial: Trial) -> None:
        super().__init__(scope, id_)
        self._target, self._trial = target, trial
        self._stack = target.stack_name("endpoint")
        self._poll = Duration.seconds(target.stage.poll_s)
        back = self._back()
        self._alarmed = sfn.Pass(
            self, "Alarm", parameters={"Cause": "an alarm went off in the trial"}, result_path="$.failure"
        )
        self._alarmed.next(back)
        self._failed = back
        promote = self._promote()
        shares = self._shares(promote if trial.staged else sfn.Succeed(self, "On trial"))
        package = self._call("Package", "sagemaker:describeModelPackage", {"ModelPackageName.$": _GIVEN}, "$.package")
        loaded = self._update(
            "Load", {CHALLENGER_PARAMETER: "$.package.InferenceSpecification.Containers[0].ModelDataUrl"}
        )
        self.first = self._verdict(promote, trying=package)
        if trial.steps:  # of whose shares each needs as many instances as there are
            endpoint = {"EndpointName": target.endpoint_name}
            package.next(self._call("Fleet", "sagemaker:describeEndpoint", endpoint, "$.fleet")).next(loaded)
        else:
            package.next(loaded)
        self._settled("Load", loaded, then=shares)

    def _verdict(self, promote: sfn.IChainable, *, trying: sfn.IChainable) -> sfn.Choice:
        """What somebody has decided, of an A/B test for example, is carried out without another trial."""
        cause = {"Cause": "rejected by whoever judged its trial"}
        rejected = sfn.Pass(self, "Rejected", parameters=cause, result_path="$.failure")
        rejected.next(self._failed)
        return (
            sfn.Choice(self, "Verdict?")
            .when(_given("promote"), promote)
            .when(_given("reject"), rejected)
            .otherwise(trying)
        )

    def _shares(self, last: sfn.IChainable) -> sfn.IChainable:
        """Backwards, because each share knows what follows it. A shadow has none, and is watched once."""
        following = last
        if self._trial.shadow is not None:
            return self._watched("shadow", then=last)
        for share in reversed(self._trial.steps):
            shift = self._weights(
                f"Share {share}", share, instances="$.fleet.ProductionVariants[0].CurrentInstanceCount"
            )
            shift.next(self._watched(str(share), then=following))
            following = shift
        return following

    def _watched(self, what: str, *, then: sfn.IChainable) -> sfn.Wait:
        """Wait, and go on if no alarm went off."""
        wait = sfn.Wait(self, f"Watch {what}", time=sfn.WaitTime.duration(Duration.seconds(self._trial.bake_s)))
        alarms = self._call(
            f"Alarms {what}",
            "cloudwatch:describeAlarms",
            {"AlarmNamePrefix": f"{self._stack}-", "StateValue": "ALARM", "MaxRecords": 1},
            "$.alarms",
        )
        quiet = sfn.Choice(self, f"Quiet at {what}?")
        quiet.when(sfn.Condition.is_present("$.alarms.MetricAlarms[0]"), self._alarmed).otherwise(then)
        wait.next(alarms).next(quiet)
        return wait

    def _promote(self) -> sfn.IChainable:
        """Approved, it is the champion's package too; then the second variant goes back to rest."""
        approve = self._judge("Approve", "Approved", "passed its trial")
        take = self._update("Take", {_SERVING: _GIVEN, CHALLENGER_PARAMETER: ""})
        passed: sfn.IChainable = sfn.Succeed(self, "Passed")
        approve.next(take)
        if self._trial.steps:
            passed = self._weights("Home", 0, instances=1).next(passed)
        self._settled("Take", take, then=passed)
        return approve

    def _back(self) -> sfn.IChainable:
        """All traffic to the champion at once; then the registry learns why, and the artifact is unloaded."""
        reject = self._judge("Reject", "Rejected", f"States.Format('failed its trial: {{}}', {_REASON})", caught=False)
        unload = self._update("Unload", {CHALLENGER_PARAMETER: ""}, caught=False)
        reject.next(unload)
        unload.next(sfn.Fail(self, "Failed", error="TrialFailed", cause_path=_REASON))
        return self._weights("Back", 0, instances=1, caught=False).next(reject) if self._trial.steps else reject

    def _settled(self, noun: str, update: sfn.CustomState, *, then: sfn.IChainable) -> None:
        """Wait until an update is over; anything but success is a failure of the trial."""
        wait = sfn.Wait(self, f"{noun} wait", time=sfn.WaitTime.duration(self._poll))
        look = self._call(f"{noun} look", "cloudformation:describeStacks", {"StackName": self._stack}, "$.stack")
        why = sfn.JsonPath.string_at(f"States.Format('the endpoint stack ended in {{}}', {_STATUS})")
        broken = sfn.Pass(self, f"{noun} failed", parameters={"Cause": why}, result_path="$.failure")
        broken.next(self._failed)
        over = sfn.Choice(self, f"{noun} over?")
        over.when(sfn.Condition.string_matches(_STATUS, "*_IN_PROGRESS"), wait)
        over.when(sfn.Condition.string_equals(_STATUS, "UPDATE_COMPLETE"), then).otherwise(broken)
        update.next(wait).next(look).next(over)

    def _update(self, id_: str, parameters: Mapping[str, str], *, caught: bool = True) -> sfn.CustomState:
        kept = [{"ParameterKey": it, "UsePreviousValue": True} for it in (_SERVING, CHALLENGER_PARAMETER)]
        changed = [
            {"ParameterKey": key, "ParameterValue.$" if value.startswith("$") else "ParameterValue": value}
            for key, value in parameters.items()
        ]
        request = {
            "StackName": self._stack,
            "UsePreviousTemplate": True,
            "Parameters": [*(it for it in kept if it["ParameterKey"] not in parameters), *changed],
            "ResourceTypes": list(RESOURCE_TYPES),
        }
        # A busy stack refuses: an approval or a rollout of somebody else's is waited for.
        retry = {
            "ErrorEquals": ["CloudFormation.CloudFormationException"],
            "IntervalSeconds": 60,
            "MaxAttempts": 90,
            "BackoffRate": 1,
        }
        return self._call(id_, "cloudformation:updateStack", request, "$.update", retry=[retry], caught=caught)

    def _weights(self, id_: str, share: int, *, instances: str | int, caught: bool = True) -> sfn.CustomState:
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
        return self._call(id_, "sagemaker:updateEndpointWeightsAndCapacities", request, "$.weights", caught=caught)

    def _judge(self, id_: str, status: str, why: str, *, caught: bool = True) -> sfn.CustomState:
        given = "ApprovalDescription.$" if why.startswith("States.") else "ApprovalDescription"
        request = {"ModelPackageArn.$": _GIVEN, "ModelApprovalStatus": status, given: why}
        return self._call(id_, "sagemaker:updateModelPackage", request, "$.judged", caught=caught)

    def _call(
        self,
        id_: str,
        operation: str,
        request: Mapping[str, object],
        result: str,
        *,
        retry: Sequence[Mapping[str, object]] = (),
        caught: bool = True,
    ) -> sfn.CustomState:
        passing = {
            "ErrorEquals": ["SageMaker.SageMakerException", "States.Timeout"],
            "IntervalSeconds": 10,
            "MaxAttempts": 6,
        }
        state = sfn.CustomState(
            self,
            id_,
            state_json={
                "Type": "Task",
                "Resource": f"arn:aws:states:::aws-sdk:{operation}",
                "Parameters": json.loads(json.dumps(request)),
                "ResultPath": result,
                "Retry": [*retry, passing],
            },
        )
        if caught:
            state.add_catch(self._failed, errors=["States.ALL"], result_path="$.failure")
        return state


def _given(verdict: str) -> sfn.Condition:
    return sfn.Condition.and_(sfn.Condition.is_present("$.Verdict"), sfn.Condition.string_equals("$.Verdict", verdict))
