"""The states of a trial: load the challenger, give it more and more traffic, and hand the verdict to the registry."""

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from headrace.usecase import Trial
from stacks.components.endpoint_trial import CHALLENGER_PARAMETER
from stacks.components.endpoint_trial_calls import GIVEN, SERVING, TrialCalls
from stacks.target import Target

_STATUS = "$.stack.Stacks[0].StackStatus"
_REASON = "$.failure.Cause"
_STARTED = "CloudFormation.TokenAlreadyExistsException"
"""An update was started, and the answer was lost."""


class TrialStates(Construct):
    """From ``first``, with ``$.ModelPackageArn``: every way ends with the package approved, rejected, or in between.

    In between is an A/B test, in which the challenger keeps its last share, or a shadow, which has none: until an
    execution with ``$.Verdict``, ``promote`` or ``reject``, ends it. What is promoted is not taken back because a look
    or the way to rest fails: the execution then fails, and its alarm calls people.
    Calls are written out, so that each right is granted in one place and not once per state.
    """

    def __init__(self, scope: Construct, id_: str, *, target: Target, trial: Trial) -> None:
        super().__init__(scope, id_)
        self._target, self._trial = target, trial
        self._stack = target.stack_name("endpoint")
        self._calls = TrialCalls(self, target)
        self._poll = Duration.seconds(target.stage.poll_s)
        back = self._back()
        self._alarmed = sfn.Pass(
            self, "Alarm", parameters={"Cause": "an alarm went off in the trial"}, result_path="$.failure"
        )
        self._alarmed.next(back)
        self._failed = back
        promote = self._promote()
        shares = self._shares(promote if trial.staged else sfn.Succeed(self, "On trial"))
        asked = {"ModelPackageName.$": GIVEN}
        package = self._caught(self._calls.call("Package", "sagemaker:describeModelPackage", asked, "$.package"))
        loaded = self._calls.update(
            "Load", {CHALLENGER_PARAMETER: "$.package.InferenceSpecification.Containers[0].ModelDataUrl"}
        )
        self.first = self._verdict(promote, trying=package)
        if trial.steps:  # of whose shares each needs as many instances as there are
            endpoint = {"EndpointName": target.endpoint_name}
            fleet = self._calls.call("Fleet", "sagemaker:describeEndpoint", endpoint, "$.fleet")
            package.next(self._caught(fleet)).next(loaded)
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
            shift = self._calls.weights(
                f"Share {share}", share, instances="$.fleet.ProductionVariants[0].CurrentInstanceCount"
            )
            self._caught(shift).next(self._watched(str(share), then=following))
            following = shift
        return following

    def _watched(self, what: str, *, then: sfn.IChainable) -> sfn.Wait:
        """Wait, and go on if no alarm went off."""
        wait = sfn.Wait(self, f"Watch {what}", time=sfn.WaitTime.duration(Duration.seconds(self._trial.bake_s)))
        alarms = self._calls.call(
            f"Alarms {what}",
            "cloudwatch:describeAlarms",
            {"AlarmNamePrefix": f"{self._stack}-", "StateValue": "ALARM", "MaxRecords": 1},
            "$.alarms",
        )
        quiet = sfn.Choice(self, f"Quiet at {what}?")
        quiet.when(sfn.Condition.is_present("$.alarms.MetricAlarms[0]"), self._alarmed).otherwise(then)
        wait.next(self._caught(alarms)).next(quiet)
        return wait

    def _promote(self) -> sfn.IChainable:
        """Approved, it is the champion's package too; then the second variant goes back to rest."""
        approve = self._caught(self._calls.judge("Approve", "Approved", "passed its trial"))
        take = self._calls.update("Take", {SERVING: GIVEN, CHALLENGER_PARAMETER: ""})
        passed: sfn.IChainable = sfn.Succeed(self, "Passed")
        approve.next(take)
        if self._trial.steps:
            passed = self._calls.weights("Home", 0, instances=1).next(passed)
        self._settled("Take", take, then=passed)
        return approve

    def _back(self) -> sfn.IChainable:
        """All traffic to the champion at once; then the registry learns why, and the artifact is unloaded.

        Each is done though the one before could not be: without its artifact the second variant holds the champion.
        """
        reject = self._calls.judge("Reject", "Rejected", f"States.Format('failed its trial: {{}}', {_REASON})")
        unload = self._calls.update("Unload", {CHALLENGER_PARAMETER: ""})
        failed = sfn.Fail(self, "Failed", error="TrialFailed", cause_path=_REASON)
        unload.next(failed)
        reject.next(unload)
        unload.add_catch(failed, errors=["States.ALL"], result_path="$.left")
        reject.add_catch(unload, errors=["States.ALL"], result_path="$.left")
        if not self._trial.steps:
            return reject
        back = self._calls.weights("Back", 0, instances=1)
        back.add_catch(reject, errors=["States.ALL"], result_path="$.left")
        return back.next(reject)

    def _settled(self, noun: str, update: sfn.CustomState, *, then: sfn.IChainable) -> None:
        """Wait until an update is over; anything but success is a failure of the trial."""
        wait = sfn.Wait(self, f"{noun} wait", time=sfn.WaitTime.duration(self._poll))
        asked = {"StackName": self._stack}
        look = self._calls.call(f"{noun} look", "cloudformation:describeStacks", asked, "$.stack")
        if noun == "Load":  # what may have been promoted is not taken back for want of a look
            self._caught(look)
        why = sfn.JsonPath.string_at(f"States.Format('the endpoint stack ended in {{}}', {_STATUS})")
        broken = sfn.Pass(self, f"{noun} failed", parameters={"Cause": why}, result_path="$.failure")
        broken.next(self._failed)
        over = sfn.Choice(self, f"{noun} over?")
        over.when(sfn.Condition.string_matches(_STATUS, "*_IN_PROGRESS"), wait)
        over.when(sfn.Condition.string_equals(_STATUS, "UPDATE_COMPLETE"), then).otherwise(broken)
        update.add_catch(wait, errors=[_STARTED], result_path="$.update")
        self._caught(update).next(wait).next(look).next(over)

    def _caught(self, task: sfn.CustomState) -> sfn.CustomState:
        """Whatever goes wrong with it is a failure of the trial."""
        task.add_catch(self._failed, errors=["States.ALL"], result_path="$.failure")
        return task


def _given(verdict: str) -> sfn.Condition:
    return sfn.Condition.and_(sfn.Condition.is_present("$.Verdict"), sfn.Condition.string_equals("$.Verdict", verdict))
