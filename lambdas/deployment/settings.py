"""Environment of the deployment function, and what it may touch."""

from headrace.frozen import dataclass
from lambdas.shared.settings import EnvSettings

RESOURCE_TYPES = (
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::CDK::Metadata",
)
"""Resource types that an update may work with; the function's grant carries the same list as a condition."""


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of deployment: the endpoint stack, its endpoint, and the one group that it may take models from."""

    stack_name: str
    model_package_group: str
    endpoint_name: str = ""
    """Empty where there is none, as in batch scoring."""
    queue_url: str = ""
    """The function's own queue."""
    variant: str = ""
    lake_bucket: str = ""
    capture_prefix: str = ""
    """Where captured requests of the variant lie."""
    capture_percent: int = 0
    """The share of requests that is captured; with 0 nobody looks for them."""
    reaction_table: str = ""
    """Where drift response says whether promotion is frozen; without it nothing is."""
    package_parameter: str = "ModelPackageArn"
    """The stack's parameter that holds the model package; empty means that no model is deployed."""
