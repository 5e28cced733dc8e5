"""Alarms on what monitors found. A monitor speaks once a window, so an alarm keeps its state until it speaks again."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from headrace.events.kinds import Kind
from headrace.monitoring import NAMESPACE
from stacks.target import Target


def monitor_metric(target: Target, kind: Kind, name: str, **more: str) -> cloudwatch.Metric:
    """A metric of one kind of monitor; the largest value counts, for a run may be published twice.

    ``more`` are the dimensions of a group, where it is about one.
    """
    dimensions = {"UseCase": target.usecase.name, "Stage": target.stage.name, "Monitor": kind, **more}
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=dimensions,
        statistic="Maximum",
        period=Duration.minutes(1),
    )


class MonitorAlarms(Construct):
    """One alarm for each kind that is watched: in alarm from a run that found violations until one that found none."""

    def __init__(self, scope: Construct, id_: str, *, target: Target) -> None:
        super().__init__(scope, id_)
        for kind in target.usecase.monitor.kinds:
            cloudwatch.Alarm(
                self,
                "".join(part.capitalize() for part in kind.split("_")),
                metric=monitor_metric(target, kind, "violations"),
                threshold=1,
                evaluation_periods=1,
                alarm_description=f"The {kind.replace('_', ' ')} of the deployed model is not what it was; see report",
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
            )
