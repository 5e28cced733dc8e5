"""How far a backfill has come: an object of the lake that outlives a crash.

Every part of a backfill writes the same objects, items and records however often it runs; the checkpoint saves the
work. So it may lag behind what was written, and never runs ahead of it.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from headrace.errors import HeadraceError
from pipelines.training_set import ObjectStore

FOLDER = "backfill/"
VERSION = 2
SAVE_EVERY_S = 1.0


class OtherHistoryError(HeadraceError):
    """The stage holds another history."""


@dataclass
class Checkpoint:
    """The parts of one backfill that are done.

    Attributes:
        store: the lake.
        digest: names the history.
        at: where the history ends, in epoch seconds.
        started_at: when it first began: what is written does not depend on which run wrote it.
        done: names of parts.
        result: what was written in the end; None while there is something to do.
        resumed: whether an earlier run left it.
    """

    store: ObjectStore
    digest: str
    at: int
    started_at: int
    done: set[str] = field(default_factory=set)
    result: dict[str, Any] | None = None
    resumed: bool = False
    _saved_at: float = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[bool]:
        """Do a part: the context's value says whether there is anything to do. Leaving it in order marks it done."""
        if name in self.done:
            yield False
            return
        yield True
        self.done.add(name)
        if time.monotonic() - self._saved_at >= SAVE_EVERY_S:
            self.save()

    def conclude(self, result: dict[str, Any]) -> None:
        """Note that all is done, and what that was."""
        self.result = result
        self.save()

    def save(self) -> None:
        """Write it down."""
        document = {
            "version": VERSION,
            "at": self.at,
            "started_at": self.started_at,
            "done": sorted(self.done),
            "result": self.result,
        }
        self.store.write(f"{FOLDER}{self.digest}.json", json.dumps(document).encode())
        self._saved_at = time.monotonic()


def begin(store: ObjectStore, digest: str, *, at: int, now: int) -> Checkpoint:
    """A new checkpoint, saved."""
    fresh = Checkpoint(store, digest, at, started_at=now)
    fresh.save()
    return fresh


def every(store: ObjectStore) -> Iterator[Checkpoint]:
    """The checkpoints that earlier runs left in a lake."""
    for it in list(store.objects(FOLDER)):
        digest = it.key.removeprefix(FOLDER).removesuffix(".json")
        with store.open(it.key) as stream:
            document = json.load(stream)
        readable = document["version"] == VERSION  # what another version has done is done again
        yield Checkpoint(
            store,
            digest,
            document["at"],
            document["started_at"],
            done=set(document["done"]) if readable else set(),
            result=document["result"] if readable else None,
            resumed=True,
        )


def earlier(store: ObjectStore, digest: str) -> Checkpoint | None:
    """The checkpoint of an earlier run with the history of this digest, if there was one.

    Raises:
        OtherHistoryError: if there was one with another history: two would mix in the stage.
    """
    found = None
    for it in every(store):
        if it.digest == digest:
            found = it
        else:
            state = "holds" if it.result is not None else "holds a part of"
            raise OtherHistoryError(
                f"the stage {state} another history (backfill {it.digest}, up to {pd.Timestamp(it.at, unit='s')}): "
                "give the same files, --map, --until and use case to go on with it, or --replace to remove it first"
            )
    return found
