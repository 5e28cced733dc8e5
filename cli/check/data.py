"""Risks that only data shows: leaks of the truth, ids as features, imbalance, personal data, history too short."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cli import event_file, personal
from cli.check.finding import Finding
from headrace.usecase import UseCase
from headrace.windows_columnar import training_frame
from pipelines.jobs.algorithms import Rows
from pipelines.jobs.judging.audit import single_features
from pipelines.jobs.splits import warm_up_s

_MOST_ROWS = 50_000
_SUSPECT = 0.9
_RARE = 0.01
_FEW_POSITIVES = 100
_ID_LIKE = 0.95
_MOSTLY_MISSING = 0.5
_LABEL_SHARE = 0.5


def risks(usecase: UseCase, files: Sequence[Path], columns: Mapping[str, str]) -> Iterator[Finding]:
    """What files of past events say about a use case; features are computed of at most 50,000 events, the last.

    Raises:
        UseCaseError: if the files do not fit the use case.
    """
    events = event_file.read(files, usecase, columns).frame
    yield from _personal(usecase, events)
    yield from _span(usecase, events)
    field = usecase.label.field
    if field not in events:
        yield Finding(
            severity="high", where="label", what="is in none of the files", fix="map its column with label=COLUMN"
        )
        return
    labels = events[events[field].notna()]
    yield from _labels(usecase, events, labels)
    since = int(events[usecase.event.timestamp].iloc[-min(_MOST_ROWS, len(events))])
    frame = training_frame(usecase, events.drop(columns=field), labels, since=since)
    yield from _features(usecase, frame)
    truth = labels.set_index(usecase.event.id)[field].reindex(frame[usecase.event.id]).to_numpy()
    yield from _leaks(usecase, frame[~np.isnan(truth)], truth[~np.isnan(truth)])


def _personal(usecase: UseCase, events: pd.DataFrame) -> Iterator[Finding]:
    for field in usecase.event.fields:
        if field.name not in events or field.privacy != "clear" or field.type == "timestamp":
            continue
        if kind := personal.by_values(events[field.name].head(_MOST_ROWS)):
            yield Finding(
                severity="high",
                where=f"fields[{field.name}]",
                what=f"holds what looks like {kind}, in clear",
                fix="set privacy='hash' or 'remove'; of a key, send a hash instead",
            )


def _span(usecase: UseCase, events: pd.DataFrame) -> Iterator[Finding]:
    times = events[usecase.event.timestamp]
    span, needed = int(times.iloc[-1] - times.iloc[0]), warm_up_s(usecase) + usecase.label.delay_s
    if span < 2 * needed:
        yield Finding(
            severity="medium",
            where="windows",
            what=f"and labels reach back {needed / 86_400:.1f} days, and the files span {span / 86_400:.1f}",
            fix="give a longer history, or shorten windows: early rows see windows that are half empty",
        )


def _labels(usecase: UseCase, events: pd.DataFrame, labels: pd.DataFrame) -> Iterator[Finding]:
    positives, share = int(labels[usecase.label.field].sum()), float(labels[usecase.label.field].mean())
    if positives < _FEW_POSITIVES:
        yield Finding(
            severity="high",
            where="label",
            what=f"is positive in {positives} of {len(labels):,} events: intervals of every figure will be wide",
            fix="wait for more, or give a longer history",
        )
    elif min(share, 1 - share) < _RARE:
        yield Finding(
            severity="medium",
            where="label",
            what=f"is positive in {share:.2%} of the events: accuracy says nothing, for always saying no is right",
            fix="gate on average_precision; consider class_weight='balanced' or resampling",
        )
    if len(labels) < _LABEL_SHARE * len(events):
        yield Finding(
            severity="medium",
            where="label",
            what=f"is known of {len(labels) / len(events):.0%} of the events",
            fix="make sure that those without one are not all of one kind",
        )


def _features(usecase: UseCase, frame: pd.DataFrame) -> Iterator[Finding]:
    for name in usecase.feature_names:
        values = frame[name]
        present = values.dropna()
        if present.nunique() <= 1:
            yield Finding(
                severity="low",
                where=f"features[{name}]",
                what="never varies in these files",
                fix="drop it, or give more",
            )
        elif len(present) < (1 - _MOSTLY_MISSING) * len(values):
            missing = 1 - len(present) / len(values)
            yield Finding(
                severity="low",
                where=f"features[{name}]",
                what=f"is missing in {missing:.0%} of the rows",
                fix="expect it",
            )
        elif name in usecase.inputs and bool((present % 1 == 0).all()) and present.nunique() > _ID_LIKE * len(values):
            yield Finding(
                severity="high",
                where=f"inputs[{name}]",
                what="is a different whole number in almost every row, like an id",
                fix="leave it out",
            )


def _leaks(usecase: UseCase, frame: pd.DataFrame, truth: np.ndarray) -> Iterator[Finding]:
    """Each feature by itself: the bins of the earlier half judge the later half."""
    half = len(frame) // 2
    parts = [slice(0, half), slice(half, None)]
    if not all(0 < truth[part].sum() < len(truth[part]) for part in parts):
        return
    matrix = frame[list(usecase.feature_names)].to_numpy(np.float32)
    known, judged = (Rows(features=matrix[part], labels=truth[part]) for part in parts)
    alone = single_features(known, judged, usecase.feature_names)
    for name, area in sorted(alone.items(), key=lambda it: -it[1]):
        if area >= _SUSPECT:
            surely = area > usecase.model.limits.single_feature
            yield Finding(
                severity="high" if surely else "medium",
                where=f"features[{name}]",
                what=f"alone ranks the labels with an area under the ROC curve of {area:.3f}: a leak of the truth?",
                fix="leave out what is known only after the event" if surely else "ask when its value becomes known",
            )
