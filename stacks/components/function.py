"""One way to make a Lambda function: its runtime, bundle, own role, log group, tracing and environment."""

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lambdas.shared.settings import EnvSettings
from stacks.components.acknowledgement import acknowledge
from stacks.components.bundle import bundle
from stacks.components.function_network import enter_network
from stacks.components.log import LogGroup
from stacks.target import Target

ONE_CPU_MB = 1769
"""The memory at which Lambda gives a whole processor."""
DEFAULT_SCRATCH_MB = 512


class Function(lambda_.Function):
    """The function of one folder of ``lambdas/``, on ARM, with a role that may write its own log and traces only."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        folder: str,
        description: str,
        target: Target,
        settings: EnvSettings,
        key: kms.IKey,
        timeout_s: int,
        memory_mb: int = ONE_CPU_MB,
        reserved_concurrency: int | None = None,
        traced: bool = True,
        jobs: bool = False,
        tables: bool = False,
        scratch_mb: int = DEFAULT_SCRATCH_MB,
    ) -> None:
        """Build it.

        Args:
            folder: the package below ``lambdas``; its ``handler.handler`` is the entry point.
            settings: what the function reads from its environment.
            key: encrypts the log.
            timeout_s: the longest invocation.
            memory_mb: memory, and with it processor.
            reserved_concurrency: its own share of the account's concurrency, where the stage shares it out.
            traced: whether X-Ray samples its invocations; else only those that a caller has chosen.
            jobs: whether it runs jobs of the pipelines, and carries them.
            tables: whether it reads tables in files, and carries what that takes.
            scratch_mb: room for files.
        """
        role = iam.Role(
            scope, f"{id_}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=description
        )
        log = LogGroup(scope, f"{id_}Log", key=key, retention_days=target.stage.log_retention_days)
        carried = bundle(folder, usecase=target.usecase.name, jobs=jobs, tables=tables)
        super().__init__(
            scope,
            id_,
            description=description,
            handler=f"lambdas.{folder}.handler.handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            # A bundle is named after its contents; CDK need not read a hundred megabytes to find a name of its own.
            code=lambda_.Code.from_asset(str(carried), asset_hash=carried.name),
            architecture=lambda_.Architecture.ARM_64,
            environment={
                **settings.to_env(),
                "POWERTOOLS_SERVICE_NAME": folder,
                "POWERTOOLS_METRICS_NAMESPACE": "Headrace",
            },
            role=role,
            log_group=log,
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            tracing=lambda_.Tracing.ACTIVE if traced else lambda_.Tracing.PASS_THROUGH,
            timeout=Duration.seconds(timeout_s),
            memory_size=memory_mb,
            ephemeral_storage_size=Size.mebibytes(scratch_mb) if scratch_mb > DEFAULT_SCRATCH_MB else None,
            reserved_concurrent_executions=reserved_concurrency if target.stage.reserved_concurrency else None,
        )
        self.own_role = role
        self.timeout_s = timeout_s
        log.grant_write(role)
        if target.private_network:
            enter_network(self, role, target.private_network)
        acknowledge(
            role, {"AwsSolutions-IAM5[Resource::*]": "Calls of X-Ray, and of EC2 that only look, take no resource."}
        )
