"""Where runs of monitors compute: on machines of a processing job, or in a function, and on how many machines."""

from typing import Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_one_of

RunsOn = Literal["processing", "lambda", "volume"]
MOST_INSTANCES = 20
"""What SageMaker lets a processing job have before an account's quota is raised."""
MOST_LAMBDA_MB = 4_096
"""What fits into the function's scratch space beside its documents."""


@dataclass(frozen=True, kw_only=True)
class Compute:
    """What a run of a monitor may use.

    Attributes:
        runs_on: ``processing`` starts a machine, which takes minutes; ``lambda`` is a function, which takes seconds;
            ``volume`` is the function for windows of at most ``lambda_mb`` and a machine for others. A function that
            runs out of memory or time hands over to a machine. Kinds that ask the model always have a machine.
        lambda_mb: so many megabytes of capture, as it lies in the lake, the function judges where volume decides.
        instances: on so many machines at most the capture of a window is counted, each its share of the files; a last
            one judges them all. Data quality only: other kinds join or explain rows, and have one machine.
    """

    runs_on: RunsOn = "processing"
    lambda_mb: int = 256
    instances: int = 1

    def __post_init__(self) -> None:
        require_one_of(self.runs_on, get_args(RunsOn), "monitor.compute.runs_on")
        fits = 1 <= self.lambda_mb <= MOST_LAMBDA_MB
        require(fits, "monitor.compute.lambda_mb", f"is not from 1 to {MOST_LAMBDA_MB}", "256 is about 400,000 rows")
        fits = 1 <= self.instances <= MOST_INSTANCES
        require(fits, "monitor.compute.instances", f"is not from 1 to {MOST_INSTANCES}", "1 counts millions of rows")
