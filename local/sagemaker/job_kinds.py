"""The kinds of jobs, and what differs between them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from local.sagemaker import processing, training
from local.sagemaker.platform import Record
from local.sagemaker.processing import JobRun
from local.sagemaker.transform import Transforms

JobKind = Literal["Processing", "Training", "Transform"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What differs between the kinds of jobs."""

    name: JobKind
    path: str
    run: Callable[[Record, JobRun], Record]

    @property
    def log_group(self) -> str:
        """Where the logs of its jobs go."""
        return f"/aws/sagemaker/{self.name}Jobs"


def kinds(transforms: Transforms) -> dict[str, Kind]:
    """Every kind by its name."""
    known = (
        Kind(name="Processing", path="processing-job", run=processing.run),
        Kind(name="Training", path="training-job", run=training.run),
        Kind(name="Transform", path="transform-job", run=transforms.run),
    )
    return {kind.name: kind for kind in known}
