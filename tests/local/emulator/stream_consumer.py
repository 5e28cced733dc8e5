"""A function that records what it is given of a stream."""

import json
from typing import Any

from local_account import Account, until

# Keeps every event it gets under seen/, then answers as the records themselves ask for.
RECORDER = """
import base64, json, os, time, boto3
s3 = boto3.client("s3")

def handler(event, context):
    records = event["Records"]
    data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in records]
    body = json.dumps({"event": event, "data": data})
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"seen/{time.time_ns()}", Body=body)
    if any(d.startswith("raise") for d in data):
        raise RuntimeError("asked to fail")
    bad = [r["kinesis"]["sequenceNumber"] for r, d in zip(records, data) if d.startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}
"""


class Consumer:
    """A stream with a recording function on it."""

    def __init__(self, account: Account, *, shards: int = 1, **mapping: Any) -> None:
        self._account = account
        self.bucket = account.bucket()
        self.stream, self.stream_arn = account.stream(shards)
        self.function_arn = account.function(RECORDER, BUCKET=self.bucket)
        self.uuid = ""
        if mapping.pop("connect", True):
            self.connect(**mapping)

    def connect(self, **mapping: Any) -> None:
        """Create the mapping."""
        options = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100, **mapping}
        created = self._account.client("lambda").create_event_source_mapping(
            FunctionName=self.function_arn, EventSourceArn=self.stream_arn, **options
        )
        self.uuid = created["UUID"]

    def put(self, *data: str, key: str = "k") -> list[str]:
        """Write records in one call; returns their sequence numbers."""
        answer = self._account.client("kinesis").put_records(
            StreamName=self.stream, Records=[{"Data": item.encode(), "PartitionKey": key} for item in data]
        )
        return [record["SequenceNumber"] for record in answer["Records"]]

    def batches(self) -> list[list[str]]:
        """The data of every invocation so far, in order."""
        return [json.loads(body)["data"] for body in self._account.objects(self.bucket, "seen/").values()]

    def events(self) -> list[dict[str, Any]]:
        """Every event so far, in order."""
        return [json.loads(body)["event"] for body in self._account.objects(self.bucket, "seen/").values()]

    def lag(self) -> int:
        """Records of this mapping's shards that are not done."""
        name = self.function_arn.rpartition(":")[2]
        shards = self._account.loop.idle()["event_source_mappings"]["shards"]
        mine = [shard for shard in shards if shard["function"] == name]
        return sum(shard["lag"] for shard in mine) if mine else -1

    def drained(self) -> None:
        """Wait until nothing is left to do."""
        until(lambda: self.lag() == 0)
