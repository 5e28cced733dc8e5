"""The dashboard's rows about the model: is it healthy, what drifts, what it decides, what it costs."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from headrace.monitoring import NAMESPACE
from headrace.usecase import Facet
from stacks.components.dashboard import Dashboard, graph
from stacks.components.monitor_alarms import monitor_metric
from stacks.target import Target

_SERVICES = ("AmazonSageMaker", "AWSLambda", "AmazonKinesis", "AmazonDynamoDB", "AmazonS3")
_BILLED_IN = "us-east-1"
"""The one region that publishes the account's bill, once billing alerts are switched on."""
_WIDTH, _HEIGHT = 24, 8


def add_monitor_rows(dashboard: Dashboard, target: Target) -> None:
    """Add what monitors of the deployed model say, unless the use case does without."""
    monitor = target.usecase.monitor
    if not monitor.dashboard:
        return
    bands = target.usecase.decision.bands
    quality = [monitor_metric(target, "model_quality", it) for it in ("average_precision", "recall", "precision")]
    dashboard.row(
        "Model health",
        graph("Violations", *(monitor_metric(target, kind, "violations") for kind in monitor.kinds)),
        graph("Quality of matured answers", *quality),
        graph(
            "Rows judged",
            *(monitor_metric(target, kind, "rows") for kind in monitor.kinds),
            right=[monitor_metric(target, "attribution", "feature_attribution_ndcg")],
        ),
    )
    if "bias" in monitor.kinds:
        dashboard.row("Groups of people", *_groups(target))
    dashboard.row("Drift of features")
    dashboard.add_widgets(_distances(target))
    decisions = [monitor_metric(target, "data_quality", f"decision_share_{it.decision}") for it in bands]
    dashboard.row(
        "Business",
        graph("Share of decisions", *decisions),
        graph("Cost of errors per 1,000 answers", monitor_metric(target, "model_quality", "cost_of_errors")),
        _bill(),
    )


def _groups(target: Target) -> list[cloudwatch.GraphWidget]:
    """What bias is judged by, a line for each facet."""
    shown = {"DI": "Disparate impact", "DPPL": "Difference of calls", "AD": "Difference of accuracies"}
    return [
        graph(words, *(_of_facet(target, it, f"bias_metric_{name}") for it in target.usecase.model.facets))
        for name, words in shown.items()
    ]


def _of_facet(target: Target, facet: Facet, name: str) -> cloudwatch.Metric:
    group = {"Facet": facet.field, "FacetValue": facet.dimension}
    found = monitor_metric(target, "bias", name, **group)
    return found.with_(label=f"{facet.field} {facet.dimension}")


def _distances(target: Target) -> cloudwatch.GraphWidget:
    """Every feature's distance from the baseline, found by name: stacked in bands of colour."""
    place = f'UseCase="{target.usecase.name}" Stage="{target.stage.name}" Monitor="data_quality"'
    search = f"SEARCH('{{{NAMESPACE},UseCase,Stage,Monitor}} {place} feature_baseline_drift', 'Maximum', 3600)"
    distances = cloudwatch.MathExpression(
        expression=search, using_metrics={}, label="", period=Duration.hours(1), search_region=target.region
    )
    return cloudwatch.GraphWidget(
        title="Distance of every feature from the model's baseline",
        width=_WIDTH,
        height=_HEIGHT,
        left=[distances],
        stacked=True,
        period=Duration.hours(1),
    )


def _bill() -> cloudwatch.GraphWidget:
    dollars = [
        cloudwatch.Metric(
            namespace="AWS/Billing",
            metric_name="EstimatedCharges",
            dimensions_map={"Currency": "USD", "ServiceName": name},
            statistic="Maximum",
            period=Duration.hours(6),
            region=_BILLED_IN,
            label=name,
        )
        for name in _SERVICES
    ]
    return cloudwatch.GraphWidget(title="Bill of this month ($)", width=8, left=dollars, region=_BILLED_IN)
