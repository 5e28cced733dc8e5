"""What a run that was stopped has already put on a stream: found there by its bytes."""

import time
from collections import Counter
from datetime import datetime, timedelta

from cli.deployment import Deployment

PAUSE_S = 0.2
"""A shard takes five reads a second, of all its readers together."""
_CLOCKS = timedelta(minutes=5)
_LIMIT = 10_000


def sent_since(deployment: Deployment, stream: str, note: str) -> Counter[bytes]:
    """How often each record was put on a stream since a note was written.

    Args:
        deployment: the platform.
        stream: the stream's name.
        note: key of an object of the lake; when it was written is when the run began.
    """
    client, began = deployment.kinesis, _written(deployment, note) - _CLOCKS
    found: Counter[bytes] = Counter()
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        iterator: str | None = client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="AT_TIMESTAMP", Timestamp=began
        )["ShardIterator"]
        while iterator:
            answer = client.get_records(ShardIterator=iterator, Limit=_LIMIT)
            found.update(it["Data"] for it in answer["Records"])
            if not answer["Records"] and not answer.get("MillisBehindLatest"):
                break
            iterator = answer.get("NextShardIterator")
            time.sleep(PAUSE_S)
    return found


def _written(deployment: Deployment, key: str) -> datetime:
    return deployment.s3.head_object(Bucket=deployment.bucket, Key=key)["LastModified"]
