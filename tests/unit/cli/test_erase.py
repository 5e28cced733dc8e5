"""One person's data, shown and taken away: everywhere, nobody else's, and with a receipt that names nobody."""

import base64
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.stub import Stubber

import usecases
from cli.deployment import Deployment
from cli.erase.command import Options, walk
from cli.erase.subject import _mask_key, subject_of
from cli.erase.work import Walk
from headrace.errors import UseCaseError
from headrace.masking import mask
from headrace.usecase import Compliance

GROUPS = {"CustomerFeatureGroupName": "customers", "TerminalFeatureGroupName": "terminals"}


class FeatureStore:
    """Online records by group and id."""

    def __init__(self) -> None:
        self.records = {("customers", "c1"): {"customer_id": "c1", "n": "2"}, ("customers", "c2"): {"n": "1"}}

    def get_record(self, *, FeatureGroupName: str, RecordIdentifierValueAsString: str) -> dict[str, Any]:
        found = self.records.get((FeatureGroupName, RecordIdentifierValueAsString), {})
        return {"Record": [{"FeatureName": name, "ValueAsString": value} for name, value in found.items()]}

    def delete_record(self, *, FeatureGroupName: str, RecordIdentifierValueAsString: str, **how: str) -> None:
        assert how["DeletionMode"] == "HardDelete"
        del self.records[FeatureGroupName, RecordIdentifierValueAsString]


def parquet(*rows: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), buffer, compression="zstd")
    return buffer.getvalue()


def lines(*rows: Any) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def packed(row: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(row).encode()).decode()


def captured(*ids: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"instances": [{"amount": number} for number, _ in enumerate(ids)]}
    if len(ids) > 1:
        asked["ids"] = list(ids)
    answered = {"predictions": [{"score": number / 10} for number, _ in enumerate(ids)], "model_version": "7"}
    sides = {"endpointInput": {"data": json.dumps(asked)}, "endpointOutput": {"data": json.dumps(answered)}}
    return {"captureData": sides, "eventMetadata": {"eventId": "x", "inferenceId": ids[0]}}


def event(number: int, customer: str) -> dict[str, Any]:
    return {"event_id": f"e{number}", "customer_id": customer, "terminal_id": "t1", "amount": 1.5}


def truth(event_id: str) -> dict[str, Any]:
    return {"groundTruthData": {"data": "1"}, "eventMetadata": {"eventId": event_id}}


LAKE = {
    "events/dt=2030-01-01/hh=00/a.parquet": parquet(event(1, "c1"), event(2, "c2"), event(3, "c1")),
    "events/dt=2030-01-01/hh=01/own.parquet": parquet(event(4, "c1")),
    "features/dt=2030-01-01/hh=00/a.parquet": parquet(event(1, "c1"), event(2, "c2")),
    "feature-store/customers/a.parquet": parquet({"customer_id": "c1", "n": 2}, {"customer_id": "c2", "n": 1}),
    "training/set/dt=2030-01-01/part-0.parquet": parquet({"event_id": "e1", "x": 1}, {"event_id": "e2", "x": 2}),
    "labels/dt=2030-01-08/a.jsonl": lines(event(1, "c1") | {"fraud": 1}, event(2, "c2") | {"fraud": 0}),
    "ground-truth/2030/01/08/00/a.jsonl": lines(truth("e1"), truth("e2")),
    "capture/endpoint/AllTraffic/2030/01/01/00/a.jsonl": lines(captured("e1"), captured("e2"), captured("e3", "e2")),
    "quarantine/enrichment/dt=2030-01-01/a.jsonl": lines(
        {"reason": "x", "data": packed(event(9, "c1"))}, {"reason": "x", "data": packed(event(9, "c11"))}
    ),
    "errors/events/2030/x": lines({"rawData": packed(event(9, "c1"))}, {"rawData": packed(event(8, "c2"))}),
    "labels-inbox/a.csv.gz": gzip.compress(lines(b"event_id,customer_id,fraud", b"e1,c1,1", b"e2,c2,0")),
    "models/secret.json": lines({"customer_id": "c1"}),
}
PLACES = {
    "events": 3, "features": 1, "feature-store": 1, "training": 1, "labels": 1, "ground-truth": 1, "capture": 2,
    "quarantine": 1, "errors": 1, "labels-inbox": 1, "window state": 2, "feature store": 1,
}  # fmt: skip


