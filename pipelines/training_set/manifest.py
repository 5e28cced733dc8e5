"""The manifest of a training set: written last, it says what every date holds and what that rests on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.training_set import code
from pipelines.training_set.days import iso
from pipelines.training_set.index import Index, Summary
from pipelines.training_set.objects import ObjectStore
from pipelines.training_set.order import Order
from pipelines.training_set.record import Record, file_key

FILE = "manifest.json"
_VERSION = 1


def document(order: Order, index: Index, records: Mapping[int, Sequence[Record]]) -> dict[str, Any]:
    """The manifest: the same for equal inputs, whichever engine computed and however many runs it took."""
    dates = [_date(order, index, day, records[day]) for day in order.days]
    return {
        "version": _VERSION,
        "set": order.name,
        "usecase": order.usecase.name,
        "since": iso(order.since),
        "until": iso(order.until),
        "labels_until": order.labels_until,
        "features": {"fingerprint": order.fingerprint, "names": list(order.usecase.feature_names)},
        "code": code.version(),
        "rows": sum(it["rows"] for it in dates),
        "positives": sum(it["positives"] for it in dates),
        "dates": dates,
    }


def write(store: ObjectStore, order: Order, content: Mapping[str, Any]) -> None:
    """Put the manifest, in place of an older one."""
    store.write(f"{order.prefix}{FILE}", json.dumps(content, indent=1).encode())


def _date(order: Order, index: Index, day: int, records: Sequence[Record]) -> dict[str, Any]:
    basis = records[0].basis
    return {
        "date": iso(day),
        "rows": sum(it.rows for it in records),
        "positives": sum(it.positives for it in records),
        "files": [
            {
                "file": file_key(order, day, it.part).removeprefix(order.prefix),
                "rows": it.rows,
                "positives": it.positives,
                "bytes": it.size,
                "sha256": it.sha256,
            }
            for it in records
            if it.rows
        ],
        "inputs": {
            "events": _inputs(index.events, basis.events, day, order.events_back),
            "labels": _inputs(index.labels, basis.labels, day, order.labels_back),
        },
        "features": basis.features,
        "code": basis.code,
        "labels_until": order.labels_until,
    }


def _inputs(summaries: Sequence[Summary], digests: Mapping[str, str], day: int, back: int) -> dict[str, Any]:
    """The objects that hold records of the days which the date looks at: how many, how large, and a digest over all."""
    own = [it for it in summaries if any(day - back <= held <= day for held in it.days)]
    digest = hashlib.blake2b(json.dumps(dict(digests), sort_keys=True).encode(), digest_size=16)
    return {"objects": len(own), "bytes": sum(it.size for it in own), "digest": digest.hexdigest()}
