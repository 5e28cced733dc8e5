"""Algorithms that are fitted to all of their rows at once, on one machine, and kept as plain arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.jobs.algorithms.method import Learned, Method, Rows, Scorer

if TYPE_CHECKING:  # the endpoint has no learner
    from pipelines.jobs.learning import Learner

ARRAYS = "model.npz"
Chosen = Mapping[str, str | int | float]
Arrays = Mapping[str, np.ndarray]


def at_once(
    *,
    kind: type[Scorer],
    fit: Callable[[Rows, Chosen, float], Scorer],
    arrays: Callable[[Any], Arrays],
    scorer: Callable[[dict[str, Any]], Scorer],
) -> Method:
    """An algorithm of one function.

    Args:
        kind: the class of its scorers.
        fit: from prepared rows, every hyperparameter and the weight of a positive to a scorer.
        arrays: a scorer as arrays by name.
        scorer: a scorer of these arrays, which are the function's to change.
    """

    def once(learner: Learner, rows: Rows) -> Scorer:
        return fit(rows, learner.chosen, learner.weight)

    return Method(
        kind=kind,
        learn=lambda learner, train, _: Learned(scorer=once(learner, train)),
        again=lambda learner, _, every: once(learner, every),
        save=lambda it, folder: _write(folder / ARRAYS, arrays(it)),
        load=lambda folder: scorer(_read(folder / ARRAYS)),
    )


def _write(path: Path, arrays: Arrays) -> None:
    """The format of ``numpy.savez``, with the same bytes for the same arrays and without a way to pickle."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in sorted(arrays.items()):
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as entry:
                np.save(entry, np.asarray(values), allow_pickle=False)


def _read(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
