"""The same watch by SageMaker's own Model Monitor and Clarify, for accounts that may still use them: four kinds.

Definitions and schedules exist once the parameter ``EndpointDeployed`` is true: SageMaker refuses a schedule of an
endpoint that is not there. Their documents go where Headrace's own monitors put theirs, so alarms and whoever reacts
need not know which of the two ran.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import CfnCondition, CfnParameter, CfnResource, Fn
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from headrace.events.kinds import Kind
from headrace.monitoring import BASELINES, CONSTRAINTS, FOLDER, STATISTICS, VIOLATIONS_SUFFIX, schedule_name
from lambdas.monitoring.native import (
    BIAS,
    BIAS_CONSTRAINTS,
    ENDPOINT_CHANGE,
    EXPLAINABILITY,
    EXPLAINABILITY_CONSTRAINTS,
    QUALITY,
)
from pipelines.retraining.image import monitoring_image
from pipelines.retraining.plan import PROCESSING_SIZE
from stacks.components.bucket import LakeBucket
from stacks.components.function import Function
from stacks.components.job_code import UploadedCode
from stacks.components.monitor_role import MonitorJobRole
from stacks.components.native_rights import grant_native
from stacks.target import Target

NOUNS: dict[Kind, str] = {
    "data_quality": "DataQuality",
    "model_quality": "ModelQuality",
    "bias": "ModelBias",
    "attribution": "ModelExplainability",
}
_ENDPOINT, _TRUTH, _OUT = (f"/opt/ml/processing/{it}" for it in ("input/endpoint", "input/truth", "output"))
_HOUR_S = 3_600


class NativeMonitors(Construct):
    """A job definition and a monitoring schedule for each kind that the use case names."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        bucket: LakeBucket,
        role: MonitorJobRole,
        function: Function,
    ) -> None:
        super().__init__(scope, id_)
        self._target, self._bucket, self._role = target, bucket, role
        self._place = f"s3://{bucket.bucket_name}/{BASELINES}{target.endpoint_name}"
        deployed = CfnParameter(
            scope, "EndpointDeployed", default="false", allowed_values=["true", "false"],
            description="Whether the endpoint exists: only then can SageMaker watch it.",
        )  # fmt: skip
        condition = CfnCondition(scope, "Watches", expression=Fn.condition_equals(deployed, "true"))
        bucket.grant_read_of(role, BASELINES)
        code = UploadedCode(self, "Records", build=_records)
        code.grant_read_to(role)
        self._records = code.uris["records"]
        grant_native(role)
        for kind in target.usecase.monitor.kinds:
            for resource in self._build(kind):
                resource.cfn_options.condition = condition
        self._tell(function)

    def _build(self, kind: Kind) -> tuple[CfnResource, CfnResource]:
        noun, size = NOUNS[kind], PROCESSING_SIZE
        cluster = {
            "InstanceCount": 1,
            "InstanceType": size.instance_type,
            "VolumeSizeInGB": size.volume_gb,
            "VolumeKmsKeyId": self._bucket.key.key_arn,
        }
        output = {"S3Uri": f"s3://{self._bucket.bucket_name}/{FOLDER.rstrip('/')}", "LocalPath": _OUT}
        definition = CfnResource(
            self,
            f"{noun}Definition",
            type=f"AWS::SageMaker::{noun}JobDefinition",
            properties={
                f"{noun}AppSpecification": self._application(kind),
                f"{noun}JobInput": self._input(kind),
                f"{noun}JobOutputConfig": {
                    "KmsKeyId": self._bucket.key.key_arn,
                    "MonitoringOutputs": [{"S3Output": {**output, "S3UploadMode": "EndOfJob"}}],
                },
                **self._baseline(kind),
                "JobResources": {"ClusterConfig": cluster},
                "RoleArn": self._role.role_arn,
                "StoppingCondition": {
                    "MaxRuntimeInSeconds": min(size.max_runtime_s, self._target.usecase.monitor.every_s)
                },
            },
        )
        definition.node.add_dependency(self._role)
        schedule = CfnResource(
            self,
            f"{noun}Schedule",
            type="AWS::SageMaker::MonitoringSchedule",
            properties={
                "MonitoringScheduleName": schedule_name(self._target.endpoint_name, kind),
                "MonitoringScheduleConfig": {
                    "MonitoringJobDefinitionName": definition.get_att("JobDefinitionName"),
                    "MonitoringType": noun,
                    "ScheduleConfig": {"ScheduleExpression": self._cron()},
                },
            },
        )
        return definition, schedule

    def _application(self, kind: Kind) -> dict[str, Any]:
        region = self._target.region
        if kind in ("bias", "attribution"):
            config = BIAS if kind == "bias" else EXPLAINABILITY
            return {"ImageUri": monitoring_image(region, clarify=True), "ConfigUri": f"{self._place}/{config}"}
        problem = {"ProblemType": "BinaryClassification"} if kind == "model_quality" else {}
        flat = {"RecordPreprocessorSourceUri": self._records} if kind == "data_quality" else {}
        return {"ImageUri": monitoring_image(region), **problem, **flat}

    def _input(self, kind: Kind) -> dict[str, Any]:
        endpoint: dict[str, Any] = {"EndpointName": self._target.endpoint_name, "LocalPath": _ENDPOINT}
        if kind == "data_quality":
            return {"EndpointInput": endpoint}
        endpoint["ProbabilityAttribute"] = "predictions[0].score"
        if kind == "attribution":
            return {"EndpointInput": endpoint}
        usecase = self._target.usecase
        delay, every = (-(-it // _HOUR_S) for it in (usecase.label.delay_s, usecase.monitor.every_s))
        threshold = usecase.decision.bands[-1].from_score
        return {
            "EndpointInput": {
                **endpoint,
                "ProbabilityThresholdAttribute": threshold,
                "StartTimeOffset": f"-PT{delay + every}H",
                "EndTimeOffset": f"-PT{delay}H",
            },
            "GroundTruthS3Input": {"S3Uri": f"s3://{self._bucket.bucket_name}/ground-truth"},
        }

    def _baseline(self, kind: Kind) -> dict[str, Any]:
        """What came with the deployed model's package, wherever the function puts it."""
        names = {
            "data_quality": CONSTRAINTS,
            "model_quality": QUALITY,
            "bias": BIAS_CONSTRAINTS,
            "attribution": EXPLAINABILITY_CONSTRAINTS,
        }
        config = {"ConstraintsResource": {"S3Uri": f"{self._place}/{names[kind]}"}}
        if kind == "data_quality":
            config["StatisticsResource"] = {"S3Uri": f"{self._place}/{STATISTICS}"}
        return {f"{NOUNS[kind]}BaselineConfig": config}

    def _cron(self) -> str:
        """In the few forms that Model Monitor takes: hourly, every so many hours, or daily."""
        hours = self._target.usecase.monitor.every_s // _HOUR_S
        every = {1: "*", 24: "0"}.get(hours, f"0/{hours}")
        return f"cron(0 {every} ? * * *)"

    def _tell(self, function: Function) -> None:
        """The function hears of violations, which it counts, and of a model that went into service."""
        target, endpoint = self._target, self._target.endpoint_name
        found = events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={
                "bucket": {"name": [self._bucket.bucket_name]},
                "object": {"key": [{"wildcard": f"{FOLDER}{endpoint}/*{VIOLATIONS_SUFFIX}"}]},
            },
        )
        served = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[ENDPOINT_CHANGE],
            detail={"EndpointName": [endpoint], "EndpointStatus": ["IN_SERVICE"]},
        )
        for id_, pattern, words in (
            ("Found", found, "A native monitor has written what it found"),
            ("Served", served, f"A model of {target.usecase.name} went into service"),
        ):
            rule = events.Rule(self, id_, description=words, event_pattern=pattern)
            rule.add_target(targets.LambdaFunction(function))


def _records(folder: Path) -> Mapping[str, Path]:
    source = Path(__file__).parents[2] / "pipelines" / "jobs" / "native_records.py"
    return {"records": Path(shutil.copy(source, folder))}
