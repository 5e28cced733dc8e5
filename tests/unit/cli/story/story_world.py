"""A story of ten days in which the world changes on the fifth, with answers as good as one likes."""

import numpy as np
import pandas as pd

import usecases
from cli.story.audit import Decision
from cli.story.plot import DAY_S, Story
from cli.story.quality import Answers
from headrace.schema import format_timestamp

AT = 1_795_392_000
"""A Monday."""
PER_DAY = 200
STORY = Story(
    usecase=usecases.load("fraud"), scenario="concept", at=AT, since=AT + 4 * DAY_S, days=10, per_day=PER_DAY, seed=1
)


def day(number: float) -> int:
    """The second at which so many days of the story have passed."""
    return AT + round(number * DAY_S)


def answers(*, promoted: int | None) -> Answers:
    """Perfect before the change and from ``promoted`` (a day) on, else worthless; the first model stays worthless."""
    rng = np.random.default_rng(2)
    moment = AT + np.arange(10 * PER_DAY) * (DAY_S // PER_DAY)
    label = np.arange(len(moment)) % 10 == 0
    good, bad = np.where(label, 0.9, 0.05), rng.random(len(moment)) * 0.05
    changed = moment >= day(4)
    renewed = moment >= (day(99) if promoted is None else day(promoted))
    score = np.where(changed & ~renewed, bad, good)
    first = np.where(changed, bad, good)
    table = pd.DataFrame(
        {
            "timestamp": moment,
            "label": label.astype(float),
            "score": score,
            "decision": np.where(score > 0.5, "BLOCK", "APPROVE"),
            "model_version": np.where(renewed, "second", "first"),
            "first_score": first,
            "first_decision": np.where(first > 0.5, "BLOCK", "APPROVE"),
        }
    )
    return Answers(usecase=STORY.usecase, table=table)


def decision(
    at: float, action: str, *, source: str = "monitoring/x", severity: str = "high", reason: str = ""
) -> Decision:
    """A record of the audit trail, so many days into the story."""
    return Decision(at=format_timestamp(day(at)), source=source, action=action, severity=severity, reason=reason)
