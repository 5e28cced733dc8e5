"""What the profiles of a use case change in its stage, and what they refuse of the place where it is deployed."""

from dataclasses import replace

from headrace.errors import UseCaseError
from headrace.usecase import Compliance
from stacks.stage import Stage
from stacks.target import Target


def hardened(stage: Stage, compliance: Compliance) -> Stage:
    """The stage with the controls of the profiles switched on.

    Raises:
        UseCaseError: if real people's data came to a stage that is deleted with its stacks.
    """
    if not compliance.profiles:
        return stage
    asked = compliance.demands
    if stage.real_data and not stage.keep_data:
        raise UseCaseError(
            "stage.keep_data",
            f"is off in {stage.name}, and {_names(compliance)} asks that real data outlives its stacks",
            "set keep_data=True, or real_data=False where no real person's events come",
        )
    least = asked.log_retention_days if stage.real_data else 0
    return replace(
        stage,
        log_retention_days=max(stage.log_retention_days, least),
        isolated_jobs=stage.isolated_jobs or asked.isolated,
        data_trail=True,
    )


def require(target: Target) -> None:
    """Refuse a place that contradicts the profiles.

    Raises:
        UseCaseError: naming the context to give.
    """
    compliance = target.usecase.compliance
    asked = compliance.demands
    if asked.regions and target.region not in asked.regions:
        raise UseCaseError(
            "region",
            f"{target.region!r} is outside of where {_names(compliance)} lets data lie",
            f"give --context region= one of {', '.join(asked.regions)}",
        )
    if asked.private and target.stage.real_data and target.network is None:
        raise UseCaseError(
            "subnets",
            f"are missing in {target.stage.name}, and {_names(compliance)} asks for functions and model in a VPC",
            "give --context subnets=subnet-...,subnet-... --context security_groups=sg-..., "
            "of private subnets with the endpoints that docs/profiles.md lists",
        )


def _names(compliance: Compliance) -> str:
    return " and ".join(compliance.profiles)