@pytest.fixture
def site(deployment: Deployment) -> Deployment:
    """A platform that knows two customers, whose bucket keeps versions."""
    s3 = deployment.s3
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    for key, body in LAKE.items():
        s3.put_object(Bucket="lake", Key=key, Body=b"older")
        s3.put_object(Bucket="lake", Key=key, Body=body)
    for entity, source in (("customer#c1", "events#s"), ("customer#c1", "labels#s"), ("customer#c2", "events#s")):
        item: Any = {"entity": {"S": entity}, "source": {"S": source}, "state": {"B": b"1"}, "folded": {"N": "2"}}
        deployment.dynamodb.put_item(TableName="state", Item=item)
    deployment.__dict__["feature_store"] = FeatureStore()
    outputs = dict(deployment.outputs)
    name = deployment.stack_name("features")
    outputs[name] = {**outputs[name], **GROUPS}
    deployment.__dict__["outputs"] = outputs
    return deployment


def asked(action: str, out: Path, subject: str = "c1", field: str | None = None) -> Options:
    return Options(action=action, usecase="fraud", stage="local", region=None, subject=subject, field=field, out=out)


def everything(site: Deployment) -> dict[str, bytes]:
    """Every version of every object."""
    found = site.s3.list_object_versions(Bucket="lake").get("Versions", [])
    return {
        f"{it['Key']} {it['VersionId']}": site.s3.get_object(Bucket="lake", Key=it["Key"], VersionId=it["VersionId"])[
            "Body"
        ].read()
        for it in found
    }


def current(site: Deployment, key: str) -> bytes:
    return site.s3.get_object(Bucket="lake", Key=key)["Body"].read()


def test_an_export_shows_everything_of_the_person_and_nothing_of_others(site: Deployment, tmp_path: Path) -> None:
    before = everything(site)
    made = walk(site, asked("export", tmp_path))
    assert made["found"] == PLACES
    shown = (tmp_path / "export.json").read_text()
    assert '"c2"' not in shown and "e2" not in shown
    assert [row["event_id"] for row in json.loads(shown)["events"]] == ["e1", "e3", "e4"]
    assert everything(site) == before


def test_an_erasure_leaves_nothing_of_the_person_and_everything_of_others(site: Deployment, tmp_path: Path) -> None:
    made = walk(site, asked("erase", tmp_path))
    assert (made["found"], made["removed"]) == (PLACES, sum(PLACES.values()))
    again = walk(site, asked("erase", tmp_path))
    assert (again["found"], again["removed"], again["objects"]) == ({}, 0, [])
    others = walk(site, asked("export", tmp_path, "c2"))
    assert others["found"]["events"] == others["found"]["labels"] == others["found"]["ground-truth"] == 1
    assert others["found"]["capture"] == 2
    left = [key.partition(" ")[0] for key in everything(site)]
    touched = [it["key"] for it in made["objects"]]
    assert all(left.count(key) <= 1 for key in touched), "an older version stayed"
    assert "events/dt=2030-01-01/hh=01/own.parquet" not in left
    assert [it["entity"]["S"] for it in site.dynamodb.scan(TableName="state")["Items"]] == ["customer#c2"]


def test_a_call_of_many_keeps_the_rows_of_the_others_under_their_own_id(site: Deployment, tmp_path: Path) -> None:
    walk(site, asked("erase", tmp_path))
    body = current(site, "capture/endpoint/AllTraffic/2030/01/01/00/a.jsonl")
    alone, shared = map(json.loads, body.splitlines())
    assert alone == captured("e2")
    sides = shared["captureData"]
    assert json.loads(sides["endpointInput"]["data"]) == {"instances": [{"amount": 1}], "ids": ["e2"]}
    assert json.loads(sides["endpointOutput"]["data"])["predictions"] == [{"score": 0.1}]
    assert shared["eventMetadata"]["inferenceId"] == "e2"


