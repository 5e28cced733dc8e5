"""Warm Lambda workers: kept per function until its code or settings change, one more for every concurrent execution."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.emulator.lambda_process import Call, Launch, Outcome, Worker

_END_GRACE_S = 2.0


@dataclass
class _Pool:
    launch: Launch
    idle: list[Worker] = field(default_factory=list)


class Workers:
    """The warm workers of every function."""

    def __init__(self) -> None:
        self._pools: dict[str, _Pool] = {}
        self._all: set[Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    def invoke(self, launch: Launch, call: Call) -> Outcome:
        """Run ``call`` on a warm worker of ``launch.function``, or on a new one when none is free."""
        worker = self._take(launch)
        try:
            return worker.invoke(call)
        finally:
            self._give_back(worker)

    def discard(self, function: str) -> None:
        """End the workers of one function."""
        with self._lock:
            pool = self._pools.pop(function, None)
        self._end(pool.idle if pool else [])

    def close(self) -> None:
        """End every worker; later invocations are refused."""
        with self._lock:
            self._closed = True
            workers = list(self._all)
            self._pools.clear()
        self._end(workers)

    def __len__(self) -> int:
        """How many worker processes there are."""
        return len(self._all)

    def _take(self, launch: Launch) -> Worker:
        stale: list[Worker] = []
        with self._lock:
            if self._closed:
                raise RuntimeError("the emulator is stopping")
            pool = self._pools.setdefault(launch.function, _Pool(launch))
            if pool.launch != launch:
                stale, self._pools[launch.function] = pool.idle, _Pool(launch)
                pool = self._pools[launch.function]
            worker = pool.idle.pop() if pool.idle else Worker(launch)
            self._all.add(worker)
        self._end(stale)
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            pool = self._pools.get(worker.launch.function)
            if pool and pool.launch == worker.launch and worker.alive and not self._closed:
                pool.idle.append(worker)
                return
        self._end([worker])

    def _end(self, workers: Sequence[Worker]) -> None:
        for worker in workers:
            worker.signal()
        deadline = time.monotonic() + _END_GRACE_S
        for worker in workers:
            worker.collect(deadline)
        with self._lock:
            self._all.difference_update(workers)
