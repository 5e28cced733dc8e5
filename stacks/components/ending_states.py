"""How a retraining ends, well or badly: the lock is released, the bus and people are told, then it ends.

None of these steps may keep the others from happening: each is tried again, and what still fails is passed over.
"""

from collections.abc import Mapping

from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from headrace.events import SOURCE, TRIGGERS, Ending, RetrainingFinished
from stacks.components.promotion_states import PACKAGE
from stacks.components.retry import retried
from stacks.target import Target

_END = "$.end"


class EndingStates(Construct):
    """``succeeded``, ``busy``, ``failed`` and ``refused`` are where other states go; ``start`` comes first."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, topic: sns.ITopic) -> None:
        super().__init__(scope, id_)
        self._scope, self._target, self._topic = scope, target, topic
        self.succeeded = self._ending("Well", "succeeded", package=PACKAGE)
        why = "registered and not approved: promotion is frozen until data are whole again"
        self.held = self._ending("Held back", "succeeded", reason=why, package=PACKAGE)
        self.busy = self._ending("Busy", "skipped", reason="another retraining is running")
        self.failed = sfn.Choice(scope, "Who said no?")
        refusal = sfn.Condition.or_(
            *(sfn.Condition.string_equals("$.failure.Error", it) for it in ("ModelRefused", "TrainingSetRefused"))
        )
        badly = self._ending("Badly", "failed", cause="$.failure.Cause")
        refused = self._ending("Refused", "refused", cause="$.failure.Cause")
        self.failed.when(refusal, refused).otherwise(badly)
        self._endings = (self.succeeded, self.held, self.busy, badly, refused)
        self.heard = sfn.Succeed(scope, "Heard before", comment="A second delivery of a request; the first one is run")

    def close(self, release: tasks.DynamoDeleteItem) -> None:
        """Connect every ending with the states that they share."""
        publish, tell, over = self._publish(), self._tell(), self._over()
        for task in (publish, tell):
            retried(task)
        for ending in self._endings:
            ending.next(release)
        release.next(publish).next(tell).next(over)
        for step, following in ((release, publish), (publish, tell), (tell, over)):
            step.add_catch(following, result_path=sfn.JsonPath.DISCARD)

    def trigger(self, then: sfn.IChainable) -> sfn.Choice:
        """Set ``$.trigger``, what the event says of why: whoever starts by hand may have written anything."""
        known = sfn.Condition.or_(*(sfn.Condition.string_equals("$.run.TriggerReason", it) for it in TRIGGERS))
        ours = sfn.Pass(self._scope, "Trigger", input_path="$.run.TriggerReason", result_path="$.trigger").next(then)
        other = sfn.Result.from_string("manual")
        by_hand = sfn.Pass(self._scope, "By hand", result=other, result_path="$.trigger").next(then)
        return sfn.Choice(self._scope, "Known trigger?").when(known, ours).otherwise(by_hand)

    def _ending(self, id_: str, outcome: Ending, *, cause: str = "", reason: str = "", package: str = "") -> sfn.Pass:
        parameters: Mapping[str, object] = {
            "Outcome": outcome,
            "Reason": sfn.JsonPath.string_at(cause) if cause else reason,
            "Package": sfn.JsonPath.string_at(package) if package else "",
        }
        return sfn.Pass(self._scope, id_, parameters={**parameters}, result_path=_END)

    def _publish(self) -> tasks.EventBridgePutEvents:
        detail = {
            "UseCase": self._target.usecase.name,
            "Stage": self._target.stage.name,
            "At": sfn.JsonPath.string_at("$$.State.EnteredTime"),
            "RequestId": sfn.JsonPath.string_at("$.run.RequestId"),
            "Trigger": sfn.JsonPath.string_at("$.trigger"),
            "Outcome": sfn.JsonPath.string_at(f"{_END}.Outcome"),
            "ExecutionArn": sfn.JsonPath.string_at("$$.Execution.Id"),
            "ModelPackageArn": sfn.JsonPath.string_at(f"{_END}.Package"),
            "Reason": sfn.JsonPath.string_at(f"{_END}.Reason"),
        }
        entry = tasks.EventBridgePutEventsEntry(
            source=SOURCE, detail_type=RetrainingFinished.detail_type, detail=sfn.TaskInput.from_object(detail)
        )
        return tasks.EventBridgePutEvents(self._scope, "Publish", entries=[entry], result_path=sfn.JsonPath.DISCARD)

    def _tell(self) -> tasks.SnsPublish:
        message = {
            "usecase": self._target.usecase.name,
            "stage": self._target.stage.name,
            "retraining": sfn.JsonPath.string_at(f"{_END}.Outcome"),
            "why": sfn.JsonPath.string_at("$.run.Reason"),
            "reason": sfn.JsonPath.string_at(f"{_END}.Reason"),
            "model": sfn.JsonPath.string_at(f"{_END}.Package"),
            "execution": sfn.JsonPath.string_at("$$.Execution.Id"),
            "input": sfn.JsonPath.object_at("$$.Execution.Input"),
        }
        subject = f"States.Format('Retraining {self._target.prefix} {{}}', {_END}.Outcome)"
        return tasks.SnsPublish(
            self._scope,
            "Tell",
            topic=self._topic,
            subject=sfn.JsonPath.string_at(subject),
            message=sfn.TaskInput.from_object(message),
            result_path=sfn.JsonPath.DISCARD,
        )

    def _over(self) -> sfn.Choice:
        good = sfn.Condition.or_(
            *(sfn.Condition.string_equals(f"{_END}.Outcome", it) for it in ("succeeded", "skipped"))
        )
        failed = sfn.Fail(self._scope, "Failed", error_path="$.failure.Error", cause_path="$.failure.Cause")
        return sfn.Choice(self._scope, "Over").when(good, sfn.Succeed(self._scope, "Succeeded")).otherwise(failed)
