"""The one page that says whether events flow, answers are quick and models are in order."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.components.endpoint_alarms import LATENCY_LIMIT_US
from stacks.components.endpoint_fleet import VARIANT
from stacks.target import Target

_WIDTH = 8


class Dashboard(cloudwatch.Dashboard):
    """Rows of three graphs; ``row`` adds one."""

    def __init__(self, scope: Construct, id_: str, *, target: Target) -> None:
        super().__init__(scope, id_, dashboard_name=target.prefix, default_interval=Duration.hours(3))

    def row(self, title: str, *graphs: cloudwatch.GraphWidget) -> None:
        """Add a heading and up to three graphs."""
        self.add_widgets(cloudwatch.TextWidget(markdown=f"## {title}", width=3 * _WIDTH, height=1))
        self.add_widgets(*graphs)


def graph(
    title: str, *metrics: cloudwatch.Metric, right: Sequence[cloudwatch.Metric] = (), limit: float | None = None
) -> cloudwatch.GraphWidget:
    """A graph of metrics per minute, with a second axis and a limit line if given."""
    minute = Duration.minutes(1)
    lines = [cloudwatch.HorizontalAnnotation(value=limit, label="alarm")] if limit is not None else []
    return cloudwatch.GraphWidget(
        title=title,
        width=_WIDTH,
        left=[metric.with_(period=minute) for metric in metrics],
        right=[metric.with_(period=minute) for metric in right],
        left_annotations=lines,
    )


def endpoint_graphs(target: Target) -> list[cloudwatch.GraphWidget]:
    """Traffic, errors and latency of the endpoint, which is known by name only."""

    def metric(name: str, statistic: str) -> cloudwatch.Metric:
        dimensions = {"EndpointName": target.endpoint_name, "VariantName": VARIANT}
        return cloudwatch.Metric(
            namespace="AWS/SageMaker", metric_name=name, dimensions_map=dimensions, statistic=statistic
        )

    return [
        graph("Invocations", metric("Invocations", "Sum"), metric("InvocationsPerInstance", "Sum")),
        graph("Errors", metric("Invocation4XXErrors", "Sum"), metric("Invocation5XXErrors", "Sum")),
        graph(
            "Latency (µs)", metric("ModelLatency", "p50"), metric("ModelLatency", "p99"), limit=float(LATENCY_LIMIT_US)
        ),
    ]


def training_graph(target: Target) -> cloudwatch.GraphWidget:
    """Runs of the training pipeline by how they ended."""
    metrics = [
        cloudwatch.Metric(
            namespace="AWS/Sagemaker/ModelBuildingPipeline",
            metric_name=name,
            dimensions_map={"PipelineName": target.pipeline_name},
            statistic="Sum",
        )
        for name in ("ExecutionStarted", "ExecutionSucceeded", "ExecutionFailed")
    ]
    return graph("Training runs", *metrics)
