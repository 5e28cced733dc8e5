"""On how many machines a model is trained together, and which algorithms can be."""

from headrace import duration
from headrace.frozen import dataclass
from headrace.usecase.algorithms import ALGORITHMS, Algorithm
from headrace.usecase.checks import require, require_duration

MOST_INSTANCES = 20
"""What SageMaker lets a training job have before an account's quota is raised."""
_LEAST_TIMEOUT_S = 30


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The machines of a training.

    Attributes:
        instances: how many; each learns from its share of the rows, and all of them grow the same trees.
        timeout: how long one waits for the others before the job fails: at the start, and for each sum of histograms.
    """

    instances: int = 1
    timeout: str = "10m"

    def __post_init__(self) -> None:
        fits = 1 <= self.instances <= MOST_INSTANCES
        require(fits, "model.cluster.instances", f"is not from 1 to {MOST_INSTANCES}", "1 holds millions of rows")
        seconds = require_duration(self.timeout, "model.cluster.timeout")
        require(
            seconds >= _LEAST_TIMEOUT_S,
            "model.cluster.timeout",
            f"is below {_LEAST_TIMEOUT_S} s, in which machines may not even have started",
            "'10m' is usual",
        )

    @property
    def timeout_s(self) -> int:
        """The timeout in seconds."""
        return duration.seconds(self.timeout)

    def held(self, validation_fraction: float) -> float:
        """The share of training and validation rows that one machine holds: its own, and all those of validation."""
        return validation_fraction + (1 - validation_fraction) / self.instances

    def check(self, algorithm: Algorithm) -> None:
        """Refuse machines that the algorithm cannot use.

        Raises:
            UseCaseError: naming the field, what is wrong and the fix.
        """
        reason = lone(algorithm.name) if self.instances > 1 else ""
        require(not reason, "model.cluster.instances", f"is {self.instances}, and {reason}", "give 1, or use xgboost")


def lone(algorithm: str) -> str:
    """Why an algorithm is trained on one machine; empty where it need not be."""
    if ALGORITHMS[algorithm].adds_up:
        return ""
    return f"{algorithm} is fitted to all of its rows at once, on one machine: only boosted trees add up over machines"
