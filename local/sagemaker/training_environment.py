"""What a training script finds in its container: configuration files, ``SM_*`` variables and arguments."""

import json
import os
import re

from local.sagemaker.platform import Record
from local.sagemaker.processing import JobRun


def hyperparameters(request: Record) -> dict[str, str]:
    """Hyperparameters without the JSON quotes that some SDK versions put around every value."""
    plain = {}
    for name, value in request.get("HyperParameters", {}).items():
        try:
            decoded = json.loads(value)
        except ValueError:
            decoded = value
        plain[name] = decoded if isinstance(decoded, str) else value
    return plain


def write_configuration(request: Record, job: JobRun) -> None:
    """Write ``/opt/ml/input/config``."""
    config = job.root.place("/opt/ml/input/config")
    channels = {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", request["AlgorithmSpecification"]["TrainingInputMode"]),
            "ContentType": channel.get("ContentType"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
        }
        for channel in request.get("InputDataConfig", [])
    }
    files = {
        "hyperparameters.json": request.get("HyperParameters", {}),
        "inputdataconfig.json": channels,
        "resourceconfig.json": _resources(request),
    }
    for name, content in files.items():
        (config / name).write_text(json.dumps(content))


def _resources(request: Record) -> Record:
    instance_type = request.get("ResourceConfig", {}).get("InstanceType", "local")
    group = {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": ["algo-1"]}
    return {
        "current_host": "algo-1",
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [group],
        "network_interface_name": "lo",
    }


def variables(request: Record, job: JobRun, parameters: dict[str, str]) -> dict[str, str]:
    """The variables that the containers' toolkit sets; ``SM_USER_ARGS`` holds the script's arguments as JSON."""
    channels = [channel["ChannelName"] for channel in request.get("InputDataConfig", [])]
    reserved = ("sagemaker_", "_tuning_objective_metric")
    user = {name: value for name, value in parameters.items() if not name.startswith(reserved)}
    arguments = [
        part for name, value in sorted(user.items()) for part in (f"--{name}" if len(name) > 1 else f"-{name}", value)
    ]
    return {
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.arn,
        "SAGEMAKER_BASE_DIR": "/opt/ml",
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
        "SM_MODULE_DIR": parameters.get("sagemaker_submit_directory", ""),
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(user),
        "SM_USER_ARGS": json.dumps([job.root.map(part) for part in arguments]),
        "SM_MODULE_NAME": parameters.get("sagemaker_program", "").removesuffix(".py"),
        "SM_USER_ENTRY_POINT": parameters.get("sagemaker_program", ""),
        "SM_CURRENT_INSTANCE_TYPE": _resources(request)["current_instance_type"],
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_CURRENT_HOST": "algo-1",
        "SM_HOSTS": '["algo-1"]',
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "SM_RESOURCE_CONFIG": json.dumps(_resources(request)),
        "SM_LOG_LEVEL": "20",
        # Not the toolkit's: on AWS a script finds the literal path, which a process on this machine cannot have.
        "SM_CHECKPOINT_DIR": request.get("CheckpointConfig", {}).get("LocalPath", "/opt/ml/checkpoints"),
        **{f"SM_CHANNEL_{name.upper()}": f"/opt/ml/input/data/{name}" for name in channels},
        **{f"SM_HP_{re.sub('[^A-Z0-9_]', '_', name.upper())}": value for name, value in user.items()},
        "SM_TRAINING_ENV": json.dumps(
            {
                "job_name": job.name,
                "hyperparameters": user,
                "channel_input_dirs": {name: str(job.root.opt_ml / "input" / "data" / name) for name in channels},
            }
        ),
    }
