"""Questions that operators ask of the logs, saved where they look for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.components.function import Function
from stacks.target import Target

_EVERY = ("DeliveryTransform", "EventInbox", "LabelInbox", "Enrichment", "GroundTruth", "Inference", "Deployment")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One query: which lines, what of them, in whose logs."""

    name: str
    filters: tuple[str, ...]
    functions: tuple[str, ...]
    display: str = ""
    stats: str = ""


_QUESTIONS = (
    Question(
        name="errors", filters=("level = 'ERROR'",), stats="count(*) as errors by service, message", functions=_EVERY
    ),
    Question(
        name="retried-batches",
        filters=("ispresent(failed_from)",),
        stats="count(*) as batches by service, problem",
        functions=("Enrichment", "GroundTruth"),
    ),
    Question(
        name="event-files",
        filters=("ispresent(sent)",),
        display="@timestamp, result, detail, sent, rejected",
        functions=("EventInbox",),
    ),
    Question(
        name="label-files",
        filters=("ispresent(sent)",),
        display="@timestamp, result, detail, sent, rejected",
        functions=("LabelInbox",),
    ),
    Question(
        name="deployments",
        filters=("ispresent(result)",),
        display="@timestamp, result, detail",
        functions=("Deployment",),
    ),
)


MONITOR_QUESTIONS = (
    Question(
        name="monitor-runs",
        filters=("ispresent(ready)",),
        display="@timestamp, kind, ready, reason",
        functions=("Monitoring",),
    ),
    Question(
        name="feature-drift",
        filters=("Monitor = 'data_quality'", "ispresent(drift_magnitude)"),
        display="@timestamp, violations, drifted_columns, drift_magnitude, rows",
        functions=("Monitoring",),
    ),
    Question(
        name="model-verdicts",
        filters=("Monitor in ['model_quality', 'bias', 'attribution']",),
        display="@timestamp, Monitor, Facet, FacetValue, degraded, violations, rows, auc, precision, recall, "
        "cost_of_errors, bias_metric_DI, bias_metric_AD, feature_attribution_ndcg",
        functions=("Monitoring",),
    ),
)
"""Of the monitoring function's log, which its own stack saves."""


class SavedQueries(Construct):
    """Logs Insights queries under ``{prefix}/``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        functions: Mapping[str, Function],
        questions: Sequence[Question] = _QUESTIONS,
    ) -> None:
        super().__init__(scope, id_)
        for question in questions:
            logs.QueryDefinition(
                self,
                question.name,
                query_definition_name=f"{target.prefix}/{question.name}",
                log_groups=[functions[noun].log_group for noun in question.functions],
                query_string=logs.QueryString(
                    filter_statements=[*question.filters],
                    display=question.display or None,
                    stats_statements=[question.stats] if question.stats else None,
                ),
            )
