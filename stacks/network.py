"""Where models run that may not reach the internet: subnets and security groups of a VPC that exists already."""

import re

from headrace.errors import UseCaseError
from pipelines.retraining.plan import Network

_SUBNETS, _GROUPS = "subnets", "security_groups"
_LEAST_SUBNETS = 2


def read(subnets: object, security_groups: object) -> Network | None:
    """Read the context's values, ids with commas between them; None if neither is given.

    Synthesis looks nothing up, so both are given: private subnets in two zones or more, and what guards them.

    Raises:
        UseCaseError: if one is missing or is no list of ids.
    """
    if not subnets and not security_groups:
        return None
    places = _ids(_SUBNETS, subnets, "subnet-")
    if len(places) < _LEAST_SUBNETS:
        raise UseCaseError(_SUBNETS, "are in one zone at most", "give private subnets of two zones or more")
    return Network(isolated=True, subnets=places, security_groups=_ids(_GROUPS, security_groups, "sg-"))


def require(network: Network | None, *, wanted: bool) -> None:
    """Refuse a use case that wants a VPC where none is given.

    Raises:
        UseCaseError: naming the context to give.
    """
    if wanted and network is None:
        fix = f"give --context {_SUBNETS}=subnet-...,subnet-... --context {_GROUPS}=sg-..., or drop vpc"
        raise UseCaseError("serving.vpc", "is set, and no network is given", fix)


def _ids(name: str, value: object, prefix: str) -> tuple[str, ...]:
    ids = tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else ()
    if not ids or not all(re.fullmatch(rf"{prefix}([0-9a-f]{{8}}|[0-9a-f]{{17}})", it) for it in ids):
        example = f"{prefix}0a1b2c3d,{prefix}4e5f6a7b"
        raise UseCaseError(name, f"{value!r} is no list of ids", f"give --context {name}={example}")
    return ids
