"""Backfill into a deployment's stores: once, readable by functions, without personal fields."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from backfill_platform import AT, DAYS, FRAUD, START, Platform, small_history, unheard
from botocore.exceptions import ClientError

import simulators
from cli import lake
from cli.backfill.history import History
from cli.backfill.writing import backfill
from cli.deployment import Deployment
from cli.plan import Plan
from headrace.errors import UseCaseError
from headrace.features import FeatureSet
from headrace.usecase import Field, UseCase
from headrace.windows import fingerprint_of


def plan(usecase: UseCase) -> Plan:
    world = simulators.load("fraud")(start=START, days=DAYS, per_day=60, seed=5)
    return Plan(
        usecase=usecase,
        history=world,
        events=world.head(0),
        at=AT,
        label_delay_s=usecase.label.delay_s,
        out=Path("unused"),
    )


def items(deployment: Deployment) -> list[dict[str, Any]]:
    found = deployment.dynamodb.scan(TableName="state")["Items"]
    return sorted(found, key=lambda item: (item["entity"]["S"], item["source"]["S"]))


def test_a_deployments_stores_count_every_event_once_and_can_be_read_by_the_functions(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment = replace(deployment, usecase=FRAUD)
    given = plan(FRAUD)
    written = backfill(deployment, History.of(given), tmp_path, unheard)
    assert written.events == len(given.history)
    assert written.training_rows == written.labels == len(given.labels_known(None, AT))
    features = FeatureSet(deployment.usecase)
    for entity in ("customer", "terminal"):
        held = [one for one in items(deployment) if one["entity"]["S"].startswith(f"{entity}#")]
        events = [one for one in held if one["source"] == {"S": "events#backfill"}]
        assert sum(int(one["folded"]["N"]) for one in events) == len(given.history)
        for one in events:
            assert features.decode(entity, "events", one["state"]["B"]).newest is not None
    hours = {f"{datetime.fromtimestamp(it, UTC):%Y-%m-%d/%H}" for it in given.history["timestamp"]}
    found = {key.replace("dt=", "").replace("hh=", "").split("/", 1)[1] for key in lake.keys(deployment, "events/")}
    assert found == {f"{hour}/backfill.parquet" for hour in hours}


def test_personal_fields_of_a_history_do_not_reach_the_lake(tmp_path: Path) -> None:
    personal = (
        Field(name="record", type="string", privacy="hash"),
        Field(name="holder", type="string", privacy="remove"),
    )
    platform = Platform.empty(replace(FRAUD, event=replace(FRAUD.event, fields=(*FRAUD.event.fields, *personal))))
    history = small_history(platform.usecase)
    named = replace(history, events=history.events.assign(record="MRN-77", holder="Ada Abel"))
    platform.backfill(named, tmp_path)
    assert not [key for key, body in platform.s3.objects.items() if b"MRN-77" in body or b"Ada Abel" in body]
    body = next(body for key, body in platform.s3.objects.items() if key.startswith("events/"))
    table = pq.read_table(io.BytesIO(body))
    assert table.column("record").null_count == table.num_rows
    assert "holder" not in table.schema.names


def test_history_with_a_hashed_key_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    fields = tuple(replace(one, privacy="hash") if one.name == "terminal_id" else one for one in FRAUD.event.fields)
    platform = Platform.empty(replace(FRAUD, event=replace(FRAUD.event, fields=fields)))
    with pytest.raises(UseCaseError, match=r"fields\[terminal_id\]\.privacy: a backfill cannot hash"):
        platform.backfill(small_history(platform.usecase), tmp_path)
    assert platform.changes.count == 0


def test_what_aws_refuses_is_not_taken_for_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform.empty(FRAUD)
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "BatchWriteItem")

    def refuse(**_: Any) -> None:
        raise denied

    with monkeypatch.context() as patch:
        patch.setattr(platform.table, "batch_write_item", refuse)
        with pytest.raises(ClientError):
            platform.backfill(small_history(FRAUD), tmp_path)
    assert platform.backfill(small_history(FRAUD), tmp_path).states == len(platform.table.items)


def test_readers_are_told_where_its_items_are_and_for_longer_than_they_live(tmp_path: Path) -> None:
    platform = Platform.empty(FRAUD)
    platform.backfill(small_history(FRAUD), tmp_path)
    assert {source for _, source in platform.table.items} <= platform.table.register.keys()
    expires = max(int(item["expires_at"]["N"]) for item in platform.table.items.values())
    assert all(int(item["expires_at"]["N"]) > expires for item in platform.table.register.values())


def test_the_layouts_of_what_it_writes_are_described_for_code_with_other_features(tmp_path: Path) -> None:
    platform = Platform.empty(FRAUD)
    platform.backfill(small_history(FRAUD), tmp_path)
    written = {fingerprint_of(item["state"]["B"]).hex() for item in platform.table.items.values()}
    assert written == platform.table.layouts.keys()
    expires = {int(item["expires_at"]["N"]) for item in platform.table.items.values()}
    assert all(int(item["expires_at"]["N"]) > max(expires) for item in platform.table.layouts.values())
