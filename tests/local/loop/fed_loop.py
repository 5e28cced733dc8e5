"""A loop that is up, and what one run through it found."""

from dataclasses import dataclass

from cli.api import InferenceApi
from cli.deployment import Deployment
from cli.plan import Plan
from cli.run_result import Result
from local.loop import Loop


@dataclass(frozen=True)
class Fed:
    """A loop that is still up, and the run that fed it."""

    deployment: Deployment
    loop: Loop
    api: InferenceApi
    plan: Plan
    result: Result
