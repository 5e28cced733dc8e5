"""What the reaction remembers from one event to the next: a value that is read, changed and written whole.

Windows are kept as a set by their time, so that their order of arrival and copies change nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from headrace.events import Kind
from headrace.reaction.approval import Package
from headrace.reaction.finding import Finding

MOST_WINDOWS = 24
MOST_REQUESTS = 50


@dataclass(frozen=True, kw_only=True)
class Window:
    """What is kept of one judged window."""

    at: int
    distances: Mapping[str, float] = field(default_factory=dict)
    broken: bool = False
    labels: int = 0
    positives: int = 0


@dataclass(frozen=True, kw_only=True)
class Request:
    """A training that was asked for because of drift; it counts unless it found another one running."""

    id: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The model in force, the one before, since when, and whether going back was asked for already.

    Until ``spared_until`` (epoch seconds) alarms may be about another model, whose rollout was taken back.
    """

    arn: str = ""
    previous: str = ""
    at: int = 0
    rolled_back: bool = False
    spared_until: int = 0

    @property
    def version(self) -> int:
        """The number of the model in force; 0 if there is none."""
        return version_of(self.arn)


def version_of(arn: str) -> int:
    """The number that the ARN of a model package ends in; 0 if it ends in none."""
    number = arn.rpartition("/")[2]
    return int(number) if number.isdigit() else 0


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Everything that decisions rest on besides the event itself.

    Attributes:
        windows: by kind, the newest ``MOST_WINDOWS``, by time.
        requests: trainings because of drift, the oldest first.
        running: the training that was asked for and has not ended; empty if there is none.
        running_since: when it was asked for, epoch seconds.
        frozen: why no model is promoted; empty if models are.
        halted: why no training is asked for until a person resumes; empty if trainings are.
        deployed: the model in force.
        new_labels: labels that came by file since the last training.
        packages: the newest versions of the model and whether people let them serve, the oldest first.
    """

    windows: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)
    requests: tuple[Request, ...] = ()
    running: str = ""
    running_since: int = 0
    frozen: str = ""
    halted: str = ""
    deployed: Deployed = field(default_factory=Deployed)
    new_labels: int = 0
    packages: tuple[Package, ...] = ()

    def of(self, kind: Kind) -> tuple[Window, ...]:
        """The windows of a kind, the oldest first."""
        return self.windows.get(kind, ())

    def seen(self, found: Finding) -> "Memory":
        """The same with a window added, in its place; a second verdict on a window takes the first one's."""
        own = Window(
            at=found.at,
            distances=dict(found.distances),
            broken=bool(found.upstream),
            labels=found.labels,
            positives=found.positives,
        )
        others = [it for it in self.of(found.kind) if it.at != found.at]
        kept = tuple(sorted((*others, own), key=lambda it: it.at))[-MOST_WINDOWS:]
        return replace(self, windows={**self.windows, found.kind: kept})

    def asked(self, request: Request) -> "Memory":
        """The same after a training was asked for."""
        return replace(
            self, requests=(*self.requests, request)[-MOST_REQUESTS:], running=request.id, running_since=request.at
        )

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Memory":
        """Read back what ``to_json`` wrote; fields that it did not know take their defaults."""
        found: dict[str, Any] = json.loads(text)
        found["windows"] = {
            kind: tuple(Window(**it) for it in windows) for kind, windows in found.get("windows", {}).items()
        }
        found["requests"] = tuple(Request(**it) for it in found.get("requests", []))
        found["packages"] = tuple(Package(**it) for it in found.get("packages", []))
        found["deployed"] = Deployed(**found.get("deployed", {}))
        return cls(**found)
