"""Boosted trees, round by round: stop early on validation, and go on from a checkpoint where a run was cut off.

The loop is our own because XGBoost's early stopping forgets its history when a run is resumed. Trees are also handed
over to a fresh booster at every checkpoint, saved or not: the state of the column sampler does not travel in a saved
model, so only this way does an interrupted run end with the trees of an uninterrupted one.

Machines that train together take every step of this together, each on its share of the training rows and on all
validation rows, so that each of them knows the same history and stops in the same round; the first one saves.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xgboost as xgb

from pipelines.jobs.algorithms import Rows
from pipelines.jobs.together import Group

Parameters = Mapping[str, str | int | float]
_MODEL = "checkpoint.ubj"
_HISTORY = "history.json"
_ALONE = Group()


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """At most ``rounds`` rounds; stop after ``patience`` without a better validation (0: never); save now and then."""

    rounds: int
    patience: int
    save_every: int = 50


@dataclass
class Progress:
    """The trees so far and the validation's average precision after each round."""

    booster: xgb.Booster
    history: list[float] = field(default_factory=list)

    @property
    def best(self) -> int:
        """The first round with the best validation, counted from 0."""
        return int(np.argmax(self.history))

    def done(self, schedule: Schedule) -> bool:
        """Whether no further round is due."""
        rounds = len(self.history)
        patience = schedule.patience or schedule.rounds
        return rounds >= schedule.rounds or (rounds > 0 and rounds - 1 - self.best >= patience)


def fit(
    parameters: Parameters,
    train: Rows,
    validation: Rows,
    schedule: Schedule,
    *,
    checkpoint: Path | None = None,
    report: Callable[[int, float], None] = lambda _round, _value: None,
    group: Group = _ALONE,
) -> Progress:
    """Train until validation stops getting better.

    Args:
        parameters: of XGBoost, ``seed`` among them.
        train: the rows to learn from.
        validation: the rows that decide when to stop.
        schedule: how long.
        checkpoint: a folder to resume from and save to; nothing is saved without one.
        report: called after each round with its number and validation's average precision.
        group: the machines that train together, where ``train`` is a share and ``validation`` the same on all.

    Returns:
        The trees up to the best round, and the history.
    """
    bins = {"max_bin": int(parameters.get("max_bin", 256))}
    learned = xgb.QuantileDMatrix(train.features, train.labels, **bins)
    judged = xgb.QuantileDMatrix(validation.features, validation.labels, ref=learned, **bins)
    trees, history = group.first(lambda: _load(checkpoint))
    checkpoint = checkpoint if group.hosts.leads else None
    progress = Progress(_booster(parameters, learned, [judged], trees, len(history)), history)
    while not progress.done(schedule):
        number = len(progress.history)
        progress.booster.update(learned, number)
        value = float(str(progress.booster.eval(judged, "validation", number)).rsplit(":", 1)[1])
        progress.history.append(value)
        report(number, value)
        if (number + 1) % schedule.save_every == 0:
            trees = _hand_over(progress, checkpoint)
            if not progress.done(schedule):
                progress.booster = _booster(parameters, learned, [judged], trees, number + 1)
    return Progress(progress.booster[: progress.best + 1], progress.history)


def grow(
    parameters: Parameters,
    rows: Rows,
    schedule: Schedule,
    *,
    checkpoint: Path | None = None,
    group: Group = _ALONE,
) -> xgb.Booster:
    """Train for the schedule's rounds, no more and no less: nothing judges them, so nothing stops early.

    Args:
        parameters: of XGBoost, ``seed`` among them.
        rows: the rows to learn from.
        schedule: how long; its patience does not matter.
        checkpoint: a folder of its own to resume from and save to.
        group: the machines that train together, where ``rows`` is a share.
    """
    learned = xgb.QuantileDMatrix(rows.features, rows.labels, max_bin=int(parameters.get("max_bin", 256)))
    trees, history = group.first(lambda: _load(checkpoint))
    checkpoint = checkpoint if group.hosts.leads else None
    progress = Progress(_booster(parameters, learned, [], trees, len(history)), history)
    while (number := len(progress.history)) < schedule.rounds:
        progress.booster.update(learned, number)
        progress.history.append(float(number))
        if (number + 1) % schedule.save_every == 0:
            trees = _hand_over(progress, checkpoint)
            progress.booster = _booster(parameters, learned, [], trees, number + 1)
    return progress.booster


def _hand_over(progress: Progress, checkpoint: Path | None) -> bytearray:
    trees: bytearray = progress.booster.save_raw("ubj")
    if checkpoint:
        _save(trees, progress.history, checkpoint)
    return trees


def _booster(
    parameters: Parameters,
    learned: xgb.DMatrix,
    judged: Sequence[xgb.DMatrix],
    trees: bytearray | None,
    rounds: int,
) -> xgb.Booster:
    fixed = {"objective": "binary:logistic", "eval_metric": "aucpr", "seed_per_iteration": 1}
    # The seed moves on with the rounds, or every fresh booster would sample the same columns again.
    full = {**parameters, **fixed, "seed": int(parameters.get("seed", 0)) + rounds}
    return xgb.Booster(full, [learned, *judged], model_file=trees)


def _save(trees: bytearray, history: list[float], folder: Path) -> None:
    """Write both files anew and put them in place whole: the platform uploads the folder while we write."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in ((_MODEL, bytes(trees)), (_HISTORY, json.dumps(history).encode())):
        draft = folder / f".{name}"
        draft.write_bytes(data)
        draft.replace(folder / name)


def _load(folder: Path | None) -> tuple[bytearray | None, list[float]]:
    """The saved trees and history; nothing where nothing, or only half, was saved."""
    if folder is None or not (folder / _HISTORY).is_file() or not (folder / _MODEL).is_file():
        return None, []
    trees = bytearray((folder / _MODEL).read_bytes())
    history = [float(value) for value in json.loads((folder / _HISTORY).read_text())]
    rounds = xgb.Booster(model_file=trees).num_boosted_rounds()
    # Cut off between the two files, the newer trees have no history yet: begin anew rather than guess it.
    return (trees, history) if rounds == len(history) else (None, [])
