"""Records that the lake does not have yet, from the stream itself: a delivery buffers for minutes.

So a key that is folded every second can be rebuilt up to its last record, without waiting for it to fall silent.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cli.rebuild.rows import Group, Row
from headrace.errors import RejectedError
from lambdas.shared.stream import NO_MARK, Record

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

LIMIT = 10_000
PAUSE_S = 0.2
"""A shard takes five reads a second, of all its readers together."""

Parse = Callable[[Record], tuple[Any, Mapping[str, str]]]
"""Reads a record: what it holds, and its key by entity. Raises RejectedError."""


class StreamTail:
    """The end of a stream, read as far as it is asked for."""

    def __init__(self, client: "KinesisClient", stream: str, parse: Parse, *, since: Mapping[str, float]) -> None:
        """Args: ``since`` says per shard from when on (epoch seconds); other shards are read from their beginning."""
        self._client = client
        self._stream = stream
        self._parse = parse
        self._since = since
        self._iterators: dict[str, str | None] = {}
        self._read_to: dict[str, str] = {}
        self._rows: dict[tuple[str, Group], list[Row]] = defaultdict(list)
        self._asked_at = 0.0

    def rows(self, entity: str, group: Group, *, until: str) -> list[Row]:
        """The rows of an entity's key and shard up to a mark, in the shard's order, as far as they were read.

        Args:
            entity: the entity's name.
            group: its key and the shard.
            until: the mark of a record that is in the stream or was.
        """
        self._read_until(group[1], until)
        return [row for row in self._rows.get((entity, group), ()) if row.mark <= until]

    def _read_until(self, shard: str, mark: str) -> None:
        while self._read_to.get(shard, NO_MARK) < mark:
            if shard not in self._iterators:
                self._iterators[shard] = self._begin(shard)
            iterator = self._iterators[shard]
            if iterator is None or not self._read(shard, iterator):
                return

    def _read(self, shard: str, iterator: str) -> bool:
        """One call. Returns whether there may be more."""
        time.sleep(max(0.0, self._asked_at + PAUSE_S - time.monotonic()))
        self._asked_at = time.monotonic()
        try:
            answer = self._client.get_records(ShardIterator=iterator, Limit=LIMIT)
        except self._client.exceptions.ExpiredIteratorException:
            self._iterators[shard] = self._begin(shard)
            return True
        self._iterators[shard] = answer.get("NextShardIterator")
        for record in answer["Records"]:
            arrived_at = record["ApproximateArrivalTimestamp"].timestamp()
            self._take(Record(shard, record["SequenceNumber"], arrived_at, record["Data"]))
        return bool(answer["Records"] or answer.get("MillisBehindLatest"))

    def _begin(self, shard: str) -> str | None:
        where: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard in self._read_to:
            number = self._read_to[shard].lstrip("0")
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": number}
        elif shard in self._since:
            where = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": self._since[shard]}
        try:
            answer = self._client.get_shard_iterator(StreamName=self._stream, ShardId=shard, **where)
        except self._client.exceptions.ResourceNotFoundException:
            return None  # a shard of before a reshard, whose records have all left the stream
        return answer["ShardIterator"]

    def _take(self, record: Record) -> None:
        self._read_to[record.shard_id] = record.mark
        try:
            found, keys = self._parse(record)
        except RejectedError:
            return
        row = Row(record.mark, record.arrived_at, found)
        for entity, key in keys.items():
            self._rows[entity, (key, record.shard_id)].append(row)
