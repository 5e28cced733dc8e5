"""Invocations as threads that stop before each call of a store, and the stores that they share."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from lambda_fakes import CrashError

from headrace.errors import RetryableError
from lambdas.enrichment.folding import Snapshot
from lambdas.shared.stream import Outcome, Record
from lambdas.shared.window_state import EntityKey, StateWrite, StoredState

Invoke = Callable[[Sequence[Record]], Outcome]


class Invocation:
    """One run of the function over one batch, which goes on only when it is told to."""

    def __init__(self, invoke: Invoke, batch: Sequence[Record], stores: "Stores") -> None:
        self.batch = batch
        self.outcome: Outcome | None = None
        self.done = False
        self.failure: BaseException | None = None
        self._order = "ok"
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(invoke, stores), daemon=True)
        self._thread.start()

    def _run(self, invoke: Invoke, stores: "Stores") -> None:
        self._go.acquire()
        stores.caller.now = self
        try:
            self.outcome = invoke(self.batch)
        except CrashError:
            pass
        except BaseException as exc:  # the test shall see it, whatever it is
            self.failure = exc
        finally:
            self.done = True
            self._stopped.release()

    def step(self, order: str) -> None:
        """Let it make the call that it waits before, and run up to the next."""
        self._order = order
        self._go.release()
        self._stopped.acquire()
        if self.done:
            self._thread.join()
        if self.failure is not None:
            raise self.failure

    def pause(self) -> str:
        """Stop before a call. Returns what is to happen to it."""
        self._stopped.release()
        self._go.acquire()
        return self._order


@dataclass
class Stores:
    """Everything that invocations share."""

    items: dict[tuple[EntityKey, str], StoredState] = field(default_factory=dict)
    rows: list[bytes] = field(default_factory=list)
    puts: list[Snapshot] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    caller: threading.local = field(default_factory=threading.local)

    def call(self, effect: Callable[[], bool]) -> bool:
        """One call. Returns whether the caller is told that it was done."""
        order = self.caller.now.pause()
        if order == "before":
            raise CrashError
        if order == "throttle":
            return False
        done = effect()
        if order == "after":
            raise CrashError
        return done and order != "lose"

    def take(self, effect: Callable[[], None]) -> bool:
        """One call that succeeds unless the schedule says otherwise."""

        def taken() -> bool:
            effect()
            return True

        return self.call(taken)


@dataclass
class Table:
    """The window-state table: an entity is read whole, entities one after the other; items are written one by one."""

    stores: Stores

    def read(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Sequence[StoredState]]:
        found: dict[EntityKey, list[StoredState]] = {}

        def one(key: EntityKey) -> None:
            found[key] = [state for (owner, _), state in self.stores.items.items() if owner == key]

        for key in keys:
            if not self.stores.take(partial(one, key)):
                raise RetryableError("slow down")
        return found

    def write(self, writes: Sequence[StateWrite]) -> set[EntityKey]:
        return {it.key for it in writes if not self.stores.call(partial(self._put, it))}

    def _put(self, write: StateWrite) -> bool:
        place = (write.key, write.source)
        stored = self.stores.items.get(place)
        if (stored.mark if stored else None) != write.read_mark:
            return False
        self.stores.items[place] = StoredState(write.source, write.data, write.mark, write.folded)
        return True


@dataclass
class Log:
    """The feature delivery stream; rows are taken one by one."""

    stores: Stores

    def append(self, rows: Sequence[bytes]) -> set[int]:
        keep = self.stores.rows.append
        return {number for number, row in enumerate(rows) if not self.stores.take(partial(keep, row))}


@dataclass
class Groups:
    """The feature groups; snapshots are taken one by one."""

    stores: Stores

    def put(self, snapshots: Sequence[Snapshot]) -> set[int]:
        keep = self.stores.puts.append
        return {number for number, it in enumerate(snapshots) if not self.stores.take(partial(keep, it))}


@dataclass
class Bucket:
    """The quarantine."""

    stores: Stores

    def put(self, key: str, body: bytes) -> None:
        if not self.stores.take(partial(self.stores.objects.update, {key: body})):
            raise RetryableError("slow down")
