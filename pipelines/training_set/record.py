"""What is kept of each file of a training set: what it rests on and what it holds. Without it a file is not done."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from pipelines.training_set.days import iso
from pipelines.training_set.index import READERS
from pipelines.training_set.objects import ObjectStore, StoredObject
from pipelines.training_set.order import Order

_VERSION = 1
_FOLDER = "_records/"


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What one day's rows rest on.

    Attributes:
        features: digest of the use case's features.
        code: digest of the code that computes them.
        events: digest of the objects that hold events, by day of the events (ISO).
        labels: digest of the objects that hold labels known in time, by day of the labelled events (ISO).
    """

    features: str
    code: str
    events: Mapping[str, str]
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One file: its day and number, its basis, its rows, and the object. Without rows there is no object."""

    date: str
    part: int
    basis: Basis
    rows: int = 0
    positives: int = 0
    size: int = 0
    etag: str = ""
    sha256: str = ""


def file_key(order: Order, day: int, part: int) -> str:
    """The key of a day's file."""
    return f"{order.prefix}dt={iso(day)}/part-{part}.parquet"


def keep(store: ObjectStore, order: Order, record: Record) -> None:
    """Write a file's record; call it once the file is there."""
    body = json.dumps({"version": _VERSION, **asdict(record)}, separators=(",", ":"), sort_keys=True)
    store.write(f"{order.prefix}{_FOLDER}dt={record.date}/part-{record.part}.json", body.encode())


@dataclass(frozen=True)
class Kept:
    """What is there of a training set: its files and its records by key, and the records by day and part."""

    objects: Mapping[str, StoredObject]
    records: Mapping[tuple[str, int], Record]

    def whole(self, order: Order, day: int) -> Sequence[Record]:
        """The records of a day if all of them and their files are there as they were written, else none."""
        found = [self.records.get((iso(day), part)) for part in range(order.parts)]
        records = [it for it in found if it is not None]
        intact = all(self._intact(it, file_key(order, day, it.part)) for it in records)
        return records if intact and len(records) == order.parts else []

    def _intact(self, record: Record, key: str) -> bool:
        lies = self.objects.get(key)
        if lies is None:
            return not record.sha256
        return (lies.size, lies.etag) == (record.size, record.etag)


def load(store: ObjectStore, order: Order) -> Kept:
    """Everything that is there of a training set."""
    objects = {it.key: it for it in store.objects(order.prefix)}
    keys = [key for key in objects if key.startswith(f"{order.prefix}{_FOLDER}") and key.endswith(".json")]
    with ThreadPoolExecutor(READERS) as pool:
        found = [it for it in pool.map(lambda key: _read(store, key), keys) if it is not None]
    return Kept(objects, {(it.date, it.part): it for it in found})


def _read(store: ObjectStore, key: str) -> Record | None:
    with store.open(key) as stream:
        document = json.load(stream)
    if document.pop("version") != _VERSION:
        return None
    return Record(**{**document, "basis": Basis(**document["basis"])})
