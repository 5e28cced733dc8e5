"""Environment of the deployment function."""

from dataclasses import dataclass

from lambdas.shared.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of deployment: the endpoint stack, and the only model package group it may take models from."""

    stack_name: str
    model_package_group: str
    package_parameter: str = "ModelPackageArn"
    """The stack's parameter that holds the model package; empty means that no model is deployed."""
