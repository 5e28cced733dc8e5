"""What the models of a multi-model endpoint say of every streamed event.

Such an endpoint scores no stream. So a run asks it afterwards, by the vector that the stream logged and the model of
the event's tenant; what callers were answered must be the same to the last bit.
"""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cli import lake
from cli.deployment import CONFIG, Deployment
from cli.predictions import COLUMNS
from headrace.errors import UseCaseError
from lambdas.inference.tenants import model_of

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

ROWS_PER_REQUEST = 500


def tenants_target(tenant: str) -> str:
    """The name under which the endpoint knows a tenant's model.

    Raises:
        UseCaseError: if it can have none.
    """
    found = model_of(tenant)
    if found is None:
        raise UseCaseError("serving.multi_model.tenant", f"{tenant!r} can be no part of a place", "rename the tenant")
    return found


def load_models(deployment: Deployment, tenants: Sequence[str]) -> None:
    """Ask every model once, because the first request of each waits for its loading."""
    for tenant in tenants:
        _ask(deployment, _runtime(deployment), tenant, [{}])


def read_tenants(deployment: Deployment) -> pd.DataFrame:
    """A prediction of every streamed event by its tenant's model, in the columns of ``cli.predictions``."""
    usecase, runtime = deployment.usecase, _runtime(deployment)
    event, field = usecase.event, str(usecase.serving.tenant)
    names = [event.id, event.timestamp, *usecase.feature_names]
    vectors = lake.read_parquet(deployment, "features/", names).to_pandas().drop_duplicates(event.id)
    vectors[event.timestamp] = vectors[event.timestamp].astype("datetime64[s]").astype(np.int64)
    events = lake.read_parquet(deployment, "events/", [event.id, field]).to_pandas().drop_duplicates(event.id)
    whose = vectors[event.id].map(events.set_index(event.id)[field])
    found = [
        (*about, answer["score"], answer["decision"], answer["model_version"], np.nan)
        for tenant in sorted(whose.dropna().unique())
        for about, answer in _scored(deployment, runtime, tenant, vectors[whose == tenant])
    ]
    frame = pd.DataFrame(found, columns=list(COLUMNS))
    return frame.sort_values(["timestamp", "event_id"], ignore_index=True)


def _scored(
    deployment: Deployment, runtime: "SageMakerRuntimeClient", tenant: str, vectors: pd.DataFrame
) -> Iterator[tuple[tuple[str, int], dict[str, object]]]:
    event, features = deployment.usecase.event, list(deployment.usecase.feature_names)
    for begin in range(0, len(vectors), ROWS_PER_REQUEST):
        part = vectors.iloc[begin : begin + ROWS_PER_REQUEST]
        instances = [
            {str(name): None if value is None or value != value else float(value) for name, value in row.items()}  # noqa: PLR0124 - not NaN
            for row in part[features].to_dict("records")
        ]
        answer = _ask(deployment, runtime, tenant, instances)
        abouts = zip(part[event.id], part[event.timestamp], strict=True)
        for about, prediction in zip(abouts, answer["predictions"], strict=True):
            yield (str(about[0]), int(about[1])), {**prediction, "model_version": answer["model_version"]}


def _ask(
    deployment: Deployment, runtime: "SageMakerRuntimeClient", tenant: str, instances: list[dict[str, float | None]]
) -> dict[str, Any]:
    answer = runtime.invoke_endpoint(
        EndpointName=deployment.output("serving", "EndpointName"),
        TargetModel=tenants_target(tenant),
        ContentType="application/json",
        Body=json.dumps({"instances": instances}).encode(),
    )
    document: dict[str, Any] = json.load(answer["Body"])
    return document


def _runtime(deployment: Deployment) -> "SageMakerRuntimeClient":
    return deployment.session.client("sagemaker-runtime", endpoint_url=deployment.endpoint_url, config=CONFIG)
