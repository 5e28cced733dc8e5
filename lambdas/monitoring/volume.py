"""Where a window is judged: in a function or on a machine, as the use case says or as much as there is to read."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from headrace.events.drift import Kind
from headrace.usecase import Compute

ASKS_MODEL: tuple[Kind, ...] = ("bias", "attribution")
"""Kinds that need learning libraries, which a function does not have."""
_MB = 1_000_000


class Sizes(Protocol):
    """The lake's bucket. Raises RetryableError or DependencyError."""

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """How many bytes each object below a prefix has, by key."""


def in_function(kind: Kind, captured: Sequence[str], compute: Compute, lake: Sizes) -> bool:
    """Whether a window is judged without a machine, which is never so where the model is asked.

    Args:
        kind: of monitor.
        captured: keys of the window's capture.
        compute: what the use case says.
        lake: knows how large they are.
    """
    if compute.runs_on == "processing" or kind in ASKS_MODEL:
        return False
    if compute.runs_on == "lambda":
        return True
    days = dict.fromkeys(key.rsplit("/", 2)[0] for key in captured)
    sizes = {key: size for day in days for key, size in lake.sizes(f"{day}/").items()}
    return sum(sizes.get(key, 0) for key in captured) <= compute.lambda_mb * _MB


def instances(kind: Kind, captured: Sequence[str], compute: Compute) -> int:
    """How many machines count: none is without a file, for it costs as much as one with files."""
    return min(compute.instances, len(captured)) if kind == "data_quality" else 1
