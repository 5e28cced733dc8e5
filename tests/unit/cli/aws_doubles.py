"""AWS in memory: an S3 bucket, a DynamoDB table and a Feature Store, whose n-th change can be the last one made.

Only what a backfill calls, with the answers of AWS. A crash comes after its call has taken effect, so that nobody can
tell whether it did.
"""

import hashlib
import io
import threading
from collections.abc import Iterator, Mapping
from typing import Any


class CrashError(Exception):
    """The process ends here."""


class Changes:
    """Counts changes over all services; after ``crash_after`` of them every further one fails too."""

    def __init__(self) -> None:
        self.count = 0
        self.crash_after = 0
        self._lock = threading.Lock()

    def made(self) -> None:
        """Note a change that has taken effect."""
        with self._lock:
            self.count += 1
            if self.crash_after and self.count >= self.crash_after:
                raise CrashError

    def require_running(self) -> None:
        """A process that has ended changes nothing any more."""
        if self.crash_after and self.count >= self.crash_after:
            raise CrashError


class Pages:
    """A paginator with one page."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """The only page."""
        yield self._answer(request)


class Bucket:
    """S3 with one bucket."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, str]:
        """PutObject."""
        assert Bucket == "lake"
        self._changes.require_running()
        self.objects[Key] = Body
        self._changes.made()
        return {"ETag": _etag(Body)}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        """GetObject."""
        assert Bucket == "lake"
        return {"Body": io.BytesIO(self.objects[Key])}

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        """DeleteObject."""
        assert Bucket == "lake"
        self._changes.require_running()
        self.objects.pop(Key, None)
        self._changes.made()

    def get_paginator(self, operation: str) -> Pages:
        """ListObjectsV2."""
        assert operation == "list_objects_v2"
        return Pages(self._list)

    def _list(self, request: dict[str, str]) -> dict[str, Any]:
        found = sorted(it for it in self.objects.items() if it[0].startswith(request["Prefix"]))
        return {"Contents": [{"Key": key, "Size": len(body), "ETag": _etag(body)} for key, body in found]}


class Table:
    """DynamoDB with one table. Every ``busy``-th batch leaves its last item unprocessed.

    ``layouts`` are the items under ``#layouts``, ``register`` those under ``#sources``, ``items`` all others.
    """

    def __init__(self, changes: Changes, *, busy: int = 0) -> None:
        self._changes = changes
        self._busy = busy
        self._batches = 0
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.layouts: dict[str, dict[str, Any]] = {}
        self.register: dict[str, dict[str, Any]] = {}

    def batch_write_item(self, *, RequestItems: Mapping[str, list[Any]]) -> dict[str, Any]:
        """BatchWriteItem."""
        requests = RequestItems["state"]
        assert 0 < len(requests) <= 25
        self._changes.require_running()
        self._batches += 1
        taken = requests[:-1] if self._busy and self._batches % self._busy == 0 else requests
        for request in taken:
            if "PutRequest" in request:
                self._put(request["PutRequest"]["Item"])
            else:
                key = request["DeleteRequest"]["Key"]
                self.items.pop((key["entity"]["S"], key["source"]["S"]), None)
                if key["entity"]["S"] == "#sources":
                    del self.register[key["source"]["S"]]
        self._changes.made()
        return {"UnprocessedItems": {"state": requests[len(taken) :]} if len(taken) < len(requests) else {}}

    def _put(self, item: dict[str, Any]) -> None:
        entity, source = item["entity"]["S"], item["source"]["S"]
        if entity == "#layouts":
            self.layouts[source] = item
        elif entity == "#sources":
            self.register[source] = item
        else:
            self.items[entity, source] = item

    def get_paginator(self, operation: str) -> Pages:
        """Query by partition key, Scan for the sources of a backfill."""
        return Pages({"query": self._query, "scan": self._scan}[operation])

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = request["ExpressionAttributeValues"][":entity"]["S"]
        if wanted == "#sources":
            return {"Items": list(self.register.values())}
        return {"Items": [item for (entity, _), item in sorted(self.items.items()) if entity == wanted]}

    def _scan(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = [value["S"] for value in request["ExpressionAttributeValues"].values()]
        everything = [*sorted(self.items), *(("#sources", source) for source in self.register)]
        keys = [key for key in everything if key[1] in wanted]
        return {"Items": [{"entity": {"S": entity}, "source": {"S": source}} for entity, source in keys]}


class FeatureStore:
    """Groups of records: the newest of each online, every put offline."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self.online: dict[tuple[str, str], dict[str, str]] = {}
        self.offline: list[tuple[str, str, str]] = []

    def put_record(self, *, FeatureGroupName: str, Record: list[dict[str, str]]) -> None:
        """PutRecord: offline always, online only if newer."""
        self._changes.require_running()
        values = {one["FeatureName"]: one["ValueAsString"] for one in Record}
        key = (FeatureGroupName, Record[0]["ValueAsString"])
        if values["event_time"] > self.online.get(key, {"event_time": ""})["event_time"]:
            self.online[key] = values
        self.offline.append((*key, values["event_time"]))
        self._changes.made()

    def batch_get_record(self, *, Identifiers: list[dict[str, Any]]) -> dict[str, Any]:
        """BatchGetRecord of one group, which answers for two records at a time."""
        (wanted,) = Identifiers
        group, names = wanted["FeatureGroupName"], wanted["RecordIdentifiersValueAsString"]
        assert 0 < len(names) <= 100
        found = [name for name in names[:2] if (group, name) in self.online]
        left = [{**wanted, "RecordIdentifiersValueAsString": names[2:]}] if len(names) > 2 else []
        return {
            "Errors": [],
            "UnprocessedIdentifiers": left,
            "Records": [
                {
                    "FeatureGroupName": group,
                    "RecordIdentifierValueAsString": name,
                    "Record": [
                        {"FeatureName": one, "ValueAsString": self.online[group, name][one]}
                        for one in wanted["FeatureNames"]
                    ],
                }
                for name in found
            ],
        }

    def delete_record(self, *, FeatureGroupName: str, RecordIdentifierValueAsString: str, **_: str) -> None:
        """DeleteRecord, hard."""
        self._changes.require_running()
        self.online.pop((FeatureGroupName, RecordIdentifierValueAsString), None)
        self._changes.made()


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
