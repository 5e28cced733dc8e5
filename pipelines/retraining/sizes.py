"""Which machine trains: the smallest whose memory holds the training set, or its share of it, as training does."""

import math

from pipelines.retraining.plan import DefinitionError, JobSize

MACHINES = (
    ("ml.m5.xlarge", 16),
    ("ml.m5.2xlarge", 32),
    ("ml.m5.4xlarge", 64),
    ("ml.m5.12xlarge", 192),
    ("ml.m5.24xlarge", 384),
)
"""Instance types with their memory in GiB, smallest first."""

BYTES_PER_VALUE = 24
"""At the peak, while a model is fitted again on all rows. Measured from 125,000 to 500,000 rows of 40 features with
4,096 bins: 22.5 bytes a value above 54 MB (``bench.training`` measures half a million rows without fitting again)."""

USABLE = 0.6
"""Share of the memory for rows; the rest is for the system, the libraries and trees."""

_GIB = 1 << 30
_LEAST_VOLUME_GB = 30
_LONGEST_RUN_S = 4 * 3_600


def most_rows(*, features: int, held: float = 1.0) -> dict[str, int]:
    """How many rows of so many features each machine is large enough for, smallest machine first.

    Args:
        features: columns of the matrix, without ids and label.
        held: the share of the rows that one machine holds where several train together.
    """
    limits = {name: int(memory * _GIB * USABLE) // (features * BYTES_PER_VALUE) for name, memory in MACHINES}
    return {name: int(most / held) for name, most in limits.items()}


def training_size(*, rows: int, features: int, held: float = 1.0) -> JobSize:
    """The machine and disk for a training set.

    Args:
        rows: of training and validation together.
        features: columns of the matrix, without ids and label.
        held: the share of the rows that one machine holds where several train together.

    Raises:
        DefinitionError: if a number is not positive, or no machine is large enough.
    """
    if rows < 1 or features < 1:
        raise DefinitionError(f"a training set of {rows} rows and {features} features: give numbers from 1")
    limits = most_rows(features=features, held=held)
    for instance_type, most in limits.items():
        if rows <= most:
            disk_gb = math.ceil(rows * held * features * 8 / 1e9) * 2
            volume = max(_LEAST_VOLUME_GB, disk_gb)
            return JobSize(instance_type=instance_type, volume_gb=volume, max_runtime_s=_LONGEST_RUN_S)
    needed_gib = rows * held * features * BYTES_PER_VALUE / _GIB
    raise DefinitionError(
        f"{rows} rows of {features} features need {needed_gib:.0f} GiB, more than {MACHINES[-1][0]} has for rows: "
        "shorten the history, sample the negatives (model.resampling), or train on several (model.cluster)"
    )
