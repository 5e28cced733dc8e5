"""The search for hyperparameters as SageMaker takes it: the SDK's tuner, and what the SDK leaves out of its jobs."""

from collections.abc import Mapping
from typing import Any

from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter, ParameterRange
from sagemaker.core.shapes import (
    HyperbandStrategyConfig,
    HyperParameterTrainingJobDefinition,
    HyperParameterTuningJobStrategyConfig,
)
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

from headrace.usecase import Between, OneOf, Tuning
from headrace.usecase.algorithms import Algorithm, Range
from pipelines.retraining.plan import Plan

TUNED = "models/tuned"
"""Prefix of candidates' artifacts; the name of each one's job comes after it."""
_ROUNDS = 500
_LEAST_SHARE = 10
_SCALINGS = {"auto": "Auto", "linear": "Linear", "logarithmic": "Logarithmic"}
_SCALINGS["reverse_logarithmic"] = "ReverseLogarithmic"


class CompleteTuner(HyperparameterTuner):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's tuner with its jobs' isolation, encryption between hosts and key of the disk, which it forgets."""

    def _build_training_job_definition(self, inputs: Any) -> HyperParameterTrainingJobDefinition:
        job = super()._build_training_job_definition(inputs)
        trainer = self.model_trainer
        if trainer.networking:
            job.enable_network_isolation = trainer.networking.enable_network_isolation
            encrypted = trainer.networking.enable_inter_container_traffic_encryption
            job.enable_inter_container_traffic_encryption = encrypted
        job.resource_config.volume_kms_key_id = trainer.compute.volume_kms_key_id
        return job


def objective(tuning: Tuning) -> str:
    """The name of the metric that is maximized, among those that SageMaker reads off a job's log."""
    return f"validation:{tuning.metric}"


def tuner(plan: Plan, trainer: ModelTrainer, metrics: Mapping[str, str]) -> HyperparameterTuner:
    """The search of a plan that has one, over the trainer's job."""
    tuning = plan.tuning
    assert tuning is not None  # noqa: S101 - asked for only then
    return CompleteTuner(
        model_trainer=trainer,
        objective_metric_name=objective(tuning),
        objective_type="Maximize",
        hyperparameter_ranges={
            name: _range(plan.usecase.model.learned_by, name, it) for name, it in tuning.ranges.items()
        },
        metric_definitions=[{"Name": name, "Regex": regex} for name, regex in metrics.items()],
        strategy=tuning.strategy.capitalize(),
        strategy_config=_strategy(plan, tuning),
        max_jobs=tuning.max_jobs,
        max_parallel_jobs=tuning.max_parallel,
        early_stopping_type="Auto" if tuning.early_stopping else "Off",
        random_seed=tuning.seed,
    )


def _range(algorithm: Algorithm, name: str, wanted: Between | OneOf) -> ParameterRange:
    if isinstance(wanted, OneOf):
        return CategoricalParameter([*wanted.values])
    allowed = algorithm.allowed[name]
    kind = IntegerParameter if isinstance(allowed, Range) and allowed.whole else ContinuousParameter
    return kind(wanted.low, wanted.high, _SCALINGS[wanted.scaling])


def _strategy(plan: Plan, tuning: Tuning) -> HyperParameterTuningJobStrategyConfig | None:
    """Hyperband shares out rounds: it is told how many the best candidates get, and how many each one has at least."""
    if tuning.strategy != "hyperband":
        return None
    most = int(plan.usecase.model.hyperparameters.get("num_round", _ROUNDS))
    shared = HyperbandStrategyConfig(min_resource=max(1, most // _LEAST_SHARE), max_resource=most)
    return HyperParameterTuningJobStrategyConfig(hyperband_strategy_config=shared)
