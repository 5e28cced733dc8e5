"""Learn the use case's transforms from training rows; applying them is ``pipelines.jobs.served.columns``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from headrace.usecase import Transform, UseCase
from pipelines.jobs.served.columns import Columns, apply_step

_PLACES = 9


def learn(usecase: UseCase, matrix: np.ndarray) -> Columns:
    """Fit every transform of the use case, one after the other.

    Args:
        usecase: names the transforms and the allowed texts of coded inputs.
        matrix: training rows only, shape (n, features), NaN where missing.
    """
    texts = {name: usecase.event.field(name).allowed for name in usecase.inputs if usecase.event.field(name).allowed}
    columns = Columns.plain(usecase.feature_names)
    for transform in usecase.model.transforms:
        for step in _steps(transform, matrix, columns, texts, usecase.feature_names):
            columns = _extended(columns, step, texts)
            matrix = apply_step(step, matrix)
    return columns


def _steps(
    transform: Transform,
    matrix: np.ndarray,
    columns: Columns,
    texts: Mapping[str, Sequence[str]],
    features: Sequence[str],
) -> list[dict[str, Any]]:
    if transform.function == "one_hot":
        named = [name for name in (transform.of or texts) if name in columns.names]
        steps, shown = [], list(columns.names)
        for name in named:
            steps.append(_one_hot(transform, matrix[:, columns.names.index(name)], shown.index(name), len(texts[name])))
            shown.remove(name)
        return steps
    # Flags and one-hot columns are 0 or 1 already, and a feature that became columns is no longer there.
    picked = [column for column, name in enumerate(columns.names) if name in (transform.of or features)]
    return [_FIT[transform.function](transform, matrix, picked)] if picked else []


def _extended(columns: Columns, step: dict[str, Any], texts: Mapping[str, Sequence[str]]) -> Columns:
    names, sources = list(columns.names), list(columns.sources)
    if step["function"] == "impute":
        names += [f"{names[column]}_missing" for column in step["flags"]]
        sources += [sources[column] for column in step["flags"]]
    elif step["function"] == "one_hot":
        name, source = names.pop(step["column"]), sources.pop(step["column"])
        names += [*(f"{name}={texts[name][code]}" for code in step["codes"]), f"{name}=other"]
        sources += [source] * (len(step["codes"]) + 1)
    return Columns(names=tuple(names), sources=tuple(sources), steps=(*columns.steps, step))


def _one_hot(transform: Transform, codes: np.ndarray, column: int, known: int) -> dict[str, Any]:
    counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64), minlength=known)
    frequent = np.argsort(-counts, kind="stable")[: transform.top]
    return {"function": "one_hot", "column": column, "codes": sorted(int(it) for it in frequent if counts[it])}


def _impute(transform: Transform, matrix: np.ndarray, picked: Sequence[int]) -> dict[str, Any]:
    middles: Mapping[str, Callable[[np.ndarray], Any]] = {"mean": np.mean, "median": np.median}
    middle, values = middles.get(transform.fill), []
    for column in picked:
        known = matrix[~np.isnan(matrix[:, column]), column].astype(np.float64)
        # A column without a single value has no middle.
        values.append(float(middle(known)) if middle and len(known) else transform.constant)
    missing = [column for column in picked if transform.flag and np.isnan(matrix[:, column]).any()]
    return {"function": "impute", "columns": list(picked), "values": _rounded(values), "flags": missing}


def _standardize(_: Transform, matrix: np.ndarray, picked: Sequence[int]) -> dict[str, Any]:
    values = matrix[:, picked].astype(np.float64)
    return _moved(picked, _of_known(np.nanmean, values), _of_known(np.nanstd, values))


def _scale(_: Transform, matrix: np.ndarray, picked: Sequence[int]) -> dict[str, Any]:
    values = matrix[:, picked].astype(np.float64)
    low = _of_known(np.nanmin, values)
    return _moved(picked, low, _of_known(np.nanmax, values) - low)


def _moved(picked: Sequence[int], shift: np.ndarray, scale: np.ndarray) -> dict[str, Any]:
    # A column of one value has no spread: it becomes 0, and whatever differs later stays in its own units.
    scale = np.where(scale > 0, scale, 1.0)
    return {"function": "move", "columns": list(picked), "shift": _rounded(shift), "scale": _rounded(scale)}


def _log1p(_: Transform, __: np.ndarray, picked: Sequence[int]) -> dict[str, Any]:
    return {"function": "log1p", "columns": list(picked)}


def _clip(transform: Transform, matrix: np.ndarray, picked: Sequence[int]) -> dict[str, Any]:
    low, high = (
        _of_known(lambda it, axis, share=share: np.nanquantile(it, share, axis=axis), matrix[:, picked])
        for share in (transform.low, transform.high)
    )
    return {"function": "clip", "columns": list(picked), "low": _rounded(low), "high": _rounded(high)}


def _of_known(function: Any, values: np.ndarray) -> np.ndarray:
    """A statistic per column over what is there; 0 where nothing is."""
    found = np.zeros(values.shape[1])
    some = ~np.isnan(values).all(axis=0)
    if some.any():
        found[some] = function(values[:, some], axis=0)
    return found


def _rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    return [float(f"{value:.{_PLACES}g}") for value in values]


_FIT = {"impute": _impute, "standardize": _standardize, "scale": _scale, "log1p": _log1p, "clip": _clip}
