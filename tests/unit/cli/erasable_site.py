"""A lake and a feature store that know two customers, and one person's walk through them."""

import base64
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cli.deployment import Deployment
from cli.erase.command import Options

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
