"""Serving: the API that answers, and the function that brings approved models to the endpoint."""

from dataclasses import dataclass

from constructs import Construct

from lambdas.deployment.settings import Settings as DeploymentSettings
from lambdas.inference.settings import Settings as InferenceSettings
from stacks.components.api import InferenceApi, inference_api
from stacks.components.approvals import Approvals
from stacks.components.endpoint_access import grant_invoke_endpoint
from stacks.components.endpoint_asynchronous import ANSWERS, FAILURES, REQUESTS, TICKETS
from stacks.components.endpoint_batch import BatchScoring
from stacks.components.endpoint_capture import CAPTURE_FOLDER
from stacks.components.endpoint_fleet import VARIANT
from stacks.components.endpoint_trial_machine import TrialMachine
from stacks.components.function import Function
from stacks.components.lookup_table import LookupTable
from stacks.components.model_role import ModelRole
from stacks.components.queue import DeadLetterQueue
from stacks.components.reaction_table import grant_freeze, reaction_table_name
from stacks.components.rollout_rights import grant_rollout, grant_traffic
from stacks.features import Features
from stacks.lake import Lake
from stacks.stack import HeadraceStack
from stacks.target import Target


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What other stacks use of serving."""

    api: InferenceApi
    inference: Function
    deployment: Function
    dead_letters: DeadLetterQueue
    model_role_arn: str


class ServingStack(HeadraceStack):
    """HTTP API and inference; the model's role; approved packages, their queue and deployment."""

    noun = "serving"

    def __init__(
        self, scope: Construct, *, target: Target, lake: Lake, features: Features, lookups: LookupTable | None = None
    ) -> None:
        super().__init__(scope, target=target, description="Headrace serving: inference API, model deployment")
        inference = self._build_inference(lake, features, lookups)
        api = inference_api(self, "Api", target=target, function=inference, key=lake.key)
        model_role = ModelRole(self, "ModelRole", target=target, bucket=lake.bucket)
        approvals = Approvals(self, "Approvals", target=target, key=lake.key)
        deployment = self._build_deployment(lake, model_role, approvals)
        approvals.deliver_to(deployment, reminded=bool(target.usecase.serving.sampled_percent))
        self.serving = Serving(
            api=api,
            inference=inference,
            deployment=deployment,
            dead_letters=approvals.dead_letters,
            model_role_arn=model_role.role_arn,
        )
        if target.usecase.serving.kind == "batch":
            batch = BatchScoring(self, "Batch", target=target, bucket=lake.bucket)
            self.publish(BatchStateMachineArn=batch.machine.state_machine_arn)
        if target.usecase.serving.trial:
            trial = TrialMachine(
                self,
                "Trial",
                target=target,
                trial=target.usecase.serving.trial,
                model_role_arn=model_role.role_arn,
                key=lake.key,
            )
            self.publish(TrialStateMachineArn=trial.machine.state_machine_arn)
        self.publish(
            ApiUrl=api.address,
            EndpointName=target.endpoint_name,
            InferenceFunctionName=inference.function_name,
            **{f"ApiKey{noun}Id": id_ for noun, id_ in api.key_ids.items()},
            DeploymentDeadLetterUrl=approvals.dead_letters.queue_url,
        )

    def _build_inference(self, lake: Lake, features: Features, lookups: LookupTable | None) -> Function:
        api, kind = self.target.usecase.api, self.target.usecase.serving.kind
        function = Function(
            self,
            "Inference",
            folder="inference",
            target=self.target,
            key=lake.key,
            timeout_s=10,
            reserved_concurrency=api.concurrency,
            traced=not (api.kind == "http" and api.trace_share == 0),
            description="Answers one event with score and decision",
            settings=InferenceSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                state_table=features.state.table_name,
                endpoint_name=self.target.endpoint_name,
                endpoint_timeout_s=api.endpoint_timeout_s,
                state_timeout_s=api.state_timeout_s,
                lake_bucket=lake.bucket.bucket_name if kind == "asynchronous" else "",
                lookup_table=lookups.table_name if lookups else "",
            ),
        )
        if lookups:
            lookups.grant_look_up_to(function.own_role)
        features.state.grant_read_to(function.own_role)
        if kind == "asynchronous":
            lake.bucket.grant_put_to(function.own_role, REQUESTS, TICKETS)
            lake.bucket.grant_read_of(function.own_role, TICKETS, ANSWERS, FAILURES)
        if kind != "batch":
            grant_invoke_endpoint(function.own_role, endpoint_name=self.target.endpoint_name, kind=kind)
        return function

    def _build_deployment(self, lake: Lake, model_role: ModelRole, approvals: Approvals) -> Function:
        serving = self.target.usecase.serving
        endpoint_name = "" if serving.kind == "batch" else self.target.endpoint_name
        captures = f"{CAPTURE_FOLDER}{endpoint_name}/{VARIANT}/"
        function = Function(
            self,
            "Deployment",
            folder="deployment",
            target=self.target,
            key=lake.key,
            timeout_s=min(60, self.target.stage.approval_retry_s),
            memory_mb=512,
            description="Puts an approved model package into the endpoint stack, and rejects one that is rolled back",
            settings=DeploymentSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                stack_name=self.target.stack_name("endpoint"),
                endpoint_name=endpoint_name,
                model_package_group=self.target.model_package_group_name,
                queue_url=approvals.queue_url,
                variant=VARIANT,
                lake_bucket=lake.bucket.bucket_name,
                capture_prefix=captures,
                capture_percent=serving.sampled_percent,
                reaction_table=reaction_table_name(self.target),
            ),
        )
        grant_freeze(function.own_role, target=self.target, key=lake.key)
        if serving.sampled_percent:
            lake.bucket.grant_list_of(function.own_role, captures)
            grant_traffic(function.own_role)
        grant_rollout(
            function.own_role, target=self.target, model_role_arn=model_role.role_arn, key_arn=lake.key.key_arn
        )
        return function
