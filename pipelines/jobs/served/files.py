"""A scorer as files of the artifact, and back. XGBoost's own format for trees, arrays without pickle for the rest."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xgboost as xgb

from pipelines.jobs.served.factors import Factors
from pipelines.jobs.served.scorers import Centres, Forest, Linear, Ranks, Scorer, Trees

TREES = "model.ubj"
ARRAYS = "model.npz"


def save(scorer: Scorer, folder: Path) -> None:
    """Write a scorer into the folder of an artifact.

    Raises:
        TypeError: if it is none of the known kinds.
    """
    match scorer:
        case Trees():
            scorer.booster.save_model(folder / TREES)
        case Linear():
            arrays = {"coefficients": scorer.coefficients, "means": scorer.means}
            _write(folder / ARRAYS, {**arrays, "intercept": np.array(scorer.intercept)})
        case Factors():
            arrays = {name: getattr(scorer, name) for name in ("weights", "factors", "means")}
            _write(folder / ARRAYS, {**arrays, "intercept": np.array(scorer.intercept)})
        case Forest():
            names = ("roots", "column", "threshold", "left", "right", "length")
            arrays = {name: getattr(scorer, name) for name in names}
            _write(folder / ARRAYS, {**arrays, "quantiles": scorer.ranks.quantiles})
        case Centres():
            _write(folder / ARRAYS, {"centres": scorer.centres, "quantiles": scorer.ranks.quantiles})
        case _:
            raise TypeError(f"{type(scorer).__name__} has no file format")


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
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    if algorithm == "linear":
        return Linear(intercept=float(arrays.pop("intercept")), **arrays)
    if algorithm == "factorization_machine":
        return Factors(intercept=float(arrays.pop("intercept")), **arrays)
    if algorithm in ("isolation_forest", "kmeans"):
        ranks = Ranks(arrays.pop("quantiles"))
        return Forest(**arrays, ranks=ranks) if algorithm == "isolation_forest" else Centres(**arrays, ranks=ranks)
    raise ValueError(f"the artifact's algorithm {algorithm!r} is unknown here: serve it with the code it brings")


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """The format of ``numpy.savez``, with the same bytes for the same arrays and without a way to pickle."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in sorted(arrays.items()):
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as entry:
                np.save(entry, np.asarray(values), allow_pickle=False)
