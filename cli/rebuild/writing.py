"""``headrace rebuild``: window state made again from the lake, while the stream goes on.

Every item is folded anew from the records of its shard, up to the record that the item itself has come to, and written
on the condition that nothing has been folded meanwhile. So it can be stopped and run again at any time.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

from cli.deployment import Deployment
from cli.plan import Report
from cli.rebuild.items import Inventory, Place, take_inventory
from cli.rebuild.rows import BACKFILL
from cli.rebuild.sources import EntityRecords, Records, read_events, read_labels
from cli.rebuild.state import Remaking
from cli.rebuild.terms import Rebuilt, Scope
from headrace.features import FeatureSet
from headrace.usecase import Source
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.state_reader import StateReader
from lambdas.shared.state_writer import StateWriter
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StateWrite, StoredState, kept_s, source_of

CALLS = 4
"""Calls to the state table in flight at once."""
KEYS_AT_ONCE = 100
ATTEMPTS = 25
"""How often an item is tried that something is folded into at the same time."""


def rebuild(deployment: Deployment, scope: Scope, report: Report) -> Rebuilt:
    """Make window state again from the lake, and write what differs.

    Args:
        deployment: the platform; its functions may be at work.
        scope: which items.
        report: called while it works.

    Returns:
        Counts.

    Raises:
        LakeError: if an object of the lake cannot be read.
        RetryableError: if the table keeps refusing.
        DependencyError: if AWS refuses for good.
    """
    with ThreadPoolExecutor(CALLS) as executor:
        return _Rebuild.begin(deployment, scope, executor, report).run()


@dataclass(frozen=True, kw_only=True)
class _Rebuild:
    deployment: Deployment
    scope: Scope
    features: FeatureSet
    reader: StateReader
    writer: StateWriter
    inventory: Inventory
    report: Report
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def begin(cls, deployment: Deployment, scope: Scope, executor: ThreadPoolExecutor, report: Report) -> Self:
        """Look at what is stored."""
        usecase, table, client = deployment.usecase, deployment.state_table, deployment.dynamodb
        features = FeatureSet(usecase)
        layouts = Layouts(client, table, own=layouts_of(features))
        report(0, 0, "looking at the state table")
        return cls(
            deployment=deployment,
            scope=scope,
            features=features,
            reader=StateReader(client, table, usecase=usecase, executor=executor, layouts=layouts),
            writer=StateWriter(client, table, executor=executor, layouts=layouts),
            inventory=take_inventory(client, table, features, layouts),
            report=report,
        )

    def run(self) -> Rebuilt:
        """Make everything in scope again, entity by entity."""
        reads: dict[Source, Callable[[Deployment, int], Records]] = {"events": read_events, "labels": read_labels}
        for kind, read in reads.items():
            names = [name for name in self.features.entities(kind) if self.scope.entity in (None, name)]
            places: list[Place] = [(name, kind) for name in names]
            if places:
                self.report(0, 0, f"reading {kind} from the lake")
                records = read(self.deployment, min(map(self._needed_from, places)))
                for place in places:
                    self._entity(place, records)
        verdicts = ("rebuilt", "created", "unchanged", "incomplete", "contested")
        return Rebuilt(
            partial=self.inventory.partial,
            damaged=self.inventory.damaged,
            **{verdict: self.counts[verdict] for verdict in verdicts},
        )

    def _needed_from(self, place: Place) -> int:
        return self.inventory.needed_from(place, self.features.layout(*place).retention_s)

    def _entity(self, place: Place, records: Records) -> None:
        rows = records.of(place[0])
        keys = {source: set(known) for source, known in self.inventory.keys.get(place, {}).items()}
        for key, shard in rows.groups():
            keys.setdefault(source_of(place[1], shard), set()).add(key)
        total, done = sum(map(len, keys.values())), 0
        for source in sorted(keys):
            wanted = sorted(key for key in keys[source] if self.scope.takes(key))
            for chunk in _chunks(wanted):
                self._chunk(place, source, chunk, rows)
                done += len(chunk)
                self.report(done, total, f"{place[0]} {place[1]}: {dict(self.counts)}")

    def _chunk(self, place: Place, source: str, keys: list[str], rows: EntityRecords) -> None:
        layout, shard = self.features.layout(*place), source.partition("#")[2]
        work = {
            EntityKey(place[0], key): Remaking(
                features=self.features,
                layout=layout,
                key=EntityKey(place[0], key),
                source=source,
                fetch=rows.fetch((key, shard)),
                oldest=self.inventory.newest - layout.retention_s,
                expires_at=self._expiry(shard),
            )
            for key in keys
        }
        for _ in range(ATTEMPTS):
            stored = self.reader.read_own(work, source)
            attempts = [(key, self._attempt(it, stored.get(key))) for key, it in work.items()]
            lost = self._settle(attempts)
            work = {key: it for key, it in work.items() if key in lost}
            if not work:
                return
        self.counts["contested"] += len(work)

    def _expiry(self, shard: str) -> Callable[[float], int]:
        """From a last record's arrival to when its item may disappear. History is kept from now on."""
        lifetime, now = kept_s(self.deployment.usecase), time.time()
        return lambda arrived_at: int(now if shard == BACKFILL else arrived_at) + lifetime

    def _attempt(self, it: Remaking, stored: StoredState | None) -> StateWrite | str:
        backfilled = it.source.endswith(BACKFILL)
        until = NO_MARK if backfilled else self.inventory.marks.get(it.source, "")
        return it.attempt(stored, until=until)

    def _settle(self, attempts: Iterable[tuple[EntityKey, StateWrite | str]]) -> set[EntityKey]:
        """Write what is to be written and count what is settled. Returns the keys that lost a race."""
        writes = []
        for _, it in attempts:
            if isinstance(it, StateWrite):
                writes.append(it)
            else:
                self.counts[it] += 1
        lost = set(self.writer.write(writes))
        for write in writes:
            if write.key not in lost:
                self.counts["created" if write.read_mark is None else "rebuilt"] += 1
        return lost


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]
