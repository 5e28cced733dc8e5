"""The events and labels that a backtest replays, and what was known of them when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cli import event_file
from cli.backtest.terms import Options, Terms
from cli.label_file import GIVEN, last_known, read_labels
from headrace.errors import UseCaseError
from headrace.usecase import UseCase


@dataclass(frozen=True, kw_only=True)
class Source:
    """What was read from the files.

    Attributes:
        events: the event fields, ordered by time and id.
        labels: one row per version of a label, with ``labelled_at`` where the file has it.
        ids: event id -> the id as the file holds it; named like the file's column.
        notices: what a person should know of the files.
    """

    events: pd.DataFrame
    labels: pd.DataFrame
    ids: pd.Series
    notices: Sequence[str] = ()


def read(options: Options, usecase: UseCase) -> Source:
    """Read events and their labels.

    Raises:
        UseCaseError: if a file, a mapping or a column is wrong, or there is no label.
    """
    columns = dict(options.columns)
    if not options.labels and GIVEN in columns:
        raise UseCaseError("--map", f"{GIVEN} belongs to a file of labels", "give the file that has it by --labels too")
    of_events = {name: column for name, column in columns.items() if name != GIVEN}
    source = event_file.read(options.files, usecase, of_events)
    frame, field = source.frame, usecase.label.field
    notices: list[str] = []
    if options.labels:
        found = read_labels(options.labels, usecase, columns, frame)
        labels = found.frame
        if found.unknown:
            notices.append(f"{found.unknown:,} labels are of events that are not in the files")
    elif field in frame:
        keys = dict.fromkeys((usecase.event.id, usecase.event.timestamp, *(it.key for it in usecase.entities), field))
        labels = frame.loc[frame[field].notna(), list(keys)]
    else:
        raise UseCaseError("--map", "the files have no label", "name its column with label=COLUMN, or give --labels")
    return Source(events=frame.drop(columns=field, errors="ignore"), labels=labels, ids=source.ids, notices=notices)


@dataclass(frozen=True, kw_only=True)
class Past:
    """What happened, in the order of time, and what was known of it when.

    Attributes:
        events: every event before the end of the backtest.
        labels: what may be read: one row per version of a label with ``labelled_at``, ordered by it. Where labels are
            frozen, those that come later are not here.
        truth: the last label of every event, by its id. Only the judgement may look at it.
        timestamp: the column of an event's time.
    """

    events: pd.DataFrame
    labels: pd.DataFrame
    truth: pd.Series
    timestamp: str

    def labels_of(self, rows: pd.DataFrame, *, known_until: int) -> pd.DataFrame:
        """The versions of labels of these events' time that were given by a moment."""
        times = rows[self.timestamp]
        known = self.labels.iloc[: int(np.searchsorted(self.labels[GIVEN].to_numpy(), known_until, side="right"))]
        return known[known[self.timestamp].between(times.min(), times.max())]

    def labels_between(self, since: int, until: int) -> int:
        """How many versions of labels were given after ``since`` and up to ``until``."""
        given = self.labels[GIVEN].to_numpy()
        return int(np.searchsorted(given, until, side="right") - np.searchsorted(given, since, side="right"))


def past(source: Source, terms: Terms) -> Past:
    """What a backtest on these terms may know.

    Raises:
        UseCaseError: if no event lies in the time to be scored, or none before it.
    """
    usecase = terms.usecase
    times = source.events[usecase.event.timestamp]
    first, last = (pd.Timestamp(int(it), unit="s") for it in (times.min(), times.max()))
    if not times.between(terms.start, terms.until, inclusive="left").any():
        raise UseCaseError("--from", "no event lies between --from and --until", f"the files hold {first} to {last}")
    if not (times < terms.start - terms.delay_s).any():
        raise UseCaseError("--from", "no event is old enough to be learned from", f"the files begin with {first}")
    labels = source.labels
    if GIVEN not in labels:
        labels = labels.assign(**{GIVEN: labels[usecase.event.timestamp] + terms.delay_s})
    labels = labels[labels[usecase.event.timestamp] < terms.until]
    truth = last_known(usecase, labels)
    if terms.frozen:
        old = labels[usecase.event.timestamp] < terms.start - terms.delay_s
        labels = labels[old & (labels[GIVEN] <= terms.start)]
    return Past(
        events=source.events[times < terms.until],
        labels=labels.sort_values([GIVEN, usecase.event.timestamp, usecase.event.id], ignore_index=True),
        truth=truth,
        timestamp=usecase.event.timestamp,
    )
