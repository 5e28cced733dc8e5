"""Who still has work: probes by name, so that a driver can wait until the loop has drained."""

from collections.abc import Callable, Mapping
from typing import Any

Probe = Callable[[], Mapping[str, Any]]

_probes: dict[str, Probe] = {}


def register(name: str, probe: Probe) -> None:
    """Add a probe: a cheap function that returns a JSON object whose ``pending`` counts work not finished."""
    _probes[name] = probe


def report() -> dict[str, Any]:
    """Every probe's answer, and ``idle``: whether nothing is pending anywhere."""
    answers = {name: dict(probe()) for name, probe in _probes.items()}
    return {"idle": not any(answer.get("pending", 0) for answer in answers.values()), **answers}
