"""The plan of a run as it is kept in the lake: a second delivery finds it, and the next run sees what it left out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from headrace.events.kinds import Kind
from headrace.monitoring import FOLDER, PLANS, Outputs

_LISTS = ("capture", "late", "truth", "events", "history")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one run reads.

    ``late`` are capture files of the window before, ``truth`` files of labels, ``events`` those of the lake's events,
    where nothing else tells of groups, ``history`` what earlier runs found.
    """

    kind: Kind
    window_start: str
    window_end: str
    model_package_arn: str
    capture: tuple[str, ...]
    late: tuple[str, ...] = ()
    truth: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    history: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        """As it is kept."""
        return json.dumps(asdict(self)).encode()


def place_of(run: Outputs) -> str:
    """Where a run's plan and manifests are, without their endings."""
    return f"{PLANS}{run.folder.removeprefix(FOLDER).rstrip('/')}"


def plan_of(run: Outputs, read: Callable[[str], bytes | None]) -> Plan | None:
    """A run's plan; None if it was not planned. ``read`` gives an object, None if there is none of that key."""
    found = read(f"{place_of(run)}.json")
    if found is None:
        return None
    document = json.loads(found)
    # A plan of an earlier version has no events or no history.
    lists: Mapping[str, Any] = {name: tuple(document.get(name, ())) for name in _LISTS}
    return Plan(**{**document, **lists})
