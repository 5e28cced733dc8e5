"""Which days' events and labels each object of the lake holds: arrival partitions say nothing about event time.

An object is looked into once; what was found is kept beside the training set, under the object's etag.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
import pyarrow.compute as pc

from pipelines.training_set import records
from pipelines.training_set.columns import ARRIVED
from pipelines.training_set.days import DAY_S, iso
from pipelines.training_set.objects import ObjectStore, StoredObject
from pipelines.training_set.order import Order

FILE = "_index.json"
READERS = 8
_AT_ONCE = 256
"""So many objects are asked for at a time: what waits for an answer takes ten times the memory of the answer."""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Summary:
    """One object: how many of its records belong to which day, and when the first and last of them arrived (ms)."""

    key: str
    size: int
    etag: str
    days: Mapping[int, int]
    first_ms: int = 0
    last_ms: int = 0


@dataclass(frozen=True)
class Index:
    """The objects that hold events and labels of a training set and its windows, each ascending by key."""

    events: Sequence[Summary]
    labels: Sequence[Summary]


def look(store: ObjectStore, order: Order) -> Index:
    """List the lake's partitions within reach, look into what is new there, and keep what was found.

    Raises:
        LakeError: if an object cannot be read.
    """
    known = _load(store, order)
    with ThreadPoolExecutor(READERS) as pool:

        def summaries(
            folder: str, arrivals: range, ending: str, look_into: Callable[[StoredObject], Summary]
        ) -> list[Summary]:
            listed = chain.from_iterable(store.objects(f"{folder}/dt={iso(day)}/") for day in arrivals)
            wanted = (it for it in listed if it.key.endswith(ending) and it.size)
            found: list[Summary] = []
            while some := list(islice(wanted, _AT_ONCE)):
                found += pool.map(lambda it: known.get((it.key, it.etag)) or look_into(it), some)
            return found

        events = summaries("events", order.event_arrivals(), ".parquet", lambda it: _of_events(store, order, it))
        labels = summaries("labels", order.label_arrivals(), ".jsonl", lambda it: _of_labels(store, order, it))
    index = Index(events, labels)
    if {(it.key, it.etag) for it in chain(events, labels)} != known.keys():
        keep(store, order, index)
    return index


def keep(store: ObjectStore, order: Order, index: Index) -> None:
    """Write down what objects hold, so that ``look`` need not look into them."""
    store.write(f"{order.prefix}{FILE}", json.dumps(_document(index), separators=(",", ":")).encode())


def holding(summaries: Iterable[Summary], first: int, last: int) -> Iterator[Summary]:
    """The objects that hold a record of a day in [first, last]."""
    return (it for it in summaries if any(first <= day <= last for day in it.days))


def _of_events(store: ObjectStore, order: Order, it: StoredObject) -> Summary:
    return Summary(it.key, it.size, it.etag, _counted(records.event_times(store, it.key, order.usecase)))


def _of_labels(store: ObjectStore, order: Order, it: StoredObject) -> Summary:
    table = records.read_labels(store, it.key, order.usecase)
    arrived = pc.min_max(table.column(ARRIVED)).as_py()
    times = table.column(order.usecase.event.timestamp).to_numpy()
    return Summary(it.key, it.size, it.etag, _counted(times), arrived["min"] or 0, arrived["max"] or 0)


def _counted(times: np.ndarray) -> dict[int, int]:
    days, counts = np.unique(times // DAY_S, return_counts=True)
    return dict(zip(days.tolist(), counts.tolist(), strict=True))


def _load(store: ObjectStore, order: Order) -> dict[tuple[str, str], Summary]:
    if not any(it.key == f"{order.prefix}{FILE}" for it in store.objects(order.prefix)):
        return {}
    with store.open(f"{order.prefix}{FILE}") as stream:
        document = json.load(stream)
    if document["version"] != _VERSION:
        return {}
    found = (
        Summary(key, size, etag, {int(day): count for day, count in days.items()}, first, last)
        for key, size, etag, days, first, last in document["objects"]
    )
    return {(it.key, it.etag): it for it in found}


def _document(index: Index) -> dict[str, object]:
    objects = [
        [it.key, it.size, it.etag, dict(it.days), it.first_ms, it.last_ms] for it in chain(index.events, index.labels)
    ]
    return {"version": _VERSION, "objects": objects}
