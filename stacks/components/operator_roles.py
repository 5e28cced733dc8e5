"""Roles for people and programs of the account: who works with models, and who only asks them.

Whoever may assume roles of the account can be let in here; neither role can change rights. The scientist is denied
what cannot be undone, whatever other policies may come to be attached.
"""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_wildcard, exported
from stacks.components.api import InferenceApi
from stacks.components.bucket import LakeBucket
from stacks.components.endpoint_access import grant_invoke_endpoint
from stacks.components.http_api import HttpInferenceApi
from stacks.target import Target

READ = ("events/", "features/", "labels/", "ground-truth/", "training/", "models/", "monitoring/", "decisions/")
"""What a scientist reads; rejects, captured requests and files of labels may hold what is masked elsewhere."""
_FINAL = {
    "cloudformation": ("DeleteStack",),
    "dynamodb": ("DeleteTable",),
    "kinesis": ("DeleteStream",),
    "kms": ("DisableKey", "ScheduleKeyDeletion"),
    "s3": ("DeleteBucket", "DeleteObject", "DeleteObjectVersion"),
    "sagemaker": ("DeleteEndpoint", "DeleteFeatureGroup", "DeleteModelPackage", "DeleteModelPackageGroup"),
}


class OperatorRoles(Construct):
    """``scientist`` reads the lake, looks at models, approves them and starts retrainings; ``application`` asks."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, bucket: LakeBucket, api: InferenceApi) -> None:
        super().__init__(scope, id_)
        self.scientist = self._role("Scientist", "Works with the models of a use case")
        self.application = self._role("Application", "Asks a model, and does nothing else")
        bucket.grant_read_of(self.scientist, *READ)
        self._grant_models(target)
        self._deny_the_final()
        if target.usecase.serving.kind != "batch":
            kind = target.usecase.serving.kind
            grant_invoke_endpoint(self.application, endpoint_name=target.endpoint_name, kind=kind)
        self._grant_routes(api)

    def _role(self, id_: str, description: str) -> iam.Role:
        return iam.Role(self, id_, assumed_by=iam.AccountRootPrincipal(), description=description)

    def _grant_routes(self, api: InferenceApi) -> None:
        number = exported(api, api.api_id if isinstance(api, HttpInferenceApi) else api.rest_api_id)
        routes = Stack.of(self).format_arn(service="execute-api", resource=number, resource_name="*")
        self._allow(self.application, ["execute-api:Invoke"], routes, "Every route of our own API.")

    def _grant_models(self, target: Target) -> None:
        stack, machine = Stack.of(self), target.retraining_machine_name
        packages = stack.format_arn(
            service="sagemaker", resource="model-package", resource_name=f"{target.model_package_group_name}/*"
        )
        endpoint = stack.format_arn(service="sagemaker", resource="endpoint", resource_name=target.endpoint_name)
        runs = stack.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        start = stack.format_arn(
            service="states", resource="stateMachine", resource_name=machine, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        looking = [f"sagemaker:{it}ModelPackage" for it in ("Describe", "Update")]
        self._allow(self.scientist, [*looking, "sagemaker:ListModelPackages"], packages, "Versions of our one group.")
        self._allow(self.scientist, ["sagemaker:DescribeEndpoint"], endpoint)
        self._allow(self.scientist, ["states:StartExecution"], start)
        self._allow(self.scientist, ["states:DescribeExecution"], runs, "Executions of our one machine.")

    @staticmethod
    def _allow(role: iam.Role, actions: Sequence[str], resource: str, wide: str = "") -> None:
        role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=[resource]))
        if wide:
            acknowledge_wildcard(role, resource, wide)

    def _deny_the_final(self) -> None:
        actions = [f"{service}:{verb}" for service, verbs in _FINAL.items() for verb in verbs]
        statement = iam.PolicyStatement(sid="NothingForGood", effect=iam.Effect.DENY, actions=actions, resources=["*"])
        self.scientist.add_to_policy(statement)
