"""A scorer as files of the artifact, and back. XGBoost's own format for trees, arrays without pickle for the rest."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from pipelines.jobs.served.factors import Factors
from pipelines.jobs.served.scorers import Centres, Forest, Linear, Ranks, Scorer, Trees

TREES = "model.ubj"
ARRAYS = "model.npz"


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a scorer of plain arrays becomes arrays, and how they become a scorer again."""

    kind: type
    arrays: Callable[[Any], dict[str, np.ndarray]]
    scorer: Callable[[dict[str, Any]], Scorer]


def _additive(*names: str) -> Callable[[Any], dict[str, np.ndarray]]:
    """These arrays of a scorer, and its intercept."""
    return lambda it: {**{name: getattr(it, name) for name in names}, "intercept": np.array(it.intercept)}


def _ranked(*names: str) -> Callable[[Any], dict[str, np.ndarray]]:
    """These arrays of a scorer, and the quantiles of its ranks."""
    return lambda it: {**{name: getattr(it, name) for name in names}, "quantiles": it.ranks.quantiles}


FORMATS: dict[str, Format] = {
    "linear": Format(
        kind=Linear,
        arrays=_additive("coefficients", "means"),
        scorer=lambda it: Linear(intercept=float(it.pop("intercept")), **it),
    ),
    "factorization_machine": Format(
        kind=Factors,
        arrays=_additive("weights", "factors", "means"),
        scorer=lambda it: Factors(intercept=float(it.pop("intercept")), **it),
    ),
    "isolation_forest": Format(
        kind=Forest,
        arrays=_ranked("roots", "column", "threshold", "left", "right", "length"),
        scorer=lambda it: Forest(ranks=Ranks(it.pop("quantiles")), **it),
    ),
    "kmeans": Format(
        kind=Centres,
        arrays=_ranked("centres"),
        scorer=lambda it: Centres(ranks=Ranks(it.pop("quantiles")), **it),
    ),
}
"""By algorithm. Trees have a format of their own."""


def save(scorer: Scorer, folder: Path) -> None:
    """Write a scorer into the folder of an artifact.

    Raises:
        TypeError: if it is none of the known kinds.
    """
    if isinstance(scorer, Trees):
        scorer.booster.save_model(folder / TREES)
        return
    found = next((it for it in FORMATS.values() if it.kind is type(scorer)), None)
    if found is None:
        raise TypeError(f"{type(scorer).__name__} has no file format")
    _write(folder / ARRAYS, found.arrays(scorer))


def load(algorithm: str, folder: Path) -> Scorer:
    """Read the scorer of an artifact.

    Raises:
        ValueError: if the algorithm is unknown, because the artifact is newer than this code.
    """
    if algorithm == "xgboost":
        booster = xgb.Booster(model_file=str(folder / TREES))
        # One thread each: the server runs a worker per core, and more threads only queue behind each other.
        booster.set_param({"nthread": 1})
        return Trees(booster)
    if algorithm not in FORMATS:
        raise ValueError(f"the artifact's algorithm {algorithm!r} is unknown here: serve it with the code it brings")
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        return FORMATS[algorithm].scorer({name: stored[name] for name in stored.files})


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """The format of ``numpy.savez``, with the same bytes for the same arrays and without a way to pickle."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in sorted(arrays.items()):
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as entry:
                np.save(entry, np.asarray(values), allow_pickle=False)
