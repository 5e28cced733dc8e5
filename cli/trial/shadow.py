"""The comparison of a challenger in the shadow with what answers: from captures of both, labels and CloudWatch."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.deployment import Deployment
from cli.trial import reading
from cli.trial.standing import figures, told
from headrace import shadowing
from headrace.shadowing import Said
from headrace.trial import CHALLENGER, CHAMPION, Answered, Tally, tally
from headrace.usecase import Trial

_FARTHEST = 10
_MINUTE_S, _DAY_S = 60, 86_400
_SHARES = ("p50", "p99")


def compared(deployment: Deployment, since: int) -> dict[str, Any]:
    """The comparison as JSON, from answers and labels since a moment (epoch seconds)."""
    usecase = deployment.usecase
    found = {it: list(reading.said(deployment, it, since)) for it in (CHAMPION, CHALLENGER)}
    truths = reading.truths(deployment, since)
    both = shadowing.pairs(found[CHAMPION], found[CHALLENGER])
    apart = shadowing.differences(both)
    farthest = sorted(both, key=lambda it: (-abs(it.difference), it.champion.inference_id))[:_FARTHEST]
    counts = {it: tally(usecase, _answered(it, said), truths).get(it, Tally()) for it, said in found.items()}
    return {
        "pairs": len(both),
        "agreement": shadowing.agreement(both),
        "flips": [it._asdict() for it in shadowing.flips(both, truths)],
        "score_difference": None
        if apart is None
        else {**apart._asdict(), "quantiles": {str(share): it for share, it in apart.quantiles.items()}},
        "farthest": [
            {"inference_id": it.champion.inference_id, CHAMPION: it.champion.score, CHALLENGER: it.challenger.score}
            for it in farthest
        ],
        "histogram": shadowing.histogram(both),
        "latency_ms": {it: latency_ms(deployment, it, since) for it in (CHAMPION, CHALLENGER)},
        "variants": {it: figures(one) for it, one in counts.items()},
        **told(shadowing.judge(usecase, both, truths), usecase.serving.trial or Trial()),
    }


def latency_ms(deployment: Deployment, variant: str, since: int) -> dict[str, float | None]:
    """How long a variant's model took, in a day at most; null where CloudWatch has nothing, or says nothing."""
    now = int(time.time())
    length = min(_DAY_S, max(_MINUTE_S, -(-(now - since) // _MINUTE_S) * _MINUTE_S))
    client = deployment.session.client("cloudwatch", endpoint_url=deployment.endpoint_url)
    try:
        points = client.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="ModelLatency",
            Dimensions=[
                {"Name": "EndpointName", "Value": deployment.output("serving", "EndpointName")},
                {"Name": "VariantName", "Value": variant},
            ],
            StartTime=datetime.fromtimestamp(now - length, UTC),
            EndTime=datetime.fromtimestamp(now, UTC),
            Period=length,
            ExtendedStatistics=list(_SHARES),
        )["Datapoints"]
    except (ClientError, BotoCoreError):  # a reader of the lake need not have the right to read metrics
        points = []
    newest = max(points, key=lambda it: it["Timestamp"])["ExtendedStatistics"] if points else {}
    return {it: newest[it] / 1_000 if it in newest else None for it in _SHARES}


def _answered(variant: str, said: Iterable[Said]) -> list[Answered]:
    return [Answered(it.inference_id, variant, it.decision) for it in said]
