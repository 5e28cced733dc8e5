"""A deployed use case as the command sees it: the outputs of its stacks and clients that reach them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from headrace.errors import HeadraceError
from headrace.usecase import UseCase
from stacks.stage import stage
from stacks.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_featurestore_runtime import SageMakerFeatureStoreRuntimeClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=32, read_timeout=120)


class DeploymentError(HeadraceError):
    """A stack or an output that the command needs is not there."""


def deployed(usecase: UseCase, stage_name: str, region: str | None) -> "Deployment":
    """A use case that is deployed to an account, as the credentials of the environment see it.

    Raises:
        DeploymentError: if there is no region, or no stack of it.
        UseCaseError: if there is no such stage.
    """
    stage(stage_name)
    session = boto3.Session(region_name=region)
    if not session.region_name:
        raise DeploymentError("no region: give --region, or set AWS_REGION")
    found = Deployment(usecase, stage_name, {}, session)
    prefix = found.stack_name("")
    outputs = {
        stack["StackName"]: {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
        for page in found.cloudformation.get_paginator("describe_stacks").paginate()
        for stack in page["Stacks"]
        if stack["StackName"].startswith(prefix)
    }
    if not outputs:
        raise DeploymentError(f"no stack {prefix}* in {session.region_name}; deploy it, or check --stage and --region")
    return Deployment(usecase, stage_name, outputs, session)


@dataclass(frozen=True)
class Deployment:
    """One use case in one stage.

    Attributes:
        usecase: the use case that is deployed.
        stage: dev, staging, prod or local.
        outputs: stack name -> output key -> value, of every stack of the use case.
        session: credentials and region.
        endpoint_url: where AWS is; None for the real one.
    """

    usecase: UseCase
    stage: str
    outputs: Mapping[str, Mapping[str, str]]
    session: boto3.Session
    endpoint_url: str | None = None

    def output(self, stack: str, key: str) -> str:
        """One output of one stack, for example ``output("lake", "BucketName")``.

        Raises:
            DeploymentError: if the stack is not deployed or has no such output.
        """
        name = self.stack_name(stack)
        if name not in self.outputs:
            raise DeploymentError(f"stack {name} is not deployed; run cdk deploy, or headrace demo for a local one")
        if key not in self.outputs[name]:
            raise DeploymentError(f"stack {name} has no output {key}; deploy it again from this version")
        return self.outputs[name][key]

    def stack_name(self, stack: str) -> str:
        """The CloudFormation name of a stack."""
        return Target(usecase=self.usecase, stage=stage(self.stage), region=str(self.session.region_name)).stack_name(
            stack
        )

    @property
    def bucket(self) -> str:
        """The lake's bucket."""
        return self.output("lake", "BucketName")

    @property
    def state_table(self) -> str:
        """The DynamoDB table of window state."""
        return self.output("features", "StateTableName")

    @cached_property
    def s3(self) -> "S3Client":
        """Client of the lake."""
        return self.session.client("s3", endpoint_url=self.endpoint_url, config=CONFIG)

    @cached_property
    def kinesis(self) -> "KinesisClient":
        """Client of the streams."""
        return self.session.client("kinesis", endpoint_url=self.endpoint_url, config=CONFIG)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Client of the window state."""
        return self.session.client("dynamodb", endpoint_url=self.endpoint_url, config=CONFIG)

    @cached_property
    def sagemaker(self) -> "SageMakerClient":
        """Client of the registry, pipelines and endpoints."""
        return self.session.client("sagemaker", endpoint_url=self.endpoint_url, config=CONFIG)

    @cached_property
    def feature_store(self) -> "SageMakerFeatureStoreRuntimeClient":
        """Client of the Feature Store's records."""
        return self.session.client("sagemaker-featurestore-runtime", endpoint_url=self.endpoint_url, config=CONFIG)

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """Client of the stacks."""
        return self.session.client("cloudformation", endpoint_url=self.endpoint_url, config=CONFIG)

    @cached_property
    def stepfunctions(self) -> "SFNClient":
        """Client of the retraining state machine."""
        return self.session.client("stepfunctions", endpoint_url=self.endpoint_url, config=CONFIG)

    @cached_property
    def functions(self) -> "LambdaClient":
        """Client of the functions."""
        return self.session.client("lambda", endpoint_url=self.endpoint_url, config=CONFIG)

    @cached_property
    def sqs(self) -> "SQSClient":
        """Client of the dead-letter queues."""
        return self.session.client("sqs", endpoint_url=self.endpoint_url, config=CONFIG)
