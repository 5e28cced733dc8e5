"""The deployment function's wiring."""

import os
import time
from functools import cache

from lambdas.deployment.endpoint_stack import CloudFormationStack
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
        endpoint=SageMakerEndpoint(sagemaker, its.endpoint_name),
        registry=ModelRegistry(sagemaker),
        bus=EventBus(client("events")),
        usecase=its.usecase,
        stage=its.stage,
        stack_name=its.stack_name,
        endpoint_name=its.endpoint_name,
        group=its.model_package_group,
        parameter=its.package_parameter,
        clock=time.time,
    )
