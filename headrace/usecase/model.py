"""What is learned: the label and its costs, the algorithm, and what guards the way to registration."""

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Literal, get_args

from headrace import duration
from headrace.frozen import dataclass
from headrace.usecase.algorithms import ALGORITHMS, Algorithm, Value
from headrace.usecase.checks import require, require_duration, require_name, require_one_of, require_unique
from headrace.usecase.cluster import Cluster
from headrace.usecase.facet import Facet
from headrace.usecase.learning import Gate, Limits, Metric, Resampling
from headrace.usecase.transform import Transform
from headrace.usecase.tuning import Tuning

__all__ = ["Gate", "Label", "Limits", "Metric", "Model", "Resampling", "Split"]

Split = Literal["time", "stratified"]
_EARLY_STOPPING = "early_stopping_rounds"


@dataclass(frozen=True, kw_only=True)
class Label:
    """The truth that arrives late: a binary field, how late it comes, and what errors cost (any one currency)."""

    field: str
    delay: str
    missed_cost: float
    false_alarm_cost: float

    def __post_init__(self) -> None:
        require_name(self.field, "label.field")
        require(
            require_duration(self.delay, "label.delay") > 0,
            "label.delay",
            "is zero",
            "a truth that comes with the event needs no model: say how late it comes, at least '1s'",
        )
        require(self.missed_cost > 0, "label.missed_cost", "is not positive", "say what a missed positive costs")
        require(self.false_alarm_cost > 0, "label.false_alarm_cost", "is not positive", "say what a false alarm costs")

    @property
    def delay_s(self) -> int:
        """The usual time between an event and its label, in seconds."""
        return duration.seconds(self.delay)


