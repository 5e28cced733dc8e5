"""Scores become decisions; thresholds come from what errors cost."""

import math
from collections.abc import Sequence

from headrace.usecase import Band


def decide(score: float, bands: Sequence[Band]) -> str:
    """The decision of the highest band that the score reaches.

    Args:
        score: between 0 and 1.
        bands: ascending, the first from 0, as a use case or a model artifact holds them.

    Raises:
        ValueError: if the score is not between 0 and 1.
    """
    if not 0 <= score <= 1:
        raise ValueError("a score lies between 0 and 1")
    decision = bands[0].decision
    for band in bands:
        if score < band.from_score:
            break
        decision = band.decision
    return decision


def cost(
    labels: Sequence[int], scores: Sequence[float], *, threshold: float, missed_cost: float, false_alarm_cost: float
) -> float:
    """What the errors cost when every score at or above the threshold raises an alarm."""
    total = 0.0
    for label, score in zip(labels, scores, strict=True):
        if label and score < threshold:
            total += missed_cost
        elif not label and score >= threshold:
            total += false_alarm_cost
    return total


def without_resampling(score: float, odds: float) -> float:
    """The probability that a score stands for when training saw the odds of a positive multiplied by ``odds``.

    Keeping a share b of the negatives multiplies the odds by 1 / b, drawing positives k times over by k, and weighing
    positives w times by w. Dividing the score's odds by the same factor undoes it (Elkan 2001, theorem 2; Dal Pozzolo
    et al. 2015). The order of scores stays.

    Args:
        score: between 0 and 1.
        odds: above 0; 1 changes nothing.
    """
    return score / (score + (1 - score) * odds)


def cheapest_threshold(
    labels: Sequence[int], scores: Sequence[float], *, missed_cost: float, false_alarm_cost: float
) -> float:
    """The threshold whose errors cost least on these rows; of equally cheap ones the highest.

    Args:
        labels: 1 for positives, 0 for negatives.
        scores: between 0 and 1, one per label.
        missed_cost: of a positive below the threshold.
        false_alarm_cost: of a negative at or above it.

    Returns:
        A threshold half-way between two scores (an alarm is a score at or above it), above 1 if no alarm pays and
        a score of 1 is among the negatives.

    Raises:
        ValueError: if there are no rows.
    """
    rows = sorted(zip(scores, labels, strict=True), reverse=True)
    if not rows:
        raise ValueError("no rows to choose a threshold from")
    highest = rows[0][0]
    best, threshold = 0.0, (highest + 1) / 2 if highest < 1 else math.nextafter(1, 2)
    saved = 0.0
    for index, (score, label) in enumerate(rows):
        saved += missed_cost if label else -false_alarm_cost
        following = rows[index + 1][0] if index + 1 < len(rows) else 0.0
        if saved > best and (following < score or index + 1 == len(rows)):
            best, threshold = saved, (score + following) / 2
    return threshold
