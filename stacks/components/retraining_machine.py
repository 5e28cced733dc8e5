"""The state machine of one retraining: lock, training set, its judgement, champion, pipeline, promotion, the end."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.components.acknowledgement import acknowledge
from stacks.components.log import LogGroup
from stacks.components.reaction_table import ReactionTable
from stacks.components.retraining_states import RetrainingStates
from stacks.components.training_data_states import TrainingData
from stacks.target import Target

LONGEST_RUN_S = 86_400
MOST_POLLS = 2_000
"""A poll is ten events of history, and an execution may have 25,000."""


class RetrainingMachine(sfn.StateMachine):
    """Retrains once and compares with the newest approved model.

    Input, all of it if wanted: ``RequestId`` (of two runs with one id the second does nothing), ``TriggerReason``,
    ``DriftSeverity``, ``Reason`` in words, ``InputData`` (S3 prefix of a training set; without it one is built,
    with ``TrainingSetArguments``),
    ``ModelApprovalStatus``, ``Promotion``, ``ChampionModel`` (S3 URI of an artifact), ``TrainingRows`` or
    ``TrainingInstanceType`` for the machine, and ``DataVersion``: equal versions of one place may take preprocessing
    and training from an earlier run.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        topic: sns.ITopic,
        key: kms.IKey,
        table: ReactionTable,
        data: TrainingData,
        no_champion: str,
        usual_machine: str,
    ) -> None:
        role = iam.Role(scope, f"{id_}Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        log = LogGroup(scope, f"{id_}Log", key=key, retention_days=target.stage.log_retention_days)
        states = RetrainingStates(
            scope,
            f"{id_}States",
            target=target,
            topic=topic,
            table=table,
            data=data,
            no_champion=no_champion,
            usual_machine=usual_machine,
        )
        super().__init__(
            scope,
            id_,
            state_machine_name=target.retraining_machine_name,  # its own role names its executions
            role=role,
            definition_body=sfn.DefinitionBody.from_chainable(states.first),
            timeout=Duration.seconds(min(LONGEST_RUN_S, MOST_POLLS * target.stage.poll_s)),
            tracing_enabled=True,
            comment=f"Retrains {target.usecase.name}",
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=True),
        )
        key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
        states.acknowledge_grants(role)
        acknowledge(
            role, {"AwsSolutions-IAM5[Resource::*]": "Writing traces and setting up log delivery take no resource."}
        )
