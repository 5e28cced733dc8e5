"""Alarms on the stream, the functions, the queues and the API: each names its dimensions."""

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambdas.shared.settings import METRICS_NAMESPACE
from stacks.components.alarm import Alarm
from stacks.components.api import InferenceApi
from stacks.components.function import Function
from stacks.target import Target

STALE_MS = 300_000
SLOW_ANSWER_MS = 500
SLOW_SHARE = 0.8
"""Of a function's timeout."""
ERRORS_PER_MINUTE = 10
SERVER_ERRORS_PER_MINUTE = 10


class ServiceAlarms:
    """Adds alarms to a stack; a rule of observability picks them up by the prefix of their names."""

    def __init__(self, scope: Construct, *, target: Target) -> None:
        self._scope, self.target = scope, target

    def alarm(
        self, id_: str, metric: cloudwatch.Metric, threshold: float, *, description: str, periods: int = 3
    ) -> None:
        """One alarm."""
        Alarm(self._scope, id_, metric=metric, threshold=threshold, periods=periods, description=description)

    def watch_queues(self, queues: Mapping[str, sqs.IQueue]) -> None:
        """A message in a dead-letter queue, by the noun of the function whose failures it keeps."""
        for noun, queue in queues.items():
            self.alarm(
                f"{_noun(noun)}DeadLetters",
                queue.metric_approximate_number_of_messages_visible(statistic="Maximum"),
                1,
                periods=1,
                description=f"{noun} gave up on something: redrive or rebuild it",
            )

    def watch_function(self, noun: str, function: Function) -> None:
        """Errors, throttles and invocations near the timeout."""
        errors, throttles = function.metric_errors(statistic="Sum"), function.metric_throttles(statistic="Sum")
        self.alarm(f"{noun}Errors", errors, ERRORS_PER_MINUTE, description=f"{noun} fails again and again")
        self.alarm(f"{noun}Throttles", throttles, 1, description=f"{noun} has no concurrency left")
        slow_ms = function.timeout_s * 1_000 * SLOW_SHARE
        duration = function.metric_duration(statistic="p99")
        self.alarm(f"{noun}Duration", duration, slow_ms, description=f"{noun} comes close to its timeout")

    def watch_consumer(self, noun: str, function: Function, service: str) -> None:
        """A function that falls behind its stream, or puts records into quarantine."""
        age = function.metric("IteratorAge", statistic="Maximum")
        self.alarm(f"{noun}IteratorAge", age, STALE_MS, description=f"{noun} is five minutes behind its stream")
        self.watch_quarantine(noun, service)

    def watch_quarantine(self, noun: str, service: str) -> None:
        """Records in quarantine."""
        quarantined = self.own_metric("Quarantined", service)
        self.alarm(
            f"{noun}Quarantine", quarantined, 1, description=f"{noun} put bad records into quarantine", periods=1
        )

    def watch_deliveries(self, deliveries: Mapping[str, firehose.DeliveryStream]) -> None:
        """Rows that wait for the lake."""
        stale_s = 3 * self.target.stage.delivery_buffer_s
        for noun, delivery in deliveries.items():
            freshness = delivery.metric("DeliveryToS3.DataFreshness", statistic="Maximum")
            self.alarm(f"{noun}Freshness", freshness, stale_s, description=f"{noun}s reach the lake late")

    def watch_api(self, api: InferenceApi) -> None:
        """Errors and slow answers."""
        self.alarm(
            "ApiServerErrors",
            api.metric_server_error(statistic="Sum"),
            SERVER_ERRORS_PER_MINUTE,
            description="The API answers with 5xx",
        )
        self.alarm(
            "ApiLatency",
            api.metric_latency(statistic="p99"),
            SLOW_ANSWER_MS,
            description="One answer in a hundred is slow",
        )

    def watch_answers(self) -> None:
        """Both also fire until the first model is approved: then every answer is the fallback."""
        for noun, what in (
            ("Inference", "Fallback answers instead of scores"),
            ("Enrichment", "Vectors without scores"),
        ):
            degraded = self.own_metric("Degraded", noun.lower())
            self.alarm(f"{noun}Degraded", degraded, ERRORS_PER_MINUTE, description=what)
        if self.target.usecase.alerts is not None:
            unannounced = self.own_metric("Unannounced", "enrichment")
            self.alarm("UnannouncedAlerts", unannounced, 1, description="The bus did not take alerts", periods=1)
        overflowed = self.own_metric("Overflowed", "delivery_transform")
        self.alarm("DeliveryOverflowed", overflowed, 1, description="Valid events did not fit into the lake", periods=1)

    def own_metric(self, name: str, service: str) -> cloudwatch.Metric:
        """A counter that a function publishes."""
        dimensions = {"service": service, "UseCase": self.target.usecase.name, "Stage": self.target.stage.name}
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE, metric_name=name, dimensions_map=dimensions, statistic="Sum"
        )


def _noun(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
