"""The function that judges small windows: the monitors' job without a machine, with the rights of the job's role."""

from aws_cdk import aws_kms as kms
from constructs import Construct

from headrace.monitoring import FOLDER
from headrace.usecase.compute import MOST_LAMBDA_MB
from lambdas.monitor_run.settings import Settings
from stacks.components.bucket import LakeBucket
from stacks.components.function import Function
from stacks.components.monitor_role import MODELS, NAMED
from stacks.target import Target

LONGEST_S = 900
"""What Lambda allows."""
MEMORY_MB = 3_008
"""What every account may have. A run keeps a summary of every column and eight bytes of each answer's name."""
_SCRATCH_MB = 2 * MOST_LAMBDA_MB


class MonitorFunction(Function):
    """Reads what was captured, labelled and trained, and writes documents of monitors."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, bucket: LakeBucket, key: kms.IKey) -> None:
        super().__init__(
            scope,
            id_,
            folder="monitor_run",
            target=target,
            key=key,
            timeout_s=LONGEST_S,
            memory_mb=MEMORY_MB,
            jobs=True,
            scratch_mb=_SCRATCH_MB,
            description="Judges windows that are not worth a machine",
            settings=Settings(usecase=target.usecase.name, stage=target.stage.name, lake_bucket=bucket.bucket_name),
        )
        # What was captured and labelled is named by a manifest; baselines and documents are looked for.
        bucket.grant_get_of(self.own_role, *NAMED)
        bucket.grant_read_of(self.own_role, MODELS, FOLDER)
        bucket.grant_put_to(self.own_role, FOLDER)
