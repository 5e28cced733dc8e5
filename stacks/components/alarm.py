"""An alarm of one metric per minute. Who is told is decided by a rule on alarm names, so an alarm names nobody."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

MINUTE = Duration.minutes(1)


class Alarm(cloudwatch.Alarm):
    """In alarm when the metric is at or above ``threshold`` for ``periods`` whole minutes; no data is no alarm."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        metric: cloudwatch.Metric,
        threshold: float,
        description: str,
        periods: int = 3,
    ) -> None:
        super().__init__(
            scope,
            id_,
            metric=metric.with_(period=MINUTE),
            threshold=threshold,
            evaluation_periods=periods,
            alarm_description=description,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
