"""How hyperparameters are searched for before a model is trained for good: ranges, strategy, and how long."""

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.algorithms import Algorithm, Range, Value
from headrace.usecase.checks import require, require_one_of
from headrace.usecase.learning import Metric

Scaling = Literal["auto", "linear", "logarithmic", "reverse_logarithmic"]
Strategy = Literal["bayesian", "random", "hyperband", "grid"]

NOT_SEARCHED = frozenset({"seed", "refit", "checkpoint_every", "nthread", "verbosity"})
"""Hyperparameters that do not change what can be learned."""
_MOST_RANGES, _MOST_JOBS, _MOST_PARALLEL = 30, 750, 100
"""What SageMaker takes."""
_WHERE = "model.tuning"


@dataclass(frozen=True)
class Between:
    """Every number from ``low`` to ``high``, whole ones where the hyperparameter takes no others.

    ``scaling`` says how they are spread: ``logarithmic`` tries as many values from .01 to .1 as from .1 to 1.
    """

    low: float
    high: float
    scaling: Scaling = "auto"


@dataclass(frozen=True)
class OneOf:
    """One of some values."""

    values: tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Train many candidates and go on with the one that is best on validation rows.

    Attributes:
        ranges: what is searched, by hyperparameter; all others keep the value that the model names.
        metric: on the validation rows; more is better, as for every metric here.
        max_jobs: candidates.
        max_parallel: how many are trained at the same time.
        strategy: ``bayesian`` learns from earlier candidates, ``random`` does not, ``hyperband`` stops the poor ones
            and gives their time to others, ``grid`` tries every combination of values.
        early_stopping: end candidates that fall behind the others.
        seed: of the search.
    """

    ranges: Mapping[str, Between | OneOf]
    metric: Metric = "average_precision"
    max_jobs: int = 20
    max_parallel: int = 4
    strategy: Strategy = "bayesian"
    early_stopping: bool = False
    seed: int = 7

    def __post_init__(self) -> None:
        require_one_of(self.metric, get_args(Metric), f"{_WHERE}.metric")
        require_one_of(self.strategy, get_args(Strategy), f"{_WHERE}.strategy")
        require(bool(self.ranges), f"{_WHERE}.ranges", "is empty", "name what to search, or leave tuning out")
        require(
            len(self.ranges) <= _MOST_RANGES,
            f"{_WHERE}.ranges",
            f"are {len(self.ranges)}",
            f"SageMaker searches at most {_MOST_RANGES}",
        )
        require(
            1 <= self.max_jobs <= _MOST_JOBS, f"{_WHERE}.max_jobs", f"is {self.max_jobs}", f"give 1 to {_MOST_JOBS}"
        )
        most = min(self.max_jobs, _MOST_PARALLEL)
        require(
            1 <= self.max_parallel <= most, f"{_WHERE}.max_parallel", f"is {self.max_parallel}", f"give 1 to {most}"
        )
        require(self.seed >= 0, f"{_WHERE}.seed", "is negative", "give a whole number from 0")
        self._check_strategy()

    def _check_strategy(self) -> None:
        numbers = [name for name, it in self.ranges.items() if isinstance(it, Between)]
        require(
            self.strategy != "grid" or not numbers,
            f"{_WHERE}.strategy",
            f"is grid, which cannot try every number of {', '.join(numbers)}",
            "give OneOf values there, or use another strategy",
        )
        require(
            not (self.strategy == "hyperband" and self.early_stopping),
            f"{_WHERE}.early_stopping",
            "and hyperband both stop candidates",
            "drop it: hyperband does so by itself",
        )
        require(
            self.metric == "average_precision" or not (self.early_stopping or self.strategy == "hyperband"),
            f"{_WHERE}.metric",
            f"is {self.metric}, which is known at the end only, and candidates are to be stopped before",
            "use average_precision, which every round tells",
        )

    def check(self, algorithm: Algorithm) -> None:
        """Refuse what the algorithm cannot be searched for.

        Raises:
            UseCaseError: naming the field, what is wrong and the fix.
        """
        require(
            not algorithm.unsupervised,
            _WHERE,
            f"compares candidates by labels, which {algorithm.name} does not learn from",
            "drop it, or use an algorithm that learns from labels",
        )
        rounds = algorithm.in_rounds and "num_round" not in self.ranges
        require(
            self.strategy != "hyperband" or rounds,
            f"{_WHERE}.strategy",
            "is hyperband, which shares out rounds of training",
            "use it with xgboost and a fixed num_round, or choose bayesian",
        )
        for name, wanted in self.ranges.items():
            for problem, fix in _unfit(algorithm, name, wanted):
                require(False, f"{_WHERE}.ranges[{name}]", problem, fix)


def _unfit(algorithm: Algorithm, name: str, wanted: Between | OneOf) -> Iterator[tuple[str, str]]:
    searched = sorted(algorithm.allowed.keys() - NOT_SEARCHED)
    if name not in searched:
        yield f"{algorithm.name} cannot be tuned by it", f"use some of {', '.join(searched)}"
        return
    allowed = algorithm.allowed[name]
    values = wanted.values if isinstance(wanted, OneOf) else (wanted.low, wanted.high)
    if not values or len(set(values)) < len(values):
        yield f"names the values {values}", "give different ones"
    for value in values:
        if value not in allowed:
            fit = str(allowed) if isinstance(allowed, Range) else f"one of {', '.join(allowed)}"
            yield f"reaches {value!r}", f"stay within {fit}"
    if isinstance(wanted, Between):
        yield from _unfit_spread(wanted)


def _unfit_spread(wanted: Between) -> Iterator[tuple[str, str]]:
    if wanted.scaling not in get_args(Scaling):
        yield f"has the scaling {wanted.scaling!r}", f"use one of {', '.join(get_args(Scaling))}"
    if wanted.low > wanted.high:
        yield f"goes down from {wanted.low} to {wanted.high}", "name the lower end first"
    if wanted.scaling == "logarithmic" and wanted.low <= 0:
        yield "is logarithmic from 0 or below", "begin above 0"
    if wanted.scaling == "reverse_logarithmic" and not 0 <= wanted.low <= wanted.high < 1:
        yield "is reverse_logarithmic outside 0 to 1", "stay within 0 and below 1"
