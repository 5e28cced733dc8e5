"""Bring a training set to what is ordered: look at the lake, compute what changed, write the manifest last.

Every file has a record of what it rests on, so a run that was killed goes on after the last file it finished.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.training_set import index as lake_index
from pipelines.training_set import machine, manifest, part, record
from pipelines.training_set.days import iso
from pipelines.training_set.index import Index
from pipelines.training_set.objects import ObjectStore
from pipelines.training_set.order import Order
from pipelines.training_set.plan import Plan, plan
from pipelines.training_set.record import Basis, Record

Report = Callable[[int, int, str], None]
"""Called with (days done, days to do, what happened)."""


class Engine(Protocol):
    """Computes days and writes their files through ``part.write``."""

    def __call__(
        self, store: ObjectStore, order: Order, index: Index, bases: Mapping[int, Basis], days: Sequence[int]
    ) -> Iterator[Record]:
        """Yield a record per file written; a day's file without rows may be left out."""


@dataclass(frozen=True)
class Built:
    """What a run did: the manifest, why each computed date was computed, and which objects went."""

    manifest: Mapping[str, Any]
    computed: Mapping[str, Sequence[str]]
    removed: Sequence[str]

    def summary(self) -> dict[str, Any]:
        """What people and state machines want to know of a run."""
        kept = len(self.manifest["dates"]) - len(self.computed)
        counts = {name: self.manifest[name] for name in ("set", "since", "until", "rows", "positives")}
        return {**counts, "kept": kept, "computed": dict(self.computed), "removed": list(self.removed)}


def silent(_done: int, _total: int, _what: str) -> None:
    """Report to nobody."""


def build(store: ObjectStore, order: Order, *, engine: Engine = machine.compute, report: Report = silent) -> Built:
    """Bring a training set to what is ordered.

    Args:
        store: the lake; the set lies in it under ``training/{name}/``.
        order: what the set should be.
        engine: what computes; one machine by default.
        report: told of every file.

    Returns:
        What was done; the second run of one order over one lake does nothing.

    Raises:
        LakeError: if the lake holds something that is no event or label, or cannot be read or written.
    """
    index = lake_index.look(store, order)
    kept = record.load(store, order)
    todo = plan(order, index, kept)
    fresh = _computed(store, order, engine(store, order, index, todo.bases, sorted(todo.reasons)), todo, report)
    for key in todo.leftovers:
        store.delete(key)
    records = {day: fresh[day] if day in todo.reasons else kept.whole(order, day) for day in order.days}
    content = manifest.document(order, index, records)
    manifest.write(store, order, content)
    return Built(content, {iso(day): why for day, why in todo.reasons.items()}, todo.leftovers)


def _computed(
    store: ObjectStore, order: Order, written: Iterator[Record], todo: Plan, report: Report
) -> dict[int, list[Record]]:
    """Take in the engine's records, and see to the files that have no rows."""
    fresh: dict[int, dict[int, Record]] = defaultdict(dict)
    days = {iso(day): day for day in todo.reasons}
    for it in written:
        fresh[days[it.date]][it.part] = it
        report(sum(len(parts) == order.parts for parts in fresh.values()), len(days), f"{it.date}: {it.rows:,} rows")
    for day in days.values():
        for number in range(order.parts):
            if number not in fresh[day]:
                nothing = part.empty(order.usecase)
                fresh[day][number] = part.write(store, order, nothing, day=day, part=number, basis=todo.bases[day])
    return {day: [parts[number] for number in sorted(parts)] for day, parts in fresh.items()}
