"""Each tenant's model is trained on its own rows, put where the endpoint loads it, and asked about its own events."""

import io
import json
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pytest

import usecases
from cli import tenant_answers, tenant_models
from cli.deployment import Deployment
from cli.plan import Plan
from cli.tenant_answers import load_models, read_tenants, tenants_target
from cli.tenant_models import TenantModel, described, train_tenants
from headrace.errors import UseCaseError

STREAMING = usecases.load("streaming")
HISTORY = pd.DataFrame({"event_id": ["a", "b", "c", "d"], "country": ["de", "fr", "de", "fr"]})


class Platform:
    """A lake with one training set, a registry that takes what passes its gates, and an endpoint of many models."""

    def __init__(self, *, refused: str = "") -> None:
        self.stored: dict[str, bytes] = {"training/all/rows.parquet": _parquet(HISTORY.assign(minutes=1.0))}
        self.copied: dict[str, str] = {}
        self.packages = ["all"]
        self.asked: list[tuple[str, int]] = []
        self.refused = refused
        self.s3 = SimpleNamespace(get_object=self._get, put_object=self._put, copy_object=self._copy)
        self.sagemaker = SimpleNamespace(get_paginator=self._pages, describe_model_package=self._describe)
        self.session = SimpleNamespace(client=lambda *_, **__: SimpleNamespace(invoke_endpoint=self._invoke))

    def _get(self, *, Bucket: str, Key: str) -> dict[str, io.BytesIO]:
        return {"Body": io.BytesIO(self.stored[Key])}

    def _put(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.stored[Key] = Body

    def _copy(self, *, Bucket: str, Key: str, CopySource: dict[str, str]) -> None:
        self.copied[Key] = CopySource["Key"]

    def _pages(self, _name: str) -> Any:
        page = {"ModelPackageSummaryList": [{"ModelPackageArn": it} for it in self.packages]}
        return SimpleNamespace(paginate=lambda **_: [page])

    def _describe(self, *, ModelPackageName: str) -> dict[str, Any]:
        container = {"ModelDataUrl": f"s3://lake/models/{ModelPackageName}.tar.gz"}
        return {"InferenceSpecification": {"Containers": [container]}}

    def _invoke(self, *, TargetModel: str, Body: bytes, **_: Any) -> dict[str, Any]:
        instances = json.loads(Body)["instances"]
        self.asked.append((TargetModel, len(instances)))
        predictions = [{"score": it.get("minutes") or 0.0, "decision": "WATCHES"} for it in instances]
        answer = {"predictions": predictions, "model_version": TargetModel[:2]}
        return {"Body": io.BytesIO(json.dumps(answer).encode())}

    def train(self, _deployment: Deployment, prefix: str, rows: int, reason: str, report: Any, *, hold: bool) -> str:
        assert hold, "the packages of single tenants stay unapproved"
        report(1, 6, "Train")
        tenant = prefix.split("/")[-2]
        if tenant != self.refused:
            self.packages.append(tenant)
        return self.packages[-1]

    def deployment(self) -> Deployment:
        made = SimpleNamespace(
            usecase=STREAMING, bucket="lake", s3=self.s3, sagemaker=self.sagemaker, session=self.session,
            endpoint_url=None, output=lambda *it: "/".join(it),
        )  # fmt: skip
        return cast(Deployment, made)


def _parquet(frame: pd.DataFrame) -> bytes:
    body = io.BytesIO()
    frame.to_parquet(body, index=False)
    return body.getvalue()


def trained(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> list[TenantModel]:
    monkeypatch.setattr(tenant_models, "train", platform.train)
    monkeypatch.setattr(tenant_models.lake, "keys", lambda *_: ["training/all/rows.parquet", "training/all/x.json"])
    plan = cast(Plan, SimpleNamespace(usecase=STREAMING, history=HISTORY))
    return train_tenants(platform.deployment(), plan, "s3://lake/training/all/", "all", lambda *_: None)


def test_each_tenant_learns_from_its_own_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform()
    models = trained(platform, monkeypatch)
    assert [(it.tenant, it.rows, it.package, it.shared) for it in models] == [
        ("de", 2, "de", False),
        ("fr", 2, "fr", False),
    ]
    rows = pd.read_parquet(io.BytesIO(platform.stored["training/tenants/fr/rows.parquet"]))
    assert rows["event_id"].tolist() == ["b", "d"]
    assert platform.copied == {f"models/tenants/{it}/model.tar.gz": f"models/{it}.tar.gz" for it in ("de", "fr")}


def test_a_tenant_whose_model_passes_no_gate_is_served_by_the_one_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(refused="fr")
    models = trained(platform, monkeypatch)
    assert (models[1].package, models[1].shared) == ("all", True)
    assert platform.copied["models/tenants/fr/model.tar.gz"] == "models/all.tar.gz"


def test_the_summary_tells_of_each_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenant_models, "evaluation", lambda _, package: {"of": package})
    models = [TenantModel(tenant="de", rows=2, package="all", shared=True)]
    told = described(Platform().deployment(), models, lambda report: {"auc": report["of"]})
    assert told == {"de": {"rows": 2, "own": False, "model_package": "all", "model_quality": {"auc": "all"}}}


def test_every_model_is_loaded_before_anybody_waits_for_it() -> None:
    platform = Platform()
    load_models(platform.deployment(), ["de", "fr"])
    assert platform.asked == [("de/model.tar.gz", 1), ("fr/model.tar.gz", 1)]


def test_every_streamed_event_is_asked_of_its_own_model(monkeypatch: pytest.MonkeyPatch) -> None:
    times = pd.to_datetime([30, 20, 10, 20], unit="s")
    features = {name: [0.25, 0.5, None, 0.5] for name in STREAMING.feature_names}
    vectors = pa.table({"event_id": ["c", "b", "a", "b"], "timestamp": times, **features})
    events = pa.table({"event_id": ["a", "b", "c"], "country": ["de", "fr", "de"]})
    monkeypatch.setattr(
        tenant_answers.lake, "read_parquet", lambda _, prefix, _names: vectors if prefix == "features/" else events
    )
    monkeypatch.setattr(tenant_answers, "ROWS_PER_REQUEST", 1)
    platform = Platform()
    frame = read_tenants(platform.deployment())
    assert frame["event_id"].tolist() == ["a", "b", "c"]
    assert frame["model_version"].tolist() == ["de", "fr", "de"]
    assert frame["score"].tolist() == [0.0, 0.5, 0.25]
    assert platform.asked == [("de/model.tar.gz", 1)] * 2 + [("fr/model.tar.gz", 1)]


def test_a_tenant_that_can_be_no_part_of_a_place_is_named() -> None:
    with pytest.raises(UseCaseError, match=r"serving\.multi_model\.tenant: '\.\./us' can be no part of a place"):
        tenants_target("../us")
