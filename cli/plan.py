"""What one run of the loop is given: a past to learn from and a present to stream."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cli.producer import Record
from headrace.usecase import UseCase

Report = Callable[[int, int, str], None]
"""Called by long-running functions with (done, total, what is being done)."""


def no_malformed(_chunk: int) -> list[Record]:
    """Nothing but events."""
    return []


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run.

    Attributes:
        usecase: whose loop.
        history: events before ``at``, ordered, with the label column (missing where unknown); they are backfilled and
            trained on as far as their labels are known by then.
        events: events from ``at`` on, ordered, with the label column; they are streamed.
        at: epoch seconds, where history ends.
        label_delay_s: how long after its event a label becomes known.
        out: folder for the assembly, logs and results.
        asked_per_chunk: how many events of each chunk are asked of the API before they are streamed.
        readings: by look-up, what is told before events come: the key, the event time's field and the values; where
            there are any, events are sent without what they say.
        malformed: records to send with the n-th chunk that no consumer can accept.
    """

    usecase: UseCase
    history: pd.DataFrame
    events: pd.DataFrame
    at: int
    label_delay_s: int
    out: Path
    asked_per_chunk: int = 5
    readings: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    malformed: Callable[[int], list[Record]] = no_malformed

    def labels_known(self, after: int | None, until: int) -> pd.DataFrame:
        """Labelled events whose label becomes known in [after, until), with the column ``labelled_at``."""
        event, label = self.usecase.event, self.usecase.label
        everything = self.history if until <= self.at else pd.concat([self.history, self.events])
        known_at = everything[event.timestamp] + self.label_delay_s
        due = everything[label.field].notna() & (known_at < until)
        if after is not None:
            due &= known_at >= after
        return everything[due].assign(labelled_at=known_at[due])

    def readings_told(self, after: int | None, until: int) -> dict[str, pd.DataFrame]:
        """Readings of [after, until) by look-up; None: from the beginning."""
        timestamp = self.usecase.event.timestamp
        return {
            name: told[(told[timestamp] < until) & (after is None or told[timestamp] >= after)]
            for name, told in self.readings.items()
        }

    def as_sent(self, events: pd.DataFrame) -> pd.DataFrame:
        """Events as their producers send them: without what the platform looks up."""
        filled = [name for it in self.usecase.lookups if it.name in self.readings for name in it.fields]
        return events.drop(columns=filled)
