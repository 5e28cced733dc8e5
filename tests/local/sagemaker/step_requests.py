"""Steps of pipeline definitions that run one script each."""

import json
from typing import Any

from memory_platform import BUCKET, ROLE

IMAGE = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/xgboost:3.2-0"


def processing_step(name: str, code_uri: str, **more: Any) -> dict[str, Any]:
    """A Processing step that runs one script; ``inputs`` and ``outputs`` map names to S3 URIs."""
    inputs = {"code": code_uri, **more.pop("inputs", {})}
    outputs = more.pop("outputs", {})
    arguments = {
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", f"/opt/ml/processing/input/code/{code_uri.rpartition('/')[2]}"],
            "ContainerArguments": more.pop("arguments", ["--root", "/opt/ml/processing"]),
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        },
        "ProcessingInputs": [
            {
                "InputName": key,
                "S3Input": {
                    "S3Uri": uri,
                    "LocalPath": f"/opt/ml/processing/input/{key}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for key, uri in inputs.items()
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": key,
                    "S3Output": {
                        "S3Uri": uri,
                        "LocalPath": f"/opt/ml/processing/output/{key}",
                        "S3UploadMode": "EndOfJob",
                    },
                }
                for key, uri in outputs.items()
            ]
        },
        **more.pop("request", {}),
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **more}


def training_step(name: str, source_uri: str, **more: Any) -> dict[str, Any]:
    """A Training step in script mode; ``channels`` maps names to S3 URIs."""
    channels = [
        {"ChannelName": key, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}
        for key, uri in more.pop("channels", {}).items()
    ]
    arguments = {
        **({"InputDataConfig": channels} if channels else {}),
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:auc", "Regex": "auc=([0-9.]+)"}],
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": source_uri,
            **more.pop("hyperparameters", {}),
        },
        **more.pop("request", {}),
    }
    return {"Name": name, "Type": "Training", "Arguments": arguments, **more}


def definition(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> str:
    """A pipeline definition."""
    return json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": parameters or [], "Steps": list(steps)})
