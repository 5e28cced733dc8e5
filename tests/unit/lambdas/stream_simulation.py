"""Shards, lanes and invocations that run into each other, simulated down to the single call of a store.

Every invocation is a thread of its own that stops before each call of a store; a schedule, drawn by the test, says who
goes on and what happens to the call. So two invocations interleave wherever they can, and a run is repeatable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from simulated_stores import Invocation, Invoke, Stores

from lambdas.shared.stream import Record

ORDERS = (*["ok"] * 28, "before", "after", "throttle", "lose")
"""What may happen to a call: a crash before or after its effect, a refusal, an effect whose answer is lost."""


@dataclass
class Shard:
    """One shard and its lane: the next record to be processed, and the invocation whose answer counts."""

    records: Sequence[Record]
    parents: Sequence["Shard"] = ()
    position: int = 0
    limit: int | None = None
    current: Invocation | None = None

    @property
    def drained(self) -> bool:
        return self.position == len(self.records)

    @property
    def ready(self) -> bool:
        """Whether its next batch may be invoked: a child begins when its parents are drained."""
        return self.current is None and not self.drained and all(parent.drained for parent in self.parents)


@dataclass
class Simulation:
    """The mapping of a stream to the function. When the schedule is used up, all goes well and in order."""

    shards: Sequence[Shard]
    invoke: Invoke
    stores: Stores
    schedule: Iterator[int]
    forgotten: list[Invocation] = field(default_factory=list)
    """Invocations that are taken for dead, and are not."""

    def run(self) -> None:
        """Process every record; then let what was taken for dead finish."""
        for _ in range(50_000):
            for shard in self.shards:
                if shard.ready:
                    self._start(shard)
            alive = [it.current for it in self.shards if it.current is not None] + self.forgotten
            if not alive:
                assert all(shard.drained for shard in self.shards)
                return
            chosen = alive[next(self.schedule, 0) % len(alive)]
            chosen.step(ORDERS[next(self.schedule, 0) % len(ORDERS)])
            self._look_after(chosen)
        raise AssertionError("no progress")

    def _start(self, shard: Shard) -> None:
        most = shard.limit or 1 + next(self.schedule, 4) % 6
        shard.current = Invocation(self.invoke, shard.records[shard.position : shard.position + most], self.stores)

    def _look_after(self, chosen: Invocation) -> None:
        self.forgotten = [it for it in self.forgotten if not it.done]
        for shard in self.shards:
            if shard.current is not chosen:
                continue
            if chosen.done:
                shard.current = None
                self._answered(shard, chosen)
            elif next(self.schedule, 1) % 16 == 0 and len(self.forgotten) < 2:
                shard.current = None  # timed out, as far as the mapping knows; the batch is tried again at once
                self.forgotten.append(chosen)
                self._halve(shard, chosen)

    def _answered(self, shard: Shard, done: Invocation) -> None:
        if done.outcome is None:
            self._halve(shard, done)
            return
        shard.limit = None
        failures = done.outcome.response(done.batch)["batchItemFailures"]
        numbers = [it.sequence_number for it in done.batch]
        shard.position += numbers.index(failures[0]["itemIdentifier"]) if failures else len(numbers)

    def _halve(self, shard: Shard, failed: Invocation) -> None:
        """Try the same batch again, sometimes the half of it."""
        shard.limit = max(1, len(failed.batch) // (1 + next(self.schedule, 0) % 2))
