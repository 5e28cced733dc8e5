"""Several machines that train one model: what they tell each other, and how the job ends for all of them.

They have met by name (``rendezvous``) and then join by XGBoost's own collective, whose tracker runs on the first of
them; it grows the same trees on all of them, from histograms summed over all shares. A machine that is lost ends the
job with a reason: within seconds where its connections close, else after the timeout.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from xgboost import collective
from xgboost.core import XGBoostError
from xgboost.tracker import RabitTracker

from pipelines.jobs.hosts import Hosts
from pipelines.jobs.rendezvous import meet

_MOST_CHARACTERS = 400
_GRACE_S = 2
"""XGBoost may notice before the connection's end is heard, and cannot say who it was."""
_ABANDONED: list[RabitTracker] = []
"""Of jobs that have ended; one that nobody parted from would be waited for when it is forgotten."""
Anything = TypeVar("Anything")


@dataclass(frozen=True, kw_only=True)
class Group:
    """What the machines tell each other while they are joined. Of one machine alone everything is its own.

    Each call is made on all of them, in the same order, or they wait for each other.
    """

    hosts: Hosts = field(default_factory=Hosts)

    @property
    def alone(self) -> bool:
        """Whether there is one machine only."""
        return self.hosts.alone

    def total(self, numbers: np.ndarray) -> np.ndarray:
        """The sum over all machines, number by number."""
        return numbers if self.alone else collective.allreduce(numbers, collective.Op.SUM)

    def most(self, numbers: np.ndarray) -> np.ndarray:
        """The largest over all machines, number by number."""
        return numbers if self.alone else collective.allreduce(numbers, collective.Op.MAX)

    def first(self, read: Callable[[], Anything]) -> Anything:
        """What the first machine reads or computes, on all of them."""
        if self.alone:
            return read()
        found: list[Anything] = collective.broadcast([read()] if self.hosts.leads else [], 0)
        return found[0]

    def spread(self, rows: np.ndarray, most: int) -> np.ndarray:
        """At most so many rows of all machines, evenly spread over each one's share; its own share where alone.

        Args:
            rows: shape (n, ...), of this machine.
            most: in all.
        """
        step = max(1, -(-int(self.total(np.array([len(rows)]))[0]) // most))
        if self.alone:
            return rows[::step]
        own = np.ascontiguousarray(rows[::step][: most // len(self.hosts.names)])
        shares = [
            collective.broadcast(own if place == self.hosts.place else np.empty(0), place)
            for place in range(len(self.hosts.names))
        ]
        return np.concatenate(shares)


def run(hosts: Hosts, work: Callable[[Group], Anything], *, timeout_s: int) -> Anything:
    """Do the same work on all machines of a job, joined; where there is one, do it alone.

    The work has a thread of its own, because a call into XGBoost may never return once another machine is gone.

    Args:
        hosts: all of them.
        work: called on each.
        timeout_s: how long one waits for the others, at the start and whenever they compute together.

    Raises:
        HostError: if another machine does not come, or is lost. The process must end by ``leave`` then: its threads
            may wait for ever.
    """
    if hosts.alone:
        return work(Group(hosts=hosts))
    address = hosts.first_address(timeout_s)
    trackers: list[RabitTracker] = []
    peers, port = meet(hosts, address, lambda: _open(trackers, hosts, address, timeout_s), timeout_s)

    def joined_work() -> Anything:
        with _joined(Group(hosts=hosts), trackers, address=address, port=port, timeout_s=timeout_s) as group:
            return work(group)

    threads = ThreadPoolExecutor(max_workers=2)
    watching, working = threads.submit(peers.watch), threads.submit(joined_work)
    done = False
    try:
        result = _first_end(hosts, working, watching)
        done = True
    finally:
        _ABANDONED.extend(trackers)
        peers.close(watching, done=done)
    threads.shutdown()
    return result


def _first_end(hosts: Hosts, working: "Future[Anything]", watching: "Future[str]") -> Anything:
    both: tuple[Future[Any], Future[Any]] = (working, watching)
    wait(both, return_when=FIRST_COMPLETED)
    if not working.done() and (lost := watching.result()):
        raise hosts.failed(lost)
    try:
        return working.result()
    except XGBoostError as error:
        wait((watching,), timeout=_GRACE_S)
        lost = watching.result() if watching.done() else ""
        said = str(error).partition("Stack trace")[0].strip()[:_MOST_CHARACTERS]
        raise hosts.failed(f"{lost or 'one of them was lost'} (XGBoost says: {said})") from error


@contextmanager
def _joined(group: Group, trackers: list[RabitTracker], *, address: str, port: int, timeout_s: int) -> Iterator[Group]:
    collective.init(
        dmlc_communicator="rabit",
        dmlc_tracker_uri=address,
        dmlc_tracker_port=port,
        dmlc_task_id=f"{group.hosts.place:05}",
        dmlc_timeout=timeout_s,
    )
    yield group
    group.total(np.zeros(1))  # nobody ends before all are done
    collective.finalize()
    for tracker in trackers:
        tracker.wait_for(timeout_s)
        tracker.free()


def _open(trackers: list[RabitTracker], hosts: Hosts, address: str, timeout_s: int) -> int:
    tracker = RabitTracker(len(hosts.names), address, sortby="task", timeout=timeout_s)
    trackers.append(tracker)
    tracker.start()
    return int(tracker.worker_args()["dmlc_tracker_port"])


def leave(main: Callable[[], int]) -> None:
    """Run a script and end its process: after a failure at once, whatever threads of XGBoost still wait for."""
    try:
        code = main()
    except (Exception, KeyboardInterrupt):  # the process ends here, and its log is what remains
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    if code:
        os._exit(code)
    sys.exit(0)
