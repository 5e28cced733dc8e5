"""The walk through every store: what is a person's is gathered, and on demand taken away.

What knows an event only by its id is worked off before what tells whose event it is. So an erasure that was stopped
finds everything again when it is run again.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.deployment import Deployment
from cli.erase import event_files, look_ups, stores
from cli.erase.content import Split, split
from cli.erase.subject import Subject
from cli.plan import Report
from pipelines.training_set.bucket import Bucket

BY_ID = ("capture/", "ground-truth/", "training/", "predictions/", "batch/", "asynchronous/")
BY_PERSON = (
    "feature-store/",
    "lookups-inbox/",
    "lookups/",
    "events-inbox/",
    "labels-inbox/",
    "quarantine/",
    "errors/",
    "labels/",
    "features/",
    "events/",
)
"""Last the events: they say which ids are the person's."""
ENDINGS = (".parquet", ".avro", ".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".json", ".json.gz", ".out")
OUTSIDE = "errors/"
"""Firehose's own names have no ending."""


@dataclass
class Findings:
    """What there was. ``content`` is the person's data by place; the rest names nobody."""

    content: dict[str, list[Any]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    objects: list[dict[str, Any]] = field(default_factory=list)

    def add(self, place: str, found: list[Any]) -> None:
        """Take what was found at a place."""
        if found:
            self.content.setdefault(place, []).extend(found)
            self.counts[place] += len(found)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One walk. ``erase`` takes away what it finds."""

    deployment: Deployment
    subject: Subject
    report: Report
    erase: bool

    def run(self) -> Findings:
        """Go everywhere. Raises LakeError if the lake refuses, ClientError if another store does."""
        found = Findings()
        self._learn_events()
        for folder in (*BY_ID, *BY_PERSON):
            self.report(0, 0, folder)
            for key in self._keys(folder):
                self._object(folder.rstrip("/"), key, found)
        self._stores(found)
        return found

    def _stores(self, found: Findings) -> None:
        items = stores.state_items(self.deployment, self.subject)
        online = stores.records(self.deployment, self.subject)
        readings = look_ups.items(self.deployment, self.subject)
        found.add("window state", items)
        found.add("feature store", online)
        found.add("look-ups", readings)
        if self.erase:
            stores.forget_state(self.deployment, items)
            stores.forget_records(self.deployment, self.subject, online)
            look_ups.forget(self.deployment, readings)

    def _learn_events(self) -> None:
        """Which events are the person's, from whatever names both."""
        name = self.deployment.usecase.event.id
        for folder in ("events/", "features/", "labels/"):
            for key in self._keys(folder):
                for row in self._split(key).found:
                    if isinstance(row, dict) and row.get(name) is not None:
                        self.subject.events.add(str(row[name]))

    def _object(self, place: str, key: str, found: Findings) -> None:
        parted = self._split(key)
        if not parted.found:
            return
        found.add(place, parted.found)
        if self.erase:
            if key.startswith(event_files.FOLDER):
                event_files.require_read(self.deployment.s3, self.deployment.bucket, key)
            self._replace(key, parted.rest)
            digest = hashlib.sha256(parted.rest).hexdigest() if parted.rest is not None else None
            found.objects.append({"key": key, "removed": len(parted.found), "sha256_after": digest})

    def _replace(self, key: str, rest: bytes | None) -> None:
        """Put the object without the person's part, and delete what the bucket keeps of it as it was."""
        client, bucket = self.deployment.s3, self.deployment.bucket
        if rest is not None:
            client.put_object(Bucket=bucket, Key=key, Body=rest)
        else:
            client.delete_object(Bucket=bucket, Key=key)
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for it in page.get("Versions", []):
                if it["Key"] == key and not (it["IsLatest"] and rest is not None):
                    client.delete_object(Bucket=bucket, Key=key, VersionId=it["VersionId"])

    def _split(self, key: str) -> Split:
        body = self._store.open(key).read()
        if key.startswith(event_files.FOLDER):
            return Split(event_files.found_in(key, body, self.subject))
        return split(key, body, self.subject, event_id=self.deployment.usecase.event.id)

    def _keys(self, folder: str) -> Iterator[str]:
        for it in list(self._store.objects(folder)):
            if it.size and (folder == OUTSIDE or it.key.endswith(ENDINGS)):
                yield it.key

    @property
    def _store(self) -> Bucket:
        return Bucket(self.deployment.bucket, self.deployment.s3)
