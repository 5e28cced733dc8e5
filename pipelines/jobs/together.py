"""Several machines that train one model: who they are, how they find each other, and what they tell each other.

SageMaker names the machines of a training job and gives each its share of the rows. They join by XGBoost's own
collective, whose tracker runs on the first of them; it then grows the same trees on all of them, from histograms summed
over all shares. A machine that is lost ends the job with a reason: within seconds where its connections close, else
after the timeout.
"""

import json
import math
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from xgboost import collective
from xgboost.core import XGBoostError
from xgboost.tracker import RabitTracker

from headrace.errors import HeadraceError

PORT = 9_099
"""Where the tracker listens; between the machines of one job every port is open."""
_MOST_CHARACTERS = 600
Anything = TypeVar("Anything")


class HostError(HeadraceError):
    """The machines of a job cannot train together. The message says which one noticed, and what to look at."""


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """The machines of this job by name, and which of them this one is. The first one leads."""

    names: tuple[str, ...] = ("localhost",)
    current: str = "localhost"
    port: int = PORT

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Hosts":
        """As ``SM_HOSTS`` and ``SM_CURRENT_HOST`` name them; one machine where they do not.

        Raises:
            HostError: if this one is not among them.
        """
        names = tuple(sorted(json.loads(environment.get("SM_HOSTS", "[]")))) or cls.names
        current = environment.get("SM_CURRENT_HOST", names[0])
        if current not in names:
            raise HostError(f"SM_CURRENT_HOST is {current}, and SM_HOSTS names {', '.join(names)}: name it there")
        return cls(names=names, current=current, port=int(environment.get("HEADRACE_TRACKER_PORT", PORT)))

    @property
    def place(self) -> int:
        """The position of this machine among them."""
        return self.names.index(self.current)

    @property
    def leads(self) -> bool:
        """Whether this is the machine that saves checkpoints and the artifact."""
        return self.place == 0


@dataclass(frozen=True, kw_only=True)
class Group:
    """What the machines tell each other while they are joined. Of one machine alone everything is its own.

    Each call is made on all of them, in the same order, or they wait for each other.
    """

    hosts: Hosts = field(default_factory=Hosts)

    @property
    def alone(self) -> bool:
        """Whether there is one machine only."""
        return len(self.hosts.names) == 1

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


@contextmanager
def joined(hosts: Hosts, *, timeout_s: int) -> Iterator[Group]:
    """Join the machines of a job until the end of the block; nothing is done where there is one.

    Args:
        hosts: all of them.
        timeout_s: how long one waits for the others, at the start and whenever they compute together.

    Raises:
        HostError: if another machine does not come, or is lost. XGBoost's threads are left as they are then, because
            asking them to end may wait for ever: the process must end by ``leave``.
    """
    if len(hosts.names) == 1:
        yield Group(hosts=hosts)
        return
    try:
        address = _address(hosts.names[0], timeout_s)
        tracker = _tracker(hosts, address, timeout_s) if hosts.leads else None
        collective.init(
            dmlc_communicator="rabit",
            dmlc_tracker_uri=address,
            dmlc_tracker_port=hosts.port,
            dmlc_task_id=f"{hosts.place:05}",
            dmlc_timeout=timeout_s,
            # It waits 2, 4, 6, ... seconds between attempts.
            dmlc_retry=max(1, math.isqrt(timeout_s)),
        )
        group = Group(hosts=hosts)
        yield group
        group.total(np.zeros(1))  # nobody ends before all are done
        collective.finalize()
        if tracker:
            tracker.wait_for(timeout_s)
            tracker.free()
    except XGBoostError as error:
        said = str(error).partition("Stack trace")[0].strip()
        others = ", ".join(name for name in hosts.names if name != hosts.current)
        raise HostError(
            f"{hosts.current} trains together with {others}, and one of them was lost or did not come within "
            f"{timeout_s} s: read the reason in its log, then start again, or raise model.cluster.timeout; "
            f"XGBoost says: {said[:_MOST_CHARACTERS]}"
        ) from error


def leave(main: Callable[[], int]) -> None:
    """Run a script and end its process: after a failure at once, whatever threads of XGBoost still wait for."""
    try:
        code = main()
    except Exception:  # the process ends here, and its log is what remains
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    if code:
        os._exit(code)
    sys.exit(0)


def _tracker(hosts: Hosts, address: str, timeout_s: int) -> RabitTracker:
    tracker = RabitTracker(len(hosts.names), address, hosts.port, sortby="task", timeout=timeout_s)
    tracker.start()
    return tracker


def _address(name: str, timeout_s: int) -> str:
    """The address of the first machine; names are known a little after machines start."""
    until = time.monotonic() + timeout_s
    while True:
        try:
            return socket.gethostbyname(name)
        except OSError as error:
            if time.monotonic() >= until:
                raise HostError(f"{name}, the first machine, has no address after {timeout_s} s: {error}") from error
            time.sleep(1)
