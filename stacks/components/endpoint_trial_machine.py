"""Tries a challenger on real traffic before it is approved: the state machine, and what it may do."""

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from headrace.usecase import Trial
from stacks.components.acknowledgement import acknowledge, acknowledge_wildcard
from stacks.components.alarm import Alarm
from stacks.components.endpoint_trial_states import TrialStates
from stacks.components.log import LogGroup
from stacks.components.rollout_rights import grant_rollout
from stacks.target import Target

_LOADING_S = 4 * 3_600
"""Beyond two guarded updates of the endpoint stack and the waits for somebody else's."""


class TrialMachine(Construct):
    """Started with ``{"ModelPackageArn": …}`` of a registered package that nobody has judged yet."""

    def __init__(
        self, scope: Construct, id_: str, *, target: Target, trial: Trial, model_role_arn: str, key: kms.IKey
    ) -> None:
        super().__init__(scope, id_)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        log = LogGroup(self, "Log", key=key, retention_days=target.stage.log_retention_days)
        states = TrialStates(self, "States", target=target, trial=trial)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            role=role,
            definition_body=sfn.DefinitionBody.from_chainable(sfn.Chain.start(states.first)),
            timeout=Duration.seconds(_LOADING_S + max(1, len(trial.steps)) * trial.bake_s),
            tracing_enabled=True,
            comment=f"Tries challengers of {target.usecase.name}",
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=True),
        )
        grant_rollout(role, target=target, model_role_arn=model_role_arn, key_arn=key.key_arn, concludes=False)
        self._grant_traffic(role, target, moves=bool(trial.steps))
        Alarm(
            self,
            "Failures",
            metric=self.machine.metric_failed(),
            threshold=1,
            periods=1,
            description="A challenger failed its trial; the package's approval description says why",
        )

    def _grant_traffic(self, role: iam.Role, target: Target, *, moves: bool) -> None:
        stack = Stack.of(self)
        endpoint = stack.format_arn(service="sagemaker", resource="endpoint", resource_name=target.endpoint_name)
        alarms = stack.format_arn(
            service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        move = ["sagemaker:UpdateEndpointWeightsAndCapacities", "sagemaker:DescribeEndpoint"]
        if moves:  # a shadow gets copies, and nothing is taken from the champion
            role.add_to_policy(iam.PolicyStatement(actions=move, resources=[endpoint]))
        role.add_to_policy(iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=[alarms]))
        acknowledge_wildcard(role, alarms, "A listing of alarms is a right on all of them; it only reads.")
        acknowledge(
            role, {"AwsSolutions-IAM5[Resource::*]": "Writing traces and setting up log delivery take no resource."}
        )