@dataclass(frozen=True, kw_only=True)
class Model:
    """The algorithm, its hyperparameters, what is done to rows and features, and the gates before registration.

    Attributes:
        algorithm: ``xgboost`` (boosted trees), ``linear`` (logistic regression),
            ``factorization_machine`` (and a weight for every pair of features), or without labels
            ``isolation_forest`` and ``kmeans``.
        hyperparameters: of the algorithm; see its file in ``headrace.usecase.algorithms``.
        gates: floors on the test rows; the first names the metric of every comparison.
        limits: the other gates.
        split: ``time`` keeps splits apart in time; ``stratified`` deals whole entities of equal share of positives,
            for use cases whose events have no order that matters.
        validation_fraction: the share of rows that stop training and set the threshold.
        transforms: preparation of features, fitted on training rows only.
        class_weight: how much more a positive counts than a negative: a number, or ``balanced`` (negatives per
            positive of the training rows). Scores are corrected for it, as for resampling.
        resampling: of training rows.
        facets: groups that must be treated alike.
        labelled: False where no truth ever arrives; then nothing is judged by it.
        tuning: search for hyperparameters in every run of the pipeline; None trains once with those above.
        cluster: on how many machines it is trained together.
    """

    algorithm: str = "xgboost"
    hyperparameters: Mapping[str, Value] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    limits: Limits = field(default_factory=Limits)
    split: Split = "time"
    validation_fraction: float = 0.15
    transforms: tuple[Transform, ...] = ()
    class_weight: Literal["balanced"] | float | None = None
    resampling: Resampling | None = None
    facets: tuple[Facet, ...] = ()
    labelled: bool = True
    tuning: Tuning | None = None
    cluster: Cluster = field(default_factory=Cluster)

    def __post_init__(self) -> None:
        require_one_of(self.algorithm, ALGORITHMS, "model.algorithm")
        require_one_of(self.split, get_args(Split), "model.split")
        require_unique((g.metric for g in self.gates), "model.gates")
        self._check_labels()
        self._check_validation()
        for name, problem, fix in self.learned_by.unfit(self.hyperparameters):
            require(False, f"model.hyperparameters[{name}]", problem, fix)
        self._check_weights()
        self._check_transforms()
        self.cluster.check(self.learned_by)
        if self.tuning:
            self.tuning.check(self.learned_by)

    @property
    def dealt(self) -> bool:
        """Whether entities are dealt to the splits, and time does not part them."""
        return self.split == "stratified"

    @property
    def learned_by(self) -> Algorithm:
        """What is known of the algorithm."""
        return ALGORITHMS[self.algorithm]

    @property
    def unsupervised(self) -> bool:
        """Whether the algorithm learns without labels."""
        return self.learned_by.unsupervised

    def _check_labels(self) -> None:
        if self.labelled:
            require(
                bool(self.gates), "model.gates", "is empty", "a model without a floor must not be deployed: add a Gate"
            )
            return
        learns = "learns from labels, and the use case has none"
        require(self.unsupervised, "model.algorithm", f"{self.algorithm} {learns}", "use isolation_forest or kmeans")
        for name, asked in (("gates", self.gates), ("facets", self.facets)):
            require(not asked, f"model.{name}", "need labels, and the use case has none", "drop them; limits remain")

    def _check_validation(self) -> None:
        rounds = self.hyperparameters.get(_EARLY_STOPPING, 1)
        stopped = "early stopping and " if self.learned_by.in_rounds and rounds else ""
        require(
            0 < self.validation_fraction < 1,
            "model.validation_fraction",
            f"leaves no validation rows, which {stopped}the threshold cannot do without",
            "give a share of the rows, such as 0.15",
        )

    def _check_weights(self) -> None:
        weighing = self.class_weight is not None or self.hyperparameters.get("class_weight", "none") != "none"
        require(
            not (weighing and "scale_pos_weight" in self.hyperparameters),
            "model.class_weight",
            "and the hyperparameter scale_pos_weight say the same thing",
            "give one of them",
        )
        require(
            not (weighing and self.resampling),
            "model.class_weight",
            "and resampling both bring the rare class forward",
            "give one of them",
        )
        for name, asked in (("class_weight", weighing), ("resampling", self.resampling)):
            require(
                not (asked and self.unsupervised),
                f"model.{name}",
                f"is about labels, and {self.algorithm} does not look at them",
                "drop it, or use an algorithm that learns from labels",
            )
        number = self.class_weight if isinstance(self.class_weight, (int, float)) else 0
        fits = self.class_weight in (None, "balanced") or number > 0
        require(fits, "model.class_weight", f"is {self.class_weight!r}", "give 'balanced', or a number above 0")

    def _check_transforms(self) -> None:
        filled = any(it.function == "impute" and not it.of for it in self.transforms)
        require(
            filled or not self.learned_by.needs_values,
            "model.transforms",
            f"leave missing values, which {self.algorithm} cannot take",
            "begin with Transform(function='impute')",
        )
        scaled = any(it.function in ("standardize", "scale") and not it.of for it in self.transforms)
        require(
            scaled or not self.learned_by.needs_scale,
            "model.transforms",
            f"leave units, and {self.algorithm} weighs features by them",
            "add Transform(function='standardize')",
        )
        first = [it.function != "one_hot" for it in self.transforms]
        late = "change positions of texts before one_hot has read them"
        require(first == sorted(first), "model.transforms", late, "list one_hot first")

    def check_names(self, features: Collection[str], coded: Collection[str], clear: Collection[str]) -> None:
        """Refuse transforms and facets of what is not there.

        Args:
            features: the feature vector.
            coded: inputs of text, which enter as positions.
            clear: event fields that a training set may hold as they are.
        """
        require(
            len(features) >= self.learned_by.least_features,
            "model.algorithm",
            f"is {self.algorithm}, which needs {self.learned_by.least_features} features or more, not {len(features)}",
            "name more features, or use linear",
        )
        for it in self.transforms:
            usable = coded if it.function == "one_hot" else features
            for name in it.of:
                require_one_of(name, usable, f"model.transforms[{it.function}].of")
        for facet in self.facets:
            require_one_of(facet.field, {*features, *clear}, f"model.facets[{facet.field}].field")