def test_ids_that_only_begin_alike_are_somebody_else(site: Deployment, tmp_path: Path) -> None:
    walk(site, asked("erase", tmp_path))
    (row,) = map(json.loads, current(site, "quarantine/enrichment/dt=2030-01-01/a.jsonl").splitlines())
    assert json.loads(base64.b64decode(row["data"]))["customer_id"] == "c11"
    left = gzip.decompress(current(site, "labels-inbox/a.csv.gz"))
    assert left.splitlines() == [b"event_id,customer_id,fraud", b"e2,c2,0"]


def test_the_receipt_names_nobody(site: Deployment, tmp_path: Path) -> None:
    walk(site, asked("erase", tmp_path))
    text = (tmp_path / "receipt.json").read_text()
    assert '"c1"' not in text
    made = json.loads(text)
    assert all(set(it) == {"key", "removed", "sha256_after"} for it in made["objects"])
    assert made["stays"]


def test_an_erasure_that_was_killed_finds_the_rest(
    site: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, left = Walk._replace, [0]

    def dying(self: Walk, key: str, rest: bytes | None) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        replace(self, key, rest)

    with monkeypatch.context() as patch:
        patch.setattr(Walk, "_replace", dying)
        for calls in (1, 2, 3):
            left[0] = calls
            with pytest.raises(KeyboardInterrupt):
                walk(site, asked("erase", tmp_path))
    walk(site, asked("erase", tmp_path))
    assert walk(site, asked("export", tmp_path))["found"] == {}
    assert all(b'"c1"' not in body for key, body in everything(site).items() if not key.startswith("models/"))


def test_a_hashed_field_is_found_by_the_platforms_own_key(site: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = site.session.client("secretsmanager").create_secret(Name="mask", SecretString="key")["ARN"]
    with Stubber(site.cloudformation) as stub:
        summary = {
            "LogicalResourceId": "MaskKey",
            "ResourceType": "AWS::SecretsManager::Secret",
            "PhysicalResourceId": secret,
            "ResourceStatus": "CREATE_COMPLETE",
            "LastUpdatedTimestamp": "2030-01-01T00:00:00Z",
        }
        stub.add_response("list_stack_resources", {"StackResourceSummaries": [summary]})
        key = _mask_key(site)
    assert key == b"key"
    monkeypatch.setattr("cli.erase.subject._mask_key", lambda _: key)
    patients = Deployment(usecases.load("readmission"), "local", {}, site.session)
    found = subject_of(patients, "R-7", "record_number")
    assert found.values == {"R-7", mask("R-7", b"key")}
    assert found.is_of({"record_number": mask("R-7", b"key")})


def test_the_subject_that_a_use_case_names_is_looked_for_where_no_field_is_given(site: Deployment) -> None:
    fraud = usecases.load("fraud")
    named = replace(fraud, compliance=Compliance(profiles=("gdpr",), subject="terminal_id"))
    assert subject_of(replace(site, usecase=named), "t1", None).field == "terminal_id"
    assert subject_of(replace(site, usecase=fraud), "c1", None).field == "customer_id"


@pytest.mark.parametrize(
    ("subject", "field", "message"),
    [("", None, "--subject: is empty"), ("c1", "colour", "--field: 'colour' is no field of fraud")],
)
def test_wrong_options_are_named(
    site: Deployment, tmp_path: Path, subject: str, field: str | None, message: str
) -> None:
    with pytest.raises(UseCaseError, match=message):
        walk(site, asked("erase", tmp_path, subject, field))


def test_a_field_that_is_no_entitys_key_has_neither_state_nor_records(site: Deployment, tmp_path: Path) -> None:
    made = walk(site, asked("export", tmp_path, "e2", "event_id"))
    assert "window state" not in made["found"]
    assert made["found"]["events"] == 1
