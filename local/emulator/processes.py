"""Which processes do what: probes by name, so that a driver of the loop can end one and see what happens then."""

from collections.abc import Callable, Mapping

Probe = Callable[[], Mapping[str, int]]
_probes: dict[str, Probe] = {}


def register(kind: str, probe: Probe) -> None:
    """Add a kind of process; the probe gives process ids by what each works for."""
    _probes[kind] = probe


def report() -> dict[str, dict[str, int]]:
    """Process ids by kind and by what each works for."""
    return {kind: dict(probe()) for kind, probe in _probes.items()}
