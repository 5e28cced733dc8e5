"""``evaluation.json``: what a model is worth on test rows, in the platform's format, and what a decision needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.jobs import artifact, inference
from pipelines.jobs.judging import bias, bootstrap
from pipelines.jobs.judging.bootstrap import Judged
from pipelines.jobs.judging.calibration import calibration
from pipelines.jobs.judging.champion import Comparison, Contestant
from pipelines.jobs.judging.explanation import explanation
from pipelines.jobs.judging.judged_rows import JudgedRows
from pipelines.jobs.judging.slices import slices
from pipelines.jobs.training_set import TrainingSetError


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A candidate before its judge: the use case, the models, the test rows, and how the bootstrap draws.

    ``candidate`` has learned none of the rows; ``served`` is what requests will meet, and may have learned them all.
    """

    usecase: UseCase
    candidate: Contestant
    served: Contestant
    rows: JudgedRows
    resamples: int
    seed: int
    dealt: bool

    @classmethod
    def open(cls, usecase: UseCase, model_dir: Path, test: Path, *, resamples: int, seed: int, dealt: bool) -> "Trial":
        """Load the candidate and the test rows.

        Raises:
            TrainingSetError: if the model is another use case's, or the split lacks columns or a class.
        """
        candidate, served = contestant(usecase, artifact.judged(model_dir)), contestant(usecase, model_dir)
        if foreign := sorted(set(candidate.model.features) - set(usecase.feature_names)):
            raise TrainingSetError(
                f"the model asks for {', '.join(foreign)}, which {usecase.name} has no longer: train anew"
            )
        rows = JudgedRows.read(test, usecase)
        return cls(
            usecase=usecase, candidate=candidate, served=served, rows=rows, resamples=resamples, seed=seed, dealt=dealt
        )

    def evaluation(self, judged: Judged, champion: Contestant | None = None) -> dict[str, Any]:
        """The report.

        Args:
            judged: the candidate's ranking of the test rows.
            champion: the deployed model; None if there is none.
        """
        about, labelled = self.candidate.about, self.usecase.model.labelled
        scores, times = self.in_row_order(judged), self.rows.timestamps
        threshold, served = judged.threshold, self.served.judged(self.rows)
        facts = {
            "usecase": self.usecase.name,
            "model_version": self.candidate.model.version,
            "algorithm": about.get("algorithm", "xgboost"),
            "rows": len(scores),
            "positives": int(self.rows.labels.sum()),
            "first": format_timestamp(int(times.min())),
            "last": format_timestamp(int(times.max())),
            "distinct_scores": len(np.unique(scores)),
            "threshold": threshold,
            "cost": cost(judged, self.usecase),
            "decisions": bands(self.candidate.model, self.rows.labels, scores),
            "scores": histogram(self.rows.labels, scores),
            "explanation": self._explanation(served),
        }
        if not labelled:
            return {"version": 0, "headrace": facts}
        draws = bootstrap.resample([judged], resamples=self.resamples, seed=self.seed)[0]
        facts |= {
            "intervals": bootstrap.intervals(draws),
            "calibration": calibration(judged.ranking),
            "slices": slices(self.usecase, self.rows, scores, threshold),
            "champion": self._against(champion),
            "refit": self._refit(judged, served, bootstrap.deviations(draws)),
        }
        return {"version": 0, "binary_classification_metrics": metrics(judged, draws), "headrace": facts}

    def bias(self, judged: Judged, train: JudgedRows | None) -> dict[str, Any]:
        """``bias.json``; labels are those of the training rows, or of the test rows where these are not given."""
        calls = (self.in_row_order(judged) >= judged.threshold).astype(np.int8)
        found = []
        for facet in self.usecase.model.facets:
            tested = bias.facet_rows(self.usecase, facet, self.rows.column(facet.field))
            after = before = tested.tallies(self.rows.labels, calls)
            if train is not None:
                learned = bias.facet_rows(self.usecase, facet, train.column(facet.field))
                before = learned.tallies(train.labels, train.labels)
            found.append(bias.judge_facet(facet, before, after))
        return bias.document(found, self.usecase.label.field)

    def in_row_order(self, judged: Judged) -> np.ndarray:
        """Scores as the rows lie, shape (n,)."""
        scores = np.empty(len(judged.ranking.scores))
        scores[judged.ranking.order] = judged.ranking.scores
        return scores

    def _explanation(self, served: Judged) -> dict[str, Any] | None:
        """What moves the scores that requests will get: which rows the model has learned does not matter here."""
        model = self.served.model
        matrix, scores = self.rows.matrix(model.features), self.in_row_order(served)
        return explanation(model, matrix, scores, served.threshold, self.seed)

    def _refit(self, judged: Judged, served: Judged, spread: Mapping[str, float]) -> dict[str, Any]:
        """The judged model and the served one on the same rows, which the served one has learned, by the first gate."""
        metric = self.usecase.model.gates[0].metric
        before, after = (it.ranking.figures(it.threshold)[metric] for it in (judged, served))
        return {"metric": metric, "judged": before, "served": after, "deviation": round(spread[metric], 6)}

    def _against(self, champion: Contestant | None) -> dict[str, Any] | None:
        if champion is None:
            return None
        model = self.usecase.model
        comparison = Comparison(
            metric=model.gates[0].metric,
            limits=model.limits,
            resamples=self.resamples,
            seed=self.seed,
            dealt=self.dealt,
        )
        return comparison.compare(self.usecase, self.candidate, champion, self.rows)


def contestant(usecase: UseCase, model_dir: Path) -> Contestant:
    """Load a model with what it says about itself.

    Raises:
        TrainingSetError: if it is another use case's.
    """
    about = artifact.read_about(model_dir)
    if about["usecase"] != usecase.name:
        raise TrainingSetError(f"the model is for {about['usecase']}, not {usecase.name}: give the one of its training")
    return Contestant(model=inference.model_fn(str(model_dir)), about=about)


def metrics(judged: Judged, draws: bootstrap.Draws) -> dict[str, Any]:
    """Metrics with standard deviations, the confusion matrix and the curves, as the model registry reads them."""
    counts, spread = judged.ranking.confusion(judged.threshold), bootstrap.deviations(draws)
    return {
        "confusion_matrix": {"0": {"0": counts.tn, "1": counts.fp}, "1": {"0": counts.fn, "1": counts.tp}},
        **{
            name: {"value": value, "standard_deviation": round(spread[name], 6)}
            for name, value in judged.ranking.figures(judged.threshold).items()
        },
        **judged.ranking.curves(),
    }


def cost(judged: Judged, usecase: UseCase) -> dict[str, float]:
    """What the errors at the threshold cost, next to doing nothing and to stopping everything."""
    costs, ranking = (usecase.label.missed_cost, usecase.label.false_alarm_cost), judged.ranking
    return {
        "missed_cost": costs[0],
        "false_alarm_cost": costs[1],
        "at_threshold": ranking.confusion(judged.threshold).cost(*costs),
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


def histogram(labels: np.ndarray, scores: np.ndarray, bins: int = 40) -> dict[str, Any]:
    """How many negatives and positives have a score in each of so many equal parts of 0 to 1."""
    edges = np.linspace(0, 1, bins + 1)
    counts = [np.histogram(scores[labels == label], edges)[0].tolist() for label in (0, 1)]
    return {"edges": np.round(edges, 6).tolist(), "negatives": counts[0], "positives": counts[1]}
