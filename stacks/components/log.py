"""A log group that is encrypted with our key, kept as long as the stage says and removed with its stack."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


class LogGroup(logs.LogGroup):
    """``retention_days`` is one of the periods that CloudWatch Logs offers."""

    def __init__(
        self, scope: Construct, id_: str, *, key: kms.IKey, retention_days: int, name: str | None = None
    ) -> None:
        super().__init__(
            scope,
            id_,
            encryption_key=key,
            retention=RETENTION[retention_days],
            removal_policy=RemovalPolicy.DESTROY,
            log_group_name=name,
        )


RETENTION = {
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    2_192: logs.RetentionDays.SIX_YEARS,
}
