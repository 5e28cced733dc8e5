"""When a schedule is due on a clock that may jump, and what its target is then told.

AWS fires every occurrence. A clock that jumps over several fires them one after the other, each with the time it was
meant for: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html.
"""

import uuid
from collections import deque
from collections.abc import Callable

from local.clock import iso_timestamp

MOST_AT_ONCE = 400
"""After a jump over more occurrences only the newest are fired."""


def due(following: Callable[[float], float | None], last: float, now: float) -> list[float]:
    """Occurrences after ``last`` up to ``now``, oldest first, epoch seconds.

    Args:
        following: the first occurrence after a moment; None if there is none.
        last: the newest occurrence that was fired, or when the schedule began.
        now: epoch seconds.
    """
    found: deque[float] = deque(maxlen=MOST_AT_ONCE)
    moment = following(last)
    while moment is not None and moment <= now:
        found.append(moment)
        moment = following(moment)
    return list(found)


def told(text: str, *, schedule_arn: str, at: float) -> str:
    """A target's input with its context attributes filled in.

    Args:
        text: as the schedule has it.
        schedule_arn: of the schedule.
        at: the occurrence, epoch seconds.
    """
    known = {
        "scheduled-time": iso_timestamp(at)[:19] + "Z",
        "schedule-arn": schedule_arn,
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",
    }
    for name, value in known.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text
