"""The EventBridge events of SageMaker in AWS's shapes; each area of the service spells its fields its own way."""

import datetime as dt
from typing import Any

from local.sagemaker.platform import Event, Record

_ENDPOINT_STATUS = {
    "InService": "IN_SERVICE",
    "OutOfService": "OUT_OF_SERVICE",
    "SystemUpdating": "SYSTEM_UPDATING",
    "RollingBack": "ROLLING_BACK",
    "UpdateRollbackFailed": "UPDATE_ROLLBACK_FAILED",
}
_PACKAGE_FIELDS = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "ModelMetrics",
    "DriftCheckBaselines",
    "CustomerMetadataProperties",
    "CertifyForMarketplace",
)


def iso(epoch_s: float | None) -> str | None:
    """``YYYY-MM-DDTHH:MM:SSZ``."""
    return None if epoch_s is None else dt.datetime.fromtimestamp(epoch_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _milliseconds(epoch_s: Any) -> int:
    return int(epoch_s * 1000)


def _event(detail_type: str, detail: Record, *resources: str) -> Event:
    present = {name: value for name, value in detail.items() if value is not None}
    return Event(detail_type=detail_type, detail=present, resources=resources)


def package_changed(package: Record) -> Event:
    """A model package was created or its approval changed."""
    detail: dict[str, Any] = {name: package.get(name) for name in _PACKAGE_FIELDS}
    detail |= {"CreationTime": iso(package["CreationTime"]), "LastModifiedTime": iso(package["LastModifiedTime"])}
    return _event("SageMaker Model Package State Change", detail, package["ModelPackageArn"])


def endpoint_changed(endpoint: Record) -> Event:
    """An endpoint reached a state; the status is in upper case with underscores."""
    status = endpoint["EndpointStatus"]
    detail = {
        "EndpointName": endpoint["EndpointName"],
        "EndpointArn": endpoint["EndpointArn"],
        "EndpointConfigName": endpoint["EndpointConfigName"],
        "FailureReason": endpoint.get("FailureReason"),
        "EndpointStatus": _ENDPOINT_STATUS.get(status, status.upper()),
        "ProductionVariants": endpoint.get("ProductionVariants", []),
        "CreationTime": _milliseconds(endpoint["CreationTime"]),
        "LastModifiedTime": _milliseconds(endpoint["LastModifiedTime"]),
        "Tags": {},
    }
    return _event("SageMaker Endpoint State Change", detail, endpoint["EndpointArn"])


def deployment_changed(endpoint: Record, variant_status: str) -> Event:
    """The new fleet of an endpoint that is being updated reached a stage: Creating, ActivatingTraffic or Baking."""
    pending = endpoint.get("PendingDeploymentSummary") or {}
    variants = [
        {**variant, "VariantStatus": [{"Status": variant_status}]} for variant in pending.get("ProductionVariants", [])
    ]
    detail = {
        "EndpointName": endpoint["EndpointName"],
        "EndpointArn": endpoint["EndpointArn"],
        "EndpointConfigName": endpoint["EndpointConfigName"],
        "EndpointStatus": "UPDATING",
        "ProductionVariants": endpoint.get("ProductionVariants", []),
        "PendingDeploymentSummary": {
            "EndpointConfigName": pending.get("EndpointConfigName"),
            "ProductionVariants": variants,
            "StartTime": _milliseconds(pending.get("StartTime", endpoint["LastModifiedTime"])),
        },
        "CreationTime": _milliseconds(endpoint["CreationTime"]),
        "LastModifiedTime": _milliseconds(endpoint["LastModifiedTime"]),
    }
    return _event("SageMaker Endpoint Deployment State Change", detail, endpoint["EndpointArn"])


def execution_changed(execution: Record, previous: str) -> Event:
    """A pipeline execution changed its status; fields in camelCase."""
    ended = execution["PipelineExecutionStatus"] in ("Succeeded", "Failed", "Stopped")
    detail = {
        "pipelineExecutionDescription": execution.get("PipelineExecutionDescription"),
        "pipelineExecutionDisplayName": execution["PipelineExecutionDisplayName"],
        "currentPipelineExecutionStatus": execution["PipelineExecutionStatus"],
        "previousPipelineExecutionStatus": previous,
        "executionStartTime": iso(execution["CreationTime"]),
        "executionEndTime": iso(execution["LastModifiedTime"]) if ended else None,
        "pipelineArn": execution["PipelineArn"],
        "pipelineExecutionArn": execution["PipelineExecutionArn"],
    }
    return _event(
        "SageMaker Model Building Pipeline Execution Status Change",
        detail,
        execution["PipelineArn"],
        execution["PipelineExecutionArn"],
    )


def step_changed(execution: Record, step: Record, previous: str) -> Event:
    """A step of a pipeline execution changed its status; fields in camelCase, metadata names too."""
    metadata = {
        name[:1].lower() + name[1:]: {key[:1].lower() + key[1:]: value for key, value in content.items()}
        for name, content in step.get("Metadata", {}).items()
    }
    detail = {
        "metadata": metadata,
        "stepStartTime": iso(step["StartTime"]),
        "stepEndTime": iso(step.get("EndTime")),
        "stepName": step["StepName"],
        "stepType": step["StepType"],
        "previousStepStatus": previous,
        "currentStepStatus": step["StepStatus"],
        "failureReason": step.get("FailureReason"),
        "pipelineArn": execution["PipelineArn"],
        "pipelineExecutionArn": execution["PipelineExecutionArn"],
    }
    return _event(
        "SageMaker Model Building Pipeline Execution Step Status Change",
        detail,
        execution["PipelineArn"],
        execution["PipelineExecutionArn"],
    )


def job_changed(kind: str, job: Record) -> Event:
    """A processing or training job changed its status. ``kind`` is ``Processing`` or ``Training``."""
    detail = {name: value for name, value in job.items() if not name.endswith("Time")}
    detail |= {name: _milliseconds(value) for name, value in job.items() if name.endswith("Time")}
    return _event(f"SageMaker {kind} Job State Change", detail, job[f"{kind}JobArn"])


def tuning_changed(job: Record) -> Event:
    """A tuning job changed its status."""
    names = ("HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus")
    detail = {name: job[name] for name in (*names, "TrainingJobStatusCounters")}
    detail |= {name: _milliseconds(job[name]) for name in ("CreationTime", "LastModifiedTime")}
    return _event("SageMaker HyperParameter Tuning Job State Change", detail, job["HyperParameterTuningJobArn"])


def feature_group_changed(group: Record) -> Event:
    """A feature group was created, updated or deleted."""
    names = (
        "FeatureGroupArn",
        "FeatureGroupName",
        "FeatureGroupStatus",
        "RecordIdentifierFeatureName",
        "EventTimeFeatureName",
        "FeatureDefinitions",
        "OnlineStoreConfig",
        "OfflineStoreConfig",
        "OfflineStoreStatus",
        "FailureReason",
    )
    detail = {**{name: group.get(name) for name in names}, "CreationTime": _milliseconds(group["CreationTime"])}
    return _event("SageMaker Feature Group State Change", detail, group["FeatureGroupArn"])
