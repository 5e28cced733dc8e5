"""Where runs of monitors compute: on how many machines."""

from dataclasses import dataclass

from headrace.usecase.checks import require

MOST_INSTANCES = 20
"""What SageMaker lets a processing job have before an account's quota is raised."""


@dataclass(frozen=True, kw_only=True)
class Compute:
    """What a run of a monitor may use.

    Attributes:
        instances: on so many machines at most the capture of a window is counted, each its share of the files; a last
            one judges them all. Data quality only: other kinds join or explain rows, and have one machine.
    """

    instances: int = 1

    def __post_init__(self) -> None:
        fits = 1 <= self.instances <= MOST_INSTANCES
        require(fits, "monitor.compute.instances", f"is not from 1 to {MOST_INSTANCES}", "1 counts millions of rows")
