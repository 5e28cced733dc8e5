"""Durations as people write them in a use case: ``30s``, ``15m``, ``6h``, ``7d``."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_PATTERN = re.compile(r"(\d+)([smhd])")


def seconds(text: str) -> int:
    """Parse a duration.

    Args:
        text: a whole number and a unit, one of ``s m h d``; ``0s`` is allowed.

    Returns:
        The duration in whole seconds.

    Raises:
        ValueError: if the text is not a duration.
    """
    match = _PATTERN.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a duration; write a whole number and one of s, m, h, d, for example '7d'")
    return int(match[1]) * _SECONDS[match[2]]
