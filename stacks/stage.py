"""Every difference between the stages, in one place: a stack never asks which stage it is in, it reads a field of this.

``local`` is ``prod`` on one machine. It differs only where nobody can wait or where data would outlive the machine's
own state; ``tests/infrastructure/test_stages.py`` lists every property that differs, each with its reason.
"""

from dataclasses import dataclass
from typing import Literal

from headrace.errors import UseCaseError

StreamMode = Literal["on_demand", "provisioned"]
Rollout = Literal["all_at_once", "canary", "linear"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a stage chooses. Defaults are those of production.

    ``shards`` counts only for provisioned streams. ``rollout_bake_s`` is how long the rollback alarms watch a new fleet
    before the old one goes. ``approval_retry_s`` is the wait before an approval that met a running update is retried.
    """

    name: str
    real_data: bool = True
    """Events of real people come here. Elsewhere profiles leave off what only guards those: years of logs, a VPC."""
    keep_data: bool = True
    """Buckets, tables and keys outlive their stack, and deletion of stack and table is refused."""
    stream_mode: StreamMode = "on_demand"
    shards: int = 1
    log_retention_days: int = 365
    delivery_buffer_s: int = 300
    batch_window_s: int = 1
    reserved_concurrency: bool = True
    """Each function gets its own share of the account's concurrency; new accounts have too little to share out."""
    rollout: Rollout = "canary"
    rollout_bake_s: int = 600
    min_instances: int = 2
    """The smallest fleet, unless the use case asks for more. Rollouts by steps need two: no step may exceed half."""
    poll_s: int = 60
    """Between two looks at a running SageMaker pipeline."""
    approval_retry_s: int = 120
    alarms_notify: bool = True
    scheduled_training: bool = True
    """The use case's calendar of trainings is in force; elsewhere its rule is there, switched off."""
    spot_training: bool = False
    """Models train on capacity that AWS may take back, at up to 90 % less; training resumes from its checkpoint."""
    spare_capacity: bool = False
    """Glue runs jobs on whatever AWS has to spare: a third cheaper, but a run may have to wait for it."""
    isolated_jobs: bool = False
    """Training jobs reach no network, and what their containers say to each other is encrypted."""
    data_trail: bool = False
    """CloudTrail records every read and write of the lake's objects."""


STAGES = {
    stage.name: stage
    for stage in (
        Stage(
            name="dev",
            real_data=False,
            keep_data=False,
            stream_mode="provisioned",
            log_retention_days=7,
            delivery_buffer_s=60,
            reserved_concurrency=False,
            rollout="all_at_once",
            rollout_bake_s=60,
            min_instances=1,
            alarms_notify=False,
            spot_training=True,
            spare_capacity=True,
        ),
        Stage(name="staging", real_data=False, keep_data=False, log_retention_days=30, spot_training=True),
        Stage(name="prod", rollout="linear"),
        Stage(
            name="local",
            real_data=False,
            keep_data=False,
            rollout="linear",
            poll_s=2,
            approval_retry_s=10,
            scheduled_training=False,
        ),
    )
}


def stage(name: str) -> Stage:
    """The stage of that name.

    Raises:
        UseCaseError: if there is no such stage.
    """
    if name not in STAGES:
        raise UseCaseError("stage", f"there is no stage {name!r}", f"use one of {', '.join(sorted(STAGES))}")
    return STAGES[name]
