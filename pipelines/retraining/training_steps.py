"""The step that trains: once, or many times where the use case names a search for hyperparameters."""

from dataclasses import dataclass

from sagemaker.core.helper.pipeline_variable import PipelineVariable
from sagemaker.core.shapes import Channel, DataSource, S3DataSource
from sagemaker.core.training.configs import InputData
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, Step, TrainingStep, TuningStep

from pipelines.retraining.containers import CODE_CHANNEL, Containers
from pipelines.retraining.parameters import Parameters
from pipelines.retraining.plan import Plan
from pipelines.retraining.search import TUNED

PARQUET = "application/x-parquet"
LEARNED = ("train", "all")
"""Splits that machines share out; the validation split decides for all of them when to stop, and each has it all."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The step, and its model's artifact and job, which only an execution knows."""

    step: Step
    artifact: PipelineVariable
    job: PipelineVariable


def train(containers: Containers, preprocess: ProcessingStep, parameters: Parameters) -> Trained:
    """Fit on the training split, stop early on the validation split, then learn every row; of several take the best."""
    plan = containers.plan
    data, instance_type = preprocess.properties.ProcessingJobName, parameters.training_instance_type
    if plan.tuning:
        job = containers.tuner(data, instance_type).tune(inputs=_channels(plan, preprocess), wait=False)
        search = TuningStep("Tune", step_args=job, cache_config=cache(plan))
        return Trained(
            step=search,
            artifact=search.get_top_model_s3_uri(top_k=0, s3_bucket=plan.bucket, prefix=TUNED),
            job=search.properties.TrainingJobSummaries[0].TrainingJobName,
        )
    job = containers.trainer(data, instance_type).train(input_data_config=_channels(plan, preprocess))
    step = TrainingStep("Train", step_args=job, cache_config=cache(plan))
    return Trained(
        step=step, artifact=step.properties.ModelArtifacts.S3ModelArtifacts, job=step.properties.TrainingJobName
    )


def cache(plan: Plan) -> CacheConfig | None:
    """For how long a step's result may be taken again."""
    return CacheConfig(enable_caching=True, expire_after=plan.cache_for) if plan.cache_for else None


def _channels(plan: Plan, preprocess: ProcessingStep) -> list[InputData | Channel]:
    splits = preprocess.properties.ProcessingOutputConfig.Outputs
    shared = LEARNED if plan.cluster.instances > 1 else ()
    channels = [
        (_shared if name in shared else _whole)(name, splits[name].S3Output.S3Uri)
        for name in ("train", "validation", "all")
    ]
    if plan.network.isolated:
        channels.append(InputData(channel_name=CODE_CHANNEL, data_source=plan.code.sourcedir))
    return channels


def _whole(name: str, uri: PipelineVariable) -> InputData | Channel:
    return InputData(channel_name=name, data_source=uri, content_type=PARQUET)


def _shared(name: str, uri: PipelineVariable) -> InputData | Channel:
    """Files of which each machine gets its share; preprocessing writes one for each of them."""
    source = S3DataSource(s3_data_type="S3Prefix", s3_uri=uri, s3_data_distribution_type="ShardedByS3Key")
    data = DataSource(s3_data_source=source)
    return Channel(channel_name=name, data_source=data, content_type=PARQUET, input_mode="File")
