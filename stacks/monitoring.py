"""Monitoring: alarms on the stream, the functions and the API. Drift monitors join them here."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from lambdas.shared.settings import METRICS_NAMESPACE
from stacks.components.alarm import Alarm
from stacks.components.function import Function
from stacks.features import Features
from stacks.ingestion import Ingestion
from stacks.serving import Serving
from stacks.stack import HeadraceStack
from stacks.target import Target

STALE_MS = 300_000
SLOW_ANSWER_MS = 500
SLOW_SHARE = 0.8
"""Of a function's timeout."""
ERRORS_PER_MINUTE = 10
SERVER_ERRORS_PER_MINUTE = 10


class MonitoringStack(HeadraceStack):
    """Every alarm names its dimensions; a rule of observability picks alarms up by the prefix of their names."""

    noun = "monitoring"

    def __init__(
        self,
        scope: Construct,
        *,
        target: Target,
        ingestion: Ingestion,
        features: Features,
        serving: Serving,
    ) -> None:
        super().__init__(scope, target=target, description="Headrace monitoring: alarms on stream, functions, API")
        functions = {
            "DeliveryTransform": ingestion.transform,
            "LabelInbox": ingestion.label_inbox,
            "Enrichment": features.enrichment,
            "GroundTruth": features.ground_truth,
            "Inference": serving.inference,
            "Deployment": serving.deployment,
        }
        for noun, function in functions.items():
            self._watch_function(noun, function)
        for noun, folder in (("Enrichment", "enrichment"), ("GroundTruth", "ground_truth")):
            self._watch_consumer(noun, functions[noun], folder)
        self._watch_quarantine("LabelInbox", "label_inbox")
        queues = {"label_inbox": ingestion.dead_letters, **features.dead_letters, "deployment": serving.dead_letters}
        for noun, queue in queues.items():
            self._alarm(
                f"{_noun(noun)}DeadLetters",
                queue.metric_approximate_number_of_messages_visible(statistic="Maximum"),
                1,
                periods=1,
                description=f"{noun} gave up on something: redrive or rebuild it",
            )
        blocked = self._own_metric("DeploymentBlocked", "deployment")
        self._alarm(
            "DeploymentBlocked",
            blocked,
            1,
            periods=1,
            description="The endpoint stack cannot be updated until people have mended it; then redrive the queue",
        )
        self._watch_deliveries(ingestion, features)
        self._watch_api(serving)
        self._watch_answers()

    def _alarm(
        self, id_: str, metric: cloudwatch.Metric, threshold: float, *, description: str, periods: int = 3
    ) -> None:
        Alarm(self, id_, metric=metric, threshold=threshold, periods=periods, description=description)

    def _watch_function(self, noun: str, function: Function) -> None:
        errors, throttles = function.metric_errors(statistic="Sum"), function.metric_throttles(statistic="Sum")
        self._alarm(f"{noun}Errors", errors, ERRORS_PER_MINUTE, description=f"{noun} fails again and again")
        self._alarm(f"{noun}Throttles", throttles, 1, description=f"{noun} has no concurrency left")
        slow_ms = function.timeout_s * 1_000 * SLOW_SHARE
        duration = function.metric_duration(statistic="p99")
        self._alarm(f"{noun}Duration", duration, slow_ms, description=f"{noun} comes close to its timeout")

    def _watch_consumer(self, noun: str, function: Function, service: str) -> None:
        age = function.metric("IteratorAge", statistic="Maximum")
        self._alarm(f"{noun}IteratorAge", age, STALE_MS, description=f"{noun} is five minutes behind its stream")
        self._watch_quarantine(noun, service)

    def _watch_quarantine(self, noun: str, service: str) -> None:
        quarantined = self._own_metric("Quarantined", service)
        self._alarm(
            f"{noun}Quarantine", quarantined, 1, description=f"{noun} put bad records into quarantine", periods=1
        )

    def _watch_deliveries(self, ingestion: Ingestion, features: Features) -> None:
        stale_s = 3 * self.target.stage.delivery_buffer_s
        for noun, delivery in (("Event", ingestion.delivery), ("Feature", features.delivery)):
            freshness = delivery.metric("DeliveryToS3.DataFreshness", statistic="Maximum")
            self._alarm(f"{noun}Freshness", freshness, stale_s, description=f"{noun}s reach the lake late")

    def _watch_api(self, serving: Serving) -> None:
        api = serving.api
        self._alarm(
            "ApiServerErrors",
            api.metric_server_error(statistic="Sum"),
            SERVER_ERRORS_PER_MINUTE,
            description="The API answers with 5xx",
        )
        self._alarm(
            "ApiLatency",
            api.metric_latency(statistic="p99"),
            SLOW_ANSWER_MS,
            description="One answer in a hundred is slow",
        )

    def _watch_answers(self) -> None:
        """Both also fire until the first model is approved: then every answer is the fallback."""
        for noun, what in (
            ("Inference", "Fallback answers instead of scores"),
            ("Enrichment", "Vectors without scores"),
        ):
            degraded = self._own_metric("Degraded", noun.lower())
            self._alarm(f"{noun}Degraded", degraded, ERRORS_PER_MINUTE, description=what)
        overflowed = self._own_metric("Overflowed", "delivery_transform")
        self._alarm(
            "DeliveryOverflowed", overflowed, 1, description="Valid events did not fit into the lake", periods=1
        )

    def _own_metric(self, name: str, service: str) -> cloudwatch.Metric:
        dimensions = {"service": service, "UseCase": self.target.usecase.name, "Stage": self.target.stage.name}
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE, metric_name=name, dimensions_map=dimensions, statistic="Sum"
        )


def _noun(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
