"""What a training script finds in its container: configuration files, ``SM_*`` variables and arguments."""

import json
import os
import re
import socket
from dataclasses import dataclass

from local.sagemaker.platform import Record
from local.sagemaker.processing import JobRun


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The machines of one job: all names, which of them this one is, and where the first may wait for the others."""

    names: tuple[str, ...]
    place: int
    rendezvous_port: int

    @classmethod
    def of(cls, request: Record) -> list["Cluster"]:
        """One for each instance that the request asks for.

        Of several machines the names are addresses of this one, because no name server here knows ``algo-1``.
        """
        count = int(request.get("ResourceConfig", {}).get("InstanceCount", 1))
        names = ("algo-1",) if count == 1 else tuple(f"127.0.0.{number}" for number in range(1, count + 1))
        port = _free_port() if count > 1 else 0
        return [cls(names=names, place=place, rendezvous_port=port) for place in range(count)]

    @property
    def current(self) -> str:
        """The name of this machine."""
        return self.names[self.place]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


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


def write_configuration(request: Record, job: JobRun, cluster: Cluster) -> None:
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
        "resourceconfig.json": _resources(request, cluster),
    }
    for name, content in files.items():
        (config / name).write_text(json.dumps(content))


def _resources(request: Record, cluster: Cluster) -> Record:
    instance_type, hosts = request.get("ResourceConfig", {}).get("InstanceType", "local"), [*cluster.names]
    group = {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": hosts}
    return {
        "current_host": cluster.current,
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": hosts,
        "instance_groups": [group],
        "network_interface_name": "lo",
    }


def variables(request: Record, job: JobRun, parameters: dict[str, str], cluster: Cluster) -> dict[str, str]:
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
        "SM_CURRENT_INSTANCE_TYPE": _resources(request, cluster)["current_instance_type"],
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_CURRENT_HOST": cluster.current,
        "SM_HOSTS": json.dumps(cluster.names),
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "SM_RESOURCE_CONFIG": json.dumps(_resources(request, cluster)),
        "SM_LOG_LEVEL": "20",
        **_shared(cluster),
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


def _shared(cluster: Cluster) -> dict[str, str]:
    """What machines need that are one machine: a port of the job's own, and not every core each."""
    if len(cluster.names) == 1:
        return {}
    cores = max(1, (os.cpu_count() or 1) // len(cluster.names))
    return {"HEADRACE_RENDEZVOUS_PORT": str(cluster.rendezvous_port), "OMP_NUM_THREADS": str(cores)}
