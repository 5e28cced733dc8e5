"""The deployment function's wiring."""

import os
import time
from functools import cache

from lambdas.deployment.capture import Capture
from lambdas.deployment.capture_sources import EndpointTraffic, LakeCaptures, OwnQueue
from lambdas.deployment.endpoint_stack import CloudFormationStack
from lambdas.deployment.freeze_table import ReactionFreeze
from lambdas.deployment.ports import Deployment
from lambdas.deployment.sagemaker import ModelRegistry, SageMakerEndpoint
from lambdas.deployment.settings import Settings
from lambdas.shared.bus import EventBus
from lambdas.shared.clients import client


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> Deployment:
    """The function, wired to AWS; once per process."""
    its = settings()
    sagemaker = client("sagemaker")
    return Deployment(
        stack=CloudFormationStack(client("cloudformation"), its.stack_name),
        endpoint=SageMakerEndpoint(sagemaker, its.endpoint_name) if its.endpoint_name else None,
        registry=ModelRegistry(sagemaker),
        bus=EventBus(client("events")),
        usecase=its.usecase,
        stage=its.stage,
        stack_name=its.stack_name,
        endpoint_name=its.endpoint_name,
        group=its.model_package_group,
        parameter=its.package_parameter,
        clock=time.time,
        capture=_capture(its) if its.capture_percent else None,
        freeze=ReactionFreeze(client("dynamodb"), its.reaction_table) if its.reaction_table else None,
    )


def _capture(its: Settings) -> Capture:
    return Capture(
        reminders=OwnQueue(client("sqs"), its.queue_url),
        files=LakeCaptures(client("s3"), its.lake_bucket, its.capture_prefix),
        traffic=EndpointTraffic(client("cloudwatch"), its.endpoint_name, its.variant),
        percent=its.capture_percent,
    )
