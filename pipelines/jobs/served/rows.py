"""Instances as they are asked, and the row of numbers that the model sees of each."""

from collections.abc import Mapping, Sequence

import numpy as np

Instance = Mapping[str, float | None]
_LARGEST = float(np.finfo(np.float32).max)


def matrix(instances: Sequence[Instance], features: Sequence[str]) -> np.ndarray:
    """Values by feature name, shape (instances, features); NaN for what is missing or null.

    Raises:
        ValueError: if a value is neither a number nor null; names instance and feature.
    """
    values = [[instance.get(name) for name in features] for instance in instances]
    for position, row in enumerate(values):
        for name, value in zip(features, row, strict=True):
            if value is not None and (not isinstance(value, (int, float)) or abs(value) > _LARGEST):
                raise ValueError(f"instances[{position}].{name} is neither a number within 32-bit floats nor null")
    return np.array(values, dtype=np.float32)
