"""Judge a model on the test split, once, and write ``evaluation.json`` in the platform's format.

The figures are those of the artifact as it will be served, at the threshold it carries. Every figure has a bootstrap
standard deviation, because a floor that is missed by less than that says little.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import usecases
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.jobs import artifact, inference, outcome, training_set
from pipelines.jobs.metrics import Ranking, deviations
from pipelines.jobs.training_set import LABEL, TIMESTAMP, TrainingSetError

REPORT = "evaluation.json"


def evaluate(usecase: UseCase, model_dir: Path, test: Path, *, resamples: int, seed: int) -> dict[str, Any]:
    """Score the test split with the artifact and judge it.

    Args:
        usecase: whose model it is.
        model_dir: the unpacked artifact.
        test: folder with the test split.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        The report: ``binary_classification_metrics`` as the model registry shows them, and ``headrace`` with what a
        decision needs besides: rows, threshold, cost and the share of each decision band.

    Raises:
        TrainingSetError: if the model is another use case's, or the split lacks columns or a class.
    """
    about = json.loads((model_dir / "headrace.json").read_text())
    if about["usecase"] != usecase.name:
        raise TrainingSetError(f"the model is for {about['usecase']}, not {usecase.name}: give the one of its training")
    model = inference.model_fn(str(model_dir))
    if foreign := sorted(set(model.features) - set(usecase.feature_names)):
        raise TrainingSetError(
            f"the model asks for {', '.join(foreign)}, which {usecase.name} has no longer: train anew"
        )
    table = training_set.read(test, usecase, (TIMESTAMP, *model.features, LABEL))
    labels = training_set.labels(table)
    if not 0 < labels.sum() < len(labels):
        raise TrainingSetError(f"the test split has one class only ({len(labels)} rows): cut the splits by preprocess")
    scores = model.scores(training_set.matrix(table, model.features))
    ranking = Ranking.of(labels, scores)
    timestamps = table.column(TIMESTAMP).to_numpy()
    return {
        "version": 0,
        "binary_classification_metrics": judge(ranking, about["threshold"]["score"], resamples=resamples, seed=seed),
        "headrace": {
            "usecase": usecase.name,
            "model_version": model.version,
            "rows": len(labels),
            "positives": int(labels.sum()),
            "first": format_timestamp(int(timestamps.min())),
            "last": format_timestamp(int(timestamps.max())),
            "threshold": about["threshold"]["score"],
            "cost": cost(ranking, about["threshold"]["score"], usecase),
            "decisions": bands(model, labels, scores),
        },
    }


def judge(ranking: Ranking, threshold: float, *, resamples: int, seed: int) -> dict[str, Any]:
    """Metrics with standard deviations, the confusion matrix and the curves, as the model registry reads them."""
    spread = deviations(ranking, threshold, resamples=resamples, seed=seed)
    counts = ranking.confusion(threshold)
    return {
        "confusion_matrix": {"0": {"0": counts.tn, "1": counts.fp}, "1": {"0": counts.fn, "1": counts.tp}},
        **{
            name: {"value": value, "standard_deviation": round(spread[name], 6)}
            for name, value in ranking.figures(threshold).items()
        },
        **ranking.curves(),
    }


def cost(ranking: Ranking, threshold: float, usecase: UseCase) -> dict[str, float]:
    """What the errors at the threshold cost, next to doing nothing and to stopping everything."""
    costs = (usecase.label.missed_cost, usecase.label.false_alarm_cost)
    return {
        "missed_cost": costs[0],
        "false_alarm_cost": costs[1],
        "at_threshold": ranking.confusion(threshold).cost(*costs),
        "without_model": ranking.confusion(np.inf).cost(*costs),
        "alarm_on_all": ranking.confusion(-np.inf).cost(*costs),
    }


def bands(model: inference.ServedModel, labels: np.ndarray, scores: np.ndarray) -> dict[str, dict[str, int]]:
    """Rows and positives per decision."""
    band = np.clip(np.searchsorted(model.edges, scores, side="right") - 1, 0, None)
    return {
        name: {"rows": int(np.sum(band == index)), "positives": int(labels[band == index].sum())}
        for index, name in enumerate(model.decisions)
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point: 0, or 1 with the reason in the reason file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usecase", required=True)
    parser.add_argument("--model", type=Path, default=Path("/opt/ml/processing/input/model"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/input/test"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/evaluation"))
    parser.add_argument("--reason-file", type=Path, default=Path("/opt/ml/output/message"))
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(argv)

    def job() -> None:
        with tempfile.TemporaryDirectory() as scratch:
            model_dir = artifact.unpack(args.model, Path(scratch))
            usecase = usecases.load(args.usecase)
            report = evaluate(usecase, model_dir, args.test, resamples=args.resamples, seed=args.seed)
        args.output.mkdir(parents=True, exist_ok=True)
        (args.output / REPORT).write_text(json.dumps(report, indent=1))
        for name in ("average_precision", "auc"):
            figure = report["binary_classification_metrics"][name]
            sys.stdout.write(f"test {name}={figure['value']} +- {figure['standard_deviation']}\n")

    return outcome.run(job, args.reason_file)


if __name__ == "__main__":
    sys.exit(main())
