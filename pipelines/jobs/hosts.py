"""The machines of one job by name: who they are, which of them this one is, and where each is reached."""

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from headrace.errors import HeadraceError

PORT = 9_099
"""Where the first machine waits for the others; between the machines of one job every port is open."""


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
        return cls(names=names, current=current, port=int(environment.get("HEADRACE_RENDEZVOUS_PORT", PORT)))

    @property
    def alone(self) -> bool:
        """Whether there is one machine only."""
        return len(self.names) == 1

    @property
    def place(self) -> int:
        """The position of this machine among them."""
        return self.names.index(self.current)

    @property
    def leads(self) -> bool:
        """Whether this is the machine that saves checkpoints and the artifact."""
        return self.place == 0

    @property
    def others(self) -> tuple[str, ...]:
        """The names of all but this one."""
        return tuple(name for name in self.names if name != self.current)

    def failed(self, reason: str) -> HostError:
        """What this machine says when it cannot go on, for such a reason as ``algo-2 was lost``."""
        return HostError(
            f"{self.current} trains together with {', '.join(self.others)}, and {reason}: read the log of each, then "
            "start again; raise model.cluster.timeout if they only need longer"
        )

    def first_address(self, timeout_s: float) -> str:
        """The address of the first machine; names are known a little after machines start.

        Raises:
            HostError: if it is not known in time.
        """
        until = time.monotonic() + timeout_s
        while True:
            try:
                return socket.gethostbyname(self.names[0])
            except OSError as error:
                if time.monotonic() >= until:
                    raise self.failed(f"{self.names[0]} has no address after {timeout_s} s ({error})") from error
                time.sleep(1)
