"""The states of a retraining, in the order in which they come; each part has a file of its own."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.components.champion_states import PARAMETER as CHAMPION
from stacks.components.champion_states import ChampionStates
from stacks.components.ending_states import EndingStates
from stacks.components.lock_states import LockStates
from stacks.components.machine_states import PARAMETER as MACHINE
from stacks.components.machine_states import MachineStates
from stacks.components.pipeline_states import PipelineStates
from stacks.components.promotion_states import PromotionStates
from stacks.components.reaction_table import ReactionTable
from stacks.components.retry import PASSING_ERRORS, retried
from stacks.components.training_data_states import ARGUMENTS, TrainingData, TrainingDataStates
from stacks.target import Target

DEFAULTS = {
    "TriggerReason": "manual",
    "DriftSeverity": "none",
    "ModelApprovalStatus": "PendingManualApproval",
    "Reason": "asked for by hand",
}
VERSION, REQUEST = "DataVersion", "RequestId"
PARAMETERS = ("InputData", VERSION, "TriggerReason", "DriftSeverity", "ModelApprovalStatus", CHAMPION, MACHINE)
"""What goes to the pipeline."""


class RetrainingStates(Construct):
    """From ``first``: defaults, lock, training set, its judgement, machine, champion, pipeline, promotion, the end."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        topic: sns.ITopic,
        table: ReactionTable,
        data: TrainingData,
        no_champion: str,
        usual_machine: str,
    ) -> None:
        super().__init__(scope, id_)
        end = EndingStates(self, "Ending", target=target, topic=topic)
        promotion = PromotionStates(
            self, "Promotion", target=target, table=table, then=end.succeeded, held=end.held, failed=end.failed
        )
        pipeline = PipelineStates(
            self, "Pipeline", target=target, parameters=PARAMETERS, then=promotion.first, failed=end.failed
        )
        champion = ChampionStates(self, "Comparison", target=target, no_champion=no_champion, then=pipeline.first)
        for task in champion.calls:
            retried(task, PASSING_ERRORS)
            task.add_catch(end.failed, result_path="$.failure")
        machine = MachineStates(
            self, "Size", usecase=target.usecase, usual=usual_machine, then=champion.first, failed=end.failed
        )
        training = TrainingDataStates(self, "Data", target=target, data=data, then=machine.first, failed=end.failed)
        lock = LockStates(
            self,
            "LockStates",
            target=target,
            table=table,
            then=training.first,
            busy=end.busy,
            heard=end.heard,
            failed=end.failed,
        )
        end.close(lock.release())
        self._parts = (promotion, pipeline, champion, training, lock)
        self.first = self._defaults(target).next(end.trigger(lock.first))

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        for part in self._parts:
            part.acknowledge_grants(role)

    def _defaults(self, target: Target) -> sfn.Chain:
        """What the caller leaves out is filled in, so that later states find every field."""
        # A run is its own version of the data unless the caller knows better: then nothing cached is taken.
        own = dict.fromkeys((VERSION, REQUEST), sfn.JsonPath.string_at("$$.Execution.Name"))
        policy: dict[str, object] = {"Promotion": target.usecase.reaction.promotion, ARGUMENTS: {}}
        defaults = {**DEFAULTS, **policy, **own}
        given = sfn.Pass(
            self,
            "Defaults",
            parameters={"defaults": defaults, "given": sfn.JsonPath.object_at("$$.Execution.Input")},
        )
        merged = sfn.Pass(
            self,
            "Input",
            parameters={
                "run": sfn.JsonPath.json_merge(sfn.JsonPath.object_at("$.defaults"), sfn.JsonPath.object_at("$.given"))
            },
        )
        return given.next(merged)
