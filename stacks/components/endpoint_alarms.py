"""The alarms of an endpoint, by what its kind can suffer from; in a rollout they bring the old model back."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.components.alarm import Alarm
from stacks.components.endpoint_fleet import VARIANT
from stacks.components.endpoint_trial import CHALLENGER
from stacks.target import Target

ERRORS_PER_MINUTE = 10
LATENCY_LIMIT_US = 200_000
"""ModelLatency is in microseconds."""
WAITING_LIMIT_S = 900


class EndpointAlarms(Construct):
    """``rollback`` are those that mean a bad model; of an asynchronous endpoint another one watches its queue."""

    def __init__(self, scope: Construct, id_: str, *, target: Target) -> None:
        super().__init__(scope, id_)
        self._endpoint = {"EndpointName": target.endpoint_name}
        self.rollback = [self._errors()]
        if target.usecase.serving.can.answers:
            self.rollback.append(self._latency())
        else:
            self._waiting()
        if target.usecase.serving.trial:
            self._errors(CHALLENGER)
            self._latency(CHALLENGER)

    def _errors(self, variant: str = VARIANT) -> Alarm:
        return Alarm(
            self,
            f"{_of(variant)}Errors",
            metric=self._metric("Invocation5XXErrors", "Sum", VariantName=variant),
            threshold=ERRORS_PER_MINUTE,
            periods=1,
            description="The model answers with errors; a rollout or trial in progress is rolled back",
        )

    def _latency(self, variant: str = VARIANT) -> Alarm:
        return Alarm(
            self,
            f"{_of(variant)}Latency",
            metric=self._metric("ModelLatency", "p99", VariantName=variant),
            threshold=LATENCY_LIMIT_US,
            periods=3,
            description="The model's p99 is above 200 ms; a rollout or trial in progress is rolled back",
        )

    def _waiting(self) -> None:
        Alarm(
            self,
            "Waiting",
            metric=self._metric("ApproximateAgeOfOldestRequest", "Maximum"),
            threshold=WAITING_LIMIT_S,
            periods=3,
            description="Requests have waited for a quarter of an hour",
        )

    def _metric(self, name: str, statistic: str, **dimensions: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map={**self._endpoint, **dimensions},
            statistic=statistic,
        )


def _of(variant: str) -> str:
    """What the alarms of a variant are called by; the champion's go without."""
    return "" if variant == VARIANT else variant
