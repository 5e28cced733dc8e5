"""The XGBoost image in its three roles: it runs scripts, trains and serves. One image, so one set of versions."""

import hashlib
import json

from sagemaker.core import image_uris
from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import CheckpointConfig, MetricDefinition, OutputDataConfig, StoppingCondition
from sagemaker.core.training.configs import Compute, Networking
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import Properties
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

from pipelines.retraining.places import run_uri
from pipelines.retraining.plan import INPUT, Plan
from pipelines.retraining.search import TUNED, objective, tuner

XGBOOST = "3.2-0"
CODE_CHANNEL = "code"
"""Brings the code to training that reaches nothing, not even S3."""
# The container installs a script's folder with pip, at training and at every start of a server: from what is there.
OFFLINE_PIP = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
METRICS = {
    "train:average_precision": r"final train-average-precision=([0-9.]+)",
    "validation:average_precision": r"validation-average-precision=([0-9.]+)",
    "validation:auc": r"final validation-auc=([0-9.]+)",
}


def metrics(plan: Plan) -> dict[str, str]:
    """What SageMaker reads off the log of a training job: an expression for each figure, and what is maximized."""
    if not plan.tuning:
        return METRICS
    name = plan.tuning.metric.replace("_", "-")
    return {
        **METRICS,
        objective(plan.tuning): METRICS.get(objective(plan.tuning), rf"final validation-{name}=([0-9.]+)"),
    }


class Containers:
    """Makes the SDK's processors, trainers and model builders for one plan."""

    def __init__(self, plan: Plan, session: PipelineSession) -> None:
        self.plan = plan
        self._session = session
        self._image = image_uris.retrieve("xgboost", plan.region, version=XGBOOST)

    def processor(self, **environment: ParameterString) -> ScriptProcessor:
        """Runs one script that imports what ``headrace.zip`` holds, with more variables in its environment."""
        size = self.plan.processing
        archive = self.plan.code.headrace.rsplit("/", 1)[-1]
        return ScriptProcessor(
            image_uri=self._image,
            command=["python3"],
            role=self.plan.role_arn,
            instance_count=1,
            instance_type=size.instance_type,
            volume_size_in_gb=size.volume_gb,
            volume_kms_key=self.plan.kms_key_arn,
            output_kms_key=self.plan.kms_key_arn,
            max_runtime_in_seconds=size.max_runtime_s,
            env={"PYTHONPATH": f"{INPUT}/headrace/{archive}", **environment},
            network_config=self._network(),
            sagemaker_session=self._session,
        )

    def trainer(self, data: Properties, instance_type: ParameterString) -> ModelTrainer:
        """Runs ``train.py`` of ``sourcedir.tar.gz`` with the use case's hyperparameters.

        Args:
            data: names the splits, for a checkpoint belongs to its data. Nothing here may name the execution: it would
                keep the step from ever being found in the cache.
            instance_type: of the machine.
        """
        plan = self.plan
        hyperparameters = {name: str(value) for name, value in plan.usecase.model.hyperparameters.items()}
        archive = plan.code.sourcedir.rsplit("/", 1)[-1]
        kind = hashlib.sha256(json.dumps([hyperparameters, archive], sort_keys=True).encode()).hexdigest()[:16]
        checkpoints = Join(on="/", values=[f"s3://{plan.bucket}/models/checkpoints", data, kind])
        trainer = ModelTrainer(
            training_image=self._image,
            role=plan.role_arn,
            sagemaker_session=self._session,
            compute=self._compute(instance_type),
            networking=self._networking(),
            stopping_condition=StoppingCondition(
                max_runtime_in_seconds=plan.training.max_runtime_s,
                max_wait_time_in_seconds=plan.max_wait_s if plan.spot else None,
            ),
            output_data_config=OutputDataConfig(s3_output_path=self._artifacts(), kms_key_id=plan.kms_key_arn),
            checkpoint_config=CheckpointConfig(s3_uri=checkpoints),
            environment=OFFLINE_PIP,
            hyperparameters={
                **hyperparameters,
                "usecase": plan.usecase.name,
                # The container's own script mode; the SDK's would replace the image's entry point.
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": (
                    f"/opt/ml/input/data/{CODE_CHANNEL}/{archive}" if plan.network.isolated else plan.code.sourcedir
                ),
            },
        )
        return trainer.with_metric_definitions([MetricDefinition(name=n, regex=r) for n, r in metrics(plan).items()])

    def tuner(self, data: Properties, instance_type: ParameterString) -> HyperparameterTuner:
        """Runs ``trainer`` with many values of the hyperparameters that the use case searches."""
        return tuner(self.plan, self.trainer(data, instance_type), metrics(self.plan))

    def server(self, model_data: Properties) -> ModelBuilder:
        """Serves ``code/inference.py`` of the artifact."""
        return ModelBuilder(
            image_uri=self._image,
            s3_model_data_url=model_data,
            role_arn=self.plan.role_arn,
            sagemaker_session=self._session,
            env_vars={
                **OFFLINE_PIP,
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            },
        )

    def _artifacts(self) -> Join | str:
        """Where models go. Candidates have a place that names no execution: a cached search is found there again."""
        if self.plan.tuning:
            return f"s3://{self.plan.bucket}/{TUNED}"
        return run_uri(self.plan, "models", "artifact")

    def _network(self) -> NetworkConfig | None:
        """Of processing jobs."""
        network = self.plan.network
        if network.plain:
            return None
        return NetworkConfig(
            enable_network_isolation=network.isolated,
            encrypt_inter_container_traffic=network.encrypted,
            subnets=[*network.subnets] or None,
            security_group_ids=[*network.security_groups] or None,
        )

    def _networking(self) -> Networking | None:
        """Of training jobs."""
        network = self.plan.network
        if network.plain:
            return None
        return Networking(
            enable_network_isolation=network.isolated,
            enable_inter_container_traffic_encryption=network.encrypted,
            subnets=[*network.subnets] or None,
            security_group_ids=[*network.security_groups] or None,
        )

    def _compute(self, instance_type: ParameterString) -> Compute:
        size = self.plan.training
        return Compute(
            instance_type=instance_type,
            instance_count=self.plan.cluster.instances,
            volume_size_in_gb=size.volume_gb,
            volume_kms_key_id=self.plan.kms_key_arn,
            enable_managed_spot_training=self.plan.spot or None,
        )
