"""What one run of the loop found: everything accounted for, answers compared, and what a healthy loop never shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import pandas as pd

from cli import lake
from cli.accounting import Account, account
from cli.backfill.writing import Backfill
from cli.batch_scoring import read_batch
from cli.deployment import Deployment
from cli.phases import Phases
from cli.predictions import Agreement, agreement, read_predictions
from cli.registered import served
from cli.stream import Streamed
from cli.tenant_answers import read_tenants
from cli.tenant_models import TenantModel, described
from cli.training import evaluation

EXAMPLES = 12


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run found.

    ``model_package`` is the one that the run trained first and ``served_package`` the one that answers at its end.
    ``evaluation`` is the registered model's report, ``rejected`` says why some records were, ``label_files`` how many
    files of labels were taken in; ``tenants`` tells of each tenant's model, where one endpoint holds many.
    """

    account: Account
    backfill: Backfill
    streamed: Streamed
    predictions: pd.DataFrame
    agreement: Agreement
    model_package: str
    served_package: str
    endpoint_status: str
    evaluation: dict[str, object]
    rejected: list[dict[str, object]]
    label_files: int
    phases_s: dict[str, float]
    tenants: Mapping[str, object] = field(default_factory=dict)

    def failures(self) -> list[str]:
        """What a healthy loop never shows, in words; empty if all is well."""
        account, asked = self.account, self.agreement
        undelivered = max(0, account.events_enriched - account.events_in_lake)
        found = {
            f"{undelivered} enriched events are not in the lake": undelivered,
            f"{account.unaccounted} events are unaccounted for": account.unaccounted,
            f"{account.events_dead_lettered} events are dead-lettered": account.events_dead_lettered,
            f"{len(self.predictions)} of {account.events_enriched} enriched events have a score": (
                account.events_enriched - len(self.predictions)
            ),
            f"{asked.degraded} of {asked.calls} API answers are degraded": asked.degraded,
            f"{asked.equal} of {asked.calls} API answers equal the stream's score": asked.calls - asked.equal,
        }
        return [words for words, count in found.items() if count]

    def summary(self) -> dict[str, object]:
        """The numbers of ``summary.json``."""
        streamed_s = self.phases_s["stream"]
        return {
            **asdict(self.account),
            "predictions": len(self.predictions),
            "labels_sent": self.streamed.labels,
            "label_files": self.label_files,
            "history_events": self.backfill.events,
            "training_rows": self.backfill.training_rows,
            "model_package": self.model_package,
            "served_package": self.served_package,
            "endpoint_status": self.endpoint_status,
            "model_quality": quality(self.evaluation),
            "decisions": self.predictions["decision"].value_counts().to_dict(),
            **({"tenants": self.tenants} if self.tenants else {}),
            "api": asdict(self.agreement),
            "events_per_s": round(self.account.events_sent / streamed_s, 1) if streamed_s else None,
            "rejected_examples": self.rejected,
            "failures": self.failures(),
            "phases_s": self.phases_s,
        }


def quality(evaluation: Mapping[str, Any]) -> dict[str, object]:
    """The figures of a model on its test rows, each with its 95 % interval; empty where no label judged it."""
    figures: Mapping[str, Any] = evaluation.get("binary_classification_metrics", {})
    intervals: Mapping[str, Any] = evaluation.get("headrace", {}).get("intervals", {})
    known = {name: interval for name, interval in intervals.items() if name in figures}
    return {name: {"value": figures[name]["value"], "interval": interval} for name, interval in known.items()}


def result_of(
    deployment: Deployment,
    written: Backfill,
    streamed: Streamed,
    package: str,
    phases: Phases,
    *,
    tenants: Sequence[TenantModel] = (),
) -> Result:
    """Account for everything; call it when the loop is idle and deliveries are flushed."""
    in_batch = deployment.usecase.serving.kind == "batch"
    with phases.phase("account") as phase:
        counted = account(deployment, streamed.accepted)
        predictions = _predictions(deployment)
        phase.at(doing=f"{counted.events_sent:,} sent, {counted.unaccounted} unaccounted")
    return Result(
        account=counted,
        backfill=written,
        streamed=streamed,
        predictions=predictions,
        agreement=agreement(predictions, streamed.answers),
        model_package=package,
        served_package="" if in_batch else served(deployment, deployment.output("serving", "EndpointName")),
        endpoint_status="no endpoint" if in_batch else _endpoint_status(deployment),
        evaluation=evaluation(deployment, package),
        rejected=list(islice(_rejected(deployment), EXAMPLES)),
        label_files=len(lake.keys(deployment, "labels-inbox-receipts/")),
        phases_s=phases.seconds,
        tenants=described(deployment, tenants, quality),
    )


def _predictions(deployment: Deployment) -> pd.DataFrame:
    serving = deployment.usecase.serving
    if serving.kind == "batch":
        return read_batch(deployment)
    return read_tenants(deployment) if serving.tenant else read_predictions(deployment)


def _endpoint_status(deployment: Deployment) -> str:
    name = deployment.output("serving", "EndpointName")
    return deployment.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]


def _rejected(deployment: Deployment) -> Iterator[dict[str, object]]:
    for document in lake.read_json_lines(deployment, "quarantine/enrichment/"):
        yield {"field": document.get("field"), "reason": document["reason"]}
