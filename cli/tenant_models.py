"""A model per tenant, trained by the deployed pipeline on the tenant's own events, put where the endpoint loads it."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cli import lake
from cli.deployment import Deployment
from cli.plan import Plan, Report
from cli.registered import packages, place_of
from cli.tenant_answers import tenants_target
from cli.training import evaluation, train
from stacks.components.endpoint_multi_model import TENANTS_FOLDER

Quality = Callable[[Mapping[str, object]], Mapping[str, object]]


@dataclass(frozen=True, kw_only=True)
class TenantModel:
    """Whose model it is, how many rows it learned from, its package, and whether it is the one of all tenants."""

    tenant: str
    rows: int
    package: str
    shared: bool


def train_tenants(
    deployment: Deployment, plan: Plan, training_prefix: str, package: str, report: Report
) -> list[TenantModel]:
    """Train a model per tenant, and put each into the folder that the endpoint loads from.

    Args:
        deployment: the platform.
        plan: whose history says which row is whose.
        training_prefix: the training set of all tenants.
        package: the model of all tenants; it serves tenants whose own does not pass its gates.
        report: called while it works.

    Returns:
        One model per tenant, by name. Packages of single tenants stay unapproved: the approved one is of all.
    """
    rows = _training_rows(deployment, training_prefix)
    tenant_of = plan.history.set_index(plan.usecase.event.id)[plan.usecase.serving.tenant]
    whose = rows["event_id"].map(tenant_of)
    tenants = sorted(whose.dropna().unique())
    models = []
    for number, tenant in enumerate(tenants):

        def told(_done: int, _total: int, doing: str, number: int = number, tenant: str = tenant) -> None:
            report(number, len(tenants), f"{tenant}: {doing}")

        own = rows[whose == tenant]
        trained = _trained(deployment, tenant, own, told)
        model = TenantModel(tenant=tenant, rows=len(own), package=trained or package, shared=trained is None)
        _put(deployment, model)
        models.append(model)
    own_count = sum(not it.shared for it in models)
    report(len(tenants), len(tenants), f"{own_count} of {len(tenants)} tenants have a model of their own")
    return models


def described(deployment: Deployment, models: Sequence[TenantModel], quality: Quality) -> dict[str, object]:
    """What the summary says of each tenant's model."""
    return {
        it.tenant: {
            "rows": it.rows,
            "own": not it.shared,
            "model_package": it.package,
            "model_quality": quality(evaluation(deployment, it.package)),
        }
        for it in models
    }


def _training_rows(deployment: Deployment, prefix: str) -> pd.DataFrame:
    bucket, _, folder = prefix.removeprefix("s3://").partition("/")
    keys = [key for key in lake.keys(deployment, folder) if key.endswith(".parquet")]
    bodies = (deployment.s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
    tables = [pq.read_table(io.BytesIO(body)) for body in bodies]
    frame: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    return frame


def _trained(deployment: Deployment, tenant: str, rows: pd.DataFrame, report: Report) -> str | None:
    """The package of a tenant's own model; None if it did not pass its gates."""
    before = packages(deployment)
    key = f"training/tenants/{tenant}/rows.parquet"
    body = io.BytesIO()
    rows.to_parquet(body, index=False)
    deployment.s3.put_object(Bucket=deployment.bucket, Key=key, Body=body.getvalue())
    prefix = f"s3://{deployment.bucket}/training/tenants/{tenant}/"
    package = train(deployment, prefix, len(rows), f"model of {tenant}", report, hold=True)
    return package if package not in before else None


def _put(deployment: Deployment, model: TenantModel) -> None:
    bucket, key = place_of(deployment, model.package)
    target = f"{TENANTS_FOLDER}{tenants_target(model.tenant)}"
    deployment.s3.copy_object(Bucket=deployment.bucket, Key=target, CopySource={"Bucket": bucket, "Key": key})
